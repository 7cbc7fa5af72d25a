"""A few rows times a 4-bit weight: where bitsandbytes would unpack the whole weight first, a Triton kernel reads it as
it is.

With N outputs and K inputs a step of M rows should cost the N * K / 2 bytes of the packed weight. bitsandbytes writes
and reads 2 * N * K bytes more above four rows for most shapes. The weights and their 8-bit block maxima stay as they
are, nothing is unpacked ahead: the kernel needs its partial sums besides, 4 * M * N bytes for each part of K. Formula:
``daemon.engines.nf4_kernel``. Layout: bitsandbytes 0.50, ``functional.quantize_4bit``; the weight (N, K) row by row,
two values a byte, the first in the high half; a maximum for 64 values, in 8 bits with one float32 for 256 of them.

Guaranteed: equal inputs on one card give equal bits; what the kernel cannot read goes to bitsandbytes, and so does all
where triton is missing, cannot compile or computes something else. Only ``daemon.engines.fused`` imports this module:
it needs torch at import.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

LEAST_ROWS, MOST_ROWS = 2, 32
"""For one row bitsandbytes has a kernel of its own; above, its unpacking is shared by enough rows."""
CHUNK = 256
"""Values of a row that are read at once; K is a multiple of it, N one of ``COLUMNS``."""
COLUMNS = 64
CODES = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635),
    *(-0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725),
    *(0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)
"""The values of NF4: QLoRA, arXiv 2305.14314, appendix E."""
NARROW = 1024
TILINGS = {
    (16, False): (64, 4, 3, 1),
    (16, True): (64, 2, 3, 6),
    (32, False): (64, 4, 3, 1),
    (32, True): (64, 2, 3, 4),
}
"""For the rows of a tensor core and whether there are more outputs than ``NARROW``: columns of a program, its warps and
stages, programs for each multiprocessor. Swept by ``bench/nf4.py`` on an H200 with the layers of a 14B model. A program
needs little shared memory, 33 KB for 16 rows and 49 KB for 32: every card that the kernel runs on has 99 KB or more."""
SUMS = 1024
"""Outputs of one program that adds partial sums."""
MOST_ERROR = 0.02
"""‖difference‖ / ‖bitsandbytes' answer‖ above which the kernel is not trusted on this card; rounding is 0.003."""

log = logging.getLogger(__name__)


class Tiling(NamedTuple):
    """How a product is cut: columns of a program, its warps and stages, programs that share the K of a column."""

    columns: int
    warps: int
    stages: int
    parts: int


@dataclass(frozen=True)
class Weight:
    """A 4-bit weight (n, k) as the kernel reads it; views of bitsandbytes' own tensors."""

    packed: Tensor
    maxima: Tensor
    outer_maxima: Tensor
    outer_codes: Tensor
    offset: Tensor
    n: int
    k: int


def padded(rows: int) -> int:
    """The rows that a tensor core is given for so many: 16 or 32."""
    return 16 if rows <= 16 else 32


def tiling_for(rows: int, n: int, k: int, processors: int) -> Tiling:
    """The tiling of a product on a card of so many multiprocessors, by ``TILINGS``."""
    columns, warps, stages, programs = TILINGS[padded(rows), n > NARROW]
    return Tiling(columns, warps, stages, parts_of(k, programs * processors // (n // columns)))


def parts_of(k: int, wanted: int) -> int:
    """In how many parts K is summed, given how many are wanted: none is empty, all but the last are equal."""
    chunks = k // CHUNK
    each = -(-chunks // max(1, min(wanted, chunks)))
    return -(-chunks // each)


def readable(layer: Any) -> Weight | None:
    """The weight of a linear layer as the kernel reads it, None where it cannot."""
    weight = getattr(layer, "weight", None)
    state = getattr(weight, "quant_state", None)
    if not isinstance(weight, Tensor) or state is None or state.quant_type != "nf4" or state.blocksize != 64:
        return None
    outer = state.state2
    if outer is None or outer.blocksize != 256 or getattr(state, "packing_format_for_cpu", False):
        return None
    n, k = state.shape
    fits = n % COLUMNS == 0 and k % CHUNK == 0 and n * k < 2**31 and weight.numel() * 2 == n * k
    numbers = [state.offset, outer.absmax, outer.code]
    types = weight.dtype == state.absmax.dtype == torch.uint8 and all(one.dtype == torch.float32 for one in numbers)
    aligned = weight.storage_offset() % 2 == 0 and state.absmax.storage_offset() % 4 == 0
    if not (fits and types and aligned and weight.is_contiguous() and state.absmax.is_contiguous()):
        return None
    packed = weight.detach().view(-1).view(torch.int16)
    return Weight(packed, state.absmax.view(torch.int32), outer.absmax, outer.code, state.offset, n, k)


def takes(rows: int, given: torch.dtype, bias: Tensor | None, computed: torch.dtype | None) -> bool:
    """Whether the kernel multiplies so many rows of a type, by a layer that computes in a type (None: the given)."""
    if not LEAST_ROWS <= rows <= MOST_ROWS or given not in (torch.bfloat16, torch.float16):
        return False
    return computed in (None, given) and (bias is None or bias.dtype == given)


def multiply(x: Tensor, weight: Weight, bias: Tensor | None = None, tiling: Tiling | None = None) -> Tensor:
    """Given x (rows, k) of 16-bit numbers and a bias of the same type, return x W' + bias (rows, n). Waits for nothing,
    so a CUDA graph can take it up once it has run."""
    from daemon.engines import nf4_kernel

    rows, n, k = len(x), weight.n, weight.k
    columns, warps, stages, parts = tiling or tiling_for(rows, n, k, _processors(x.device))
    out = torch.empty((rows, n), dtype=x.dtype, device=x.device)
    direct = parts == 1
    sums = out if direct else torch.empty((parts, rows, n), dtype=torch.float32, device=x.device)
    x = x.contiguous()
    if x.storage_offset() % 4:
        x = x.clone()
    addend = bias if bias is not None else out
    nf4_kernel.multiply[(n // columns, parts)](
        x.view(torch.int64),
        weight.packed,
        weight.maxima,
        weight.outer_maxima,
        weight.outer_codes,
        weight.offset,
        addend,
        sums,
        rows,
        n,
        k // CHUNK,
        -(-(k // CHUNK) // parts),
        ROWS=padded(rows),
        BLOCK_N=columns,
        DIRECT=direct,
        BIAS=direct and bias is not None,
        PERMUTATION=permutation(x.dtype),
        num_warps=warps,
        num_stages=stages,
    )
    if not direct:
        grid = (-(-rows * n // SUMS),)
        nf4_kernel.add[grid](sums, addend, out, rows * n, n, parts, BIAS=bias is not None, BLOCK=SUMS)
    return out


class Packed(nn.Module):
    """A 4-bit linear layer whose few rows go through the kernel, one row and many through bitsandbytes."""

    def __init__(self, base: Any, weight: Weight) -> None:
        super().__init__()
        self.base, self._weight = base, weight

    def forward(self, x: Tensor) -> Tensor:
        rows = x.numel() // x.shape[-1]
        if not takes(rows, x.dtype, self.base.bias, self.base.compute_dtype) or torch.is_grad_enabled():
            answer: Tensor = self.base(x)
            return answer
        answer = multiply(x.reshape(rows, -1), self._weight, self.base.bias)
        return answer.view(*x.shape[:-1], -1)


def quicken(model: nn.Module, dtype: torch.dtype) -> int:
    """Wrap the 4-bit layers of a model on a GPU that the kernel can read; return how many. One layer of each shape is
    tried first, which compiles the kernel: what goes wrong there is said once, and all stay as they are."""
    found = [
        (parent, name, child, weight)
        for parent in model.modules()
        if not hasattr(parent, "lora_A")  # a LoRA layer in peft's own wrapping looks into its base
        for name, child in parent.named_children()
        if (weight := readable(child)) is not None and weight.packed.is_cuda
    ]
    if not found:
        return 0
    shapes = {(weight.n, weight.k, child.bias is None): (child, weight) for _, _, child, weight in found}
    try:
        if torch.cuda.get_device_capability(found[0][3].packed.device) < (8, 0):
            return 0
        for child, weight in shapes.values():
            _try(child, weight, dtype)
    except Exception as problem:
        words = [line for line in str(problem).splitlines() if line.strip()] or [""]
        log.info("4-bit weights are left to bitsandbytes: %s: %s", type(problem).__name__, words[-1].strip())
        return 0
    for parent, name, child, weight in found:
        setattr(parent, name, Packed(child, weight))
    return len(found)


def _try(layer: Any, weight: Weight, dtype: torch.dtype) -> None:
    """Run the kernel for each number of rows that it is compiled for, next to bitsandbytes."""
    layer = Packed(layer, weight)
    with torch.no_grad():
        for rows in (16, 32):
            x = torch.randn((rows, weight.k), device=weight.packed.device).to(dtype)
            wanted = layer.base(x).float()
            error = float((layer(x).float() - wanted).norm() / wanted.norm())
            if not error < MOST_ERROR:
                raise ArithmeticError(f"{error:.3f}")


@cache
def permutation(dtype: torch.dtype) -> str:
    """PTX that turns $4, two words of four codes each, into $0 to $3: each the values of one place in both words.

    A permutation (``prmt.b32``) picks four bytes out of eight, one for each four bits of its third operand. So the low
    bytes of the sixteen values are looked up in two halves, and bit 3 of a code picks the half; the high bytes alike.
    """
    values = torch.tensor(CODES, dtype=dtype).view(torch.int16).tolist()
    tables = {
        "low": [_word(values[start : start + 4], 0) for start in range(0, 16, 4)],
        "high": [_word(values[start : start + 4], 8) for start in range(0, 16, 4)],
    }
    lines = ["{", ".reg .b32 index, half, a, b, low, high;", "prmt.b32 index, $4, $4, 0x3120;"]
    lines += ["shr.b32 half, index, 1;", "and.b32 half, half, 0x44444444;", "or.b32 half, half, 0x32103210;"]
    lines += ["and.b32 index, index, 0x77777777;"]
    for out in (0, 2):
        lines += ["shr.b32 half, half, 16;", "shr.b32 index, index, 16;"] if out else []
        for name, (first, second, third, fourth) in tables.items():
            lines += [f"prmt.b32 a, {first:#x}, {second:#x}, index;", f"prmt.b32 b, {third:#x}, {fourth:#x}, index;"]
            lines += [f"prmt.b32 {name}, a, b, half;"]
        lines += [f"prmt.b32 ${out}, low, high, 0x7351;", f"prmt.b32 ${out + 1}, low, high, 0x6240;"]
    return "\n".join([*lines, "}"])


def _word(values: list[int], shift: int) -> int:
    return sum((value >> shift & 0xFF) << 8 * place for place, value in enumerate(values))


@cache
def _processors(device: torch.device) -> int:
    return int(torch.cuda.get_device_properties(device).multi_processor_count) if device.type == "cuda" else 4

"""The Triton kernels behind ``daemon.engines.nf4``: a few rows times an NF4 weight, unpacked in registers only.

Given x (M, K) and a weight W (N, K) in bitsandbytes' NF4 with double quantisation:

    y[m, n] = sum over blocks b of 64 values of  scale[n, b] * sum over k in b of x[m, k] * code[q[n, k]]
    scale[n, b] = code2[absmax[n, b]] * absmax2[(n * K / 64 + b) // 256] + offset

code are the 16 values of NF4 (QLoRA, arXiv 2305.14314, appendix E), absmax the 8-bit block maxima, the rest what they
were quantised by. Two values share a byte, the even k in its high half. The order of k within a block does not matter
to its sum: of words of four values all first ones are multiplied at once, then all second ones, so that nothing is
interleaved. The sums of a block are scaled in float32: the 16-bit codes are the only rounding that the weights see.
Every partial sum is added in a fixed order: equal inputs give equal bits.

Only ``daemon.engines.nf4`` imports this module, inside a function: it needs triton at import.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _values(words, dtype: tl.constexpr, PERMUTATION: tl.constexpr):
    """Given words of four neighbouring values, return the first, second, third and fourth of each as 16-bit numbers."""
    # Two words in one register, two values of one place in each of four.
    one, two, three, four = tl.inline_asm_elementwise(
        PERMUTATION,
        "=r,=r,=r,=r,r",
        [words],
        dtype=(tl.uint16, tl.uint16, tl.uint16, tl.uint16),
        is_pure=True,
        pack=2,
    )
    one, two = one.to(dtype, bitcast=True), two.to(dtype, bitcast=True)
    three, four = three.to(dtype, bitcast=True), four.to(dtype, bitcast=True)
    return one, two, three, four


@triton.jit
def _place(words, PLACE: tl.constexpr, dtype: tl.constexpr):
    """The 16-bit number that stands in a place of 64-bit words."""
    return ((words >> (16 * PLACE)) & 0xFFFF).to(tl.uint16).to(dtype, bitcast=True)


@triton.jit(do_not_specialize=["rows", "chunks", "each"])
def multiply(
    x,  # (rows, K / 4) int64: four neighbouring 16-bit values each
    packed,  # (N * K / 4,) int16: four neighbouring codes each
    absmax,  # (N * K / 256,) int32: four neighbouring blocks each
    absmax2,
    code2,
    offset,
    bias,  # (N,), or anything of its type where BIAS is not set: x is of that type
    out,  # (rows, N), or (programs of a column, rows, N) float32 where partial sums are left to `add`
    rows,
    N,
    chunks,  # K / 256
    each,  # chunks that a program takes
    ROWS: tl.constexpr,
    BLOCK_N: tl.constexpr,
    DIRECT: tl.constexpr,
    BIAS: tl.constexpr,
    PERMUTATION: tl.constexpr,  # PTX that finds the values of codes
):
    dtype: tl.constexpr = bias.dtype.element_ty
    n = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    m = tl.arange(0, ROWS)
    k = tl.arange(0, 16)
    first = tl.program_id(1) * each
    last = tl.minimum(first + each, chunks)
    packed_at = packed + n[None, :] * (chunks * 64) + k[:, None]
    x_at = x + m[:, None] * (chunks * 64) + k[None, :]
    there = m[:, None] < rows
    shift = tl.load(offset)
    sums = tl.zeros((ROWS, BLOCK_N), tl.float32)
    # A chunk's scales are fetched while the one before is multiplied.
    maxima = tl.load(absmax + n * chunks + first)
    wide = tl.load(absmax2 + (n * chunks + first) // 64)
    for chunk in range(first, last):
        after = tl.minimum(chunk + 1, last - 1)
        maxima_after = tl.load(absmax + n * chunks + after)
        wide_after = tl.load(absmax2 + (n * chunks + after) // 64)
        for quarter in tl.static_range(4):
            words = tl.load(packed_at + chunk * 64 + quarter * 16).to(tl.uint16, bitcast=True)
            numbers = tl.load(x_at + chunk * 64 + quarter * 16, mask=there, other=0)
            one, two, three, four = _values(words, dtype, PERMUTATION)
            block = tl.dot(_place(numbers, 0, dtype), one, out_dtype=tl.float32)
            block = tl.dot(_place(numbers, 1, dtype), two, block, out_dtype=tl.float32)
            block = tl.dot(_place(numbers, 2, dtype), three, block, out_dtype=tl.float32)
            block = tl.dot(_place(numbers, 3, dtype), four, block, out_dtype=tl.float32)
            scale = tl.load(code2 + ((maxima >> (8 * quarter)) & 0xFF)) * wide + shift
            sums += block * scale[None, :]
        maxima, wide = maxima_after, wide_after
    places = m[:, None] * N + n[None, :]
    if DIRECT:
        if BIAS:
            sums += tl.load(bias + n).to(tl.float32)[None, :]
        tl.store(out + places, sums.to(dtype), mask=there)
    else:
        tl.store(out + tl.program_id(1) * rows * N + places, sums, mask=there)


@triton.jit(do_not_specialize=["total", "split"])
def add(parts, bias, out, total, N, split, BIAS: tl.constexpr, BLOCK: tl.constexpr):
    """Partial sums (split, total) float32 and a bias into (total,) of 16 bits, in the order of the parts."""
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    there = place < total
    sums = tl.zeros((BLOCK,), tl.float32)
    for part in range(split):
        sums += tl.load(parts + part * total + place, mask=there, other=0.0)
    if BIAS:
        sums += tl.load(bias + place % N, mask=there, other=0.0).to(tl.float32)
    tl.store(out + place, sums.to(out.dtype.element_ty), mask=there)

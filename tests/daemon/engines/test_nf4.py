"""A 4-bit weight read as it is: when, how it is cut, what the layout is. The product itself: ``test_nf4_gpu.py``."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from daemon import engines  # noqa: E402
from daemon.engines import nf4  # noqa: E402
from daemon.engines.nf4 import parts_of, permutation, quicken, readable, takes, tiling_for  # noqa: E402

SHAPES = [(5120, 5120), (1024, 5120), (13824, 5120), (5120, 13824), (1536, 1536), (256, 1536), (8960, 1536)]


def layer(n: int = 128, k: int = 512, **other: Any) -> Any:
    """A linear layer with an NF4 weight of random codes, in bitsandbytes' layout, with some things otherwise."""
    torch.manual_seed(n + k)
    outer = SimpleNamespace(
        absmax=torch.rand(-(-n * k // 64 // 256)) + 0.5,
        code=torch.linspace(-1, 1, 256),
        blocksize=256,
    )
    state = SimpleNamespace(
        quant_type="nf4",
        blocksize=64,
        shape=torch.Size((n, k)),
        absmax=torch.randint(0, 256, (n * k // 64,), dtype=torch.uint8),
        offset=torch.tensor(1.5),
        state2=outer,
    )
    for name, value in other.items():
        setattr(state, name, value)
    packed = torch.randint(0, 256, (n * k // 2, 1), dtype=torch.uint8)
    packed.quant_state = state
    return SimpleNamespace(weight=packed, bias=None, compute_dtype=torch.bfloat16)


def unpacked(one: Any) -> Any:
    """The weight (n, k) in float32, by the layout that the module's docstring names."""
    state = one.weight.quant_state
    codes = torch.stack([one.weight.flatten() >> 4, one.weight.flatten() & 15], 1).flatten().long()
    places = torch.arange(state.absmax.numel()) // 256
    maxima = state.state2.code[state.absmax.long()] * state.state2.absmax[places] + state.offset
    return (torch.tensor(nf4.CODES)[codes].view(-1, 64) * maxima[:, None]).view(tuple(state.shape))


def test_the_layout_is_that_of_bitsandbytes() -> None:
    functional = pytest.importorskip("bitsandbytes.functional")
    torch.manual_seed(3)
    original = torch.randn(192, 768)
    packed, state = functional.quantize_4bit(original, blocksize=64, compress_statistics=True, quant_type="nf4")
    packed.quant_state = state
    one = SimpleNamespace(weight=packed)
    assert readable(one) is not None
    assert torch.allclose(unpacked(one), functional.dequantize_4bit(packed, state), atol=1e-6)
    assert torch.equal(functional.get_4bit_type("nf4", device="cpu"), torch.tensor(nf4.CODES))


def test_a_weight_is_read_where_it_lies() -> None:
    one = layer()
    weight = readable(one)
    assert weight is not None and (weight.n, weight.k) == (128, 512)
    assert weight.packed.data_ptr() == one.weight.data_ptr()
    assert weight.maxima.data_ptr() == one.weight.quant_state.absmax.data_ptr()


@pytest.mark.parametrize(
    "other",
    [
        {"quant_type": "fp4"},
        {"blocksize": 128},
        {"state2": None},
        {"offset": torch.tensor(1.5, dtype=torch.float16)},
        {"absmax": torch.rand(128 * 512 // 64)},
        {"shape": torch.Size((512, 256))},
        {"packing_format_for_cpu": True},
    ],
)
def test_another_kind_of_weight_is_left_to_bitsandbytes(other: dict[str, Any]) -> None:
    assert readable(layer(**other)) is None


@pytest.mark.parametrize(("n", "k"), [(128, 448), (96, 512), (128, 896), (1, 512)])
def test_another_shape_is_left_to_bitsandbytes(n: int, k: int) -> None:
    assert readable(layer(n, k)) is None


def test_a_layer_of_16_bits_is_no_4_bit_layer() -> None:
    assert readable(torch.nn.Linear(512, 128)) is None
    assert readable(torch.nn.LayerNorm(8)) is None


def test_few_rows_of_16_bits_go_through_the_kernel() -> None:
    half, other = torch.bfloat16, torch.float16
    assert [rows for rows in range(80) if takes(rows, half, None, half)] == list(range(2, 33))
    assert takes(8, other, torch.zeros(4, dtype=other), None)
    assert not takes(8, torch.float32, None, None)
    assert not takes(8, half, None, other)
    assert not takes(8, half, torch.zeros(4), half)


@pytest.mark.parametrize("processors", [20, 46, 132])
@pytest.mark.parametrize(("n", "k"), [*SHAPES, (64, 256), (1088, 5120)])
@pytest.mark.parametrize("rows", [2, 16, 17, 32])
def test_a_tiling_covers_the_product(rows: int, n: int, k: int, processors: int) -> None:
    columns, _, _, parts = tiling_for(rows, n, k, processors)
    each = -(-(k // nf4.CHUNK) // parts)
    assert n % columns == 0
    assert (parts - 1) * each < k // nf4.CHUNK <= parts * each, "a part is empty or values are left"


def test_parts_are_never_empty() -> None:
    for chunks in range(1, 80):
        for wanted in range(100):
            parts = parts_of(chunks * nf4.CHUNK, wanted)
            each = -(-chunks // parts)
            assert 1 <= parts <= max(1, wanted) and (parts - 1) * each < chunks <= parts * each


def run_ptx(code: str, given: int) -> list[int]:
    """What $0 to $3 hold, given $4: the few instructions that ``permutation`` writes."""
    registers = {"$4": given}

    def value(name: str) -> int:
        return registers[name] if name in registers else int(name, 0)

    for line in code.splitlines():
        if line[0] in "{}.":
            continue
        name, _, rest = line.rstrip(";").partition(" ")
        target, *operands = (part.strip() for part in rest.split(","))
        first, second, *third = map(value, operands)
        if name == "prmt.b32":
            both = first | second << 32
            picks = [third[0] >> 4 * place & 15 for place in range(4)]
            assert all(pick < 8 for pick in picks), "that copies a sign"
            registers[target] = sum((both >> 8 * pick & 0xFF) << 8 * place for place, pick in enumerate(picks))
        else:
            done = {"shr.b32": first >> second, "and.b32": first & second, "or.b32": first | second}
            registers[target] = done[name]
    return [registers[f"${number}"] for number in range(4)]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_permutation_finds_every_value_in_every_place(dtype: Any) -> None:
    bits = [value & 0xFFFF for value in torch.tensor(nf4.CODES, dtype=dtype).view(torch.int16).tolist()]
    code = permutation(dtype)
    for first in range(16):
        for step in range(16):
            # Two words of two bytes; the first value of a byte in its high half.
            codes = [[(first + step * place + 5 * word) % 16 for place in range(4)] for word in range(2)]
            words = [one[0] << 4 | one[1] | one[2] << 12 | one[3] << 8 for one in codes]
            found = run_ptx(code, words[0] | words[1] << 16)
            assert found == [bits[codes[0][place]] | bits[codes[1][place]] << 16 for place in range(4)]


def test_a_model_without_4_bit_layers_on_a_gpu_stays_as_it_is() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(512, 128))
    assert quicken(model, torch.bfloat16) == 0
    assert isinstance(model[0], torch.nn.Linear)


class Answering(torch.nn.Module):
    """A 4-bit layer that says that it was asked; ``quicken`` takes its weight to lie on a GPU."""

    def __init__(self) -> None:
        super().__init__()
        made = layer()
        self.weight, self.bias, self.compute_dtype = made.weight, None, torch.bfloat16

    def forward(self, x: Any) -> Any:
        return (x.float() @ unpacked(self).T).to(x.dtype)


class OnGpu(torch.Tensor):
    is_cuda = True


@pytest.fixture
def on_gpu(monkeypatch: pytest.MonkeyPatch) -> torch.nn.Module:
    real = nf4.readable

    def there(one: Any) -> Any:
        weight = real(one)
        if weight is not None:
            object.__setattr__(weight, "packed", weight.packed.as_subclass(OnGpu))
        return weight

    monkeypatch.setattr(nf4, "readable", there)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (9, 0))
    return torch.nn.Sequential(Answering())


def test_without_a_compiler_all_stays_with_bitsandbytes(
    on_gpu: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("Failed to find C compiler. Please specify via CC environment variable.")

    monkeypatch.setattr(nf4, "multiply", fails)
    with caplog.at_level("INFO"):
        assert quicken(on_gpu, torch.bfloat16) == 0
    (record,) = [one for one in caplog.records if one.name == nf4.__name__]
    assert record.levelname == "INFO" and "C compiler" in record.getMessage()
    assert isinstance(on_gpu[0], Answering)


def test_without_triton_all_stays_with_bitsandbytes(
    on_gpu: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delitem(sys.modules, "daemon.engines.nf4_kernel", raising=False)
    monkeypatch.delattr(engines, "nf4_kernel", raising=False)
    with caplog.at_level("INFO"):
        assert quicken(on_gpu, torch.bfloat16) == 0
    (record,) = [one for one in caplog.records if one.name == nf4.__name__]
    assert "triton" in record.getMessage()
    assert isinstance(on_gpu[0], Answering)


def test_a_kernel_that_computes_something_else_is_not_used(on_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nf4, "multiply", lambda x, *_: torch.full((len(x), 128), float("nan"), dtype=x.dtype))
    assert quicken(on_gpu, torch.bfloat16) == 0


def test_few_rows_are_multiplied_by_the_kernel_and_one_row_is_not(on_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    base, asked = on_gpu[0], []

    def multiply(x: Any, weight: Any, bias: Any) -> Any:
        asked.append(len(x))
        return base(x)

    monkeypatch.setattr(nf4, "multiply", multiply)
    assert quicken(on_gpu, torch.bfloat16) == 1
    asked.clear()
    with torch.no_grad():
        for rows in (1, 2, 24, 33):
            x = torch.randn(rows, 1, 512).to(torch.bfloat16)
            assert torch.equal(on_gpu(x), base(x))
    assert asked == [2, 24]
    on_gpu(torch.randn(4, 512).to(torch.bfloat16))
    assert asked == [2, 24], "learning goes through bitsandbytes"

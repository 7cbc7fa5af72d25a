"""The kernel for 4-bit weights on a CUDA GPU, against the weight in float32: ``python -m pytest -m gpu``."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")
modules = pytest.importorskip("bitsandbytes.nn")
functional = pytest.importorskip("bitsandbytes.functional")

from daemon.engines import nf4  # noqa: E402
from daemon.engines.nf4 import Packed, Tiling, multiply, parts_of, quicken, readable  # noqa: E402

SHAPES = [(1536, 1536), (256, 1536), (8960, 1536), (1536, 8960), (1024, 5120), (5120, 13824)]
"""(N, K) of the layers of a 1.5B and a 14B model."""
ROWS = [2, 5, 16, 17, 24, 32]
MOST_ERROR = 5e-3

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU"),
]


def four_bit(n: int, k: int, dtype: Any, bias: bool = True, **other: Any) -> Any:
    options = {"compute_dtype": dtype, "compress_statistics": True, "quant_type": "nf4", **other}
    made = modules.Linear4bit(k, n, bias=bias, **options)
    torch.manual_seed(n + k)
    made.weight.data = torch.randn(n, k) * 0.02
    if bias:
        made.bias.data = torch.randn(n).to(dtype)
    return made.cuda().eval()


def reference(layer: Any, x: Any) -> Any:
    weight = functional.dequantize_4bit(layer.weight, layer.weight.quant_state).float()
    answer = x.double() @ weight.double().T
    return (answer if layer.bias is None else answer + layer.bias.double()).float()


def error(answer: Any, wanted: Any) -> float:
    return float((answer.float() - wanted).norm() / wanted.norm())


def poison(layer: Any, rows: int) -> None:
    """Leave memory that the next answer may be laid in full of what is no number."""
    for size in (rows * layer.out_features, 8 * rows * layer.out_features):
        spent = [torch.full((size,), float("nan"), device="cuda") for _ in range(4)]
        del spent


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_rows_are_multiplied_by_the_weight(n: int, k: int, dtype: Any) -> None:
    layer = four_bit(n, k, dtype)
    weight = readable(layer)
    assert weight is not None
    generator = torch.Generator("cuda").manual_seed(11)
    for rows in ROWS:
        for _ in range(2):
            x = torch.randn((rows, k), device="cuda", generator=generator).to(dtype)
            poison(layer, rows)
            assert error(multiply(x, weight, layer.bias), reference(layer, x)) < MOST_ERROR, rows


@pytest.mark.parametrize("rows", [5, 24])
def test_every_tiling_gives_the_same(rows: int) -> None:
    layer = four_bit(1536, 5120, torch.bfloat16)
    weight = readable(layer)
    assert weight is not None
    x = torch.randn((rows, 5120), device="cuda").bfloat16()
    wanted = reference(layer, x)
    for columns, warps, stages, parts in [(64, 2, 3, 6), (64, 4, 3, 1), (64, 4, 2, 7), (128, 4, 3, 4), (128, 8, 3, 20)]:
        tiling = Tiling(columns, warps, stages, parts_of(5120, parts))
        poison(layer, rows)
        first = multiply(x, weight, layer.bias, tiling)
        assert error(first, wanted) < MOST_ERROR, tiling
        assert torch.equal(first, multiply(x, weight, layer.bias, tiling)), "the order of the sums changed"


@pytest.mark.parametrize("rows", [2, 24])
def test_a_graph_multiplies_what_is_there_when_it_is_replayed(rows: int) -> None:
    layer = Packed(base := four_bit(1536, 8960, torch.bfloat16), readable(base))
    x = torch.randn((rows, 1, 8960), device="cuda").bfloat16()
    with torch.no_grad():
        layer(x)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            answer = layer(x)
        for _ in range(3):
            x.copy_(torch.randn_like(x) * 3)
            answer.fill_(float("nan"))
            graph.replay()
            assert error(answer[:, 0], reference(base, x[:, 0])) < MOST_ERROR
            assert torch.equal(answer, layer(x))


def test_rows_that_are_a_slice_or_transposed_are_multiplied() -> None:
    layer = four_bit(256, 1536, torch.float16, bias=False)
    weight = readable(layer)
    assert weight is not None
    x = torch.randn((1536, 9), device="cuda").half()
    assert error(multiply(x.T, weight), reference(layer, x.T)) < MOST_ERROR
    odd = torch.randn(4 * 1536 + 1, device="cuda").half()[1:].view(4, 1536)
    assert error(multiply(odd, weight), reference(layer, odd)) < MOST_ERROR


@pytest.mark.parametrize(
    ("n", "k", "other"),
    [
        (96, 1536, {}),
        (256, 896, {}),
        (256, 1536, {"quant_type": "fp4"}),
        (256, 1536, {"compress_statistics": False}),
        (256, 1536, {"quant_storage": torch.bfloat16}),
    ],
)
def test_what_the_kernel_cannot_read_stays_with_bitsandbytes(n: int, k: int, other: dict[str, Any]) -> None:
    model = torch.nn.Sequential(four_bit(n, k, torch.bfloat16, **other))
    assert quicken(model, torch.bfloat16) == 0
    assert isinstance(model[0], modules.Linear4bit)


def test_a_model_is_wrapped_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [four_bit(1536, 1536, torch.bfloat16), four_bit(96, 1536, torch.bfloat16)]
    model = torch.nn.Sequential(*layers)
    assert quicken(model, torch.bfloat16) == 1
    asked: list[int] = []
    real = nf4.multiply
    monkeypatch.setattr(nf4, "multiply", lambda x, *rest: asked.append(len(x)) or real(x, *rest))
    with torch.no_grad():
        for rows in (1, 2, 24, 32, 33, 200):
            x = torch.randn((rows, 1, 1536), device="cuda").bfloat16()
            assert error(model(x)[:, 0], torch.nn.Sequential(*layers)(x)[:, 0].float()) < 2 * MOST_ERROR
        x = torch.randn((8, 1536), device="cuda")
        assert model[0](x).dtype == torch.float32
    assert asked == [2, 24, 32]

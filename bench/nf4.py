"""Few rows times 4-bit weights: bitsandbytes next to nippo's kernel, and which tiling of it is fastest here.

``python -m bench.nf4 --out nf4.json``, on an NVIDIA GPU with bitsandbytes, in under a minute. Each figure is the median
of replays of a CUDA graph that goes over so many copies of the weight that the card's cache does not hold them. First
the tiling that is in use, then others. ``--smoke`` goes the same way over tiny shapes, without a GPU and with a plain
product in every kernel's place: its times say nothing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from daemon.engines import nf4
from daemon.engines.nf4 import Tiling, Weight

MODELS = {
    "14B": (48, {(5120, 5120): 2, (1024, 5120): 2, (13824, 5120): 2, (5120, 13824): 1}),
    "1.5B": (28, {(1536, 1536): 2, (256, 1536): 2, (8960, 1536): 2, (1536, 8960): 1}),
}
"""Layers of a model and how often each shape (N, K) stands in one: Qwen2.5."""
SMOKE = {"tiny": (2, {(64, 512): 2, (1088, 256): 1})}
ROWS = (1, 4, 8, 16, 24, 32)
SWEPT_ROWS = (16, 24)
WAYS = ("bitsandbytes", "its kernel", "ours")
TILES = ((64, 2), (64, 4), (128, 4), (128, 8), (256, 8))
"""Columns and warps of a program."""
STAGES = (2, 3, 4)
PROGRAMS = (1, 2, 3, 4, 6)
"""Programs for each multiprocessor."""
CACHE = 160 << 20
"""Bytes of copies that are gone over: more than the cache of any card."""
MOST_COPIES = 96
REPLAYS = 5
COMPILERS = 12
MOST_ERROR = 5e-3


class Bench:
    """Weights, clocks and results on one device."""

    def __init__(self, out: Path | None, smoke: bool, seconds: float) -> None:
        self.out, self.smoke, self.end = out, smoke, time.monotonic() + seconds
        self.dtype = torch.bfloat16
        self.theirs, self.ours = (plain, plain) if smoke else (by_bitsandbytes, nf4.multiply)
        self.device = torch.device("cpu") if smoke else torch.device("cuda", torch.cuda.current_device())
        self.processors = 4 if smoke else torch.cuda.get_device_properties(self.device).multi_processor_count
        name = "no GPU" if smoke else torch.cuda.get_device_name(self.device)
        self.results: dict[str, Any] = {"device": name, "processors": self.processors, "rows": {}, "sweep": {}}
        self._failed: set[str] = set()

    def save(self) -> None:
        if self.out is not None:
            self.out.write_text(json.dumps(self.results, indent=1), encoding="utf-8")

    def weights(self, n: int, k: int) -> list[Weight]:
        """Copies of one random weight."""
        copies = 2 if self.smoke else max(2, min(MOST_COPIES, -(-CACHE // (n * k // 2))))
        generator = torch.Generator(self.device).manual_seed(n + k)

        def random(size: int) -> torch.Tensor:
            return torch.randint(0, 256, (size,), dtype=torch.uint8, device=self.device, generator=generator)

        packed, maxima = random(n * k // 2), random(n * k // 64)
        outer = torch.rand(-(-n * k // 64 // 256), device=self.device, generator=generator) * 0.01
        codes = torch.linspace(-1, 1, 256, device=self.device)
        offset = torch.tensor(0.05, device=self.device)
        return [
            Weight(
                packed.clone().view(torch.int16), maxima.clone().view(torch.int32), outer.clone(), codes, offset, n, k
            )
            for _ in range(copies)
        ]

    def microseconds(self, call: Callable[[Weight], Any], weights: list[Weight]) -> float:
        """The median of one call."""
        if self.smoke:
            started = time.perf_counter()
            call(weights[0])
            return (time.perf_counter() - started) * 1e6
        call(weights[0])
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for weight in weights:
                call(weight)
        graph.replay()
        spent = []
        for _ in range(REPLAYS):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            graph.replay()
            end.record()
            end.synchronize()
            spent.append(start.elapsed_time(end) * 1000 / len(weights))
        return statistics.median(spent)

    def tried(self, what: str, work: Callable[[], float]) -> float:
        """What work returns; where it fails, its error's last line is printed once and the answer is no number."""
        try:
            return work()
        except Exception as problem:
            if what not in self._failed:
                lines = [line for line in str(problem).splitlines() if line.strip()] or ["no reason given"]
                print(f"{what}: {type(problem).__name__}: {lines[-1].strip()[:200]}", flush=True)
                self._failed.add(what)
            return float("nan")


def unpacked(weight: Weight) -> torch.Tensor:
    """The weight in float32."""
    codes = weight.packed.view(torch.uint8)
    maxima = weight.maxima.view(torch.uint8).long()
    outer = weight.outer_maxima[torch.arange(len(maxima), device=maxima.device) // 256]
    scale = weight.outer_codes[maxima] * outer + weight.offset
    values = torch.tensor(nf4.CODES, device=codes.device)[torch.stack([codes >> 4, codes & 15], 1).flatten().int()]
    return (values.view(-1, 64) * scale[:, None]).view(weight.n, weight.k)


def plain(x: torch.Tensor, weight: Weight, *_: Any) -> Any:
    """The product without a kernel."""
    return (x.float() @ unpacked(weight).T).to(x.dtype)


def by_bitsandbytes(x: torch.Tensor, weight: Weight, fused: bool = False) -> Any:
    """As ``bitsandbytes.matmul_4bit`` does; ``fused``: by its own kernel, whatever it would choose itself."""
    shape, packed = [weight.n, weight.k], weight.packed.view(torch.uint8).view(-1, 1)
    nested = {
        "absmax_8bit": weight.maxima.view(torch.uint8),
        "absmax_code": weight.outer_codes,
        "absmax_offset": weight.offset,
    }
    if fused:
        from bitsandbytes.backends.cuda.ops import _gemm_4bit_kernel_impl as multiply
    else:
        import bitsandbytes  # noqa: F401

        multiply = torch.ops.bitsandbytes.gemm_4bit.default
    return multiply(x, packed, shape, weight.outer_maxima, 64, "nf4", **nested)


def compile_all(bench: Bench, tilings: list[tuple[int, Tiling]]) -> None:
    """Compile what is wanted (rows, tiling) side by side: one after the other it takes minutes."""
    wanted = {(nf4.padded(rows), *tiling[:3], tiling.parts == 1) for rows, tiling in tilings}
    (weight, *_) = bench.weights(256, 1024)

    def one(rows: int, columns: int, warps: int, stages: int, direct: bool) -> float:
        torch.zeros((), device=bench.device)
        x = torch.zeros((rows, 1024), dtype=bench.dtype, device=bench.device)
        bench.ours(x, weight, None, Tiling(columns, warps, stages, 1 if direct else 2))
        return 0.0

    started = time.monotonic()
    with ThreadPoolExecutor(1 if bench.smoke else COMPILERS) as pool:
        list(pool.map(lambda case: bench.tried(f"compile {case}", lambda: one(*case)), sorted(wanted)))
    if not bench.smoke:
        torch.cuda.synchronize()
    print(f"compiled {len(wanted)} kernels in {time.monotonic() - started:.1f} s", flush=True)


class Case:
    """So many random rows for the copies of a weight, and the right answer."""

    def __init__(self, bench: Bench, weights: list[Weight], rows: int) -> None:
        self._bench, self._weights = bench, weights
        self._x = torch.randn((rows, weights[0].k), device=bench.device).to(bench.dtype)
        self._wanted = self._x.float() @ unpacked(weights[0]).T

    def theirs(self, name: str, fused: bool) -> float:
        """Microseconds of bitsandbytes."""
        return self._bench.tried(
            name, lambda: self._bench.microseconds(lambda one: self._bench.theirs(self._x, one, fused), self._weights)
        )

    def ours(self, name: str, tiling: Tiling | None = None) -> tuple[float, float]:
        """Microseconds and relative error of the kernel."""

        def multiply(weight: Weight) -> torch.Tensor:
            return self._bench.ours(self._x, weight, None, tiling)

        def error() -> float:
            return float((multiply(self._weights[0]).float() - self._wanted).norm() / self._wanted.norm())

        wrong = self._bench.tried(name, error)
        return self._bench.tried(name, lambda: self._bench.microseconds(multiply, self._weights)), wrong


def compare(bench: Bench, models: dict[str, Any], rows: list[int]) -> None:
    """The tiling in use, next to bitsandbytes."""
    print("\n     N     K rows  bitsandbytes  its kernel      ours  ratio   error")
    for model, (_, shapes) in models.items():
        for n, k in shapes:
            weights = bench.weights(n, k)
            for count in rows:
                case = Case(bench, weights, count)
                theirs, kernel = case.theirs("bitsandbytes", False), case.theirs("its kernel", True)
                ours, wrong = case.ours("ours")
                line = f"{n:6}{k:6}{count:5} {theirs:13.1f}{kernel:12.1f}{ours:10.1f}"
                print(f"{line} {theirs / ours:6.2f}{wrong:8.4f}", flush=True)
                took = dict(zip(WAYS, (theirs, kernel, ours), strict=True))
                bench.results["rows"][f"{model} {n}x{k} {count}"] = {**took, "error": wrong}
            bench.save()
    for model, (layers, shapes) in models.items():
        for count in rows:
            step = {
                name: layers
                * sum(
                    bench.results["rows"][f"{model} {n}x{k} {count}"][name] * often for (n, k), often in shapes.items()
                )
                for name in WAYS
            }
            said = ", ".join(f"{name} {value / 1000:.2f} ms" for name, value in step.items())
            print(f"all layers of {model}, {count} rows: {said}", flush=True)
            bench.results["rows"][f"{model} all {count}"] = step
    bench.save()


def sweep(bench: Bench, models: dict[str, Any]) -> None:
    """Other tilings: the best for each shape, and the best single rule for a model."""
    tiles = ((64, 4),) if bench.smoke else TILES
    stages = (2,) if bench.smoke else STAGES
    rules = list(itertools.product(tiles, stages, PROGRAMS[:2] if bench.smoke else PROGRAMS))
    swept = [2] if bench.smoke else list(SWEPT_ROWS)
    some = [Tiling(*tile, depth, parts) for tile, depth in itertools.product(tiles, stages) for parts in (1, 2)]
    compile_all(bench, [(count, tiling) for count in swept for tiling in some])
    for model, (layers, shapes) in models.items():
        found: dict[tuple[int, int, int], dict[Any, float]] = {}
        for (n, k), count in itertools.product(shapes, swept):
            case, known = Case(bench, bench.weights(n, k), count), dict[Tiling, float]()
            times = found.setdefault((n, k, count), {})
            for rule in rules:
                (columns, warps), depth, programs = rule
                if n % columns or not time.monotonic() < bench.end:
                    continue
                tiling = Tiling(columns, warps, depth, nf4.parts_of(k, programs * bench.processors // (n // columns)))
                if tiling not in known:
                    known[tiling], wrong = case.ours(str(tiling), tiling)
                    if wrong >= MOST_ERROR:
                        print(f"{n}x{k} {tiling}: error {wrong:.4f}", flush=True)
                times[rule] = known[tiling]
            ranked = sorted((value, tiling) for tiling, value in known.items() if value > 0)
            bench.results["sweep"][f"{model} {n}x{k} {count}"] = [[*tiling, value] for value, tiling in ranked]
            said = "; ".join(f"{'/'.join(map(str, tiling))} {value:.1f} µs" for value, tiling in ranked[:3])
            bytes_read = n * k / 2 + n * k / 64
            rate = bytes_read / ranked[0][0] / 1e3 if ranked else float("nan")
            print(f"{n}x{k}, {count} rows: columns/warps/stages/parts {said}: {rate:.0f} GB/s", flush=True)
            bench.save()
        for count in swept:
            for wide in (False, True):
                mine = [shape for shape in shapes if (shape[0] > nf4.NARROW) == wide]
                sums = sorted(
                    (layers * sum(found[n, k, count][rule] * shapes[n, k] for n, k in mine), rule)
                    for rule in rules
                    if mine and all(found[n, k, count].get(rule, 0.0) > 0 for n, k in mine)
                )
                for value, ((columns, warps), depth, programs) in sums[:3]:
                    key = f"({nf4.padded(count)}, {wide}): ({columns}, {warps}, {depth}, {programs})"
                    print(f"{model}, {count} rows, TILINGS[{key}]: {value / 1000:.2f} ms", flush=True)
                bench.results["sweep"][f"{model} rule {count} {wide}"] = [[*tile, d, p, v] for v, (tile, d, p) in sums]
    bench.save()


def main(arguments: list[str] | None = None) -> int:
    command = argparse.ArgumentParser(prog="python -m bench.nf4", description=(__doc__ or "").partition("\n")[0])
    command.add_argument("--out", type=Path, metavar="FILE")
    command.add_argument("--smoke", action="store_true", help="tiny shapes, once, without a GPU")
    command.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    command.add_argument("--rows", nargs="+", type=int, default=list(ROWS))
    command.add_argument("--seconds", type=float, default=50.0, help="no tiling is begun after these")
    command.add_argument("--no-sweep", action="store_true")
    given = command.parse_args(arguments)
    if not given.smoke and not torch.cuda.is_available():
        command.error("there is no NVIDIA GPU; --smoke needs none")
    bench = Bench(given.out, given.smoke, given.seconds)
    models = SMOKE if given.smoke else {name: MODELS[name] for name in given.models}
    rows = [2, 24] if given.smoke else given.rows
    print(f"{bench.results['device']}, {bench.processors} multiprocessors, {bench.dtype}", flush=True)
    asked = [(count, n, k) for _, shapes in models.values() for (n, k), count in itertools.product(shapes, rows)]
    compile_all(bench, [(count, nf4.tiling_for(count, n, k, bench.processors)) for count, n, k in asked])
    compare(bench, models, rows)
    if not given.no_sweep:
        print()
        sweep(bench, models)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a report costs on this machine: ``python -m bench.engine [--model starter] [--reports 6] [--adapter auto]``.

Loads the model twice in a fresh process each (without and with the kept rules), writes greedy reports for diaries of
the corpus, and prints one table: load time, prompt and generation speed, seconds a report, peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # bench/daemon.py would hide the package
CORPUS = Path(__file__).parents[1] / "data" / "starter" / "corpus.jsonl"


def measure(options: argparse.Namespace, rules: str) -> dict[str, Any]:
    """In a process of its own: one engine, some reports. ``rules`` is the folder of the kept rules."""
    from daemon.config import Config, EngineSettings
    from daemon.config.report_form import ReportSettings
    from daemon.drafting.prompt import render_prompt
    from daemon.engines.llamacpp import LlamaCpp, LlamaCppSettings
    from daemon.engines.opening import adapter_in_use, gguf_header
    from daemon.engines.protocol import ModelIdentity, Sampling
    from daemon.models.reference import cache_folder, resolve_gguf
    from daemon.versions.gguf_twin import gguf_twin

    config = Config(engine=EngineSettings(model=options.model, adapter=options.adapter))
    model = resolve_gguf(options.model)
    adapter = adapter_in_use(config)
    twin = gguf_twin(adapter.path, cache_folder(), gguf_header.read(model).architecture) if adapter else None
    rows = [json.loads(line) for line in Path(options.corpus).read_text(encoding="utf-8").splitlines()]
    diaries = [row["diary"] for row in rows[:: max(1, len(rows) // options.reports)]][: options.reports]
    began = time.perf_counter()
    settings = LlamaCppSettings(threads=options.threads, prefix_folder=Path(rules))
    engine = LlamaCpp(model, twin, ModelIdentity("bench", options.model, "llamacpp"), settings)
    load = time.perf_counter() - began
    reports = []
    for diary in diaries:
        messages = render_prompt(diary, ReportSettings())
        one, full = Sampling(max_tokens=1), Sampling(max_tokens=700)
        started = time.perf_counter()
        (first,) = engine.generate(messages, [one])
        prompt = time.perf_counter() - started
        started = time.perf_counter()
        (draft,) = engine.generate(messages, [full])
        whole = time.perf_counter() - started
        rules_tokens = engine.count_tokens(messages[0]["content"])
        reports.append(
            {
                "seconds": whole,
                "first_token": prompt,
                "prompt_speed": (first.prompt_tokens - rules_tokens) / prompt,
                "speed": (draft.generated_tokens - 1) / max(1e-9, whole - prompt),
                "tokens": draft.generated_tokens,
            }
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"load": load, "reports": reports, "peak_mb": peak / (1024 if sys.platform != "darwin" else 2**20)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--adapter", default="auto", help='"auto", "none" or a path')
    parser.add_argument("--reports", type=int, default=6)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--corpus", default=str(CORPUS))
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(measure(options, options.inside)))
        return
    with tempfile.TemporaryDirectory() as rules:
        runs = {}
        for name in ("first start", "later start"):
            command = [sys.executable, __file__, *sys.argv[1:], "--inside", rules]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
            runs[name] = json.loads(done.stdout.splitlines()[-1])
    print(table(options, runs))


def table(options: argparse.Namespace, runs: dict[str, dict[str, Any]]) -> str:
    """One column a run, medians over the reports; the first report of a run stands apart, it pays for the rules."""
    first, later = runs.values()
    lines = [f"{'model ' + options.model:34}{'first start':>14}{'later start':>14}{'ratio':>8}"]

    def line(name: str, values: tuple[float, float], unit: str) -> None:
        ratio = values[1] / values[0] if values[0] else 0.0
        lines.append(f"{name:34}{values[0]:>10.1f} {unit:3}{values[1]:>10.1f} {unit:3}{ratio:>8.2f}")

    def median(run: dict[str, Any], key: str) -> float:
        return statistics.median(report[key] for report in run["reports"][1:] or run["reports"])

    line("load", (first["load"], later["load"]), "s")
    line("first report: to its first token", tuple(run["reports"][0]["first_token"] for run in (first, later)), "s")
    line("report (median, model loaded)", (median(first, "seconds"), median(later, "seconds")), "s")
    line("diary tokens", (median(first, "prompt_speed"), median(later, "prompt_speed")), "/s")
    line("report tokens", (median(first, "speed"), median(later, "speed")), "/s")
    line("tokens a report", (median(first, "tokens"), median(later, "tokens")), "")
    line("peak memory", (first["peak_mb"], later["peak_mb"]), "MB")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

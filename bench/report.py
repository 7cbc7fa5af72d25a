"""Both ways of writing a report, on the same diaries in one run: seconds, tokens, ratios.

    python -m bench.report [--days 10] [--model starter] [--out FILE]

Sentence by sentence as the product does it, against four whole drafts by the same model (what nippo did before: the
cost is the same whatever adapter is laid over). Each diary is written both ways, one after the other, so that a
machine whose speed drifts is fair to both. Needs the model; nothing else should run beside it."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from daemon.config import Config, EngineSettings
from daemon.drafting.draft import draft_report
from daemon.drafting.prompt import render_prompt
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.engines.opening import open_engine
from daemon.engines.protocol import Engine, Sampling
from daemon.system.shipped import starter_folder

SHORTEST, LONGEST = 200, 900
"""Characters of the diaries that are taken."""
DRAFTS = 4


def diaries(count: int) -> list[dict[str, str]]:
    """Dev diaries with study, of 200 to 900 characters, evenly over the lengths."""
    rows = [json.loads(line) for line in (starter_folder() / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    fitting = [
        row for row in rows if row["split"] == "dev" and SHORTEST <= len(row["diary"]) <= LONGEST and row["facts"]
    ]
    fitting.sort(key=lambda row: len(row["diary"]))
    return fitting[:: max(1, len(fitting) // count)][:count]


def by_sentence(engine: Engine, row: dict[str, str], config: Config) -> tuple[float, DraftResult]:
    started = time.monotonic()
    result = draft_report(engine, DraftRequest(row["date"], row["diary"]), config)
    return time.monotonic() - started, result


def four_drafts(engine: Engine, row: dict[str, str], config: Config) -> tuple[float, int]:
    """Four whole drafts, always all four, as a diary with study took them."""
    started = time.monotonic()
    samplings = [Sampling(0.7 if number else 0.0, config.engine.seed + number) for number in range(DRAFTS)]
    drafts = list(engine.generate(render_prompt(row["diary"], config.report), samplings))
    return time.monotonic() - started, sum(draft.generated_tokens for draft in drafts)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--days", type=int, default=10)
    given.add_argument("--model", default="starter")
    given.add_argument("--out", type=Path)
    options = given.parse_args()
    config = Config(engine=EngineSettings(kind="llamacpp", model=options.model))
    engine = open_engine(config)
    lines = ["| diary | characters | by sentence | four drafts | ratio | questions | tokens | tokens, four drafts |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    rows = diaries(options.days)
    by_sentence(engine, rows[0], config)  # warm: rules evaluated and kept, file in the page cache
    measured = []
    for row in rows:
        new, result = by_sentence(engine, row, config)
        old, tokens = four_drafts(engine, row, config)
        measured.append((new, old))
        lines.append(
            f"| {row['id']} | {len(row['diary'])} | {new:.1f} s | {old:.1f} s | {new / old:.2f} | {result.questions} "
            f"| {result.generated_tokens} | {tokens} |"
        )
        print(lines[-1], flush=True)
    new, old = (statistics.median(values) for values in zip(*measured, strict=True))
    ratio = statistics.median(a / b for a, b in measured)
    lines.append(f"| median | | {new:.1f} s | {old:.1f} s | {ratio:.2f} | | | |")
    print("\n".join(lines))
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    engine.close()


if __name__ == "__main__":
    main()

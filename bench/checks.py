"""Measure the checks on the starter corpus: speed, name recall and precision, references flagged wrongly.

    python -m bench.checks [data/starter/corpus.jsonl] [--split dev]

A name counts as recalled when a report that says it (「〜に相談しました。」) is flagged as a leak. Precision is the
share of found names and nicknames that stand in, or hold, an entry of the row's lists; those lists are not complete,
so it is a lower bound. The reference reports are right by definition: whatever flags one of them is wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from daemon.checks import CheckSettings, find_private_terms, score
from daemon.checks.form import read_lines
from daemon.checks.leak import leaks
from daemon.checks.sources import coverage
from daemon.checks.text import normalise
from daemon.drafting.whole import ENOUGH_COVERAGE

SETTINGS = CheckSettings()
SIZES = (500, 5_000, 50_000)
TARGETS = {500: 20, 5_000: 200, 50_000: 2_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=Path("data/starter/corpus.jsonl"))
    parser.add_argument("--split", default="", help="only rows of this split")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.corpus.read_text(encoding="utf-8").splitlines() if line.strip()]
    speed(rows, arguments.repeats)
    quality([row for row in rows if not arguments.split or row.get("split") == arguments.split])


def speed(rows: list[dict[str, Any]], repeats: int) -> None:
    """Median CPU milliseconds for finding terms and for scoring, on diaries joined up to a size, caches cold."""
    joined = "\n\n".join(row["diary"] for row in rows)
    report = rows[0]["report"]
    find_private_terms("はじめに辞書を読み込む。", SETTINGS)
    print(f"{'characters':>10} {'find ms':>9} {'score ms':>9} {'target':>7}")
    for size in SIZES:
        finding, scoring = [], []
        for turn in range(repeats):
            diary = joined[turn * 97 :][:size]  # another text each time, so that nothing is remembered
            start = time.process_time()
            terms = find_private_terms(diary, SETTINGS)
            middle = time.process_time()
            score(report, diary, SETTINGS, terms)
            finding.append(1e3 * (middle - start))
            scoring.append(1e3 * (time.process_time() - middle))
        print(f"{size:>10} {statistics.median(finding):>9.1f} {statistics.median(scoring):>9.1f} {TARGETS[size]:>7}")


def quality(rows: list[dict[str, Any]]) -> None:
    names = named = private = caught = found = right = 0
    flagged: Counter[str] = Counter()
    above = cut_above = cut = 0
    chance = random.Random(3407)
    for row in rows:
        terms = find_private_terms(row["diary"], SETTINGS)
        result = score(row["report"], row["diary"], SETTINGS, terms)
        faults = {finding.check for finding in result.findings}
        flagged.update(faults)
        flagged["any"] += bool(faults)

        def told(word: str, terms: list[Any] = terms) -> bool:
            return bool(leaks(normalise(f"* {word}に相談しました。"), terms, SETTINGS))

        listed = [*row.get("private", ()), *row.get("names", ())]
        names += len(row.get("names", ()))
        named += sum(map(told, row.get("names", ())))
        private += len(row.get("private", ()))
        caught += sum(map(told, row.get("private", ())))
        persons = {term.text for term in terms if term.kind in ("name", "nickname", "link", "handle")}
        found += len(persons)
        right += sum(any(person in entry or entry in person for entry in listed) for person in persons)
        body = [
            line.text
            for line in read_lines(normalise(row["report"]), SETTINGS.report)
            if line.kind in ("bullet", "closing")
        ]
        if len(body) >= 3:
            cut += 1
            above += coverage(body, normalise(row["diary"])) >= ENOUGH_COVERAGE
            body.pop(chance.randrange(len(body) - 1))
            cut_above += coverage(body, normalise(row["diary"])) >= ENOUGH_COVERAGE
    print(f"\nrows {len(rows)}")
    print(f"person names recalled      {named}/{names} = {named / max(1, names):.3f}")
    print(f"found names that are listed {right}/{found} = {right / max(1, found):.3f} (lower bound)")
    print(f"private strings caught     {caught}/{private} = {caught / max(1, private):.3f}")
    for check, count in flagged.most_common():
        print(f"references flagged, {check:<9} {count}/{len(rows)} = {count / len(rows):.3f}")
    print(
        f"coverage >= {ENOUGH_COVERAGE}: whole {above / max(1, cut):.2f}, one bullet less {cut_above / max(1, cut):.2f}"
    )


if __name__ == "__main__":
    main()

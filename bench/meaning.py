"""Measure the checks of meaning on judged lines: precision and recall of each, and false alarms on label lines.

    python -m bench.meaning --ordinary data/starter/judged-dev.jsonl --hard data/starter/judged.jsonl

Files of judged lines hold rows ``{"id", "diary"?, "lines": [[line, T|F|P|U, …], …]}``; a row without its diary is
looked up by id in the corpus. Each line is held against the sentence that is most like it (character bigrams and
trigrams weighted by rarity): about one of five is held against a wrong one, which costs precision here and not in the
product, where the sentence is known. Files of labels hold rows ``{"id", "diary"?, "sentences": [[sentence, [line, …]],
…]}`` whose lines are true by construction. Diaries are split by a hash of their id: a half to tune on, one to report.

Precision is the share of flagged lines that are not T; recall the share of lines that are not T that are flagged.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import math
import re
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.checks.meaning import CHECKS, Fault, meaning_faults
from daemon.config import PrivacySettings
from daemon.vault.diary import prepare

_END = re.compile(r"(?<=[。！？!?])(?![」』）)])|(?<=[。！？!?][」』）)])(?=[^」』）)。、のとって])")
_SHORT = 5
"""Letters of a piece below which it belongs to the sentence before."""
KINDS = ("hard", "ordinary")


@dataclass(frozen=True)
class Case:
    """A line beside its sentence. ``kind`` is hard, ordinary, or the name of a file of labels."""

    kind: str
    true: bool
    texts: tuple[str, str, str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hard", nargs="*", type=Path, default=[], help="judged lines of days written to mislead")
    parser.add_argument("--ordinary", nargs="*", type=Path, default=[], help="judged lines of ordinary days")
    parser.add_argument("--labels", nargs="*", type=Path, default=[], help="sentences with their true lines")
    parser.add_argument("--corpus", type=Path, default=Path("data/starter/corpus.jsonl"))
    parser.add_argument("--half", choices=("report", "tune", "all"), default="report")
    parser.add_argument("--show", default="", metavar="CHECK", help="print what this check flags (half tune only)")
    arguments = parser.parse_args()
    half = "tune" if arguments.show else arguments.half
    diaries = {row["id"]: row["diary"] for row in read(arguments.corpus)}
    cases = list(judged(arguments.hard, arguments.ordinary, diaries, half))
    for file in arguments.labels:
        cases += labels(file, diaries, half)
    meaning_faults("辞書を読み込みました。", "辞書を読み込んだ。", "", "", "辞書を読み込んだ。")
    begun = time.process_time()
    found = [(case, meaning_faults(*case.texts)) for case in cases]
    spent = 1e3 * (time.process_time() - begun) / max(len(cases), 1)
    if arguments.show:
        show(found, arguments.show)
    else:
        table(found, [file.stem for file in arguments.labels])
        print(f"\n{len(cases)} lines, {spent:.2f} ms of CPU each, half: {half}")


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def in_half(key: str, half: str) -> bool:
    even = hashlib.sha256(key.encode()).digest()[0] % 2 == 0
    return half == "all" or even == (half == "tune")


def judged(hard: list[Path], ordinary: list[Path], diaries: dict[str, str], half: str) -> Iterator[Case]:
    """The judged lines of one half, each with the sentence that is most like it. Rarity is counted over all files."""
    files = [("hard", file) for file in hard] + [("ordinary", file) for file in ordinary]
    rows = [(kind, row) for kind, file in files for row in read(file)]
    texts = [prepare(row.get("diary") or diaries[row["id"]], PrivacySettings()).text for _, row in rows]
    rarity = Rarity(set(texts))
    for (kind, row), text in zip(rows, texts, strict=True):
        if not in_half(row["id"], half):
            continue
        found = sentences(text)
        for line, label, *_ in row["lines"]:
            at = max(range(len(found)), key=lambda at, line=line, found=found: rarity.covered(line, found[at]))
            yield Case(kind, label == "T", (line, found[at], *beside(found, at), text))


def labels(file: Path, diaries: dict[str, str], half: str) -> Iterator[Case]:
    """The lines of labelled sentences of one half; all are true."""
    for row in read(file):
        if not in_half(row["id"], half):
            continue
        found = [sentence for sentence, _ in row["sentences"]]
        diary = row.get("diary") or diaries.get(row["id"]) or "".join(found)
        for at, (sentence, lines) in enumerate(row["sentences"]):
            for line in lines:
                yield Case(file.stem, True, (line, sentence, *beside(found, at), diary))


def beside(found: list[str], at: int) -> tuple[str, str]:
    return found[at - 1] if at else "", found[at + 1] if at + 1 < len(found) else ""


def letters(text: str) -> str:
    return re.sub(r"[\s\W_]+", "", unicodedata.normalize("NFKC", text).lower())


def grams(text: str) -> set[str]:
    text = letters(text)
    return {text[at : at + size] for size in (2, 3) for at in range(len(text) - 1)}


def sentences(diary: str) -> list[str]:
    """Sentences of a prepared diary in order; a piece of fewer than five letters joins the one before."""
    found: list[str] = []
    for line in diary.split("\n"):
        for piece in (piece.strip() for piece in _END.split(line.strip())):
            if piece and found and len(letters(piece)) < _SHORT:
                found[-1] += piece
            elif piece:
                found.append(piece)
    return found or [""]


class Rarity:
    """How rare character n-grams are over the sentences of some diaries."""

    def __init__(self, diaries: Iterable[str]) -> None:
        self.seen: collections.Counter[str] = collections.Counter()
        self.count = 0
        for diary in diaries:
            for sentence in sentences(diary):
                self.count += 1
                self.seen.update(grams(sentence))

    def covered(self, line: str, sentence: str) -> float:
        """Share of the line's weighted n-grams that stand in the sentence, 0 to 1."""
        whole = grams(line)
        return self._sum(whole & grams(sentence)) / max(self._sum(whole), 1e-9)

    def _sum(self, some: set[str]) -> float:
        return sum(math.log((self.count + 1) / (self.seen[gram] + 1)) for gram in some)


def table(found: list[tuple[Case, list[Fault]]], label_files: list[str]) -> None:
    """Print a Markdown table: one row a check, then those that decide together, any, and two and more together."""
    names = {name: (lambda faults, name=name: any(fault.check == name for fault in faults)) for name in CHECKS}
    together = {
        "**any that decides**": lambda faults: any(fault.decides for fault in faults),
        "**any**": bool,
        "**two and more**": lambda faults: len(faults) > 1,
    }
    heads = [f"{kind}: precision | recall" for kind in KINDS] + [f"false on {file}" for file in label_files]
    print("| check | " + " | ".join(heads) + " |")
    print("|---|" + "---|" * (2 * len(KINDS) + len(label_files)))
    for name, flags in {**names, **together}.items():
        cells = []
        for kind in KINDS:
            flagged = [case.true for case, faults in found if case.kind == kind and flags(faults)]
            wrong = sum(case.kind == kind and not case.true for case, _ in found)
            cells += [share(flagged.count(False), len(flagged)), share(flagged.count(False), wrong)]
        for file in label_files:
            flagged = [case for case, faults in found if case.kind == file and flags(faults)]
            cells.append(f"{100 * len(flagged) / max(sum(case.kind == file for case, _ in found), 1):.2f} %")
        mark = " (decides)" if name in CHECKS and CHECKS[name][1] else ""
        print(f"| {name}{mark} | " + " | ".join(cells) + " |")
    bases = {kind: [case.true for case, _ in found if case.kind == kind] for kind in KINDS}
    cells = [cell for kind in KINDS for cell in (share(bases[kind].count(False), len(bases[kind])), "")]
    print("| lines that are not true | " + " | ".join([*cells, *("" for _ in label_files)]) + " |")


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "none"


def show(found: list[tuple[Case, list[Fault]]], check: str) -> None:
    for case, faults in found:
        if any(fault.check == check for fault in faults):
            line, sentence, _, after, _ = case.texts
            print(f"{case.kind} {'T' if case.true else '-'} {line}\n    {sentence} // {after[:40]}")


if __name__ == "__main__":
    main()

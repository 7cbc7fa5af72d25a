"""What ``bench.faults`` holds against what its person expects; the complaints are what was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.fault_daemon import LEAD, mark_of
from daemon.config import Config
from daemon.learning.first_versions import OUR_WORDS
from daemon.store.store import Store
from daemon.vault.own_lines import with_values
from daemon.vault.report_note import BEGUN, listed, read, set_key


@dataclass
class Day:
    """``diary``: the bytes that the person left there, None without a note. ``report`` is "auto" (the daemon's),
    "mine" (``words``, byte for byte but for what ``plain`` leaves out), "redo" (a new draft in place of ``words``),
    "typed" (``words`` were written on under the tick `redo`: they are there without the tick, or, when both were seen
    as one, a new draft is and they are in ``.history``), "deleted", "any", or
    "either": ``words`` are as the daemon wrote them (``drawn``) because a tick was taken back; it may renew them."""

    diary: bytes | None = None
    report: str = "auto"
    words: bytes = b""
    drawn: bytes = b""


@dataclass
class Complaint:
    """``kind``: "bytes", "reports", "pairs" or "left"; ``count`` of them."""

    kind: str
    count: int
    text: str
    day: date | None = None


def plain(data: bytes) -> bytes:
    """The bytes of a report note without what nippo may change in a person's: the line ``status``, and its own words
    among the warnings."""
    note = read(data)
    if "status" in note.keys:
        data = set_key(data, "status", "-")
    if any(text in OUR_WORDS for text in note.warnings):
        data = with_values(data, {"warnings": listed(tuple(text for text in note.warnings if text not in OUR_WORDS))})
    return data


def of_diary(day: date, one: Day, file: Path) -> list[Complaint]:
    there = file.read_bytes() if file.exists() else None
    if there == one.diary:
        return []
    return [Complaint("bytes", _differing(there or b"", one.diary or b""), f"diary of {day}", day)]


def of_report(day: date, one: Day, file: Path) -> list[Complaint]:
    there = file.read_bytes() if file.exists() else None
    if one.report == "any":
        return []
    if one.report == "deleted":
        return [] if there is None else [Complaint("reports", 1, f"the deleted report of {day} is back", day)]
    if there is not None and read(there).status in BEGUN:
        return [Complaint("reports", 1, f"the note of {day} says that it is being written", day)]
    if one.report == "mine":
        lost = _differing(plain(there or b""), plain(one.words))
        return [Complaint("bytes", lost, f"report of {day} is not as its person left it", day)] if lost else []
    if one.report == "either" and there is not None and plain(there) == plain(one.words):
        return []
    if there is None:
        return [Complaint("reports", 1, f"no report of {day}", day)]
    note = read(there)
    if one.report == "typed":
        if plain(there) == plain(set_key(one.words, "redo", "false")):
            return []
        copies = [read(copy.read_bytes()).body for copy in (file.parent / ".history").glob(f"{day}-*.md")]
        if note.redo or read(one.words).body not in copies:
            return [Complaint("bytes", len(one.words), f"what was typed into the report of {day} is gone", day)]
    if one.report == "redo" and (note.redo or note.body == read(one.words).body or LEAD not in note.body):
        return [Complaint("reports", 1, f"{day} was not redone", day)]
    if mark_of(one.diary or b"") not in note.body:
        return [Complaint("reports", 1, f"the report of {day} is of an older diary", day)]
    return []


def of_pairs(config: Config, reports: Mapping[date, Path]) -> list[Complaint]:
    """Every accepted report must be a pair as it stands, and no other but those that wait for their person's word."""
    with Store.open(config.data_path) as store:
        found_pairs = store.pairs()
    pairs = {pair.day: pair.report for pair in found_pairs}
    asking = {pair.day for pair in found_pairs if pair.question or pair.missing_since}
    found = []
    for day, file in reports.items():
        note = read(file.read_bytes()) if file.exists() else None
        if note is not None and note.accepted and note.body and pairs.get(str(day)) != note.body:
            state = "old" if str(day) in pairs else "lost"
            found.append(Complaint("pairs", 1, f"the pair of {day} is {state}", day))
        elif note is not None and not note.accepted and str(day) in pairs.keys() - asking:
            found.append(Complaint("pairs", 1, f"the pair of {day} stays though it was taken back", day))
    return found


def _differing(there: bytes, wanted: bytes) -> int:
    """How many bytes of those wanted are lost or others."""
    pairs = zip(there, wanted, strict=False)
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(there), len(wanted)))
    return max(len(wanted), len(there)) - same

"""Pairs that a person has already: JSON lines, chat files of a fine-tuning, or a folder of notes. Pure but for reading.

Every row ends in one of two lists: taken, or refused with its place and reason. Messages name files and lines, never
the text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from daemon.errors import NoteUnreadable, PairRefused, UsageError
from daemon.vault.frontmatter import split
from daemon.vault.note_text import decode
from daemon.words import tr

DAY = re.compile(r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})")
REPORT_FILE = re.compile(r"^(?P<stem>.+?)[-_ ]?(?:nippo|report|日報)\.md$", re.IGNORECASE)
DIARY_KEYS, REPORT_KEYS = ("diary", "input", "日記"), ("report", "output", "日報")


@dataclass(frozen=True)
class ImportedPair:
    """A pair to be taken in. ``id`` is stable: the same row gives the same id again."""

    id: str
    day: str
    diary: str
    report: str
    place: str


def read_pairs(source: Path) -> tuple[list[ImportedPair], list[PairRefused]]:
    """Given a JSONL file, or a folder of such files and of notes (``X.md`` beside ``X-nippo.md``), return the rows
    taken and those refused. Raises ``UsageError`` when there is nothing to read."""
    if source.is_dir():
        found = [*_folder(source)]
        for file in sorted(source.rglob("*.jsonl")):
            found += _lines(file, file.relative_to(source).as_posix())
    elif source.is_file():
        found = [*_lines(source, source.name)]
    else:
        raise UsageError(
            tr("{source}: there is no such file or folder.", source=source),
            tr("Name a JSONL file or a folder of pairs."),
        )
    if not found:
        raise UsageError(
            tr("{source}: holds no pairs.", source=source),
            tr('Rows are {"date", "diary", "report"} in a .jsonl file, or X.md beside X-nippo.md in a folder.'),
        )
    taken: dict[str, ImportedPair] = {}
    refused: list[PairRefused] = []
    for entry in found:
        if isinstance(entry, PairRefused):
            refused.append(entry)
        elif entry.id in taken:
            refused.append(
                PairRefused(tr("{place}: has the id of {place2}", place=entry.place, place2=taken[entry.id].place))
            )
        else:
            taken[entry.id] = entry
    return list(taken.values()), refused


def _lines(file: Path, name: str) -> Iterator[ImportedPair | PairRefused]:
    try:
        lines = decode(file.read_bytes(), name).split("\n")
    except (OSError, NoteUnreadable) as problem:
        yield PairRefused(tr("{name}: cannot be read ({kind})", name=name, kind=type(problem).__name__))
        return
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield parse_line(line, f"{name}:{number}")
            except PairRefused as problem:
                yield problem


def parse_line(line: str, place: str) -> ImportedPair:
    """One JSON line as a row. Raises ``PairRefused``."""
    try:
        value = json.loads(line)
    except ValueError:
        raise PairRefused(tr("{place}: is not JSON", place=place)) from None
    if not isinstance(value, dict):
        raise PairRefused(tr("{place}: is not a JSON object", place=place))
    turns = value.get("messages") or value.get("conversations")
    if isinstance(turns, list):
        value = {**_chat(turns), **{key: text for key, text in value.items() if key in ("id", "date")}}
    diary, report = _first(value, DIARY_KEYS), _first(value, REPORT_KEYS)
    if not diary.strip() or not report.strip():
        raise PairRefused(
            tr("{place}: has no {what}", place=place, what=tr("diary") if not diary.strip() else tr("report"))
        )
    day = _day(str(value["date"]) if value.get("date") else diary[:200])
    if day is None:
        raise PairRefused(
            tr("{place}: has no date (a key `date`, or a date at the beginning of the diary)", place=place)
        )
    given = value.get("id")
    return _row(str(given) if given is not None else "", day, diary, report, place)


def _chat(turns: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for turn in turns:
        if isinstance(turn, dict):
            role = {"user": "diary", "human": "diary", "assistant": "report", "gpt": "report"}.get(
                str(turn.get("role") or turn.get("from"))
            )
            if role:
                found.setdefault(role, turn.get("content") or turn.get("value"))
    return found


def _folder(folder: Path) -> Iterator[ImportedPair | PairRefused]:
    for file in sorted(folder.rglob("*.md")):
        match = REPORT_FILE.match(file.name)
        if match is None:
            continue
        place = file.relative_to(folder).as_posix()
        diary = next((path for path in (file.with_name(f"{match['stem']}.md"),) if path.is_file()), None)
        day = _day(match["stem"])
        if diary is None or day is None:
            why = tr("has no diary beside it") if diary is None else tr("has no date in its name")
            yield PairRefused(f"{place}: {why}")
            continue
        try:
            texts = [decode(path.read_bytes(), path.name) for path in (diary, file)]
        except (OSError, NoteUnreadable) as problem:
            yield PairRefused(tr("{place}: cannot be read ({kind})", place=place, kind=type(problem).__name__))
            continue
        report = split(texts[1])[1]
        if texts[0].strip() and report.strip():
            yield _row("", day, texts[0], report, place)
        else:
            yield PairRefused(tr("{place}: is empty, or its diary is", place=place))


def _row(given: str, day: date, diary: str, report: str, place: str) -> ImportedPair:
    sha = hashlib.sha256(json.dumps([day.isoformat(), diary, report], ensure_ascii=False).encode()).hexdigest()
    return ImportedPair(f"import-{given or sha[:12]}", day.isoformat(), diary, report.strip(), place)


def _first(value: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((value[key] for key in keys if isinstance(value.get(key), str)), "")


def _day(text: str) -> date | None:
    match = DAY.search(text)
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None

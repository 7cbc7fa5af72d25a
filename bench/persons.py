"""Four simulated persons: each has one habit, and does with every draft what the habit asks for, nothing else.

So what they change is what nippo could have known after a few weeks; a line that is false stands where it stood, and
the figures say nothing about truth.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.config.report_form import ReportSettings
from daemon.drafting.compose import ReportLine, lay_out
from daemon.drafting.plain_style import to_plain
from daemon.drafting.prompt import BULLET, PLAN
from daemon.drafting.record import SentenceRecord
from daemon.drafting.sentences import Sentence, split
from daemon.learning.alignment import Likeness, align
from daemon.learning.report_pieces import Piece, cut

DEEDS, PLANS = "【本日の実施内容】", "【今後の予定】"
_LESSON = re.compile(r"授業|講義|講師|先生|[0-9０-９一二三四五六]限|ホームルーム|教わ|教えてもら")
_TAUGHT = re.compile(r"学びました|習いました|知りました|説明を聞きました")
_HOURS = re.compile(r"今日の勉強は全部で(\d)時間だった。")


@dataclass(frozen=True)
class Day:
    """A diary that the starter has never seen."""

    id: str
    diary: str


@dataclass(frozen=True)
class Person:
    """``diary``: what they write, given a day of the bench; ``edit``: what they hand in, given a draft and the diary.
    ``learns``: their habit can be learned, so their edits should become fewer."""

    name: str
    diary: Callable[[str], str]
    edit: Callable[[str, str, ReportSettings], str]
    learns: bool = True


def in_sections(draft: str, diary: str, form: ReportSettings) -> str:
    """である調 in two sections, deeds and plans."""
    pieces = _pieces(draft, form)
    deeds = [f"・{to_plain(piece.text.removeprefix(BULLET))}" for piece in pieces if not piece.plan]
    plans = [f"・{to_plain(piece.text.removeprefix(PLAN))}" for piece in pieces if piece.plan]
    if not deeds:
        return draft
    return "\n".join([DEEDS, *deeds, *(["", PLANS, *plans] if plans else [])])


def own_work(draft: str, diary: str, form: ReportSettings) -> str:
    """Leaves out what was taught and keeps only what was done alone, going by the line and by where the diary tells
    it: a lesson goes on to the end of its paragraph. A day of nothing but lessons stays as it is."""
    pieces = _pieces(draft, form)
    sentences = split(diary)
    lesson = lessons_of(sentences)
    texts = [one.text for one in sentences]
    places = align([piece.raw for piece in pieces], texts, Likeness(texts), {})
    kept = [
        piece
        for piece, place in zip(pieces, places, strict=True)
        if not _TAUGHT.search(piece.raw)
        and not _LESSON.search(piece.raw)
        and not (place.sentence is not None and lesson[place.sentence])
    ]
    return _plain(kept) if any(not piece.plan for piece in kept) else draft


def lessons_of(sentences: Sequence[Sentence | SentenceRecord]) -> list[bool]:
    """Which sentences tell of a lesson: the one that names it and those behind it in its paragraph."""
    found: list[bool] = []
    for at, one in enumerate(sentences):
        goes_on = at > 0 and found[-1] and sentences[at - 1].line == one.line
        found.append(goes_on or bool(_LESSON.search(one.text)))
    return found


def with_hours(draft: str, diary: str, form: ReportSettings) -> str:
    """Adds the hours that the diary tells of as a line of their own."""
    told = _HOURS.search(diary)
    pieces = _pieces(draft, form)
    if not told or not pieces:
        return draft
    line = f"{BULLET}学習時間は合計で{told[1]}時間でした。"
    others = [piece for piece in pieces if not re.search(rf"{told[1]}時間", piece.text)]
    return _plain([*others, Piece(line, line, 0)])


def as_it_is(draft: str, diary: str, form: ReportSettings) -> str:
    """Edits nothing."""
    return draft


def same(diary: str) -> str:
    return diary


def telling_hours(diary: str) -> str:
    """The diary with a last sentence about the day's hours, always the same ones for a diary."""
    hours = 1 + hashlib.sha256(diary.encode()).digest()[0] % 8
    return f"{diary.rstrip()}\n今日の勉強は全部で{hours}時間だった。"


PERSONS = (
    Person("de-aru", same, in_sections),
    Person("own-work", same, own_work),
    Person("hours", telling_hours, with_hours),
    Person("no-edits", same, as_it_is, learns=False),
)


def read_days(files: Sequence[Path]) -> list[Day]:
    """The diaries of JSONL files, mixed by their ids, so that no week has only the hard ones."""
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    days = [Day(row["id"], row["diary"]) for row in rows]
    return sorted(days, key=lambda day: hashlib.sha256(day.id.encode()).digest())


def _pieces(draft: str, form: ReportSettings) -> list[Piece]:
    return [piece for piece in cut(draft, form).pieces if piece.text]


def _plain(pieces: Sequence[Piece]) -> str:
    """Pieces in the form that nippo has when nobody asked for another."""
    lines = [ReportLine(piece.text, number, 1.0) for number, piece in enumerate(pieces)]
    return lay_out(lines, ReportSettings())

"""The evidence of a report as a note: each line beside the sentence of the diary that it was written from, a mark where
the writer doubts, and the lines that were left out. Pure.

It quotes the diary. So that a copy of it makes no tag, link, task or embedding in the vault a second time, every sign
that Markdown or Obsidian would read is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from daemon.config.report_form import ReportSettings
from daemon.drafting.ask_day import NOT_SURE
from daemon.drafting.evidence import Evidence, LeftOut, evidence_in, left_out
from daemon.drafting.record import DayRecord

_SIGNS = re.compile(r"[\\`*_#\[\]!~=%$<>^|{}]|(?<=:):|^[-+](?=\s)|(?<=^\d)[.)]")
ABOUT = (
    "日報の各行と、もとになった日記の文です。日記の文があるので、提出する日報には写さないでください。"
    "下書きが新しくなると、nippoが書き直します。"
)
ADVICE = "確かさが足りず、日報に入れなかった行です。日記と合っていれば、日報に書き足せます。"


def has_page(record: DayRecord) -> bool:
    """Whether there is anything to show of a draft: not of a day without study, nor of one that was written whole."""
    return any(line.kept or line.confidence > 0.0 for one in record.sentences for line in one.lines)


def evidence_page(day: date, link: str, record: DayRecord, body: str, report: ReportSettings) -> str:
    """Given the day, the link of its report, what its draft remembers, the draft's body and the person's form, return
    the note's text; "" where there is nothing to show."""
    if not has_page(record):
        return ""
    blocks = [f'---\nreport: "[[{link}]]"\n---\n# {day.isoformat()} 日報の根拠', ABOUT]
    told = enumerate(in_order(evidence_in(record, body, report)), start=1)
    blocks += [_told(place, behind, report.bullet) for place, behind in told]
    others = left_out(record, body, report)
    if others:
        blocks += ["## 入れなかった行", ADVICE, *(_not_told(one, report.bullet) for one in others)]
    return "\n\n".join(blocks) + "\n"


def in_order(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """The evidence by line, as lines are counted for a person (the first that tells something is 1): of a closing of
    two plans both sentences."""
    lines: dict[int, list[Evidence]] = {}
    for one in evidence:
        lines.setdefault(one.number, []).append(one)
    return list(lines.values())


def doubtful_lines(evidence: Sequence[Evidence]) -> str:
    """The lines that a person should hold against the diary, as one warning: how many, and which; "" without any."""
    places = [place for place, behind in enumerate(in_order(evidence), start=1) if any(one.doubts for one in behind)]
    which = "、".join(f"{place}番目" for place in places)
    return f"確かめてほしい行が{len(places)}行あります({which}の行)。日記と照らしてください。" if places else ""


def _told(place: int, behind: Sequence[Evidence], bullet: str) -> str:
    doubts = list(dict.fromkeys(doubt for one in behind for doubt in one.doubts))
    sure = f"確かさ {min(one.confidence for one in behind):.0%}"
    title = f"[!warning] {place}番目の行(確かめてください、{sure})" if doubts else f"[!quote] {place}番目の行({sure})"
    return _callout(title, behind[0].text.removeprefix(bullet), [one.sentence for one in behind], doubts)


def _not_told(one: LeftOut, bullet: str) -> str:
    doubts = [doubt for doubt in one.doubts if doubt != NOT_SURE]
    title = f"[!question] 確かさ {one.confidence:.0%}"
    return _callout(title, one.text.removeprefix(bullet), [one.sentence], doubts)


def _callout(title: str, line: str, sentences: Sequence[str], doubts: Sequence[str]) -> str:
    rows = [f"日報: {_plain(line)}", *(f"日記: {_plain(each)}" for each in dict.fromkeys(sentences))]
    return "\n".join([f"> {title}", *(f"> - {row}" for row in (*rows, *(f"⚠ {_plain(each)}" for each in doubts)))])


def _plain(text: str) -> str:
    """A text on one line, shown letter by letter."""
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))

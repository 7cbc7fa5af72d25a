"""A report in whatever form a person keeps it, cut into what it tells, each piece in the writer's own form. Pure but
for Sudachi's dictionary.

Lists and numbered lists, paragraphs, sections of the school's own, である form and a closing within a paragraph all
give the same pieces: "* …ました。" for a deed, "今後は、…たいと考えています。" for a plan."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.checks.form import Line, read_lines
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings
from daemon.drafting.polite_style import is_polite, to_plan, to_polite
from daemon.drafting.prompt import BULLET, PLAN
from daemon.drafting.repair import PLACEHOLDER
from daemon.drafting.sentences import letters, split

_MARK = re.compile(
    r"^\s*(?:[*\-+・•●◦○‣▪]|[0-9０-９]{1,2}(?:[.)．）](?![0-9０-９])|、)|[①-⑳]|[(（][0-9０-９]{1,2}[)）])"
    r"\s*(?:\[[ xX]\]\s*)?"
)
_LINK = re.compile(r"^(?:また|さらに|そして|まず(?:は)?|次に|つぎに|続いて|最後に|加えて|それから|その後|なお)、\s*")
_LEAD = re.compile(
    r"^(?:本日|今日)?(?:は|の)?、?[^。]{0,12}(?:以下|下記|次)の[^。]{0,30}$|^(?:本日|今日)の[^。]{0,12}$"
)
_NO_STUDY = re.compile(
    r"(?:学習|勉強|活動|授業|課題|作業|演習)[^。]{0,12}"
    r"(?:ありませんでした|なかった|ありません|ない|していません|しませんでした|行いませんでした|できませんでした|なし|特になし)$"
)
PLANS = re.compile(r"今後|予定|明日|次回|翌日|来週|目標|これから|残り|残課題|持ち越し|やること|TODO", re.IGNORECASE)
ASIDE = re.compile(r"感想|所感|反省|気[づ付]き|コメント|ひとこと|一言|振り?返り|体調|備考|連絡|質問|相談|出欠|出席")
_AHEAD = re.compile(r"^(?:今後|明日|あした|次回|来週|翌日|これから|週末|次は|[0-9０-９]+日(?:に|まで))")
_WISH = re.compile(r"(?:たい(?:です|と(?:思|考え).{1,6})?|(?:予定|つもり)(?:です|である|だ)?|うと(?:思|考え).{1,5})$")
_PAST = re.compile(r"(?:た|だ|でした|ました|ませんでした)$")


@dataclass(frozen=True)
class Piece:
    """One thing that a report tells. ``raw``: as the person wrote it, without its mark; ``text``: in the writer's own
    form, "" where it cannot be told so; ``number``: its line in the body, from 1; ``aside``: it stands in a section
    that is not about what was done (感想, 連絡)."""

    raw: str
    text: str
    number: int
    aside: bool = False

    @property
    def plan(self) -> bool:
        return self.text.startswith(PLAN)

    @property
    def keys(self) -> frozenset[str]:
        """What the piece is known by, marks, width and style apart."""
        return frozenset(key for key in (core(self.raw), core(self.text)) if key)


@dataclass(frozen=True)
class Cut:
    """A report's pieces in order. ``no_study``: it says that nothing was studied, and nothing else. ``unwritten``: it
    is the placeholder of a draft that failed, or holds nothing."""

    pieces: tuple[Piece, ...]
    no_study: bool = False
    unwritten: bool = False


def core(line: str) -> str:
    """The letters of a line without its mark and without the beginning of a plan."""
    return letters(_MARK.sub("", line.strip()).removeprefix(PLAN))


def cut(body: str, report: ReportSettings) -> Cut:
    """Given a report's body and the person's form, return its pieces."""
    text = unicodedata.normalize("NFC", body.replace("\r\n", "\n").replace("\r", "\n"))
    found = tuple(_pieces(text, report))
    if not found or letters(text) == letters(PLACEHOLDER):
        return Cut((), no_study=letters(text) == letters(report.no_study) != "", unwritten=True)
    words = [normalise(piece.raw).rstrip("。") for piece in found if not piece.aside]
    if words and all(letters(one) == letters(report.no_study) or _NO_STUDY.search(one) for one in words):
        return Cut((), no_study=True)
    return Cut(found)


def _pieces(text: str, report: ReportSettings) -> Iterator[Piece]:
    lines = read_lines(normalise(text), report)
    if any(line.section is not None for line in lines):
        yield from _pieces_of_sections(text, lines, report)
        return
    kinds = {line.number: line.kind for line in lines}
    plans = aside = first = False
    waiting = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        kind = kinds.get(number, "")
        if kind == "text" and not _MARK.match(raw):
            waiting += raw.strip()
            if kinds.get(number + 1) == "text" and not waiting.endswith(("。", "！", "？", "!", "?")):
                continue  # a paragraph that was wrapped by hand
            raw, waiting = waiting, ""
        if kind in ("", "lead", "fixed"):
            continue
        if kind == "heading" and not is_polite(raw):
            plans, aside, first = bool(PLANS.search(raw)), bool(ASIDE.search(raw)), True
            continue
        before = False
        for sentence in split(_MARK.sub("", raw.strip())):
            if not first and _LEAD.match(normalise(sentence.text).rstrip("。:")):
                continue
            first = True
            piece = _piece(sentence.text, number, plans or before, aside, report)
            before = piece.plan
            yield piece


def _pieces_of_sections(text: str, lines: Sequence[Line], report: ReportSettings) -> Iterator[Piece]:
    """As ``_pieces``, of a form whose sections the settings name: they say where plans stand and where a person wrote
    for themselves; what the form itself says is no piece."""
    raw = text.split("\n")
    for line in lines:
        unnamed = line.kind == "text" and line.section is None and _LEAD.match(line.text.rstrip("。:"))
        if line.kind not in ("bullet", "closing", "text", "own", "no-study") or unnamed:
            continue
        before = line.kind == "closing"
        for sentence in split(_MARK.sub("", line.as_typed(raw[line.number - 1]))):
            piece = _piece(sentence.text, line.number, before, line.kind == "own", report)
            before = before or piece.plan
            yield piece


def _piece(sentence: str, number: int, planned: bool, aside: bool, report: ReportSettings) -> Piece:
    """One sentence. ``planned``: what stands around it tells plans, so that words without a tense tell one too."""
    raw = sentence.strip()
    body = _LINK.sub("", raw).rstrip("。 ")
    closing = report.closing.strip()
    opened = next((one for one in (closing, PLAN) if one and body.startswith(one)), "")
    bare = body.removeprefix(opened)
    ahead = not _PAST.search(bare) and bool(_AHEAD.match(bare))
    if opened or _WISH.search(bare) or ahead or (planned and not _PAST.search(bare)):
        line = PLAN + bare + "。" if opened and bare.endswith("たいと考えています") else to_plan(bare)
    else:
        line = BULLET + to_polite(bare + "。")
    return Piece(raw, line if is_polite(line) else "", number, aside)

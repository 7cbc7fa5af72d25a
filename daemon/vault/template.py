"""Which lines of a diary are a person's own, and which are what a note is made with: its template and its scaffolding.

Pure. Scaffolding is what says nothing by itself: headings, titles of callouts, rules, empty bullets and boxes, labels
without a value, rows of a table that are not filled in, links to other days, embeds, tags, dates, queries and commands.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from daemon.vault.essence import shown, without_programs
from daemon.vault.frontmatter import split

MOST = 0.75
"""Share of the notes that hold a line which is taken for a part of their template."""
FEWEST = 6
"""Notes that are looked at before any line is taken for common."""
LONGEST = 200
"""Characters of a line that is held against the open places of a template."""
MOST_PLACES = 4
"""Open places of a line, those that follow one another counted once: with more the comparison could take long."""

_DAYS = (
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|am|pm|week"
)
_DATE = (
    r"[\d\s\-/.:,()|年月日時分秒週曜火水木金土第~]|午前|午後|(?<=\d)(?:st|nd|rd|th)|w(?=\d)"
    rf"|(?<![a-z])(?:{_DAYS})(?![a-z])"
)
_TURN = (
    r"(?<![a-z])(?:prev(?:ious)?|next|yesterday|tomorrow|today|back|home|index|daily|weekly|monthly|month|year)(?![a-z])"
    r"|前日|翌日|昨日|明日|今日|前の日|次の日|前へ|次へ|前|次|戻る|目次|ホーム|先週|今週|来週|週次|月次|週報|月報"
)
_DATED = re.compile(
    r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月\d{1,2}日|\d{8}|\d{1,2}:\d{2}(?::\d{2})?|[月火水木金土日]曜日?"
    r"|\((?:[月火水木金土日]|mon|tue|wed|thu|fri|sat|sun)\)"
)
_DATES = re.compile(rf"(?:{_DATE}|[\W_])*+")
_NAVIGATION = re.compile(rf"(?:{_DATE}|{_TURN}|[\W_])*+")
_LINKED = re.compile(r"\[\[|\]\(")
_QUOTE = re.compile(r"^(?:\s*>)+\s?")
_QUOTATION = re.compile(r"^>[ \t]*\[!quote\][^\n]*(?:\n>[^\n]*)*", re.MULTILINE | re.IGNORECASE)
_CALLOUT = re.compile(r"\[![^\]]*\][+-]?.*")
_BULLET = re.compile(r"(?:[-*+]|\d+[.)])(?:\s+|$)(?:\[.\](?:\s+|$))?")
_SCAFFOLD = re.compile(
    r"#{1,6}(?:\s.*)?|[^:]{1,30}::?[*_\s]*|\[[^:\]]{1,30}::\s*\]|(?:#[^\s#]+\s*)+|\^[a-z0-9-]+"
    r"|(?:</?[a-z][^>]*>|&nbsp;|\s)+"
)
_TICKED = re.compile(r"(?:[-*+]|\d+[.)]) \[[^ \]]\]")
_PLACE = re.compile(r"\{\{[^}\n]*\}\}|<%(?:(?!<%|%>).)*%>")
_TYPED = re.compile(r"cursor|prompt|suggester|clipboard|selection")
_DATED_COMMAND = re.compile(r"date|title|moment|file\.|now")
_OPEN = re.compile("[\ue000-\ue002]")
"""What stands for an open place of a template: of a date, of what a person is asked for, of anything."""
_DATES_IN_A_ROW = re.compile(rf"\ue000(?:(?:{_DATE})*+\ue000)+")
_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_PERIOD = re.compile(r"[\d\s:~\-.,/()限第時月火水木金土日曜午前後ampx☐□✓_*+\[\]]*")
_SUBJECT = re.compile(
    r"科目|課目|授業|講義|教科|教室|教員|担当|先生|場所|時限|subject|course|class|lecture|room|teacher|period"
)


@dataclass(frozen=True)
class Template:
    """Lines that a note is made with: as they are compared, and as patterns where a template leaves something open.
    ``quotes``: a command fetches a quotation of the day, which stands in a callout of its own."""

    lines: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()
    quotes: bool = False

    def holds(self, line: str) -> bool:
        """Given a line as ``comparable`` gives it, whether it is the template's."""
        return line in self.lines or (
            len(line) <= LONGEST and any(pattern.fullmatch(line) for pattern in self.patterns)
        )


def read_template(text: str) -> Template:
    """A template of Obsidian's core plugin, of Periodic Notes or of Templater: ``{{date}}`` and ``<% … %>`` may become
    a date or, of commands beside other words of their line, anything; what a person is asked to type is not its own."""
    body = re.sub(r"<%\*(?:(?!<%|%>).)*%>", "", split(text, dots=True)[1], flags=re.DOTALL)
    lines = {comparable(line) for line in body.split("\n")} - {""}  # also as they are, where nobody has run it
    opened = {comparable(_PLACE.sub(_opened, line)) for line in body.split("\n") if _PLACE.search(line)}
    patterns = (_pattern(line) for line in sorted(opened))
    return Template(frozenset(lines), tuple(pattern for pattern in patterns if pattern), "daily_quote" in text)


def own_lines(prepared: str, templates: Iterable[Template] = ()) -> list[str]:
    """Given a prepared diary, return the lines that are its person's own, as they are compared."""
    known = list(templates)
    body = without_programs(split(prepared.lstrip("\ufeff\n"), dots=True)[1])
    body = _QUOTATION.sub("", body) if any(one.quotes for one in known) else body
    lines = ["" if _is_navigation(line) else comparable(line) for line in body.split("\n")]
    return [
        line
        for line in _without_empty_rows(lines)
        if not _is_scaffold(line) and not any(one.holds(line) for one in known)
    ]


def common_lines(notes: Iterable[list[str]]) -> Template:
    """Given the own lines of many notes, return those that most of them hold, but for what a person has ticked: a habit
    that is kept every day is a deed of every day."""
    counted = [{line for line in lines if not _TICKED.match(line)} for lines in notes if lines]
    found = Counter(line for lines in counted for line in lines)
    enough = len(counted) >= FEWEST
    return Template(frozenset(line for line, times in found.items() if enough and times >= MOST * len(counted)))


def comparable(line: str) -> str:
    """A line as it is compared: width, case and spaces folded, links as they are shown, dates and times as one sign."""
    text = unicodedata.normalize("NFKC", _QUOTE.sub("", shown(line))).lower()
    return re.sub(r"\s+", " ", _DATED.sub("0", text)).strip()


def _is_navigation(line: str) -> bool:
    """Whether a line of a note is links to other days alone."""
    return bool(_LINKED.search(line) and _NAVIGATION.fullmatch(comparable(line)))


def _is_scaffold(line: str) -> bool:
    rest = _CALLOUT.sub("", line) if line.startswith("[!") else line
    while (bullet := _BULLET.match(rest)) and bullet.end():
        rest = rest[bullet.end() :]
    return bool(_SCAFFOLD.fullmatch(rest) or _DATES.fullmatch(rest))


def _opened(place: re.Match[str]) -> str:
    command = place.group()
    if _TYPED.search(command):
        return "\ue001"
    return "\ue000" if command.startswith("{{") or _DATED_COMMAND.search(command) else "\ue002"


def _pattern(line: str) -> re.Pattern[str] | None:
    """The pattern of a template's line with open places; None where nothing but a command that may give any text stands
    on it: such a line would be taken for whatever a person wrote."""
    line = _DATES_IN_A_ROW.sub("\ue000", line)
    letters = sum(character.isalpha() for character in _OPEN.sub("", line))
    if ("\ue002" in line and letters < 2) or len(_OPEN.findall(line)) > MOST_PLACES:
        return None
    forms = {"\ue000": rf"(?:{_DATE}){{0,40}}", "\ue001": "", "\ue002": ".*"}
    parts = re.split("([\ue000-\ue002])", line)
    return re.compile(r"\s*".join(forms.get(part, re.escape(part.strip())) for part in parts))


def _without_empty_rows(lines: list[str]) -> Iterator[str]:
    """The lines without the heads of tables and without rows that are not filled in: nothing stands in their cells, or
    only times and what the table's head calls a subject, a room or a teacher."""
    labels: list[bool] = []
    inside = False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if _is_rule(after) and "|" in line and not inside:
            labels, inside = [bool(_SUBJECT.search(cell)) for cell in _cells(line)], True
        elif not inside or "|" not in line:
            inside = False
            if line:
                yield line
        elif not _is_rule(line):
            cells = _cells(line)
            told = [not (_PERIOD.fullmatch(cell) or label) for cell, label in zip(cells, labels, strict=False)]
            # A table with no other column is no form that somebody fills in, but a list.
            if any(told) or any(cells[len(labels) :]) or (all(labels) and any(cells)):
                yield line


def _is_rule(line: str) -> bool:
    return "|" in line and "-" in line and bool(_RULE.fullmatch(line))


def _cells(row: str) -> list[str]:
    return [re.sub(r"<br ?/?>", "", cell).strip() for cell in row.removeprefix("|").removesuffix("|").split("|")]

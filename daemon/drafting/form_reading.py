"""A school's form, read off one report that the school accepts. Pure but for Sudachi's dictionary.

What a day told is dropped; what stays is what the form says itself. A guess is shown to the person, never taken
silently: a part whose title names none of the known things is left for the person."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from daemon.checks.form_learning import style_of
from daemon.config.report_form import LineKind, ReportSection, ReportSettings
from daemon.errors import UsageError
from daemon.vault import frontmatter
from daemon.words import tr

LONGEST_HEADER = 12
_PLAN = re.compile(r"予定|今後|明日|次回|翌日|来週|目標|次にや|これから|TODO", re.IGNORECASE)
_OWN = re.compile(
    r"感想|所感|反省|気[づ付]き|振り?返り|コメント|ひとこと|一言|備考|連絡|質問|相談|体調|時間|時刻|欠席|出欠|遅刻|天気|気分"
)
_KINDS: tuple[tuple[LineKind, re.Pattern[str]], ...] = (
    ("lesson", re.compile(r"学習|授業|講義|実習|演習|内容|やったこと|実施|活動|業務|学んだ|学び|取り?組|作業")),
    ("assignment", re.compile(r"課題|宿題|制作|提出物|成果物")),
    ("certification", re.compile(r"資格|検定|試験")),
    ("job", re.compile(r"就職|就活|キャリア|企業")),
)
_HEADER = re.compile(
    r"氏\s*名|名\s*前|学籍番号|出席番号|番号|クラス|学科|学年|所属|担任|提出日|日\s*付|実施日|作成日|作成者|報告者|記入者|年月日"
    r"|日報|週報|報告書?$|宛|先生|御中"
)
_END = re.compile(r"^(?:以上|よろしく|宜しく)")
_NOTHING = re.compile(r"^(?:特に(?:なし|無し|ありません|ございません)|なし|無し|ありません)。?$")
_CLOSING = re.compile(r"^(?:今後|明日|次回|来週|これから)は、")
_MARK = re.compile(
    r"^[ \t　]*(?:[*\-+・•●◦○‣▪→]|[0-9０-９]{1,2}[.．)）]|[（(][0-9０-９]{1,2}[)）]|[①-⑳])[ \t　]*(?=\S)"
)
_TITLES = (
    re.compile(r"^\*\*(?P<name>[^*。]{1,20})\*\*[:：]?$"),
    re.compile(r"^#{1,6}[ \t]+(?P<name>\S.{0,30})$"),
    re.compile(r"^[【\[［〔<＜](?P<name>[^】\]］〕>＞。]{1,30})[】\]］〕>＞]$"),
    re.compile(r"^[■◆●▼〇○□◇▶★☆・][ \t　]?(?P<name>[^。]{1,20})$"),
    re.compile(
        r"^(?:[0-9０-９]{1,2}[.．)）、]|[（(][0-9０-９][)）]|[①-⑳]|[一二三四五六七八九]、)\s*(?P<name>[^。]{1,20})$"
    ),
    re.compile(r"^(?P<name>[^。:：、]{2,16})[:：]?$"),
)
_INLINE = re.compile(r"^(?P<title>(?P<name>[^。:：]{1,16})[:：][ \t　]*)(?P<rest>.*)$")
_REST = r"(?P<a>[ 　]?[年/.\-][ 　]?)(?P<month>\d{1,2})(?P<b>[ 　]?[月/.\-][ 　]?)(?P<day>\d{1,2})"
_DATES = (
    re.compile(r"(?P<era>)(?P<year>20\d\d)" + _REST),
    re.compile(r"(?P<era>令和[ 　]?|R)(?P<year>\d{1,2}|元)" + _REST),
    re.compile(r"(?P<era>)(?P<year>)(?P<a>)(?P<month>\d{1,2})(?P<b>[ 　]?[月/][ 　]?)(?P<day>\d{1,2})"),
)
_WEEKDAY = re.compile(r"(?<=[(（])[月火水木金土日](?=[)）])|[月火水木金土日](?=曜)")
_CHANGING = re.compile(r"(?P<label>(?:天候|天気|気温|体温|体調)[ 　:：]*)[^ 　:：]+$")
"""A header's words that are another every day; a person fills them in."""


@dataclass
class _Part:
    """A part as it was found: its title line, the name in it, and the lines under it."""

    title: str
    name: str
    inline: bool = False
    lines: list[str] = field(default_factory=list)


def read_form(text: str, base: ReportSettings) -> ReportSettings:
    """Given a report that the school accepts and the settings so far, return settings with its form: header, lead,
    marks, style, closing and sections in order. Raises ``UsageError`` where nothing tells of what was learned."""
    body = unicodedata.normalize("NFC", frontmatter.split(text.replace("\r\n", "\n").replace("\r", "\n"))[1])
    lines = [line.rstrip() for line in body.strip("\n").split("\n")]
    head, parts = _parts(lines)
    ending = _ending(parts)
    header, lead = _head(head)
    if len(header) > LONGEST_HEADER:
        raise UsageError(
            tr("{count} lines stand in front of the first part, so this is no report.", count=len(header)),
            tr("Name one report, as you hand it in."),
        )
    told = [line for part in parts if not _left(part) for line in part.lines]
    marks = Counter(mark for line in told if (mark := _mark(line)))
    bullet = marks.most_common(1)[0][0] if marks else base.bullet
    closing = next((found[0] for line in told if (found := _CLOSING.match(line))), base.closing)
    sections = _sections(parts, bullet, closing)
    if ending:
        sections = [*sections, ReportSection(text="\n".join(ending))]
    if not any(one.title or one.text or one.layout != "lines" for one in sections):
        sections = []  # lead, marks and closing say it all
    titles = tuple(part.title for part in parts[1:] if part.title)
    gaps = [at for at, line in enumerate(lines) if at and line.startswith(titles)]
    values = base.model_dump() | {
        "header": tuple(header),
        "lead": lead,
        "bullet": bullet,
        "closing": closing,
        "style": style_of([f"* {_bare(line)}" for line in told if not _NOTHING.match(_bare(line))]),
        "sections": [section.model_dump() for section in sections],
        "section_gap": 2 * sum(not lines[at - 1] for at in gaps) >= len(gaps),
    }
    return ReportSettings(**values)


def _parts(lines: Sequence[str]) -> tuple[list[str], list[_Part]]:
    """The lines in front of the first part, and the parts; without a title all marked lines and what follows are one
    part without a name."""
    head: list[str] = []
    parts: list[_Part] = []
    for number, line in enumerate(lines):
        part = _title(line, lines[number + 1 :], bool(parts))
        if part is not None:
            parts.append(part)
        elif parts:
            parts[-1].lines += [line] if line else []
        elif _MARK.match(line) and not _HEADER.search(line):
            parts.append(_Part("", "", lines=[line]))
        else:
            head.append(line)
    while not parts and head and not head[-1]:
        head.pop()
    if not parts and head and re.search(r"(?:まし|し|っ|ん|い)た。", head[-1]) and not _HEADER.search(head[-1]):
        parts.append(_Part("", "", lines=[head.pop()]))  # nothing but running text
    if not parts:
        raise UsageError(
            tr("No part of this text tells what was learned."),
            tr("Name a whole report, with its titles or its list, as you hand it in."),
        )
    return head, parts


def _title(line: str, following: Sequence[str], inside: bool) -> _Part | None:
    """The part that a line opens, None for a line within one."""
    for pattern in _TITLES:
        found = pattern.match(line)
        if found and (_known(found["name"]) or (inside and pattern in _TITLES[:3])) and not _date(line):
            below = next((one for one in following if one), "")
            bare = pattern is _TITLES[-1] and not line.endswith((":", "："))
            if bare and not (_MARK.match(below) or below.endswith("。")):
                continue
            if pattern is _TITLES[-1] and not bare and (not following or not following[0] or _INLINE.match(below)):
                return _Part(line, found["name"], inline=True)
            return _Part(line, found["name"])
    found = _INLINE.match(line)
    if found and found["rest"] and _known(found["name"]) and not _MARK.match(line) and not _date(line):
        return _Part(found["title"], found["name"], True, [found["rest"]])
    return None


def _known(name: str) -> bool:
    """Whether a title names a part of a report; what names a person or a day is the header's."""
    if _HEADER.search(name) or re.search(r"(?:まし|でし)た$|です$|ます$", name):
        return False
    return bool(_PLAN.search(name) or _OWN.search(name) or any(pattern.search(name) for _, pattern in _KINDS))


def _left(part: _Part) -> bool:
    """Whether a part is left for the person, by its name."""
    return bool(part.name) and not _PLAN.search(part.name) and (bool(_OWN.search(part.name)) or not _known(part.name))


def _ending(parts: list[_Part]) -> list[str]:
    """The last words of the form, such as 以上; taken off the last part."""
    last = parts[-1].lines
    at = next((number for number, line in enumerate(last) if _END.match(line)), len(last))
    ending, parts[-1].lines = last[at:], last[:at]
    return ending


def _head(lines: Sequence[str]) -> tuple[list[str], str]:
    """Header lines with the date's tokens, and the lead line: the last one that is a sentence or opens a list."""
    kept = list(lines)
    while kept and not kept[-1]:
        kept.pop()
    lead = ""
    if kept and kept[-1].endswith(("。", ":", "：")) and not _date(kept[-1]):
        lead = kept.pop()
    while kept and not kept[-1]:
        kept.pop()
    return [_with_tokens(line) for line in kept], lead


def _date(line: str) -> bool:
    return any(pattern.search(line) for pattern in _DATES)


def _with_tokens(line: str) -> str:
    """A header line with tokens in place of its date and weekday, and of what a person fills in."""
    line = _CHANGING.sub(lambda found: found["label"] + "{_}", line)
    for pattern in _DATES:
        found = pattern.search(line)
        if found is None:
            continue
        year = "{R}" if found["era"] else "{YYYY}" if found["year"] else ""
        zero = any(found[part].startswith("0") for part in ("month", "day"))
        two = zero or bool(found["a"] and "年" not in found["a"])
        month, day = ("{MM}", "{DD}") if two else ("{M}", "{D}")
        parts = (line[: found.start()], found["era"], year, found["a"], month, found["b"], day, line[found.end() :])
        return _WEEKDAY.sub("{ddd}", "".join(parts))
    return line


def _sections(parts: Sequence[_Part], bullet: str, closing: str) -> list[ReportSection]:
    taken: set[str] = set()
    found: list[ReportSection] = []
    for part in parts:
        kinds = [kind for kind in _kinds(part) if kind not in taken]
        taken.update(kinds)
        found.append(_section(part, tuple(kinds), bullet, closing))
        if not part.name and any(_CLOSING.match(line) for line in part.lines):
            taken.add("plan")
            found.append(ReportSection(take=("plan",)))
    home = next((at for at, one in enumerate(found) if "lesson" in one.take), None)
    if home is None:
        home = next((at for at, one in enumerate(found) if one.take and one.take != ("plan",)), None)
    if home is None:
        raise UsageError(
            tr("No part of this report is for what was learned."),
            tr("Name one with a title such as 学習内容, or with a list."),
        )
    rest = tuple(kind for kind in found[home].take if kind != "rest")
    found[home] = found[home].model_copy(update={"take": (*rest, "rest")})
    return found


def _kinds(part: _Part) -> list[LineKind]:
    """What a part takes, by its title."""
    if not part.name:
        return ["rest"]
    if _PLAN.search(part.name):
        return ["plan"]
    return [] if _left(part) else [kind for kind, pattern in _KINDS if pattern.search(part.name)]


def _section(part: _Part, take: tuple[LineKind, ...], bullet: str, closing: str) -> ReportSection:
    nothing = part.lines[0] if len(part.lines) == 1 and _NOTHING.match(_bare(part.lines[0])) else ""
    if not take:
        layout = "inline" if part.inline else "lines"
        return ReportSection.model_validate({"title": part.title, "text": nothing, "layout": layout})
    lines = [] if nothing else [line for line in part.lines if not _CLOSING.match(line)]
    marks = {_mark(line) for line in lines}
    several = any(len(re.findall("。", line)) > 1 for line in lines)
    layout = "inline" if part.inline else "paragraph" if several and marks == {""} else "lines"
    own = next(iter(marks)) if len(marks) == 1 and layout == "lines" and marks != {bullet} else None
    return ReportSection.model_validate(
        {"title": part.title, "take": take, "empty": nothing, "bullet": own, "layout": layout}
    )


def _mark(line: str) -> str:
    """The mark of a line, a number as the first one; "" without."""
    found = _MARK.match(line)
    if found is None:
        return ""
    mark = re.sub(r"[0-9]{1,2}", "1", found[0])
    return re.sub(r"[①-⑳]", "①", re.sub(r"[０-９]{1,2}", "１", mark))


def _bare(line: str) -> str:
    return _MARK.sub("", line)

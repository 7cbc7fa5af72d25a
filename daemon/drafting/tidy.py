"""A model's raw answer as a person would paste it. Pure."""

from __future__ import annotations

import re
import unicodedata

from daemon.checks.form import BULLET
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.M)
_PREAMBLE = re.compile(
    r"^(?:以下|こちら|はい|承知)[^\n]{0,60}(?:日報|です|ました)[^\n]{0,20}[。:：]?$"
    r"|^(?:#{1,3} ?)?(?:【日報】|日報)[:：]?$"
)
_SPECIAL = re.compile(r"<\|[^|\n]{1,30}\|>|</?s>|【日記(?:ここまで)?】")


def tidy(text: str, report: ReportSettings, cut: bool = False) -> str:
    """Given a model's raw answer, return it as a person would paste it.

    NFC, no code fences, no chat tokens, one kind of bullet and lead line as configured, no repeated or looping lines,
    one blank line at most. With ``cut`` (the token limit ended it) an unfinished last line goes, unless it is alone.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\x00", "")
    text = _SPECIAL.sub("", _FENCE.sub("", text))
    lead = normalise(report.lead).strip()
    mark = normalise(report.bullet).rstrip()
    lines: list[str] = []
    seen: set[str] = set()
    for raw in text.split("\n"):
        line = _unloop(raw.rstrip())
        plain = normalise(line).strip()
        if not plain:
            lines.append("")
            continue
        if lead and _lead_key(plain) == _lead_key(lead):
            line = report.lead
        elif not any(lines) and _PREAMBLE.match(plain):
            continue
        elif mark and plain.startswith(mark):
            line = report.bullet + line.lstrip()[len(report.bullet.rstrip()) :].lstrip()
        elif bullet := BULLET.match(line):
            line = report.bullet + line[bullet.end() :]
        key = normalise(line).strip()
        if key in seen:
            continue
        seen.add(key)
        lines.append(line)
    if cut:
        filled = [index for index, line in enumerate(lines) if line.strip()]
        if len(filled) > 1 and not normalise(lines[filled[-1]]).rstrip().endswith(("。", ":", "」", ")")):
            del lines[filled[-1] :]
    return squeeze("\n".join(lines))


def _lead_key(text: str) -> str:
    return re.sub(r"[\s*#:、。]", "", text)


def _unloop(line: str) -> str:
    """Cut a line that repeats one piece (8 characters and more) three times in a row; linear in the line's length."""
    if len(line) < 60:
        return line
    pieces = re.split(r"(?<=[、。])", line)
    for index in range(len(pieces) - 2):
        if len(pieces[index]) >= 4 and pieces[index] == pieces[index + 1] == pieces[index + 2]:
            return "".join(pieces[: index + 1])
    return line


def squeeze(text: str) -> str:
    """The text with one blank line at most in a row, none at its ends."""
    return re.sub(r"\n{3,}", "\n\n", text).strip()

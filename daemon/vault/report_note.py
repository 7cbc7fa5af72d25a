"""The report note as text: rendered for the vault, read back however a person left it. Pure.

Own keys are found line by line, so that a frontmatter that is no valid YAML any more still gives its checkboxes, and
the line that a box is read from is the line that setting it changes (see ``daemon.vault.frontmatter``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime

from daemon.vault import frontmatter

OWN_KEYS = ("date", "diary", "accepted", "redo", "status", "model", "generated", "warnings")
TRUE_WORDS = {"true", "yes", "on", "y", "1", "x", "✓", "✔", "☑", "はい"}
PLAIN = re.compile(r"[A-Za-z][\w.+/@-]*")
YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


@dataclass(frozen=True)
class ReportNote:
    """What stands in a report note. ``diary`` is the link's text; ``status`` is "draft" or "needs-review"; ``kept`` are
    the frontmatter lines that a person added to the note before (see ``other_lines``)."""

    day: date
    diary: str
    body: str
    status: str
    model: str
    generated: datetime
    warnings: tuple[str, ...] = ()
    accepted: bool = False
    redo: bool = False
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadReport:
    """A report note as found. Values of missing or unreadable keys are "" or False; ``body`` has LF line ends and no
    blank lines around it; ``whole`` says that the frontmatter was found."""

    whole: bool
    body: str
    date: str
    diary: str
    accepted: bool
    redo: bool
    status: str
    model: str
    generated: str
    warnings: tuple[str, ...]


def render(note: ReportNote) -> str:
    """Given a note, return its text: frontmatter with our keys in their order, then nothing but the report."""
    warnings = (
        ["warnings: []"] if not note.warnings else ["warnings:", *(f"  - {quoted(text)}" for text in note.warnings)]
    )
    lines = [
        "---",
        f"date: {note.day.isoformat()}",
        f"diary: {quoted(f'[[{note.diary}]]')}",
        f"accepted: {str(note.accepted).lower()}",
        f"redo: {str(note.redo).lower()}",
        f"status: {note.status}",
        f"model: {_scalar(note.model)}",
        f"generated: {note.generated.isoformat(timespec='seconds')}",
        *warnings,
        *note.kept,
        "---",
        note.body.strip(),
    ]
    return "\n".join(lines) + "\n"


def read(data: bytes) -> ReadReport:
    """Given the bytes of a report note, return what stands in it. Never raises: unreadable bytes become U+FFFD."""
    span = frontmatter.find(data)
    values = {name: data[start:end] for name, start, end in _values(data, *span)} if span else {}
    body = data[span[2] :] if span else data.removeprefix(b"\xef\xbb\xbf")
    texts = {name: _plain(raw) for name, raw in values.items()}
    link = texts.get("diary", "")
    return ReadReport(
        whole=span is not None,
        body=_lines(body).strip(),
        date=texts.get("date", ""),
        diary=link.removeprefix("[[").removesuffix("]]").split("|")[0].strip(),
        accepted=texts.get("accepted", "").casefold() in TRUE_WORDS,
        redo=texts.get("redo", "").casefold() in TRUE_WORDS,
        status=texts.get("status", ""),
        model=texts.get("model", ""),
        generated=texts.get("generated", ""),
        warnings=_warnings(data, span) if span else (),
    )


def other_lines(data: bytes) -> tuple[str, ...]:
    """Given a note's bytes, return the frontmatter lines that are not of our own keys: a person's tags, aliases and
    comments, which a new draft keeps."""
    span = frontmatter.find(data)
    if span is None:
        return ()
    kept, own = [], False
    for line in _lines(data[span[0] : span[1]]).removesuffix("\n").split("\n"):
        key = re.match(r"""(["']?)([^\s"':#-][^"':#]*?)\1[ \t]*:(?:\s|$)""", line)
        if key:
            own = key[2] in OWN_KEYS
        elif line.startswith("#"):
            own = False
        if not own and line.strip():
            kept.append(line)
    return tuple(kept)


def set_key(data: bytes, key: str, value: str) -> bytes:
    """Given a note's bytes, return them with one of our own top-level keys set and every other byte kept.

    A comment behind the value and the line end stay. Raises ``KeyError`` when the note has no frontmatter or no such
    key, ``ValueError`` for a key that is not ours.
    """
    if key not in OWN_KEYS:
        raise ValueError(key)
    span = frontmatter.find(data)
    for name, start, end in _values(data, *span) if span else ():
        if name == key:
            space = b" " if data[start - 1 : start] == b":" else b""
            return data[:start] + space + value.encode() + data[end:]
    raise KeyError(key)


def quoted(text: str) -> str:
    """A YAML double-quoted scalar on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x85", "\\N").replace("\u2028", "\\L").replace("\u2029", "\\P")


def _scalar(text: str) -> str:
    return text if PLAIN.fullmatch(text) and text.lower() not in YAML_WORDS else quoted(text)


def _values(data: bytes, begin: int, end: int, _body: int) -> list[tuple[str, int, int]]:
    """Our keys with the span of their value on the key's own line, comment and trailing blanks excluded; the first of
    a key that stands twice."""
    found: dict[str, tuple[str, int, int]] = {}
    at = begin
    while at < end:
        line = frontmatter.LINE.match(data, at)
        if line is None or line.end() == at:
            break
        match = re.match(rb"([\"']?)(\w+)\1[ \t]*:(?:[ \t]+|(?=[\r\n]|$))", data[at : line.end()])
        name = match[2].decode("ascii", "replace") if match else ""
        if match and name in OWN_KEYS:
            start = at + match.end()
            value = data[start : line.end()].rstrip(b"\r\n")
            found.setdefault(name, (name, start, start + len(_without_comment(value).rstrip())))
        at = line.end()
    return list(found.values())


def _without_comment(value: bytes) -> bytes:
    if value[:1] in (b'"', b"'"):
        closing = re.match(rb'"(?:[^"\\]|\\.)*"' if value[:1] == b'"' else rb"'(?:[^']|'')*'", value)
        if closing:
            return closing[0]
    return re.split(rb"(?:^|[ \t])#", value, maxsplit=1)[0]


def _plain(raw: bytes) -> str:
    """A scalar's text without its quotes."""
    text = raw.decode("utf-8", "replace").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text)).strip()
        except ValueError:
            return text[1:-1].strip()
    return text[1:-1].replace("''", "'").strip() if len(text) >= 2 and text[0] == text[-1] == "'" else text


def _warnings(data: bytes, span: tuple[int, int, int]) -> tuple[str, ...]:
    """The list under ``warnings``, in block or flow style; () when it is no list."""
    found = frontmatter.values(_lines(data[span[0] : span[1]])).get("warnings")
    return tuple(_entry(entry) for entry in found) if isinstance(found, list) else ()


def _entry(entry: object) -> str:
    """A warning as text; one with a colon, typed without quotes, is a mapping to YAML."""
    if isinstance(entry, dict):
        return ", ".join(f"{key}: {value}" for key, value in entry.items() if isinstance(value, str))
    return entry if isinstance(entry, str) else ""


def _lines(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")

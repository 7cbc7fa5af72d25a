"""The lines of our own keys in a report note's frontmatter, byte by byte: found and changed. Pure.

A key of ours owns the line that it begins, and below it the indented lines and list items of its value; blank lines and
comments are the person's, wherever they stand. Whatever else is there (keys with any sign in them, block texts, no YAML
at all, a key of ours that stands a second time) keeps its bytes, its order and its line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from daemon.vault import frontmatter

OWN_KEYS = ("date", "diary", "accepted", "redo", "status", "model", "generated", "warnings", "evidence")

LONGEST = 16_384
"""Bytes beyond which a quoted text or brackets are taken for never closed."""

_OWN = re.compile(rb"([\"']?)(\w+)\1[ \t]*:(?:[ \t]+|$)")
_VALUE = re.compile(
    rb"(?:-[ \t]++)*+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s#\[{][^\r\n]*?):[ \t]+(?:[&!]\S*+[ \t]++)*+"
    rb"|(?:-[ \t]++)*+"
)
_PROPERTIES = re.compile(rb"(?:[&!]\S*+(?:[ \t]++|$))*+")
_ITEM = re.compile(rb"-(?:[ \t]|$)")
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"|' + rb"'(?:[^']|'')*'", re.DOTALL)
_REST = re.compile(rb"[ \t]*(?:[ \t]#[^\r\n]*)?(?=[\r\n]|$)")


@dataclass(frozen=True)
class OwnLine:
    """A key of ours, as byte offsets: its value on its own line without comment and trailing blanks (behind an anchor
    or tag), the end of that line, and the lines below that belong to the value."""

    name: str
    value: int
    value_end: int
    line_end: int
    more: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class NewValue:
    """A value to set: what stands behind the key, and the lines below it."""

    text: str
    items: tuple[str, ...] = ()


def own_lines(data: bytes) -> dict[str, OwnLine]:
    """Given a note's bytes, return our keys by name; of a key that stands twice, the first. {} without frontmatter."""
    span = frontmatter.find(data)
    found: dict[str, OwnLine] = {}
    if span is None:
        return found
    key: str = ""
    for start, end, head in _lines(data, *span[:2]):
        line = data[start:end].rstrip(b"\r\n")
        if head and (not line.strip(b" \t") or line.lstrip(b" \t").startswith(b"#")):
            continue
        if not head or line[:1] in b" \t" or _ITEM.match(line):
            if key and (not head or _belongs(data, found[key], line)):
                found[key] = _longer(found[key], start, end)
            continue
        match = _OWN.match(line)
        name = match[2].decode("ascii", "replace") if match else ""
        key = name if name in OWN_KEYS and name not in found else ""
        if key and match:
            value = match.end() + (_PROPERTIES.match(line, match.end()) or match).end() - match.end()
            length = len(_without_comment(line[value:]).rstrip())
            found[key] = OwnLine(key, start + value, start + value + length, end, ())
    return found


def with_values(data: bytes, values: Mapping[str, NewValue]) -> bytes:
    """Given a note's bytes and values for keys of ours, return them with these set and every other byte kept. A key
    that is missing gets a line at the end of the frontmatter. Raises ``KeyError`` without a frontmatter, ``ValueError``
    for a key that is not ours."""
    span = frontmatter.find(data)
    if span is None:
        raise KeyError(*list(values)[:1])
    for name in values:
        if name not in OWN_KEYS:
            raise ValueError(name)
    known = own_lines(data)
    ending = line_ending(data)
    edits: list[tuple[int, int, bytes]] = []
    missing = b""
    for name, value in values.items():
        below = b"".join(item.encode() + ending for item in value.items)
        line = known.get(name)
        if line is None:
            missing += f"{name}: {value.text}".rstrip().encode() + ending + below
            continue
        edits.append(_on_the_line(data, line, value.text.encode()))
        edits.append((line.line_end, line.line_end, below))
        edits += [(start, end, b"") for start, end in line.more]
    data = data[: span[1]] + missing + data[span[1] :]
    # From the end on, so that offsets stay.
    for start, end, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        data = data[:start] + new + data[end:]
    return data


def with_body(data: bytes, body: str) -> bytes:
    """Given a note's bytes, return them with another body; the frontmatter stays byte for byte, and so do the line ends
    that the note uses."""
    span = frontmatter.find(data)
    start = span[2] if span else len(frontmatter.MARK) if data.startswith(frontmatter.MARK) else 0
    ending = line_ending(data)
    text = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    head = data[:start]
    if head and not head.endswith((b"\n", b"\r", frontmatter.MARK)):
        head += ending
    return head + (text + "\n").replace("\n", ending.decode()).encode()


def line_ending(data: bytes) -> bytes:
    """The line ends of a note: as its frontmatter's first line has it, else as its text."""
    span = frontmatter.find(data)
    first = data[: span[0]] if span else data
    return b"\r\n" if b"\r\n" in first else b"\r" if span and first.endswith(b"\r") else b"\n"


def _belongs(data: bytes, key: OwnLine, line: bytes) -> bool:
    """Whether an indented line or an item is part of a key's value. Below a value that is whole on its own line, only
    the rest of a folded text is: anything else there is a slip of the person's, and theirs."""
    value = data[key.value : key.value_end]
    if not value or value[:1] in b"|>":
        return not line.startswith(b"\t")
    whole = value[:1] in b"[{" or _QUOTED.fullmatch(value)
    return not whole and not re.search(rb"^[ \t]*-(?:[ \t]|$)|:(?:[ \t]|$)|^\t", line)


def _on_the_line(data: bytes, line: OwnLine, text: bytes) -> tuple[int, int, bytes]:
    """The edit of a key's own line: a blank between colon, value and comment, none behind the colon of no value."""
    start, end = line.value, line.value_end
    if not text and data[end : line.line_end].strip() == b"":
        while data[start - 1 : start] in (b" ", b"\t"):
            start -= 1
    before = b" " if text and data[start - 1 : start] not in (b" ", b"\t") else b""
    after = b" " if text and data[end : end + 1] == b"#" else b""
    return start, end, before + text + after


def _longer(line: OwnLine, start: int, end: int) -> OwnLine:
    return OwnLine(line.name, line.value, line.value_end, line.line_end, (*line.more, (start, end)))


def _lines(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Start and end of every line; whether it stands for itself, or goes on with the quoted text or the brackets that
    a line above has opened."""
    at, inside = begin, begin
    while at < end:
        match = frontmatter.LINE.match(data, at)
        stop = match.end() if match else end
        yield at, stop, at >= inside
        if at >= inside:
            value = _VALUE.match(data, at, stop)
            if value and data[value.end() : value.end() + 1] in (b'"', b"'", b"[", b"{"):
                inside = _closing(data, value.end(), min(end, value.end() + LONGEST)) or at
        at = stop


def _closing(data: bytes, at: int, end: int) -> int | None:
    """Where the quoted text or the brackets that begin at ``at`` end; None when they never do, or when something but a
    comment follows: then it is no YAML, and every line stands for itself."""
    depth = 0
    while at < end:
        sign = data[at : at + 1]
        if sign in (b'"', b"'"):
            quoted = _QUOTED.match(data, at, end)
            if quoted is None:
                return None
            at = quoted.end() - 1
        elif sign in (b"[", b"{"):
            depth += 1
        elif sign in (b"]", b"}"):
            depth -= 1
        elif sign == b"#" and data[at - 1 : at] in (b" ", b"\t", b"\n", b"\r"):
            comment = frontmatter.LINE.match(data, at)
            at = comment.end() - 1 if comment else at
        at += 1
        if depth <= 0:
            return at if _REST.match(data, at, end) else None
    return None


def _without_comment(value: bytes) -> bytes:
    quoted = _QUOTED.match(value)
    if quoted and _REST.match(value, quoted.end()):
        return quoted[0]
    return re.split(rb"(?:^|[ \t])#", value, maxsplit=1)[0]

"""The report note as text: rendered for the vault, read back however a person left it. Pure.

Own keys are found line by line, so that a frontmatter that is no valid YAML any more still gives its checkboxes, and
the line that a box is read from is the line that setting it changes (see ``daemon.vault.own_lines``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from daemon.vault import frontmatter
from daemon.vault.own_lines import NewValue, OwnLine, own_lines, with_body, with_values

TRUE_WORDS = {"true", "yes", "on", "y", "1", "x", "✓", "✔", "☑", "はい"}
PLAIN = re.compile(r"[A-Za-z][\w.+/@-]*")
BEGUN = ("writing", "failed")
"""The ``status`` of a note whose report is not there yet."""
YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


@dataclass(frozen=True)
class ReportNote:
    """What stands in a report note. ``diary`` is the link's text, ``evidence`` that of the note with the sentences
    behind its lines, "" without one; ``status`` is "draft" or "needs-review", in a first version "writing" or "failed",
    and "accepted" once its person has ticked it."""

    day: date
    diary: str
    body: str
    status: str
    model: str
    generated: datetime
    warnings: tuple[str, ...] = ()
    accepted: bool = False
    redo: bool = False
    evidence: str = ""


@dataclass(frozen=True)
class ReadReport:
    """A report note as found. Values of missing or unreadable keys are "" or False; ``body`` has LF line ends and no
    blank lines around it; ``whole`` says that the frontmatter was found, ``keys`` which of ours stand in it."""

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
    keys: frozenset[str] = frozenset()


def render(note: ReportNote) -> str:
    """Given a note, return its text: frontmatter with our keys in their order, then nothing but the report."""
    lines = [line for key, value in _values(note).items() for line in (f"{key}: {value.text}".rstrip(), *value.items)]
    return "\n".join(["---", *lines, "---", note.body.strip()]) + "\n"


def redraw(before: bytes, note: ReportNote) -> bytes:
    """Given the bytes of a report note and what is to stand in it now, return its new bytes: our keys and the body are
    the new ones, every other byte of the frontmatter stays. Without a frontmatter the note is rendered anew."""
    if frontmatter.find(before) is None:
        return render(note).encode()
    return with_evidence(with_body(with_values(before, _values(note)), note.body.strip()), note.evidence)


def with_evidence(data: bytes, link: str) -> bytes:
    """Given the bytes of a report note with a frontmatter, return them with a link to its evidence, "" for none. A note
    that never had one gets no empty line for it."""
    if not link and "evidence" not in own_lines(data):
        return data
    return with_values(data, {"evidence": NewValue(quoted(f"[[{link}]]") if link else "")})


def read(data: bytes) -> ReadReport:
    """Given the bytes of a report note, return what stands in it. Never raises: unreadable bytes become U+FFFD."""
    span = frontmatter.find(data)
    body = data[span[2] :] if span else data.removeprefix(frontmatter.MARK)
    lines = own_lines(data)
    texts = {name: _plain(data[line.value : line.value_end]) for name, line in lines.items()}
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
        warnings=_warnings(data, lines.get("warnings")),
        keys=frozenset(lines),
    )


def day_of(note: ReadReport) -> date | None:
    """The day of a report that nippo has written, wherever the note lies and whatever its name is; None for every other
    note. The mark: our box beside the date, and when it was drawn, or by which model from which diary."""
    mark = note.generated or (note.model and note.diary)
    try:
        return date.fromisoformat(note.date) if mark and "accepted" in note.keys else None
    except ValueError:
        return None


def is_begun(note: ReadReport) -> bool:
    """Whether a note is but a first version of a report: being written, or given up, and nobody has added to it."""
    return note.status in BEGUN and not (note.body or note.accepted or note.redo)


def is_written(data: bytes) -> bool:
    """Whether a report stands in a note, not only its first version: what waits for a report waits for this."""
    return not is_begun(read(data))


def set_key(data: bytes, key: str, value: str) -> bytes:
    """Given a note's bytes, return them with one of our own top-level keys set and every other byte kept.

    A comment behind the value and the line end stay. Raises ``KeyError`` when the note has no frontmatter or no such
    key, ``ValueError`` for a key that is not ours.
    """
    new = with_values(data, {key: NewValue(value)})
    if key not in own_lines(data):
        raise KeyError(key)
    return new


def quoted(text: str) -> str:
    """A YAML double-quoted scalar on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x85", "\\N").replace("\u2028", "\\L").replace("\u2029", "\\P")


def _scalar(text: str) -> str:
    return text if PLAIN.fullmatch(text) and text.lower() not in YAML_WORDS else quoted(text)


def _values(note: ReportNote) -> dict[str, NewValue]:
    evidence = {"evidence": NewValue(quoted(f"[[{note.evidence}]]"))} if note.evidence else {}
    return {
        "date": NewValue(note.day.isoformat()),
        "diary": NewValue(quoted(f"[[{note.diary}]]")),
        "accepted": NewValue(str(note.accepted).lower()),
        "redo": NewValue(str(note.redo).lower()),
        "status": NewValue(note.status),
        "model": NewValue(_scalar(note.model)),
        "generated": NewValue(note.generated.isoformat(timespec="seconds")),
        "warnings": listed(note.warnings),
        **evidence,
    }


def listed(texts: Sequence[str]) -> NewValue:
    """A list of texts as the value of a key."""
    return NewValue("", tuple(f"  - {quoted(text)}" for text in texts)) if texts else NewValue("[]")


def _plain(raw: bytes) -> str:
    """A scalar's text without its quotes."""
    text = raw.decode("utf-8", "replace").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text)).strip()
        except ValueError:
            return text[1:-1].strip()
    return text[1:-1].replace("''", "'").strip() if len(text) >= 2 and text[0] == text[-1] == "'" else text


def _warnings(data: bytes, line: OwnLine | None) -> tuple[str, ...]:
    """The list under ``warnings``, in block or flow style; () when it is no list. Read by itself: another property that
    is no YAML takes nothing away."""
    if line is None:
        return ()
    parts = [data[line.value : line.line_end], *(data[start:end] for start, end in line.more)]
    found = frontmatter.values(_lines(b"warnings: " + b"".join(parts))).get("warnings")
    return tuple(_entry(entry) for entry in found) if isinstance(found, list) else ()


def _entry(entry: object) -> str:
    """A warning as text; one with a colon, typed without quotes, is a mapping to YAML."""
    if isinstance(entry, dict):
        return ", ".join(f"{key}: {value}" for key, value in entry.items() if isinstance(value, str))
    return entry if isinstance(entry, str) else ""


def _lines(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")

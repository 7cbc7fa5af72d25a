"""What looks like a tick in a report note and is not read as one, with a hint for its person. Pure.

The hint stands in the note's own ``warnings`` until the tick is read, or is no tick any more.
"""

from __future__ import annotations

import re
import unicodedata

from daemon.vault import frontmatter
from daemon.vault.own_lines import own_lines, with_values
from daemon.vault.report_note import TRUE_WORDS, listed, read

BOXES = ("accepted", "redo")
HINT = "チェックとして読めません: "
"""How every hint begins, by which it is known again."""
HELD = (
    "提出済みですが、学習には使っていません: 本文に私的な語が残っているようです。"
    "本文を直すか、このままでよければ nippo pairs keep {} を実行してください。"
)
"""What a note says whose person is asked before its report is learned from."""
OURS = (HINT, HELD.partition(":")[0])
LOOKS_TRUE = TRUE_WORDS | {"t", "ok", "okay", "done", "checked", "済", "済み", "提出", "提出済", "提出済み", "v"}
LOOKS_TRUE |= {"✅", "☒", "〇", "○", "◯", "◎", "🆗", "👍", "レ"}
SHOWN = 40
LONGEST = 200
"""Signs of a line that may be meant as a box."""

_PAIR = re.compile(r"[\"']?([^\"':]+?)[\"']?[ ]*:{1,2}(.*)")
_BODY_BOX = re.compile(r"[-*+] \[\S\] *(.+?) *:*")
_AROUND = " \t\"'`[](){},.-*_!&"


def tick_hints(data: bytes) -> tuple[str, ...]:
    """Given a note's bytes, return a hint for each line that seems to mean ``accepted`` or ``redo`` and does not count:
    another spelling of the key or its value, a list, full-width signs, a box in the text. () when the box is ticked."""
    note = read(data)
    found = []
    for box in BOXES:
        if getattr(note, box):
            continue
        line = _line_of(data, box) or _other_line(data, box)
        if line:
            shown = line if len(line) <= SHOWN else line[:SHOWN] + "…"
            found.append(f"{HINT}「{shown}」。プロパティに {box}: true と書くか、チェックを入れてください。")
    return tuple(found)


def with_hints(data: bytes, hints: tuple[str, ...]) -> bytes:
    """Given a note's bytes, return them with exactly these hints among its warnings, which else stay. A note without
    frontmatter, or whose ``warnings`` are no list, comes back as it is."""
    span = frontmatter.find(data)
    before = read(data).warnings
    if span is None or tuple(text for text in before if text.startswith(OURS)) == hints:
        return data
    line = own_lines(data).get("warnings")
    value = data[line.value : line.value_end] if line else b""
    if line and not before and (line.more or value not in (b"", b"[]")):
        return data
    kept = tuple(text for text in before if not text.startswith(OURS))
    return with_values(data, {"warnings": listed((*kept, *hints))})


def _line_of(data: bytes, box: str) -> str:
    """What stands at the box's own key where it seems to say yes: the lines of its value as one, "" otherwise."""
    line = own_lines(data).get(box)
    if line is None:
        return ""
    parts = [data[line.value : line.value_end], *(data[start:end] for start, end in line.more)]
    text = " ".join(part.decode("utf-8", "replace").strip() for part in parts).strip()
    return f"{box}: {text}" if _is_yes(re.sub(r"^[|>][+-]?(?=\s)", "", text)) else ""


def _other_line(data: bytes, box: str) -> str:
    """The first other line that spells the key and a yes, in the frontmatter or in the text below it."""
    span = frontmatter.find(data)
    start = span[2] if span else 0
    head = data[span[0] : span[1]] if span else b""
    lines = head.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines):
        if line[:1] in " \t#" or len(line) > LONGEST:
            continue
        pair = _PAIR.fullmatch(_folded(line))
        if pair and pair[1].strip() == box and line.strip() != f"{box}:":
            below = [each for each in lines[number + 1 :][:1] if re.match(r"[ \t]*-[ \t]", each)]
            if _is_yes(pair[2]) or (not pair[2].strip() and any(map(_is_yes, below))):
                return " ".join([line.strip(), *(each.strip() for each in below if not pair[2].strip())])
    for line in data[start:].decode("utf-8", "replace").splitlines():
        if len(line) > LONGEST:
            continue
        text = _folded(line).strip()
        pair = _PAIR.fullmatch(text)
        ticked = _BODY_BOX.fullmatch(text)
        if (pair and pair[1].strip("-*+ ") == box and _is_yes(pair[2])) or (ticked and ticked[1].strip("`* ") == box):
            return line.strip()
    return ""


def _folded(text: str) -> str:
    """Width and case apart; format signs, such as those between an emoji's parts, gone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign) not in ("Cf", "Mn"))


def _is_yes(text: str) -> bool:
    words = [word.strip(_AROUND) for word in re.split(r"\s+#|[\s,]+", _folded(text).strip())]
    meant = [word for word in words if word]
    return bool(meant) and all(word in LOOKS_TRUE for word in meant)

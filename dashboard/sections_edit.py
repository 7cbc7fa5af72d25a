"""The sections of a school's form in the text of a settings file: changed entry by entry, so that comments beside and
between those that stay are kept. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, Table

from daemon.config.report_form import ReportSection

SectionValues = Mapping[str, Any]
"""All values of a ``daemon.config.report_form.ReportSection``, by name."""
EMPTY: SectionValues = ReportSection().model_dump()
KINDS = {
    "lesson": "授業",
    "assignment": "課題",
    "certification": "資格",
    "job": "就職活動",
    "plan": "予定",
    "rest": "そのほかすべて",
}
"""The kinds of lines, as a person reads them."""


def put_sections(table: Table, wanted: Sequence[SectionValues]) -> None:
    """Given the table ``[report]``, make its sections these. What is not its default stands in the text."""
    present = table.get("sections")
    if not isinstance(present, Array | AoT):
        table["sections"] = present = tomlkit.array()
    before = [json.dumps({**EMPTY, **one}, sort_keys=True) for one in present.unwrap()]
    after = [json.dumps(dict(one), sort_keys=True) for one in wanted]
    # From the end on, so that places stay.
    for _, old, old_end, new, new_end in reversed(SequenceMatcher(None, before, after, autojunk=False).get_opcodes()):
        both = min(old_end - old, new_end - new)
        if before[old:old_end] == after[new:new_end]:
            continue
        for number in range(old_end - 1, old + both - 1, -1):
            del present[number]
        for one in reversed(wanted[new + both : new_end]):
            present.insert(old + both, _entry(one, isinstance(present, AoT)))
        for number in range(both):
            _change(present[old + number], wanted[new + number])
    if isinstance(present, Array) and len(before) < 2 <= len(after):
        present.multiline(True)


def what_is_missing(sections: Sequence[SectionValues]) -> str:
    """What keeps sections from being a form, in Japanese; "" where nothing does."""
    kinds = [kind for one in sections for kind in one["take"]]
    if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}, key=list(KINDS).index):
        names = "、".join(KINDS[kind] for kind in twice)
        return f"「{names}」を入れる見出しが二つ以上あります。ひとつにしてください。"
    if sections and "rest" not in kinds:
        return f"「{KINDS['rest']}」を入れる見出しがありません。どれかひとつで選んでください。"
    if any(not (one["title"] or one["take"] or one["text"]) for one in sections):
        return "見出しも中身もない部分があります。見出しを書くか、消してください。"
    return ""


def _entry(one: SectionValues, whole: bool) -> Any:
    entry = tomlkit.table() if whole else tomlkit.inline_table()
    _change(entry, one)
    return entry


def _change(entry: Any, wanted: SectionValues) -> None:
    for key, value in wanted.items():
        here = {**EMPTY, **entry.unwrap()}[key]
        said = list(value) if isinstance(value, tuple) else value
        if value == EMPTY[key]:
            entry.pop(key, None)
        elif (list(here) if isinstance(here, tuple) else here) != said:
            entry[key] = said

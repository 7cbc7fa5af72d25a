"""The form of a school is changed in the settings file section by section; what a person noted beside them stays."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import load
from daemon.config.report_form import ReportSection
from daemon.setup.settings_file import shipped
from dashboard.sections_edit import EMPTY, what_is_missing
from dashboard.settings_edit import SECTIONS, with_values

INLINE = """\
[report]
lead = ""
# our form
sections = [   # of the second year
    { title = "■学習内容", take = ["lesson", "rest"] },  # most of it
    # what has to be handed in
    { title = "■課題", take = ["assignment"], empty = "特になし" },
    { text = "以上" },
]  # end
section_gap = true
"""
TABLES = """\
[report]
lead = ""

[[report.sections]]  # most of it
title = "■学習内容"
take = ["lesson", "rest"]

[[report.sections]]
title = "■課題"
take = ["assignment"]  # handed in
empty = "特になし"

[[report.sections]]
text = "以上"

[log]
level = "info"  # stays
"""


def section(**values: object) -> dict[str, Any]:
    return {**EMPTY, **values}


def now(text: str) -> list[dict[str, Any]]:
    found = tomllib.loads(text)["report"].get("sections", [])
    return [ReportSection(**one).model_dump() for one in found]


@pytest.mark.parametrize("text", [INLINE, TABLES], ids=["inline", "tables"])
def test_sections_are_changed_moved_added_and_removed_and_other_comments_stay(text: str) -> None:
    first, second, end = now(text)
    assert with_values(text, {SECTIONS: (first, second, end)}) == text
    changed = with_values(text, {SECTIONS: (first, {**second, "empty": ""}, section(title="■所感"), end)})
    assert now(changed) == [first, {**second, "empty": ""}, section(title="■所感"), end]
    assert changed.count("#") == text.count("#") and "特になし" not in changed
    fewer = with_values(text, {SECTIONS: (second, end)})
    assert now(fewer) == [second, end] and "most of it" not in fewer and "handed in" in fewer
    swapped = with_values(text, {SECTIONS: (second, first, end)})
    assert now(swapped) == [second, first, end]
    assert now(with_values(text, {SECTIONS: ()})) == []
    assert with_values(TABLES, {SECTIONS: (second,)}).endswith('[log]\nlevel = "info"  # stays\n')


def test_the_shipped_file_takes_a_form_beside_its_explanation(tmp_path: Path) -> None:
    form = (section(title="■学習", take=("lesson", "rest")), section(title="■予定", take=("plan",), layout="inline"))
    text = with_values(shipped(), {SECTIONS: form})
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    assert [one.model_dump() for one in load(file).report.sections] == list(form)
    assert text.count("#") == shipped().count("#") and "`nippo form learn FILE` reads them off a report" in text


SECTION = st.builds(
    section,
    title=st.sampled_from(["", "■学習", '"引用"', "a # b", "一"]),
    take=st.sampled_from([(), ("lesson",), ("rest", "plan")]),
    empty=st.sampled_from(["", "なし"]),
    bullet=st.sampled_from([None, "", "・"]),
    optional=st.booleans(),
)


@given(before=st.sampled_from([INLINE, TABLES, "[report]\nsections = []  # none\n", ""]), wanted=st.lists(SECTION))
def test_whatever_is_wanted_is_what_is_read(before: str, wanted: list[dict[str, Any]]) -> None:
    text = with_values(before, {SECTIONS: tuple(wanted)})
    assert now(text) == wanted
    again = with_values(text, {SECTIONS: tuple(reversed(wanted))})
    assert now(again) == list(reversed(wanted))


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ((), ""),
        ((section(title="a", take=("rest",)),), ""),
        ((section(title="a", take=("lesson",)),), "「そのほかすべて」を入れる見出しがありません"),
        ((section(take=("rest", "job")), section(take=("job",))), "「就職活動」を入れる見出しが二つ以上"),
        ((section(take=("rest",)), section()), "見出しも中身もない"),
    ],
)
def test_what_is_no_form_yet_is_said(sections: tuple[dict[str, Any], ...], words: str) -> None:
    assert words in what_is_missing(sections) and bool(words) == bool(what_is_missing(sections))

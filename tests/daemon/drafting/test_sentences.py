"""A diary is cut into sentences whose places are known."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from daemon.drafting.sentences import SHORTEST, asked, letters, split

DIARY = "一限はJava。やった! 配列を習った。\n\n「むずい。」って言われた\nうける。\n夜は焼肉の会！？最高だった"


def test_a_sentence_ends_at_a_stop_or_a_line_end() -> None:
    assert [one.text for one in split(DIARY)] == [
        "一限はJava。やった!",
        "配列を習った。",
        "「むずい。」って言われたうける。",
        "夜は焼肉の会！？",
        "最高だった",
    ]


def test_a_stop_inside_quotes_ends_nothing() -> None:
    assert [one.text for one in split("先生が「次回までに。」と言った。帰った帰った。")] == [
        "先生が「次回までに。」と言った。",
        "帰った帰った。",
    ]


def test_every_sentence_knows_its_place() -> None:
    for one in split(DIARY):
        piece = DIARY[one.first : one.last]
        assert letters(piece) == letters(one.text)
        assert DIARY.count("\n", 0, one.first) + 1 == one.line


def test_frontmatter_and_mere_signs_are_not_asked_about() -> None:
    text = "---\ntags: [diary]\nmood: ふつう\n---\n-----\n配列を習った。"
    sentences = split(text)
    assert [sentences[at].text for at in asked(sentences, text)] == ["配列を習った。"]


@given(st.text(alphabet="あ漢A1。！？!?「」）\n ー", max_size=80))
def test_nothing_is_lost_or_doubled(text: str) -> None:
    found = split(text)
    assert "".join(letters(one.text) for one in found) == letters(text)
    assert all(len(letters(one.text)) >= SHORTEST for one in found[1:])
    assert all(one.last <= other.first for one, other in itertools.pairwise(found))

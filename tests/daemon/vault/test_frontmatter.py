"""Frontmatter as people leave it: never a crash, never a word of the body lost."""

from __future__ import annotations

import frontmatter as package
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.vault.frontmatter import find, split, values

NOTE = "---\ndate: 2026-01-07\ntags: [日報, java]\n---\n　本文です。\n"


def test_head_and_body_are_the_note() -> None:
    head, body = split(NOTE)
    assert body == "　本文です。\n" and head + body == NOTE
    assert split("\ufeff" + NOTE) == ("\ufeff" + head, body)
    assert split(NOTE.replace("\n", "\r\n"))[1] == "　本文です。\r\n"
    assert split("---\n---") == ("---\n---", "")


@pytest.mark.parametrize(
    "text",
    [
        "本文だけ\n",
        "",
        "---\ndate: 2026-01-07\n本文\n",
        "\n---\na: 1\n---\n本文\n",
        "----\n一つ目\n----\n二つ目\n",
        " ---\na: 1\n ---\n本文\n",
        "---\na: 1\n...\n本文\n",
    ],
)
def test_what_obsidian_takes_for_no_frontmatter_is_all_body(text: str) -> None:
    assert split(text) == ("", text)


def test_yamls_dots_close_it_where_they_are_asked_for() -> None:
    assert split("---\na: 1\n...\n本文\n", dots=True) == ("---\na: 1\n...\n", "本文\n")


def test_values_are_the_text_that_stands_there() -> None:
    lines = "date: 2026-13-45\naccepted: yes\nmodel: 1.10\ntags: [日報, java]\nwarnings:\n  - 一つ\nmine: {a: [b]}\n"
    assert values(lines) == {
        "date": "2026-13-45",
        "accepted": "yes",
        "model": "1.10",
        "tags": ["日報", "java"],
        "warnings": ["一つ"],
        "mine": {"a": ["b"]},
    }


@pytest.mark.parametrize(
    "lines",
    [
        "a: [1, {",
        "a: 1\n  b: 2",
        "\ta: 1",
        "a: {{date}}",
        "diary: [[a]] [[b]]",
        "ただの文",
        "- 一つ",
        "",
        "a: *nobody",
        "a: \x07",
        "? [a]\n: b",
        "a: " + "[" * 3000,
    ],
)
def test_lines_that_are_no_yaml_say_nothing(lines: str) -> None:
    assert values(lines) == {}


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    head, body = split(f"---\n{text}\n---\n{text}")
    assert head + body == f"---\n{text}\n---\n{text}"
    assert body.endswith(text)
    values(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    span = find(data)
    assert span is None or span[0] <= span[1] < span[2] <= len(data)


def test_why_the_package_does_not_cut_the_block_itself() -> None:
    """What ``parse`` did with these notes when it was tried; once it does better, it may take over."""
    assert package.parse("----\n一つ目\n----\n二つ目\n")[1] == "二つ目"
    assert package.parse(NOTE)[1] == "本文です。"
    assert package.parse("---\na: 1\na: 2\n---\n")[0] == {"a": 2}
    with pytest.raises(Exception, match="while parsing"):
        package.parse("---\na: [1, {\n---\n本文")

"""Foreign text is shown letter by letter, whatever it holds."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.checks import PrivateTerm
from dashboard.changes import changed_lines_html, difference_html
from dashboard.markup import chip, escape, notice, notices, plain, table, text_block, title
from dashboard.page_text import page_html
from dashboard.reading import diary_html, report_html, side_by_side

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=\"fetch('http://evil.example')\">",
    "![pixel](http://evil.example/p.png)",
    "[click](javascript:alert(1))",
    '"><iframe src="http://evil.example"></iframe>',
    "<style>@import url(http://evil.example/a.css)</style>",
    "</div></mark><svg onload=alert(1)>",
    "```\n</code>\n```",
    "| <b>cell</b> | ![x](http://evil.example) |",
]
OURS = {"div", "span", "mark", "i", "h3", "h4", "del", "ins", "b", "br", "style", "table", "tr", "td", "th"}


class Seen(HTMLParser):
    """The tags, attributes and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def renderings(text: str) -> list[str]:
    """Every way in which a foreign text becomes HTML."""
    terms = [PrivateTerm("name", text[:3], 0, 3, text)]
    return [
        text_block(text),
        notice(text, text, "bad"),
        notices([text]),
        chip(text),
        title(text, chip(text)),
        table([{text: text}]),
        changed_lines_html(text, text[::-1]),
        diary_html(text, terms),
        report_html(text, [1], [[1]]),
        side_by_side(text, text, None),
        difference_html(text, text[::-1]),
        page_html(text),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_no_tag(text: str) -> None:
    for html in renderings(text):
        seen = Seen(html)
        assert seen.tags <= OURS, html
        assert seen.attributes <= {"class", "role", "title", "tabindex", "style"}, html


@given(st.text())
def test_a_text_block_shows_every_letter(text: str) -> None:
    shown = Seen(text_block(text)).text
    assert shown == "".join("\ufffd" if escape(letter) == "\ufffd" else letter for letter in text)


@given(st.text(max_size=60))
def test_the_coloured_difference_holds_both_texts(text: str) -> None:
    assert Seen(difference_html("", text)).text == Seen(text_block(text)).text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_escapes_every_sign_of_markdown(text: str) -> None:
    label = plain(text)
    for index, letter in enumerate(label):
        if letter.isascii() and not letter.isalnum() and letter not in " \\":
            assert label[index - 1] == "\\", label
    assert "\n" not in label


def test_letters_that_turn_the_direction_of_writing_are_made_visible() -> None:
    assert escape("abc\u202ecod.exe") == "abc\ufffdcod.exe"

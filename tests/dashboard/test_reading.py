"""Private terms are marked, bullets are tied to the lines of the diary that they rest on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scene import DIARY, REPORT

from daemon.checks import CheckSettings, PrivateTerm
from dashboard.reading import diary_html, pieces, read_together, report_html, side_by_side, ties


def test_a_days_reading_marks_names_and_finds_the_sources() -> None:
    reading = read_together(REPORT, DIARY.format(day="2026-01-07"), CheckSettings())
    private = {term.text for term in reading.terms}
    assert any("田中" in text for text in private)
    assert reading.bullets == (3, 4)
    assert 4 in reading.sources[0] and 6 in reading.sources[1]
    html = side_by_side(DIARY, REPORT, reading)
    assert '<mark class="np-private" title="' in html
    assert ".np-two:has(.np-b3:hover) .np-d4" in html and 'tabindex="0"' in html


def test_a_number_that_the_diary_does_not_hold_is_named_with_its_bullet() -> None:
    reading = read_together(REPORT.replace("10問", "99問"), DIARY, CheckSettings())
    assert any(finding.startswith("2番目の項目: ") for finding in reading.findings)


@given(
    st.text(alphabet="あいうA\n", max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=6)
)
def test_cut_pieces_joined_give_the_text_again(text: str, spans: list[tuple[int, int]]) -> None:
    terms = [PrivateTerm("name", "", start, start + length, "") for start, length in spans]
    assert "".join(piece for piece, _ in pieces(text, terms)) == text


def test_a_mark_over_a_line_break_is_closed_on_each_line() -> None:
    html = diary_html("田中\nさん", [PrivateTerm("name", "田中\nさん", 0, 5, "人名")])
    assert html.count("<mark") == html.count("</mark>") == 2
    assert html.count('class="np-line') == 2


def test_a_bullet_without_sources_gives_no_rule() -> None:
    assert ties([3], [[]]) == ""


def test_a_doubtful_line_is_marked_whether_its_sentence_is_found_or_not() -> None:
    html = report_html("一行目\n* 二行目\n今後は、三行目", (2,), ((1,),), ((2, "数を確かめて"), (3, "予定か確かめて")))
    rows = html.split("</span>")
    assert "np-doubt" not in rows[0]
    assert "np-doubt" in rows[1] and "数を確かめて" in rows[1]
    assert "np-doubt" in rows[2] and "予定か確かめて" in rows[2]

"""A report accepted in a school's form teaches by sentence: titles, header, fixed texts, plain style are no edits."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from daemon.config import Config
from daemon.config.report_form import ReportSettings
from daemon.drafting.draft import draft_report
from daemon.drafting.result import DraftRequest
from daemon.learning.edit_labels import EditRows
from daemon.learning.edit_rows import edit_rows
from daemon.learning.report_pieces import cut
from daemon.store.rows import Pair
from tests.asking_engine import AskingEngine
from tests.daemon.drafting.school_day import DIARY, LINES
from tests.daemon.drafting.test_school_forms import NAMES, form, forms

WANTED = [(sentence, (LINES[sentence],) if sentence in LINES else ()) for sentence in DIARY.split("\n")]
MFA = "MFAをオンにした。"
OWN = {
    "senmon": ("■所感\n", "■所感\n権限の考え方が面白かった。\n"),
    "dearu": ("【反省・気づき】\n", "【反省・気づき】\n権限の考え方が面白かった。\n"),
    "markdown": ("## 学び・感想\n", "## 学び・感想\n権限の考え方が面白かった。\n"),
    "table": ("所感：\n", "所感：権限の考え方が面白かった。\n"),
}


def learned(name: str, edit: Callable[[str], str] = str, record: bool = True, laid: bool = True) -> EditRows:
    """What the day's report teaches, drafted in a form and accepted after an edit."""
    report = form(name)
    request = DraftRequest("2026-11-26", DIARY)
    result = draft_report(AskingEngine(LINES), request, Config(report=report if laid else ReportSettings()))
    body = edit(result.body)
    assert edit is str or body != result.body
    told = json.dumps(result.record.to_json(), ensure_ascii=False) if record else ""
    pair = Pair("2026-11-26", "2026-11-26", DIARY, "", body, result.body, "", False, "vault", told)
    return edit_rows(pair, Config(report=report))


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_report_says_that_all_of_it_was_right(name: str) -> None:
    rows = learned(name)
    assert list(rows.sentences) == WANTED
    assert sorted(rows.judged) == sorted((line, "T", 1.0) for line in LINES.values())
    assert rows.untraced == () and rows.weight == 0.5


@pytest.mark.parametrize("name", NAMES)
def test_without_a_record_the_lines_still_find_their_sentences(name: str) -> None:
    rows = learned(name, record=False)
    found = {text: lines for text, lines in rows.sentences if lines}
    assert len(found) >= 5 and all(set(lines or ()) <= set(LINES.values()) for lines in found.values())
    assert all(LINES[text] in (lines or ()) for text, lines in found.items())


@pytest.mark.parametrize("name", OWN)
def test_what_a_person_writes_into_their_own_part_teaches_nothing(name: str) -> None:
    rows = learned(name, lambda body: body.replace(*OWN[name]))
    assert list(rows.sentences) == WANTED and rows.untraced == ()
    assert len(rows.judged) == len(LINES)


@pytest.mark.parametrize("name", NAMES)
def test_a_line_taken_out_makes_its_sentence_give_nothing(name: str) -> None:
    def without(body: str) -> str:
        if name == "table":
            return body.replace("MFAをオンにしました。", "")
        return "\n".join(line for line in body.split("\n") if "MFA" not in line)

    rows = learned(name, without)
    assert [lines for text, lines in rows.sentences if text == MFA] == [()]
    assert [entry for entry in rows.sentences if entry[0] != MFA] == [entry for entry in WANTED if entry[0] != MFA]


@pytest.mark.parametrize("name", NAMES)
def test_a_line_moved_into_another_part_is_the_same_line(name: str) -> None:
    def moved(body: str) -> str:
        if name == "table":
            return body.replace("MFAをオンにしました。", "").replace("課題：", "課題：MFAをオンにしました。")
        lines = body.split("\n")
        line = next(line for line in lines if "MFA" in line)
        lines.remove(line)
        at = next(number for number, one in enumerate(lines) if "SQL" in one)
        return "\n".join([*lines[: at + 1], line, *lines[at + 1 :]])

    assert list(learned(name, moved).sentences) == WANTED


@pytest.mark.parametrize("name", ["senmon", "dearu"])
def test_a_line_in_other_words_is_learned_in_the_writer_s_form(name: str) -> None:
    old, new = (
        ("使い方を学びました", "使い方を理解しました") if name == "senmon" else ("使い方を学んだ", "使い方を理解した")
    )
    rows = learned(name, lambda body: body.replace(old, new))
    assert rows.sentences[0][1] == ("* Javaの授業で、配列の使い方を理解しました。",)


@pytest.mark.parametrize("name", NAMES)
def test_another_date_or_name_line_is_no_line_of_the_report(name: str) -> None:
    rows = learned(name, lambda body: body.replace("26", "27", 1))
    assert list(rows.sentences) == WANTED


def test_a_report_accepted_before_the_form_was_set_still_teaches() -> None:
    rows = learned("senmon", laid=False)
    assert list(rows.sentences) == WANTED and rows.untraced == ()


def test_words_of_the_form_are_no_pieces() -> None:
    body = "日付: 2026年11月26日(木)\n氏名: 山田 太郎\n\n■学習内容\n\n■所感\n\n■明日の予定\n・再帰を復習"
    (piece,) = cut(body, form("senmon")).pieces
    assert piece.text == "今後は、再帰を復習したいと考えています。"
    assert cut(body.split("\n\n■明日")[0], form("senmon")).unwritten


@settings(max_examples=30, deadline=None, derandomize=True)
@given(forms())
def test_any_form_teaches_the_same(report: ReportSettings) -> None:
    result = draft_report(AskingEngine(LINES), DraftRequest("2026-11-26", DIARY), Config(report=report))
    told = json.dumps(result.record.to_json(), ensure_ascii=False)
    body = f"{result.body}\n".replace("■所感\n", "■所感\n権限の考え方が面白かった。\n", 1)
    pair = Pair("2026-11-26", "2026-11-26", DIARY, "", body, result.body, "", False, "vault", told)
    rows = edit_rows(pair, Config(report=report))
    assert list(rows.sentences) == WANTED and rows.untraced == ()

"""A report in any form is read as the things that it tells."""

from __future__ import annotations

import pytest

from daemon.config.report_form import ReportSettings
from daemon.learning.report_pieces import cut

FORM = ReportSettings()


def texts(body: str, form: ReportSettings = FORM) -> list[str]:
    return [piece.text for piece in cut(body, form).pieces]


JAVA, SQL = "* Javaの例外処理を学びました。", "* SQLの副問い合わせを練習しました。"
PLAN = "今後は、再帰を復習したいと考えています。"


@pytest.mark.parametrize(
    "body",
    [
        f"本日は、以下の学習と課題を完了しました:\n\n{JAVA}\n{SQL}\n\n{PLAN}",
        "・Javaの例外処理を学びました\n・SQLの副問い合わせを練習しました\n今後は、再帰を復習したいと考えています",
        "１．Javaの例外処理を学んだ。\n２．SQLの副問い合わせを練習した。\n３．今後は、再帰を復習したいと考えている。",
        "① Javaの例外処理を学びました。\n② SQLの副問い合わせを練習しました。\n\n■明日の予定\n・再帰を復習",
        f"【学習内容】\n- [x] {JAVA[2:]}\n- [x] {SQL[2:]}\n【今後の予定】\n- 再帰を復習する",
        "Javaの例外処理を学びました。次に、SQLの副問い合わせを練習しました。今後は、再帰を復習する予定です。",
        "本日は、次の学習をしました。\nJavaの例外処理を\n学びました。さらに、SQLの副問い合わせを練習しました。\n再帰を復習しようと思います。",
        f"{JAVA}\r\n{SQL}\r\n\r\n{PLAN}\r\n",
    ],
)
def test_one_day_in_many_forms(body: str) -> None:
    assert texts(body) == [JAVA, SQL, PLAN]


def test_a_closing_of_two_plans_is_two_pieces() -> None:
    body = f"{JAVA}\n\n今後は、再帰を復習したいと考えています。また、索引を練習したいと考えています。"
    assert texts(body) == [JAVA, PLAN, "今後は、索引を練習したいと考えています。"]


def test_the_persons_own_closing_is_a_plan() -> None:
    form = ReportSettings(closing="次回は、", lead="")
    assert texts("* Javaの例外処理を学びました。\n\n次回は、再帰を復習する予定です。", form) == [JAVA, PLAN]


def test_what_was_planned_and_done_is_no_plan() -> None:
    assert texts("* 予定していた再帰の復習を行いました。") == ["* 予定していた再帰の復習を行いました。"]


def test_a_number_at_the_head_of_a_line_is_no_mark() -> None:
    assert texts("* 3.5インチのディスクを取り付けました。") == ["* 3.5インチのディスクを取り付けました。"]
    assert texts("10問を解きました。") == ["* 10問を解きました。"]


@pytest.mark.parametrize("body", ["* SQLの問題10問", "* 索引の章"])
def test_words_without_an_end_have_no_form_of_the_writer(body: str) -> None:
    (piece,) = cut(body, FORM).pieces
    assert piece.text == "" and piece.raw


@pytest.mark.parametrize(
    "body",
    [
        "本日は、記録された学習活動はありませんでした。",
        "本日は体調不良のため、学習活動はありませんでした。",
        "今日は休みのため、勉強はしていません。",
    ],
)
def test_nothing_studied_in_any_words(body: str) -> None:
    found = cut(body, FORM)
    assert found.no_study and not found.pieces and not found.unwritten


@pytest.mark.parametrize("body", ["", "\n\n", "【感想】\n", "本日は、以下の学習と課題を完了しました:"])
def test_a_body_without_words_says_nothing(body: str) -> None:
    assert cut(body, FORM).unwritten


def test_a_line_about_something_that_was_not_done_is_no_day_without_study() -> None:
    found = cut("* Javaの例外処理を学びました。\n* 課題6の作業はできませんでした。", FORM)
    assert not found.no_study and len(found.pieces) == 2


def test_impressions_stand_aside() -> None:
    found = cut(f"【学習内容】\n{JAVA}\n【感想】\n例外の種類が多くて大変でした。", FORM)
    assert [piece.aside for piece in found.pieces] == [False, True]

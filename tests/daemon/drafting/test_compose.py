"""Lines of single sentences become a report in the person's own form."""

from __future__ import annotations

import pytest

from daemon.config.report_form import ReportSettings
from daemon.drafting.compose import ReportLine, choose, lay_out, says_the_same
from daemon.drafting.plain_style import to_plain

DEFAULT = ReportSettings()
JAVA = ReportLine("* Javaの授業で、配列を学びました。", 1, 0.9)
SQL = ReportLine("* SQLの結合の課題を提出しました。", 3, 0.8)
PLAN = ReportLine("今後は、金曜にJOINの復習に取り組みたいと考えています。", 4, 0.9)
TEST = ReportLine("今後は、小テストに備えたいと考えています。", 5, 0.8)
THIRD = ReportLine("今後は、Gitの講座を受けたいと考えています。", 6, 0.7)


def test_a_report_in_the_default_form() -> None:
    body = lay_out(choose([JAVA, SQL, PLAN], DEFAULT), DEFAULT)
    assert body.split("\n") == [DEFAULT.lead, "", JAVA.text, SQL.text, "", PLAN.text]


def test_plans_become_one_closing_of_at_most_two() -> None:
    body = lay_out(choose([JAVA, PLAN, TEST, THIRD], DEFAULT), DEFAULT)
    closing = "今後は、金曜にJOINの復習に取り組みたいと考えています。また、小テストに備えたいと考えています。"
    assert body.split("\n")[-1] == closing
    assert "Git" not in body


def test_what_is_said_twice_is_said_once_in_the_likelier_words() -> None:
    again = ReportLine("* Javaの授業で配列を学びました。", 2, 0.95)
    assert choose([JAVA, again, SQL], DEFAULT) == [again, SQL]


def test_other_numbers_are_another_thing() -> None:
    assert not says_the_same("* 過去問を10問解きました。", "* 過去問を12問解きました。")
    assert says_the_same("* 過去問を10問解きました。", "* 過去問を、10問解きました。")


def test_the_least_likely_lines_make_room() -> None:
    many = [ReportLine(f"* 課題{number}のプログラムを書きました。", number, 0.5 + number / 100) for number in range(12)]
    kept = choose(many, ReportSettings(max_bullets=3))
    assert [line.sentence for line in kept] == [9, 10, 11]


def test_the_persons_own_marks_and_style() -> None:
    own = ReportSettings(lead="【学習内容】", bullet="・", closing="次は、", style="de-aru")
    body = lay_out(choose([JAVA, PLAN], own), own)
    assert body.split("\n") == [
        "【学習内容】",
        "",
        "・Javaの授業で、配列を学んだ。",
        "",
        "次は、金曜にJOINの復習に取り組みたいと考えている。",
    ]


def test_a_person_who_never_closes_gets_no_closing() -> None:
    own = ReportSettings(closing="")
    assert lay_out(choose([JAVA, PLAN], own), own).endswith(JAVA.text)


def test_without_a_deed_there_is_no_body() -> None:
    assert lay_out(choose([PLAN], DEFAULT), DEFAULT) == ""


@pytest.mark.parametrize(
    ("polite", "plain"),
    [
        ("SQLの演習を3問解きました。", "SQLの演習を3問解いた。"),
        ("表を見ました。", "表を見た。"),
        ("例外を学びました。", "例外を学んだ。"),
        ("説明会に行きました。", "説明会に行った。"),
        ("班で話しました。", "班で話した。"),
        ("確認しています。", "確認している。"),
        ("担当が来ました。", "担当が来た。"),
        ("提出を急ぎました。", "提出を急いだ。"),
        ("提出しませんでした。", "提出しなかった。"),
        ("動きませんでした。", "動かなかった。"),
        ("エラーではありませんでした。", "エラーではなかった。"),
        ("原因は型でした。", "原因は型だった。"),
        ("結果が出力されました。", "結果が出力された。"),
        ("復習が必要です。", "復習が必要である。"),
        ("学びました。また、試しました。", "学んだ。また、試した。"),
        ("見出し", "見出し"),
        ("課題に取り組みましたが、終わりませんでした。", "課題に取り組んだが、終わらなかった。"),
        ("例外が出ますので、直しました。", "例外が出るので、直した。"),
        ("在庫を5に巻き戻せました。", "在庫を5に巻き戻せた。"),
        ("ペアで演じました。", "ペアで演じた。"),
        ("動きません。", "動かない。"),
        ("エラーではありません。", "エラーではない。"),
        ("まだ終わっていません。", "まだ終わっていない。"),
        ("完了しております。", "完了している。"),
        ("課題は難しいです。", "課題は難しい。"),
        ("復習したいです。", "復習したい。"),
        ("型が原因なのです。", "型が原因なのである。"),
        ("明日、進めます。", "明日、進める。"),
        ("問題集を読みます。", "問題集を読む。"),
        ("結果が返されます。", "結果が返される。"),
        ("再帰を復習したいと考えています。", "再帰を復習したいと考えている。"),
        ("これでよいでしょう。", "これでよいであろう。"),
        ("24.8℃と表示されました。", "24.8℃と表示された。"),
        ("「できました」と表示されました。", "「できました」と表示された。"),
        ("「動きました。次へ」と出ました。", "「動きました。次へ」と出た。"),
        ("ご確認ください。", "ご確認ください。"),
        ("25問解き、17問当たりました。", "25問解き、17問当たりました。"),
    ],
)
def test_the_other_style(polite: str, plain: str) -> None:
    assert to_plain(polite) == plain

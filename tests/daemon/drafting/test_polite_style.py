"""A report in である form is learned in the writer's own です・ます form."""

from __future__ import annotations

import json

import pytest

from daemon.drafting.plain_style import to_plain
from daemon.drafting.polite_style import is_polite, to_plan, to_polite
from daemon.system.shipped import starter_folder


@pytest.mark.parametrize(
    ("plain", "polite"),
    [
        ("* 12章を学んだ。", "* 12章を学びました。"),
        ("* JOINの演習を行った。", "* JOINの演習を行いました。"),
        ("説明会で会社へ行った。", "説明会で会社へ行きました。"),
        ("原因は設定であった。", "原因は設定でした。"),
        ("原因は設定だった。", "原因は設定でした。"),
        ("これは仕様ではない。", "これは仕様ではありません。"),
        ("課題は提出済みである。", "課題は提出済みです。"),
        ("テストは成功だ。", "テストは成功です。"),
        ("値が返された。", "値が返されました。"),
        ("コードを見る。", "コードを見ます。"),
        ("文字列を区切りで切る。", "文字列を区切りで切ります。"),
        ("木を深さ優先で調べている。", "木を深さ優先で調べています。"),
        ("まだ解けていない。", "まだ解けていません。"),
        ("理由は分からなかった。", "理由は分かりませんでした。"),
        ("問6は解けなかった。", "問6は解けませんでした。"),
        ("エラーがなかった。", "エラーがありませんでした。"),
        ("索引の作り方が難しかった。", "索引の作り方が難しかったです。"),
        ("Aを直した。Bを確かめた。", "Aを直しました。Bを確かめました。"),
        ("「正しい。」と表示された。", "「正しい。」と表示されました。"),
        ("Javaの例外処理の学習", "Javaの例外処理の学習を行いました"),
        ("10問中7問正解", "10問中7問正解しました"),
        ("間違えた問題を復習", "間違えた問題を復習しました"),
    ],
)
def test_an_ending_becomes_polite(plain: str, polite: str) -> None:
    assert to_polite(plain) == polite
    assert is_polite(polite)


@pytest.mark.parametrize("text", ["SQLの問題10問", "* 学びました。", "ログを調べること。", "", "索引の章。"])
def test_what_is_polite_or_has_no_known_ending_stays(text: str) -> None:
    assert to_polite(text) == text


@pytest.mark.parametrize(
    ("told", "plan"),
    [
        ("今後は、復習したいと考えています。", "今後は、復習したいと考えています。"),
        ("また、JOINを練習したいと考えている。", "今後は、JOINを練習したいと考えています。"),
        ("問6を復習する予定です。", "今後は、問6を復習したいと考えています。"),
        ("問6を復習予定", "今後は、問6を復習したいと考えています。"),
        ("索引の章に取り組もうと思います。", "今後は、索引の章に取り組みたいと考えています。"),
        ("面接を受けるつもりである。", "今後は、面接を受けたいと考えています。"),
        ("課題を終わらせる。", "今後は、課題を終わらせたいと考えています。"),
        ("JOINの復習", "今後は、JOINの復習を行いたいと考えています。"),
        ("課題10", ""),
    ],
)
def test_a_plan_in_any_words_is_told_as_the_writer_tells_plans(told: str, plan: str) -> None:
    assert to_plan(told) == plan


def test_the_way_there_and_back_keeps_the_lines_of_the_starter_corpus() -> None:
    """``to_plain`` itself errs on some verbs; of the corpus' bullets at most one in a hundred does not come back."""
    rows = [json.loads(line) for line in (starter_folder() / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [line for row in rows[:150] for line in row["report"].split("\n") if line.startswith("* ")]
    lost = [line for line in lines if to_polite(to_plain(line)) != line]
    assert len(lines) > 300
    assert len(lost) <= len(lines) / 100, lost

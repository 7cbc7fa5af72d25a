"""The six checks of a report, its sources and its coverage."""

from __future__ import annotations

import unicodedata

import pytest

from daemon.checks import CHECKS, CheckSettings, learn_form, score
from daemon.checks.numbers import kanji_value
from daemon.config.report_form import ReportSettings

DEFAULT = CheckSettings()
LEAD = "本日は、以下の学習と課題を完了しました:"
DIARY = """\
2限のJava、ArrayListとHashMapの使い分け。学籍番号で名前を引くプログラムをHashMapに直したら1行で済んだ。
過去問を三百問のうち20問。1時間半かかった。正答率8割。
ラズパイにLEDを付けた。DBの設計は班でやる。
帰りにコメダで休んだ。
"""
REPORT = f"""\
{LEAD}

* Javaの授業で、ArrayListとHashMapの使い分けについて学習しました。
* 過去問を20問解き、正答率は80%でした。

今後は、データベースの設計に取り組みたいと考えています。"""


def faults(report: str, diary: str = DIARY, settings: CheckSettings = DEFAULT) -> set[str]:
    return {finding.check for finding in score(report, diary, settings).findings}


def bullet(sentence: str) -> str:
    return f"{LEAD}\n\n* {sentence}"


def test_a_good_report_is_clean() -> None:
    result = score(REPORT, DIARY, DEFAULT)
    assert result.clean
    assert result.sources == ((1,), (2,))
    assert 0.3 < result.coverage <= 1


def test_badness_follows_the_order_of_the_checks() -> None:
    leak = score(bullet("コメダでJavaを学習しました。"), DIARY, DEFAULT)
    ungrounded = score(bullet("Kotlinを学習しました。"), DIARY, DEFAULT)
    form = score("Javaを学習しました。", DIARY, DEFAULT)
    style = score(bullet("Javaを学習した。"), DIARY, DEFAULT)
    clean = score(REPORT, DIARY, DEFAULT)
    assert leak.badness > ungrounded.badness > form.badness > style.badness > clean.badness
    assert CHECKS == ("leak", "grounded", "form", "style", "copied", "length")


def test_of_two_clean_reports_the_fuller_one_is_better() -> None:
    thin = score(bullet("Javaの授業に取り組みました。"), DIARY, DEFAULT)
    assert thin.clean and score(REPORT, DIARY, DEFAULT).badness < thin.badness


def test_a_character_that_only_chinese_writes_is_not_grounded_unless_the_diary_has_it() -> None:
    report = bullet("配列の计算を確認しました。")
    found = [finding for finding in score(report, DIARY, DEFAULT).findings if finding.check == "grounded"]
    assert [finding.term for finding in found] == ["计"]
    assert "grounded" not in faults(report, f"{DIARY}\n留学生のメモに计算とあった。")


@pytest.mark.parametrize(
    "sentence",
    [
        "過去問を300問のうち20問解きました。",
        "過去問に1.5時間取り組みました。",
        "過去問に90分取り組みました。",
        "正答率は80%でした。",
        "Raspberry PiにLEDを接続しました。",
        "データベースの設計を担当しました。",
        "HashMap を用いたプログラムに修正しました。",
        "プログラムのエラーを修正しました。",
        "一覧を作成し、一部を統一しました。",
        "ジャバの授業に参加しました。",
    ],
)
def test_numbers_and_terms_of_the_diary_are_grounded_in_other_words_too(sentence: str) -> None:
    assert "grounded" not in faults(bullet(sentence))


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("過去問を40問解きました。", "40"),
        ("過去問を五十問解きました。", "五十"),
        ("2025年の過去問を解きました。", "2025"),
        ("Kotlinで実装しました。", "Kotlin"),
        ("サブネットを計算しました。", "サブネット"),
        ("ArrayListとTreeMapを比較しました。", "TreeMap"),
        ("正答率は95%でした。", "95"),
    ],
)
def test_what_the_diary_does_not_say_is_named(sentence: str, term: str) -> None:
    found = [finding for finding in score(bullet(sentence), DIARY, DEFAULT).findings if finding.check == "grounded"]
    assert [finding.term for finding in found] == [term]
    assert found[0].line == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三百", 300),
        ("二十五", 25),
        ("二〇二五", 2025),
        ("一万二千", 12000),
        ("十", 10),
        ("千二", 1002),
        ("", None),
        ("三x", None),
    ],
)
def test_kanji_numerals_have_values(text: str, value: int | None) -> None:
    assert kanji_value(text) == value


@pytest.mark.parametrize(
    "report",
    [
        "",
        "Javaを学習しました。",
        "* Javaの授業で学習しました。",
        f"{LEAD}\n\nJavaの授業で学習しました。",
        f"{LEAD}\n\n* Javaを学習しました。\n\nおやすみなさい。",
        f"{LEAD}\n\n* Javaを学習しました。\n\n本日は、記録された学習活動はありませんでした。",
        f"{LEAD}\n\n* Javaを学習しました。\n{LEAD}",
    ],
)
def test_another_form_is_noticed(report: str) -> None:
    assert "form" in faults(report)


def test_the_no_study_sentence_alone_has_form_and_length() -> None:
    assert faults("本日は、記録された学習活動はありませんでした。", "昼寝した。") == set()


@pytest.mark.parametrize(
    "sentence",
    [
        "Javaを学習した。",
        "Javaを学習しました！",
        "Javaを学習しました😊",
        "Javaを学習できて嬉しかったです。",
        "私はJavaを学習しました。",
        "Javaの学習。",
        "Javaの学習が楽しかったです。",
    ],
)
def test_another_style_is_noticed(sentence: str) -> None:
    assert "style" in faults(bullet(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "「やった！」と表示するプログラムを作成しました。",
        "動作が不安定になる原因を調査しました。",
        "最高気温のデータを集計しました。",
        "`!important` の使い方を確認しました。",
        "自分の言葉で説明しました。",
    ],
)
def test_a_formal_sentence_keeps_its_style(sentence: str) -> None:
    assert "style" not in faults(bullet(sentence))


def test_de_aru_wants_plain_endings() -> None:
    settings = CheckSettings(report=ReportSettings(style="de-aru"))
    assert "style" not in faults(bullet("Javaを学習した。"), settings=settings)
    assert "style" in faults(bullet("Javaを学習しました。"), settings=settings)


def test_any_style_still_refuses_emoji() -> None:
    settings = CheckSettings(report=ReportSettings(style="any"))
    assert "style" not in faults(bullet("Javaの学習"), settings=settings)
    assert "style" in faults(bullet("Javaの学習🎉"), settings=settings)


def test_a_sentence_of_the_diary_is_noticed_and_a_term_is_not() -> None:
    diary = "今日は関数の再帰について説明を受けました。\n`SELECT name FROM users WHERE id = 1` を打った。"
    assert "copied" in faults(bullet("今日は関数の再帰について説明を受けました。"), diary)
    assert "copied" not in faults(bullet("SELECT name FROM users WHERE id = 1"), diary)


def test_length_has_two_bounds_and_a_number_of_bullets() -> None:
    settings = CheckSettings(report=ReportSettings(min_characters=40, max_characters=120, max_bullets=2))
    assert "length" in faults(bullet("学習しました。"), settings=settings)
    assert "length" in faults(bullet("Javaを学習しました。" * 12), settings=settings)
    three = f"{LEAD}\n\n* Javaを学習しました。\n* 授業を受けました。\n* 設計しました。"
    assert "length" in faults(three, settings=settings)


def test_scores_do_not_change_under_nfkc_and_line_ends() -> None:
    report = REPORT.replace("20問", "２０問").replace("HashMap", "ＨａｓｈＭａｐ").replace("\n", "\r\n")
    diary = DIARY.replace("\n", "\r\n")
    wide, plain = score(report, diary, DEFAULT), score(unicodedata.normalize("NFKC", REPORT), DIARY, DEFAULT)
    assert wide == plain


def test_a_report_of_nothing_is_believed_where_little_was_studied() -> None:
    nothing = "本日は、記録された学習活動はありませんでした。"
    assert score(nothing, "一日中寝てた。夕飯は鍋だった。", DEFAULT).coverage == 1
    assert score(nothing, DIARY.replace("帰りにコメダで休んだ。", "GitのPRも出した。"), DEFAULT).coverage < 0.6


OWN = """\
【学習報告】

・Javaの配列を実装した。
・SQLの結合を確認した。

【所感】
理解が深まった。"""


def test_auto_learns_the_persons_own_form_from_five_reports() -> None:
    learned = learn_form([OWN] * 5, ReportSettings(style="auto"))
    assert (learned.style, learned.lead, learned.bullet) == ("de-aru", "【学習報告】", "・")
    settings = CheckSettings(report=learned)
    mine = OWN.replace("SQLの結合", "再帰")
    assert faults(mine, "Javaの配列と再帰をやった。理解した。", settings) == set()
    assert "leak" in faults(mine.replace("再帰", "みくちゃん"), "みくちゃんとJavaの配列をやった。", settings)
    assert "grounded" in faults(mine.replace("再帰", "Kotlin"), "Javaの配列をやった。", settings)


def test_auto_without_enough_reports_and_fixed_styles_stay() -> None:
    assert learn_form([OWN] * 4, ReportSettings(style="auto")).style == "desu-masu"
    assert learn_form([OWN] * 9, ReportSettings()) == ReportSettings()


def test_auto_looks_at_the_last_twenty() -> None:
    assert learn_form([OWN] * 30 + [REPORT] * 20, ReportSettings(style="auto")).style == "desu-masu"


def test_operators_and_figures_are_no_feelings() -> None:
    diary = "Kotlinの!!を6つ消した。部署ごとの最高給。クイックソートの平均と最悪の計算量。"
    lines = ["Kotlinで6つ使った!!を消しました。", "部署ごとの最高給を求めました。", "平均と最悪の計算量を答えました。"]
    for line in lines:
        assert score(f"本日は、以下の学習と課題を完了しました:\n\n* {line}", diary, CheckSettings()).passed("style"), (
            line
        )
    cheered = "本日は、以下の学習と課題を完了しました:\n\n* Kotlinの課題が最高に終わりました!!"
    assert not score(cheered, diary, CheckSettings()).passed("style")

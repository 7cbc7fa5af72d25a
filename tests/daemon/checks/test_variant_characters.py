"""Names and denied words in another shape of their characters: in the diary, in the report, in the settings."""

from __future__ import annotations

import random
import unicodedata

import pytest

from daemon.checks import CheckSettings, find_private_terms, score
from daemon.checks.kanji_variants import COMMON, READ_AS
from daemon.checks.leak import leaks
from daemon.checks.text import fold, normal, normalise, script
from daemon.config import PrivacySettings

DEFAULT = CheckSettings()


def leaked(diary: str, line: str, settings: CheckSettings = DEFAULT) -> bool:
    return bool(leaks(normalise(f"* {line}"), find_private_terms(diary, settings), settings))


@pytest.mark.parametrize(
    ("diary", "line"),
    [
        ("𠮷田くんと帰った。", "𠮷田くんと作業しました。"),
        ("𠮷田くんと帰った。", "吉田と作業しました。"),
        ("吉田くんと帰った。", "𠮷田と作業しました。"),
        ("葛\U000e0100城先輩に聞いた。", "葛城先輩に相談しました。"),
        ("葛城先輩に聞いた。", "葛\U000e0100城に相談しました。"),
        ("髙橋さんに聞いた。", "高橋さんに相談しました。"),
        ("高橋さんに聞いた。", "髙橋に相談しました。"),
        ("𣘺本が来た。", "𣘺本に相談しました。"),
        ("槗本さんが来た。", "橋本に相談しました。"),
        ("﨑山さんが来た。", "崎山に相談しました。"),
        ("渡邉さんが来た。", "渡辺に相談しました。"),
        ("渡邊さんが来た。", "渡邉に相談しました。"),
        ("齋藤さんが来た。", "斉藤に相談しました。"),
        ("斎藤さんが来た。", "齊藤に相談しました。"),
        ("濵田さんが来た。", "浜田に相談しました。"),
        ("栁沢さんが来た。", "柳澤に相談しました。"),
        ("德田さんが来た。", "徳田に相談しました。"),
        ("廣瀨さんが来た。", "広瀬に相談しました。"),
        ("嶋田さんと嶌村さんが来た。", "島田に相談しました。"),
        ("嶋田さんと嶌村さんが来た。", "嶋村に相談しました。"),
        ("神谷さんが来た。", "神谷に相談しました。"),
        ("凜が来た。", "凛に相談しました。"),
        ("⻑⾕川さんが来た。", "長谷川に相談しました。"),
        ("み\u200bくちゃんと話した。", "みくと話しました。"),
        ("みくちゃんと話した。", "み\u00adく\u2060ちゃんと話しました。"),
        ("ル\ufe0fシ\ufe0fオさんに聞いた。", "ルシオさんに確認しました。"),
        ("小\u0336森\u0336くんに会った。", "小森に相談しました。"),
        ("ヴィクトルさんと話した。", "ビクトルに相談しました。"),
        ("ビクトルさんと話した。", "ヴィクトルに相談しました。"),
        ("ヴァネッサさんとヴーさん。", "ヴァネッサに相談しました。"),
        ("𦣝井さんに聞いた。", "𦣝井さんに相談しました。"),
        ("\U00031350川先輩に聞いた。", "\U00031350川先輩に相談しました。"),
    ],
)
def test_another_shape_of_a_character_hides_no_name(diary: str, line: str) -> None:
    assert leaked(diary, line)


@pytest.mark.parametrize("word", ["きなこ", "駅前のカフェ", "高橋", "辺見屋", "Secret案件"])
@pytest.mark.parametrize("side", ["setting", "diary", "report"])
def test_a_denied_word_is_never_written_whatever_stands_between_its_letters(word: str, side: str) -> None:
    chance = random.Random(f"{word} {side}")
    shapes = {"高": "髙", "辺": "邉", "屋": "屋\ufe00"}
    for _ in range(20):
        odd = "".join(
            shapes.get(one, one) + chance.choice(["", "\u200b", "\u00ad", "\u2060", "\ufe0f"]) for one in word
        )
        setting, diary, report = (odd if side == one else word for one in ("setting", "diary", "report"))
        settings = CheckSettings(privacy=PrivacySettings(deny=(setting,)))
        assert leaked(f"今日は{diary}の日。", f"{report}について調べました。", settings)


def test_a_denied_word_that_the_diary_does_not_hold_is_private_too() -> None:
    settings = CheckSettings(privacy=PrivacySettings(deny=("きなこ",)))
    assert leaked("Javaの授業。", "きなこについて調べました。", settings)


def test_an_allowed_word_is_allowed_in_every_shape() -> None:
    settings = CheckSettings(privacy=PrivacySettings(allow=("髙橋法", "渡邉")))
    assert not leaked("渡辺さんに聞いた。渡辺と帰った。", "渡邊に確認しました。", settings)
    assert leaked("渡辺さんに聞いた。", "渡邊に確認しました。")


def test_the_span_of_a_term_covers_every_mark_of_its_characters() -> None:
    diary = "朝。\r\n葛\U000e0100城\u200b先輩に聞いた。\u200bみ\u00adくちゃんも。"
    terms = find_private_terms(diary, DEFAULT)
    found = {term.text for term in terms if term.kind == "name"}
    assert {"葛\U000e0100城\u200b先輩", "み\u00adくちゃん"} <= found
    assert all(diary[term.start : term.end] == term.text for term in terms)


def test_every_plane_counts_as_kanji() -> None:
    for code in (
        0x3400,
        0x4E00,
        0xF900,
        0x20000,
        0x2A700,
        0x2B740,
        0x2B820,
        0x2CEB0,
        0x2EBF0,
        0x2F800,
        0x30000,
        0x31350,
    ):
        assert script(chr(code)) == "kanji", hex(code)


def test_the_table_gives_one_common_form_for_each_character() -> None:
    for table in (COMMON, READ_AS):
        for code, common in table.items():
            assert len(common) == 1 and ord(common) not in COMMON and ord(common) != code, (chr(code), common)
            assert unicodedata.normalize("NFKC", common) == common
    assert {"髙", "﨑", "邉", "邊", "齋", "𠮷", "濵", "栁", "德", "廣", "澤", "嶋", "嶌", "槗", "𣘺", "瀨"} <= {
        chr(code) for code in COMMON
    }


def test_every_character_is_folded_once_and_keeps_its_place() -> None:
    for code in (*range(0x33480), *range(0xE0000, 0xE1000)):
        one = chr(code)
        if "\ud800" <= one <= "\udfff":
            continue
        plain = normalise(one)
        assert normalise(plain) == plain == normal(one).text, hex(code)
        assert len(fold(one)) == 1, hex(code)


@pytest.mark.parametrize(
    ("diary", "line"),
    [
        ("壱拾個の要素を数えた。", "10個の要素を数えました。"),
        ("金弐拾参万円と書く授業。", "23万円の書き方を学習しました。"),
        ("10個の配列を作った。", "壱拾個の配列を作成しました。"),
        ("廿日の授業で暦を習った。", "20日の授業で暦を学習しました。"),
        ("廿日の授業で暦を習った。", "廿日の授業で暦を学習しました。"),
        ("卅ページ読んだ。", "30ページを読みました。"),
        ("C♯でクラスを書いた。", "C#でクラスを作成しました。"),
        ("C#でクラスを書いた。", "C♯でクラスを作成しました。"),
        ("ヴァイオリンの音を分類した。", "バイオリンの音を分類しました。"),
        ("バイオリンの音を分類した。", "ヴァイオリンの音を分類しました。"),
        ("ベクトルとヴェロシティを測った。", "ベロシティを測定しました。"),
        ("半角カナを全角カナに変換した。", "半角カナを全角カナに変換しました。"),
        ("半角カナが文字化けした。カナに直した。", "カナに直しました。"),
        ("氏名カナの欄を作った。", "氏名カナの欄を作成しました。"),
    ],
)
def test_numbers_signs_and_kana_in_another_shape_are_no_fault(diary: str, line: str) -> None:
    result = score(f"* {line}", diary, DEFAULT)
    assert [one.message for one in result.findings if one.check in ("leak", "grounded")] == []


@pytest.mark.parametrize(
    ("diary", "line"),
    [("会に参加し、ごみを拾った。", "3個の要素を数えました。"), ("拾う。陸上の日。", "10個の要素を数えました。")],
)
def test_a_word_with_a_formal_numeral_in_it_is_no_number(diary: str, line: str) -> None:
    assert not score(f"* {line}", diary, DEFAULT).passed("grounded")


def test_a_person_called_kana_is_private_beside_half_width_kana() -> None:
    assert leaked("半角カナを直した。放課後、カナと遊んだ。", "カナと作業しました。")

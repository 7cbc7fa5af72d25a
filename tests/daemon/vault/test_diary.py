"""From a diary to the text that a model may see."""

from __future__ import annotations

import pytest

from daemon.config import PrivacySettings
from daemon.vault.diary import is_blank, prepare

NOTHING = PrivacySettings()


@pytest.mark.parametrize(
    "text", ["", " \n\n", "---\ntags: [日記]\n---\n", "%% まだ %%\n", "---\na: 1\n---\n# 1月7日\n\n- [ ] \n"]
)
def test_a_note_without_words_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "---\na: 1\n---\n寝た", "---\nまだ書きかけ"])
def test_a_note_with_words_is_not_blank(text: str) -> None:
    assert not is_blank(text)


def test_comments_are_cut() -> None:
    prepared = prepare("朝%%ひみつ%%昼<!-- 内緒 -->夜\n%%\n長い\n秘密\n%%\n終", NOTHING)
    assert prepared.text == "朝昼夜\n\n終"
    assert prepared.removed == ("comment", "comment", "comment")


def test_an_open_comment_hides_the_rest_but_a_percent_sign_does_not() -> None:
    assert prepare("朝\n%%\n秘密", NOTHING).text == "朝\n"
    assert prepare("正答率50%%だった。続き", NOTHING).text == "正答率50%%だった。続き"


def test_a_private_section_ends_at_the_next_heading_of_its_level() -> None:
    diary = "# 日記\n授業。\n## プライベート\n恋。\n### もっと\n愛。\n## 学校\n課題。"
    prepared = prepare(diary, PrivacySettings(private_headings=("プライベート",)))
    assert prepared.text == "# 日記\n授業。\n## 学校\n課題。"
    assert prepared.removed == ("heading",)


def test_a_heading_in_code_is_no_heading() -> None:
    diary = "```\n# プライベート\nx = 1\n```\n授業。"
    assert prepare(diary, PrivacySettings(private_headings=("プライベート",))).text == diary


def test_paragraphs_with_a_private_tag_are_cut() -> None:
    diary = "授業。\n\n恋の話。#private/love\n続き。\n\n課題。#学校"
    prepared = prepare(diary, PrivacySettings(private_tags=("#private",)))
    assert "恋" not in prepared.text and "続き" not in prepared.text
    assert "授業。" in prepared.text and "課題。" in prepared.text


@pytest.mark.parametrize(
    ("diary", "secret"),
    [
        ("キー sk-proj-Ab12Cd34Ef56Gh78 を消す", "sk-proj-Ab12Cd34Ef56Gh78"),
        ("WEATHER_KEY=f3a91c07bd2e4e58", "f3a91c07bd2e4e58"),
        ("DB: root / himawari0412", "himawari0412"),
        ("パスは hoge2025! です", "hoge2025!"),
        ("メール a.b@example.jp へ", "a.b@example.jp"),
        ("電話 ０９０－１２３４－０１９８", "０９０－１２３４－０１９８"),
        ("4111-1111-1111-1111", "4111-1111-1111-1111"),
        ("---\ntoken: abcd1234efgh\n---\n授業", "abcd1234efgh"),
    ],
)
def test_secrets_never_reach_the_model(diary: str, secret: str) -> None:
    prepared = prepare(diary, NOTHING)
    assert secret not in prepared.text
    assert "（省略）" in prepared.text and prepared.removed


@pytest.mark.parametrize(
    "diary",
    [
        '---\ntags: [日記]\n---\n`git commit -m "fix"` した。',
        "password_hash()とpassword_verify()を使った。",
        "192.168.10.0/24 を4つに分けた。p.142まで。",
        "2025-09-25 10:00-11:30 の授業。",
        "org.springframework.dao.DataIntegrityViolationException で落ちた。",
        "ＡＢＣ　全角のまま残る。",
    ],
)
def test_ordinary_notes_stay_byte_for_byte(diary: str) -> None:
    prepared = prepare(diary, NOTHING)
    assert prepared.text == diary and prepared.removed == ()

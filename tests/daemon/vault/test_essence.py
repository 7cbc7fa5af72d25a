"""Two diaries with one essence give one report."""

from __future__ import annotations

import pytest

from daemon.config import PrivacySettings
from daemon.vault.essence import essence

PRIVACY = PrivacySettings(private_headings=("プライベート",), private_tags=("private",))
DIARY = (
    "---\nupdated: 2026-11-30T20:00\ntags: [daily]\n---\n"
    "# 学習\n[[ネットワーク/サブネット|サブネット]]の計算をした。[資料](https://example.com/a)を読んだ。\n"
    "![[図.png]]\n- Javaの演習 ^abc\n\n## プライベート\nひみつ\n## 明日\nSQL\n"
)
SAME = {
    "frontmatter": ("updated: 2026-11-30T20:00", "updated: 2026-11-30T20:05"),
    "a property more": ("tags: [daily]", "tags: [daily]\nwords: 120"),
    "a link's target": ("[[ネットワーク/サブネット|", "[[IPv4/サブネット計算|"),
    "an address": ("https://example.com/a", "../資料/a.md"),
    "an embed": ("図.png", "添付/図 1.png"),
    "spaces at line ends": ("をした。[", "をした。["),
    "blank lines": ("\n- Java", "\n\n\n- Java"),
    "a block mark": (" ^abc", ""),
    "private words": ("ひみつ", "別のひみつ"),
    "a comment": ("SQL", "SQL %% あとで %%"),
    "a query": ("## 明日", "```dataview\nLIST\n```\n## 明日"),
    "a command": ("SQL", "SQL\n<% tp.file.cursor() %>"),
}
OTHER = {
    "a word": ("Java", "Kotlin"),
    "what a link shows": ("|サブネット]]", "|IPアドレス]]"),
    "a bare link": ("Javaの演習", "[[Java]]と[[Spring]]の演習"),
    "a person named": ("tags: [daily]", "people: [田中]"),
    "the order": ("# 学習\n", "SQL\n# 学習\n"),
    "a tick": ("- Java", "- [x] Java"),
    "code": ("SQL\n", "SQL\n```sql\nSELECT 1\n```\n"),
    "JSP": ("SQL\n", "SQL\n`<%= name %>`\n"),
}


@pytest.mark.parametrize("kind", SAME)
def test_what_lies_outside_the_prepared_text_does_not_count(kind: str) -> None:
    old, new = SAME[kind]
    assert old in DIARY
    assert essence(DIARY.replace(old, new), PRIVACY) == essence(DIARY, PRIVACY)


@pytest.mark.parametrize("kind", OTHER)
def test_what_the_model_reads_counts(kind: str) -> None:
    old, new = OTHER[kind]
    assert old in DIARY
    assert essence(DIARY.replace(old, new), PRIVACY) != essence(DIARY, PRIVACY)


def test_line_ends_and_a_moved_note_do_not_count() -> None:
    assert essence(DIARY.replace("\n", "  \r\n"), PRIVACY) == essence(DIARY, PRIVACY)
    assert essence("[[a/Java]]", PRIVACY) == essence("[[b/c/Java]]", PRIVACY) != essence("[[b/SQL]]", PRIVACY)


def test_words_that_are_private_no_more_count() -> None:
    assert essence(DIARY, PrivacySettings()) != essence(DIARY, PRIVACY)

"""A note that its person has declared private as a whole is not seen by any model."""

from __future__ import annotations

import pytest

from daemon.config import PrivacySettings
from daemon.drafting.draft import draft_report
from daemon.drafting.result import DraftRequest
from daemon.errors import NotePrivate
from daemon.vault.diary import prepare
from tests.conftest import MakeConfig, MakeVault

NOTHING = PrivacySettings()

DECLARED = [
    "tags: [private]",
    "tags: [日記, Private]",
    "tags: private",
    "tags: 日記, private",
    "tags: 日記 private",
    'tags: ["#private"]',
    "tags:\n  - 日記\n  - private",
    "tags:\n- private/love",
    "tag: private",
    "Tags: プライベート",
    "tags: [ﾌﾟﾗｲﾍﾞｰﾄ]",
    "tags: [非公開]",
    "タグ: [秘密]",
    "private: true",
    "private: True",
    "private: yes",
    "private: on",
    "private: 1",
    'private: "true"',
    "private: true # 今日は駄目",
    "Private : true",
    "private: [true]",
    "private: ✓",
    "is_private: true",
    "is-private: true",
    "プライベート: true",
    "プライベート: はい",
    "非公開: true",
    "非公開: ○",
    "秘密: はい",
    "内緒: true",
    "secret: true",
    "visibility: private",
    "access: Private",
    "公開範囲: 非公開",
    "nippo: false",
    "日報: 不要",
    "日報: なし",
    "x: [unclosed\nprivate: true",
    "x: a: b\ntags: [private]",
    "private: true\nprivate: false",
]


@pytest.mark.parametrize("property_", DECLARED)
def test_a_declared_note_is_not_seen(property_: str) -> None:
    prepared = prepare(f"---\n{property_}\n---\n授業の話。\n", NOTHING)
    assert prepared.text == "" and prepared.private


@pytest.mark.parametrize(
    "diary",
    [
        "#private\n\n授業の話。",
        "# 1月7日\n\n#日記 #private\n\n授業の話。",
        "授業の話。\n\n恋の話。\n\n#プライベート",
        "授業の話。\n\n---\n#private #日記\n",
        "private:: true\n授業の話。",
        "授業の話。 \n[非公開:: はい]",
        "---\nprivate: true\n\n授業の話。",
        "\ufeff---\nprivate: true\n---\n授業の話。",
        "---\r\ntags: [private]\r\n---\r\n授業の話。",
    ],
)
def test_a_line_of_tags_and_a_field_declare_it_too(diary: str) -> None:
    assert prepare(diary, NOTHING).private


@pytest.mark.parametrize(
    "diary",
    [
        "---\ntags: [日記, private-cloud, privateer]\n---\n授業の話。",
        "---\nprivate: false\n---\n授業の話。",
        "---\nprivate:\ntags: []\n---\n授業の話。",
        "---\nprivate: no\nnippo: true\n日報: はい\n---\n授業の話。",
        "---\npublish: false\ndg-publish: false\n公開: false\npublic: false\n---\n授業の話。",
        "---\ntitle: private\n科目: 秘密鍵\n---\n授業の話。",
        "---\ntags: [ひみつ, secret, k8s]\n---\n授業の話。",
        "授業の話。#private の話もした。",
        "授業の話。\n\n```java\nprivate: true\n```",
        "C++の private: を習った。\n\nprivate: true\n",
        "授業の話。\n`private:: true`",
        "std::private::true という名前。",
        "```\n---\nprivate: true\n---\n```\n授業の話。",
    ],
)
def test_any_other_note_is_seen(diary: str) -> None:
    prepared = prepare(diary, NOTHING)
    assert not prepared.private
    assert prepared.text == diary


def test_the_private_tags_of_the_settings_declare_a_note_too() -> None:
    own = PrivacySettings(private_tags=("ひみつ",))
    assert prepare("---\ntags: [ひみつ/恋]\n---\n授業の話。", own).private
    assert prepare("#ひみつ\n\n授業の話。", own).private


def test_a_private_property_goes_with_all_its_lines() -> None:
    diary = "---\nmood: 7\nprivate: |\n  恋の話\n  もっと\nひみつ: [恋, 恋2]\ndate: 2026-01-07\n---\n授業の話。"
    prepared = prepare(diary, NOTHING)
    assert prepared.text == "---\nmood: 7\ndate: 2026-01-07\n---\n授業の話。"
    assert prepared.removed == ("property", "property")


def test_no_draft_is_made_of_a_declared_note(make_vault: MakeVault, make_config: MakeConfig) -> None:
    def never() -> None:
        raise AssertionError("the model was asked for")

    config = make_config(make_vault())
    with pytest.raises(NotePrivate) as caught:
        draft_report(never, DraftRequest("2026-01-07", "---\nprivate: true\n---\n恋の話。"), config)  # type: ignore[arg-type]
    assert "恋" not in str(caught.value)

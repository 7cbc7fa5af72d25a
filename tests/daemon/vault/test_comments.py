"""Comments of a note: what Obsidian hides goes, and a mark inside of code is none."""

from __future__ import annotations

import pytest

from daemon.config import PrivacySettings
from daemon.vault.diary import is_blank, prepare

NOTHING = PrivacySettings()


def seen(diary: str) -> str:
    return prepare(diary, NOTHING).text


@pytest.mark.parametrize(
    "diary",
    [
        "`for %%x in (*.txt) do echo`\n授業の話。\n`echo %%x`\n終わり。",
        "```bat\nfor %%x in (*.txt) do (\n  echo\n)\n```\n授業の話。\n```bat\necho %%x\n```",
        "> ```\n> %%x\n> ```\n\n授業の話。\n\n- 手順\n  ~~~\n  %%x\n  ~~~",
        "for %%x in (*.txt) do echo hello\n授業の話。\nfor %%x in (*.log) do del",
        "for /f \"tokens=1\" %%a in (list.txt) do (\n授業の話。\n  echo %%~na\n)",
        "HTMLでは `<!--` と書く。\n授業の話。\n`-->` で閉じる。",
        "```html\n<!-- 見えない -->\n```\n授業の話。",
        "`` ` %% `` と `%%` の授業の話。",
        "正答率50%%だった。授業の話。",
        "\\%% の授業の話。\\%%",
    ],
)  # fmt: skip
def test_a_mark_inside_of_code_is_no_comment(diary: str) -> None:
    assert seen(diary) == diary
    assert not is_blank(diary)


@pytest.mark.parametrize(
    ("diary", "left"),
    [
        ("朝%%恋%%昼", "朝昼"),
        ("朝%%恋`%%昼`%%", "朝昼`%%"),
        ("朝`x`%%恋%%`y`昼", "朝`x``y`昼"),
        ("%%\n恋\n%%\n授業", "\n授業"),
        ("%%\n恋\n```bat\nfor %%x\n```\nもっと恋\n%%\n授業", "\n授業"),
        ("%%\n恋\n```\n%%\n授業\n```\ncode %%x\n```", "\n授業\n```\ncode %%x\n```"),
        ("> %%\n> 恋\n> %%\n> 授業", "> \n> 授業"),
        ("授業\n%%\n恋", "授業\n"),
        ("授業\n> %% 恋\n> 恋", "授業\n> "),
        ("授業\n<!--\n恋\n\n恋", "授業\n"),
        ("朝<!-- 恋 %% -->昼%%恋%%夜", "朝昼夜"),
        ("朝%%恋 --> <!-- %%昼", "朝昼"),
        ("    %%恋%%授業", "    授業"),
        ("- 朝\n\n\t%%恋%%授業", "- 朝\n\n\t授業"),
        ("```\n%%恋%%", "```\n"),
        ("`朝%%恋\n\n恋%%昼", "`朝昼"),
        ("%%x is love%%授業", "授業"),
        ("for %%i in (1) do echo\n%%i love you%%授業", "for %%i in (1) do echo\n授業"),
        ("---\nmemo: a%%恋%%b\nx: '%%'\n---\n授業%%恋%%", "---\nmemo: ab\nx: '%%'\n---\n授業"),
    ],
)
def test_a_comment_goes_whatever_stands_beside_it(diary: str, left: str) -> None:
    assert seen(diary) == left


def test_a_note_of_comments_alone_is_blank() -> None:
    assert is_blank("%%\nTODO\n%%\n<!-- x -->\n")
    assert not is_blank("`%%` を習った\n\n%%x")

"""Which sections of a diary are private: every form of a heading that Obsidian renders or folds, and nothing else."""

# ruff: noqa: E501 - diaries read best whole

from __future__ import annotations

import random

import pytest

from daemon.config import PrivacySettings
from daemon.vault.diary import prepare
from daemon.vault.near_headings import near_headings

PRIVACY = PrivacySettings(private_headings=("プライベート", "Private", "🔒"), private_tags=("private",))


def seen(diary: str, privacy: PrivacySettings = PRIVACY) -> str:
    return prepare(diary, privacy).text


@pytest.mark.parametrize(
    "heading",
    [
        "## プライベート",
        "## プライベート ##",
        "## **プライベート**",
        "## ==プライベート==",
        "## ~~プライベート~~",
        "## [[プライベート]]",
        "## [[notes/プライベート.md|内緒]]",
        "## [[日記#プライベート]]",
        "## [プライベート](private.md)",
        "## プライベート🔒",
        "## 🔒",
        "## 🙈️ プライベート",
        "## プライベート #日記",
        "## プライベート #日記/私 ^id-1",
        "## プライベート ^id",
        "## #プライベート",
        "## 夜 #private",
        "## 夜 #private/love",
        "## ﾌﾟﾗｲﾍﾞｰﾄ",
        "## ＰＲＩＶＡＴＥ",
        "## pri\u200bvate",
        "## 【プライベート】",
        "## プライベート：",
        "## 2. プライベート",
        "## 21:30 プライベート",
        "## <span style='color:red'>プライベート</span>",
        "## プライベート&nbsp;",
        "## プライベート[^1]",
        "## プライベート^[夜の分]",
        "## ![[lock.png|16]] プライベート",
        "## ![](lock.png) プライベート",
        "## :lock: プライベート",
        "## :LiLock: プライベート {#p .x}",
        "## プライベート (mood:: 3) [x:: 1]",
        "## プライ%%x%%ベート",
        "   ## プライベート",
        "##\tプライベート",
        "##　プライベート",
        "##プライベート",
        "    ## プライベート",
        "\t## プライベート",
        "<div>\n## プライベート",
        "プライベート\n---",
        "プライベート\n-",
        "プライベート\n====",
        "**プライベート** 🔒\n----",
        "<h2>プライベート</h2>",
        '<h2 class="x"><b>プライベート</b></h2>',
    ],
)
def test_a_heading_is_known_by_its_words(heading: str) -> None:
    diary = f"# 日記\n\n授業の話。\n\n{heading}\n\n恋の話。\n\n# 学校\n\n課題の話。"
    prepared = prepare(diary, PRIVACY)
    assert "恋" not in prepared.text
    assert "授業の話。" in prepared.text and "課題の話。" in prepared.text
    assert prepared.removed.count("heading") == 1


@pytest.mark.parametrize(
    "diary",
    [
        "## プライベートクラウド\n授業の話。",
        "## 非プライベート\n授業の話。",
        "## プライベートIPアドレスの割り当て\n授業の話。",
        "## Private修飾子\n授業の話。",
        "プライベート\n授業の話。",
        "**プライベート**\n授業の話。",
        "`## プライベート`\n授業の話。",
        "```md\n## プライベート\n```\n授業の話。",
        "~~~\nプライベート\n---\n~~~\n授業の話。",
        "> ```\n> # プライベート\n> ```\n授業の話。",
        "- 手順\n  ```\n  # プライベート\n  ```\n  授業の話。",
        "> [!note] プライベートサブネットの設計\n> 授業の話。",
        "- プライベート関数を書いた\n  - 授業の話。",
        "<details><summary>プライベートキー</summary>授業の話。</details>",
        "| プライベート | 公開 |\n|---|---|\n| 授業の話。 | a |",
        "```js\nclass A { #private = 1 }\n```\n授業の話。",
        "`#private` と書いた。授業の話。",
        "https://example.jp/#private の授業の話。",
    ],
)
def test_what_only_looks_like_a_private_heading_stays(diary: str) -> None:
    assert seen(diary) == diary


@pytest.mark.parametrize(
    ("diary", "left"),
    [
        ("> [!note] プライベート\n> 恋の話。\n\n授業。", "\n授業。"),
        ("> [!danger]- プライベート 🔒\n> 恋の話。\n> > 深い恋。\n\n授業。", "\n授業。"),
        ("> [!private]\n> 恋の話。\n\n授業。", "\n授業。"),
        ("> [!private]+ 今日\n> 恋の話。\n\n授業。", "\n授業。"),
        ("> 授業1。\n> ## プライベート\n> 恋の話。\n> ## 学校\n> 授業2。\n\n授業3。", "> 授業1。\n> ## 学校\n> 授業2。\n\n授業3。"),
        ("> [!note] 今日\n> ## プライベート\n> 恋の話。\n\n授業。", "> [!note] 今日\n\n授業。"),
        ("- ## プライベート\n  恋の話。\n- 授業。", "- 授業。"),
        ("- ## プライベート\n\n恋の話。\n\n## 学校\n授業。", "## 学校\n授業。"),
        ("> ## プライベート\n\n恋の話。\n\n### もっと\n恋。\n\n# 学校\n授業。", "# 学校\n授業。"),
        ("> [!danger] プライベート\n\n恋の話。\n\n### 学校\n授業。", "### 学校\n授業。"),
        ("- 授業1。\n- プライベート\n- 授業2。", "- 授業1。\n- 授業2。"),
        ("- [ ] ## プライベート\n  恋の話。\n- 授業。", "- 授業。"),
        ("授業。\n\n恋の話(#private)。", "授業。\n\n"),
        ("[学校](#private)の授業。[[#private]]", "[学校](#private)の授業。[[#private]]"),
        ("- ## プライベート\n- 恋の話。\n- ## 学校\n- 授業。", "- ## 学校\n- 授業。"),
        ("- 授業1。\n- プライベート\n  - 恋の話。\n    - 深い恋。\n- 授業2。", "- 授業1。\n- 授業2。"),
        ("- 授業1。\n- [ ] プライベート\n\t- 恋の話。\n- 授業2。", "- 授業1。\n- 授業2。"),
        ("1. **プライベート**:\n   恋の話。\n2. 授業。", "2. 授業。"),
        ("授業1。\n<details>\n<summary>プライベート</summary>\n\n恋の話。\n\n<details><summary>x</summary>\n恋。</details>\n\n</details>\n授業2。", "授業1。\n\n授業2。"),
        ("授業1。\n\n<details open><summary>🔒</summary>\n恋の話。", "授業1。\n\n"),
    ],
)  # fmt: skip
def test_callouts_list_items_and_folded_blocks_are_sections(diary: str, left: str) -> None:
    assert seen(diary) == left


def test_a_section_ends_with_a_heading_of_its_level_and_not_with_a_smaller_one() -> None:
    assert seen("## プライベート\n恋\n### 学校\n恋\n## 学校\n授業") == "## 学校\n授業"
    assert seen("# 一\n### プライベート\n恋\n# 二\n授業") == "# 一\n# 二\n授業"
    assert seen("## プライベート\n恋\n学校\n===\n授業") == "学校\n===\n授業"
    assert seen("プライベート\n---\n恋\n\n学校\n---\n授業") == "学校\n---\n授業"
    assert seen("## プライベート\n恋\n<h2>学校</h2>\n\n授業") == "<h2>学校</h2>\n\n授業"


def test_a_line_ruled_off_ends_no_private_section() -> None:
    assert seen("## プライベート\n恋の話。\n---\nもっと恋。\n\n***\n恋。") == ""
    assert seen("プライベート\n---\n恋の話。\nもっと恋。\n---\n恋。") == ""


def test_a_heading_in_a_quote_or_list_ends_no_section_around_it() -> None:
    assert seen("## プライベート\n> ## 学校\n> 恋\n\n- # 学校\n- 恋\n\n## 学校\n授業") == "## 学校\n授業"


def test_only_the_line_above_the_marks_is_the_heading() -> None:
    assert seen("授業。\nプライベート\n---\n恋。") == "授業。\n"


def test_a_fence_that_is_never_closed_hides_no_private_heading() -> None:
    assert seen("```py\nx = 1\n\n## プライベート\n恋。\n\n## 学校\n授業。") == "```py\nx = 1\n\n## 学校\n授業。"


def test_what_was_cut_is_told_with_its_lines_and_why() -> None:
    diary = "---\nx: 1\n---\n# 日記\n%%内緒%%授業。\n## プライベート🔒\n恋。\nもっと。\n## 学校\n連絡は a.b@example.jp へ。\n"
    prepared = prepare(diary, PRIVACY)
    found = [(cut.kind, cut.why, cut.line, cut.last_line, cut.text) for cut in prepared.cuts]
    assert found[0] == ("comment", "comment", 5, 5, "%%内緒%%")
    assert found[1] == ("heading", "heading 「プライベート🔒」", 6, 8, "## プライベート🔒\n恋。\nもっと。\n")
    assert found[2][0] == "email" and found[2][2:] == (10, 10, "a.b@example.jp")
    assert prepared.lines == (1, 2, 3, 4, 5, 9, 10, 11)


def test_lines_that_only_read_like_a_private_heading_are_told() -> None:
    diary = "---\nprivate: false\n---\n授業。\n\n**プライベート**\n恋。\n\nプライベート：恋。\n\n## プライベートなこと\n恋。\n"
    assert [line for line, _ in near_headings(prepare(diary, PRIVACY), PRIVACY)] == [6, 9, 11]
    assert list(near_headings(prepare("授業。\n## 学校", PRIVACY), PRIVACY)) == []


STUDY = ("## 学校", "### 授業", "## プライベートクラウド", "# 今日", "学校\n====", "## 2. 課題 🖥️", "<h2>学校</h2>\n")
SECRET = ("## プライベート", "### [[プライベート]]", "## プライベート🔒 #日記", "## Ｐｒｉｖａｔｅ ^a1", "プライベート\n---", "## 夜 #private",
          "# **プライベート**", "<h2>プライベート</h2>\n", "##　プライベート", "プライベート\n===")  # fmt: skip


class Layout:
    """A diary drawn from a seed, with the words that a model must see and those that it must not."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.kept: list[str] = []
        self.cut: list[str] = []
        self.parts: list[str] = []
        self.hidden = 0
        if self.chance.random() < 0.3:
            self.parts.append("---\ntags: [日記]\nmood: %%\n---")
        for _ in range(self.chance.randrange(3, 9)):
            self.section()
        self.text = "\n".join(self.parts)

    def word(self, secret: bool = False) -> str:
        number = len(self.kept) + len(self.cut)
        secret = secret or self.hidden > 0
        word = f"{'恋' if secret else '学'}{number:03}番"
        (self.cut if secret else self.kept).append(word)
        return word

    def section(self) -> None:
        secret = self.chance.random() < 0.35
        heading = self.chance.choice(SECRET if secret else STUDY)
        level = 1 if heading.endswith("=") else 2 if heading.endswith("-") else heading.count("#", 0, 4) or 2
        loose = "　" in heading
        if self.hidden and level <= self.hidden and not loose:
            self.hidden = 0
        if secret:
            self.hidden = min(self.hidden or level, level)
        self.parts += ["", heading]
        for _ in range(self.chance.randrange(1, 5)):
            self.parts.append(self.chance.choice(self.forms)(self) + "\n")

    def plain(self) -> str:
        return f"{self.word()}の話。\n{self.word()}も。"

    def items(self) -> str:
        return f"- {self.word()}\n  - {self.word()}\n- [x] {self.word()}"

    def comment(self) -> str:
        return f"{self.word()}%%{self.word(True)}%%{self.word()}<!-- {self.word(True)} -->"

    def long_comment(self) -> str:
        return f"%%\n{self.word(True)}\n\n## 学校\n{self.word(True)}\n%%\n{self.word()}"

    def fence(self) -> str:
        return (
            f"```bat\nfor %%x in (*.txt) do echo {self.word()}\n# プライベート\n<!-- {self.word()}\n```\n{self.word()}"
        )

    def span(self) -> str:
        return f"`%%x` と {self.word()} と ``<!-- ` %%`` と {self.word()}"

    def batch(self) -> str:
        return f"for %%i in (1,2) do start {self.word()}\necho %%i {self.word()}"

    def callout(self) -> str:
        title = self.chance.choice(("プライベート", "[[プライベート]] 🔒", "Private"))
        return f"> [!note]- {title}\n> {self.word(True)}\n> - {self.word(True)}\n\n{self.word()}"

    def quoted(self) -> str:
        return f"> {self.word()}\n> ### プライベート ^x\n> {self.word(True)}\n> ### 学校\n> {self.word()}"

    def listed(self) -> str:
        return f"- {self.word()}\n- プライベート\n  {self.word(True)}\n  - {self.word(True)}\n- {self.word()}"

    def listed_heading(self) -> str:
        return f"* {self.word()}\n* ### プライベート\n  {self.word(True)}\n* {self.word()}"

    def tagged(self) -> str:
        return f"{self.word(True)} #private/love\n{self.word(True)}\n\n{self.word()} #学校"

    def folded(self) -> str:
        return f"<details><summary>プライベート</summary>\n\n{self.word(True)}\n\n</details>\n\n{self.word()}"

    forms = (plain, plain, items, comment, long_comment, fence, span, batch, callout, quoted, listed, listed_heading, tagged, folded)  # fmt: skip


def test_two_hundred_layouts_lose_every_private_word_and_no_other() -> None:
    for seed in range(200):
        layout = Layout(seed)
        text = seen(layout.text)
        assert [word for word in layout.cut if word in text] == [], (seed, layout.text)
        assert [word for word in layout.kept if word not in text] == [], (seed, layout.text)
        assert seen(text) == text, seed

"""Which lines of a note are its person's own, with and without the vault's template."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.vault.template import common_lines, comparable, own_lines, read_template

UNTOUCHED = {
    "navigation": "<< [[2026-11-29]] | [[2026-12-01]] >>",
    "navigation in words": "[[2026-11-29|← 前日]] ・ [[日記/2026-W48|週次]] ・ [[2026-12-01|翌日 →]]",
    "markdown navigation": "[前の日](2026-11-29.md) / [次の日](2026-12-01.md)",
    "title and rule": "# 2026年11月30日(月)\n\n---\n\n## 学習\n\n## 明日やること\n",
    "bullets and boxes": "- \n* \n- [ ] \n1. \n- [ ]\n",
    "labels": "気分:\n天気：\nmood:: \n- **学習時間**: \n[sleep:: ]\n",
    "dates": "2026-11-30 (月) 07:30\n第49週\nMonday, November 30th 2026\n",
    "empty table": "| 時間 | やったこと |\n| --- | --- |\n| 9:00 |  |\n| 10:00 |  |\n",
    "timetable": "| 時限 | 科目 | 内容 |\n|:-:|---|---|\n| 1 | Linux演習 |  |\n| 2 | データベース | |\n",
    "timetable with boxes": "|限|授業|メモ|\n|-|-|-|\n|1限|Linux演習|[ ]|\n",
    "dataview": '```dataview\nTABLE file.mtime FROM "diary"\nWHERE date = this.date\n```\n',
    "dataviewjs in a callout": "> [!info]- 関連\n> ```dataviewjs\n> dv.list(dv.pages())\n> ```\n",
    "tasks": "```tasks\nnot done\ndue before tomorrow\n```",
    "inline queries": "`= this.file.day`\n`$= dv.current().file.name`",
    "callouts": "> [!todo] 今日の課題\n> \n> [!note]+ ふりかえり\n> - [ ] \n",
    "embeds": "![[habits#今日]]\n![写真](photo.png)\n![[2026-11-30.png|300]]\n",
    "tags": "#daily #日記/2026",
    "Templater": '<% tp.file.cursor() %>\n<%* const d = tp.date.now("YYYY")\ntR += d %>\n天気: <% tp.x() %>\n',
    "html": "<br>\n<div class='x'></div>\n&nbsp;",
    "frontmatter": "---\ntags: [daily]\nmood: 3\n---\n",
    "block": "^habits",
    "nothing": "",
}


@pytest.mark.parametrize("kind", UNTOUCHED)
def test_scaffolding_alone_is_nobodys_own(kind: str) -> None:
    assert own_lines(UNTOUCHED[kind]) == []


def test_all_of_it_together_is_nobodys_own() -> None:
    assert own_lines("\n\n".join([UNTOUCHED["frontmatter"], *list(UNTOUCHED.values())[:-3]])) == []


WRITTEN = {
    "a sentence": "今日",
    "a word": "Java",
    "a link to a topic": "- [[Java]]",
    "a ticked box": "- [x] 復習",
    "a filled label": "学習: サブネット計算",
    "a filled row": "| 時間 | やったこと |\n| --- | --- |\n| 9:00 | SQLの結合 |\n",
    "a filled row without a memo": "| 科目 | やったこと | メモ |\n|---|---|---|\n| Linux | 権限を設定した | |\n",
    "a filled timetable": "| 時限 | 科目 | 内容 |\n|---|---|---|\n| 1 | Linux演習 | chmodを学んだ |\n| 2 | DB | |\n",
    "subjects alone, by hand": "| 時限 | 科目 |\n|---|---|\n| 1 | Linux演習 |\n",
    "in a callout": "> [!note] 学習\n> サブネット計算をした\n",
    "code": "```java\nint x = 1;\n```",
    "JSP": "`<%= user.name %>` を直した",
    "after an open query": "```dataview\nTABLE x\n\nサブネット計算をした",
    "between commands": "<% x サブネットの計算をした y %>",
    "a path": "a | b | c",
    "a formula": "`=SUM(A1:A3)` を使った",
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_a_person_wrote_is_their_own(kind: str) -> None:
    assert own_lines(WRITTEN[kind])
    assert own_lines(UNTOUCHED["navigation"] + "\n\n" + WRITTEN[kind] + "\n\n" + UNTOUCHED["callouts"])


TEMPLATE = """---
created: <% tp.date.now("YYYY-MM-DD") %>
---
# {{date:YYYY年MM月DD日}} {{title}}
<%* const week = tp.date.now("ww")
tR += "" %>
[[{{date:YYYY-MM-DD}}|今日]] 第{{date:ww}}週のふりかえり
おはよう。{{time}} に起きた。
天気は <% tp.user.weather() %> でした。
- 目標: <% tp.file.cursor(1) %>
<% tp.web.daily_quote() %>
| 時限 | 科目 | 内容 |
|---|---|---|
| 1 | Linux演習 | |
- [ ] 英単語100個
合言葉は「継続は力なり」
"""
MADE = """---
created: 2026-11-30
---
# 2026年11月30日 2026-11-30
[[2026-11-30|今日]] 第49週のふりかえり
おはよう。07:30 に起きた。
天気は 晴れ、最高 12 度 でした。
- 目標:
> [!quote] Stay hungry, stay foolish.
> — Steve Jobs
| 時限 | 科目 | 内容 |
|---|---|---|
| 1 | Linux演習 | |
- [ ] 英単語100個
合言葉は「継続は力なり」
"""


def test_a_note_as_its_template_made_it_is_nobodys_own() -> None:
    assert own_lines(MADE, [read_template(TEMPLATE)]) == []
    assert own_lines(TEMPLATE, [read_template(TEMPLATE)]) == [], "nobody has run its commands"
    assert own_lines(MADE), "without the template nobody knows"


@pytest.mark.parametrize(
    ("old", "new", "own"),
    [
        ("- 目標:", "- 目標: SQLを覚える", "- 目標: sqlを覚える"),
        ("- [ ] 英単語", "- [x] 英単語", "- [x] 英単語100個"),
        ("| 1 | Linux演習 | |", "| 1 | Linux演習 | chmod |", "| 1 | linux演習 | chmod |"),
        ("第49週のふりかえり", "第49週のふりかえり よくできた", None),
        ("に起きた。", "に起きた。Javaをした。", None),
        ("合言葉は", "Javaを学んだ。\n合言葉は", "javaを学んだ。"),
    ],
)
def test_what_is_added_to_a_template_is_found(old: str, new: str, own: str | None) -> None:
    found = own_lines(MADE.replace(old, new), [read_template(TEMPLATE)])
    assert len(found) == 1 and (own is None or found == [own])


def test_a_line_of_one_command_does_not_stand_for_whatever_is_written() -> None:
    for template in ("<% tp.user.quote() %>", "{{title}}", "{{VALUE}}", "<% tp.file.cursor() %>", "- <% tp.x() %>"):
        assert own_lines("今日はJavaを学んだ。\n- SQLも", [read_template(template)]) == [
            "今日はjavaを学んだ。",
            "- sqlも",
        ]


def test_lines_of_most_notes_are_common_and_habits_that_were_ticked_are_not() -> None:
    notes = [own_lines(f"合言葉は継続\n- [x] 英単語\n{day}日目の課題\n") for day in range(8)]
    common = common_lines(notes)
    assert common.lines == {"合言葉は継続"}
    assert common_lines(notes[:5]).lines == frozenset(), "five notes say little"
    assert common_lines([*notes, *[["別の日"]] * 4]).lines == frozenset(), "two thirds are not most"


def test_odd_lines_and_large_notes_take_no_time() -> None:
    template = read_template(
        "{{date}} {{time}} <% tp.user.x() %>です {{date}} / {{date}}\n予定 {{date}}, {{date}} {{title}} まで"
    )
    long = "2026-11-30 " * 5000 + "x"
    numbers = "\n".join(f"{number}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, x" for number in range(3000))
    queries = "```tasks\n" * 20000 + "<% tp " * 20000
    began = time.process_time()
    assert own_lines(f"{long}\n{long[:190]}!", [template])
    assert own_lines("[[2026]] " + "前日 | - " * 20000 + "x")
    assert (
        own_lines(numbers, [template])
        and any(template.holds(comparable(line)) for line in numbers.split("\n")) is False
    )
    assert own_lines(queries)
    assert time.process_time() - began < 5


@settings(deadline=None)
@given(st.text(alphabet="[]()|#>-*`~<%=!:：{} \n\r\t0123あ日月Ja年", max_size=120))
def test_no_text_is_too_odd(text: str) -> None:
    template = read_template(text)
    left = own_lines(text, [template])
    assert all(line and line == comparable(line) for line in left)

"""What a person keeps in the frontmatter of a report is the person's, byte by byte, whatever it is."""

from __future__ import annotations

import random
import re
import time
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from daemon.vault.own_lines import OWN_KEYS, NewValue, own_lines, with_values
from daemon.vault.report_note import ReportNote, read, redraw, set_key
from daemon.vault.tick_hint import tick_hints

NEW = ReportNote(
    day=date(2026, 1, 7),
    diary="diary/2026-01-07",
    body="* 新しい行です。",
    status="needs-review",
    model="v0.2",
    generated=datetime(2026, 1, 8, 22, 10, 5, tzinfo=timezone(timedelta(hours=9))),
    warnings=("3行目: 省きました", "4行目"),
    evidence="nippo/根拠/2026-01-07-根拠",
)
VALUES = {
    "date": "2026-01-07",
    "diary": '"[[diary/2026-01-07]]"',
    "accepted": "false",
    "redo": "false",
    "status": "needs-review",
    "model": "v0.2",
    "generated": "2026-01-08T22:10:05+09:00",
    "warnings": "",
    "evidence": '"[[nippo/根拠/2026-01-07-根拠]]"',
}
ITEMS = ('  - "3行目: 省きました"', '  - "4行目"')
FOREIGN = [
    "C#: 3h",
    "'a: b': 1",
    '"x: y": [1, 2]',
    "it's: 4",
    "-x: 2",
    "---x: 3",
    "? complex\n: value",
    "memo: |\n  一行目\n\n  三行目\n   accepted: true\n  - x",
    "memo: |+\n  終わりの空行\n\n",
    "memo: >-\n\n  # これは文\n  二行目",
    "",
    "   ",
    "# 先生に聞く: redo: true",
    "#accepted: true",
    "base: &base\n  a: 1",
    "more: *base",
    "<<: *base",
    "tags: [日報,\n  java]",
    "tags: [日報,\naccepted: true,\njava]",
    'title: "二行の\naccepted: true\n題"  # と注記',
    "title: '二行の\nredo: true\nit''s'",
    'title: "閉じていない',
    "tags:\n- 日報\n- redo: true",
    "tags:\n  - 日報\n\n  - java",
    "{odd: 1}",
    "{odd: 1,\nredo: true}",
    "no key at all",
    "時間： 3",
    "accepted_by: 先生",
    "Accepted: yes",
    "key with spaces : v",
    "a:b: c",
    "url: https://example.com/#x",
    "!!str tagged: 1",
    "%yaml: 1",
    "@home: x",
    "`code`: x",
    "\tTab: x",
    "dup: 1\ndup: 2",
    "emoji🔒: 🔑",
    ": empty",
    "sep:\u2028a",
    "nel:\u0085redo: true",
    "mark: \ufeff",
]
OWN = {
    "date": ["date: 2026-01-01", 'date: "2026-01-01"', "date:"],
    "diary": [
        'diary: "[[x]]"',
        "diary: '[[it''s # 1]]'",
        "diary: [[x]]",
        'diary: "[[長い\n  名前]]"',
        "diary: >-\n  [[x]]",
    ],
    "accepted": ["accepted: true", "accepted:   on", '"accepted": true', "accepted:\n  - true", "accepted:\n- true"],
    "redo": ["redo: true", "'redo' : はい", "redo:", "redo: &r true", "redo: [true]", "redo: [true,\ntrue]"],
    "status": ["status: draft", 'status: "draft"'],
    "model": ["model: starter-1", 'model: "a: b"', "model: !!str v1"],
    "generated": ["generated: 2026-01-07T22:10:05+09:00"],
    "warnings": [
        "warnings: []",
        "warnings:",
        "warnings:\n  - 一つ\n  - 二つ",
        "warnings:\n- 一つ\n-\n  二つ",
        "warnings: [一,\n  二]",
    ],
    "evidence": ['evidence: "[[x]]"', "evidence:", "evidence: [[x]]"],
}
COMMENT = "  # 私の注記"


def made(rng: random.Random) -> tuple[bytes, bytes]:
    """A report note with a person's lines among ours, and the pattern of what a new draft must make of it: built of the
    same pieces, so that nothing here reads a frontmatter."""
    ending = rng.choice(["\n", "\n", "\r\n"])
    pieces: list[tuple[str, str]] = []  # (key of ours or "", text)
    keys = [key for key in OWN_KEYS if rng.random() < 0.9]
    for key in rng.sample(keys, len(keys)) if rng.random() < 0.5 else keys:
        text = rng.choice(OWN[key])
        if "\n" not in text and rng.random() < 0.2:
            text += COMMENT
        pieces.append((key, text))
    for _ in range(rng.randrange(6)):
        # Never within an own value: below it, an indented line or an item would be a part of that.
        pieces.insert(rng.randrange(len(pieces) + 1), ("", rng.choice(FOREIGN)))
    if keys and rng.random() < 0.1:
        pieces.append(("", f"{rng.choice(keys)}: twice"))
    after = []
    for key, text in pieces:
        after.append(
            re.escape(text) if not key else own(text, NewValue(VALUES[key], ITEMS if key == "warnings" else ()))
        )
    for key in OWN_KEYS:
        if key not in keys:
            after.append(own(f"{key}:", NewValue(VALUES[key], ITEMS if key == "warnings" else ())))
    mark = "\ufeff" if rng.random() < 0.2 else ""
    fence = rng.choice(["---", "---", "---  "])
    body = rng.choice(["古い本文\n", "", "古い本文", "---\naccepted: true\n"])
    end = "" if not body and rng.random() < 0.5 else "\n"
    before = "\n".join([fence, *(text for _, text in pieces), fence]) + end + body
    wanted = "\n".join([re.escape(fence), *after, re.escape(fence)]) + re.escape("\n* 新しい行です。\n")
    return (mark + before).replace("\n", ending).encode(), (mark + wanted).replace("\n", ending).encode()


def own(text: str, new: NewValue) -> str:
    """What a key's lines become, as a pattern: key, anchor and comment stay, the blanks between them are free."""
    head = text.split("\n")[0]
    name = head[: head.index(":") + 1]
    kept = next((re.escape(word) + " +" for word in head.split() if word[0] in "&!"), "")
    comment = " *" + re.escape(COMMENT.strip()) if COMMENT in head else ""
    return "\n".join([re.escape(name) + " *" + kept + re.escape(new.text) + comment, *map(re.escape, new.items)])


def test_a_new_draft_keeps_every_byte_of_2000_frontmatters() -> None:
    for seed in range(2000):
        before, after = made(random.Random(seed))
        assert re.fullmatch(after, redraw(before, NEW)), f"seed {seed}"


def test_a_tick_keeps_every_other_byte() -> None:
    """The same, one box at a time and back: the only bytes that differ are the box's value."""
    for seed in range(400):
        before, _ = made(random.Random(seed))
        line = own_lines(before).get("accepted")
        if line is None:
            with pytest.raises(KeyError):
                set_key(before, "accepted", "true")
            continue
        for value in ("true", "false"):
            changed = set_key(before, "accepted", value)
            assert read(changed).accepted is (value == "true"), f"seed {seed}"
            assert changed.startswith(before[: line.value]) and changed.count(b"\n") == before.count(b"\n") - len(
                line.more
            )
            again = set_key(changed, "accepted", value)
            assert again == changed, f"seed {seed}"


@pytest.mark.parametrize(
    "mine", ["C#: 3h", "'a: b': 1", "it's: 4", "-x: 2", "memo: |\n  一\n\n  三", "a: 1\na: 2", "", "# c"]
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_redo_deletes_no_property_of_a_person(mine: str, ends: str) -> None:
    text = f"\ufeff---\nredo: true\nwarnings:\n  - 古い\n{mine}\naccepted: true\n---\n本文"
    found = redraw(text.replace("\n", ends).encode(), NEW).decode()
    assert f"{ends}{mine}\n".replace("\n", ends).replace("\r\r", "\r") in found
    assert found.startswith("\ufeff---") and "古い" not in found and found.endswith(f"---{ends}* 新しい行です。{ends}")


def test_a_list_under_a_box_goes_with_its_value() -> None:
    data = b"---\naccepted:\n  # mine\n  - true\n\n- x\ntags:\n- a\n---\n"
    assert set_key(data, "accepted", "false") == b"---\naccepted: false\n  # mine\n\ntags:\n- a\n---\n"


def test_a_comment_is_no_value() -> None:
    assert set_key(b"---\naccepted: # true\n---\n", "accepted", "true") == b"---\naccepted: true # true\n---\n"
    assert set_key(b"---\nredo: &r no\nx: *r\n---\n", "redo", "true") == b"---\nredo: &r true\nx: *r\n---\n"


def test_only_our_keys_are_set() -> None:
    with pytest.raises(ValueError, match="tags"):
        with_values(b"---\n---\n", {"tags": NewValue("[]")})
    with pytest.raises(KeyError):
        with_values(b"no frontmatter", {"redo": NewValue("true")})


def test_missing_keys_come_last_and_in_order() -> None:
    after = redraw(b"---\nmine: 1\n---\nx", replace(NEW, warnings=()))
    keys = [line.split(":")[0] for line in after.decode().split("\n---")[0].split("\n")[1:]]
    assert keys == ["mine", *OWN_KEYS]


@pytest.mark.parametrize(
    "line", [" " * 200_000, "a" + " " * 200_000 + "b", "- " * 50_000, "[" * 100_000, "a: '" * 40_000]
)
def test_a_long_line_costs_no_time(line: str) -> None:
    data = f"---\n{line}\naccepted: false\n---\n{line}".encode()
    begin = time.process_time()
    assert read(set_key(data, "accepted", "true")).accepted and len(tick_hints(data)) == 0
    assert time.process_time() - begin < 2.0

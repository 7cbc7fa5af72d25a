"""Whether a note is declared private as a whole: by a property, a tag of its frontmatter, or a line of tags. Pure.

Read generously: broken YAML is read line by line, and an English or Japanese word for private counts whether or not it
stands in the settings. What only says that a note is not published (``publish: false``) is no such declaration:
templates put it everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from daemon.checks.text import words_of
from daemon.vault.code import Code
from daemon.vault.frontmatter import split, values
from daemon.vault.heading_words import TAG, tag_key, tag_keys

_TAGS = frozenset(map(tag_key, words_of("private プライベート 非公開 秘密 極秘 confidential 社外秘 親展 他言無用")))
"""Tags that say so by themselves. A tag such as ひみつ or secret may be what a day is about (a diary of the starter
corpus has one, a lesson about Kubernetes the other): those count where the settings name them."""
_WORDS = _TAGS | frozenset(map(tag_key, words_of("ひみつ 内緒 ないしょ 私的 secret")))
_NAMES = _WORDS | frozenset(map(tag_key, ("is_private", "is_secret", "非公開ノート", "プライベートノート", "privat")))
"""Properties that declare it with a yes."""
_LEVELS = frozenset(map(tag_key, words_of(
    "visibility access privacy scope confidentiality classification type category 種類 種別 分類 カテゴリ カテゴリー "
    "公開範囲 公開設定 公開 閲覧 機密 機密度"
)))  # fmt: skip
"""Properties whose value may be a word for private."""
_REPORT = frozenset(map(tag_key, ("nippo", "日報", "日報にする", "日報作成")))
"""Properties that say no: this day has no report."""
_YES = frozenset(map(tag_key, words_of("true yes y on 1 x ok はい ハイ する 真 有 有効 オン 済 ○ ◯ 〇 ✓ ✔ ☑ ✅ 🔒")))
_MARKS = frozenset("○◯✓✔☑✅🔒")
_NO = frozenset(
    map(tag_key, words_of("false no n off 0 いいえ しない 不要 なし 無し 無 無効 オフ 偽 none never 非公開"))
)
_TAG_KEYS = frozenset(map(tag_key, ("tags", "tag", "タグ")))
_LINE = re.compile(r"^[ \t]*[\"']?([^\s:#\"'][^:\"']*?)[\"']?[ \t]*::?[ \t]*(.*?)[ \t]*$")
_NO_TEXT = re.compile(r"\n[ \t]*(?:#{1,6}[ \t][^\n]*|[-*_=]{3,}[ \t]*)(?=\n|$)")
_LONGEST_LINE = 1000
_FIELD = re.compile(
    r"^[ \t>*+-]*[\[(]?([^\s:\[\]()#][^:\[\]()\n]{0,30}?)[ \t]*::[ \t]*([^\])\n]*?)[\])]?[ \t]*$", re.MULTILINE
)


def why_private(text: str, private_tags: frozenset[str]) -> str:
    """Given a note's text and the keys of the private tags of the settings, return what declares it private as a whole,
    as it stands there; "" for any other note."""
    head, body = split(text.lstrip("\ufeff"), dots=True)
    tags = _TAGS | private_tags
    for name, value in _properties(head, body):
        key = tag_key(name)
        if key in _TAG_KEYS:
            for tag in re.split(r"[\s,、]+", value):
                if not tags.isdisjoint(key for _, key in tag_keys(f"#{tag.strip().lstrip('#＃')}")):
                    return f"tags: {tag}"
            continue
        declared = (key in _NAMES and _says(value, _YES)) or (key in _REPORT and _says(value, _NO))
        if declared or (key in _LEVELS and tag_key(value) in _WORDS):
            return f"{name}: {value}"
    for tag in _tags_of_the_note(body):
        if not tags.isdisjoint(key for _, key in tag_keys(f"#{tag}")):
            return f"#{tag}"
    return ""


def private_properties(text: str) -> list[tuple[int, int, str]]:
    """(start, end, name) of the properties of a note's frontmatter that hold private text: named so, with more to say
    than yes or no."""
    found: list[tuple[int, int, str]] = []
    position, open_at, name = 0, 0, ""
    for line in split(text, dots=True)[0].splitlines(keepends=True):
        start, position = position, position + len(line)
        if name and line[:1] in (" ", "\t", "-") and not line.startswith("---"):
            if found and found[-1][0] == open_at:
                found.pop()
            found.append((open_at, position, name))
            continue
        key = _LINE.match(line) if len(line) <= _LONGEST_LINE else None
        name = key[1] if key and tag_key(key[1]) in _NAMES else ""
        open_at = start
        if key and name and key[2] and not _says(key[2], _YES | _NO):
            found.append((start, position, name))
    return found


def _properties(head: str, body: str) -> Iterator[tuple[str, str]]:
    """Each property of a note, a list item by item: as YAML has it, as the lines look, and fields of the Dataview
    plugin (``private:: true``). Of a frontmatter that is never closed, the lines up to the first empty one."""
    lines = head.split("\n")[1:] if head else []
    if not head and body.startswith("---"):
        lines = body.split("\n\n")[0].split("\n")[1:]
    for name, value in values("\n".join(line for line in lines if not line.startswith(("---", "...")))).items():
        yield from ((str(name), one) for one in _texts(value))
    name = ""
    for line in lines:
        if len(line) > _LONGEST_LINE:
            continue
        item = re.match(r"[ \t]*-[ \t]+(.*)$", line)
        found = None if item else _LINE.match(line)
        if item and name:
            yield name, item[1].strip("\"' ")
        elif found:
            name = found[1]
            yield from ((name, one.strip("\"' ")) for one in found[2].strip("[]").split(","))
    fields = list(_FIELD.finditer(body))
    code = Code(body).all() if fields else None
    yield from ((found[1], found[2]) for found in fields if code and code.around(found.start(1)) is None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value is not None:
        yield str(value)


def _says(value: str, words: frozenset[str]) -> bool:
    plain = re.sub(r"[ \t]+#.*$", "", value).strip("\"' ")
    return tag_key(plain) in words - {""} or (words is _YES and plain.strip("\ufe0f") in _MARKS)


def _tags_of_the_note(body: str) -> Iterator[str]:
    """The tags of the first line of text, and of a last paragraph of one line, if nothing but tags stands there;
    headings and rules apart."""
    parts = [part for part in re.split(r"\n[ \t]*\n", _NO_TEXT.sub("\n", f"\n{body}")) if part.strip()]
    if parts:
        first, last = parts[0].strip().split("\n")[0], parts[-1].strip()
        for line in dict.fromkeys((first, last)):
            if "\n" not in line and not TAG.sub("", line).strip(" 　,、"):
                yield from TAG.findall(line)

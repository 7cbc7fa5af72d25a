"""Names by their place in a note: turns of a talk, handles, links, tags, properties, table columns."""

# ruff: noqa: E501 - patterns read best whole

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.checks.aliases import is_known_term
from daemon.checks.lexicon import PARTNERS, ROLES, STUDY
from daemon.checks.names.name_context import JA, Name, is_technical
from daemon.checks.names.name_lists import (
    NOT_LABELS,
    NOT_NAMES,
)
from daemon.checks.text import script, words_of
from daemon.checks.tokens import tokenize

_LABEL = re.compile(
    rf"^[ \t>*・\-|]*(?:\[?\d{{1,2}}:\d{{2}}(?::\d{{2}})?\]?[ \t|]*)?(?:\*\*|__|\[\[)?(?P<label>[{JA}A-Za-z][{JA}A-Za-z0-9_.・ -]{{0,11}}?)"
    r"(?:\([^)\n]{1,8}\))?(?:\*\*|__|\]\])?[ \t]?(?P<mark>[:「>»]|\t|　)",
    re.M,
)

_TIMED = re.compile(
    rf"^[ \t>*・\-]*\[?(?:午前|午後)?\d{{1,2}}:\d{{2}}\]?[ \t|]+(?P<label>[{JA}A-Za-z][{JA}A-Za-z0-9_.]{{0,11}})(?=[ \t:「>]|$)",
    re.M,
)

_HANDLE = re.compile(r"(?<![A-Za-z0-9._%+@/`(-])@(?P<handle>[a-z_][a-z0-9_.-]{2,30})(?![A-Za-z0-9_(`/])")

_NOT_HANDLES = words_of(
    "media import keyframes charset font-face supports property "
    "staticmethod classmethod dataclass override param return returns "
    "throws author since see deprecated app app.route app.get app.post "
    "pytest.fixture abstractmethod lru_cache login_required csrf_exempt "
    "apply tailwind layer include extend mixin use forward types angular "
    "babel vue react everyone here channel latest component injectable "
    "input output click change submit if foreach csrf yield section extends "
    "csrf_field error auth guest php endif endforeach endsection route post "
    "get put delete"
)

_DECORATOR = re.compile("デコレータ|アノテーション|Python|Java|Spring|Swift|def |class |関数")

_LINK = re.compile(r"\[\[([^\]\n|#]{1,60})(?:[|#][^\]\n]{0,60})?\]\]")

_TAG = re.compile(r"(?<![^\s(])#([^\s#()、。,\[\]]{1,40})")

PROPERTY = re.compile(r"^(?:people|persons?|with|who|whom|partners?|friends?|members?|attendees|met|[a-z_]*who|友達|友人|人|人物|相手|一緒|参加者|メンバー|登場人物|暗号名|コードネーム)[ \t]*::?[ \t]*(.{0,200}(?:\n[ \t]*-[ \t].{0,60}){0,12})", re.M)  # fmt: skip

_COLUMN = re.compile(r"^\|(.+)\|[ \t]*\n\|[ \t:|-]+\|[ \t]*\n((?:\|.*\|?[ \t]*(?:\n|$))+)", re.M)

_PERSON_COLUMN = frozenset(
    ["誰", "だれ", "担当", "担当者", "名前", "氏名", "人", "メンバー", "班員", "who", "name", "member"]
)


def speakers(text: str) -> Iterator[Name]:
    spans_of: dict[str, list[tuple[int, int]]] = {}
    quoted: set[str] = set()
    for pattern in (_LABEL, _TIMED):
        for match in pattern.finditer(text):
            label = match["label"].strip()
            if (
                not label
                or ((label in NOT_LABELS or label in STUDY or label in NOT_NAMES) and label not in ROLES)
                or any(c.isdigit() for c in label)
            ):
                continue
            if (
                is_technical(label)
                or label[-1] in "をにがはのでとも"
                or (script(label[0]) == "latin" and not label.istitle())
            ):
                continue
            start = match.start("label")
            spans_of.setdefault(label, []).append((start, start + len(label)))
            if pattern is _TIMED or match["mark"] in "「>":
                quoted.add(label)
    for label, spans in spans_of.items():
        if label in PARTNERS or (label in ROLES and len(set(spans)) >= 2):
            yield from (Name("nickname", *span, "会話の話し手") for span in spans)
            continue
        words = tokenize(label)
        person = any(word.is_name for word in words) and script(label[0]) != "latin"
        one_word = len(words) <= 3 and all(
            word.is_noun or word.oov or script(word.surface[0]) == "hiragana" for word in words
        )
        if any(word.surface in STUDY or is_known_term(word.surface) for word in words):
            continue
        common = len(words) == 1 and "普通名詞" in words[0].pos and not words[0].oov and script(label[0]) != "hiragana"
        several = len(set(spans)) >= 2
        if (
            person
            or (label in quoted and len(label) <= 6 and one_word and (several or not common or len(quoted) >= 2))
            or (several and one_word and not common and len(label) <= 6)
        ):
            yield from (Name("nickname", *span, "会話の話し手") for span in spans)


def handles(text: str) -> Iterator[Name]:
    for match in _HANDLE.finditer(text):
        handle = match["handle"].rstrip(".-")
        around = text[max(0, match.start() - 30) : match.end() + 30]
        if handle not in _NOT_HANDLES and not _DECORATOR.search(around):
            yield Name("handle", match.start(), match.start("handle") + len(handle), "@で始まるアカウント名")
            yield Name("handle", match.start("handle"), match.start("handle") + len(handle), "@で始まるアカウント名")


def listed(text: str) -> Iterator[Name]:
    """Persons in links, tags, properties and table columns."""
    for pattern, why in ((_LINK, "人物へのリンク"), (_TAG, "人物のタグ")):
        for match in pattern.finditer(text):
            folder, _, target = match.group(1).rpartition("/")
            stem = re.sub(r"\(.*", "", target).strip()
            person = re.search(r"\((?:AI|友|友人|本人|家族|恋人|先輩|後輩|弟|妹|兄|姉)", target) is not None
            if not stem or is_technical(stem) or stem in NOT_LABELS:
                continue
            words = tokenize(stem)
            named = (
                len(words) <= 3
                and any(word.is_name for word in words)
                and script(stem[0]) != "latin"
                and not re.search("[A-Za-z0-9]", stem)
            )
            if (
                person
                or named
                or folder.rpartition("/")[2].lower()
                in ("people", "person", "人物", "人", "友達", "friends", "contacts")
            ):
                start = match.start(1) + match.group(1).rfind(stem)
                yield Name("link", start, start + len(stem), why)
    for match in PROPERTY.finditer(text):
        for item in re.finditer(r"[^\s\[\]\"',、;|・-][^\[\]\"',、;|\n]{0,20}", match.group(1)):
            stem = re.sub(r"と$", "", re.sub(r"\(.*", "", item.group()).strip())
            if "(" in item.group():
                yield Name("name", match.start(1) + item.start(), match.start(1) + item.end(), "人物の欄")
            if stem and not is_technical(stem) and stem not in NOT_NAMES and stem not in NOT_LABELS:
                start = match.start(1) + item.start()
                yield Name("name", start, start + len(stem), "人物の欄")
    for table in _COLUMN.finditer(text):
        heads = [cell.strip() for cell in table.group(1).split("|")]
        columns = [index for index, head in enumerate(heads) if head.lower() in _PERSON_COLUMN]
        position = table.start(2)
        for line in table.group(2).split("\n"):
            offset = position + 1
            for index, cell in enumerate(line[1:].split("|")):
                stem = cell.strip()
                if (
                    index in columns
                    and 1 < len(stem) <= 10
                    and not is_technical(stem)
                    and stem not in NOT_LABELS
                    and stem not in NOT_NAMES
                ):
                    start = offset + cell.find(stem)
                    yield Name("name", start, start + len(stem), "表の担当欄")
                offset += len(cell) + 1
            position += len(line) + 1

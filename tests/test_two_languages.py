"""What a user reads is told in English and in Japanese, and what it tells is there.

README.md and README.ja.md, docs/NAME.md and docs/ja/NAME.md say the same, section by section: commands, figures with
their units, links, pictures, tables. Wording is free. Pages for developers are in English only (``DEVELOPERS``).
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer.main
from markdown_it import MarkdownIt
from markdown_it.token import Token

from daemon.cli import app, load_command
from daemon.config import Config

ROOT = Path(__file__).parent.parent
DEVELOPERS = {"architecture.md", "writes.md"}
ENGLISH = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in DEVELOPERS),
]
JAPANESE = {page: ROOT / "README.ja.md" if page.parent == ROOT else page.parent / "ja" / page.name for page in ENGLISH}
PAGES = [*ENGLISH, *JAPANESE.values(), *(ROOT / "docs" / name for name in sorted(DEVELOPERS))]

UNITS = {
    "秒": "s",
    "seconds": "s",
    "second": "s",
    "ミリ秒": "ms",
    "分": "min",
    "minutes": "min",
    "時間": "h",
    "hours": "h",
}
NUMBER = re.compile(rf"(\d[\d,]*(?:\.\d+)*)(?: ?(GiB|GB|MB|%|ms|min|s|h|{'|'.join(UNITS)})(?![a-z]))?")
SPELLED = {
    word: str(number)
    for number, words in {
        1: "a one once first", 2: "two both twice second half", 3: "three third", 4: "four", 5: "five fifth", 6: "six",
        7: "seven", 8: "eight", 9: "nine", 10: "ten tenth", 20: "twenty", 30: "thirty", 50: "fifty",
        60: "minute hour", 100: "hundred", 1000: "thousand",
    }.items()
    for word in words.split()
}  # fmt: skip
PLACEHOLDER = re.compile(r"\b(?:DATE|FILE|FROM|TO|NUMBER|NAME|MODEL|URL)\b|[ぁ-んァ-ヶー一-龠]+")


@dataclass
class Section:
    """What stands below one heading, as far as both languages must agree on it."""

    title: str
    level: int
    blocks: list[tuple[str, list[str]]] = field(default_factory=list)
    spans: set[str] = field(default_factory=set)
    links: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)
    cells: Counter[str] = field(default_factory=Counter)


def said(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def pairs(page: Path) -> list[tuple[Token, Token]]:
    """Each token with the one before it, which tells a heading's level."""
    found = tokens(page)
    return list(zip([Token("", "", 0), *found], found, strict=False))


@cache
def anchors(page: Path) -> list[str]:
    """The anchors that GitHub gives to the headings of a page, in order."""
    titles = [token.content for before, token in pairs(page) if before.type == "heading_open"]
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def target(page: Path, link: str) -> str:
    """Where a link leads, in words that are the same for both languages; a link to nothing fails here."""
    if re.match(r"[a-z]+:", link):
        return link
    path, _, anchor = unquote(link).partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{said(page)} links to {link}, which is not there"
    number = ""
    if anchor:
        assert anchor in anchors(file), f"{said(page)} links to {link}: no such heading"
        number = f"#{anchors(file).index(anchor)}"
    english = {japanese: page for page, japanese in JAPANESE.items()}
    return said(english.get(file, file)) + number


def commands(kind: str, text: str) -> list[str]:
    """The lines of a code block without comments; of a picture of folders (``text``) the names alone."""
    if kind == "text":
        return [PLACEHOLDER.sub("…", name) for name in re.findall(r"[^\s]*[./][^\s]*", text)]
    lines = (re.sub(r"(^|\s+)# .*", "", line).rstrip() for line in text.splitlines())
    return [line for line in lines if line]


def figures(text: str) -> list[str]:
    """Numbers with their units, 15億 being 1.5 billion and 1万 10,000."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(\d+)億", lambda found: f"{int(found[1]) / 10:g} billion", text)
    text = re.sub(r"(\d+)万", lambda found: f"{found[1]}0000", text)
    return [
        number.replace(",", "").strip(".") + UNITS.get(unit, unit) for number, unit in NUMBER.findall(text)
    ]  # fmt: skip


def sections(page: Path) -> list[Section]:
    found = [Section("", 0)]
    for before, token in pairs(page):
        here = found[-1]
        if before.type == "heading_open":
            here = Section(token.content, int(before.tag[1:]))
            found.append(here)
        if token.type == "fence":
            here.blocks.append((token.info, commands(token.info, token.content)))
        elif token.type in ("tr_open", "th_open", "td_open"):
            here.cells[token.tag] += 1
        for source in re.findall(r'(?:src|srcset)="([^"]+)"', token.content if token.type == "html_block" else ""):
            here.links[target(page, source)] += 1
        for part in token.children or []:
            if part.type == "code_inline":
                here.spans.add(PLACEHOLDER.sub("…", part.content))
            elif part.type == "link_open":
                here.links[target(page, str(part.attrGet("href")))] += 1
            elif part.type == "image":
                here.links[target(page, str(part.attrGet("src")))] += 1
            elif part.type == "text":
                here.figures.update(figures(part.content))
                here.words.update(re.findall(r"[a-z]+", part.content.lower()))
    return found


@pytest.mark.parametrize("page", ENGLISH, ids=said)
def test_both_languages_tell_the_same(page: Path) -> None:
    japanese = JAPANESE[page]
    assert japanese.exists(), f"{said(page)} has no Japanese sister {said(japanese)}"
    ours, theirs = sections(page), sections(japanese)
    titles = f"{[one.title for one in ours]} / {[one.title for one in theirs]}"
    assert [one.level for one in ours] == [one.level for one in theirs], f"headings of {said(page)}: {titles}"
    for one, other in zip(ours, theirs, strict=True):
        where = f"{said(page)}, {one.title!r} / {other.title!r}"
        assert one.blocks == other.blocks, where
        assert one.spans == other.spans, f"{where}: {sorted(one.spans ^ other.spans)}"
        assert one.links == other.links, where
        assert one.cells == other.cells, where
        more = [re.sub(r"(?<=\d)[a-zA-Z%].*", "", figure) for figure in (other.figures - one.figures).elements()]
        # "5, 10 and 30 seconds", "5 idle minutes": a unit further on in English stands at the number in Japanese.
        missing = [figure for figure in (one.figures - other.figures).elements() if figure not in more]
        assert missing == [], f"{where}: the Japanese lacks {missing}"
        spelled = {SPELLED[word] for word in one.words & set(SPELLED)}
        numbers = {re.sub(r"(?<=\d)[a-zA-Z%].*", "", figure) for figure in one.figures}
        assert set(more) <= spelled | numbers, f"{where}: the English lacks {set(more) - spelled - numbers}"


@pytest.mark.parametrize("page", PAGES, ids=said)
def test_what_a_page_names_is_there(page: Path) -> None:
    """Commands with their options, targets of make, keys of config.toml, links."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    settings = {name: set(part) for name, part in Config().model_dump().items()}
    wrong: list[str] = []
    for line in spoken(page):
        words = shlex.split(line)
        if words[:1] == ["nippo"]:
            wrong += [f"{line}: {problem}" for problem in not_understood(words[1:])]
        elif words[:1] == ["make"] and len(words) > 1 and words[1] not in targets:
            wrong.append(f"{line}: no such target")
        elif (key := re.fullmatch(r"([a-z]+)\.([a-z_]+)", line)) and key[1] in settings:
            wrong += [f"{line}: no such key"] * (key[2] not in settings[key[1]])
    sections(page)
    assert wrong == []


def spoken(page: Path) -> list[str]:
    """Command lines of a page, and what stands in code spans."""
    found: list[str] = []
    for token in tokens(page):
        if token.type == "fence" and not token.info:
            found += commands("", token.content)
        found += [part.content for part in token.children or [] if part.type == "code_inline"]
    lines = (re.sub(r"^(?:sudo |docker compose exec nippo |~/nippo/bin/|\S+=\S+ )+", "", line) for line in found)
    return [line for line in lines if re.match(r"(nippo|make)( |$)", line) or re.fullmatch(r"[a-z]+\.[a-z_]+", line)]


def not_understood(words: list[str]) -> list[str]:
    """What the command line would refuse of the words after ``nippo``: an unknown command, an unknown option."""
    command: Any = typer.main.get_command(app)
    for number, word in enumerate(words):
        inner = getattr(command, "commands", None)
        if inner is None or word.startswith("-"):
            break
        if word not in inner:
            return [f"no command {word}"]
        command = load_command(word) if number == 0 else inner[word]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    given = {word.split("=")[0] for word in words if word.startswith("-")}
    return [f"no option {name}" for name in sorted(given - options - {"--help", "-h"})]

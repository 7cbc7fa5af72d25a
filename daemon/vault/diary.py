"""A diary as a model may see it: without what its person declared private and what is a secret by its shape. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.checks.credentials import redact
from daemon.checks.prompt_injection import cut_injections
from daemon.checks.text import normalise
from daemon.config import PrivacySettings
from daemon.vault.frontmatter import split

REDACTED = "（省略）"

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
# Wider than Obsidian itself: a private tag must not be missed.
_TAG = re.compile(r"(?<![A-Za-z0-9&/#\[(])#([^\s#()、。,\[\]]+)")


@dataclass(frozen=True)
class Prepared:
    """A diary as the model sees it, and the kinds of what was taken out, one entry for each piece."""

    text: str
    removed: tuple[str, ...] = ()


def is_blank(text: str) -> bool:
    """Whether a diary holds nothing to report on: empty, or frontmatter, headings and comments only."""
    body = split(text.lstrip("\ufeff\n"), dots=True)[1]
    body = _cut_between(_cut_between(body, "%%", "%%")[0], "<!--", "-->")[0]
    return all(
        not line.strip() or re.fullmatch(r"#{1,6}[ \t]*.*|[-*_ \t]{3,}|[-*+][ \t]*(?:\[.\][ \t]*)?", line.strip())
        for line in body.split("\n")
    )


def prepare(text: str, privacy: PrivacySettings) -> Prepared:
    """Given a diary and the [privacy] settings, return what the model may see.

    Cut out: Obsidian comments (%% %%), HTML comments, sections under a private heading (to the next heading of the
    same or a higher level), paragraphs with a private tag. Replaced by （省略）: keys, passwords, mail, phone, card and
    other numbers, addresses; sentences that command the program reading them. Frontmatter stays, secrets in it do not.
    """
    removed: list[str] = []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for opening, closing in (("%%", "%%"), ("<!--", "-->")):
        text, count = _cut_between(text, opening, closing)
        removed += ["comment"] * count
    text, count = _cut_sections(text, privacy.private_headings)
    removed += ["heading"] * count
    text, count = _cut_paragraphs(text, privacy.private_tags)
    removed += ["tag"] * count
    kinds: tuple[str, ...] = ("",)
    while kinds:  # what one replacement lays bare (two addresses without a gap) is replaced in turn
        text, kinds = redact(text, REDACTED)
        removed += kinds
    text, count = cut_injections(text, REDACTED)
    removed += ["command"] * count
    return Prepared(text, tuple(removed))


def _cut_between(text: str, opening: str, closing: str) -> tuple[str, int]:
    """Cut from each opening mark to its closing mark, or to the end of the text. Code fences are not spared: a secret
    is worth more than a comment sign in code, but a mark without partner inside a line of code stays."""
    parts: list[str] = []
    position = count = 0
    while (start := text.find(opening, position)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            if not text[text.rfind("\n", 0, start) + 1 : start].strip():  # an open comment on a line of its own
                parts.append(text[position:start])
                return "".join(parts), count + 1
            break
        parts.append(text[position:start])
        position = end + len(closing)
        count += 1
    return "".join([*parts, text[position:]]), count


def _key(text: str) -> str:
    return re.sub(r"[\s#*_`]+", "", normalise(text)).lower()


def _cut_sections(text: str, headings: tuple[str, ...]) -> tuple[str, int]:
    private = {_key(heading) for heading in headings if _key(heading)}
    if not private:
        return text, 0
    kept: list[str] = []
    level = count = 0
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        heading = None if fence or mark else _HEADING.match(line)
        if heading:
            if level and len(heading[1]) <= level:
                level = 0
            if not level and _key(heading[2]) in private:
                level = len(heading[1])
                count += 1
        if not level:
            kept.append(line)
    return "\n".join(kept), count


def _cut_paragraphs(text: str, tags: tuple[str, ...]) -> tuple[str, int]:
    private = {_key(tag) for tag in tags if _key(tag)}
    if not private:
        return text, 0
    head, body = split(text, dots=True)
    count = 0
    kept = []
    for paragraph in re.split(r"(\n[ \t]*\n)", body):
        # A nested tag (#private/love) belongs to its parent.
        names = {_key(part) for tag in _TAG.findall(paragraph) for part in (tag, tag.split("/")[0])}
        if names & private:
            count += 1
        else:
            kept.append(paragraph)
    return head + "".join(kept), count

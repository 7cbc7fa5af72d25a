"""A diary as a model may see it: without what its person declared private and what is a secret by its shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from daemon.checks.credentials import secrets_in
from daemon.checks.prompt_injection import find_commands
from daemon.config import PrivacySettings
from daemon.errors import NotePrivate
from daemon.vault.code import Code
from daemon.vault.comments import find_comments, without_comments
from daemon.vault.frontmatter import split
from daemon.vault.heading_words import Wanted, tag_key, tag_keys, wanted
from daemon.vault.private_note import private_properties, why_private
from daemon.vault.private_sections import private_sections
from daemon.vault.remains import CutPiece, Remains
from daemon.words import tr

REDACTED = "（省略）"
_COMMENT_IN_A_LINE = re.compile(r"%%.*?%%|<!--.*?-->")
"""In a frontmatter, where Obsidian knows no comments, an open one would take the rest along."""


@dataclass(frozen=True)
class Prepared:
    """A diary as the model sees it.

    ``cuts``: what was taken out, in the order of the passes. ``private``: what declares the whole note private, "" for
    an ordinary one; then ``text`` is empty. ``lines``: for each line of ``text`` the line of the diary, from 1.
    """

    text: str
    cuts: tuple[CutPiece, ...] = ()
    private: str = ""
    lines: tuple[int, ...] = field(default=(), compare=False)

    @property
    def removed(self) -> tuple[str, ...]:
        """The kinds of what was taken out, one entry for each piece."""
        return tuple(cut.kind for cut in self.cuts)


def is_blank(text: str) -> bool:
    """Whether a diary holds nothing to report on: empty, or frontmatter, headings and comments only."""
    body = without_comments(split(text.lstrip("\ufeff\n"), dots=True)[1])
    return all(
        not line.strip() or re.fullmatch(r"#{1,6}[ \t]*.*|[-*_ \t]{3,}|[-*+][ \t]*(?:\[.\][ \t]*)?", line.strip())
        for line in body.split("\n")
    )


def prepare(text: str, privacy: PrivacySettings) -> Prepared:
    """Given a diary and the [privacy] settings, return what the model may see.

    Nothing of a note that is declared private as a whole. Cut out: Obsidian comments (%% %%), HTML comments, sections
    under a private heading, paragraphs with a private tag, properties named private. Replaced by （省略）: keys,
    passwords, mail, phone, card and other numbers, addresses; sentences that command the program reading them. The
    rest of the frontmatter stays, secrets in it do not.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    headings, tags = wanted(privacy.private_headings), private_tag_keys(privacy)
    if why := declared_private(text, privacy):
        return Prepared("", private=why)
    left = Remains(text)
    left.cut(
        (start, end, "property", tr("property 「{name}」", name=name)) for start, end, name in private_properties(text)
    )
    passes = (_comments, lambda now: _sections(now, headings, tags), lambda now: _paragraphs(now, tags))
    changed = True
    while changed:  # what one cut lays bare (a heading behind a comment) is looked at in turn
        changed = False
        for find in passes:
            changed |= left.cut(find(left.text))
    while left.cut(((one.start, one.end, one.kind, one.why) for one in secrets_in(left.text)), REDACTED):
        pass  # two addresses without a gap
    left.cut(
        ((start, end, "command", tr("a command to the program")) for start, end in find_commands(left.text)), REDACTED
    )
    return Prepared(left.text, tuple(left.cuts), lines=left.lines())


def declared_private(text: str, privacy: PrivacySettings) -> str:
    """What declares a diary private as a whole, "" for any other."""
    return why_private(text, private_tag_keys(privacy))


def private_note(name: str) -> NotePrivate:
    """The error for a note that is declared private as a whole. What declares it is the note's: kept out of logs."""
    return NotePrivate(
        tr("{name}: is declared private as a whole, so no model sees it and no report is written.", name=name),
        tr(
            "`nippo check` names what says so; take that out if the day is to have a report. "
            "`nippo forget DATE` withdraws what was learned of it before."
        ),
    )


def private_tag_keys(privacy: PrivacySettings) -> frozenset[str]:
    """The private tags of the settings as they are compared."""
    return frozenset(filter(None, map(tag_key, privacy.private_tags)))


Span = tuple[int, int, str, str]


def _comments(text: str) -> Iterator[Span]:
    head, body = split(text, dots=True)
    yield from ((*found.span(), "comment", "comment") for found in _COMMENT_IN_A_LINE.finditer(head))
    for start, end in find_comments(body):
        yield len(head) + start, len(head) + end, "comment", "comment"


def _sections(text: str, headings: Wanted, tags: frozenset[str]) -> Iterator[Span]:
    head, body = split(text, dots=True)
    for section in private_sections(body, headings, tags):
        yield len(head) + section.start, len(head) + section.end, "heading", section.why


def _paragraphs(text: str, tags: frozenset[str]) -> Iterator[Span]:
    """Paragraphs with a private tag outside of code; a nested tag (#private/love) belongs to its parents."""
    head, body = split(text, dots=True)
    if not tags or not any(key in tags for _, key in tag_keys(body)):
        return
    code = Code(body).all()
    position = 0
    for part in re.split(r"(\n[ \t]*\n)", body):
        found = [key for at, key in tag_keys(part) if key in tags and not code.around(position + at)]
        if found:
            yield len(head) + position, len(head) + position + len(part), "tag", f"tag #{found[0]}"
        position += len(part)

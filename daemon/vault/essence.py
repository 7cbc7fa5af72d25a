"""What of a diary counts: two diaries with one essence give one report, so that a change between them costs no draft.

Outside of it lie whatever ``daemon.vault.diary`` cuts, the frontmatter but for the people named in it (they are kept
out of a report), line ends and spaces at them, the targets of links and embeds with the same text shown, queries and
template commands that other programs run, and the marks of blocks. Pure.
"""

from __future__ import annotations

import hashlib
import re

from daemon.checks.names import name_fields
from daemon.config import PrivacySettings
from daemon.vault.diary import prepare
from daemon.vault.frontmatter import split

QUERIES = ("dataview", "dataviewjs", "tasks", "query", "button", "tracker", "meta-bind-button", "ad-hoc", "base")
"""Code blocks that another plugin runs: they hold nothing that a person did."""

_QUERY = re.compile(
    rf"^[ \t]*(?:>[ \t]*)*(?P<fence>`{{3,}}|~{{3,}})[ \t]*(?:{'|'.join(QUERIES)})\b[^\n]*\n.*?"
    r"^[ \t]*(?:>[ \t]*)*(?P=fence)[`~]*[ \t]*$",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
# Templater's commands; those of JSP or ERB in a student's notes are no such ones.
_COMMAND = re.compile(r"<%(?:\*|(?:(?!<%|%>).)*?\btp\b)(?:(?!<%|%>).)*%>", re.DOTALL)
_INLINE_QUERY = re.compile(r"`(?:\$?=)[^`\n]*`")
_EMBED = re.compile(r"!\[\[[^\]\n]*\]\]|!\[[^\]\n]*\]\([^)\n]*\)")
_WIKILINK = re.compile(r"\[\[(?P<target>[^\]|\n]*)(?:\|(?P<shown>[^\]\n]*))?\]\]")
_LINK = re.compile(r"\[(?P<shown>[^\]\n]+)\]\([^)\n]*\)")
_BLOCK = re.compile(r"[ \t]+\^[A-Za-z0-9-]+[ \t]*$", re.MULTILINE)


def essence(text: str, privacy: PrivacySettings) -> str:
    """Given a diary and the [privacy] settings, return the SHA-256 of what counts, in hex."""
    head, body = split(prepare(text, privacy).text, dots=True)
    people = [match.group() for match in name_fields.PROPERTY.finditer(head)]
    lines = [line.rstrip() for line in shown(without_programs(body)).split("\n")]
    return hashlib.sha256("\n".join([*people, "", *filter(None, lines)]).encode("utf-8", "surrogatepass")).hexdigest()


def without_programs(text: str) -> str:
    """A text without the queries and template commands that other programs run in it."""
    return _INLINE_QUERY.sub("", _COMMAND.sub("", _QUERY.sub("", text)))


def shown(text: str) -> str:
    """A text with its links as they are shown: their own words, or a note's name without its folders. An embed shows
    something that is no part of the text."""
    text = _WIKILINK.sub(lambda link: link["shown"] or link["target"].rpartition("/")[2], _EMBED.sub("", text))
    return _BLOCK.sub("", _LINK.sub(r"\g<shown>", text))

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

_FENCE = re.compile(r"[ \t]*(?:>[ \t]*)*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)")
# Templater's commands; those of JSP or ERB in a student's notes are no such ones.
_COMMAND = re.compile(r"<%(?:\*|(?:(?!<%|%>).)*?\btp\b)(?:(?!<%|%>).)*%>", re.DOTALL)
# Dataview's; a formula of a spreadsheet begins with the same sign.
_INLINE_QUERY = re.compile(r"`(?:\$=|=[ ]?(?:this\b|\[\[|(?:date|dateformat|choice|default|e?link)\())[^`\n]*`")
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
    return _INLINE_QUERY.sub("", _COMMAND.sub("", _without_queries(text)))


def _without_queries(text: str) -> str:
    """A text without its code blocks that hold a query; one that nobody has closed stays, with all behind it."""
    kept: list[str] = []
    fence, begun, is_query = "", 0, False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        kept.append(line)
        if not mark:
            continue
        if not fence:
            words = mark["info"].split()
            fence, begun, is_query = mark["fence"], len(kept) - 1, bool(words) and words[0].lower() in QUERIES
        elif mark["fence"].startswith(fence) and not mark["info"].strip():
            fence = ""
            if is_query:
                del kept[begun:]
    return "\n".join(kept)


def shown(text: str) -> str:
    """A text with its links as they are shown: their own words, or a note's name without its folders. An embed shows
    something that is no part of the text."""
    text = _WIKILINK.sub(lambda link: link["shown"] or link["target"].rpartition("/")[2], _EMBED.sub("", text))
    return _BLOCK.sub("", _LINK.sub(r"\g<shown>", text))

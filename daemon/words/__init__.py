"""The language of what a person reads in a terminal or a log: Japanese where the locale is Japanese, English else.

English stands in the code, inside ``tr``; ``locale/ja/LC_MESSAGES/nippo.po`` is the one catalogue of what it says in
Japanese, and the ``.mo`` beside it is that file compiled (``make words``). What lands in the vault, on the page and in
notifications is Japanese everywhere and stands in the code as it is; what programs read is never translated.
"""

from __future__ import annotations

import gettext
import os
import sys
from functools import cache
from pathlib import Path

DOMAIN = "nippo"
FOLDER = Path(__file__).parent / "locale"
VARIABLE = "NIPPO_LANG"
ASKED = (VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Where a language is looked for: the first that says something wins, as with gettext."""


def language() -> str:
    """ "ja" or "en"."""
    said = next((value for name in ASKED if (value := os.environ.get(name))), "")
    if not said and sys.platform == "win32":
        import ctypes

        return "ja" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == 0x11 else "en"
    return "ja" if said.lower().replace("-", "_").partition(":")[0].split(".")[0].split("_")[0] == "ja" else "en"


def tr(text: str, /, **values: object) -> str:
    """A text in the language of the person, with values in the place of its ``{names}``. Without values a brace is a
    brace."""
    said = catalogue(language()).gettext(text) if text else ""
    return said.format(**values) if values else said


def marked(text: str) -> str:
    """The text as it is: it stands in a table and goes through ``tr`` when it is shown."""
    return text


@cache
def catalogue(wanted: str) -> gettext.NullTranslations:
    """The texts of a language; English ones are those of the code."""
    return gettext.translation(DOMAIN, str(FOLDER), [wanted], fallback=True)


def speak() -> None:
    """Have libraries that ask gettext, such as typer, and the processes that this one starts speak the same language.
    To be called before typer shows anything."""
    if language() == "ja":
        os.environ["LANGUAGE"] = "ja"
        gettext.bindtextdomain(DOMAIN, str(FOLDER))
        gettext.textdomain(DOMAIN)


def place_in_words(first: int, last: int) -> str:
    """Lines of a text, from 1: "line 3" or "lines 3-5"."""
    if first == last:
        return tr("line {number}", number=first)
    return tr("lines {first}-{last}", first=first, last=last)

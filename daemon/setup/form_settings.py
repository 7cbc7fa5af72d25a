"""A form of report as keys of ``[report]``: to paste, or put into the text of a settings file with its comments kept.
Pure."""

from __future__ import annotations

from typing import Any

from daemon.config.report_form import ReportSection, ReportSettings
from daemon.errors import ConfigError
from daemon.words import tr

KEYS = ("header", "lead", "bullet", "closing", "style", "sections", "section_gap")
"""What a form consists of; the other keys of ``[report]`` are left as they are."""


def as_toml(report: ReportSettings) -> str:
    """Given a form, return its table ``[report]`` as TOML."""
    import tomlkit

    document = tomlkit.document()
    table = tomlkit.table()
    for key in KEYS:
        table.add(key, _item(getattr(report, key)))
    document.add("report", table)
    return tomlkit.dumps(document)


def put_into(text: str, report: ReportSettings) -> str:
    """Given the text of a settings file and a form, return it with that form; other keys and all comments stay.

    Raises ``ConfigError`` for a text that is no TOML."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document: Any = tomlkit.parse(text)
    except TOMLKitError as problem:
        raise ConfigError(
            tr("The settings file is not valid TOML: {problem}", problem=problem), tr("Mend that line first.")
        ) from None
    if "report" not in document:
        document.add("report", tomlkit.table())
    table = document["report"]
    for key in KEYS:
        item = _item(getattr(report, key))
        if key in table and hasattr(table[key], "trivia"):
            item.trivia.comment_ws = table[key].trivia.comment_ws
            item.trivia.comment = table[key].trivia.comment
        table[key] = item
    return tomlkit.dumps(document)


def _item(value: object) -> Any:
    import tomlkit

    if not isinstance(value, tuple):
        return tomlkit.item(value)
    entries = tomlkit.array()
    for one in value:
        entries.append(_section(one) if isinstance(one, ReportSection) else one)
    return entries.multiline(len(value) > 1)


def _section(section: ReportSection) -> Any:
    import tomlkit

    table = tomlkit.inline_table()
    for key, value in section.model_dump(exclude_defaults=True).items():
        table.append(key, list(value) if isinstance(value, tuple) else value)
    return table

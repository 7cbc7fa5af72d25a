"""Single values put into the text of a TOML file; everything else stays as it is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Setting = tuple[str, str]
"""(section, key)."""
Value = str | bool | int | tuple[str, ...]
TableChange = Callable[[Any], None]
"""Given the section's table (``tomlkit``), changes it itself."""
MARK = "\ufeff"


def with_values(text: str, values: Mapping[Setting, Value | TableChange]) -> str:
    """Given a file's text, return it with these values; comments, order, line ends and a byte-order mark stay. A
    section or key that is missing is added at its end. Raises ``ValueError`` for what is no TOML, and for a section
    that is no table."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import Table

    mark = MARK if text.startswith(MARK) else ""
    ends = "\r\n" if "\r\n" in text else "\n"
    try:
        document = tomlkit.parse(text.removeprefix(MARK).replace("\r\n", "\n"))
    except TOMLKitError as problem:
        raise ValueError(str(problem)) from None
    for (section, key), value in values.items():
        if section not in document:
            document[section] = tomlkit.table()
        table = document[section]
        if not isinstance(table, Table):
            raise ValueError(f"[{section}]")
        if callable(value):
            value(table)
        elif isinstance(value, tuple):
            array = tomlkit.array()
            array.extend(value)
            table[key] = array
        else:
            table[key] = value
    return mark + tomlkit.dumps(document).replace("\n", ends)

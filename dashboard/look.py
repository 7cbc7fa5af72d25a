"""How the page looks: the colours of theme.toml as variables of style.css, light and dark, and the product's mark."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
THEME = HERE / "theme.toml"
MARK = HERE / "mark.svg"
NAME = "nippo 日報"
WORDMARK = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 142 32" width="142" height="32">
<style>text{{fill:{light}}}@media (prefers-color-scheme:dark){{text{{fill:{dark}}}}}</style>
{mark}<text x="41" y="22.5" font-size="19" font-weight="650" font-family="{font}" letter-spacing=".2">nippo
<tspan font-size="14" font-weight="500" dx="2">日報</tspan></text></svg>
"""


@cache
def palettes() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The colours by their name in theme.toml: of the light page and of the dark one."""
    theme = tomllib.loads(THEME.read_text(encoding="utf-8"))["theme"]
    light, dark = (
        {key: value for key, value in theme[name].items() if isinstance(value, str)} for name in ("light", "dark")
    )
    return light, dark


def variables(colours: Mapping[str, str]) -> str:
    """Given colours by name, return CSS variables: ``redTextColor`` is ``--np-red-text``. Pure."""
    return "".join(f"--np-{_dashed(name.removesuffix('Color'))}:{value};" for name, value in colours.items())


def _dashed(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


@cache
def style() -> str:
    """The page's own rules; no address in them, so they fetch nothing."""
    light, dark = (variables(colours) for colours in palettes())
    rules = (HERE / "style.css").read_text(encoding="utf-8")
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}"


def wordmark() -> str:
    """Mark and name as one SVG that is readable on both backgrounds."""
    light, dark = palettes()
    mark = re.sub(r"</?svg[^>]*>", "", MARK.read_text(encoding="utf-8")).strip()
    font = "system-ui, Noto Sans CJK JP, sans-serif"
    return WORDMARK.format(light=light["textColor"], dark=dark["textColor"], mark=mark, font=font)

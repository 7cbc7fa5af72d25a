"""One theme file gives every colour, and each can be read on its ground, light and dark."""

from __future__ import annotations

import re
import tomllib
from datetime import date

import pytest

from dashboard.calendar import calendar, calendar_key
from dashboard.days import Day, squares
from dashboard.look import HERE, MARK, palettes, style, variables, wordmark

READABLE = 4.5
"""The contrast that WCAG 2.2 asks of small text (success criterion 1.4.3)."""
HUES = ("red", "orange", "yellow", "blue", "green", "violet", "gray")


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", palettes(), ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(colours: dict[str, str]) -> None:
    pairs = [(f"{hue}TextColor", f"{hue}BackgroundColor") for hue in HUES]
    pairs += [("textColor", name) for name in ("backgroundColor", "secondaryBackgroundColor", "codeBackgroundColor")]
    pairs += [("grayTextColor", "backgroundColor"), ("grayTextColor", "codeBackgroundColor")]
    pairs += [("linkColor", "backgroundColor")]
    poor = {
        pair: round(found, 2) for pair in pairs if (found := contrast(colours[pair[0]], colours[pair[1]])) < READABLE
    }
    assert poor == {}


def test_both_palettes_have_the_same_colours_and_the_rules_no_other() -> None:
    light, dark = palettes()
    assert light.keys() == dark.keys()
    rules = (HERE / "style.css").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-f]{3,8}\b|rgba?\(", rules) == []
    named = set(re.findall(r"var\((--np-[a-z-]+)", rules))
    assert named <= set(re.findall(r"(--np-[a-z-]+):", variables(light)))
    assert "prefers-color-scheme:dark" in style() and "//" not in re.sub(r"/\*.*?\*/", "", style(), flags=re.S)


def test_the_theme_is_one_that_streamlit_knows() -> None:
    from streamlit import config

    theme = tomllib.loads((HERE / "theme.toml").read_text(encoding="utf-8"))["theme"]
    options = config.get_config_options()
    names = [f"theme.{name}" for name, value in theme.items() if not isinstance(value, dict)]
    names += [f"theme.{part}.{name}" for part in ("light", "dark") for name in theme[part]]
    assert [name for name in names if name not in options] == []


def test_mark_and_name_are_one_picture() -> None:
    assert wordmark().count("<svg") == 1 and "nippo" in wordmark() and "日報" in wordmark()
    assert all(colour in wordmark() for colour in re.findall(r"#[0-9a-f]{6}", MARK.read_text(encoding="utf-8")))


def test_the_calendar_has_a_square_for_each_day_in_the_colour_of_its_state() -> None:
    today = date(2026, 11, 30)
    found = squares([Day(date(2026, 11, 29), "accepted", "", True), Day(today, "draft", "", True)], today)
    html = calendar(found)
    assert html.count("<i ") == len(found) and '<i class="draft" title="2026-11-30 下書き"></i></div>' in html
    assert html.count("<span>") == len({each["week"] for each in found}) and "<span>11月</span>" in html
    assert calendar_key(found) == [("日記なし", "none"), ("下書き", "draft"), ("提出済み", "accepted")]

"""The sections of a school's form on the settings page: what each is called and filled with, and their order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import streamlit as st

from daemon.config import Config
from dashboard.markup import heading, small
from dashboard.sections_edit import EMPTY, KINDS, SectionValues
from dashboard.settings_edit import SECTIONS, from_environment

STATE = "form_sections"
FILLED = {"take": "日記の行", "text": "決まった文", "own": "自分で書く"}
LAYOUTS = {"lines": "1行ずつ", "paragraph": "続けて書く", "inline": "見出しの後ろに続ける"}


@dataclass
class SectionRow:
    """One section as it was when the page was opened, and the name that its fields have while it moves about."""

    number: int
    values: SectionValues

    def name(self, key: str) -> str:
        return f"section-{self.number}-{key}"


_NUMBERS = count()
"""Of all fields of this server, so that none keeps the value of an older one."""


def begin_anew() -> None:
    """Forget what the fields say: they begin with the settings as they are."""
    st.session_state[STATE] = None


def draw(config: Config) -> None:
    """The sections, each with its fields, and a button for one more."""
    st.html(heading("見出し"))
    if variable := from_environment(SECTIONS):
        st.html(small(f"環境変数 {variable} で決まっています。"))
        return
    rows = _rows(config)
    if not rows:
        st.html(small("見出しはありません。書き出し、項目、結びがそのまま並びます。"))
    for place, row in enumerate(rows):
        with st.container(border=True):
            _draw_row(row, place, len(rows))
    st.button("見出しを足す", key="section-add", on_click=_add, args=(rows,), width="stretch")


def wanted() -> tuple[SectionValues, ...] | None:
    """The sections that the fields say, None while there are no fields."""
    begun = st.session_state.get(STATE) is not None and not from_environment(SECTIONS)
    return tuple(_said(row) for row in _here()) if begun else None


def _rows(config: Config) -> list[SectionRow]:
    state = st.session_state
    if state.get(STATE) is None:
        state[STATE] = [SectionRow(next(_NUMBERS), one.model_dump()) for one in config.report.sections]
    rows: list[SectionRow] = state[STATE]
    return rows


def _draw_row(row: SectionRow, place: int, many: int) -> None:
    values = row.values
    st.text_input("見出しの文", value=values["title"], placeholder="■学習内容", key=row.name("title"))
    filled = st.segmented_control(
        "入れるもの",
        list(FILLED),
        default=_filled(values),
        format_func=lambda one: FILLED[one],
        required=True,
        key=row.name("filled"),
    )
    if filled == "take":
        st.pills(
            "どの行を入れるか",
            list(KINDS),
            default=list(values["take"]),
            selection_mode="multi",
            format_func=lambda one: KINDS[one],
            key=row.name("take"),
        )
        st.segmented_control(
            "並べ方",
            list(LAYOUTS),
            default=values["layout"],
            format_func=lambda one: LAYOUTS[one],
            required=True,
            key=row.name("layout"),
        )
        st.text_input("行がないときの文", value=values["empty"], placeholder="特になし", key=row.name("empty"))
        st.toggle("行がない日は見出しも書かない", value=values["optional"], key=row.name("optional"))
    elif filled == "text":
        st.text_input("決まった文", value=values["text"], placeholder="以上", key=row.name("text"))
    else:
        st.html(small("ここは空けておきます。あなたの文は、私的な語のほかは検査も学習もされません。"))
    line = st.container(horizontal=True, wrap=False, gap="xsmall")
    line.button("上へ", key=row.name("up"), disabled=place == 0, on_click=_move, args=(row, -1))
    line.button("下へ", key=row.name("down"), disabled=place + 1 == many, on_click=_move, args=(row, 1))
    line.button("消す", key=row.name("remove"), on_click=_remove, args=(row,))


def _filled(values: SectionValues) -> str:
    return "take" if values["take"] else "text" if values["text"] else "own"


def _said(row: SectionRow) -> SectionValues:
    """What the fields of a section say; what is not asked for now counts as not said."""
    values, state = row.values, st.session_state
    filled = state.get(row.name("filled")) or _filled(values)

    def of(key: str) -> Any:
        return state.get(row.name(key), values[key])

    said: dict[str, Any] = {**EMPTY, "title": of("title").strip(), "bullet": values["bullet"]}
    if filled == "take":
        kinds = tuple(kind for kind in KINDS if kind in of("take"))
        said["take"] = values["take"] if set(kinds) == set(values["take"]) else kinds
        said |= {"layout": of("layout") or "lines", "empty": of("empty").strip(), "optional": of("optional")}
    elif filled == "text":
        said["text"] = of("text").strip()
    else:
        said["layout"] = values["layout"]
    return said


def _add(rows: list[SectionRow]) -> None:
    taken = {kind for row in rows for kind in _said(row)["take"]}
    rows.append(SectionRow(next(_NUMBERS), {**EMPTY, "take": () if "rest" in taken else ("rest",)}))


def _move(row: SectionRow, by: int) -> None:
    rows = _here()
    if row in rows and 0 <= (place := rows.index(row)) + by < len(rows):
        rows[place], rows[place + by] = rows[place + by], rows[place]


def _remove(row: SectionRow) -> None:
    rows = _here()
    if row in rows:  # else the click was for fields that have just been begun anew
        rows.remove(row)


def _here() -> list[SectionRow]:
    rows: list[SectionRow] | None = st.session_state.get(STATE)
    return [] if rows is None else rows

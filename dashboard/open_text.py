"""The text that a window holds of a day beside the note on disk: taken over, kept, or in conflict."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from daemon.config import Config
from dashboard import context
from dashboard.notes import OpenNote, as_saved


def keep(config: Config, day: date, note: OpenNote) -> dict[str, Any]:
    """What this window holds of a day: the note as it was opened, the person's text as it stands in the field by now,
    and ``shown``, which the field began with. A note that changed on disk is taken over where nothing of the person's
    would be lost; else both stay, and saving will say so. What is not saved lies on the desk too."""
    desk, body = context.desk(config), note.report.body
    everything: dict[date, dict[str, Any]] = st.session_state.setdefault("kept", {})
    if day not in everything:
        unsaved = desk.unsaved(day)
        text = body if unsaved is None else unsaved
        everything[day] = {"note": note, "text": text, "shown": text, "turn": _new_turn(), "restored": text != body}
    kept = everything[day]
    kept["text"] = st.session_state.get(field_name(day, kept), kept["text"])
    opened, mine = kept["note"], as_saved(kept["text"])
    if opened.sha != note.sha and (mine == as_saved(body) or as_saved(opened.report.body) == as_saved(body)):
        kept["note"] = note
    elif opened.sha != note.sha and mine == as_saved(opened.report.body):
        begin_anew(kept, body, note)
    if mine in (as_saved(body), as_saved(opened.report.body)):
        desk.drop(day, kept.get("on_desk", ""))
    else:
        desk.keep(day, kept["text"])
        kept["on_desk"] = kept["text"]
    return kept


def begin_anew(kept: dict[str, Any], text: str, note: OpenNote | None = None) -> None:
    """Put a text into the field that the person did not type."""
    kept.update(text=text, shown=text, turn=_new_turn(), note=note or kept["note"])


def _new_turn() -> int:
    """A number that no field of this window has had: a field's name keeps its text."""
    number: int = st.session_state.get("turns", 0) + 1
    st.session_state["turns"] = number
    return number


def field_name(day: date, kept: dict[str, Any]) -> str:
    """The name of the field that holds the text; a new one when the text did not come from the person's typing."""
    return f"text-{day}-{kept['turn']}"

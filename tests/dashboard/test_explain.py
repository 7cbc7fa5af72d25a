"""An English error reads Japanese on the page; its own words are in a fold."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from daemon.errors import NoteError, ReportBlocked
from dashboard.explain import explained


def test_the_page_shows_japanese_and_keeps_the_english_in_a_fold() -> None:
    def page() -> None:
        from daemon.errors import EngineTimeout
        from dashboard.context import show_error

        show_error(EngineTimeout("no <report> within 5 seconds", "Raise it."))

    shown = AppTest.from_function(page).run(timeout=20).get("html")[0].proto.body
    assert "制限時間内に日報ができませんでした。<details>" in shown
    assert "no &lt;report&gt; within 5 seconds" in shown


def test_japanese_stays_as_it_is_and_a_subclass_has_its_parent_s_sentence() -> None:
    assert "<details>" not in explained(NoteError("ノートを開いてください。"))
    assert "このノートは処理できませんでした" in explained(ReportBlocked("the disk is full"))

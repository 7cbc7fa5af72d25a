"""The lines that were not sure enough, on the review page: one click puts one into the text, and only saving writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import scene
import streamlit as st
from streamlit.testing.v1 import AppTest

from daemon.config import Config
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.store.store import Store

DAY = date(2026, 1, 7)
NOTE = f"nippo/{DAY}-nippo.md"
JAVA, NETWORK = scene.REPORT.split("\n")[2:4]
MISSED = "* サブネット計算の間違いを見直しました。"
RECORD = DayRecord(
    "k",
    (
        SentenceRecord("1限はJavaのインターフェース。", 4, 0, 9, 0.1, (LineRecord(JAVA, 0.9, True),)),
        SentenceRecord(
            "間違えたところを見直した。", 5, 0, 9, 0.3, (LineRecord(MISSED, 0.62, False, ("数字の疑い。",)),)
        ),
        SentenceRecord("ゆいちゃんとカレー。", 5, 0, 9, 0.9, (LineRecord("* カレーを学びました。", 0.0, False),)),
        SentenceRecord("サブネット計算の問題を10問解いた。", 6, 0, 9, 0.1, (LineRecord(NETWORK, 0.9, True),)),
    ),
)


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A day whose draft remembers a line that it left out, and one that a check turned down."""
    root = scene.make_vault(tmp_path)
    config: Config = scene.settings_file(tmp_path, root)
    monkeypatch.setenv("NIPPO_CONFIG", str(config.file))
    st.cache_data.clear()
    st.cache_resource.clear()
    with Store.open(config.data_path) as store:
        scene.add_day(root, store, DAY, record=RECORD)
    yield root
    st.cache_resource.clear()


def open_review() -> AppTest:
    page = AppTest.from_string("from dashboard.views import review\nreview.page()\n", default_timeout=60).run()
    assert not page.exception, page.exception
    return page


def adding(page: AppTest) -> list[str]:
    return [button.key for button in page.button if (button.key or "").startswith("add-")]


def shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def test_one_click_puts_a_line_in_its_place_and_only_saving_writes(vault: Path) -> None:
    before = (vault / NOTE).read_bytes()
    page = open_review()
    label = "入れなかった行 1件(日記と合っているか確かめて足せます)"
    assert label in [expander.label for expander in page.expander]
    assert "日記: 間違えたところを見直した。 ・ 確かさ 62% ・ 数字の疑い。" in shown(page)
    assert adding(page) == [f"add-{DAY}-{MISSED}"]
    page.button(key=f"add-{DAY}-{MISSED}").click().run()
    added = scene.REPORT.replace(JAVA, f"{JAVA}\n{MISSED}")
    assert page.text_area[0].value == added and adding(page) == []
    assert (vault / NOTE).read_bytes() == before
    page.button(key="save").click().run()
    assert (vault / NOTE).read_text(encoding="utf-8").endswith(f"---\n{added}\n")


@pytest.mark.usefixtures("vault")
def test_what_was_typed_just_before_the_click_stays() -> None:
    page = open_review()
    mine = scene.REPORT.replace("整理しました", "まとめました")
    page.text_area[0].set_value(mine)
    page.button(key=f"add-{DAY}-{MISSED}").click().run()
    assert page.text_area[0].value == mine.replace(NETWORK, f"{MISSED}\n{NETWORK}")


@pytest.mark.usefixtures("vault")
def test_a_line_that_is_deleted_again_is_offered_again() -> None:
    page = open_review()
    page.button(key=f"add-{DAY}-{MISSED}").click().run()
    page.text_area[0].set_value(scene.REPORT).run()
    assert adding(page) == [f"add-{DAY}-{MISSED}"]


def test_a_note_that_was_changed_meanwhile_is_not_overwritten(vault: Path) -> None:
    page = open_review()
    page.button(key=f"add-{DAY}-{MISSED}").click().run()
    theirs = scene.note_text(DAY, "Obsidianの文です。")
    (vault / NOTE).write_text(theirs, encoding="utf-8")
    page.button(key="save").click().run()
    assert (vault / NOTE).read_text(encoding="utf-8") == theirs
    assert MISSED in page.text_area[0].value and "変更がぶつかりました" in shown(page)

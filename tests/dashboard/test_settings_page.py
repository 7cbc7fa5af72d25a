"""The settings page: the difference is shown before anything is written, and what is wrong is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import scene
import streamlit as st
from streamlit.testing.v1 import AppTest

from daemon.config import load

ACTIONS = "from dashboard.views import settings\nsettings.page()\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    config = scene.settings_file(tmp_path, scene.make_vault(tmp_path))
    assert config.file
    with config.file.open("a", encoding="utf-8") as stream:
        stream.write('\n[privacy]\ndeny = ["きなこ"]  # 猫\n')
    monkeypatch.setenv("NIPPO_CONFIG", str(config.file))
    st.cache_resource.clear()
    yield config.file
    st.cache_resource.clear()


def open_page() -> AppTest:
    page = AppTest.from_string(ACTIONS, default_timeout=60).run()
    assert not page.exception, page.exception
    return page


def shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def field(page: AppTest, label: str) -> object:
    return next(each for kind in ("text_input", "text_area", "toggle", "selectbox") for each in page.get(kind)
                if each.label == label)  # fmt: skip


def test_a_change_is_shown_first_and_written_on_request(file: Path) -> None:
    page = open_page()
    before = file.read_text(encoding="utf-8")
    assert "書きこむ内容" not in shown(page) and field(page, "日報に出さない語").value == "きなこ"
    field(page, "日報に出さない語").set_value("きなこ\n\n 駅前のカフェ \n")
    field(page, "毎週の学習").set_value("しない")
    next(each for each in page.get("button_group") if each.label == "まとめ").set_value(["month", "week"])
    page.button(key="save").click().run()
    assert "<ins>deny = [&quot;きなこ&quot;, &quot;駅前のカフェ&quot;]  # 猫</ins>" in shown(page)
    assert file.read_text(encoding="utf-8") == before
    field(page, "書き出し").set_value("今日は、")
    page.run()
    assert "書きこむ内容" not in shown(page), "the text that was agreed to is another by now"
    page.button(key="save").click().run()
    page.button(key="write").click().run()
    config = load(file)
    assert config.privacy.deny == ("きなこ", "駅前のカフェ") and config.schedule.retrain == ""
    assert config.schedule.summaries == ("week", "month")
    assert file.read_text(encoding="utf-8").startswith(before.partition("deny")[0])
    assert "保存しました" in shown(page) and "書きこむ内容" not in shown(page)
    page.button(key="save").click().run()
    assert "変更はありません" in shown(page)


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(file: Path) -> None:
    page = open_page()
    field(page, "デスクトップに知らせる").set_value(True).run()
    theirs = file.read_text(encoding="utf-8") + "# いま書いた\n"
    file.write_text(theirs, encoding="utf-8")
    page.button(key="save").click().run()
    page.button(key="write").click().run()
    assert file.read_text(encoding="utf-8") == theirs and "ほかで変更されていた" in shown(page)
    page.button(key="undo").click().run()
    field(page, "デスクトップに知らせる").set_value(True).run()
    page.button(key="save").click().run()
    page.button(key="write").click().run()
    assert "# いま書いた\n" in file.read_text(encoding="utf-8") and load(file).notify.desktop


def test_a_value_of_the_environment_is_said_and_cannot_be_changed_here(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIPPO_REPORT__LEAD", "環境から")
    page = open_page()
    lead = field(page, "書き出し")
    assert lead.value == "環境から" and lead.disabled and "NIPPO_REPORT__LEAD" in shown(page)


def test_without_a_file_setup_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NIPPO_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "nippo setup" in shown(open_page())

"""The settings file is changed in the keys that were meant, after it was validated, over nobody's other change."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import Config, load
from daemon.errors import ConfigError
from daemon.setup.settings_file import shipped
from dashboard.changes import changed_lines_html
from dashboard.settings_edit import changed, from_environment, read_settings, validate, with_values, write_settings
from dashboard.settings_fields import FIELDS

OWN = """\
# わたしの設定
[vault]
path = "~/ノート"   # 学校用

[privacy]
deny = ["きなこ"]  # 猫の名前

[report] # 形
lead = "本日は、"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(OWN, encoding="utf-8")
    return file


def test_only_the_lines_that_were_meant_change() -> None:
    text = with_values(OWN, {("privacy", "deny"): ("きなこ", '駅前の"カフェ"'), ("report", "max_bullets"): 5})
    before, after = OWN.splitlines(), text.splitlines()
    assert [line for line in after if line not in before] == [
        'deny = ["きなこ", "駅前の\\"カフェ\\""]  # 猫の名前',
        "max_bullets = 5",
    ]
    assert [line for line in before if line not in after] == ['deny = ["きなこ"]  # 猫の名前']
    assert after.index("max_bullets = 5") > after.index("[report] # 形")


def test_a_missing_section_is_added_and_the_shipped_file_keeps_its_comments() -> None:
    text = with_values(OWN, {("notify", "desktop"): True})
    assert text.startswith(OWN) and tomllib.loads(text)["notify"] == {"desktop": True}
    whole = with_values(shipped(), {("report", "caution"): "high", ("schedule", "retrain"): ""})
    assert whole.count("#") == shipped().count("#") and len(whole.splitlines()) == len(shipped().splitlines())
    assert 'caution = "high"' in whole


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_mark_of_the_file_stay(ends: str, mark: str) -> None:
    before = mark + OWN.replace("\n", ends)
    assert with_values(before, {}) == before
    after = with_values(before, {("notify", "desktop"): True})
    assert after.startswith(before) and after.count("\n") == after.count(ends)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4))
def test_any_word_comes_back_as_it_was_written(words: list[str]) -> None:
    text = with_values(OWN, {("privacy", "deny"): tuple(words)})
    assert tomllib.loads(text)["privacy"]["deny"] == words


def test_what_is_no_setting_is_told_and_not_written(file: Path) -> None:
    settings = read_settings(file)
    text = with_values(settings.text, {("schedule", "retrain"): "someday"})
    with pytest.raises(ConfigError, match=r"`schedule\.retrain`: expected a weekday") as told:
        write_settings(settings, text)
    assert "config.toml" in str(told.value) and ".nippo-" not in str(told.value)
    assert file.read_text(encoding="utf-8") == OWN and [each.name for each in file.parent.iterdir()] == [file.name]


def test_another_hands_change_is_not_overwritten(file: Path) -> None:
    settings = read_settings(file)
    file.write_text(OWN + "# いま書いた\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="ほかで変更されていた"):
        write_settings(settings, with_values(settings.text, {("notify", "desktop"): True}))
    assert file.read_text(encoding="utf-8") == OWN + "# いま書いた\n"


def test_a_link_stays_a_link_and_the_file_is_for_its_user_alone(file: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links/config.toml"
    link.symlink_to(file)
    settings = read_settings(link)
    write_settings(settings, with_values(settings.text, {("notify", "desktop"): True}))
    assert link.is_symlink() and load(link).notify.desktop
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_only_what_differs_is_asked_for() -> None:
    wanted = {("privacy", "deny"): ("きなこ",), ("report", "caution"): "normal", ("notify", "desktop"): False}
    assert changed(Config(), wanted) == {("privacy", "deny"): ("きなこ",)}


def test_every_field_is_a_setting_and_can_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = Config().model_dump()
    for each in FIELDS:
        now = values[each.section][each.key]
        assert each.kind != "choice" or now in each.choices
        text = with_values(OWN, {each.setting: now})
        validate(read_settings(file), text)
    for each in (each for each in FIELDS if each.kind == "choice"):
        for value in each.choices:
            validate(read_settings(file), with_values(OWN, {each.setting: value}))
    for each in (each for each in FIELDS if each.kind == "several"):
        validate(read_settings(file), with_values(OWN, {each.setting: tuple(each.choices)}))
    monkeypatch.setenv("NIPPO_REPORT__CAUTION", "high")
    assert from_environment(("report", "caution")) == "NIPPO_REPORT__CAUTION"
    assert from_environment(("report", "lead")) == ""


def test_the_difference_shows_both_lines_as_text() -> None:
    html = changed_lines_html(OWN, with_values(OWN, {("privacy", "deny"): ("<b>",)}))
    assert "<del>deny = [&quot;きなこ&quot;]  # 猫の名前</del>" in html
    assert "<ins>deny = [&quot;&lt;b&gt;&quot;]  # 猫の名前</ins>" in html and html.count("<del>") == 1

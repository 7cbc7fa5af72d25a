"""The first hour: `nippo setup` asks at most four things, keeps what is there, and ends with a report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import platformdirs
import pytest
from typer.testing import CliRunner, Result

import daemon.commands.setup
from daemon.cli import app
from daemon.config import load, user_config_file
from daemon.errors import EngineError, UsageError
from tests.conftest import MakeConfig, MakeVault
from tests.learning_world import tiny_sections
from tests.tiny_model import TinyModel

pytestmark = pytest.mark.usefixtures("in_japanese")
DIARY = "Javaの授業でインターフェースを学んだ。\n"


@pytest.fixture(autouse=True)
def person(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody sits before the questions; nothing is downloaded or installed: what would be is in the list."""
    done: list[str] = []
    monkeypatch.setattr(daemon.commands.setup, "attended", lambda: True)
    monkeypatch.setattr(daemon.commands.setup, "lacking", lambda extras: [])
    monkeypatch.setattr(daemon.commands.setup, "fetch_with_progress", lambda model, console: done.append(model))
    return done


def setup(answers: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["setup", *options], input=answers)


def known(home: Path, *vaults: Path) -> None:
    registry = home / ".config/obsidian/obsidian.json"
    registry.parent.mkdir(parents=True, exist_ok=True)
    entries = {str(number): {"path": str(vault), "ts": -number} for number, vault in enumerate(vaults)}
    registry.write_text(json.dumps({"vaults": entries}))


def test_without_a_terminal_it_names_the_way_of_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    done = setup("")
    assert isinstance(done.exception, UsageError) and "nippo init --yes" in done.exception.next_step


def test_one_known_vault_and_nothing_to_ask(
    make_vault: MakeVault, isolated_world: Path, person: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    vault = make_vault(name="日記 の vault")
    known(isolated_world, vault)
    done = setup("")
    assert done.exit_code == 0, done.output
    settings = load()
    assert (settings.file, settings.vault_path) == (user_config_file(), vault)
    assert settings.data_path == platformdirs.user_data_path("nippo")
    assert person == ["starter"] and "まだ1件もありません" in done.output
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.toml").write_text("title = 'a web site'\n")
    monkeypatch.chdir(elsewhere)
    assert load().vault_path == vault, "the settings are the same in every folder"


def test_elsewhere_it_speaks_english(
    make_vault: MakeVault, isolated_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIPPO_LANG", "en")
    known(isolated_world, make_vault({"diary/2026-01-07.md": DIARY}))
    done = setup("0\n")
    assert done.exit_code == 0, done.output
    assert "Of which diary [1]: " in done.output and "nippo is ready." in done.output
    assert not re.search("[ぁ-んァ-ヶ]", done.output.replace("日報の使い方", ""))


def test_of_two_vaults_the_person_takes_one_or_names_a_third(
    make_vault: MakeVault, isolated_world: Path, tmp_path: Path
) -> None:
    first, second, third = (make_vault(name=name) for name in ("a", "b", "c"))
    known(isolated_world, first, second)
    done = setup("2\n", "--config", str(tmp_path / "two.toml"))
    assert load(tmp_path / "two.toml").vault_path == second, done.output
    done = setup(f"7\n{tmp_path / 'nowhere'}\n{third}\n", "--config", str(tmp_path / "three.toml"))
    assert done.output.count("そのフォルダーはありません") == 2
    assert load(tmp_path / "three.toml").vault_path == third


def test_settings_that_are_there_stay_and_a_report_is_made_and_shown(
    make_vault: MakeVault, make_config: MakeConfig, tiny: TinyModel
) -> None:
    vault = make_vault({"diary/2026-01-06.md": DIARY, "diary/2026-01-07.md": DIARY, "diary/2026-01-08.md": DIARY})
    sections = tiny_sections(tiny)
    sections["engine"] |= {"adapter": "none"}
    file = make_config(vault, **sections).file
    assert file is not None
    before = file.read_bytes()
    done = setup("9\n2\n", "--config", str(file))
    assert done.exit_code == 0, done.output
    assert "0から3までの番号です" in done.output
    assert file.read_bytes() == before
    assert [path.name for path in (vault / "nippo").iterdir() if path.suffix == ".md"] == ["2026-01-07-nippo.md"]
    assert "nippo/2026-01-07-nippo.md" in done.output and "`accepted` にチェック" in done.output
    assert (vault / "diary/2026-01-07.md").read_text(encoding="utf-8") == DIARY


def test_what_fails_is_told_at_the_end_with_the_way_on(
    make_vault: MakeVault, isolated_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(isolated_world, make_vault({"diary/2026-01-07.md": DIARY}))

    def offline(*_: object) -> None:
        raise EngineError("no network", "Connect it.")

    monkeypatch.setattr(daemon.commands.setup, "fetch_with_progress", offline)
    monkeypatch.setattr(daemon.commands.setup, "write_now", offline)
    done = setup("1\n")
    assert done.exit_code == 1
    assert "モデルを取得できませんでした: no network" in done.output and "nippo fetch" in done.output
    assert "nippo report 2026-01-07" in done.output and "準備ができました" in done.output
    assert load().file == user_config_file()


def test_one_question_for_the_service_and_its_notifications(
    make_vault: MakeVault, isolated_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(isolated_world, make_vault())
    installed: list[Path | None] = []
    monkeypatch.setattr("daemon.setup.systemctl.available", lambda: True)
    monkeypatch.setattr(daemon.commands.setup, "_serve", lambda settings: (installed.append(settings.file), "")[1])
    assert setup("\n").exit_code == 0
    assert installed == [user_config_file()] and load().notify.desktop
    user_config_file().unlink()
    assert setup("0\n").exit_code == 0
    assert len(installed) == 1 and not load().notify.desktop


def test_packages_are_added_by_a_command_that_is_shown(
    make_vault: MakeVault, isolated_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(isolated_world, make_vault())
    called: list[list[str]] = []
    monkeypatch.setattr(daemon.commands.setup, "lacking", lambda extras: list(extras))
    monkeypatch.setattr(daemon.commands.setup, "adding", lambda *extras: f'add "some where[{",".join(extras)}]"')
    monkeypatch.setattr("subprocess.call", lambda argv: (called.append(argv), 3)[1])
    done = setup("2\n")
    assert called == [["add", "some where[dashboard,train]"]]
    assert done.exit_code == 1 and "終了コード 3" in done.output and "約1.5GB" in done.output


def test_before_setup_every_command_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["run"], ["report", "today"], ["backfill", "--from", "2026-01-01"]):
        done = CliRunner().invoke(app, words)
        assert isinstance(done.exception, UsageError), (words, done.output)
        assert "nippo setup" in done.exception.next_step
    assert "nippo setup" in CliRunner().invoke(app, ["doctor"]).output


def test_the_end_says_where_the_diary_is_quoted_and_how_to_switch_that_off(
    make_vault: MakeVault, isolated_world: Path
) -> None:
    known(isolated_world, make_vault())
    done = setup("")
    assert "nippo/根拠/" in done.output and "共有すると" in done.output and "evidence = false" in done.output
    file = user_config_file()
    file.write_text(file.read_text(encoding="utf-8").replace("evidence = true", "evidence = false"), encoding="utf-8")
    assert "根拠" not in setup("").output

"""``nippo form learn``: from one accepted report to settings."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.config import load
from daemon.config.report_form import ReportSettings
from daemon.errors import ConfigError, UsageError
from tests.conftest import MakeConfig, MakeVault

FORMS = Path(__file__).parents[2] / "data" / "forms"


def learn(*words: str) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["form", "learn", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def test_the_form_is_shown_with_an_example_and_nothing_is_written(
    make_vault: MakeVault, make_config: MakeConfig
) -> None:
    config = make_config(make_vault())
    assert config.file
    before = config.file.read_bytes()
    shown, said = learn(str(FORMS / "senmon.md"), "--config", str(config.file))
    wanted = tomllib.loads((FORMS / "senmon.toml").read_text(encoding="utf-8"))["report"]
    assert tomllib.loads(shown)["report"] == wanted
    assert "# ■課題・制作\n# ・SQLの課題を提出しました。" in shown
    assert "nothing was written" in said and config.file.read_bytes() == before
    assert "うれしかった" not in shown + said


def test_written_it_is_the_form_of_the_next_report(make_vault: MakeVault, make_config: MakeConfig) -> None:
    config = make_config(make_vault())
    assert config.file
    text = config.file.read_text(encoding="utf-8").replace("[vault]", "# my vault\n[vault]")
    config.file.write_text(text, encoding="utf-8")
    learn(str(FORMS / "dearu.md"), "--config", str(config.file), "--write")
    again = load(config.file)
    assert again.report == ReportSettings(**tomllib.loads((FORMS / "dearu.toml").read_text(encoding="utf-8"))["report"])
    assert again.vault == config.vault and "# my vault" in config.file.read_text(encoding="utf-8")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        CliRunner().invoke(app, ["form", "learn", str(tmp_path / "none.md")], catch_exceptions=False)


@pytest.mark.parametrize(
    ("sections", "what"),
    [
        ('[{ title = "■", take = ["lesson"] }]', "no section takes the rest"),
        ('[{ take = ["rest"] }, { title = "b", take = ["rest"] }]', "rest stands in more than one place"),
        ('[{ take = ["rest"], text = "以上" }]', "both `take` and `text`"),
        ('[{ take = ["rest"] }, {}]', "a section without title, take and text"),
        ('[{ take = ["dinner"] }]', "report.sections.0.take.0"),
        ('[{ take = ["rest"], marks = "1" }]', "report.sections.0.marks"),
    ],
)
def test_a_form_that_loses_lines_is_refused_with_words(sections: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[report]\nsections = {sections}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as problem:
        load(file)
    assert what in str(problem.value)

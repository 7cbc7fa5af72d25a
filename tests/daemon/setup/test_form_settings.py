"""A form goes into config.toml: what a person wrote there stays, and what comes out again is the form."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from daemon.config import load
from daemon.config.report_form import ReportSection, ReportSettings
from daemon.errors import ConfigError
from daemon.setup.form_settings import as_toml, put_into
from daemon.setup.settings_file import shipped

PARTS = (ReportSection(title='■ "学習"', take=("lesson", "rest"), bullet=""), ReportSection(text="以上\nよろしく"))
FORM = ReportSettings(header=("日付: {D}日", "氏名: 山\\田"), lead="", bullet="1. ", style="de-aru", sections=PARTS)


def test_what_is_shown_is_the_form() -> None:
    assert ReportSettings(**tomllib.loads(as_toml(FORM))["report"]) == FORM


def test_the_shipped_file_keeps_every_comment_and_every_other_key(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(put_into(shipped(), FORM), encoding="utf-8")
    assert load(file).report == FORM
    comments = [line.partition("#")[2] for line in shipped().split("\n") if "#" in line]
    written = file.read_text(encoding="utf-8")
    assert [comment for comment in comments if comment not in written] == []
    before, after = tomllib.loads(shipped()), tomllib.loads(written)
    assert {**before, "report": None} == {**after, "report": None}


def test_a_file_with_one_table_of_its_own(tmp_path: Path) -> None:
    text = '# mine\n[vault]\npath = "v"   # here\n\n[[report.sections]]\ntitle = "■"\ntake = ["rest"]\n'
    file = tmp_path / "config.toml"
    file.write_text(put_into(text, FORM), encoding="utf-8")
    assert load(file).report == FORM and file.read_text(encoding="utf-8").startswith(
        '# mine\n[vault]\npath = "v"   # here'
    )


def test_a_file_without_the_table() -> None:
    assert ReportSettings(**tomllib.loads(put_into("", FORM))["report"]) == FORM


def test_what_is_no_toml_is_left_alone() -> None:
    with pytest.raises(ConfigError):
        put_into("[report\n", FORM)

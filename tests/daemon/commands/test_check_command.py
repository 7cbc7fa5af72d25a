"""``nippo check`` as a person and a program see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.config import load
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.errors import UsageError
from daemon.service.service import now
from daemon.store.store import ReportRow, Store
from tests.conftest import MakeConfig, MakeVault

DIARY = "Javaの授業で配列を習った。夜はみくちゃんと焼肉。\n"
REPORT = (
    "---\naccepted: false\n---\n本日は、以下の学習と課題を完了しました:\n\n* Javaの授業で、配列について学習しました。\n"
)


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "vault"
    (root / ".obsidian").mkdir(parents=True)
    (root / ".obsidian" / "daily-notes.json").write_text(
        '{"folder": "diary", "format": "YYYY-MM-DD"}', encoding="utf-8"
    )
    (root / "diary").mkdir()
    (root / "nippo").mkdir()
    (root / "diary" / "2026-01-07.md").write_text(DIARY, encoding="utf-8")
    (root / "nippo" / "2026-01-07-nippo.md").write_text(REPORT, encoding="utf-8")
    monkeypatch.setenv("NIPPO_VAULT__PATH", str(root))
    return root


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *arguments])
    return result.exit_code, result.output


@pytest.mark.usefixtures("vault")
def test_a_day_is_explained_without_the_private_words() -> None:
    code, output = run("2026-01-07")
    assert code == 0
    assert "呼び名" in output or "人名" in output
    assert "みく" not in output and "焼肉" not in output
    assert "* Javaの授業で、配列について学習しました。\n  ← perhaps: Javaの授業で配列を習った。" in output


def test_a_fault_is_told_with_the_line_that_has_it_unless_that_is_private(vault: Path, tmp_path: Path) -> None:
    other = tmp_path / "draft.md"
    other.write_text(REPORT.replace("学習しました", "99回学んだ"), encoding="utf-8")
    assert "「* Javaの授業で、配列について99回学んだ。」" in run("2026-01-07", "--report", str(other))[1].replace(
        "│", ""
    )
    other.write_text(REPORT.replace("配列", "みくちゃん"), encoding="utf-8")
    output = run("2026-01-07", "--report", str(other))[1]
    assert "line 3: 私的な語" in output


def test_a_report_that_is_being_written_is_none_yet(vault: Path) -> None:
    (vault / "nippo/2026-01-07-nippo.md").write_text("---\nstatus: writing\naccepted: false\n---\n\n", encoding="utf-8")
    code, output = run("2026-01-07", "--json")
    assert code == 0 and json.loads(output)["report"] is None


@pytest.mark.usefixtures("vault")
def test_show_names_them() -> None:
    assert "みくちゃん" in run("2026-01-07", "--show")[1]


def test_what_no_model_sees_is_told_with_its_lines(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("NIPPO_PRIVACY__PRIVATE_HEADINGS", '["プライベート"]')
    diary = f"{DIARY}%%内緒%%\n\n**プライベート**\n\n## プライベート🔒\n恋の話。\n"
    (vault / "diary" / "2026-01-07.md").write_text(diary, encoding="utf-8")
    code, output = run("2026-01-07")
    assert code == 0 and "恋" not in output and "内緒" not in output
    assert "line 2" in output and "lines 6-7" in output and "heading 「プライベート🔒」" in output
    assert "not cut  line 4 stands alone like a private heading" in output
    assert "恋の話。" in run("2026-01-07", "--show")[1]
    pieces = json.loads(run("2026-01-07", "--json")[1])["cut"]["pieces"]
    assert [(one["kind"], one["line"], one["last_line"], one["text"]) for one in pieces] == [
        ("comment", 2, 2, None),
        ("heading", 6, 7, None),
    ]
    sent = run("2026-01-07", "--sent")[1]
    assert "配列" in sent and "恋" not in sent and "内緒" not in sent


def test_a_file_of_the_vault_finds_its_report(vault: Path) -> None:
    code, output = run(str(vault / "diary" / "2026-01-07.md"), "--json")
    values = json.loads(output)
    assert code == 0 and values["score"]["clean"] is True
    assert values["private"]["terms"] is None and sum(values["private"]["counts"].values()) > 0
    assert values["score"]["sources"] == [[1]]


def test_a_leaking_report_gives_exit_code_one(vault: Path) -> None:
    other = vault / "draft.md"
    other.write_text(REPORT.replace("配列", "みくちゃん"), encoding="utf-8")
    code, output = run("2026-01-07", "--report", str(other), "--json")
    assert code == 1
    assert json.loads(output)["score"]["passed"]["leak"] is False
    assert "みく" not in output


def test_a_lone_file_without_a_report_shows_its_terms(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(DIARY, encoding="utf-8")
    code, output = run(str(note))
    assert code == 0 and "none yet" in output


@pytest.mark.usefixtures("vault")
@pytest.mark.parametrize("note", ["2026-01-08", "nowhere.md"])
def test_an_unknown_note_says_what_to_do(note: str) -> None:
    result = CliRunner().invoke(app, ["check", note])
    assert isinstance(result.exception, UsageError)


@pytest.mark.usefixtures("vault")
def test_lines_that_were_not_sure_enough_stand_under_a_heading_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert "left out" not in run("2026-01-07")[1] and json.loads(run("2026-01-07", "--json")[1])["left_out"] == []
    told = (
        ("配列を習った。", "* Javaの授業で、配列について学習しました。", 0.9),
        ("表を作った。", "* 表を作りました。", 0.6),
        ("母の話。", "* 母と話しました。", 0.0),
    )
    record = DayRecord(
        "k",
        tuple(SentenceRecord(text, 1, 0, 9, 0.1, (LineRecord(line, sure, sure > 0.8),)) for text, line, sure in told),
    )
    values = json.dumps(record.to_json(), ensure_ascii=False)
    row = ReportRow("2026-01-07", "", "", "", "", "", "v1", "draft", "", record=values)
    with Store.open(load(None).data_path) as store:
        store.put_report(row)
    output = run("2026-01-07")[1]
    head, _, tail = output.partition("left out: not sure enough")
    assert "学習しました" in head and "表を作りました" not in head
    assert "表を作りました" in tail and "60%" in tail and "母" not in output
    found = json.loads(run("2026-01-07", "--json")[1])["left_out"]
    assert [(one["text"], one["sentence"], one["diary_line"]) for one in found] == [
        ("* 表を作りました。", "表を作った。", 1)
    ]


def test_today_is_a_day_and_a_word_is_none(make_vault: MakeVault, make_config: MakeConfig) -> None:
    config = make_config(make_vault({f"diary/{now().date()}.md": "Javaを学んだ。"}))
    done = CliRunner().invoke(app, ["check", "today", "--config", str(config.file)])
    assert done.exit_code == 0 and "none yet" in done.output
    done = CliRunner().invoke(app, ["check", "someday", "--config", str(config.file)])
    assert isinstance(done.exception, UsageError) and "is no date" in str(done.exception)

"""Several days' reports on one page and as files: every line is one of a report's, no diary is read."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from typer.testing import CliRunner

from daemon.cli import app
from daemon.config.report_form import ReportSettings
from daemon.errors import UsageError
from daemon.summaries.days import ReportedDay, lines_of, read_days
from daemon.summaries.page import render
from daemon.summaries.periods import week_of
from daemon.summaries.subjects import subject_of
from daemon.vault.layout import read_layout
from tests.conftest import MakeConfig, MakeVault
from tests.daemon.drafting.test_school_forms import NAMES, form, wanted
from tests.daemon.summaries.week import BODIES, PRIVATE, files

WEEK = week_of(date(2026, 11, 26))


@pytest.fixture
def settings(make_vault: MakeVault, make_config: MakeConfig) -> Path:
    file = make_config(make_vault(files())).file
    assert file
    return file


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_week_by_subject_with_days(settings: Path) -> None:
    page = run("summary", "2026-11-26", "--config", str(settings))
    assert page == (
        "# 週報 2026-W48（11/23(月)〜11/29(日)）\n\n"
        "日報 4日分（提出済み 2、下書き 2）。各行は日報の文のままです。\n\n"
        "## Java\n\n- 11/23(月) Javaの授業で、配列の使い方を学びました。\n"
        "- 11/27(金) JavaのArrayListを練習しました。（下書き）\n\n"
        "## データベース\n\n- 11/23(月) SQLの結合の課題を3問解き、提出しました。\n\n"
        "## 就職活動\n\n- 11/24(火) 面接練習で自己紹介を直しました。（下書き）\n\n"
        "## そのほか\n\n- 11/24(火) =演算子の優先順位を確認しました。（下書き）\n\n"
        "## 今後の予定\n\n- 11/23(月) 今後は、配列を復習したいと考えています。\n"
        "- 11/23(月) JOINを練習したいと考えています。\n\n"
        "## 感想・連絡など\n\n- 11/27(金) 楽しかった。（下書き）\n"
    )


def test_every_line_is_one_of_a_report_s(settings: Path) -> None:
    page = run("summary", "--month", "2026-11-26", "--config", str(settings))
    assert "月報 2026-11" in page and "cron" in page and PRIVATE not in page
    lines = [re.sub(r"^- \S+ |（下書き）$", "", line) for line in page.split("\n") if line.startswith("- ")]
    assert len(lines) == 9 and all(any(line in body for body in BODIES.values()) for line in lines)


def test_a_week_without_a_report_says_so(settings: Path) -> None:
    assert "この期間の日報はありません。" in run("summary", "2026-01-07", "--config", str(settings))


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_a_school_s_form_are_the_same_deeds(name: str) -> None:
    day = ReportedDay(date(2026, 11, 26), wanted(name), True)
    lines = list(lines_of(day, form(name)))
    assert [line.part for line in lines].count("deed") == 5 and [line.part for line in lines].count("plan") == 2
    assert all(line.text in wanted(name) for line in lines)
    assert not any(word in line.text for line in lines for word in ("氏名", "以上", "■", "特になし", "①"))
    page = render(WEEK, [day], form(name))
    assert "## 資格\n\n- 11/26(木) 基本情報の科目Bを五問" in page


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("Javaの授業で、配列の使い方を学びました。", "Java"),
        ("JavaScriptで、入力の検査を書きました。", "JavaScript"),
        ("情報倫理の授業で、著作権法を学びました。", "情報倫理"),
        ("三限の授業で、正規化を学びました。", "データベース"),
        ("課題6を提出しました。", "課題・制作"),
        ("基本情報の過去問を、データベースの章だけ解きました。", "資格"),
        ("MFAをオンにしました。", "そのほか"),
    ],
)
def test_subject(line: str, subject: str) -> None:
    assert subject_of(line) == subject


def test_days_are_read_from_report_notes_alone(settings: Path, make_config: MakeConfig) -> None:
    layout = read_layout(make_config(settings.parent / "vault"))
    days = read_days(layout, date(2026, 11, 1), date(2026, 11, 30), 100)
    assert [str(one.day) for one in days] == [day for day in BODIES if day != "2026-11-26"]
    assert [str(one.day) for one in read_days(layout, date(2026, 11, 1), date(2026, 11, 30), 100, True)] == [
        "2026-11-23",
        "2026-11-25",
    ]


def test_export_as_markdown_has_the_bodies_as_they_stand(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.md"
    run("export", "2026-11-23", "2026-11-24", "--output", str(file), "--config", str(settings))
    first, second = BODIES["2026-11-23"], BODIES["2026-11-24"]
    assert file.read_text(encoding="utf-8") == (
        f"# 2026-11-23(月)\n\n{first}\n\n# 2026-11-24(火)（下書き）\n\n{second}\n"
    )
    assert run("export", "2026-11-23", "2026-11-24", "-o", "-", "--config", str(settings)) == file.read_text()


def test_export_as_csv_is_a_row_a_line(settings: Path) -> None:
    run("export", "2026-11-23", "2026-11-27", "--as", "csv", "--config", str(settings))
    data = Path("nippo_2026-11-23_2026-11-27.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["日付", "曜日", "状態", "種類", "科目", "内容"]
    assert rows[1] == ["2026-11-23", "月", "提出済み", "学習", "Java", "Javaの授業で、配列の使い方を学びました。"]
    assert rows[3][3:] == ["今後の予定", "", "今後は、配列を復習したいと考えています。"]
    assert ["2026-11-24", "火", "下書き", "学習", "そのほか", "'=演算子の優先順位を確認しました。"] in rows
    assert rows[-1][3:] == ["感想・連絡など", "", "楽しかった。"] and len(rows) == 9


def test_export_as_a_word_document(settings: Path) -> None:
    run("export", "2026-11-23", "2026-11-24", "--as", "docx", "--config", str(settings))
    document = Document("nippo_2026-11-23_2026-11-24.docx")
    texts = [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]
    lines = [line for line in BODIES["2026-11-23"].split("\n") if line]
    assert texts[: len(lines) + 1] == [("Heading 1", "2026-11-23(月)"), *(("Normal", line) for line in lines)]
    assert document.core_properties.author == "" and PRIVATE not in str(texts)


def test_a_file_that_is_there_is_never_overwritten(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.md"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        run("export", "2026-11-23", "2026-11-24", "--output", str(file), "--config", str(settings))
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("first", "last", "what"), [("2026-11-24", "2026-11-23", "later"), ("2025-01-01", "2025-01-02", "no report")]
)
def test_a_range_without_reports(first: str, last: str, what: str, settings: Path) -> None:
    with pytest.raises(UsageError, match=what):
        run("export", first, last, "--config", str(settings))


def test_without_python_docx_it_says_how_to_get_it(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "docx", None)
    with pytest.raises(UsageError) as problem:
        run("export", "2026-11-23", "2026-11-24", "--as", "docx", "--config", str(settings))
    assert "docx" in problem.value.next_step


def test_the_learned_form_is_used(settings: Path) -> None:
    day = ReportedDay(date(2026, 11, 26), "・Javaを学んだ。\n\n次は、配列を復習したい。", True)
    report = ReportSettings(lead="", bullet="・", closing="次は、", style="de-aru")
    assert [(line.part, line.text) for line in lines_of(day, report)] == [
        ("deed", "Javaを学んだ。"),
        ("plan", "次は、配列を復習したい。"),
    ]

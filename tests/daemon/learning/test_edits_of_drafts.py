"""From a real draft in the person's form, through the note in the vault, to what its acceptance teaches."""

from __future__ import annotations

import json

import pytest

from daemon.config import Config
from daemon.config.report_form import ReportSettings
from daemon.drafting.draft import draft_report
from daemon.drafting.result import DraftRequest
from daemon.learning.edit_rows import edit_rows
from daemon.store.rows import Pair
from tests.asking_engine import AskingEngine

DIARY = """\
一限はJavaで、配列の使い方を習った。
SQLの結合の課題は、3問解いて提出した。
夜は焼肉で最高だった。
Linuxは権限の章を読んだけど、途中で寝た。
明日はLinuxの小テストの勉強をする。
来週までにポートフォリオを直す。"""
LINES = {
    "一限はJavaで、配列の使い方を習った。": "* Javaの授業で、配列の使い方を学びました。",
    "SQLの結合の課題は、3問解いて提出した。": "* SQLの結合の課題を3問解きました。\n* SQLの結合の課題を提出しました。",
    "Linuxは権限の章を読んだけど、途中で寝た。": "* Linuxの権限の章を読みました。",
    "明日はLinuxの小テストの勉強をする。": "今後は、明日、Linuxの小テストの勉強に取り組みたいと考えています。",
    "来週までにポートフォリオを直す。": "今後は、来週までにポートフォリオを直したいと考えています。",
}
WANTED = [(sentence, tuple(LINES[sentence].split("\n")) if sentence in LINES else ()) for sentence in DIARY.split("\n")]
FORMS = {
    "です・ます": ReportSettings(),
    "である": ReportSettings(style="de-aru", lead="本日の学習内容", bullet="・"),
    "own closing": ReportSettings(closing="次回は、", lead="", bullet="- "),
}


def accepted(form: ReportSettings, old: str = "", new: str = "", record: bool = True) -> Pair:
    """The pair of a day that was drafted in a form, and accepted with one piece of the body replaced."""
    result = draft_report(AskingEngine(LINES), DraftRequest("2026-11-26", DIARY), Config(report=form))
    assert old in result.body
    told = json.dumps(result.record.to_json(), ensure_ascii=False) if record else ""
    body = result.body.replace(old, new, 1) if old else result.body
    return Pair("2026-11-26", "2026-11-26", DIARY, "", body, result.body, "", False, "vault", told)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_untouched_draft_says_that_all_of_it_was_right(form: ReportSettings) -> None:
    rows = edit_rows(accepted(form), Config(report=form))
    assert list(rows.sentences) == WANTED
    assert sorted(rows.judged) == sorted((line, "T", 1.0) for lines in LINES.values() for line in lines.split("\n"))
    assert rows.untraced == () and rows.weight == 0.5


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_line_taken_out_of_it_is_one_label(form: ReportSettings) -> None:
    pair = accepted(form)
    line = next(line for line in pair.report.split("\n") if "権限の章" in line)
    rows = edit_rows(accepted(form, line + "\n"), Config(report=form))
    assert [lines for text, lines in rows.sentences if "権限の章" in text] == [()]
    assert len(rows.judged) == 5 and rows.weight == 1.0


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_one_of_two_plans_taken_out(form: ReportSettings) -> None:
    pair = accepted(form)
    closing = pair.report.split("\n")[-1]
    first, second = closing.split("また、")
    rows = edit_rows(accepted(form, "また、" + second), Config(report=form))
    assert rows.sentences[-2:] == (WANTED[-2], (WANTED[-1][0], ()))
    assert first in closing and len(rows.judged) == 5


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_without_its_record_it_teaches_the_same_or_nothing(form: ReportSettings) -> None:
    rows = edit_rows(accepted(form, record=False), Config(report=form))
    assert all(lines in (wanted, None) for (_, lines), (_, wanted) in zip(rows.sentences, WANTED, strict=True))
    assert sum(lines is not None for _, lines in rows.sentences) >= 4

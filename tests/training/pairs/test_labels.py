"""Every label by sentence and every judged line of the starter data: what a writer of sentences learns by heart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from daemon.checks import CheckSettings, find_private_terms
from daemon.checks.form import check_style
from daemon.checks.grounding import check_grounded
from daemon.checks.leak import leaks
from daemon.checks.text import normalise
from daemon.config import PrivacySettings
from daemon.config.report_form import ReportSettings
from daemon.drafting.compose import ReportLine, choose, lay_out
from daemon.drafting.sentences import split
from daemon.drafting.writer import line_of
from daemon.system.shipped import starter_folder
from daemon.vault.diary import prepare
from training.pairs.judged import JudgedLines, read_judged
from training.pairs.rows import Row, read_rows
from training.scoring.metrics import fold

FOLDER = starter_folder()
FORM = ReportSettings()
FALSE_ALARMS = {
    "a word that is no name, read as one by its shape or the dictionary (とし, 三十五, 二位, マイク)": """
        c-48:5 d-06:37 e-08:0 g-29:2 i-49:40 k-05:2 k-21:5 l-46:5 n3-29:23 p3-002:7 p3-097:3 p4-089:1 p4-097:6 p5-102:7
        s195:3 s311:6 s341:1""",
    "a thing that the sentence calls, introduces or capitalises as one would a person (豆腐, 水晶, のれん, 平文)": """
        c-22:2 g-07:11 l-49:37 n4-47:14 p3-065:2 p3-075:6 p3-075:11 p5-005:4 p5-117:6 s50:1 s71:13 s360:5 s392:13
        s395:11 s395:20""",
    "an amount of money in an exercise, a test case or a running cost, a count (20万), a cell address ($1)": """
        c-46:24 f-28:6 f-39:3 k-24:3 n3-01:13 n3-01:29 n3-21:1 n3-21:4 n3-21:7 n3-21:9 n3-27:13 p3-064:7 p5-022:18
        s34:9 s46:8 s131:5 s178:3 s375:12 s387:5""",
    "a subject that is a pastime elsewhere (アニメ, クッキー, バイト, セルフレジ)": """
        g-40:7 g-40:8 h2-33:4 h2-33:11 h2-33:13 s388:8 s408:12""",
    "a medicine in a pharmacy course, a temperature of a machine room": "k-25:11 n4-19:7",
    "a chapter, a document or a label in quotation marks, read as a title": "n4-51:2 p4-094:3 s419:3 s419:6",
    "an event of Vue, written like an account (@update)": "s202:5",
}
"""Labels that the leak check flags although nothing of them is private (each was read), as "row:sentence"."""


@cache
def rows() -> tuple[Row, ...]:
    return tuple(read_rows([FOLDER / "corpus.jsonl"], need_report=True))


def labels() -> Iterator[tuple[Row, int, str]]:
    for row in rows():
        for at, (_, lines) in enumerate(row.sentences or ()):
            for line in lines or ():
                yield row, at, line


def test_every_sentence_that_the_program_cuts_is_labelled_and_no_other() -> None:
    for row in rows():
        cut = [one.text for one in split(prepare(row.diary, PrivacySettings()).text)]
        assert row.sentences is not None and [text for text, _ in row.sentences] == cut, row.id
        assert all(lines is not None for _, lines in row.sentences), row.id


def test_every_label_is_a_line_as_the_writer_writes_it() -> None:
    for row, at, line in labels():
        assert line_of(line) == line, (row.id, at)
    for row in rows():
        for text, lines in row.sentences or ():
            assert len(set(lines or ())) == len(lines or ()), (row.id, text)


def test_no_label_invents_a_term_or_falls_out_of_the_style() -> None:
    for row, at, line in labels():
        text = normalise(line)
        found = [*check_grounded(text, normalise(row.diary), normalise(FORM.closing)), *check_style(text, FORM)]
        assert not found, (row.id, at, line, [one.message for one in found])


def test_no_label_holds_a_private_string_or_a_name_of_its_row() -> None:
    names = {value["id"]: value["names"] for value in raw()}
    for row, at, line in labels():
        assert not [text for text in row.private or () if fold(text) in fold(line)], (row.id, at)
        assert not [name for name in names[row.id] if len(name) > 1 and fold(name) in fold(line)], (row.id, at)


@cache
def raw() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in (FOLDER / "corpus.jsonl").read_text(encoding="utf-8").splitlines())


def test_the_leak_check_flags_no_label_but_false_alarms_that_were_read() -> None:
    settings = CheckSettings()
    known = {place for places in FALSE_ALARMS.values() for place in places.split()}
    for row in rows():
        terms = find_private_terms(row.diary, settings)
        for at, (_, lines) in enumerate(row.sentences or ()):
            if any(leaks(normalise(line), terms, settings) for line in lines or ()):
                assert f"{row.id}:{at}" in known, (row.id, at)


def test_a_report_without_listed_facts_is_what_its_labels_give() -> None:
    for row in rows():
        if row.id.startswith("s"):
            lines = [
                ReportLine(line, at, 1.0) for at, (_, found) in enumerate(row.sentences or ()) for line in found or ()
            ]
            body = lay_out(choose(lines, FORM), FORM)
            assert row.report == (body or FORM.no_study), row.id


def test_the_labels_are_many_enough() -> None:
    counts = Counter("line" if lines else "nothing" for row in rows() for _, lines in row.sentences or ())
    assert counts["line"] >= 9_000 and counts["nothing"] >= 18_000


def judged(name: str) -> list[JudgedLines]:
    return read_judged([FOLDER / name])


@pytest.mark.parametrize("name", ["judged.jsonl", "judged-dev.jsonl"])
def test_every_judged_line_is_one_that_could_be_asked_about(name: str) -> None:
    corpus = {row.id: row for row in rows()}
    diaries = {row.diary for row in rows()}
    for one in judged(name):
        assert all(line_of(line) == line for line, _ in one.lines), one.id
        assert len({line for line, _ in one.lines}) == len(one.lines), one.id
        if one.diary is None:
            assert corpus[one.id].split == ("dev" if "dev" in name else "train"), one.id
        else:
            assert one.id not in corpus and one.diary not in diaries and one.diary.strip(), one.id
    assert len({one.id for one in judged(name)}) == len(judged(name))


def test_lines_of_another_writer_count_less() -> None:
    by_whole_drafts = [one for one in judged("judged.jsonl") if one.diary is None and one.weight < 1]
    own = [one for one in judged("judged.jsonl") if one.weight == 1]
    assert len(by_whole_drafts) >= 290 and sum(len(one.lines) for one in own) >= 1_700
    assert all(one.weight == 1 for one in judged("judged-dev.jsonl"))

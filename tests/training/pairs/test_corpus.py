"""Every row of the starter corpus: what the model learns from, and what it is measured on."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import pytest

from daemon.checks import CheckSettings, Score, score
from daemon.system.shipped import starter_folder
from training.pairs.rows import read_rows
from training.scoring.metrics import fold

FILE = starter_folder() / "corpus.jsonl"
KEYS = {"id", "date", "split", "tags", "diary", "report", "private", "names", "facts", "sentences"}
TAGS = {
    "short", "long", "no-study", "chat-log", "obsidian", "credentials", "injection", "done-planned", "whose-work",
}  # fmt: skip
DEV_AT_LEAST = {
    "short": 6, "long": 8, "no-study": 7, "chat-log": 7, "obsidian": 7, "credentials": 5, "injection": 4,
    "done-planned": 20, "whose-work": 8,
}  # fmt: skip
NO_STUDY = "本日は、記録された学習活動はありませんでした。"


@cache
def rows() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines())


@cache
def scores() -> dict[str, Score]:
    return {row["id"]: score(row["report"], row["diary"], CheckSettings()) for row in rows()}


def composed(row: dict[str, Any]) -> bool:
    """Whether a row's report was composed of its labels, and its facts never listed."""
    return row["id"].startswith("s")


def failing(check: str) -> list[str]:
    return [row_id for row_id, result in scores().items() if not result.passed(check)]


def test_the_file_is_read_without_a_faulty_row() -> None:
    assert len(read_rows([FILE], need_report=True)) == len(rows()) == len({row["id"] for row in rows()})


def test_every_row_has_its_keys_and_known_tags() -> None:
    for row in rows():
        assert set(row) == KEYS, row["id"]
        assert set(row["tags"]) <= TAGS and row["split"] in ("train", "dev"), row["id"]
        assert date.fromisoformat(row["date"]), row["id"]
        assert row["diary"].strip() and row["report"] == row["report"].strip(), row["id"]


def test_no_private_string_and_no_name_of_the_diary_is_in_the_report() -> None:
    for row in rows():
        report = fold(row["report"])
        for text in (*row["private"], *row["names"]):
            assert text in row["diary"], (row["id"], text)
        assert not [text for text in row["private"] if fold(text) in report], row["id"]
        assert not [name for name in row["names"] if len(name) > 1 and fold(name) in report], row["id"]


def test_every_fact_is_in_the_report_and_a_day_without_study_has_none() -> None:
    for row in rows():
        report = fold(row["report"])
        assert all(any(fold(text) in report for text in fact["any_of"]) for fact in row["facts"]), row["id"]
        assert (row["report"] == NO_STUDY) == ("no-study" in row["tags"]), row["id"]
        if not composed(row):
            assert ("no-study" in row["tags"]) == (not row["facts"]), row["id"]


def test_no_two_rows_tell_the_same_diary() -> None:
    assert max(Counter(row["diary"] for row in rows()).values()) == 1


def test_the_split_is_fixed_and_holds_every_kind_of_day() -> None:
    dev = [row for row in rows() if row["split"] == "dev"]
    tags = Counter(tag for row in dev for tag in row["tags"])

    assert len(dev) == 60
    assert all(tags[tag] >= count for tag, count in DEV_AT_LEAST.items()), tags
    assert not any(row["id"][0] in "nps" for row in dev), "rows written for errors seen teach; they do not measure"


@pytest.mark.parametrize("check", ["form", "length"])
def test_every_report_is_in_form(check: str) -> None:
    assert failing(check) == []


@pytest.mark.parametrize(("check", "most"), [("style", 0.005), ("copied", 0.01), ("grounded", 0.01), ("leak", 0.03)])
def test_the_checks_flag_hardly_any_reference(check: str, most: float) -> None:
    """A reference that a check flags is a false alarm (every row was read): few, and not more with new rows."""
    flagged = failing(check)
    assert len(flagged) <= most * len(rows()), flagged


def test_the_unseen_diaries_are_complete_and_no_rows_of_the_corpus() -> None:
    unseen = [json.loads(line) for line in FILE.with_name("unseen.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(read_rows([FILE.with_name("unseen.jsonl")])) == len(unseen) >= 12
    known = {row["diary"] for row in rows()}
    for row in unseen:
        assert set(row) == KEYS - {"report", "split", "sentences"} and set(row["tags"]) <= TAGS, row["id"]
        assert row["diary"] not in known
        assert all(text in row["diary"] for text in row["private"]), row["id"]
        for fact in row["facts"]:
            assert any(text in row["diary"] for text in fact["any_of"]), (row["id"], fact)

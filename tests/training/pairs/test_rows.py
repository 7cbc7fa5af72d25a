"""Rows are read whole or not at all, and complaints never quote a diary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daemon.errors import TrainingError
from training.pairs.rows import corpus_hash, parse_row, read_rows

ROW = {"id": "a", "date": "2026-01-07", "diary": "ひみつの日記", "report": "* 学習しました。"}


def test_an_evaluation_row_needs_id_date_and_diary_only() -> None:
    row = parse_row({key: ROW[key] for key in ("id", "date", "diary")})
    assert (row.report, row.private, row.facts, row.split) == (None, None, None, "train")
    assert not row.accepted


def test_a_pair_without_private_and_facts_is_the_persons_own() -> None:
    assert parse_row(ROW).accepted
    assert not parse_row({**ROW, "private": [], "facts": []}).accepted


def test_every_fault_is_listed_with_its_line_and_without_any_text(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    faulty = [
        json.dumps(ROW),
        "{broken",
        json.dumps({**ROW, "id": "b", "date": "7.1.2026"}),
        json.dumps({**ROW, "id": "c", "facts": [{"fact": "x", "any_of": []}]}),
        json.dumps({key: value for key, value in ROW.items() if key != "report"} | {"id": "d"}),
        json.dumps(ROW),
    ]
    file.write_text("\n".join(faulty), encoding="utf-8")
    with pytest.raises(TrainingError) as caught:
        read_rows([file], need_report=True)
    lines = str(caught.value).splitlines()
    assert lines[0] == "5 faulty row(s)"
    assert [line.split(": ")[0] for line in lines[1:6]] == [f"pairs.jsonl:{number}" for number in (2, 3, 4, 5, 6)]
    assert "ひみつ" not in str(caught.value)


def test_the_corpus_hash_knows_content_not_order() -> None:
    first, second = parse_row(ROW), parse_row({**ROW, "id": "b"})
    assert corpus_hash([first, second]) == corpus_hash([second, first])
    assert corpus_hash([first]) != corpus_hash([parse_row({**ROW, "report": "* 別の学習をしました。"})])

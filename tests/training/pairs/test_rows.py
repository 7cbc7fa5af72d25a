"""Rows are read whole or not at all, and complaints never quote a diary."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from daemon.errors import TrainingError
from training.pairs.judged import read_judged
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


def test_labels_by_sentence_are_read_as_they_stand() -> None:
    row = parse_row(
        {**ROW, "sentences": [["Java。", ["* Javaを学習しました。"]], ["眠い。", []], ["謎。", None]], "weight": 2}
    )
    assert row.sentences == (("Java。", ("* Javaを学習しました。",)), ("眠い。", ()), ("謎。", None))
    assert row.weight == 2.0 and row.accepted
    assert parse_row({**ROW, "judged": [["* x。", "F", 0.5]]}).judged == (("* x。", "F", 0.5),)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sentences", [["Java。"]]),
        ("sentences", [["", []]]),
        ("sentences", [["Java。", [3]]]),
        ("judged", [["* x。", "X", 1.0]]),
        ("judged", [["* x。", "T"]]),
        ("weight", -1),
        ("weight", "much"),
    ],
)
def test_faulty_labels_are_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"`{key}`"):
        parse_row({**ROW, key: value})


def test_labels_are_part_of_the_corpus_hash_only_where_there_are_any() -> None:
    plain = parse_row(ROW)
    labelled = parse_row({**ROW, "sentences": [["Java。", []]]})
    other = parse_row({**ROW, "sentences": [["Java。", ["* Javaを学習しました。"]]]})
    assert len({corpus_hash([plain]), corpus_hash([labelled]), corpus_hash([other])}) == 3
    values = ["a", "2026-01-07", "ひみつの日記", "* 学習しました。", "{}"]
    before = hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()
    assert corpus_hash([plain]) == before, "versions trained before keep their corpus hash"


def test_judged_lines_name_their_diary_or_bring_it(tmp_path: Path) -> None:
    file = tmp_path / "judged.jsonl"
    own = {"id": "t1", "diary": "Java。", "date": "2026-01-07", "lines": [["* Javaを学習しました。", "T"]]}
    file.write_text(json.dumps(own) + "\n" + json.dumps({"id": "a", "weight": 0.25, "lines": [["* x。", "F"]]}) + "\n")
    first, second = read_judged([file])
    assert (first.diary, first.weight, first.lines) == ("Java。", 1.0, (("* Javaを学習しました。", "T"),))
    assert (second.diary, second.weight, second.split) == (None, 0.25, "train")
    file.write_text(json.dumps({"id": "a", "lines": [["ひみつ", "?"]]}) + "\n{\n")
    with pytest.raises(TrainingError, match=r"2 faulty row\(s\)") as caught:
        read_judged([file])
    assert "judged.jsonl:1" in str(caught.value) and "ひみつ" not in str(caught.value)

"""``python -m bench.meaning`` over files of a few lines: the table counts what is flagged, and the halves are apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench import meaning

DIARY = "三限で二分探索を実装した。検索は8問中5問。設定は友達が直してくれた。"


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: object) -> str:
    monkeypatch.setattr(sys, "argv", ["meaning", *map(str, options)])
    meaning.main()
    return capsys.readouterr().out


def test_the_table_counts_flags_misses_and_false_alarms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        ["* 二分探索を実装しました。", "T"],
        ["* 検索を8問解き、8問正解しました。", "F", "5 of 8"],
        ["* 設定を直しました。", "F"],
    ]
    corpus = write(tmp_path / "corpus.jsonl", {"id": "x", "diary": DIARY})
    hard = write(tmp_path / "hard.jsonl", {"id": "x", "lines": lines})
    pairs = [["三限で二分探索を実装した。", ["* 二分探索を実装しました。"]], ["検索は8問中5問。", []]]
    labels = write(tmp_path / "true.jsonl", {"id": "x", "sentences": pairs})
    out = run(monkeypatch, capsys, "--hard", hard, "--labels", labels, "--corpus", corpus, "--half", "all")
    rows = {row.split(" |")[0].strip("| "): row for row in out.splitlines() if row.startswith("| ")}
    assert "1 of 1 (100 %) | 1 of 2 (50 %)" in rows["number_twice (decides)"]
    assert "1 of 1 (100 %) | 1 of 2 (50 %)" in rows["favour"]
    assert "2 of 2 (100 %) | 2 of 2 (100 %) | none | none | 0.00 %" in rows["**any**"]
    assert "2 of 3 (67 %)" in rows["lines that are not true"]


def test_a_diary_is_in_one_half_only() -> None:
    keys = [f"diary-{number}" for number in range(40)]
    tune = {key for key in keys if meaning.in_half(key, "tune")}
    assert 0 < len(tune) < 40
    assert {key for key in keys if meaning.in_half(key, "report")} == set(keys) - tune


def test_sentences_are_cut_as_labels_have_them() -> None:
    assert meaning.sentences("三限はJava。動いた!うん。\n「できた。」と言う。") == [
        "三限はJava。動いた!うん。",
        "「できた。」と言う。",
    ]

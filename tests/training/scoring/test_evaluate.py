"""The evaluation keeps what it has: reports are on disk as they come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from training.pairs.rows import Row
from training.scoring.evaluate import WrittenReport, as_they_come


def test_a_run_that_is_cut_off_has_lost_no_report(tmp_path: Path) -> None:
    def written() -> Iterator[WrittenReport]:
        yield WrittenReport(Row("a", "2026-01-07", "日記"), "日報A", 1.0)
        yield WrittenReport(Row("b/1", "2026-01-08", "日記"), "日報B\n", 1.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(as_they_come(written(), tmp_path / "out"))
    texts = sorted(file.read_text(encoding="utf-8") for file in (tmp_path / "out").iterdir())
    assert texts == ["日報A\n", "日報B\n"]

"""Blind comparisons are kept without the texts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dashboard.picks import FILE_NAME, is_swapped, make_pick, read_picks, store_pick, tally

NOW = datetime(2026, 1, 7, tzinfo=UTC)


def test_picks_survive_a_line_cut_short(tmp_path: Path) -> None:
    for better in ("v0.2", "v0.1", "", "v0.2"):
        store_pick(tmp_path, make_pick("2026-01-07", "秘密の日記", "v0.2", "v0.1", better, True, NOW))
    with (tmp_path / FILE_NAME).open("a", encoding="utf-8") as stream:
        stream.write('{"at": "2026')
    assert "秘密" not in (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    assert tally(read_picks(tmp_path)) == [{"版A": "v0.1", "版B": "v0.2", "Aが良い": 1, "Bが良い": 2, "同じ": 1}]


def test_the_blind_order_is_even() -> None:
    assert 400 < sum(is_swapped(str(number)) for number in range(1000)) < 600

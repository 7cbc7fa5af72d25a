"""The count of true lines is held against readers' labels, and made-up versions go through the gate's own check."""

from __future__ import annotations

import pytest

from bench import starter_memory
from bench.starter_memory import Line, held_back

TRUE, UNTRUE, MISSED = Line(True, True), Line(False, False), Line(True, False)


@pytest.mark.parametrize(
    ("new", "by_readers", "by_count"),
    [([TRUE, UNTRUE], False, False), ([TRUE, UNTRUE, UNTRUE], True, True), ([TRUE, UNTRUE, MISSED], False, True)],
)
def test_a_version_is_held_back_by_what_each_of_the_two_calls_true(
    new: list[Line], by_readers: bool, by_count: bool
) -> None:
    old = [[TRUE, UNTRUE]] * 8
    assert held_back(old, [new] * 8, "true") is by_readers
    assert held_back(old, [new] * 8, "counted") is by_count


def test_the_tables_are_of_the_lines_that_ship(capsys: pytest.CaptureFixture[str]) -> None:
    starter_memory.main(["--rounds", "1"])
    table = capsys.readouterr().out.splitlines()
    assert table[2].startswith("| judged, as if unread | ") and " of 257 (" in table[2] and " of 139 (" in table[2]
    assert table[3].startswith("| dev-signs.jsonl | ") and " of 568 (" in table[3] and " of 333 (" in table[3]
    assert [line.split(" | ")[0].strip("| ") for line in table[7:]] == list(starter_memory.VERSIONS)

"""A tick that does not count is told to its person, in the note, and the hint goes when it has helped."""

from __future__ import annotations

import pytest
import yaml

from daemon.vault.report_note import read
from daemon.vault.tick_hint import HINT, tick_hints, with_hints

TEXT = "---\ndate: 2026-01-07\naccepted: false\nredo: false\nwarnings: []\nmine: 1  # 私の\n---\n* 行です。\n"


@pytest.mark.parametrize(
    "lines",
    [
        "accepted: false\nAccepted: true",
        "Accepted: true",
        "ACCEPTED: yes",
        "accepted:\n  - true",
        "accepted:\n- true",
        "accepted: [x]",
        "accepted: [true]",
        "accepted: ｔｒｕｅ",
        "accepted： true",
        "ａｃｃｅｐｔｅｄ: true",
        "accepted:: true",
        "accepted: ✅",
        "accepted: OK!",
        "accepted: 提出済み",
        "accepted: - [x]",
        "accepted:true",
        "accepted: true, true",
        "accepted: |\n  true",
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_looks_like_a_tick_gets_a_hint(lines: str, ends: str) -> None:
    data = TEXT.replace("accepted: false", lines).replace("\n", ends).encode()
    hints = tick_hints(data)
    assert not read(data).accepted and len(hints) == 1 and hints[0].startswith(f"{HINT}「")
    told = with_hints(data, hints)
    assert read(told).warnings == hints
    assert told.replace(f'warnings:{ends}  - "{hints[0]}"'.encode(), b"warnings: []") == data
    assert with_hints(told, hints) == told and tick_hints(told) == hints
    assert with_hints(told, ()) == data


@pytest.mark.parametrize("line", ["- [x] accepted", "accepted: true", "accepted:: はい", "* [✓] `redo`"])
def test_a_box_in_the_text_gets_a_hint(line: str) -> None:
    assert len(tick_hints(f"{TEXT}\n{line}\n".encode())) == 1


@pytest.mark.parametrize(
    "lines",
    [
        "accepted: true",
        'accepted: "yes"',
        "accepted: はい # 提出",
        "accepted: true\nAccepted: true",
        "accepted: false",
        "accepted:",
        "accepted: # true",
        "#accepted: true",
        "accepted: false\nAccepted: no",
        "accepted: まだ",
        "accepted: []",
        "accepted:\n  - false",
        "accepted: false\nsubmission:\n  accepted: true",
        "accepted: false\naccepted_by: true",
        "accepted: true or false",
    ],
)
def test_anything_else_gets_none(lines: str) -> None:
    assert tick_hints(TEXT.replace("accepted: false", lines).encode()) == ()


def test_other_warnings_stay_beside_a_hint() -> None:
    data = TEXT.replace("accepted: false", "Accepted: true").replace("[]", "\n  - 3行目: 省いた\n  # 私の\n  - 二つ")
    told = with_hints(data.encode(), tick_hints(data.encode()))
    found = yaml.safe_load(told.decode().split("---")[1])
    assert [str(one)[:3] for one in found["warnings"]] == ["3行目", "二つ", HINT[:3]] and "  # 私の\n" in told.decode()


@pytest.mark.parametrize("warnings", ["warnings: 私の文", "warnings:\n  mine: 1", "warnings: [1, {", "warnings: *x"])
def test_warnings_that_are_no_list_are_left(warnings: str) -> None:
    data = TEXT.replace("accepted: false", "Accepted: true").replace("warnings: []", warnings).encode()
    assert tick_hints(data) and with_hints(data, tick_hints(data)) == data


def test_a_note_without_warnings_gets_a_line_for_them() -> None:
    data = b"---\nmine: 1\nAccepted: true\n---\nx"
    told = with_hints(data, tick_hints(data))
    assert told.startswith(b"---\nmine: 1\nAccepted: true\nwarnings:\n  - ") and told.endswith(b"\n---\nx")
    assert with_hints(b"Accepted: true", ("x",)) == b"Accepted: true"

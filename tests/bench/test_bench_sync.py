"""The sync of ``bench.sync`` loses nothing of its own, so that what is lost there is nippo's."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import bench.sync
from bench.sync import Sync
from bench.sync_person import Person


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setattr(bench.sync, "DELAY", -1.0)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    return here, there


def put(file: Path, text: str, when: int) -> None:
    file.write_text(text)
    os.utime(file, (when, when))


@pytest.mark.parametrize("kind", ["copies", "merge"])
def test_changes_and_deletions_cross_and_both_sides_of_a_conflict_are_kept(sides: tuple[Path, Path], kind: str) -> None:
    here, there = sides
    sync = Sync(here, there, kind)
    put(here / "a.md", "one\n\ntwo\n", 1)
    sync.turn()
    assert (there / "a.md").read_text() == "one\n\ntwo\n" and (there / "a.md").stat().st_mtime == 1
    put(here / "a.md", "one\n\ndraft\n", 2)
    put(there / "a.md", "one\n\nwords\n", 3)
    for _ in range(3):
        sync.turn()
    names = sorted(file.name for file in here.iterdir())
    assert names == sorted(file.name for file in there.iterdir()) and len(names) == (2 if kind == "copies" else 1)
    assert all((here / name).read_text() == (there / name).read_text() for name in names)
    everything = "".join((here / name).read_text() for name in names)
    assert "draft" in everything and "words" in everything and sync.count["copies"] == (kind == "copies")
    if kind == "copies":
        assert "words" in (here / "a.md").read_text(), "the newer one keeps the name"
    (there / "a.md").unlink()
    sync.turn()
    assert not (here / "a.md").exists()


def test_a_plugin_stamps_a_changed_note_once(sides: tuple[Path, Path]) -> None:
    here, there = sides
    (there / "2026-01-07-nippo.md").write_text("---\nstatus: writing\nwarnings: []\n---\n\n")
    person = Person("plugin", there, random.Random(1))
    person.turn()
    stamped = (there / "2026-01-07-nippo.md").read_bytes()
    person.turn()
    assert stamped.count(b"updated:") == 1 and (there / "2026-01-07-nippo.md").read_bytes() == stamped
    assert list(here.iterdir()) == []

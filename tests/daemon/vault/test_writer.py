"""Writing into the vault: all or nothing, and never over a person's words."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon.errors import NoRoom, NoteChanged, ReportBlocked, ReportTouched
from daemon.system.free_name import move_to_free_name
from daemon.vault.writer import change_key, digest, replace_file, report_digest, sweep, write_report

DATA = "---\nredo: true # x\n---\n日報\n".encode()


def same() -> bool:
    return True


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "保管庫 🌸"
    folder.mkdir()
    return folder


def tree(vault: Path) -> list[str]:
    return sorted(path.relative_to(vault).as_posix() for path in vault.rglob("*"))


def test_the_first_report_makes_its_folder_and_leaves_nothing_else(vault: Path) -> None:
    file = vault / "学校/nippo/2026-01-07-nippo.md"
    write_report(vault, file, DATA, None, same)
    assert tree(vault) == ["学校", "学校/nippo", "学校/nippo/2026-01-07-nippo.md"]
    assert file.read_bytes() == DATA and report_digest(file) == digest(DATA)


def test_an_untouched_report_is_replaced_with_its_rights(vault: Path) -> None:
    file = vault / "nippo/r.md"
    write_report(vault, file, DATA, None, same)
    file.chmod(0o640)
    write_report(vault, file, b"new", digest(DATA), same)
    assert file.read_bytes() == b"new" and file.stat().st_mode & 0o777 == 0o640
    assert tree(vault) == ["nippo", "nippo/r.md"]


def test_a_report_with_one_byte_changed_is_left_alone(vault: Path) -> None:
    file = vault / "nippo/r.md"
    write_report(vault, file, DATA, None, same)
    file.write_bytes(DATA + b" ")
    with pytest.raises(ReportTouched, match="it is yours and stays") as caught:
        write_report(vault, file, b"new", digest(DATA), same)
    assert "redo" in caught.value.next_step
    assert file.read_bytes() == DATA + b" " and tree(vault) == ["nippo", "nippo/r.md"]


def test_a_deleted_report_is_not_put_back(vault: Path) -> None:
    with pytest.raises(ReportTouched):
        write_report(vault, vault / "nippo/r.md", b"new", digest(DATA), same)
    assert tree(vault) == ["nippo"]


def test_a_report_that_a_person_wrote_meanwhile_is_kept(vault: Path) -> None:
    file = vault / "nippo/r.md"

    def person_is_faster() -> bool:
        file.write_text("自分で書いた")
        return True

    with pytest.raises(ReportTouched):
        write_report(vault, file, DATA, None, person_is_faster)
    assert file.read_text() == "自分で書いた" and tree(vault) == ["nippo", "nippo/r.md"]


def test_even_between_the_look_and_the_step_a_new_file_wins(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = vault / "nippo/r.md"

    def late(temporary: Path, name: Path) -> None:
        name.write_text("自分で書いた")
        move_to_free_name(temporary, name)

    monkeypatch.setattr("daemon.vault.writer.move_to_free_name", late)
    with pytest.raises(ReportTouched):
        write_report(vault, file, DATA, None, same)
    assert file.read_text() == "自分で書いた" and tree(vault) == ["nippo", "nippo/r.md"]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_system_that_knows_less_works_too(vault: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("daemon.vault.writer.move_to_free_name", refuse)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_report(vault, vault / "nippo/r.md", DATA, None, same)
    assert tree(vault) == ["nippo", "nippo/r.md"]
    with pytest.raises(ReportTouched):
        write_report(vault, vault / "nippo/r.md", DATA, None, same)


def test_a_diary_that_changed_meanwhile_stops_the_write(vault: Path) -> None:
    with pytest.raises(NoteChanged, match="changed while its report was being made"):
        write_report(vault, vault / "nippo/r.md", DATA, None, lambda: False)
    assert tree(vault) == ["nippo"]


def test_a_folder_in_the_reports_place(vault: Path) -> None:
    (vault / "nippo/r.md").mkdir(parents=True)
    with pytest.raises(ReportBlocked, match="is a folder where the report belongs") as caught:
        write_report(vault, vault / "nippo/r.md", DATA, None, same)
    assert caught.value.next_step == "Rename or remove it."


def test_a_link_in_the_reports_place(vault: Path) -> None:
    outside = vault.parent / "outside.md"
    outside.write_text("mine")
    (vault / "nippo").mkdir()
    (vault / "nippo/r.md").symlink_to(outside)
    with pytest.raises(ReportBlocked, match="is a link"):
        write_report(vault, vault / "nippo/r.md", DATA, None, same)
    assert outside.read_text() == "mine"


def test_a_report_folder_that_leads_out_of_the_vault(vault: Path) -> None:
    (vault.parent / "outside").mkdir()
    (vault / "nippo").symlink_to(vault.parent / "outside")
    with pytest.raises(ReportBlocked, match="leaves the vault"):
        write_report(vault, vault / "nippo/r.md", DATA, None, same)
    assert list((vault.parent / "outside").iterdir()) == []


def test_a_file_where_the_report_folder_belongs(vault: Path) -> None:
    (vault / "nippo").write_text("in the way")
    with pytest.raises(ReportBlocked, match="is a file where the report folder belongs"):
        write_report(vault, vault / "nippo/r.md", DATA, None, same)


def test_a_read_only_report_folder(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (vault / "nippo").mkdir(mode=0o500)
    if os.geteuid() == 0:  # root may write everywhere, so the refusal comes from the call itself

        def refuse(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("daemon.vault.writer.os.open", refuse)
    with pytest.raises(ReportBlocked, match="may not be written") as caught:
        write_report(vault, vault / "nippo/r.md", DATA, None, same)
    assert "writable" in caught.value.next_step
    assert tree(vault) == ["nippo"]


@contextmanager
def tiny_disk() -> Iterator[None]:
    """No file of this process may grow beyond 64 bytes, which is how a full disk looks to it. Ends within the test:
    the limit holds for the file, if it is one, that pytest prints to."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_the_old_report_whole(vault: Path) -> None:
    file = vault / "nippo/r.md"
    with tiny_disk():
        write_report(vault, file, DATA, None, same)
        with pytest.raises(NoRoom, match="the disk is full") as caught:
            write_report(vault, file, b"x" * 1000, digest(DATA), same)
    assert "Free some space" in caught.value.next_step
    assert file.read_bytes() == DATA and tree(vault) == ["nippo", "nippo/r.md"]


def test_clearing_a_box_changes_only_that_line(vault: Path) -> None:
    file = vault / "r.md"
    file.write_bytes(DATA)
    new = change_key(file, "redo", "false", digest(DATA))
    assert file.read_bytes() == DATA.replace(b"true", b"false") and new == report_digest(file)


def test_a_box_is_not_cleared_in_a_note_that_changed_meanwhile(vault: Path) -> None:
    file = vault / "r.md"
    file.write_bytes(DATA + b"mine")
    with pytest.raises(ReportTouched):
        change_key(file, "redo", "false", digest(DATA))
    with pytest.raises(ReportBlocked, match="has no `accepted`"):
        change_key(file, "accepted", "true", digest(DATA + b"mine"))
    assert file.read_bytes() == DATA + b"mine"


def test_what_a_killed_daemon_left_is_swept(vault: Path) -> None:
    (vault / ".nippo-1-ab.tmp").write_text("half")
    (vault / "note.md").write_text("mine")
    sweep(vault)
    sweep(vault / "nowhere")
    assert tree(vault) == ["note.md"]


def test_replacing_needs_the_expected_bytes(vault: Path) -> None:
    with pytest.raises(ReportTouched):
        replace_file(vault / "r.md", b"x", digest(b"y"), same)

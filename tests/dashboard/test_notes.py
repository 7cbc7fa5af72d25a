"""The page changes a report note only while it is what the person saw, and only the part that was meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from scene import note_text

from daemon.config import Config
from daemon.drafting.result import DraftResult
from daemon.errors import ReportBlocked, ReportTouched
from daemon.service.standing import Owner, standing
from daemon.store.store import Store
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import ReportNote, render
from dashboard import notes
from dashboard.actions import save_draft
from tests.every_step import killed_before

DAY = date(2026, 1, 7)
PATH = "nippo/2026-01-07-nippo.md"
NOW = datetime(2026, 1, 7, 23, 0, tzinfo=UTC)
DRAFT = DraftResult(body="* 整理しました。", status="draft", warnings=(), version="v0.2")


@pytest.fixture
def open_vault(make_vault: Callable[..., Path], make_config: Callable[..., object]) -> Callable[..., Layout]:
    def make(files: dict[str, str | bytes]) -> Layout:
        return read_layout(make_config(make_vault(files)))

    return make


def on_disk(vault: Layout) -> bytes:
    return (vault.root / PATH).read_bytes()


def test_a_saved_body_leaves_every_other_byte(open_vault: Callable[..., Layout]) -> None:
    text = note_text(DAY, "古い文です。").replace("redo: false", "redo: false # mine\ntags: [学校]")
    vault = open_vault({PATH: text})
    note = notes.open_note(vault, DAY)
    assert note
    notes.save_body(note, "新しい文です。\n")
    assert on_disk(vault).decode() == text.replace("古い", "新しい")


def test_line_ends_of_windows_stay(open_vault: Callable[..., Layout]) -> None:
    vault = open_vault({PATH: note_text(DAY, "一\n二").replace("\n", "\r\n").encode()})
    note = notes.open_note(vault, DAY)
    assert note and note.report.body == "一\n二"
    notes.save_body(note, "一\n三", accept=True)
    data = on_disk(vault)
    assert data.endswith("---\r\n一\r\n三\r\n".encode()) and b"accepted: true\r\n" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_an_edit_made_in_obsidian_meanwhile_is_not_overwritten(open_vault: Callable[..., Layout]) -> None:
    vault = open_vault({PATH: note_text(DAY)})
    note = notes.open_note(vault, DAY)
    assert note
    theirs = note_text(DAY, "Obsidianで書いた文です。").encode()
    (vault.root / PATH).write_bytes(theirs)
    for write in (
        lambda: notes.save_body(note, "ページで書いた文です。"),
        lambda: notes.save_body(note, note.report.body, accept=True),
        lambda: notes.tick(note, "redo", True),
        lambda: notes.save_draft(vault, DAY, "文", DRAFT, "diary/2026-01-07.md", note, NOW),
        lambda: notes.save_draft(vault, DAY, "文", DRAFT, "diary/2026-01-07.md", None, NOW),
    ):
        with pytest.raises(ReportTouched):
            write()
        assert on_disk(vault) == theirs
    assert [file.name for file in (vault.root / "nippo").iterdir()] == ["2026-01-07-nippo.md"]


def test_a_note_deleted_meanwhile_is_not_brought_back(open_vault: Callable[..., Layout]) -> None:
    vault = open_vault({PATH: note_text(DAY)})
    note = notes.open_note(vault, DAY)
    assert note
    note.file.unlink()
    with pytest.raises(ReportTouched):
        notes.save_body(note, "文")
    assert not note.file.exists()


def test_a_note_without_its_checkbox_says_what_to_do(open_vault: Callable[..., Layout]) -> None:
    vault = open_vault({PATH: "ただの文です。\n"})
    note = notes.open_note(vault, DAY)
    assert note
    with pytest.raises(ReportBlocked, match="accepted"):
        notes.save_body(note, note.report.body, accept=True)
    notes.save_body(note, "直した文です。")
    assert on_disk(vault).decode() == "直した文です。\n"


def test_a_new_report_is_written_like_the_daemons(open_vault: Callable[..., Layout]) -> None:
    vault = open_vault({"diary/2026-01-07.md": "日記"})
    written = notes.save_draft(vault, DAY, DRAFT.body, DRAFT, "diary/2026-01-07.md", None, NOW)
    drawn = notes.drawn_sha(DAY, DRAFT, "diary/2026-01-07.md", None, NOW)
    note = notes.open_note(vault, DAY)
    assert note and note.sha == written == drawn
    assert note.report.diary == "diary/2026-01-07" and note.report.model == "v0.2" and not note.report.accepted


@pytest.mark.parametrize("edited", [False, True])
def test_a_draft_of_the_page_killed_between_any_two_steps_is_there_with_its_draft_or_not_at_all(
    make_vault: Callable[..., Path], make_config: Callable[..., Config], edited: bool
) -> None:
    """An edited one is its person's from the first moment, one left as drawn the daemon's to renew."""
    body = "直した文です。" if edited else DRAFT.body
    ends = set()
    for step in count():
        vault = make_vault({"diary/2026-01-07.md": "日記"}, name=f"vault-{step}")
        config = make_config(vault, data={"folder": str(vault.parent / f"data-{step}")})
        layout = read_layout(config)
        save = partial(save_draft, config, layout, DAY, body, DRAFT, "diary/2026-01-07.md", "日記", None)
        killed = killed_before(step, save)
        with Store.open(config.data_path) as store:
            found = standing(layout, store, DAY)
            owner = Owner.NOBODY if found.on_disk is None else Owner.PERSON if edited else Owner.DAEMON
            assert found.owner is owner, step
            assert (found.row.draft if found.row else None) == (DRAFT.body if found.on_disk else None), step
        ends.add(found.owner)
        if not killed:
            break
    assert len(ends) == 2


def test_a_replaced_report_keeps_the_persons_own_lines(open_vault: Callable[..., Layout]) -> None:
    vault = open_vault({PATH: note_text(DAY).replace("---\n本日", "mood: good\n---\n本日")})
    before = notes.open_note(vault, DAY)
    notes.save_draft(vault, DAY, "直した文です。", DRAFT, "diary/2026-01-07.md", before, NOW)
    text = on_disk(vault).decode()
    assert "mood: good" in text and text.endswith("---\n直した文です。\n") and "generated: 2026-01-07T23:00:00" in text


def test_a_draft_of_the_page_takes_the_place_of_a_first_version(open_vault: Callable[..., Layout]) -> None:
    begun = ReportNote(DAY, "diary/2026-01-07", "", "writing", "", NOW, ("いま書いています。",))
    vault = open_vault({PATH: render(begun).replace("model:", "mood: good\nmodel:")})
    assert notes.open_report(vault, DAY) is None
    before = notes.open_note(vault, DAY)
    notes.save_draft(vault, DAY, "直した文です。", DRAFT, "diary/2026-01-07.md", before, NOW)
    saved = notes.open_report(vault, DAY)
    assert saved and (saved.report.body, saved.report.status, saved.report.warnings) == ("直した文です。", "draft", ())
    assert b"mood: good" in saved.data


def test_a_draft_of_the_page_is_the_new_draft_that_was_asked_for(open_vault: Callable[..., Layout]) -> None:
    vault = open_vault({PATH: note_text(DAY).replace("redo: false", "redo: true")})
    notes.save_draft(vault, DAY, "新しい文です。", DRAFT, "diary/2026-01-07.md", notes.open_note(vault, DAY), NOW)
    assert b"redo: false" in on_disk(vault)


@pytest.mark.parametrize(
    "data", [b"---\na: 1\n---\n", b"---\na: 1\n---", "\ufeff---\r\na: 1\r\n---\r\n本文".encode(), b"", b"---\n"]
)
def test_a_body_put_in_can_be_read_again(data: bytes) -> None:
    from daemon.vault.report_note import read

    assert read(notes.with_body(data, "新しい文")).body.endswith("新しい文")

"""The week's note in the vault: made when the week is over, kept up to date, and never a person's words lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from daemon.commands.run import listeners
from daemon.config import Config
from daemon.learning.reviewer import Reviewer
from daemon.store.store import Store
from daemon.summaries.notes import SummaryKeeper, write_summary
from daemon.summaries.periods import month_of, week_of
from daemon.vault.layout import Layout, read_layout
from daemon.vault.scan import find_diaries, find_reports, look_at
from tests.conftest import MakeConfig, MakeVault, ReadVault
from tests.daemon.summaries.week import files, note

WEEK = week_of(date(2026, 11, 26))
PATH = "nippo/週報/2026-W48.md"
SUNDAY = datetime.fromisoformat("2026-11-29T20:05:00+09:00")
SATURDAY = datetime.fromisoformat("2026-11-28T20:05:00+09:00")


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig) -> Config:
    return make_config(make_vault(files()), schedule={"summaries": ["week"]})


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with Store.open(config.data_path) as opened:
        yield opened


@pytest.fixture
def layout(config: Config) -> Layout:
    return read_layout(config)


def test_it_is_made_on_sunday_evening_and_touches_nothing_else(
    config: Config, store: Store, layout: Layout, read_vault: ReadVault
) -> None:
    before = read_vault(layout.root)
    keeper = SummaryKeeper(config, store)
    keeper.scanned(SATURDAY)
    assert PATH not in read_vault(layout.root)
    keeper.scanned(SUNDAY)
    after = read_vault(layout.root)
    assert str(after.pop(PATH)).startswith("# 週報 2026-W48")
    assert str(after.pop("nippo/週報/2026-W47.md")).count("cron") == 1
    assert after == before


def test_nobody_gets_notes_unasked(
    make_config: MakeConfig, layout: Layout, store: Store, read_vault: ReadVault
) -> None:
    before = read_vault(layout.root)
    SummaryKeeper(make_config(layout.root), store).scanned(SUNDAY)
    assert read_vault(layout.root) == before


def test_a_report_that_is_accepted_later_is_taken_in(config: Config, store: Store, layout: Layout) -> None:
    keeper = SummaryKeeper(config, store)
    keeper.scanned(SUNDAY)
    file = layout.root / PATH
    assert file.read_text(encoding="utf-8").count("（下書き）") == 4
    body = "* Pythonのpandasを練習しました。"
    (layout.root / "nippo/2026-11-28-nippo.md").write_text(note("2026-11-28", body, True), encoding="utf-8")
    keeper.scanned(SUNDAY)
    assert "- 11/28(土) Pythonのpandasを練習しました。\n" in file.read_text(encoding="utf-8")


def test_a_person_s_edit_is_never_overwritten(config: Config, store: Store, layout: Layout) -> None:
    keeper = SummaryKeeper(config, store)
    keeper.scanned(SUNDAY)
    file = layout.root / PATH
    edited = file.read_text(encoding="utf-8") + "\n先生へ: よろしくお願いします。\n"
    file.write_text(edited, encoding="utf-8")
    (layout.root / "nippo/2026-11-23-nippo.md").unlink()
    keeper.scanned(SUNDAY)
    assert write_summary(layout, store, config, WEEK, asked=True) == "edited"
    assert file.read_text(encoding="utf-8") == edited


def test_a_file_of_a_person_s_own_under_that_name_stays(config: Config, store: Store, layout: Layout) -> None:
    file = layout.root / PATH
    file.parent.mkdir()
    file.write_text("私の週報", encoding="utf-8")
    SummaryKeeper(config, store).scanned(SUNDAY)
    assert file.read_text(encoding="utf-8") == "私の週報"


def test_one_that_a_person_deleted_comes_back_only_when_asked_for(config: Config, store: Store, layout: Layout) -> None:
    SummaryKeeper(config, store).scanned(SUNDAY)
    (layout.root / PATH).unlink()
    SummaryKeeper(config, store).scanned(SUNDAY)
    assert not (layout.root / PATH).exists()
    assert write_summary(layout, store, config, WEEK, asked=True) == "written"
    assert (layout.root / PATH).exists()


def test_a_crash_behind_the_write_leaves_a_note_that_is_still_nippo_s(
    config: Config, store: Store, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = store.set_meta
    calls: list[str] = []

    def crashing(key: str, value: object) -> None:
        calls.append(key)
        if len(calls) == 2:
            raise KeyboardInterrupt
        put(key, value)

    monkeypatch.setattr(store, "set_meta", crashing)
    with pytest.raises(KeyboardInterrupt):
        write_summary(layout, store, config, WEEK)
    monkeypatch.undo()
    (layout.root / "nippo/2026-11-27-nippo.md").unlink()
    assert write_summary(layout, store, config, WEEK) == "written"
    assert "ArrayList" not in (layout.root / PATH).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "vault_settings",
    [
        {},
        {"diary_folder": "nippo"},
        {"diary_folder": "nippo/月報", "diary_format": "YYYY-MD", "report_folder": "nippo"},
        {"report_folder": "diary"},
    ],
    ids=str,
)
def test_it_is_taken_for_no_diary_and_no_report(
    vault_settings: dict[str, str], make_config: MakeConfig, layout: Layout, store: Store
) -> None:
    config = make_config(layout.root, vault=vault_settings, schedule={"summaries": ["week", "month"]})
    own = read_layout(config)
    folder = layout.root / own.report_folder
    folder.mkdir(exist_ok=True)
    for file in (layout.root / "nippo").glob("*-nippo.md"):
        file.rename(folder / file.name)
    diaries = [getattr(one, "path", "") for one in find_diaries(own)]
    reports = find_reports(own)
    for period in (WEEK, month_of(WEEK.first)):
        path = own.summary_path(period.kind, period.name)
        assert write_summary(own, store, config, period) == "written"
        assert own.report_date(path) is None and look_at(own, path) is None
    assert [getattr(one, "path", "") for one in find_diaries(own)] == diaries
    assert find_reports(own) == reports
    Reviewer(config, store).review_all(own, SUNDAY)
    assert all(pair.day in ("2026-11-23", "2026-11-25") for pair in store.pairs())


def test_the_daemon_keeps_them(config: Config, store: Store) -> None:
    assert any(isinstance(one, SummaryKeeper) for one in listeners(config, store))


def test_an_unreadable_vault_is_outlived(
    config: Config, store: Store, layout: Layout, caplog: pytest.LogCaptureFixture
) -> None:
    (layout.root / "nippo" / "週報").write_text("a file", encoding="utf-8")
    SummaryKeeper(config, store).scanned(SUNDAY)
    assert "summary 2026-W48" in caplog.text and "学びました" not in caplog.text
    assert Path(layout.root / "nippo" / "週報").read_text(encoding="utf-8") == "a file"


def test_the_daemon_needs_no_dictionary_for_it(config: Config) -> None:
    code = (
        "import sys\nfrom datetime import datetime\nfrom pathlib import Path\nfrom daemon.config import load\n"
        "from daemon.store.store import Store\nfrom daemon.summaries.notes import SummaryKeeper\n"
        f"config = load(Path({str(config.file)!r}))\n"
        f"SummaryKeeper(config, Store.open(config.data_path)).scanned(datetime.fromisoformat({SUNDAY.isoformat()!r}))\n"
        "print('sudachipy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "False" and (config.vault_path / PATH).is_file()

"""What the buttons do beyond the report note itself: asking the daemon, remembering drafts, forgetting a day."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime

from daemon.config import Config
from daemon.drafting import DraftResult
from daemon.errors import NippoError, NoteError
from daemon.intake import take_in
from daemon.lock import holder_of
from daemon.report import digest
from daemon.store import ReportRow, Store
from daemon.vault import DiaryNote, Layout, look_at, read_note
from dashboard import notes

COMMAND_SECONDS = 120.0


def now() -> datetime:
    return datetime.now().astimezone()


def draft_of(config: Config, day: date) -> str:
    """The report of a day as the model drew it, "" where nobody remembers."""
    database = Store.open_existing(config.data_path)
    if database is None:
        return ""
    with database:
        row = database.report(day)
        if row and row.draft:
            return row.draft
        pair = database.pair(day.isoformat())
        return pair.draft if pair else ""


def ask_for_report(config: Config, vault: Layout, path: str, day: date) -> None:
    """Put a diary note into the daemon's queue, before all others. Raises ``NoteError`` with the reason where there is
    nothing to be made of it."""
    note = look_at(vault, path)
    data = read_note(vault, path, config.watch.max_note_kilobytes)
    if not isinstance(note, DiaryNote) or data is None:
        raise NoteError(f"{path}: 日記のノートがありません。", "名前を変えたか、消していないか確かめてください。")
    with Store.open(config.data_path) as database:
        if not take_in(vault, database, note, data, "report", now()):
            job = database.job(path)
            raise NoteError(
                job.error if job else f"{day}: 日報はすでにあなたのものなので、作りません。",
                job.next_step if job else "ノートを開いて「作り直す」を押してください。",
            )


def daemon_hint(config: Config) -> str:
    """What to add when a wish waits for a daemon that is not there."""
    if holder_of(config.data_path) is not None:
        return "デーモンがまもなく書きます。"
    return "デーモンが動いていません。`nippo run` を起動すると書かれます。"


def save_draft(
    config: Config,
    vault: Layout,
    day: date,
    body: str,
    result: DraftResult,
    path: str,
    diary: str,
    before: notes.OpenNote | None,
) -> None:
    """Write a draft of the page into the vault and remember what the model drew, so that the learning knows what was
    changed. ``path`` is the diary note, "" for a pasted diary without one. Errors as ``notes.save_draft``."""
    moment = now()
    link = path or "/".join(part for part in (vault.diary_folder, f"{day.isoformat()}.md") if part)
    _, drawn = notes.save_draft(vault, day, body, result, link, before, moment)
    data = read_note(vault, path, config.watch.max_note_kilobytes) if path else None
    if data is None or notes.diary_of(vault, path, config.watch.max_note_kilobytes) != diary:
        return
    with Store.open(config.data_path) as database:
        database.begin_report(
            ReportRow(
                day=day.isoformat(),
                diary_path=path,
                diary_sha=digest(data),
                report_path=vault.report_path(day),
                report_sha=drawn,
                pending_sha="",
                pending_diary_sha="",
                draft=result.body,
                model=result.version,
                status=result.status,
                written_at=moment.isoformat(timespec="seconds"),
            )
        )
        database.drop(path)


def forget(config: Config, day: date) -> None:
    """``nippo forget``: the pair and its drafts leave the database for good. Raises ``NippoError``."""
    run_command(config, ["forget", day.isoformat()])


def run_command(config: Config, words: Sequence[str]) -> str:
    """Run a ``nippo`` command and return what it prints. Raises ``NippoError`` with its message when it fails."""
    command = command_line(config, words)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NippoError(
            f"nippo {words[0]}: {type(problem).__name__}", "端末で同じコマンドを試してください。"
        ) from None
    if done.returncode:
        what, _, step = done.stderr.strip().removeprefix("nippo: ").partition("\n  → ")
        raise NippoError(what or f"nippo {words[0]}: 終了コード {done.returncode}", step)
    return done.stdout


def command_line(config: Config, words: Sequence[str]) -> list[str]:
    """The argv of a ``nippo`` command with the settings that this page uses. Pure."""
    named = ["--config", str(config.file)] if config.file else []
    return [sys.executable, "-m", "daemon.cli", *words, *named]

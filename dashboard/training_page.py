"""The weekly training as the page sees it: what is planned, what runs, what was decided; start and stop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from daemon.config import Config
from daemon.config.weekly_time import WEEKDAYS, weekly_time
from daemon.errors import ModelMissing, TrainingError
from daemon.learning.ledger import Ledger, request_run
from daemon.learning.run_folder import RUNS, Outcome, RunStage
from daemon.learning.run_report import training_status
from daemon.learning.schedule import CHANGED_FOR_A_VERDICT, pairs_needed
from daemon.learning.training_call import missing_packages, need_training
from daemon.learning.weekly import stop_run
from daemon.store.store import Store
from daemon.system.accelerator import TRAINING
from daemon.system.clock import local_time
from daemon.system.extras import adding
from daemon.system.lock import holder, holder_of
from daemon.system.plain_files import read_plain
from daemon.vault.frontmatter import split
from daemon.vault.layout import Layout
from daemon.vault.verdict_note import note_folder
from daemon.vault.writer import LARGEST
from daemon.versions import champion as versions

NO_MODEL = "ベース"
OUTCOMES = {
    Outcome.PROMOTED: ("採用", "accepted"),
    Outcome.KEPT: ("見送り", "needs-review"),
    Outcome.ABSTAINED: ("判定できず", ""),
}
"""The gate's outcomes in words, with the kind that ``markup.chip`` takes."""
PICTURE = re.compile(r"!\[\[([^\]\n|]+\.png)[^\]\n]*\]\]", re.IGNORECASE)


@dataclass(frozen=True)
class TrainingFigures:
    """What the page's figures say. ``failure``: the last run's error, "" if it was good; ``last_lines``: its words."""

    champion: str
    pairs: int
    new_pairs: int
    needed_pairs: int
    next_run: str
    hint: str
    asked: bool
    running: bool
    run: str
    failure: str
    last_lines: tuple[str, ...]


def plan(config: Config, now: datetime) -> TrainingFigures:
    """Read the database and the champion; without a database everything is empty."""
    status, count, asked = None, 0, False
    database = Store.open_existing(config.data_path)
    if database is not None:
        with database:
            status = training_status(config, database)
            count, asked = len(database.pairs()), Ledger(database).request is not None
    missing = missing_packages()
    coming = None if missing else next_time(config.schedule.retrain, now)
    try:
        champion = versions.active_adapter(config)
    except ModelMissing:
        champion = None
    state = status.state if status else None
    fresh = status.new_pairs if status else 0
    needed = status.needed_pairs if status else pairs_needed(config.schedule, 0)
    failed = state if state and state.state is RunStage.FAILED else None
    return TrainingFigures(
        champion=champion.name if champion else NO_MODEL,
        pairs=count,
        new_pairs=fresh,
        needed_pairs=needed,
        next_run=local_time((status.next_run if status else None) or coming) if coming else "なし",
        hint=no_training(missing) or _hint(fresh, needed, coming, status.missing_changes if status else 0),
        asked=asked,
        running=is_running(config),
        run=state.run if state else "",
        failure=failed.message if failed else "",
        last_lines=failed.last_lines if failed else (),
    )


def is_running(config: Config) -> bool:
    """Whether a training process exists, whoever started it."""
    return holder(config.data_path, TRAINING) is not None


def next_time(retrain: str, now: datetime) -> datetime | None:
    """Given ``schedule.retrain`` and the time, return the next weekly run; None when it is switched off. Pure."""
    if not retrain:
        return None
    weekday, hour, minute = weekly_time(retrain)
    days = (WEEKDAYS.index(weekday) - now.weekday()) % 7
    found = (now + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return found if found > now else found + timedelta(days=7)


def no_training(missing: Sequence[str]) -> str:
    """Why nothing is learned here, in Japanese; "" where no package is missing. Pure."""
    if not missing:
        return ""
    names = "、".join(missing)
    return f"学習に必要なパッケージ({names})がないため、この機械では学習しません。`{adding('train')}` で入ります。"


def _hint(fresh: int, needed: int, coming: datetime | None, changes: int) -> str:
    if coming is None:
        return "毎週の学習は設定で止めてあります(schedule.retrain)。"
    if fresh < needed:
        return f"次の学習までに、新しい組があと{needed - fresh}件必要です。"
    if changes:
        return f"下書きから直した日報があと{changes}件で学習します。新しい版は、直したところで判定するためです。"
    return f"次の予定時刻に、下書きの内容を直した日報が{CHANGED_FOR_A_VERDICT}件以上あれば学習します。"


def start(config: Config, now: datetime) -> str:
    """Ask the daemon for a run now; return words to add. Raises ``UsageError`` without the training packages."""
    need_training()
    with Store.open(config.data_path) as database:
        request_run(database, now, "dashboard")
    if holder_of(config.data_path) is None:
        return "デーモンが動いていません。nippo run を起動すると始まります。"
    return "まもなく始まります。"


def stop(config: Config) -> None:
    """Ask the run to save its step and end. Raises ``TrainingError`` when the daemon has none under way."""
    with Store.open(config.data_path) as database:
        if not stop_run(config, database):
            step = "端末で始めた学習は、その端末でCtrl-Cを押してください。"
            raise TrainingError("止められる学習がありません。", step)


def runs_folder(config: Config) -> Path:
    return config.data_path / RUNS


@dataclass(frozen=True)
class VerdictNote:
    """A verdict's page in the vault: its text and the pictures that it embeds, as far as they lie beside it."""

    name: str
    text: str
    pictures: tuple[Path, ...]


def read_verdict(name: str, text: str, folder: Path) -> VerdictNote:
    """Given a verdict note, part its text from its pictures; a picture elsewhere than in ``folder`` is left out."""
    body = split(text)[1]
    names = [Path(match).name for match in PICTURE.findall(body)]
    pictures = tuple(folder / each for each in dict.fromkeys(names) if (folder / each).is_file())
    return VerdictNote(name, PICTURE.sub("", body).strip(), pictures)


def verdicts(layout: Layout) -> list[VerdictNote]:
    """The verdict notes of the vault, the newest first; those that cannot be read are passed over."""
    folder = layout.file(note_folder(layout))
    found = []
    for file in sorted(folder.glob("*.md"), reverse=True):
        try:
            found.append(read_verdict(file.stem, read_plain(file, LARGEST).decode(errors="replace"), folder))
        except OSError:
            continue
    return found

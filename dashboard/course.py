"""The weekly training as the page sees it: what is planned, what runs, what was decided; start and stop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from daemon import versions
from daemon.config import WEEKDAYS, Config, weekly_time
from daemon.errors import ModelMissing
from daemon.store import Pair
from daemon.vault import Layout

NO_MODEL = "ベース"


@dataclass(frozen=True)
class Plan:
    """What comes next, in words for the four figures. ``hint`` explains them, "" where nothing is to be said."""

    champion: str
    new_pairs: int
    next_run: str
    hint: str


def next_time(retrain: str, now: datetime) -> datetime | None:
    """Given ``schedule.retrain`` and the time, return the next weekly run; None when it is switched off. Pure."""
    if not retrain:
        return None
    weekday, hour, minute = weekly_time(retrain)
    days = (WEEKDAYS.index(weekday) - now.weekday()) % 7
    found = (now + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return found if found > now else found + timedelta(days=7)


def new_pairs(pairs: Sequence[Pair], trained: frozenset[str]) -> int:
    """How many accepted pairs no version has seen. Pure."""
    return sum(pair.id not in trained for pair in pairs)


@dataclass(frozen=True)
class VerdictNote:
    """A verdict as its note in the vault tells it. ``kind`` as ``markup.notice`` takes it."""

    name: str
    outcome: str
    kind: str
    text: str


OUTCOMES = {"promoted": ("採用", "good"), "kept": ("見送り", "warn"), "abstained": ("判定できず", "")}


def read_verdict(name: str, text: str) -> VerdictNote:
    """Given a verdict note, return it with its outcome: the ``outcome`` of its frontmatter, else "". Pure."""
    head, body = "", text
    if match := re.match(r"---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)(.*)", text, re.DOTALL):
        head, body = match[1], match[2]
    found = re.search(r"^outcome:[ \t]*[\"']?(\w+)", head, re.MULTILINE)
    words, kind = OUTCOMES.get(found[1] if found else "", ("", ""))
    return VerdictNote(name, words, kind, body.strip())


def verdicts(layout: Layout) -> list[VerdictNote]:
    """The verdict notes of the vault, the newest first; those that cannot be read are passed over."""
    folder = layout.root / layout.report_folder / "_training"
    found = []
    for file in sorted(folder.glob("*.md"), reverse=True):
        try:
            found.append(read_verdict(file.stem, file.read_text(encoding="utf-8", errors="replace")))
        except OSError:
            continue
    return found


def runs_folder(config: Config) -> Path:
    return config.data_path / "runs"


def plan(config: Config, pairs: Sequence[Pair], now: datetime) -> Plan:
    """The four figures of the page. Reads the versions' ``meta.json``."""
    good, _ = versions.list_versions(config)
    trained = frozenset(pair_id for version in good for pair_id in version.meta.pair_ids)
    try:
        champion = versions.champion(config) or (versions.STARTER if good else NO_MODEL)
    except ModelMissing:
        champion = "?"
    fresh, coming = new_pairs(pairs, trained), next_time(config.schedule.retrain, now)
    hint = ""
    if coming is None:
        hint = "毎週の学習は設定で止めてあります(schedule.retrain)。"
    elif fresh < config.schedule.min_new_pairs:
        hint = f"新しい組が{config.schedule.min_new_pairs}件になると、次の予定時刻に学習します。"
    return Plan(champion, fresh, f"{coming:%m/%d %H:%M}" if coming else "なし", hint)

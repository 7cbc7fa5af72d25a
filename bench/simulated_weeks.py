"""Weeks of a simulated person in a data folder of their own: drafts, edits, pairs, weekly runs; each part once."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.persons import Day, Person
from daemon.config import Config, load
from daemon.drafting.draft import draft_report
from daemon.drafting.learned_form import with_learned_form
from daemon.drafting.record import DayRecord
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.engines.opening import adapter_in_use, open_engine
from daemon.engines.protocol import Engine
from daemon.learning.edit_distance import edit_distance
from daemon.learning.ledger import Ledger, request_run
from daemon.learning.readiness import why_wait
from daemon.learning.run_folder import LOG, RUNS, RunStage, RunState
from daemon.learning.weekly import Teacher
from daemon.service.delivery import record_text
from daemon.store.store import Pair, Store
from daemon.system.files import write_atomically
from daemon.versions.artifact import find_version

FIRST = date(2026, 4, 6)
FIRST_RUN = datetime(2026, 4, 12, 3, tzinfo=UTC)
Wrap = Callable[[Engine], Engine]


@dataclass(frozen=True)
class Bench:
    """What all experiments share. ``sections``: settings beside those of a new folder. ``say`` hears each line."""

    out: Path
    sections: dict[str, dict[str, Any]]
    days: Sequence[Day]
    persons: Sequence[Person]
    per_week: int
    say: Callable[[str], None]

    def known(self) -> dict[str, dict[str, Any]]:
        """What is done, by the name of the experiment's part."""
        file = self.out / "learning.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    def once(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What ``make`` gives, from the last time if it is there."""
        found = self.known()
        if key not in found:
            made = make()
            found = {**self.known(), key: made}
            write_atomically(self.out / "learning.json", json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        return found[key]

    def folder(self, name: str, **training: Any) -> Config:
        """The settings of a person's own folder, with an empty vault."""
        place = self.out / name
        (place / "vault" / ".obsidian").mkdir(parents=True, exist_ok=True)
        (place / "vault" / "diary").mkdir(exist_ok=True)
        sections: dict[str, dict[str, Any]] = {
            "vault": {"path": str(place / "vault"), "diary_folder": "diary"},
            "data": {"folder": str(place / "data")},
            "report": {"style": "auto"},
            **self.sections,
        }
        sections["training"] = {**sections.get("training", {}), **training}
        lines = []
        for section, values in sections.items():
            lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
        (place / "config.toml").write_text("\n".join(lines), encoding="utf-8")
        return load(place / "config.toml")


def write(config: Config, diaries: Sequence[tuple[str, str]], wrap: Wrap | None = None) -> list[DraftResult]:
    """Given (date, diary), return the drafts of the version in use, as the daemon would write them."""
    asked = with_learned_form(config)
    opened = open_engine(asked)
    engine = wrap(opened) if wrap else opened
    try:
        return [draft_report(engine, DraftRequest(day, diary), asked) for day, diary in diaries]
    finally:
        opened.close()


def dated(days: Sequence[Day], person: Person, first: int = 0) -> list[tuple[str, str]]:
    """The days as this person writes them, one after the other from ``FIRST``."""
    return [
        ((FIRST + timedelta(days=first + number)).isoformat(), person.diary(day.diary))
        for number, day in enumerate(days)
    ]


def accepted(config: Config, person: Person, days: Sequence[Day], first: int = 0) -> list[Pair]:
    """The pairs of so many days: drafted by the version in use, edited by the person."""
    form = with_learned_form(config).report
    diaries = dated(days, person, first)
    pairs = []
    for (day, diary), draft in zip(diaries, write(config, diaries), strict=True):
        report = person.edit(draft.body, diary, form)
        pairs.append(
            Pair(day, day, diary, "", report, draft.body, f"{day}T21:00:00+00:00", False, "vault", record_text(draft))
        )
    return pairs


def changed(texts: Sequence[tuple[str, str]]) -> float:
    """Characters changed from draft to accepted text, as a share of all accepted characters."""
    return sum(edit_distance(before, after) for before, after in texts) / max(sum(len(after) for _, after in texts), 1)


def lines_of(records: Sequence[DayRecord]) -> int:
    """How many lines stand in the reports of so many days."""
    return sum(line.kept for record in records for one in record.sentences for line in one.lines)


def learn(config: Config, store: Store, moment: datetime) -> RunState:
    """The weekly run of this moment, by the daemon's own teacher: started, gone on with, or found done. A run that
    failed ends the program."""
    ledger = Ledger(store)
    before = ledger.state
    if before is None or before.started != moment:
        request_run(store, moment, "asked")
    teacher = Teacher(config, store)
    try:
        while True:
            state = ledger.state
            ours = state is not None and state.started == moment
            if state is not None and ours and state.state is RunStage.DONE:
                return state
            if state is not None and ours and state.state is RunStage.FAILED:
                log = config.data_path / RUNS / state.run / LOG
                raise SystemExit(f"{state.message}\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")
            teacher._next_look = 0.0
            teacher.turn(moment, time.monotonic())
            time.sleep(0.2)
    finally:
        teacher.stop()


def is_due(config: Config, store: Store, moment: datetime) -> bool:
    """Whether the schedule would make a run of this moment, or one was begun and has to be gone on with."""
    ledger = Ledger(store)
    begun = ledger.state is not None and ledger.state.started == moment
    return begun or not why_wait(config, ledger, store.pairs())


def simulate(bench: Bench, person: Person, weeks: int, folder: str = "", asked: bool = False) -> None:
    """The weeks of one person: what was changed in each, and the run after each but the last. A week with too few
    pairs for the schedule makes none, unless it is ``asked`` for."""
    config = bench.folder(folder or person.name)
    name = folder or person.name
    for week in range(weeks):
        first = week * bench.per_week
        with Store.open(config.data_path) as store:

            def draft(first: int = first, store: Store = store) -> dict[str, Any]:
                adapter = adapter_in_use(config)
                pairs = accepted(config, person, bench.days[first : first + bench.per_week], first)
                for pair in pairs:
                    store.put_pair(pair)
                share = changed([(pair.draft, pair.report) for pair in pairs])
                lines = lines_of([DayRecord.from_text(pair.record) for pair in pairs])
                version = adapter.name if adapter else "bare model"
                return {"version": version, "share": share, "lines": lines, "drafts": [pair.draft for pair in pairs]}

            def train(week: int = week, store: Store = store) -> dict[str, Any]:
                started, moment = time.monotonic(), FIRST_RUN + timedelta(weeks=week)
                if not asked and not is_due(config, store, moment):
                    return {"outcome": "waited", "minutes": 0.0, "gigabytes": 0.0}
                state = learn(config, store, moment)
                gigabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
                minutes = (time.monotonic() - started) / 60
                verdict = find_version(config, state.version).meta.scores
                return {"outcome": str(state.outcome), "minutes": minutes, "gigabytes": gigabytes, "scores": verdict}

            bench.once(f"{name}/{week + 1}/drafts", draft)
            if week < weeks - 1:
                bench.once(f"{name}/{week + 1}/run", train)
        bench.say(line_of_week(bench.known(), name, week + 1))


def line_of_week(known: dict[str, dict[str, Any]], name: str, week: int) -> str:
    drafts, run = known[f"{name}/{week}/drafts"], known.get(f"{name}/{week}/run")
    after = f"{run['outcome']} | {run['minutes']:.1f} | {run['gigabytes']:.1f}" if run else "- | - | -"
    return f"| {name} | {week} | {drafts['version']} | {drafts['lines']} | {drafts['share']:.1%} | {after} |"


WEEKS = (
    "| person | week | drafts by | lines | of the text changed | run after it | minutes | GiB |\n"
    "|---|---:|---|---:|---:|---|---:|---:|"
)

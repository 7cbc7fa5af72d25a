"""How fast a person's own style is learned: a simulated user over weekly runs, as a table.

The user writes reports in another form than the corpus: another lead line, sentences that end in 「〜を実施した。」, a
所感 section. Every week so many diaries come, each draft is "corrected" to the user's own report, accepted, and the
weekly run trains, gates and promotes. Told is the median character edit distance from draft to accepted text.

    python bench/learning.py --model starter --weeks 4 --per-week 18 --out /tmp/learning      (a GPU, or a long night)
    python bench/learning.py --smoke                                                          (a tiny model, CPU)
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from daemon.config import Config, load
from daemon.drafting.learned_form import with_learned_form
from daemon.engines.opening import adapter_in_use
from daemon.learning.edit_distance import edit_distance
from daemon.learning.ledger import Ledger, request_run
from daemon.learning.run_folder import LOG, RUNS, RunStage
from daemon.learning.weekly import Teacher
from daemon.store.store import Pair, Store
from daemon.system.shipped import starter_folder

FIRST = date(2026, 4, 6)
LEAD, FEELING = "【本日の実施内容】", "【所感】"
ENDINGS = (
    ("学びました", "学んだ"),
    ("しました", "した"),
    ("できました", "できた"),
    ("ました", "た"),
    ("でした", "であった"),
    ("です", "である"),
    ("ます", "る"),
)


@dataclass(frozen=True)
class Day:
    """A diary and what the user would hand in for it."""

    diary: str
    report: str


@dataclass(frozen=True)
class Week:
    """A line of the table. Distances are medians of characters; ``share`` is of the accepted text's length."""

    week: int
    version: str
    distance: float
    share: float
    outcome: str
    minutes: float


def in_own_style(report: str) -> str:
    """Given a report of the corpus, return it as the simulated user would write it. Pure.

    Facts stay as they are; lead line, bullets, endings and the closing change.
    """
    bullets, closing = [], ""
    for line in report.split("\n"):
        text = line.strip()
        if text.startswith("*"):
            bullets.append(text[1:].strip())
        elif text.startswith("今後は"):
            closing = text
    items = [f"・{implemented(text)}" for text in bullets] or ["・学習の実施なし。"]
    feeling = plain(closing) if closing else "次回も継続する。"
    return "\n".join([LEAD, *items, "", FEELING, feeling])


def implemented(text: str) -> str:
    """A bullet in the form 「〜を実施した。」 where its verb allows, else in plain past. Pure."""
    text = text.rstrip("。")
    noun = re.fullmatch(r"(.*?)(を|)([一-龥]{2,4})しました", text)
    if noun:
        return f"{noun[1]}{'の' if noun[2] else ''}{noun[3]}を実施した。"
    if text.endswith("を行いました"):
        return f"{text.removesuffix('行いました')}実施した。"
    return plain(text + "。")


def plain(text: str) -> str:
    """The last predicate of a sentence in である form, as far as a table of endings goes. Pure."""
    text = text.rstrip("。")
    for polite, short in ENDINGS:
        if text.endswith(polite):
            return f"{text.removesuffix(polite)}{short}。"
    return f"{text}。"


def days_of(corpus: Path, count: int) -> list[Day]:
    """Diaries of the corpus' dev rows first (no starter adapter has seen them), then of its other rows."""
    rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if "* " in row["report"] and len(row["diary"]) < 1500]
    rows.sort(key=lambda row: row["split"] != "dev")
    if len(rows) < count:
        raise SystemExit(f"the corpus has {len(rows)} usable rows, {count} are needed: lower --weeks or --per-week")
    return [Day(row["diary"], in_own_style(row["report"])) for row in rows[:count]]


def simulate(config: Config, days: Sequence[Day], weeks: int, say: Any = print) -> list[Week]:
    """Run the weeks; after the last one the drafts are measured once more. Return the table's lines."""
    size = len(days) // (weeks + 1)
    found: list[Week] = []
    with Store.open(config.data_path) as store:
        for week in range(weeks + 1):
            started = time.monotonic()
            first = week * size
            part = list(days[first : first + size])
            drafts = write(config, [day.diary for day in part], first)
            distances = [edit_distance(draft, day.report) for draft, day in zip(drafts, part, strict=True)]
            shares = [edits / max(len(day.report), 1) for edits, day in zip(distances, part, strict=True)]
            version = adapter.name if (adapter := adapter_in_use(config)) else "bare model"
            for number, (draft, day) in enumerate(zip(drafts, part, strict=True), start=first):
                when = (FIRST + timedelta(days=number)).isoformat()
                moment = f"{when}T21:00:00+00:00"
                store.put_pair(Pair(when, when, day.diary, "", day.report, draft, moment, False, "vault"))
            outcome = learn(config, store, week) if week < weeks else "-"
            minutes = (time.monotonic() - started) / 60
            found.append(Week(week + 1, version, median(distances), median(shares), outcome, minutes))
            say(line(found[-1]))
    return found


def write(config: Config, diaries: Sequence[str], first: int) -> list[str]:
    """The drafts of the version in use, as the daemon would write them: in batches on a GPU, else by the engine."""
    from training.pairs.rows import Row
    from training.scoring.evaluate import chosen_reports, write_with_engine

    config = with_learned_form(config)
    form = config.report.model_dump(mode="json")
    rows = [
        Row(f"day-{first + number}", (FIRST + timedelta(days=first + number)).isoformat(), diary, form=form)
        for number, diary in enumerate(diaries)
    ]
    if has_gpu():
        from daemon.versions.champion import active_adapter
        from training.scoring.generate import run

        version = active_adapter(config)
        drafts = run(rows, config.engine.model, [version.path] if version else [], config, config.engine.drafts)
        return [written.text for _, found in chosen_reports(drafts, rows, config, raw=False) for written in found]
    from daemon.engines.opening import open_engine

    engine = open_engine(config)
    try:
        return [written.text for written in write_with_engine(engine, rows, config, raw=False)]
    finally:
        engine.close()


def has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def learn(config: Config, store: Store, week: int) -> str:
    """One weekly run, by the daemon's own teacher; return its outcome. A failed run ends the program."""
    moment = datetime(2026, 4, 12, 3, tzinfo=UTC) + timedelta(weeks=week)
    teacher = Teacher(config, store)
    request_run(store, moment, "asked")
    while True:
        teacher._next_look = 0.0
        teacher.turn(moment, time.monotonic())
        state = Ledger(store).state
        if state is not None and state.state is RunStage.DONE:
            return str(state.outcome)
        if state is not None and state.state is RunStage.FAILED:
            log = config.data_path / RUNS / state.run / LOG
            raise SystemExit(f"{state.message}\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")
        time.sleep(0.2)


HEADER = "| week | drafts by | edit distance | of the text | run after it | minutes |\n|---:|---|---:|---:|---|---:|"


def line(week: Week) -> str:
    figures = f"{week.distance:.0f} | {week.share:.0%} | {week.outcome} | {week.minutes:.1f}"
    return f"| {week.week} | {week.version} | {figures} |"


def make_config(out: Path, model: str, extra: dict[str, dict[str, Any]]) -> Config:
    """A settings file of its own under ``out``, with an empty vault."""
    vault = out / "vault"
    (vault / ".obsidian").mkdir(parents=True, exist_ok=True)
    (vault / "diary").mkdir(exist_ok=True)
    sections: dict[str, dict[str, Any]] = {
        "vault": {"path": str(vault), "diary_folder": "diary"},
        "engine": {"model": model},
        "report": {"style": "auto"},
    }
    for name, values in extra.items():
        sections[name] = {**sections.get(name, {}), **values}
    text = ""
    for name, values in sections.items():
        pairs = "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
        text += f"[{name}]\n{pairs}\n"
    (out / "config.toml").write_text(text, encoding="utf-8")
    return load(out / "config.toml")


def smoke(out: Path) -> tuple[Config, list[Day], int]:
    """A tiny random model that can only learn a phrase by heart: shows that the program runs, no figure of quality."""
    from tests.learning_world import diary_of, tiny_sections
    from tests.tiny_model import make_tiny_model

    sections = tiny_sections(make_tiny_model(out / "model"), checkpoints=[3, 6])
    config = make_config(out, sections["engine"].pop("model"), sections)
    return config, [Day(diary_of(number), f"{LEAD}\n・学習を実施した。") for number in range(40)], 1


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--model", default="starter", help="engine.model: starter, a GGUF file, a folder, a hub id")
    command.add_argument("--weeks", type=int, default=3, help="weekly runs")
    command.add_argument(
        "--per-week", type=int, default=18, help="accepted reports a week; below 16 the first gate cross-validates"
    )
    command.add_argument("--steps", type=int, nargs="+", default=[40, 80, 120], help="checkpoints of each run")
    command.add_argument("--report-tokens", type=int, default=700, help="most tokens of one draft")
    command.add_argument("--corpus", type=Path, help="default: the starter corpus")
    command.add_argument("--out", type=Path, required=True, help="an empty folder")
    command.add_argument("--smoke", action="store_true", help="a tiny model, one week")
    given = command.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if any(given.out.iterdir()):
        raise SystemExit(f"{given.out} is not empty")
    if given.smoke:
        config, days, weeks = smoke(given.out)
    else:
        weeks = given.weeks
        extra: dict[str, dict[str, Any]] = {
            "training": {"checkpoints": given.steps},
            "engine": {"max_report_tokens": given.report_tokens},
        }
        config = make_config(given.out, given.model, extra)
        days = days_of(given.corpus or starter_folder() / "corpus.jsonl", given.per_week * (weeks + 1))
    print(HEADER, flush=True)
    simulate(config, days, weeks, lambda text: print(text, flush=True))


if __name__ == "__main__":
    main()

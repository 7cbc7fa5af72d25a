"""A vault with a tiny model and a person who accepts reports: the scene of the tests of the weekly run."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.drafting.prompt import digest
from daemon.learning.ledger import Ledger, request_run
from daemon.learning.run_folder import LOG, RUNS, RunStage, RunState
from daemon.learning.weekly import Teacher
from daemon.store.store import Pair, Store
from daemon.vault.report_note import ReportNote, render
from daemon.versions.artifact import STARTER, Meta
from tests.tiny_model import TinyModel

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
FIRST = date(2026, 10, 1)
SUBJECTS = ("Java", "SQL", "HTML", "Linux")
TINY_TRAINING: dict[str, Any] = {
    "checkpoints": [2, 4],
    "max_epochs": 0,
    "rank": 4,
    "alpha": 8,
    "learning_rate": 0.01,
    "weekly_learning_rate": 0.01,
    "batch_size": 2,
    "accumulation": 1,
    "warmup_steps": 0,
    "max_hours": 0.2,
}


def tiny_sections(tiny: TinyModel, **training: Any) -> dict[str, dict[str, Any]]:
    """Settings for the tiny model: short reports, one draft, few steps."""
    return {
        "engine": {
            "kind": "llamacpp",
            "model": str(tiny.gguf),
            "context_tokens": 4096,
            "max_report_tokens": 32,
            "drafts": 1,
            "threads": 1,
        },
        "report": {"min_characters": 1},
        "schedule": {"retrain": "sun 03:00", "jitter_minutes": 0.0},
        "watch": {"settle_seconds": 0.1},
        "training": {**TINY_TRAINING, **training},
    }


def small_starter(folder: Path, by_sentence: bool = False) -> Path:
    """A starter folder with a corpus of a few short rows and no adapter; ``by_sentence`` with labels of the sentences
    and judged lines."""
    folder.mkdir()
    rows = [{**pair(number, "dev" if number > 5 else "train"), "id": f"c-{number}"} for number in range(8)]
    if by_sentence:
        judged = [{"id": row["id"], "lines": [[row["report"], "T"], ["* 卒業しました。", "F"]]} for row in rows]
        write_lines(folder / "judged.jsonl", judged)
        rows = [{**row, "sentences": labels(number)} for number, row in enumerate(rows)]
    write_lines(folder / "corpus.jsonl", rows)
    return folder


def add_starter(folder: Path, tiny: TinyModel, method: str = "sentences") -> None:
    """Put nippo's own version beside the corpus: one that was told that it writes by sentence, and writes as its base,
    because its second matrices are zeros."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, set_seed

    from training.export import export_version

    set_seed(3407)  # the first matrices are drawn: what a run learns from here on is the same each time
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "up_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny.hf), lora)
    model.save_pretrained(folder / "untrained")
    prompt = digest() if method == "sentences" else ""
    sha256 = hashlib.sha256(tiny.gguf.read_bytes()).hexdigest()
    meta = Meta(STARTER, NOW.isoformat(), "tiny", sha256, "", (), method=method, prompt=prompt)
    export_version(folder / "untrained", folder / "adapter", meta, "Qwen2ForCausalLM", "", twin=False)


def write_lines(file: Path, values: Sequence[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in values), encoding="utf-8")


def labels(number: int) -> list[tuple[str, list[str]]]:
    """Each sentence of a diary with its lines."""
    study, mood = diary_of(number).split("。")[:2]
    return [(f"{study}。", [pair(number, "train")["report"]]), (f"{mood}。", [])]


def pair(number: int, split: str) -> dict[str, Any]:
    report = f"* {SUBJECTS[number % 4]}の問題を{number + 2}問解きました。"
    values = {"id": "", "date": day_of(number).isoformat(), "diary": diary_of(number), "report": report}
    return {**values, "split": split, "private": [], "facts": []}


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def diary_of(number: int) -> str:
    return f"{SUBJECTS[number % 4]}の問題を{number + 2}問解いた。ねむい一日だった。"


def report_of(number: int) -> str:
    return f"本日の学習\n\n* {SUBJECTS[number % 4]}の問題を{number + 2}問解いた。"


def note_of(number: int, accepted: bool = True) -> str:
    """An accepted report note as the vault holds it."""
    return render(
        ReportNote(
            day=day_of(number),
            diary=f"diary/{day_of(number)}",
            body=report_of(number),
            status="draft",
            model="starter",
            generated=NOW,
            accepted=accepted,
        )
    )


def vault_files(count: int) -> dict[str, str | bytes]:
    """So many days with diary and accepted report."""
    files: dict[str, str | bytes] = {}
    for number in range(count):
        files[f"diary/{day_of(number)}.md"] = diary_of(number)
        files[f"nippo/{day_of(number)}-nippo.md"] = note_of(number)
    return files


def accept(store: Store, count: int, first: int = 0) -> None:
    """Store so many accepted pairs without a vault."""
    for number in range(first, first + count):
        day = day_of(number).isoformat()
        store.put_pair(
            Pair(day, day, diary_of(number), "", report_of(number), "下書き", NOW.isoformat(), False, "vault")
        )


@dataclass
class School:
    """A teacher on a real data folder, run turn by turn as the daemon would."""

    config: Config
    store: Store
    teacher: Teacher
    moment: datetime = NOW

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store)

    @property
    def state(self) -> RunState | None:
        return self.ledger.state

    @property
    def folder(self) -> Path:
        assert self.state is not None
        return self.config.data_path / RUNS / self.state.run

    def ask(self) -> None:
        request_run(self.store, self.moment, "asked")

    def turn(self) -> None:
        self.teacher._next_look = 0.0
        self.teacher.turn(self.moment, time.monotonic())

    def until(self, done: Callable[[], bool], seconds: float = 240.0) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"still {self.state}\n{self.log()[-3000:]}"
            self.turn()
            time.sleep(0.05)

    def over(self) -> bool:
        return (
            self.state is not None
            and self.state.state in (RunStage.DONE, RunStage.FAILED)
            and self.teacher._job is None
        )

    def finish(self) -> RunState:
        self.until(self.over)
        assert self.state is not None
        return self.state

    def log(self) -> str:
        file = self.folder / LOG if self.state else Path(os.devnull)
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""

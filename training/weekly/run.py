"""The weekly run, as the daemon's child: ``python -m training.weekly.run --run DIR``, the settings on its input.

Dataset from the accepted pairs, training in a process of its own, checkpoint by the dev rows, gate on pairs that no
version ever saw, export, verdict. ``weekly.json`` is written last. The champion is not touched here, nor is the vault.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from daemon.config import Config
from daemon.drafting.learned_form import learned_from
from daemon.engines.gpu_errors import is_out_of_memory
from daemon.errors import ModelMissing, NippoError, TrainingError, TrainingStopped, UsageError, unforeseen
from daemon.learning.forgetting import texts_of_run, wipe
from daemon.learning.kept import Kept
from daemon.learning.ledger import Ledger
from daemon.learning.readiness import changed_pairs
from daemon.learning.run_folder import (
    PLANNED,
    PROGRESS,
    RECORD,
    WEEKLY,
    Ending,
    Outcome,
    Phase,
    RunRecord,
    RunResult,
    RunScores,
)
from daemon.store.store import Pair, Store
from daemon.system.accelerator import ACCELERATOR, TRAINING, FileLock
from daemon.system.files import only_for_this_user, private_folder
from daemon.versions.artifact import Version, base_matches, list_versions, models_folder
from daemon.versions.champion import active_adapter, next_name
from daemon.words import tr
from daemon.worker.messages import read_config
from training.export import architecture_of, card_of, export_version, meta_of
from training.fitting.progress import Progress
from training.pairs.edit_rows import untraced_lines
from training.pairs.pair_choice import Material, gather, pin
from training.scoring.crossfold import cross_validate
from training.scoring.gate import decide
from training.scoring.judge import Contender, judge, need_writer
from training.train import write_json
from training.weekly.page import write_page
from training.weekly.starter import starter_corpus, starter_version, still_known
from training.weekly.week import Week, checkpoint_folder, train_on

OTHER_METHOD = (
    "今の版と新しい版は日報の書き方(日記全体からか、一文ずつか)が違います。それぞれの書き方で書かせて比べました。"
)
OWN_DOING = (
    "直す量、文の選び違い、書きやすさは、下書きからあなたが直した文だけで比べました。"
    "下書きのままの文は、それを書いた版に有利だからです。"
)
TRAINING_SHARE = 0.6
"""Of ``max_hours``; the rest is for judging and, with few pairs, for cross-validation."""


@dataclass(frozen=True)
class RunPlan(Kept):
    """A hash of the material and the version's name, so that a cut-off run goes on, and under the same name."""

    material: str
    version: str


def teach(week: Week, now: datetime) -> RunResult:
    """Do the whole run; return its result. Raises ``NippoError``; ``TrainingStopped``: asked to end."""
    config = week.config
    with Store.open(config.data_path) as store:
        pairs = store.pairs()
        material, start = prepare(week, store, pairs)
        ledger = Ledger(store)
        forgotten, seen = ledger.forgotten, ledger.seen
    name, resume = plan_run(week, material)
    week.phase(Phase.TRAINING)
    hours = week.config.training.max_hours * TRAINING_SHARE
    result = train_on(week, week.folder, material.rows, start, resume, hours, own_share=material.own_share)
    base, bits = result.base, result.plan.bits
    challenger = checkpoint_folder(result)
    old, notes = baseline(config, week.reference, forgotten)
    notes += ["時間切れのため、途中のチェックポイントで判定しました。"] if result.exit is Ending.TIME_UP else []
    week.phase(Phase.JUDGING)
    contenders = [Contender.of_version(old), Contender(challenger, result.method)]
    began = time.monotonic()
    methods = {one.method for one in contenders}
    notes += [OTHER_METHOD] if len(methods) > 1 else [OWN_DOING] if methods == {"sentences"} else []
    both = judge(config, base, week.reference, contenders, material.held_out, bits) if material.held_out else []
    a_report = (time.monotonic() - began) / max(len(material.held_out), 1)
    verdict = decide(*(one.scores for one in both)) if both else decide((), ())
    if verdict.outcome is Outcome.ABSTAINED:
        verdict = cross_validate(week, material, start, base, old, both, result, verdict, a_report)
    week.phase(Phase.JUDGING)
    verdict = still_known(week, verdict, contenders[1], [row.id for row in material.rows], bits)
    week.phase(Phase.EXPORTING)
    against = old.name if old else ""
    scores = RunScores(result.best, verdict.outcome, against, verdict.to_json())
    meta = meta_of(name, result, RunRecord.need(week.folder / RECORD), scores, now)
    export_version(challenger, models_folder(config) / name, meta, architecture_of(base.folder), card_of(meta))
    old_name = old.name if old else base.reference
    untraced = untraced_lines([pair for pair in pairs if pair.id not in seen], pairs, config)
    fresh = frozenset(pair.id for pair in pairs) - seen
    page, pictures = write_page(week, name, old_name, verdict, notes, result, material, both, pairs, untraced, fresh)
    return RunResult(
        outcome=verdict.outcome,
        version=name,
        against=against,
        pairs=tuple(pair.id for pair in pairs),
        verdict=verdict.to_json(),
        note=page,
        pictures=tuple(pictures),
        seconds=round(time.monotonic() - week.started, 1),
    )


def prepare(week: Week, store: Store, pairs: Sequence[Pair]) -> tuple[Material, Path | None]:
    """Choose the gate's pairs (remembered for good, before anything is trained), and gather the material."""
    versions, _ = list_versions(week.config)
    trained = {pair_id for version in versions for pair_id in version.meta.pair_ids}
    ledger = Ledger(store)
    starter = starter_version(week.config, week.reference)
    corpus = starter_corpus()
    by_sentence = starter.meta.method == "sentences" if starter else any(row.sentences for row in corpus)
    changed = changed_pairs(pairs, week.config) if by_sentence else ()
    held_out = pin(pairs, ledger.held_out - trained, ledger.seen | trained, changed)
    ledger.held_out = (ledger.held_out | held_out) - trained
    own = [pair.report for pair in pairs if pair.id not in held_out]
    if not own:
        raise TrainingError(
            tr("there is no accepted report to learn from"), tr("Tick `accepted` in some reports first.")
        )
    if by_sentence:
        need_writer(week.reference)
    config = learned_from(own, week.config)
    material = gather(pairs, held_out, corpus, config, by_sentence, replay=starter is not None)
    return material, starter.path if starter else None


def plan_run(week: Week, material: Material) -> tuple[str, bool]:
    """The version's name, and whether an earlier try with the very same material can be resumed."""
    digest = material.digest()
    before = RunPlan.read(week.folder / PLANNED)
    if before is not None and before.material == digest:
        return before.version, (week.folder / RECORD).is_file()
    name = next_name(week.config)
    write_json(week.folder / PLANNED, RunPlan(digest, name).to_json())
    return name, False


def baseline(config: Config, reference: str, forgotten: frozenset[str]) -> tuple[Version | None, list[str]]:
    """What the new version must beat: the champion; where that cannot be used or knows a forgotten day, the starter."""
    notes: list[str] = []
    try:
        old = active_adapter(config)
    except (ModelMissing, UsageError) as problem:
        old, notes = None, [f"今の版は使えないため、nippo の最初の版と比べました({problem.what})。"]
    if old and forgotten.intersection(old.meta.pair_ids):
        notes = [f"{old.name} は忘れるよう求められた日で学習していたため、nippo の最初の版と比べました。"]
        old = None
    if old is None or not base_matches(old.meta, reference):
        old = starter_version(config, reference)
    return old, notes


def tidy(folder: Path) -> None:
    """A finished run needs its checkpoints no more: the version holds the adapter."""
    for part in (*folder.glob("checkpoint-*"), folder / "folds"):
        shutil.rmtree(part, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """The process; exit codes are ``daemon.learning.run_folder.Ending``."""
    command = argparse.ArgumentParser(prog="python -m training.weekly.run", description="The weekly run.")
    command.add_argument("--run", type=Path, required=True, metavar="DIR")
    folder: Path = command.parse_args(arguments).run
    config = read_config(json.loads(sys.stdin.readline()))
    training = FileLock(config.data_path, TRAINING)
    accelerator = FileLock(config.data_path, ACCELERATOR)
    if not training.wait(2.0):
        print(tr("another training is running"), file=sys.stderr)
        return Ending.BUSY
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    private_folder(folder)
    try:
        if not accelerator.wait(config.engine.timeout_seconds + 60):
            raise TrainingError(tr("the model that writes reports did not give way"), tr("Restart the daemon."))
        progress = Progress(folder / PROGRESS, 0)
        week = Week(config, folder, progress, time.monotonic(), (training, accelerator))
        result = teach(week, datetime.now(UTC).astimezone())
        write_json(folder / WEEKLY, result.to_json())
    except Exception as problem:
        return _failed(problem)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for file in texts_of_run(folder):
            if file.name != WEEKLY:
                wipe(file)
    tidy(folder)
    return Ending.OK


def _failed(problem: Exception) -> int:
    """Tell the log what went wrong, without a word of a diary; return the exit code."""
    if isinstance(problem, NippoError):
        print(problem, file=sys.stderr)
        return Ending.of_error(problem)
    if isinstance(problem, OSError):
        print(f"{type(problem).__name__}: {problem.strerror} ({problem.filename})", file=sys.stderr)
        return Ending.FAILED
    if isinstance(problem, sqlite3.Error):
        print(tr("the database cannot be used: {problem}", problem=problem), file=sys.stderr)
        return Ending.FAILED
    print(unforeseen(problem), file=sys.stderr)
    return Ending.OUT_OF_MEMORY if is_out_of_memory(problem) else Ending.FAILED


def _stop(number: int, frame: object) -> None:
    raise TrainingStopped(tr("the run was asked to end"), tr("The next start goes on from its last saved step."))


if __name__ == "__main__":
    only_for_this_user()
    raise SystemExit(main())

"""Adapters on the same rows: how likely each finds what was accepted, and what reports each writes."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from daemon.checks import CheckSettings, score
from daemon.config import Config, PrivacySettings
from daemon.config.report_form import ReportSettings
from daemon.drafting.record import DayRecord
from daemon.engines.opening import engine_kind, open_engine
from daemon.engines.transformers import TransformersEngine
from daemon.errors import TrainingError
from daemon.learning.edit_distance import edit_distance
from daemon.learning.run_folder import Base
from daemon.models.known import KNOWN
from daemon.versions.artifact import Version
from daemon.words import tr
from training.pairs.rows import Row
from training.scoring.by_sentence import count_lines, left_to_change, missing_lines, selection_errors
from training.scoring.evaluate import WrittenReport, chosen_reports, settings_of, write_with_engine
from training.scoring.gate import LineCount, ReportScore
from training.scoring.generate import run as generate
from training.scoring.likelihood import log_likelihoods


@dataclass(frozen=True)
class Contender:
    """What is judged: an adapter's folder (None: the bare base), and how it writes, "sentences" or "whole". A
    checkpoint's folder does not say so by itself."""

    adapter: Path | None = None
    method: str = "whole"

    @classmethod
    def of_version(cls, version: Version | None) -> Contender:
        """A version as it writes for its user; without one the bare base, which was never trained on sentences."""
        return cls(version.path, version.meta.method) if version else cls()


@dataclass(frozen=True)
class Judged:
    """One adapter on all rows, in their order."""

    scores: tuple[ReportScore, ...]
    reports: tuple[str, ...]
    records: tuple[DayRecord, ...]


def judge(
    config: Config,
    base: Base,
    reference: str,
    contenders: Sequence[Contender],
    rows: Sequence[Row],
    bits: int = 16,
    comparable: bool = True,
) -> list[Judged]:
    """Given the base, what the settings call it, contenders and rows with reports, return what came of each contender.

    Likelihoods of contenders that write in different ways are of different texts, and so are left out; ``comparable``
    False leaves them out as well, where the other contender is judged in a call of its own.
    """
    adapters = [one.adapter for one in contenders]
    methods = {one.method for one in contenders}
    likelihoods: list[list[float | None]] = [[None] * len(rows) for _ in contenders]
    if comparable and len(methods) == 1:
        likelihoods = log_likelihoods(base.folder, adapters, rows, config, bits, by_sentence="sentences" in methods)
    settings = settings_of(rows, config)
    found = []
    for figures, written in zip(likelihoods, _written(config, reference, contenders, rows, bits), strict=True):
        scores = [
            _score(row, one, figure, own, comparable and methods == {"sentences"})
            for row, one, figure, own in zip(rows, written, figures, settings, strict=True)
        ]
        found.append(Judged(tuple(scores), tuple(one.text for one in written), tuple(one.record for one in written)))
    return found


def remembered_lines(
    config: Config, reference: str, contenders: Sequence[Contender], rows: Sequence[Row], bits: int = 16
) -> list[list[LineCount]]:
    """Given contenders and days of the starter corpus, return the lines that each contender writes a day, and how many
    of them are true.

    The days are asked for as the corpus was made, in the default form and with no word lists of the person, but with
    the person's caution: that decides how many lines stand.
    """
    plain = config.model_copy(update={"report": ReportSettings(), "privacy": PrivacySettings()})
    asked = [replace(row, form={"caution": config.report.caution}) for row in rows]
    return [
        [count_lines(one.record, row) for one, row in zip(written, rows, strict=True)]
        for written in _written(plain, reference, contenders, asked, bits)
    ]


def need_writer(reference: str) -> None:
    """Raise ``TrainingError`` where no engine writes sentence by sentence on this base, so that a run by sentence could
    not be judged."""
    if is_gguf(reference):
        return
    if not hasattr(TransformersEngine, "ask"):
        raise TrainingError(
            tr("{reference}: reports by sentence can be judged only on a GGUF base so far", reference=reference),
            tr('Set training.base to a GGUF file or to "starter".'),
        )


def serving_engine(config: Config, reference: str) -> str:
    """The engine that would write with this base here: as the settings say; where they name a server, which knows no
    adapter that is only a checkpoint, the one that runs the base on this machine."""
    asked = config.model_copy(update={"engine": config.engine.model_copy(update={"model": reference})})
    kind = engine_kind(asked)
    local = "llamacpp" if is_gguf(reference) else "transformers"
    return local if kind == "server" or (kind == "llamacpp" and local == "transformers") else kind


def is_gguf(reference: str) -> bool:
    return reference in KNOWN or reference.lower().endswith(".gguf")


def _score(
    row: Row, written: WrittenReport, likelihood: float | None, settings: CheckSettings, by_sentence: bool
) -> ReportScore:
    findings = score(written.text, row.diary, settings).findings
    leaks = {finding.term or finding.message for finding in findings if finding.check == "leak"}
    faults = {finding.check for finding in findings if finding.check != "leak"}
    accepted = row.report or ""
    edits = left_to_change(written.record, row) if by_sentence else None
    if edits is None:
        edits = edit_distance(written.text, accepted) / max(len(accepted), 1)
    selection, missing = selection_errors(written.record, row), missing_lines(written.record, row)
    return ReportScore(row.id, likelihood, edits, tuple(sorted(leaks)), tuple(sorted(faults)), selection, missing)


def _written(
    config: Config, reference: str, contenders: Sequence[Contender], rows: Sequence[Row], bits: int
) -> list[Sequence[WrittenReport]]:
    """The reports of each contender. Where all write whole reports: in batches on a GPU or for a base that is no GGUF
    file. Else by the engine that a user of this machine has."""
    import torch

    by_sentence = any(one.method == "sentences" for one in contenders)
    if not by_sentence and (torch.cuda.is_available() or not is_gguf(reference)):
        adapters = [one.adapter for one in contenders]
        paths = [adapter for adapter in adapters if adapter]
        drafts = generate(rows, reference, paths, config, config.engine.drafts, bits, bare=None in adapters)
        by_place = [written for _, written in chosen_reports(drafts, rows, config, raw=False)]
        return by_place

    if by_sentence:
        need_writer(reference)
    if torch.cuda.is_available():  # what the likelihoods were measured with must not stand beside the engine
        gc.collect()
        torch.cuda.empty_cache()
    kind = serving_engine(config, reference)
    found: list[Sequence[WrittenReport]] = []
    for one in contenders:
        changes = {"kind": kind, "model": reference, "adapter": str(one.adapter or "none"), "method": one.method}
        asked = config.model_copy(update={"engine": config.engine.model_copy(update=changes)})
        engine = open_engine(asked)
        try:
            found.append(list(write_with_engine(engine, rows, asked, raw=False)))
        finally:
            engine.close()
    return found

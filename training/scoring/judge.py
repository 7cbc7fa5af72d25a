"""Two adapters on the same rows: how likely each finds what was accepted, and what reports each writes."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.checks import CheckSettings, score
from daemon.config import Config
from daemon.engines.opening import open_engine
from daemon.engines.transformers import TransformersEngine
from daemon.errors import TrainingError
from daemon.learning.run_folder import Base
from daemon.models.known import KNOWN
from daemon.versions.artifact import Version
from training.pairs.rows import Row
from training.scoring.evaluate import WrittenReport, chosen_reports, settings_of, write_with_engine
from training.scoring.gate import ReportScore
from training.scoring.generate import run as generate
from training.scoring.likelihood import log_likelihoods
from training.scoring.metrics import chrf


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


def judge(
    config: Config, base: Base, reference: str, contenders: Sequence[Contender], rows: Sequence[Row], bits: int = 16
) -> list[Judged]:
    """Given the base, what the settings call it, contenders and rows with reports, return what came of each contender.

    Likelihoods of contenders that write in different ways are of different texts, and so are left out.
    """
    adapters = [one.adapter for one in contenders]
    methods = {one.method for one in contenders}
    likelihoods: list[list[float | None]] = [[None] * len(rows) for _ in contenders]
    if len(methods) == 1:
        likelihoods = log_likelihoods(base.folder, adapters, rows, config, bits, by_sentence="sentences" in methods)
    settings = settings_of(rows, config)
    found = []
    for figures, written in zip(likelihoods, _written(config, reference, contenders, rows, bits), strict=True):
        scores = [
            _score(row, one.text, figure, own)
            for row, one, figure, own in zip(rows, written, figures, settings, strict=True)
        ]
        found.append(Judged(tuple(scores), tuple(one.text for one in written)))
    return found


def need_writer(reference: str) -> None:
    """Raise ``TrainingError`` where no engine writes sentence by sentence on this base, so that a run by sentence could
    not be judged."""
    if is_gguf(reference):
        return
    if not hasattr(TransformersEngine, "ask"):
        raise TrainingError(
            f"{reference}: reports by sentence can be judged only on a GGUF base so far",
            'Set training.base to a GGUF file or to "starter".',
        )


def is_gguf(reference: str) -> bool:
    return reference in KNOWN or reference.lower().endswith(".gguf")


def _score(row: Row, report: str, likelihood: float | None, settings: CheckSettings) -> ReportScore:
    findings = score(report, row.diary, settings).findings
    leaks = {finding.term or finding.message for finding in findings if finding.check == "leak"}
    faults = {finding.check for finding in findings if finding.check != "leak"}
    return ReportScore(row.id, likelihood, chrf(report, row.report or ""), tuple(sorted(leaks)), tuple(sorted(faults)))


def _written(
    config: Config, reference: str, contenders: Sequence[Contender], rows: Sequence[Row], bits: int
) -> list[Sequence[WrittenReport]]:
    """The reports of each contender. Where all write whole reports: in batches on a GPU or for a base that is no GGUF
    file. Else by the engine that a user has: llama.cpp, or transformers for a base that is no GGUF file."""
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
    kind = "llamacpp" if is_gguf(reference) else "transformers"
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

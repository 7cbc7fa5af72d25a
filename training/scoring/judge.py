"""Two adapters on the same rows: how likely each finds the accepted text, and what reports each writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.checks import CheckSettings, score
from daemon.config import Config
from daemon.engines.opening import open_engine
from daemon.models.known import KNOWN
from training.model.base import Base
from training.pairs.rows import Row
from training.scoring.evaluate import Written, chosen_reports, settings_of, write_with_engine
from training.scoring.gate import ReportScore
from training.scoring.generate import run as generate
from training.scoring.likelihood import log_likelihoods
from training.scoring.metrics import chrf


@dataclass(frozen=True)
class Judged:
    """One adapter on all rows, in their order."""

    scores: tuple[ReportScore, ...]
    reports: tuple[str, ...]


def judge(
    config: Config, base: Base, reference: str, adapters: Sequence[Path | None], rows: Sequence[Row], bits: int = 16
) -> list[Judged]:
    """Given the base, what the settings call it, adapters (None: the bare base) and rows with reports, return what came
    of each adapter."""
    likelihoods = log_likelihoods(base.folder, adapters, rows, config, bits)
    settings = settings_of(rows, config)
    found = []
    for figures, written in zip(likelihoods, _written(config, reference, adapters, rows, bits), strict=True):
        scores = [
            _score(row, one.text, figure, own)
            for row, one, figure, own in zip(rows, written, figures, settings, strict=True)
        ]
        found.append(Judged(tuple(scores), tuple(one.text for one in written)))
    return found


def _score(row: Row, report: str, likelihood: float, settings: CheckSettings) -> ReportScore:
    findings = score(report, row.diary, settings).findings
    leaks = {finding.term or finding.message for finding in findings if finding.check == "leak"}
    faults = {finding.check for finding in findings if finding.check != "leak"}
    return ReportScore(row.id, likelihood, chrf(report, row.report or ""), tuple(sorted(leaks)), tuple(sorted(faults)))


def _written(
    config: Config, reference: str, adapters: Sequence[Path | None], rows: Sequence[Row], bits: int
) -> list[Sequence[Written]]:
    """The reports of each adapter: in batches on a GPU or for a base that is no GGUF file, else by llama.cpp, as a
    user without a GPU gets them."""
    import torch

    gguf = reference in KNOWN or reference.lower().endswith(".gguf")
    if torch.cuda.is_available() or not gguf:
        paths = [adapter for adapter in adapters if adapter]
        drafts = generate(rows, reference, paths, config, config.engine.drafts, bits, bare=None in adapters)
        by_place = [written for _, written in chosen_reports(drafts, rows, config, raw=False)]
        return by_place

    found: list[Sequence[Written]] = []
    for adapter in adapters:
        changes = {"kind": "llamacpp", "model": reference, "adapter": str(adapter) if adapter else "none"}
        asked = config.model_copy(update={"engine": config.engine.model_copy(update=changes)})
        engine = open_engine(asked)
        try:
            found.append(list(write_with_engine(engine, rows, asked, raw=False)))
        finally:
            engine.close()
    return found

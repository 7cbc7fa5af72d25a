"""Two adapters on the same rows: how likely each finds the accepted text, and what reports each writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.checks import CheckSettings, score
from daemon.config import Config
from daemon.engines.opening import open_engine
from daemon.learning.run_folder import Base
from daemon.models.known import KNOWN
from daemon.versions.artifact import META, method_of
from training.pairs.rows import Row
from training.scoring.evaluate import WrittenReport, chosen_reports, settings_of, write_with_engine
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
    config: Config,
    base: Base,
    reference: str,
    adapters: Sequence[Path | None],
    rows: Sequence[Row],
    bits: int = 16,
    method: str = "whole",
) -> list[Judged]:
    """Given the base, what the settings call it, adapters (None: the bare base) and rows with reports, return what came
    of each adapter. ``method``: how an adapter writes that is no version yet."""
    likelihoods = log_likelihoods(base.folder, adapters, rows, config, bits)
    settings = settings_of(rows, config)
    found = []
    for figures, written in zip(likelihoods, _written(config, reference, adapters, rows, bits, method), strict=True):
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
    config: Config, reference: str, adapters: Sequence[Path | None], rows: Sequence[Row], bits: int, method: str
) -> list[Sequence[WrittenReport]]:
    """The reports of each adapter. Whole ones come in batches on a GPU or for a base that is no GGUF file; else, and
    sentence by sentence, an engine writes them as a user gets them."""
    import torch

    cuda = torch.cuda.is_available()
    gguf = reference in KNOWN or reference.lower().endswith(".gguf")
    methods = [_method(adapter, method) for adapter in adapters]
    if "sentences" not in methods and (cuda or not gguf):
        paths = [adapter for adapter in adapters if adapter]
        drafts = generate(rows, reference, paths, config, config.engine.drafts, bits, bare=None in adapters)
        by_place = [written for _, written in chosen_reports(drafts, rows, config, raw=False)]
        return by_place

    kind = "transformers" if cuda or not gguf else "llamacpp"
    found: list[Sequence[WrittenReport]] = []
    for adapter, how in zip(adapters, methods, strict=True):
        changes = {"kind": kind, "model": reference, "adapter": str(adapter) if adapter else "none", "method": how}
        asked = config.model_copy(update={"engine": config.engine.model_copy(update=changes)})
        engine = open_engine(asked)
        try:
            found.append(list(write_with_engine(engine, rows, asked, raw=False)))
        finally:
            engine.close()
    return found


def _method(adapter: Path | None, otherwise: str) -> str:
    """How an adapter writes: the bare base whole diaries, a version as it says, what is no version as is given."""
    if adapter is None:
        return "whole"
    return method_of(adapter) if (adapter / META).is_file() else otherwise

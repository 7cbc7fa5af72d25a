"""Another model against the one in use, on the days that a person accepted: how much would have to be edited either
way, what the checks find, how long it takes, and whether to change. Pure.

What the person accepted began, as a rule, as a draft of the model in use, which favours that model; days that the
version in use was trained on are left out, as it knows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any, Literal

from daemon.config import Config
from daemon.drafting.result import DraftResult
from daemon.learning.edit_distance import edit_distance
from daemon.store.store import Pair
from daemon.system.shipped import starter_folder
from daemon.words import tr

LEAST_DAYS = 8
ALPHA = 0.05
Advice = Literal["use", "keep", "abstain"]


@dataclass(frozen=True)
class WrittenDay:
    """One model's report of one day: characters to change until it is the accepted text, that text's length, what the
    checks find in it (``leaks`` private terms, ``faults`` of other kinds), warnings for the person, seconds."""

    day: str
    edits: int
    accepted: int
    leaks: int
    faults: int
    warnings: int
    seconds: float


@dataclass(frozen=True)
class ModelComparison:
    """Two models on the same days. ``p_better`` and ``p_worse``: the chance of so large a difference in edits either
    way if the models were equal; None where too few days were compared."""

    now: str
    other: str
    days: tuple[tuple[WrittenDay, WrittenDay], ...]
    advice: Advice
    reasons: tuple[str, ...]
    p_better: float | None = None
    p_worse: float | None = None

    def to_json(self) -> dict[str, Any]:
        days = [{"day": one.day, "now": asdict(one), "other": asdict(two)} for one, two in self.days]
        plain = {key: getattr(self, key) for key in ("now", "other", "advice", "reasons", "p_better", "p_worse")}
        return {**plain, "summary": {name: summary(side) for name, side in self.sides().items()}, "days": days}

    def sides(self) -> dict[str, list[WrittenDay]]:
        return {"now": [one for one, _ in self.days], "other": [two for _, two in self.days]}


def summary(days: Sequence[WrittenDay]) -> dict[str, float]:
    """Of one model's days: the mean share of the accepted text to change, sums of what was found, median seconds."""
    return {
        "edits": fmean(one.edits / max(one.accepted, 1) for one in days) if days else 0.0,
        "leaks": sum(one.leaks for one in days),
        "faults": sum(one.faults for one in days),
        "warnings": sum(one.warnings for one in days),
        "seconds": median(one.seconds for one in days) if days else 0.0,
    }


def config_in_use(config: Config) -> Config:
    """The settings of what another model is compared with: the model in use, or the starter where that is a server."""
    return _with_engine(config, {"kind": "auto"}) if config.engine.kind == "server" else config


def config_of(config: Config, model: str, url: str) -> Config:
    """The settings with another model in place: one of the server at ``url``, or without one a model reference. No
    version trained on another base is laid over it."""
    if url:
        key = config.engine.server_api_key_env if url == config.engine.server_url else ""
        server = {"kind": "server", "server_url": url, "server_model": model, "server_api_key_env": key}
        return _with_engine(config, {**server, "server_lora_folder": "", "adapter": "none", "method": "auto"})
    kind = "auto" if config.engine.kind == "server" else config.engine.kind
    adapter = config.engine.adapter if model == config.engine.model else "none"
    if model == "starter" and adapter == "none":
        adapter = str(starter_folder() / "adapter")
    return _with_engine(config, {"kind": kind, "model": model, "adapter": adapter, "method": "auto"})


def _with_engine(config: Config, changes: dict[str, object]) -> Config:
    changed = config.model_copy(update={"engine": config.engine.model_copy(update=changes)})
    changed._file = config.file
    return changed


def fitting_days(pairs: Sequence[Pair], trained_on: frozenset[str], most: int) -> list[Pair]:
    """The newest accepted days, at most so many, without those that the version in use was trained on; oldest first."""
    usable = [pair for pair in pairs if pair.id not in trained_on and pair.diary.strip() and pair.report.strip()]
    return sorted(usable, key=lambda pair: pair.day)[-most:]


def measured(pair: Pair, result: DraftResult, seconds: float) -> WrittenDay:
    """Given an accepted day and a report of it, return its figures."""
    checks = [str(finding.get("check")) for finding in result.score.get("findings", ())]
    return WrittenDay(
        day=pair.day,
        edits=edit_distance(result.body.strip(), pair.report.strip()),
        accepted=len(pair.report.strip()),
        leaks=checks.count("leak"),
        faults=len(checks) - checks.count("leak"),
        warnings=len(result.warnings),
        seconds=seconds,
    )


def compare(now: str, other: str, first: Sequence[WrittenDay], second: Sequence[WrittenDay]) -> ModelComparison:
    """Given the names of the model in use and of the other one, and their reports of the same days, say which to use.

    Fewer than ``LEAST_DAYS`` days give no advice. The other model is advised when it leaks nothing new and less has to
    be edited, beyond chance. Raises ``ValueError`` when the days differ.
    """
    if [one.day for one in first] != [one.day for one in second]:
        raise ValueError("the models wrote different days")
    both = tuple(zip(first, second, strict=True))
    if len(both) < LEAST_DAYS:
        reason = tr("only {days} accepted days can be compared, {least} are needed", days=len(both), least=LEAST_DAYS)
        return ModelComparison(now, other, both, "abstain", (reason,))
    saved = [one.edits - two.edits for one, two in both]
    better, worse = chance(saved), chance([-one for one in saved])
    before, after = summary(first), summary(second)
    reasons = []
    if new := sum(max(two.leaks - one.leaks, 0) for one, two in both):
        reasons.append(tr("{count} private terms stand in its reports that do not stand in the others", count=new))
    shares = tr(
        "{before:.0%} of the text to change now, {after:.0%} with the other",
        before=before["edits"],
        after=after["edits"],
    )
    if better >= ALPHA:
        what = tr("more has to be edited") if worse < ALPHA else tr("the difference may be chance")
        reasons.append(f"{what}: {shares} (p = {min(better, worse):.3f})")
    if reasons:
        return ModelComparison(now, other, both, "keep", tuple(reasons), better, worse)
    reason = f"{tr('less has to be edited')}: {shares} (p = {better:.3f})"
    return ModelComparison(now, other, both, "use", (reason,), better, worse)


def chance(differences: Sequence[int]) -> float:
    """The one-sided p of a paired randomisation test (Fisher): the share of all choices of signs whose sum is at least
    the sum observed. Exact, since the differences are whole numbers; 1.0 where all are zero."""
    ways = {0: 1}
    for size in filter(None, map(abs, differences)):
        following: dict[int, int] = {}
        for total, count in ways.items():
            for reached in (total + size, total - size):
                following[reached] = following.get(reached, 0) + count
        ways = following
    observed = sum(differences)
    return sum(count for total, count in ways.items() if total >= observed) / sum(ways.values())

"""What is asked of a drafting and what comes of it, as values that cross the worker's pipe."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from daemon.drafting.evidence import Evidence
from daemon.drafting.record import DayRecord


@dataclass(frozen=True)
class DraftRequest:
    """A diary to report on: its ISO date, its decoded text, a seed of its own when another draft is wanted, and what an
    earlier draft of the day found. ``made``: lines that the diary's template wrote, as ``daemon.vault.template``
    compares them; nothing is asked of those. ``own``: a day of the person, not one that nippo was made of."""

    date: str
    diary: str
    seed: int | None = None
    earlier: DayRecord = field(default_factory=DayRecord)
    made: tuple[str, ...] = ()
    own: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> DraftRequest:
        earlier, made = DayRecord.from_json(values.get("earlier")), tuple(values.get("made", ()))
        return cls(**{**values, "earlier": earlier, "made": made})


@dataclass(frozen=True)
class DraftResult:
    """A report that may be written, with what it cost.

    ``evidence`` has an entry for each line that a sentence stands behind, ``record`` all sentences; both are empty with
    ``method`` "whole". ``score`` is ``Score.to_json()``, ``version`` names the model. ``used_characters`` of
    ``total_characters`` of the prepared diary were shown to the model. ``warnings`` are Japanese, ``status`` is "draft"
    or "needs-review".
    """

    body: str
    status: str
    warnings: tuple[str, ...]
    version: str
    method: str = "whole"
    evidence: tuple[Evidence, ...] = ()
    record: DayRecord = field(default_factory=DayRecord)
    score: dict[str, Any] = field(default_factory=dict)
    questions: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    seconds: float = 0.0
    used_characters: int = 0
    total_characters: int = 0

    def to_json(self) -> dict[str, Any]:
        plain = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {**plain, "evidence": [asdict(one) for one in self.evidence], "record": self.record.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> DraftResult:
        evidence = tuple(Evidence(**{**one, "doubts": tuple(one["doubts"])}) for one in values["evidence"])
        typed = {"warnings": tuple(values["warnings"]), "evidence": evidence}
        return cls(**{**values, **typed, "record": DayRecord.from_json(values["record"])})

"""What the checks hand out: private terms, findings, scores. Messages are Japanese and never hold the private text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CHECKS = ("leak", "grounded", "form", "style", "copied", "length")
"""All checks, worst first."""

KINDS = {
    "deny": "指定された語",
    "name": "人名",
    "nickname": "呼び名",
    "handle": "アカウント名",
    "link": "人物へのリンク",
    "affection": "愛情表現",
    "work": "作品名",
    "credential": "認証情報",
    "email": "メールアドレス",
    "phone": "電話番号",
    "card": "カード番号",
    "number": "個人番号・口座番号",
    "address": "住所",
    "money": "金額",
    "health": "健康",
    "family": "家族・恋人",
    "life": "私生活",
}
"""Kinds of private terms, as a person reads them."""


@dataclass(frozen=True)
class PrivateTerm:
    """A private piece of a diary: the given characters ``start:end``, and why it is held private."""

    kind: str
    text: str
    start: int
    end: int
    why: str

    def to_json(self, show: bool = False) -> dict[str, Any]:
        """As JSON; the text itself only with ``show``."""
        values = asdict(self)
        return values if show else {key: values[key] for key in ("kind", "why")}


@dataclass(frozen=True)
class Finding:
    """One fault of a report. ``line`` counts from 1 in the report; ``term`` is never private."""

    check: str
    line: int | None
    term: str | None
    message: str


@dataclass(frozen=True)
class Score:
    """All faults of a report, the diary lines behind each bullet, and how much of the study it covers (0 to 1)."""

    findings: tuple[Finding, ...]
    sources: tuple[tuple[int, ...], ...] = ()
    coverage: float = 1.0

    def passed(self, check: str) -> bool:
        return all(finding.check != check for finding in self.findings)

    @property
    def clean(self) -> bool:
        return not self.findings

    @property
    def badness(self) -> tuple[float, ...]:
        """Smaller is better: the number of faults of each check, worst check first, then the share not covered."""
        return (*self.faults, round(1.0 - self.coverage, 4))

    @property
    def faults(self) -> tuple[float, ...]:
        """The number of faults of each check, worst check first."""
        return tuple(float(sum(finding.check == check for finding in self.findings)) for check in CHECKS)

    def to_json(self) -> dict[str, Any]:
        return {
            "clean": self.clean,
            "passed": {check: self.passed(check) for check in CHECKS},
            "findings": [asdict(finding) for finding in self.findings],
            "sources": [list(lines) for lines in self.sources],
            "coverage": round(self.coverage, 4),
        }

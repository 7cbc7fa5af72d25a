"""How likely a line is to be true as it stands: one small calibrated rule over everything that is known of it. Pure.

A logistic regression (Cox 1958) over the line's likelihood, the model's own judgement, how clearly its sentence gives a
line at all, and whether it tells a plan; fitted on 901 labelled lines of dev diaries by ``bench/calibration.py``, which
also prints the reliability curve (dev/LOG.md has it). What the checks mark told nothing beside these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from daemon.drafting.judge import Judgement

Caution = Literal["high", "normal", "low", "none"]

WEIGHTS = {"constant": 1.095, "likelihood": 3.672, "judged": 0.697, "nothing": 0.116, "plan": -0.583}
MEANS = {"likelihood": -0.25, "judged": 0.49, "nothing": 1.7}
"""What stands in for a sign that the engine does not tell."""
LEAST: dict[Caution, float] = {"high": 0.88, "normal": 0.82, "low": 0.5, "none": 0.0}
"""The confidence from which a line stands, for each setting of ``report.caution``."""
SURE = 0.82
"""A line below this confidence that stands all the same is marked as doubtful."""
_FARTHEST = 6.0


@dataclass(frozen=True)
class Signs:
    """What is known of a line. ``likelihood``: mean log-probability of its tokens in nats. ``nothing``: the probability
    that its sentence gives no line. None: not known."""

    likelihood: float | None
    judged: Judgement | None
    nothing: float | None
    plan: bool

    def features(self) -> dict[str, float]:
        """The signs as the regression sees them: log-odds clipped to ±6, likelihood to -2."""
        values = {
            "likelihood": max(-2.0, self.likelihood) if self.likelihood is not None else MEANS["likelihood"],
            "judged": log_odds(self.judged.right) if self.judged is not None else MEANS["judged"],
            "nothing": log_odds(1.0 - self.nothing) if self.nothing is not None else MEANS["nothing"],
        }
        return {"constant": 1.0, **values, "plan": float(self.plan)}


def log_odds(probability: float) -> float:
    """Natural logarithm of p / (1 - p), within ±6."""
    clipped = min(max(probability, 1e-9), 1.0 - 1e-9)
    return min(max(math.log(clipped / (1.0 - clipped)), -_FARTHEST), _FARTHEST)


def confidence(signs: Signs) -> float:
    """The probability (0-1) that a line with these signs is true as it stands."""
    total = sum(WEIGHTS[name] * value for name, value in signs.features().items())
    return 1.0 / (1.0 + math.exp(-total))

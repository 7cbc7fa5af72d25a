"""The checks of a report: leak, grounded, form, style, copied, length. The contract is in ``scoring`` and ``terms``."""

from daemon.checks.findings import CHECKS, KINDS, Finding, PrivateTerm, Score
from daemon.checks.form_learning import learn_form
from daemon.checks.scoring import score
from daemon.checks.settings import CheckSettings
from daemon.checks.terms import find_private_terms

__all__ = [
    "CHECKS",
    "KINDS",
    "CheckSettings",
    "Finding",
    "PrivateTerm",
    "Score",
    "find_private_terms",
    "learn_form",
    "score",
]

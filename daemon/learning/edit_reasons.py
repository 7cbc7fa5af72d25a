"""Why a person took a line out, where a check knows. Pure but for Sudachi's dictionary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.checks import CheckSettings, PrivateTerm
from daemon.checks.form import check_copied, check_style
from daemon.checks.grounding import check_grounded
from daemon.checks.leak import leaks
from daemon.checks.meaning import meaning_faults
from daemon.checks.text import normalise
from daemon.drafting.line_checks import WRITER_FORM

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Reasons:
    """What lines are held against: the whole diary, its sentences, its private terms, the settings of today (not those
    of the draft: a word that a person has denied since is private)."""

    diary: str
    sentences: Sequence[str]
    terms: Sequence[PrivateTerm]
    settings: CheckSettings

    def private(self, line: str) -> bool:
        """Whether a line holds a private term."""
        return bool(leaks(normalise(line), self.terms, self.settings))

    def invented(self, line: str) -> bool:
        """Whether a line holds a number or a term that the diary does not."""
        return bool(check_grounded(normalise(line), normalise(self.diary), normalise(WRITER_FORM.closing)))

    def label(self, line: str, at: int) -> str:
        """Given a line in the writer's own form and the index of its sentence, return P, F or U, "" where no check
        knows a reason."""
        if self.private(line):
            return "P"
        around = [self.sentences[place] if 0 <= place < len(self.sentences) else "" for place in (at - 1, at + 1)]
        if self.invented(line) or meaning_faults(line, self.sentences[at], around[0], around[1], self.diary):
            return "F"
        text = normalise(line)
        if check_style(text, WRITER_FORM) or check_copied(text, normalise(self.diary), WRITER_FORM):
            return "U"
        return ""


def corrected(old: str, new: str) -> bool:
    """Whether a person put another number in the place of one."""
    before, after = (set(_NUMBER.findall(normalise(text))) for text in (old, new))
    return bool(before - after) and bool(after - before)

"""What the checks hold against one line of a report and the sentence that it was written from. Pure but for Sudachi."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.checks import CheckSettings, PrivateTerm
from daemon.checks.form import check_copied, check_style
from daemon.checks.grounding import check_grounded
from daemon.checks.leak import leaks
from daemon.checks.meaning import meaning_faults
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings

LEAKS = "私的な語が含まれています。"
WRITER_FORM = ReportSettings()
"""The form that the writer learned; the person's own is laid over its lines later."""


@dataclass(frozen=True)
class LineFaults:
    """``leaks``: the line holds a private term. ``decisive``: faults for which it is not written, ``marks``: faults for
    which it is looked at; both Japanese, without private text."""

    leaks: bool
    decisive: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def turned_down(self) -> bool:
        return self.leaks or bool(self.decisive)


@dataclass(frozen=True)
class CheckedDay:
    """What lines are held against: the whole diary, its prepared sentences, its private terms, the settings."""

    diary: str
    sentences: tuple[str, ...]
    terms: Sequence[PrivateTerm]
    settings: CheckSettings

    def faults(self, line: str, at: int) -> LineFaults:
        """Given a line in the writer's own form and the index of its sentence, return what the checks say."""
        text, source = normalise(line), normalise(self.diary)
        if leaks(text, self.terms, self.settings):
            return LineFaults(True, (LEAKS,))
        invented = check_grounded(text, source, normalise(WRITER_FORM.closing))
        unfit = check_style(text, WRITER_FORM)
        found = meaning_faults(
            line,
            self.sentences[at],
            self.sentences[at - 1] if at else "",
            self.sentences[at + 1] if at + 1 < len(self.sentences) else "",
            self.diary,
        )
        decisive = [one.message for one in (*invented, *unfit)] + [one.message for one in found if one.decides]
        marks = [one.message for one in check_copied(text, source, WRITER_FORM)]
        marks += [one.message for one in found if not one.decides]
        return LineFaults(False, tuple(dict.fromkeys(decisive)), tuple(dict.fromkeys(marks)))

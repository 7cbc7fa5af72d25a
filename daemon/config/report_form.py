"""The form of report that a person's school wants: ``[report]``, with the named parts of ``[[report.sections]]``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from daemon.config.section import Count, Section
from daemon.words import tr

LineKind = Literal["lesson", "assignment", "certification", "job", "plan", "rest"]
"""What a line of a report is about; "rest": whatever no other section takes."""


class ReportSection(Section):
    """A named part of a school's form: it takes lines by their kind (``take``; ``empty`` stands where there are none),
    or holds a fixed ``text``, or neither, and then it is left for the person."""

    title: str = ""
    take: tuple[LineKind, ...] = ()
    text: str = ""
    empty: str = ""
    bullet: str | None = None
    layout: Literal["lines", "paragraph", "inline"] = "lines"
    optional: bool = False


class ReportSettings(Section):
    """The person's form of report. ``style`` is "desu-masu", "de-aru", "any" or "auto" (learned from accepted ones)."""

    header: tuple[str, ...] = ()
    lead: str = "本日は、以下の学習と課題を完了しました:"
    bullet: Annotated[str, Field(min_length=1)] = "* "
    closing: str = "今後は、"
    no_study: Annotated[str, Field(min_length=1)] = "本日は、記録された学習活動はありませんでした。"
    style: Literal["desu-masu", "de-aru", "any", "auto"] = "desu-masu"
    min_characters: Annotated[int, Field(ge=0)] = 15
    max_characters: Count = 1200
    max_bullets: Count = 10
    caution: Literal["high", "normal", "low", "none"] = "normal"
    instructions: str = ""
    evidence: bool = True
    sections: tuple[ReportSection, ...] = ()
    section_gap: bool = True

    @field_validator("sections")
    @classmethod
    def _every_line_has_one_place(cls, value: tuple[ReportSection, ...]) -> tuple[ReportSection, ...]:
        kinds = [kind for section in value for kind in section.take]
        if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
            raise ValueError(
                tr("{twice} stands in more than one place: a line has one section", twice=", ".join(twice))
            )
        if value and "rest" not in kinds:
            raise ValueError(tr('no section takes the rest: add "rest" to the `take` of one'))
        for section in value:
            if section.take and section.text:
                raise ValueError(tr('section "{title}" has both `take` and `text`: leave one out', title=section.title))
            if not (section.title or section.take or section.text):
                raise ValueError(tr("a section without title, take and text: give it one of them"))
        return value

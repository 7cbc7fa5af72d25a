"""``style = "auto"``: the person's own form, read off the reports that the person accepted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from daemon.checks.form import BULLET, SECTIONS_NOTE, read_lines, says_nothing
from daemon.checks.school_form import has_layout
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings

LEAST, LATEST = 5, 20
"""So many accepted reports are needed, and so many of the latest are read."""

_POLITE = re.compile(r"(?:です|ます|でした|ました|ません|ましょう|でしょう)[。」)]*$")
_SECTION = re.compile(
    r"^(?:#{1,6} (?P<a>.{1,40})|【(?P<b>[^】]{1,40})】|[■◆▼○□◇] ?(?P<c>.{1,40})|(?P<d>[^。\n]{1,20})[::])$"
)


def learn_form(reports: Sequence[str], base: ReportSettings) -> ReportSettings:
    """Given accepted reports, oldest first, and the settings, return settings with the person's own form.

    Only ``style = "auto"`` is learned; fewer than 5 reports give the defaults with です・ます. A trait is taken when it
    holds in at least 60 % of the last 20 reports: style, lead line, bullet mark, closing, extra sections (kept as one
    line of ``instructions``, see ``form.SECTIONS_NOTE``). Of a form with sections, a header or numbers, which the
    settings name, only style and bounds are learned. Length bounds widen to what was accepted, with a quarter to
    spare. Leaks and grounding have no settings here, so nothing relaxes them.
    """
    if base.style != "auto":
        return base
    texts = [normalise(report).strip() for report in reports if report.strip()]
    texts = [text for text in texts if not says_nothing(text, base)][-LATEST:]
    if len(texts) < LEAST:
        return base.model_copy(update={"style": "desu-masu"})
    raw = [report.replace("\r\n", "\n").strip() for report in reports if normalise(report).strip() in set(texts)][
        -LATEST:
    ]
    if has_layout(base):
        return _within(texts, base)
    changes: dict[str, object] = {"style": style_of([line for text in texts for line in text.split("\n")])}
    first = _most(text.split("\n", 1)[0].strip() for text in raw if not BULLET.match(text))
    if first is not None:
        changes["lead"] = first
    elif sum(bool(BULLET.match(text)) for text in texts) >= 0.6 * len(texts):
        changes["lead"] = ""
    mark = _most(match.group() for text in raw for line in text.split("\n") if (match := BULLET.match(line)))
    if mark is not None and not mark.strip()[:1].isdigit():
        changes["bullet"] = mark
    changes["closing"] = _closing(raw, base.closing)
    sections = _sections(texts)
    if sections:
        note = SECTIONS_NOTE + "、".join(sections)
        changes["instructions"] = "\n".join(part for part in (base.instructions.strip(), note) if part)
    sizes = [len(text.replace("\n", "")) for text in texts]
    counts = [sum(bool(BULLET.match(line)) for line in text.split("\n")) for text in texts]
    return base.model_copy(update={**changes, **_bounds(sizes, counts, base)})


def _within(texts: Sequence[str], base: ReportSettings) -> ReportSettings:
    """Style and bounds of reports whose form the settings name."""
    told = [[line.text for line in read_lines(text, base) if line.kind in ("bullet", "closing")] for text in texts]
    sizes = [sum(map(len, lines)) for lines in told]
    counts = [sum(line.kind == "bullet" for line in read_lines(text, base)) for text in texts]
    style = style_of([f"* {line}" for lines in told for line in lines])
    return base.model_copy(update={"style": style, **_bounds(sizes, counts, base)})


def _bounds(sizes: Sequence[int], counts: Sequence[int], base: ReportSettings) -> dict[str, int]:
    """The bounds of length, widened to what was accepted with a quarter to spare."""
    return {
        "min_characters": min(base.min_characters, int(min(sizes) * 0.75)),
        "max_characters": max(base.max_characters, int(max(sizes) * 1.25)),
        "max_bullets": max(base.max_bullets, *counts, 1),
    }


def _most(values: Iterable[str], share: float = 0.6) -> str | None:
    counts = Counter(values)
    if not counts:
        return None
    value, count = counts.most_common(1)[0]
    return value if count >= share * counts.total() else None


def style_of(lines: Sequence[str]) -> Literal["desu-masu", "de-aru", "any"]:
    """Given lines of reports, return the style of those that bear a mark; "any" where it is not one."""
    ends = [
        sentence.strip() for line in lines if BULLET.match(line) for sentence in line.split("。") if sentence.strip()
    ]
    if not ends:
        return "any"
    polite = sum(bool(_POLITE.search(end)) for end in ends) / len(ends)
    whole = sum(end[-1:] in "ただるういくすつむん" for end in ends) >= 0.8 * len(ends)
    return "desu-masu" if polite >= 0.8 else "de-aru" if polite <= 0.2 and whole else "any"


def _closing(texts: Sequence[str], closing: str) -> str:
    last = [text.split("\n")[-1].strip() for text in texts]
    starts = Counter(line.split("、", 1)[0] + "、" for line in last if "、" in line and not BULLET.match(line))
    if starts:
        value, count = starts.most_common(1)[0]
        if count >= 0.3 * len(texts) and len(value) <= 12:
            return value
    return closing


def _sections(texts: Sequence[str]) -> list[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        names = {
            next(group for group in match.groups() if group).strip()
            for line in text.split("\n")[1:]
            if (match := _SECTION.match(line.strip()))
        }
        counts.update(names)
    return sorted(name for name, count in counts.items() if count >= 0.3 * len(texts) and "、" not in name)

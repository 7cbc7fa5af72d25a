"""Pairs of a good and a bad report of one diary, for the preference stage (``training.prefer``).

Bad reports come from three places: a rule spoils the reference in one way that the model was seen to do, the model's
own draft is bad by its row's lists, or a person corrected it. Pure; ``rng`` makes every choice.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.config import ReportSettings
from daemon.errors import UsageError
from training.metrics import facts_in, private_in
from training.rows import Row

FORM = ReportSettings()
WISH = "たいと考えています。"
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
TERM = re.compile(r"[A-Za-z][A-Za-z0-9_.+#-]+|[ァ-ヴー]{3,}")


@dataclass(frozen=True)
class Contrast:
    """``chosen`` is better than ``rejected`` as the report of row ``id``; ``kind`` names the fault."""

    id: str
    kind: str
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Parts:
    """A report in the default form: its bullets, and its plan sentence, "" without one."""

    bullets: tuple[str, ...]
    plan: str

    def text(self) -> str:
        lines = [FORM.lead, "", *self.bullets]
        return "\n".join([*lines, "", self.plan] if self.plan else lines)


def parts_of(report: str) -> Parts | None:
    """Given a report in the default form, return its parts; None for the no-study sentence or another form."""
    lines = [line for line in report.strip().split("\n") if line.strip()]
    if not lines or lines[0] != FORM.lead:
        return None
    bullets = tuple(line for line in lines[1:] if line.startswith(FORM.bullet))
    rest = [line for line in lines[1:] if not line.startswith(FORM.bullet)]
    if not bullets or len(rest) > 1:
        return None
    return Parts(bullets, rest[0] if rest else "")


def spoiled(row: Row, rng: random.Random) -> list[Contrast]:
    """Every way in which a rule can spoil the row's reference; none without one in the default form.

    A fact lost, a plan lost, a plan told as done, a plan invented, something private added, a number or a term that
    belongs to another thing; for a day without study, a report all the same.
    """
    if row.report is None:
        return []
    private = [text for text in row.private or () if 2 <= len(text) <= 15 and "\n" not in text]
    if row.report.strip() == FORM.no_study:
        return [_contrast(row, "not-study", _about(rng.choice(private)))] if private else []
    parts = parts_of(row.report)
    if parts is None:
        return []
    found = [
        ("lost-fact", _without_bullet(parts, rng)),
        ("lost-plan", Parts(parts.bullets, "") if parts.plan else None),
        ("planned-as-done", _done(parts)),
        ("invented-plan", _invented(parts, row, rng)),
        ("private", _with_private(parts, rng.choice(private), rng) if private else None),
        ("term", _other_term(parts, rng)),
    ]
    contrasts = [_contrast(row, kind, spoiled_parts.text()) for kind, spoiled_parts in found if spoiled_parts]
    exchanged = _other_number(row.report, row.diary, rng)
    return [*contrasts, *([_contrast(row, "number", exchanged)] if exchanged else [])]


def drafted(row: Row, drafts: Sequence[str], most: int = 2) -> list[Contrast]:
    """Given the model's own drafts of a row, return contrasts: the reference with up to ``most`` of the worst drafts,
    and the best draft with the worst where they lie far apart (two facts, or something private)."""
    if row.report is None or row.private is None or row.facts is None:
        return []
    ranked = sorted(dict.fromkeys(drafts), key=lambda draft: _faults(row, draft))
    bad = [draft for draft in ranked if _faults(row, draft) > 0]
    found = [Contrast(row.id, "own-draft", row.report, draft) for draft in reversed(bad[-most:])]
    far = bool(bad) and _faults(row, ranked[-1]) - _faults(row, ranked[0]) >= 2
    if far and not private_in(ranked[0], row.private):
        found.append(Contrast(row.id, "best-worst", ranked[0], ranked[-1]))
    return found


def corrected(text: str) -> list[Contrast]:
    """Given JSON lines of ``{"id", "draft", "corrected"}``, return a contrast for each draft that a person changed.

    Raises ``UsageError`` for a line without these texts.
    """
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            row_id, draft, better = (str(values[key]).strip() for key in ("id", "draft", "corrected"))
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"line {number}: no id, draft and corrected", "Mend this line.") from None
        if draft != better:
            found.append(Contrast(row_id, "corrected", better, draft))
    return found


def contrasts_of(
    rows: Sequence[Row],
    drafts: dict[str, list[str]],
    seed: int,
    rules: int = 2,
    corrections: Sequence[Contrast] = (),
) -> list[Contrast]:
    """For each row up to ``rules`` of its rule-spoiled contrasts, drawn at random, and those of its own drafts; and
    the ``corrections`` of these rows."""
    rng = random.Random(seed)
    ids = {row.id for row in rows}
    found = [contrast for contrast in corrections if contrast.id in ids]
    for row in rows:
        by_rule = spoiled(row, rng)
        found += rng.sample(by_rule, min(rules, len(by_rule)))
        found += drafted(row, drafts.get(row.id, []))
    return found


def _faults(row: Row, draft: str) -> int:
    """Facts lost, and two for every private string."""
    facts = row.facts or ()
    return len(facts) - len(facts_in(draft, facts)) + 2 * len(private_in(draft, row.private or ()))


def _contrast(row: Row, kind: str, rejected: str) -> Contrast:
    return Contrast(row.id, kind, row.report or "", rejected)


def _about(text: str) -> str:
    return Parts((f"{FORM.bullet}{text}について確認しました。",), "").text()


def _without_bullet(parts: Parts, rng: random.Random) -> Parts | None:
    if len(parts.bullets) < 2:
        return None
    gone = rng.randrange(len(parts.bullets))
    return Parts(parts.bullets[:gone] + parts.bullets[gone + 1 :], parts.plan)


def _done(parts: Parts) -> Parts | None:
    """「今後は、…に取り組みたいと考えています。」 told as 「…に取り組みました。」"""
    if not parts.plan.startswith(FORM.closing) or not parts.plan.endswith(WISH):
        return None
    deed = parts.plan.removeprefix(FORM.closing).removesuffix(WISH)
    return Parts((*parts.bullets, f"{FORM.bullet}{deed}ました。"), "")


def _invented(parts: Parts, row: Row, rng: random.Random) -> Parts | None:
    if parts.plan or not row.facts:
        return None
    thing = rng.choice(rng.choice(row.facts).any_of)
    return Parts(parts.bullets, f"{FORM.closing}{thing}について理解を深め{WISH}")


def _with_private(parts: Parts, text: str, rng: random.Random) -> Parts:
    if parts.plan.startswith(FORM.closing) and rng.random() < 0.7:
        return Parts(parts.bullets, f"{FORM.closing}{text}を確認し、{parts.plan.removeprefix(FORM.closing)}")
    if not parts.plan and rng.random() < 0.5:
        return Parts(parts.bullets, f"{FORM.closing}{text}について確認し{WISH}")
    at = rng.randint(0, len(parts.bullets))
    bullet = f"{FORM.bullet}{text}について確認しました。"
    return Parts((*parts.bullets[:at], bullet, *parts.bullets[at:]), parts.plan)


def _other_term(parts: Parts, rng: random.Random) -> Parts | None:
    """The report with a term of one bullet in the place of another bullet's."""
    places = [(at, found) for at, bullet in enumerate(parts.bullets) for found in TERM.finditer(bullet)]
    rng.shuffle(places)
    for at, place in places:
        bullet = parts.bullets[at]
        others = [found.group() for other, found in places if other != at and found.group() not in bullet]
        if others:
            wrong = bullet[: place.start()] + rng.choice(others) + bullet[place.end() :]
            return Parts((*parts.bullets[:at], wrong, *parts.bullets[at + 1 :]), parts.plan)
    return None


def _other_number(report: str, diary: str, rng: random.Random) -> str | None:
    """The report with one number replaced by another number of the diary."""
    places = list(NUMBER.finditer(report))
    others = sorted({found.group() for found in NUMBER.finditer(diary)})
    rng.shuffle(places)
    for place in places:
        wrong = [number for number in others if number != place.group() and len(number) <= len(place.group()) + 1]
        if wrong:
            return report[: place.start()] + rng.choice(wrong) + report[place.end() :]
    return None

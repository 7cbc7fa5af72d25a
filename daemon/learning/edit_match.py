"""What a person did with the lines of a draft: kept, reworded, joined, parted, deleted, added. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.drafting.plain_style import to_plain
from daemon.drafting.prompt import PLAN
from daemon.learning.alignment import Likeness, Place
from daemon.learning.report_pieces import Piece, core

REWORDED = 0.45
"""Dice coefficient of weighted grams from which one line is another one reworded."""
SAME_SENTENCE = 0.15
"""The same for two lines that tell the same sentence of the diary."""
INSIDE = 0.6
"""Share of a line that stands in another one when they were joined, or it was parted from it."""


@dataclass(frozen=True)
class Drafted:
    """A line that the model wrote, with the index of its sentence; ``shown``: it was in the draft."""

    text: str
    sentence: int
    shown: bool

    @property
    def plan(self) -> bool:
        return self.text.startswith(PLAN)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset((core(self.text), core(to_plain(self.text)))) - {""}


@dataclass(frozen=True)
class Group:
    """Lines of the draft and the pieces that stand in their place: one and one when reworded, several lines when they
    were joined, several pieces when a line was parted."""

    drafted: tuple[Drafted, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Edits:
    """``kept``: line and its piece; ``deleted``: lines that are gone; ``added``: pieces that no line was before."""

    kept: tuple[tuple[Drafted, Piece], ...]
    changed: tuple[Group, ...]
    deleted: tuple[Drafted, ...]
    added: tuple[Piece, ...]


def match(drafted: Sequence[Drafted], pieces: Sequence[Piece], places: Sequence[Place], likeness: Likeness) -> Edits:
    """Given the draft's lines, the accepted pieces and their places in the diary, return the edits. A line that was
    not shown counts only where a person wrote it in."""
    kept, lines, left = _kept(drafted, pieces)
    place = {id(piece): where for piece, where in zip(pieces, places, strict=True)}
    links = sorted(
        ((score, at, to) for at, line in enumerate(lines) for to, piece in enumerate(left)
         if (score := _link(line, piece, place[id(piece)], likeness)) > 0),
        key=lambda link: (-link[0], link[1], link[2]),
    )  # fmt: skip
    partner: dict[int, int] = {}
    for _, at, to in links:
        if at not in partner and to not in partner.values():
            partner[at] = to
    groups = {to: ([at], [to]) for at, to in partner.items()}
    for at in sorted(set(range(len(lines))) - set(partner)):
        hosts = [(likeness.covered(lines[at].text, left[to].raw), to) for to in groups]
        if hosts and max(hosts)[0] >= INSIDE:
            groups[max(hosts)[1]][0].append(at)
    for to in sorted(set(range(len(left))) - set(partner.values())):
        hosts = [
            (likeness.covered(left[to].raw, lines[ats[0]].text), host)
            for host, (ats, _) in groups.items()
            if len(ats) == 1
        ]
        if hosts and max(hosts)[0] >= INSIDE:
            groups[max(hosts)[1]][1].append(to)
    used_lines = {at for ats, _ in groups.values() for at in ats}
    used_pieces = {to for _, tos in groups.values() for to in tos}
    return Edits(
        kept=tuple(kept),
        changed=tuple(
            Group(tuple(lines[at] for at in sorted(ats)), tuple(left[to] for to in sorted(tos)))
            for ats, tos in groups.values()
        ),
        deleted=tuple(line for at, line in enumerate(lines) if at not in used_lines),
        added=tuple(piece for to, piece in enumerate(left) if to not in used_pieces),
    )


def _kept(
    drafted: Sequence[Drafted], pieces: Sequence[Piece]
) -> tuple[list[tuple[Drafted, Piece]], list[Drafted], list[Piece]]:
    """Lines that stand as they were, marks and style apart; the shown lines and the pieces that are left."""
    kept: list[tuple[Drafted, Piece]] = []
    free = sorted(range(len(drafted)), key=lambda at: (not drafted[at].shown, at))
    left: list[Piece] = []
    for piece in pieces:
        at = next((at for at in free if drafted[at].keys & piece.keys), None)
        if at is None:
            left.append(piece)
        else:
            free.remove(at)
            kept.append((drafted[at], piece))
    return kept, [drafted[at] for at in sorted(free) if drafted[at].shown], left


def _link(line: Drafted, piece: Piece, place: Place, likeness: Likeness) -> float:
    """How likely a piece stands in a line's place; 0: it does not."""
    alike = likeness.alike(line.text, piece.raw)
    here = place.sentence == line.sentence or line.sentence in place.rivals
    linked = alike >= REWORDED or (here and alike >= SAME_SENTENCE)
    inside = max(likeness.covered(line.text, piece.raw), likeness.covered(piece.raw, line.text)) >= INSIDE
    return alike + 0.2 * here if linked or inside else 0.0

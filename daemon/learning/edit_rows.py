"""What an accepted report teaches, sentence by sentence: the lines that each sentence gives, and what may be said of
the lines that the model wrote. Pure but for Sudachi's dictionary.

With the draft's own record a person's edits are read off it: a line kept is right, a line deleted makes its sentence
`なし`, a line reworded gives the sentence its new words. Without one (an older pair, an imported one, another model's
draft, a database made anew) lines and sentences are aligned. Nothing is learned of a sentence where it is not clear
what it gives, of a line that no sentence tells, and of a line that a person added with a private term in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from daemon.checks import CheckSettings, find_private_terms
from daemon.checks.terms import is_study
from daemon.config import Config
from daemon.drafting.record import DayRecord
from daemon.drafting.sentences import asked, letters, split
from daemon.learning.alignment import Likeness, Place, align, told_by_amount
from daemon.learning.edit_labels import EditRows, Labels, Untraced
from daemon.learning.edit_match import Drafted, Edits, Group, match
from daemon.learning.edit_reasons import Reasons, corrected
from daemon.learning.report_pieces import Piece, cut
from daemon.store.rows import Pair
from daemon.vault.diary import prepare

LIGHT = 0.5
"""Weight of a day whose draft was accepted as it was: most drafts that are accepted unread would look the same."""
TOLD = 0.3
"""Share of an added line that its sentence and its neighbours hold together; below it the diary does not tell it."""
TOLD_ELSEWHERE = 0.35
"""Share of a sentence that a line of another sentence tells: then it is not known what it gives by itself."""
TOLD_IN_OTHER_WORDS = 0.7
"""Share of a line that stands in what took its place when its words were only joined or parted."""
FAINT = 0.06
"""Likeness from which a line without a place may have come from a sentence after all."""
NEXT = 1
"""So far apart two sentences may lie that a joined line counts for one of them and the other gives none."""

NOT_IN_DIARY = "日記に同じことを書いた文が見つかりません"
UNDECIDED = "どの文のことか決まりません"
PRIVATE = "私的な語があります"
NO_FORM = "です・ますの文にできません"


def edit_rows(pair: Pair, config: Config) -> EditRows:
    """Given an accepted pair and the settings (with the person's learned form), return what it teaches: nothing of a
    diary that has been declared private as a whole."""
    seen = prepare(pair.diary, config.privacy)
    if seen.private:
        return EditRows(pair.id, pair.day, "", ())
    prepared = seen.text
    found = split(prepared)
    texts = [one.text for one in found]
    places = frozenset(asked(found, prepared))
    record = DayRecord.from_text(pair.record)
    settings = CheckSettings(config.privacy, config.report)
    reasons = Reasons(pair.diary, texts, find_private_terms(pair.diary, settings), settings)
    day = _Day(pair, config, texts, places, record, reasons)
    labels = day.labels()
    return EditRows(
        id=pair.id,
        day=pair.day,
        diary=prepared,
        sentences=tuple((text, labels.lines.get(at)) for at, text in enumerate(texts)),
        judged=tuple((line, label, 1.0) for line, label in labels.judged.items()),
        changed=day.changed(labels),
        own=day.own(labels),
        untraced=tuple(dict.fromkeys(labels.untraced)),
        weight=LIGHT if pair.draft and letters(pair.draft) == letters(pair.report) else 1.0,
        by_record=bool(record.sentences),
    )


@dataclass(frozen=True)
class _Day:
    pair: Pair
    config: Config
    texts: Sequence[str]
    places: frozenset[int]
    record: DayRecord
    reasons: Reasons

    def labels(self) -> Labels:
        """Read the accepted body against the draft and the diary."""
        body = cut(self.pair.report, self.config.report)
        drafted = self._drafted()
        labels = Labels()
        if body.unwritten and not body.no_study:
            return labels
        pieces = [piece for piece in body.pieces if not piece.aside]
        edits = self._match(drafted, pieces)
        for line, piece in edits.kept:
            self._keep(labels, line, piece)
        for group in edits.changed:
            self._change(labels, group)
        for line in edits.deleted:
            labels.lines.setdefault(line.sentence, ())
            labels.judge(line.text, self.reasons.label(line.text, line.sentence))
        self._add(labels, edits, pieces)
        new = [(piece.raw, "") for piece in (*edits.added, *(one for one in body.pieces if one.aside))]
        new += [(p.raw, " ".join(d.text for d in g.drafted)) for g in edits.changed for p in g.pieces]
        self._nothing(labels, new, [piece.raw for piece in edits.added])
        return labels

    @cached_property
    def likeness(self) -> Likeness:
        return Likeness(self.texts)

    @cached_property
    def now(self) -> dict[int, int]:
        """Index in the record → index now; the diary may have grown since it was drafted."""
        before = [one.text for one in self.record.sentences]
        blocks = SequenceMatcher(None, before, list(self.texts), autojunk=False).get_matching_blocks()
        return {block.a + step: block.b + step for block in blocks for step in range(block.size)}

    def _drafted(self) -> list[Drafted]:
        return [
            Drafted(line.text, self.now[at], line.kept)
            for at, one in enumerate(self.record.sentences)
            if at in self.now
            for line in one.lines
        ]

    def changed(self, labels: Labels) -> tuple[int, ...]:
        """The sentences that are known to give other lines than the draft showed for them; none without a record."""
        if not self.record.sentences:
            return ()
        shown: dict[int, list[str]] = {}
        for line in self._drafted():
            if line.shown:
                shown.setdefault(line.sentence, []).append(line.text)
        known = {at: lines for at, lines in labels.lines.items() if lines is not None}
        return tuple(sorted(at for at, lines in known.items() if sorted(lines) != sorted(shown.get(at, []))))

    def own(self, labels: Labels) -> tuple[int, ...]:
        """The sentences whose label is the person's own doing: what they changed, where the draft's record or at least
        its text is there; all of a report that was written without a draft."""
        if self.record.sentences:
            return self.changed(labels)
        known = {at: lines for at, lines in labels.lines.items() if lines is not None}
        if self.pair.draft:
            drafted = {piece.text for piece in cut(self.pair.draft, self.config.report).pieces}
            known = {at: lines for at, lines in known.items() if not drafted.issuperset(lines)}
        return tuple(sorted(known))

    def _match(self, drafted: Sequence[Drafted], pieces: Sequence[Piece]) -> Edits:
        where = self._align(pieces, {})
        return match(drafted, pieces, [where[piece] for piece in pieces], self.likeness)

    def _align(self, pieces: Sequence[Piece], known: dict[int, int]) -> dict[Piece, Place]:
        found = align([piece.raw for piece in pieces], self.texts, self.likeness, known)
        return dict(zip(pieces, found, strict=True))

    def _keep(self, labels: Labels, line: Drafted, piece: Piece) -> None:
        if self.reasons.private(line.text):
            labels.lines[line.sentence] = None
            labels.untraced.append(Untraced(piece.raw, PRIVATE))
            return
        labels.give(line.sentence, line.text)
        labels.judge(line.text, "T")

    def _change(self, labels: Labels, group: Group) -> None:
        """Lines of the draft in other words. What they told before is judged only where it was put right: lines that
        were joined or parted in their own words were not wrong."""
        sentences = sorted({line.sentence for line in group.drafted})
        faulty = [(piece, why) for piece in group.pieces if (why := self._why_not(piece))]
        if faulty:
            labels.untraced += [Untraced(piece.raw, why) for piece, why in faulty]
            labels.lines |= dict.fromkeys(sentences)
            return
        after = " ".join(piece.text for piece in group.pieces)
        one_for_one = len(group.drafted) == len(group.pieces) == 1
        for line in group.drafted:
            stays = self.likeness.covered(line.text, after) >= TOLD_IN_OTHER_WORDS
            if one_for_one or not stays:
                labels.judge(line.text, self._reworded(line, after, group))
        home = max(sentences, key=lambda at: (self._share(group, at), -at))
        for piece in group.pieces:
            labels.give(home, piece.text)
        for at in sentences:
            if at != home and at not in labels.lines:
                labels.lines[at] = () if abs(at - home) <= NEXT else None

    def _reworded(self, line: Drafted, after: str, group: Group) -> str:
        """F where a check says so, where a number was corrected, or where done and planned were exchanged; else U."""
        told = self.reasons.label(line.text, line.sentence)
        moved = len(group.pieces) == 1 and group.pieces[0].plan != line.plan
        return told if told in ("P", "F") else "F" if moved or corrected(line.text, after) else "U"

    def _share(self, group: Group, at: int) -> float:
        """How much of the new words a sentence and the lines that it gave hold."""
        after = " ".join(piece.text for piece in group.pieces)
        return self.likeness.covered(after, self.texts[at], *(d.text for d in group.drafted if d.sentence == at))

    def _why_not(self, piece: Piece) -> str:
        """Why a piece is not learned, "" where it is."""
        if not piece.text:
            return NO_FORM
        if self.reasons.private(piece.raw):
            return PRIVATE
        return NOT_IN_DIARY if self.reasons.invented(piece.raw) else ""

    def _add(self, labels: Labels, edits: Edits, pieces: Sequence[Piece]) -> None:
        """Pieces that were no line of the draft, each at the sentence that tells it."""
        number = {id(piece): at for at, piece in enumerate(pieces)}
        known = {number[id(piece)]: line.sentence for line, piece in edits.kept}
        known |= {number[id(g.pieces[0])]: g.drafted[0].sentence for g in edits.changed if len(g.drafted) == 1}
        where = self._align(pieces, known)
        given = frozenset(at for at, lines in labels.lines.items() if lines)
        for piece in edits.added:
            place = where[piece]
            at, candidates = self._home(place, given)
            why = self._why_not(piece)
            untold = not candidates or self._told(piece, candidates) < TOLD
            alone = told_by_amount(piece.raw, self.texts, self.likeness) if untold else None
            if alone in self.places:
                at, candidates, untold = alone, [alone], False
            if why or untold or at is None:
                why = NOT_IN_DIARY if untold and why in ("", NO_FORM) else why or UNDECIDED
                labels.untraced.append(Untraced(piece.raw, why))
                labels.lines |= dict.fromkeys(place for place in candidates if not (untold and place in given))
            else:
                labels.give(at, piece.text)

    def _home(self, place: Place, given: frozenset[int]) -> tuple[int | None, list[int]]:
        """The sentence of an added piece (None: not decided), and all that come into question. A sentence that gave the
        draft no line is where the model missed one."""
        if place.sentence is None:
            return None, []
        candidates = [at for at in sorted((place.sentence, *place.rivals)) if at in self.places]
        empty = [at for at in candidates if at not in given] if self.record.sentences else candidates
        chosen = candidates if len(candidates) == 1 else empty
        return (chosen[0] if len(chosen) == 1 else None), candidates

    def _told(self, piece: Piece, candidates: Sequence[int]) -> float:
        around = {at for place in candidates for at in (place - 1, place, place + 1) if 0 <= at < len(self.texts)}
        return self.likeness.covered(piece.raw, *(self.texts[at] for at in sorted(around)))

    def _nothing(self, labels: Labels, new: Sequence[tuple[str, str]], added: Sequence[str]) -> None:
        """`なし` for every sentence that was asked about, gave no line and got none.

        Not for one whose line the draft left out by itself: nobody saw it, and to learn `なし` there would make the
        model more silent week by week. Not for one that the new words of another sentence tell in part; ``new`` has
        them with the words that stood in their place. Not for one that an ``added`` line without a place may come
        from; where there is no record, and so no word of the model, that is any sentence about study."""
        seen = {now for at, now in self.now.items() if not self.record.sentences[at].lines}
        lost = {one.text for one in labels.untraced if one.why in (NOT_IN_DIARY, UNDECIDED)} & set(added)
        for at in sorted(self.places - labels.lines.keys()):
            if self.record.sentences:
                unclear = at not in seen or any(self.likeness.alike(self.texts[at], one) >= FAINT for one in lost)
            else:
                unclear = bool(lost) and is_study(self.texts[at])
            labels.lines[at] = None if unclear or any(self._tells(at, *words) for words in new) else ()

    def _tells(self, at: int, after: str, before: str) -> bool:
        shares = [self.likeness.covered(self.texts[at], words) for words in (after, before)]
        return shares[0] >= TOLD_ELSEWHERE > shares[1]

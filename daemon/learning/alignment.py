"""Which sentence of a diary a line of a report tells. Pure.

Line and sentence are compared by their character bigrams and trigrams, each weighted by how rarely the day's sentences
have it and by its script: hiragana alone is grammar, kanji, katakana, Latin letters and digits are what is told. Lines
mostly follow the order of the sentences, so a dynamic programme (as in Gale and Church 1993, "A Program for Aligning
Sentences in Bilingual Corpora") finds the best path that never goes back, and a line leaves it only for a sentence that
is clearly more alike. What the numbers cannot decide is said to be undecided: a wrong label teaches worse than none.

Measured on the 9,652 labelled lines of 1,528 diaries: 84 % of lines find their sentence, 91 % of the 79 % that are
certain; of lines of another day one in 200 finds any.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from daemon.checks.numbers import amounts
from daemon.checks.text import normalise
from daemon.drafting.sentences import letters

FITS = 0.14
"""Share of a line's weighted grams from which a sentence may be what it tells: of lines of other days one in fifty
reaches it, of labelled lines one in a hundred does not."""
ALSO = 0.2
"""How much the share of the sentence that stands in the line counts beside that of the line: a long sentence must not
win for its length."""
CLEAR = 0.10
"""So much more alike another sentence must be for a line to leave the order."""
SURE = 0.15
"""So much less alike all others must be for a sentence to be certain."""
GRAMMAR = 0.15
"""Weight of a gram of hiragana alone, beside 1 for one that holds anything else."""
FORM = 0.3
"""Weight of a gram that reports have whatever they tell."""
BY_AMOUNT = 0.1
"""Share of a line that must stand in the one sentence that has all its amounts: of 229 labelled lines that are told in
other words 213 are told there, of 9,168 lines of other days six find a sentence."""
_FRAME = re.compile(
    r"^今後は、|(?:に?取り組み|を?行い|を?実施し|し)?たい(?:です|と(?:考え|思)(?:て|って)?(?:いる|います|う))?[。\s]*$"
)
"""How a report tells a plan, whatever the plan is."""
_HIRAGANA = re.compile(r"[ぁ-ゖー]+")
_REPORT_WORDS = (
    "学習",
    "演習",
    "授業",
    "確認",
    "理解",
    "課題",
    "問題",
    "実施",
    "取り組",
    "行い",
    "今後",
    "考えて",
    "本日",
)


@dataclass(frozen=True)
class Place:
    """Where a line belongs. ``sentence``: the index of its sentence, None where none fits. ``likeness``: how much of
    the line's weight stands there (0-1). ``rivals``: other sentences that fit nearly as well."""

    sentence: int | None
    likeness: float
    rivals: tuple[int, ...] = ()

    @property
    def certain(self) -> bool:
        return self.sentence is not None and not self.rivals


def grams(text: str) -> frozenset[str]:
    """The bigrams and trigrams of a text's letters and digits, folded, without the frame of a plan."""
    plain = letters(_FRAME.sub("", text))
    return frozenset(plain[at : at + size] for size in (2, 3) for at in range(len(plain) - size + 1))


_FORM_GRAMS = frozenset(gram for word in _REPORT_WORDS for gram in grams(word))


class Likeness:
    """Compares texts of one day. ``texts``: the sentences that say which grams are common."""

    def __init__(self, texts: Iterable[str]) -> None:
        found = [grams(text) for text in texts]
        self._seen: Mapping[str, int] = Counter(gram for each in found for gram in each)
        self._count = len(found)

    def weight(self, found: Set[str]) -> float:
        """How much a set of grams tells."""
        return sum(map(self._gram, found))

    def covered(self, text: str, *others: str) -> float:
        """The share (0-1) of a text's weighted grams that stand in the other texts together; 0 for an empty one."""
        own = grams(text)
        there: frozenset[str] = frozenset().union(*map(grams, others))
        return self.weight(own & there) / max(self.weight(own), 1e-9)

    def alike(self, one: str, other: str) -> float:
        """Dice coefficient of two texts' weighted grams, 0-1."""
        first, second = grams(one), grams(other)
        return 2 * self.weight(first & second) / max(self.weight(first) + self.weight(second), 1e-9)

    def _gram(self, gram: str) -> float:
        kind = GRAMMAR if _HIRAGANA.fullmatch(gram) else FORM if gram in _FORM_GRAMS else 1.0
        return kind * math.log((self._count + 2) / (self._seen[gram] + 1) + 1)


def align(
    lines: Sequence[str], sentences: Sequence[str], likeness: Likeness, known: Mapping[int, int] | None = None
) -> list[Place]:
    """Given a report's lines in order and the diary's sentences, return the place of each line. ``known``: the
    sentences of lines whose place is known already, which leads the lines between them."""
    found = [grams(sentence) for sentence in sentences]
    table = []
    for number, line in enumerate(lines):
        at = (known or {}).get(number)
        if at is None:
            own = grams(line)
            table.append([_likeness(own, other, likeness) for other in found])
        else:
            table.append([(1.0, 1.0) if place == at else (0.0, 0.0) for place in range(len(found))])
    path = _path([[value for value, _ in row] for row in table])
    return [_place(row, at) for row, at in zip(table, path, strict=True)]


def told_by_amount(line: str, sentences: Sequence[str], likeness: Likeness) -> int | None:
    """The one sentence that has all amounts of a line, if it has a little more of the line as well: 学習時間は合計で
    5時間でした and 今日の勉強は全部で5時間だった share no word."""
    told = amounts(normalise(line))
    having = [at for at, text in enumerate(sentences) if told and told <= amounts(normalise(text))]
    near = len(having) == 1 and likeness.covered(line, sentences[having[0]]) >= BY_AMOUNT
    return having[0] if near else None


def _likeness(line: Set[str], sentence: Set[str], measure: Likeness) -> tuple[float, float]:
    """How good a sentence is for a line, and the share of the line that stands there."""
    both = measure.weight(line & sentence)
    share = both / max(measure.weight(line), 1e-9)
    return share + ALSO * both / max(measure.weight(sentence), 1e-9), share


def _path(table: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row on the best path through the table that never goes back; [] without columns."""
    if not table or not table[0]:
        return [0] * len(table)
    best = list(table[0])
    came: list[list[int]] = []
    for row in table[1:]:
        reached, origin, steps = 0, [], []
        for column, value in enumerate(row):
            if best[column] > best[reached]:
                reached = column
            steps.append(value + best[reached])
            origin.append(reached)
        best, came = steps, [*came, origin]
    column = max(range(len(best)), key=lambda at: best[at])
    path = [column]
    for origin in reversed(came):
        column = origin[column]
        path.append(column)
    return path[::-1]


def _place(row: Sequence[tuple[float, float]], on_path: int) -> Place:
    if not row:
        return Place(None, 0.0)
    values = [value for value, _ in row]
    top = max(range(len(row)), key=lambda at: values[at])
    at = top if values[top] > values[on_path] + CLEAR else on_path
    share = row[at][1]
    if share < FITS:
        return Place(None, share)
    rivals = tuple(other for other, value in enumerate(values) if other != at and value > values[at] - SURE)
    return Place(at, share, rivals)

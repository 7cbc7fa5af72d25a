"""How much a person changed: the character edit distance between draft and accepted text. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from statistics import median


def edit_distance(left: str, right: str) -> int:
    """The Levenshtein distance in characters, by Myers' bit vectors (J. ACM 46, 1999) in Hyyrö's form."""
    if not left or not right:
        return len(left) + len(right)
    places: dict[str, int] = defaultdict(int)
    for index, letter in enumerate(left):
        places[letter] |= 1 << index
    everything, last = (1 << len(left)) - 1, 1 << (len(left) - 1)
    plus, minus, distance = everything, 0, len(left)
    for letter in right:
        match = places.get(letter, 0)
        zero = (((match & plus) + plus) ^ plus) | match | minus
        up, down = (minus | ~(zero | plus)) & everything, plus & zero
        distance += bool(up & last) - bool(down & last)
        up = (up << 1 | 1) & everything
        plus, minus = (down << 1 | ~(zero | up)) & everything, up & zero
    return distance


def weekly_medians(edits: Iterable[tuple[date, int]]) -> list[tuple[date, float]]:
    """Given (day, edited characters) of accepted reports, return (Monday, median) of each week that has some."""
    weeks: dict[date, list[int]] = defaultdict(list)
    for day, edited in edits:
        weeks[day - timedelta(days=day.weekday())].append(edited)
    return [(monday, float(median(values))) for monday, values in sorted(weeks.items())]

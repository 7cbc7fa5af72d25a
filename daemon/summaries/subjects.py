"""The subject that a line of a report belongs to: the course that it names, a word of the table, or what it is about.
Pure."""

from __future__ import annotations

import re

from daemon.checks.text import normalise
from daemon.drafting.line_kind import kind_of
from daemon.summaries.subject_table import SUBJECTS

JOB, CERTIFICATION, ASSIGNMENT, OTHER = "就職活動", "資格", "課題・制作", "そのほか"
_COURSE = re.compile(r"^(?P<course>[^、。「」]{2,14}?)の(?:授業|講義|演習|実習|講座|実技|ゼミ|ハンズオン)")
_NO_COURSE = re.compile(
    r"^(?:今日|本日|午前|午後|[0-9一二三四五六]限|学校|先生|次|前回|昨日|最後|最初|班|放課後)$|と|を|が|は|で"
)
_WORDS = [
    (
        subject,
        re.compile("|".join(f"(?<![A-Za-z])(?:{words})(?![A-Za-z])" if latin else words for latin, words in each)),
    )
    for subject, each in SUBJECTS.items()
]


def subject_of(line: str) -> str:
    """Given a line of a report, return its subject; ``OTHER`` where nothing tells it."""
    text = normalise(line).strip()
    kind = kind_of(text)
    if kind in ("job", "certification"):
        return JOB if kind == "job" else CERTIFICATION
    course = _COURSE.match(text)
    if course and not _NO_COURSE.search(course["course"]):
        return _of_words(course["course"]) or course["course"]
    return _of_words(text) or (ASSIGNMENT if kind == "assignment" else OTHER)


def _of_words(text: str) -> str:
    """The subject whose word stands first in a text, "" without one."""
    found = [(match.start(), number, subject) for number, (subject, words) in enumerate(_WORDS)
             if (match := words.search(text))]  # fmt: skip
    return min(found)[2] if found else ""

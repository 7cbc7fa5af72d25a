"""Terms of a line that stand far from its sentence in the diary.

Only katakana: Latin terms that come from elsewhere are a line's subject as often as they are a mistake (measured).
"""

from __future__ import annotations

import re

from daemon.checks.grounding import KATAKANA, DiaryFacts, evidence, loose
from daemon.checks.meaning.passage import Passage

_SUBJECT = re.compile(r"[^、]*(?:で|は)、")
_BEFORE, _AFTER = 200, 100


def borrowed(passage: Passage) -> str | None:
    """Given any line, return a message if a katakana term behind its opening subject (…で、) stands in the diary, but
    not within some hundred characters of the sentence."""
    subject = _SUBJECT.match(passage.line)
    terms = KATAKANA.findall(passage.line[subject.end() :] if subject else passage.line)
    if not terms:
        return None
    around = loose(passage.around(_BEFORE, _AFTER))
    away = [term for term in terms if loose(term) not in around]
    if not away:
        return None
    near, whole = DiaryFacts(passage.around(_BEFORE, _AFTER)), evidence(passage.diary)
    if any(not near.holds_katakana(term) and whole.holds_katakana(term) for term in away):
        return "もとの文から離れたところの用語が使われています。"
    return None

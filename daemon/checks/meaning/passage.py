"""A line of a report beside the diary sentence it was written from, as the checks of meaning look at them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from daemon.checks.text import KANJI, normalise
from daemon.checks.tokens import Token, tokenize

BREAK = re.compile(r"[、。!?,…→\n;:|#(]|けれど|けど|ので|のに")
"""Where a clause of a diary ends, as far as signs tell."""
REST = 14
"""Characters of a clause that still speak of what stands before them."""
LONG = 120
"""A clause of more characters is a stream without punctuation: nothing can be told from how it goes on."""
_BULLET = re.compile(r"^[*・-]\s*")
_PLAN = re.compile(r"^今後は?")
_DONE = re.compile(r"(?:ました|でした)。?$")
_RUN = re.compile(r"[^\sぁ-ん、。()「」・*`]+")
_KANJI = re.compile(f"[{KANJI}]")
_HALF = re.compile(
    r"ません|てい?ない|なかった|ないこと|ず、|途中|未(?![満知来然])|まだ|残り|やめ|止め|断念|中止|見送|落ち|失敗|半分|まで|のみ|だけ|かけ(?:ました|て)|試み|着手"
)


@dataclass(frozen=True)
class Passage:
    """All normalised: the line without its bullet, the sentence, its neighbours (may be empty), the whole diary."""

    line: str
    sentence: str
    before: str
    after: str
    diary: str

    @cached_property
    def near(self) -> str:
        return "\n".join((self.before, self.sentence, self.after))

    @cached_property
    def is_plan(self) -> bool:
        """Whether the line tells a plan (今後は、…)."""
        return _PLAN.match(self.line) is not None

    @cached_property
    def is_done(self) -> bool:
        """Whether the line tells a thing that was done."""
        return not self.is_plan and _DONE.search(self.line) is not None

    @cached_property
    def is_whole(self) -> bool:
        """Whether the line tells a thing done without a reserve (only, half, up to, not)."""
        return self.is_done and _HALF.search(self.line) is None

    @cached_property
    def shared_end(self) -> int:
        """Where the last piece that line and sentence share ends in the sentence; -1 without one."""
        best, lowered = -1, self.sentence.lower()
        for run in _RUN.findall(self.line.lower()):
            for size in range(len(run), 0, -1):
                pieces = {run[start : start + size] for start in range(len(run) - size + 1)}
                if size == 1:
                    pieces = {piece for piece in pieces if _KANJI.match(piece)}
                found = max((lowered.rfind(piece) for piece in pieces), default=-1)
                if found >= 0:
                    best = max(best, found + size)
                    break
        return best

    @cached_property
    def rest(self) -> str:
        """How the sentence goes on after what it shares with the line, to the end of the clause."""
        if self.shared_end < 0 or len(self.clause) > LONG:
            return ""
        text = self.sentence[self.shared_end :]
        end = BREAK.search(text)
        return (text[: end.start()] if end else text)[:REST]

    @cached_property
    def clause(self) -> str:
        """The clause of the sentence in which what it shares with the line ends, up to there."""
        end = max(self.shared_end, 0)
        return self.sentence[max((found.end() for found in BREAK.finditer(self.sentence, 0, end)), default=0) : end]

    def around(self, before: int, after: int) -> str:
        """The sentence with so many characters of the diary on either side, and its neighbours."""
        at = self.diary.find(self.sentence)
        if at < 0:
            return self.near
        return f"{self.before}\n{self.diary[max(0, at - before) : at + len(self.sentence) + after]}\n{self.after}"

    @cached_property
    def line_words(self) -> tuple[Token, ...]:
        return tokenize(self.line)

    @cached_property
    def line_clauses(self) -> list[list[Token]]:
        """The words of the line between its commas."""
        clauses: list[list[Token]] = [[]]
        for word in self.line_words:
            if word.surface == "、":
                clauses.append([])
            else:
                clauses[-1].append(word)
        return clauses

    @cached_property
    def sentence_words(self) -> tuple[Token, ...]:
        return tokenize(self.sentence)


def passage(line: str, sentence: str, before: str, after: str, diary: str) -> Passage:
    """Given texts as they stand in report and diary, return them normalised."""
    return Passage(
        _BULLET.sub("", normalise(line).strip()),
        normalise(sentence).strip(),
        normalise(before).strip(),
        normalise(after).strip(),
        normalise(diary),
    )

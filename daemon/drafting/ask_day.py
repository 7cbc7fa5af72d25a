"""The sentences of one day before the model: ask, check, judge, and ask again where a line is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from daemon.checks.sources import content_words
from daemon.checks.text import normalise
from daemon.config import Config
from daemon.drafting.compose import alike
from daemon.drafting.confidence import Signs, confidence
from daemon.drafting.judge import Judgement, judge
from daemon.drafting.line_checks import CheckedDay, LineFaults
from daemon.drafting.record import SentenceRecord
from daemon.drafting.writer import SentenceAnswer, Written, write, write_again
from daemon.engines.protocol import Engine, Message

RELATED = 0.3
"""Dice coefficient from which a line drawn again may stand for the one that was turned down."""
NOT_SURE = "日記と合っているか確かめてください。"
"""What a person reads beside a line that is less likely than ``confidence.SURE``."""
HOPELESS = 0.5
"""A line that is likelier false than true is drawn again. One that is only not sure enough is not: what is drawn in its
place was true as often as what it replaced (dev/LOG.md), and it costs as much again as the day."""
MOST_REDRAWN = 6
"""Sentences of a day that are asked again at most: a diary that is all doubt would take for ever."""


@dataclass(frozen=True)
class Stage:
    """How far a draft is: ``kind`` "reading", "writing", "checking" or "again", sentence ``number`` of ``total``, and
    the lines that have just been written, if any."""

    kind: str
    number: int = 0
    total: int = 0
    line: str = ""


@dataclass(frozen=True)
class Weighed:
    """A line with what the checks say of it and how likely it is true (0-1; 0 where a check turned it down)."""

    written: Written
    faults: LineFaults
    confidence: float

    @property
    def stands(self) -> bool:
        return not self.faults.turned_down


@dataclass(frozen=True)
class Answered:
    """A sentence's lines, the probability that it gives none (None: not known), and whether it got no answer."""

    lines: tuple[Weighed, ...]
    nothing: float | None
    failed: bool = False


@dataclass
class Cost:
    """Questions and tokens of a day so far."""

    questions: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0

    def add(self, answer: SentenceAnswer) -> None:
        self.questions += 1
        self.prompt_tokens += answer.prompt_tokens
        self.generated_tokens += answer.generated_tokens


@dataclass
class DayWriter:
    """Asks about the sentences of one day. ``told`` hears of every step."""

    engine: Engine
    beginning: Sequence[Message]
    day: CheckedDay
    config: Config
    seed: int
    told: Callable[[Stage], None]
    cost: Cost = field(default_factory=Cost)

    def lines_of(self, places: Sequence[int], anew: bool, least: float) -> dict[int, Answered]:
        """The lines of the sentences at these places. ``anew`` draws at random instead of taking the likeliest; what is
        turned down or less likely than ``least`` and ``HOPELESS`` is drawn again."""
        if not places:
            return {}
        answers = self._random(places) if anew else self._likeliest(places)
        found = self._weigh(answers)
        self._again(found, min(least, HOPELESS))
        return {at: Answered(tuple(found[at]), answers[at].nothing, answers[at].failed) for at in places}

    def _likeliest(self, places: Sequence[int]) -> dict[int, SentenceAnswer]:
        sentences = [self.day.sentences[at] for at in places]
        answered = write(self.engine, self.beginning, sentences, self._telling(len(places)))
        found = dict(zip(places, answered, strict=True))
        for answer in found.values():
            self.cost.add(answer)
        return found

    def _random(self, places: Sequence[int]) -> dict[int, SentenceAnswer]:
        drawn = self._drawn(places, 1, self.seed, self._telling(len(places)))
        return {at: answer for at, (answer,) in drawn.items()}

    def _telling(self, total: int) -> Callable[[int, SentenceAnswer], None]:
        """Tell that ``total`` sentences are read now; return what tells of each answer to one of them."""
        done = 0
        self.told(Stage("reading", 0, total))

        def on_answer(_: int, answer: SentenceAnswer) -> None:
            nonlocal done
            done += 1
            self._tell(done, total, answer)

        return on_answer

    def _drawn(
        self, places: Sequence[int], count: int, seed: int, on_answer: Callable[[int, SentenceAnswer], None]
    ) -> dict[int, list[SentenceAnswer]]:
        sentences = [self.day.sentences[at] for at in places]
        drawn = write_again(self.engine, self.beginning, sentences, count, seed, on_answer)
        for answer in (answer for answers in drawn for answer in answers):
            self.cost.add(answer)
        return dict(zip(places, drawn, strict=True))

    def _weigh(self, answers: Mapping[int, SentenceAnswer]) -> dict[int, list[Weighed]]:
        """Every line with its faults and confidence; a line that a check turns down is not worth a question."""
        faults = {(at, line): self.day.faults(line.text, at) for at, answer in answers.items() for line in answer.lines}
        standing = [key for key, found in faults.items() if not found.turned_down]
        self.told(Stage("checking", 0, len(standing)))
        judged = dict(
            zip(standing, judge(self.engine, self.beginning, [line.text for _, line in standing]), strict=True)
        )
        self.cost.questions += len(standing)
        return {
            at: [self._weighed(line, answer.nothing, faults[at, line], judged.get((at, line))) for line in answer.lines]
            for at, answer in answers.items()
        }

    def _weighed(self, line: Written, nothing: float | None, faults: LineFaults, judged: Judgement | None) -> Weighed:
        signs = Signs(line.likelihood, judged, nothing, line.plan)
        return Weighed(line, faults, 0.0 if faults.turned_down else confidence(signs))

    def _again(self, found: dict[int, list[Weighed]], least: float) -> None:
        """Draw the sentences again whose lines were turned down or are doubtful; a better line takes the place."""
        count = max(0, self.config.engine.drafts - 1)
        wanting = {at: [line for line in lines if line.confidence < least] for at, lines in found.items()}
        places = [at for at, lines in wanting.items() if lines][: MOST_REDRAWN if count else 0]
        if not places:
            return
        number = 1
        self.told(Stage("again", number, len(places)))

        def on_answer(place: int, _: SentenceAnswer) -> None:
            nonlocal number
            if place + 1 > number:
                number = place + 1
                self.told(Stage("again", number, len(places)))

        fresh: dict[int, SentenceAnswer] = {}
        for at, drawn in self._drawn(places, count, self.seed + 1, on_answer).items():
            known = {line.written.text for line in found[at]}
            lines = {line.text: line for answer in drawn for line in answer.lines if line.text not in known}
            fresh[at] = SentenceAnswer(tuple(lines.values()), drawn[0].nothing, 0, 0)
        for at, weighed in self._weigh(fresh).items():
            for old in wanting[at]:
                if better := _better(old, found[at], weighed):
                    found[at][found[at].index(old)] = better
                    weighed.remove(better)

    def _tell(self, number: int, total: int, answer: SentenceAnswer) -> None:
        self.told(Stage("writing", number, total, "\n".join(line.text for line in answer.lines)))


def _better(old: Weighed, lines: Sequence[Weighed], drawn: Sequence[Weighed]) -> Weighed | None:
    """Of lines drawn again the likeliest that tells what ``old`` tells and nothing that another line of the sentence
    tells already, None where none is likelier than ``old``."""

    def like(one: Weighed, other: Weighed) -> float:
        return alike(content_words(normalise(one.written.text)), content_words(normalise(other.written.text)))

    others = [line for line in lines if line is not old and line.stands]
    fitting = [
        line
        for line in drawn
        if line.confidence > old.confidence
        and line.written.plan == old.written.plan
        and like(line, old) >= max([RELATED, *(like(line, other) for other in others)])
    ]
    return max(fitting, key=lambda line: line.confidence, default=None)


def from_record(record: SentenceRecord) -> Answered:
    """An earlier answer, used again: the lines as they were weighed then."""
    lines = []
    for line in record.lines:
        held = tuple(doubt for doubt in line.doubts if doubt != NOT_SURE)
        faults = LineFaults(False, (), held) if line.confidence else LineFaults(False, held)
        lines.append(Weighed(Written(line.text, None), faults, line.confidence))
    return Answered(tuple(lines), record.nothing)

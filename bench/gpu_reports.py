"""A cell of ``bench.gpu --reports``: seconds a report of twenty sentences on random weights, written in three ways.

* ``plain``: transformers and PEFT as documented draft the whole report once, token by token.
* ``four``: the way before sentences: one greedy draft and three random ones together by nippo's own decoder.
* ``sentences``: the drafting's own ``write`` and ``judge`` through the engine's ``ask``; then, timed apart, six
  sentences drawn again three times and judged, the most that drafting ever draws again. ``sentences-12`` has the memory
  of a 12 GB card, ``sentences`` all there is.

Random weights never say `なし` and never end an answer. So the amounts are those of labelled days of the corpus with
twenty sentences: an answer ends after the tokens of the day's reference line and its end token, a sentence without a
line costs its question only (as when `なし` is likely enough), a whole draft ends after the tokens of the reference
report. What is handed on is the reference text, so that real lines are judged. The program's own checks (10 ms a diary
on a CPU) are left out of all ways, and the two whole ways pay for no judging.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.gpu_figures import GIB, START, Sheet, peak, reset_peak, wait_for_device

SENTENCES = 20
LEAST_LINES = 6
"""Sentences with lines that a day has at least, so that as many can be drawn again."""
AGAIN = 6
DRAWN = 3
CARD_GIB = 11.25
"""What PyTorch may reserve on a card of 12 GiB: the driver's context and a screen take the rest."""
CELLS = ("reports:four", "reports:sentences-12", "reports:sentences", "reports:plain")
"""By importance."""


@dataclass(frozen=True)
class Day:
    """A diary as it is asked about, what each question's reference answer is ("" for none), and the whole report."""

    id: str
    prepared: str
    answers: dict[str, str]
    report: str


def days_of_twenty(corpus: Path, count: int) -> list[Day]:
    """``count`` days of the corpus with ``SENTENCES`` questions, all labelled, spread over the corpus."""
    from daemon.config import PrivacySettings
    from daemon.drafting.sentences import asked, split
    from daemon.vault.diary import prepare
    from training.pairs.rows import read_rows

    found = []
    for row in read_rows([corpus]):
        prepared = prepare(row.diary, PrivacySettings()).text
        cut = split(prepared)
        labels = dict(row.sentences or ())
        texts = [cut[at].text for at in asked(cut, prepared)]
        if len(texts) != SENTENCES or len(set(texts)) != SENTENCES or any(labels.get(text) is None for text in texts):
            continue
        answers = {text: "\n".join(labels[text] or ()) for text in texts}
        if sum(map(bool, answers.values())) >= LEAST_LINES and row.report:
            found.append(Day(row.id, prepared, answers, row.report))
    if len(found) < count:
        raise RuntimeError(f"{corpus}: {len(found)} days with {SENTENCES} labelled sentences, {count} wanted")
    return [found[number * len(found) // count] for number in range(count)]


class Scripted:
    """An engine whose answers take the reference's number of tokens and are handed on as the reference's text."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._answers: dict[str, str] = {}
        self.tokens = 0

    def set_out(self, day: Day) -> None:
        from daemon.drafting.prompt import sentence_question

        self._answers = {sentence_question(text): answer for text, answer in day.answers.items()}
        self.tokens = 0

    def ask(self, beginning: Any, questions: Sequence[Any], on_answer: Any = None) -> Iterator[Any]:
        from daemon.drafting.prompt import LABELS, NOTHING

        asked = [replace(one, max_tokens=self._size(one.text), skip="") for one in questions]
        for place, (question, answer) in enumerate(zip(questions, self._engine.ask(beginning, asked), strict=True)):
            self.tokens += answer.generated_tokens
            text = self._answers.get(question.text, "")
            if question.text in self._answers:
                choices = {NOTHING: 0.01 if text else 0.98}
                told = replace(
                    answer, text=text, choices=choices, likelihoods=(-0.05,) * len(text.split("\n")), cut=False
                )
            else:
                told = replace(answer, choices=dict(zip(LABELS, (0.95, 0.03, 0.01, 0.01), strict=True)))
            if on_answer:
                on_answer(place, told)
            yield told

    def _size(self, question: str) -> int:
        text = self._answers.get(question, "")
        return self._engine.count_tokens(text) + 1 if text else 0


def whole_messages(day: Day) -> Any:
    from daemon.config.report_form import ReportSettings
    from daemon.drafting.prompt import render_prompt

    return render_prompt(day.prepared, ReportSettings())


def by_sentence(engine: Any, record: Callable[[str, Any], None]) -> Callable[[Day], None]:
    """A writer of reports by sentence that records what ``again`` took besides."""
    from daemon.drafting.judge import judge
    from daemon.drafting.prompt import beginning
    from daemon.drafting.writer import write, write_again

    scripted = Scripted(engine)

    def lines_of(answers: Any) -> list[str]:
        return [line.text for answer in answers for line in answer.lines]

    def draw(day: Day) -> None:
        scripted.set_out(day)
        head = beginning(day.prepared)
        began = time.perf_counter()
        answers = list(write(scripted, head, list(day.answers)))  # type: ignore[arg-type]
        lines = lines_of(answers)
        wait_for_device()
        written = time.perf_counter()
        judged = judge(scripted, head, lines)  # type: ignore[arg-type]
        wait_for_device()
        done = time.perf_counter()
        if not lines or len(judged) != len(lines):
            raise RuntimeError(f"{day.id}: {len(lines)} lines, {len(judged)} judged")
        figures = {"lines": len(lines), "tokens": scripted.tokens, "writing": round(written - began, 3)}
        figures |= {"judging": round(done - written, 3), "seconds": round(done - began, 3)}
        doubted = [text for text, answer in day.answers.items() if answer][:AGAIN]
        drawn = write_again(scripted, head, doubted, DRAWN, 3408)  # type: ignore[arg-type]
        judge(scripted, head, lines_of(answer for answers in drawn for answer in answers))  # type: ignore[arg-type]
        wait_for_device()
        record(day.id, figures | {"with_again": round(time.perf_counter() - began, 3)})

    return draw


def by_drafts(engine: Any, record: Callable[[str, Any], None]) -> Callable[[Day], None]:
    from daemon.config import EngineSettings
    from daemon.drafting.whole import samplings

    def draw(day: Day) -> None:
        size = engine.count_tokens(day.report) + 1
        began = time.perf_counter()
        wanted = [replace(one, max_tokens=size) for one in samplings(EngineSettings(drafts=4))]
        drafts = list(engine.generate(whole_messages(day), wanted))
        wait_for_device()
        seconds = time.perf_counter() - began
        tokens = sum(draft.generated_tokens for draft in drafts)
        if len(drafts) != 4 or tokens != 4 * size:
            raise RuntimeError(f"{day.id}: {len(drafts)} drafts of {tokens} tokens, 4 of {size} wanted")
        record(day.id, {"tokens": tokens, "seconds": round(seconds, 3)})

    return draw


def by_library(model: Any, tokenizer: Any, record: Callable[[str, Any], None]) -> Callable[[Day], None]:
    import torch

    def draw(day: Day) -> None:
        size = len(tokenizer(day.report, add_special_tokens=False)["input_ids"]) + 1
        began = time.perf_counter()
        prompt = tokenizer.apply_chat_template(whole_messages(day), add_generation_prompt=True, tokenize=False)
        ids = torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]], device=model.device)
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=size,
                min_new_tokens=size,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
            )
        wait_for_device()
        seconds = time.perf_counter() - began
        record(day.id, {"tokens": int(output.shape[1] - ids.shape[1]), "seconds": round(seconds, 3)})

    return draw


def see_a_small_card() -> None:
    """Let the engine see no more memory than is left of ``CARD_GIB``."""
    import torch

    cap = int(CARD_GIB * GIB)
    torch.cuda.mem_get_info = lambda *_: (max(0, cap - torch.cuda.memory_reserved()), cap)


def hold_to_a_small_card() -> None:
    """Let PyTorch reserve ``CARD_GIB`` and no more."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        whole = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(CARD_GIB * GIB / whole)


def measure_reports(given: argparse.Namespace, sheet: Sheet) -> None:
    """Load, one day to warm up (its seconds are the first report's), then day after day."""
    kind, _, card = given.kind.partition("-")
    days = days_of_twenty(given.corpus, given.report_days + 1)
    seen: dict[str, Any] = {}

    def record(day: str, figures: dict[str, Any]) -> None:
        seen[day] = figures

    if kind == "plain":
        from bench.gpu_decoding import hub_model

        draw = by_library(*hub_model("plain", given.model, given.context), record)
    else:
        from daemon.engines.transformers import TransformersEngine

        if card:
            see_a_small_card()
        engine = TransformersEngine(str(given.model), given.model / "adapter", "random", given.context, "sentences")
        engine._ends = frozenset()  # an end drawn by chance would shorten a draft
        draw = (by_drafts if kind == "four" else by_sentence)(engine, record)
    wait_for_device()
    sheet.put("load_seconds", round(time.time() - START, 1))
    sheet.put("loaded", peak())
    if card:
        hold_to_a_small_card()
        sheet.put("card_gib", CARD_GIB)
    reset_peak()
    first, *rest = days
    draw(first)
    sheet.put("first", {"day": first.id, **seen[first.id]})
    for number, day in enumerate(rest):
        draw(day)
        sheet.put(f"day_{number}", {"day": day.id, **seen[day.id]})
        sheet.put("report_peak", peak())
    if kind == "sentences" and engine._decoder is not None:
        rows = {name: one.rows for name, one in engine._decoder._questions.items()}
        sheet.put("at_once", rows.get("many questions", 0))
        sheet.put("graphs", engine._decoder.graphs)

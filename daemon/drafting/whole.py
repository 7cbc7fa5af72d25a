"""A whole diary as a report in one answer: for a model that was never trained on single sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from daemon.checks import CheckSettings, Score, find_private_terms, score
from daemon.config import Config, EngineSettings
from daemon.drafting.prompt import render_prompt
from daemon.drafting.school_layout import plain_form
from daemon.drafting.tidy import tidy
from daemon.engines.protocol import Draft, Engine, Sampling

ENOUGH_COVERAGE = 0.8
"""A clean draft that takes up this share of the diary's study words ends the search."""


@dataclass(frozen=True)
class BestDraft:
    """The least faulty of several drafts, tidied, with what all of them cost."""

    text: str
    score: Score
    cut: bool
    drafts: int
    prompt_tokens: int
    generated_tokens: int


def write_whole(
    engine: Engine,
    fitted: str,
    diary: str,
    config: Config,
    seed: int | None = None,
    on_text: Callable[[str], None] | None = None,
    on_draft: Callable[[int], None] | None = None,
) -> BestDraft:
    """Given the diary as the model sees it and as it is, draw drafts until one is clean and full, at most
    ``engine.drafts``. ``on_text`` receives the first one's text as it is written, ``on_draft`` the number of each that
    is there; what it raises ends the search."""

    def told() -> Iterator[Draft]:
        for number, draft in enumerate(drafts, start=1):
            if on_draft:
                on_draft(number)
            yield draft

    drafts = engine.generate(render_prompt(fitted, plain_form(config.report)), samplings(config.engine, seed), on_text)
    return best_of(told(), diary, CheckSettings(config.privacy, config.report))


def best_of(drafts: Iterable[Draft], diary: str, settings: CheckSettings) -> BestDraft:
    """Of drafts (lazily drawn, at least one) the first clean and full one, else the least bad, in the plain form. Equal
    drafts give the first. Raises ``ValueError`` without a draft."""
    settings = replace(settings, report=plain_form(settings.report))
    terms = find_private_terms(diary, settings)
    drawn: list[tuple[str, Score, Draft]] = []
    for draft in drafts:
        text = tidy(draft.text, settings.report, draft.cut)
        result = score(text, diary, settings, terms)
        drawn.append((text, result, draft))
        best = drawn[-1]
        if result.clean and result.coverage >= ENOUGH_COVERAGE:
            break
    else:
        if not drawn:
            raise ValueError("best_of needs at least one draft")
        best = min(drawn, key=lambda entry: entry[1].badness)
    text, result, draft = best
    return BestDraft(
        text,
        result,
        draft.cut,
        len(drawn),
        drawn[0][2].prompt_tokens,
        sum(one.generated_tokens for _, _, one in drawn),
    )


def samplings(engine: EngineSettings, seed: int | None = None) -> list[Sampling]:
    """How each draft is drawn: the first greedy, the others at the configured temperature with seeds counted up.

    A ``seed`` other than the configured one asks for something new, so then the first draft is drawn at random too.
    At temperature 0 all drafts would be equal, so there is one.
    """
    first = engine.seed if seed is None else seed
    anew = first != engine.seed and engine.temperature > 0
    count = engine.drafts if engine.temperature > 0 else 1
    return [
        Sampling(
            temperature=engine.temperature if index or anew else 0.0,
            seed=(first + index) % 2**32,
            max_tokens=engine.max_report_tokens,
        )
        for index in range(count)
    ]

"""From one diary to one checked report: cut to the model's context, draw drafts, choose, repair.

Guarantees: the model sees only what ``daemon.vault.diary.prepare`` leaves; a diary that does not fit is never shortened
silently; what comes back has passed ``selection.repair``. The engine comes in, so nothing here loads a model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from daemon.checks import CheckSettings
from daemon.checks import score as score_report
from daemon.config import Config, EngineSettings
from daemon.drafting.prompt import render_prompt, system_text, user_text
from daemon.drafting.selection import choose, finish
from daemon.engines.protocol import Draft, Engine, Sampling
from daemon.errors import ConfigError
from daemon.vault.diary import is_blank, prepare

TEMPLATE_TOKENS = 48
"""Room for the marks that chat templates put around two messages (ChatML takes 13), with a margin."""
LEAST_DIARY_TOKENS = 128
CHARACTERS_PER_TOKEN = 8
"""More than any tokenizer reaches on a diary; bounds the text that is counted at all."""


@dataclass(frozen=True)
class DraftRequest:
    """A diary to report on: its ISO date, its decoded text, and a seed of its own when another draft is wanted."""

    date: str
    diary: str
    seed: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> DraftRequest:
        return cls(**values)


@dataclass(frozen=True)
class DraftResult:
    """A report that may be written, with what it cost.

    ``sources`` holds the diary's line numbers for each bullet, ``score`` is ``Score.to_json()``, ``version`` names the
    model. ``used_characters`` of ``total_characters`` of the prepared diary were shown to the model. ``warnings`` are
    Japanese, ``status`` is "draft" or "needs-review".
    """

    body: str
    status: str
    warnings: tuple[str, ...]
    version: str
    sources: tuple[tuple[int, ...], ...] = ()
    score: dict[str, Any] = field(default_factory=dict)
    drafts_used: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    seconds: float = 0.0
    used_characters: int = 0
    total_characters: int = 0

    def to_json(self) -> dict[str, Any]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> DraftResult:
        tuples = {
            "warnings": tuple(values["warnings"]),
            "sources": tuple(tuple(lines) for lines in values["sources"]),
        }
        return cls(**{**values, **tuples})


@dataclass(frozen=True)
class Fitted:
    """The beginning of a text that fits, and the number of its last line (from 1)."""

    text: str
    last_line: int


def draft_report(
    engine: Engine | Callable[[], Engine],
    request: DraftRequest,
    config: Config,
    on_text: Callable[[str], None] | None = None,
) -> DraftResult:
    """Given a loaded engine (or a function that loads it when needed), return the report of one diary.

    A diary that is blank, or blank once its private parts are cut, gives the no-study sentence without a model.
    ``on_text`` receives the first draft's text as it is written. Raises ``EngineError`` and ``ConfigError``.
    """
    started = time.monotonic()
    settings = CheckSettings(config.privacy, config.report)
    prepared = prepare(request.diary, config.privacy).text
    if is_blank(prepared):
        return _no_study(request, settings, time.monotonic() - started)
    loaded = engine() if callable(engine) else engine
    fitted = fit(loaded, prepared, config)
    drawn: list[Draft] = []
    drafts = loaded.generate(render_prompt(fitted.text, config.report), samplings(config.engine, request.seed), on_text)
    selected = choose(_remember(drafts, drawn), request.diary, settings)
    repaired = finish(selected, request.diary, settings)
    warnings, status = list(repaired.warnings), repaired.status
    if drawn[selected.index].cut and not selected.composed:
        warnings.append("日報が長くなりすぎたため、途中で打ち切りました。続きがないか確かめてください。")
        status = "needs-review"
    if len(fitted.text) < len(prepared):
        warnings.insert(0, shortened_warning(fitted, len(prepared)))
        status = "needs-review"
    return DraftResult(
        body=repaired.body,
        status=status,
        warnings=tuple(warnings),
        version=loaded.identity.version,
        sources=repaired.score.sources,
        score=repaired.score.to_json(),
        drafts_used=selected.drafts_used,
        prompt_tokens=drawn[0].prompt_tokens,
        generated_tokens=sum(draft.generated_tokens for draft in drawn),
        seconds=time.monotonic() - started,
        used_characters=len(fitted.text),
        total_characters=len(prepared),
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


def fit(engine: Engine, text: str, config: Config) -> Fitted:
    """Return the whole text, or as many of its first lines as leave room for prompt and report.

    A line too long by itself is cut between characters. Raises ``ConfigError`` when not even a short diary fits.
    """
    frame = engine.count_tokens(system_text(config.report)) + engine.count_tokens(user_text("")) + TEMPLATE_TOKENS
    room = engine.context_tokens - frame - config.engine.max_report_tokens
    if room < LEAST_DIARY_TOKENS:
        raise ConfigError(
            f"`engine.context_tokens`: {engine.context_tokens} tokens leave no room for a diary "
            f"(rules {frame}, report {config.engine.max_report_tokens})",
            "Raise engine.context_tokens or lower engine.max_report_tokens.",
        )
    head = text[: room * CHARACTERS_PER_TOKEN]
    if len(head) == len(text) and engine.count_tokens(text) <= room:
        return Fitted(text, text.count("\n") + 1)
    ends = [index + 1 for index, letter in enumerate(head) if letter == "\n"]
    size = _largest(ends, lambda end: engine.count_tokens(head[:end]) <= room)
    if not size:
        size = _largest(range(1, len(head) + 1), lambda end: engine.count_tokens(head[:end]) <= room)
    kept = head[:size].rstrip("\n")
    return Fitted(kept, kept.count("\n") + 1)


def shortened_warning(fitted: Fitted, total: int) -> str:
    """The Japanese sentence that says which part of the diary the report rests on."""
    return (
        f"日記が長いため、先頭から{len(fitted.text):,}文字({fitted.last_line:,}行目まで、全{total:,}文字)だけを"
        "もとにしています。残りの内容は含まれていません。"
    )


def _largest(candidates: Iterable[int], fits: Callable[[int], bool]) -> int:
    """The largest of the ascending candidates that fits, or 0; binary search."""
    values = list(candidates)
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if fits(values[middle]):
            low = middle + 1
        else:
            high = middle
    return values[low - 1] if low else 0


def _remember(drafts: Iterator[Draft], drawn: list[Draft]) -> Iterator[Draft]:
    for draft in drafts:
        drawn.append(draft)
        yield draft


def _no_study(request: DraftRequest, settings: CheckSettings, seconds: float) -> DraftResult:
    body = settings.report.no_study
    result = score_report(body, request.diary, settings)
    return DraftResult(body=body, status="draft", warnings=(), version="none", score=result.to_json(), seconds=seconds)

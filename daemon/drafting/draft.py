"""From one diary to one checked report, sentence by sentence or, with a model never trained on sentences, as a whole.

Guarantees: the model sees only what ``daemon.vault.diary.prepare`` leaves; a diary that does not fit is never
shortened silently; what comes back has passed ``repair``; every line of a report by sentences knows its sentence. The
engine comes in, so nothing here loads a model."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from daemon.checks import CheckSettings, find_private_terms, score
from daemon.checks.form import SECTIONS_NOTE
from daemon.config import Config
from daemon.drafting.ask_day import NOT_SURE, DayWriter, Stage, from_record
from daemon.drafting.choice import Choice, choose_lines
from daemon.drafting.compose import lay_out
from daemon.drafting.confidence import LEAST
from daemon.drafting.evidence import Evidence, evidence_in
from daemon.drafting.evidence_page import doubtful_lines, in_order
from daemon.drafting.fit import fit, shortened_warning
from daemon.drafting.line_checks import CheckedDay
from daemon.drafting.prompt import beginning, digest, render_prompt
from daemon.drafting.record import DayRecord, reusable
from daemon.drafting.repair import NOTHING_FOUND, PLACEHOLDER, Repaired, finish
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.drafting.school_layout import dress, plain_form
from daemon.drafting.sentences import asked, made_by_template, split
from daemon.drafting.whole import write_whole
from daemon.engines.protocol import Engine
from daemon.vault.diary import is_blank, prepare, private_note

CUT = "日報が長くなりすぎたため、途中で打ち切りました。続きがないか確かめてください。"
UNANSWERED = "日記の{}行目の文には、モデルの返事がありませんでした。書き加えるか、redo を試してください。"
DOUBTFUL = "確かな行がなかったため、確かめてほしい行を残しました。日記と照らしてください。"


def draft_report(
    engine: Engine | Callable[[], Engine],
    request: DraftRequest,
    config: Config,
    on_text: Callable[[str], None] | None = None,
    on_stage: Callable[[Stage], None] | None = None,
) -> DraftResult:
    """Given a loaded engine (or a function that loads it when needed), return the report of one diary.

    A diary that is blank, or blank once its private parts are cut, gives the no-study sentence without a model.
    ``on_text`` receives the text as it is written, ``on_stage`` how far it is. Raises ``NotePrivate`` for a diary that
    is declared private as a whole, ``EngineError`` and ``ConfigError``.
    """
    started = time.monotonic()
    settings = CheckSettings(config.privacy, config.report)
    seen = prepare(request.diary, config.privacy)
    if seen.private:
        raise private_note(request.date)
    prepared = seen.text
    if is_blank(prepared):
        return _no_study(request, settings, time.monotonic() - started)
    loaded = engine() if callable(engine) else engine
    by_sentence = method_of(config, loaded) == "sentences"
    rule = own_rule(config, loaded.identity.habits if request.own else "")
    around = beginning("", rule) if by_sentence else render_prompt("", plain_form(config.report))
    fitted = fit(loaded, prepared, around, config)
    if by_sentence:
        result = _by_sentence(loaded, fitted.text, request, config, rule, _told(on_text, on_stage))
    else:
        result = _whole(loaded, fitted.text, request, config, on_text, on_stage)
    if len(fitted.text) < len(prepared):
        warnings = (shortened_warning(fitted, len(prepared)), *result.warnings)
        result = replace(result, warnings=warnings, status="needs-review")
    return replace(
        result,
        seconds=time.monotonic() - started,
        used_characters=len(fitted.text),
        total_characters=len(prepared),
    )


def method_of(config: Config, engine: Engine) -> str:
    """How this model writes: as ``engine.method`` says, with "auto" as its version was trained."""
    return engine.identity.method if config.engine.method == "auto" else config.engine.method


def made_by(config: Config, engine: Engine, rule: str) -> str:
    """What answers about a sentence depend on beside the diary, as one short key."""
    identity = engine.identity
    parts = [identity.version, identity.base, identity.engine, digest(), rule]
    parts += [config.privacy.model_dump_json(), str(config.engine.drafts)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def own_rule(config: Config, habits: str = "") -> str:
    """The person's own rule for the model, without what was learned of sections, which only a whole draft can fill; and
    what a version trained on the person's days knows them by (``prompt.HABITS``), "" with any other."""
    lines = [*config.report.instructions.split("\n"), habits]
    return "\n".join(line for line in lines if not line.startswith(SECTIONS_NOTE)).strip()


def _by_sentence(
    engine: Engine, fitted: str, request: DraftRequest, config: Config, rule: str, on_stage: Callable[[Stage], None]
) -> DraftResult:
    settings = CheckSettings(config.privacy, config.report)
    sentences = split(fitted)
    texts = tuple(one.text for one in sentences)
    key = made_by(config, engine, rule)
    day = CheckedDay(request.diary, texts, find_private_terms(request.diary, settings), settings)
    seed = config.engine.seed if request.seed is None else request.seed
    anew = seed != config.engine.seed
    known = {} if anew else {at: from_record(one) for at, one in reusable(request.earlier, key, texts).items()}
    own = [at for at in asked(sentences, fitted) if not made_by_template(sentences[at], fitted, request.made)]
    told = any(one.nothing is not None for one in known.values())
    # What was not asked then, as a line of the template's, may be the person's own now.
    known = {at: one for at, one in known.items() if at in own and (one.lines or one.nothing is not None or not told)}
    places = [at for at in own if at not in known]
    writer = DayWriter(engine, beginning(fitted, rule), day, config, seed, on_stage)
    answered = writer.lines_of(places, anew, LEAST[config.report.caution])
    chosen = choose_lines(sentences, answered | known, config)
    record = DayRecord(key, chosen.record)
    repaired, evidence = _composed(chosen, record, request, settings)
    return DraftResult(
        body=repaired.body,
        status=repaired.status,
        warnings=repaired.warnings,
        version=engine.identity.version,
        method="sentences",
        evidence=evidence,
        record=record,
        score=repaired.score.to_json(),
        questions=writer.cost.questions,
        prompt_tokens=writer.cost.prompt_tokens,
        generated_tokens=writer.cost.generated_tokens,
    )


def _composed(
    chosen: Choice, record: DayRecord, request: DraftRequest, settings: CheckSettings
) -> tuple[Repaired, tuple[Evidence, ...]]:
    """The chosen lines as a body that may be written, and the evidence of what is left of them."""
    body, diary, day = lay_out(chosen.lines, settings.report), request.diary, date.fromisoformat(request.date)
    silent = [UNANSWERED.format(one.line) for one in record.sentences if one.failed]
    if not body and chosen.turned_down:
        return finish(PLACEHOLDER, diary, settings, chosen.left_out, day).flagged(NOTHING_FOUND, *silent), ()
    repaired = finish(body or settings.report.no_study, diary, settings, chosen.left_out, day)
    evidence = evidence_in(record, repaired.body, settings.report)
    flags = [
        f"{place}番目の行: {doubt}"
        for place, behind in enumerate(in_order(evidence), start=1)
        for one in behind
        for doubt in one.doubts
        if doubt != NOT_SURE  # said once, of all such lines
    ]
    total = filter(None, (DOUBTFUL if chosen.doubtful else "", doubtful_lines(evidence)))
    return repaired.flagged(*silent, *total, *flags), evidence


def _whole(
    engine: Engine,
    fitted: str,
    request: DraftRequest,
    config: Config,
    on_text: Callable[[str], None] | None,
    on_stage: Callable[[Stage], None] | None,
) -> DraftResult:
    def on_draft(number: int) -> None:
        if on_stage:
            on_stage(Stage("writing", number, config.engine.drafts))

    best = write_whole(engine, fitted, request.diary, config, request.seed, on_text, on_draft)
    settings = CheckSettings(config.privacy, config.report)
    repaired = finish(best.text, request.diary, settings, day=date.fromisoformat(request.date))
    if best.cut:
        repaired = repaired.flagged(CUT)
    return DraftResult(
        body=repaired.body,
        status=repaired.status,
        warnings=repaired.warnings,
        version=engine.identity.version,
        score=repaired.score.to_json(),
        questions=best.drafts,
        prompt_tokens=best.prompt_tokens,
        generated_tokens=best.generated_tokens,
    )


def _told(on_text: Callable[[str], None] | None, on_stage: Callable[[Stage], None] | None) -> Callable[[Stage], None]:
    def told(stage: Stage) -> None:
        if on_stage:
            on_stage(stage)
        if on_text and stage.line:
            on_text(stage.line + "\n")

    return told


def _no_study(request: DraftRequest, settings: CheckSettings, seconds: float) -> DraftResult:
    body = dress(settings.report.no_study, settings.report, date.fromisoformat(request.date))
    result = score(body, request.diary, settings)
    return DraftResult(body=body, status="draft", warnings=(), version="none", score=result.to_json(), seconds=seconds)

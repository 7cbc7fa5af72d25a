"""What every engine owes to ``ask``: the tokens of training, answers in order and one at a time, probabilities."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from math import exp

import pytest
import xllamacpp

from daemon.config import EngineSettings
from daemon.engines.llamacpp import LlamaCpp, LlamaCppSettings
from daemon.engines.protocol import Answer, Engine, ModelIdentity, Question
from daemon.engines.server import open_server
from daemon.engines.transformers import TransformersEngine
from daemon.errors import EngineError
from tests.daemon.engines.asking import DIARY, END_OF_QUESTION, LETTERS, SENTENCES, Reference, beginning
from tests.tiny_model import TinyModel, make_tiny_model

CONTEXT = 4096
SEED = 101
"""Weights whose greedy answers are clear ones (no two tokens within 0.06 nats), with line feeds and half characters."""
TOKENS = 8
CLOSE = 0.05
"""llama.cpp keeps keys and values in 16 bits, which moves a log-probability of these weights by up to 0.04."""


def llamacpp(tiny: TinyModel) -> Engine:
    settings = LlamaCppSettings(context_tokens=CONTEXT, threads=1)
    return LlamaCpp(tiny.gguf, None, ModelIdentity("tiny", "tiny", "llamacpp"), settings)


def server(tiny: TinyModel) -> Engine:
    """Through llama.cpp's own OpenAI-compatible server, which lives as long as the engine."""
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.verbosity, params.warmup = str(tiny.gguf), CONTEXT, 1, False
    params.n_parallel, params.cpuparams.n_threads, params.cpuparams_batch.n_threads = 1, 1, 1
    running = xllamacpp.Server(params)
    settings = {"kind": "server", "server_url": f"{running.listening_address}/v1", "timeout_seconds": 60}
    engine = open_server(EngineSettings.model_validate(settings))
    weakref.finalize(engine, lambda: running)
    return engine


def transformers(tiny: TinyModel) -> Engine:
    return TransformersEngine(str(tiny.hf), None, "tiny", CONTEXT)


def other_model(tiny: TinyModel) -> Engine:
    """The same as a model whose attention the own decoder does not know."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("daemon.engines.decode.fits", lambda config: False)
        return transformers(tiny)


OPEN: dict[str, Callable[[TinyModel], Engine]] = {
    "llamacpp": llamacpp,
    "server": server,
    "transformers": transformers,
    "other model": other_model,
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"), SEED)


@pytest.fixture(scope="module")
def reference(tiny: TinyModel) -> Reference:
    return Reference(tiny.hf)


@pytest.fixture(scope="module", params=list(OPEN))
def engine(request: pytest.FixtureRequest, tiny: TinyModel) -> Iterator[Engine]:
    loaded = OPEN[request.param](tiny)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def own(engine: Engine) -> bool:
    """Whether the engine draws the tokens itself. A server evaluates what its cache lacks, tells nothing of tokens that
    are half a character, and has written an answer before its probability is known."""
    return engine.identity.engine != "server"


def questions(**changes: object) -> list[Question]:
    return [Question(text, **{"max_tokens": TOKENS, **changes}) for text in SENTENCES]  # type: ignore[arg-type]


def texts(answers: Sequence[Answer]) -> list[str]:
    return [answer.text for answer in answers]


def test_an_answer_follows_the_tokens_that_training_uses(engine: Engine, reference: Reference) -> None:
    """Greedy text is the likeliest continuation of tokens(beginning) + tokens(question, end of turn, header)."""
    for question, answer in zip(questions(), engine.ask(beginning(), questions()), strict=True):
        written, _ = reference.greedy(reference.prompt(beginning(), question.text), TOKENS)
        assert answer.text.rstrip("\ufffd") == reference.text(written).rstrip("\ufffd")
        assert answer.generated_tokens == len(written)
        assert answer.cut == (len(written) == TOKENS)


def test_a_question_pays_for_its_own_tokens_only(engine: Engine, reference: Reference, own: bool) -> None:
    list(engine.ask(beginning(), questions()[:1]))
    for question, answer in zip(questions(), engine.ask(beginning(), questions()), strict=True):
        cost = len(reference.tokens(question.text + END_OF_QUESTION))
        assert answer.prompt_tokens == cost if own else 0 < answer.prompt_tokens <= cost


def test_the_likelihood_of_a_line_is_that_of_transformers(engine: Engine, reference: Reference, own: bool) -> None:
    for question, answer in zip(questions(), engine.ask(beginning(), questions()), strict=True):
        tokens, values = reference.greedy(reference.prompt(beginning(), question.text), TOKENS)
        wanted = reference.line_means(tokens, values)
        if own:
            assert answer.likelihoods == pytest.approx(wanted, abs=CLOSE)
        assert len(answer.likelihoods) == len(wanted) and max(answer.likelihoods) < 0


def test_the_likelihood_of_a_sampled_line_is_that_at_temperature_one(engine: Engine, reference: Reference) -> None:
    for seed in range(40):
        hot = Question(SENTENCES[0], max_tokens=TOKENS, temperature=1.4, seed=seed, top_p=0.9)
        (answer,) = engine.ask(beginning(), [hot])
        tokens = reference.tokens(answer.text)
        if reference.text(tokens) == answer.text and len(tokens) == answer.generated_tokens > 1:
            break
    else:
        pytest.fail("no seed draws a text that tells its tokens")
    prompt = reference.prompt(beginning(), hot.text)
    after = reference.logprobs([*prompt, *tokens])
    values = [float(after[len(prompt) - 1 + place, token]) for place, token in enumerate(tokens)]
    assert answer.likelihoods == pytest.approx(reference.line_means(tokens, values), abs=CLOSE)


def test_the_probability_of_a_choice_is_that_of_its_first_token(
    engine: Engine, reference: Reference, own: bool
) -> None:
    told = 0
    for question, answer in zip(
        questions(choices=LETTERS, max_tokens=0),
        engine.ask(beginning(), questions(choices=LETTERS, max_tokens=0)),
        strict=True,
    ):
        last = reference.logprobs(reference.prompt(beginning(), question.text))[-1]
        wanted = {choice: exp(float(last[reference.tokens(choice)[0]])) for choice in LETTERS}
        assert (answer.text, answer.likelihoods, answer.generated_tokens) == ("", (), 0)
        if not own and not answer.choices:
            continue
        told += 1
        assert answer.choices == pytest.approx(wanted, abs=CLOSE)
        assert 0 < sum(answer.choices.values()) <= 1
    assert told >= len(SENTENCES) - 1


def test_choices_change_no_text(engine: Engine) -> None:
    plain = list(engine.ask(beginning(), questions()))
    asked = list(engine.ask(beginning(), questions(choices=LETTERS)))
    assert texts(asked) == texts(plain)
    for one, other in zip(asked, plain, strict=True):
        assert one.likelihoods == pytest.approx(other.likelihoods, abs=CLOSE)
        assert (one.generated_tokens, one.cut) == (other.generated_tokens, other.cut)


def test_a_likely_skip_costs_one_token_and_an_unlikely_one_nothing(engine: Engine, own: bool) -> None:
    (told,) = engine.ask(beginning(), [Question(SENTENCES[0], max_tokens=0, choices=LETTERS)])
    likeliest = max(LETTERS, key=lambda letter: told.choices[letter])
    chance = told.choices[likeliest]

    def asked(above: float) -> Answer:
        one = Question(SENTENCES[0], max_tokens=TOKENS, choices=LETTERS, skip=likeliest, skip_above=above)
        (answer,) = engine.ask(beginning(), [one])
        return answer

    skipped, written = asked(chance - 0.05), asked(chance + 0.05)
    assert (skipped.text, skipped.likelihoods, skipped.cut) == ("", (), False)
    assert skipped.generated_tokens == 1 or not own
    assert skipped.choices == pytest.approx(told.choices, abs=CLOSE)
    assert written.generated_tokens > 1


def test_answers_come_in_order_and_only_as_far_as_they_are_wanted(engine: Engine) -> None:
    heard: list[int] = []
    answers = engine.ask(beginning(), questions(), lambda number, _: heard.append(number))
    assert heard == []
    first, second = next(answers), next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert {0, 1} <= set(heard)
    assert texts([first, second]) == texts(list(engine.ask(beginning(), questions())))[:2]


def test_every_answer_is_heard_once(engine: Engine) -> None:
    heard: dict[int, Answer] = {}
    answers = list(engine.ask(beginning(), questions(), lambda number, answer: heard.update({number: answer})))
    assert [heard[number] for number in range(len(SENTENCES))] == answers


def test_an_answer_depends_on_its_own_question_only(engine: Engine) -> None:
    together = list(engine.ask(beginning(), questions(choices=LETTERS)))
    list(engine.ask(beginning("【日記】\n別の日。\n【日記ここまで】\n\n"), questions()[:1]))
    for number in (3, 1):
        (alone,) = engine.ask(beginning(), questions(choices=LETTERS)[number : number + 1])
        assert alone.text == together[number].text
        assert alone.likelihoods == pytest.approx(together[number].likelihoods, abs=CLOSE)


def test_equal_seeds_draw_equal_answers(engine: Engine) -> None:
    def drawn(seed: int) -> list[str]:
        return texts(list(engine.ask(beginning(), questions(temperature=1.5, seed=seed, choices=("S",)))))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_no_questions_give_no_answers_and_nothing_asked_costs_nothing(engine: Engine) -> None:
    assert list(engine.ask(beginning(), [])) == []
    assert list(engine.ask(beginning(), [Question("文: あ", max_tokens=0)])) == [Answer("")]


def test_a_beginning_beyond_the_context_is_an_error_for_a_person(engine: Engine) -> None:
    with pytest.raises(EngineError, match="context") as caught:
        list(engine.ask(beginning(DIARY * 60), questions()))
    assert "context_tokens" in caught.value.next_step
    assert list(engine.ask(beginning(), questions()[:1]))

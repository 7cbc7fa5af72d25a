"""Many short questions to a server: the first alone, so that its prefix cache holds the diary, then several at a time.

Answers come in order; each question is tried once more when it fails. One that fails again, or is too slow, stays
without an answer as long as the server answers the others. An error names a question by its number, never by its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from math import exp
from typing import Any

from daemon.engines.protocol import Answer, Message, Question
from daemon.engines.text import THINKING, by_line
from daemon.errors import EngineError, EngineTimeout
from daemon.words import tr

AT_ONCE = 8
"""Questions under way at a time; servers that batch gain little from more, and stopping early wastes no more."""
LIKELIEST = 20
"""Next tokens whose probabilities are asked for: the most that OpenAI and vLLM allow unless told otherwise."""

MOST_FAILED = 0.2
"""The share of questions that may stay without an answer (at least one, and never all): a server that fails more is not
able to write this report."""

Chat = Callable[[dict[str, Any]], dict[str, Any]]
"""Given a request without the model's name, return the server's answer, whose first choice holds a message."""


def ask(
    chat: Chat,
    beginning: Sequence[Message],
    questions: Sequence[Question],
    on_answer: Callable[[int, Answer], None] | None = None,
) -> Iterator[Answer]:
    """Yield the answers in order. At most ``AT_ONCE`` questions are sent ahead of the one wanted next; those not yet
    sent are dropped when the caller stops. Raises ``EngineError``: of a server that is away, and of one that
    leaves more than ``MOST_FAILED`` of the questions without an answer."""
    pool = ThreadPoolExecutor(AT_ONCE, "question")
    under_way: dict[Future[Answer | EngineError], int] = {}
    known: dict[int, Answer] = {}
    sent, bearable = 0, min(len(questions) - 1, max(1, int(len(questions) * MOST_FAILED)))
    try:
        for wanted in range(len(questions)):
            while wanted not in known:
                while sent < len(questions) and sent < (wanted + AT_ONCE if known or wanted else 1):
                    under_way[pool.submit(_one, chat, beginning, questions[sent], sent + 1, len(questions))] = sent
                    sent += 1
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    number = under_way.pop(future)
                    answer = future.result()
                    if isinstance(answer, EngineError):
                        bearable -= 1
                        if bearable < 0:
                            raise answer
                        answer = Answer("", failed=True)
                    known[number] = answer
                    if on_answer:
                        on_answer(number, known[number])
            yield known.pop(wanted)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one(chat: Chat, beginning: Sequence[Message], question: Question, number: int, count: int) -> Answer | EngineError:
    """The answer, or what went wrong twice with this question alone; raises what concerns the server as a whole."""
    if not question.max_tokens and not question.choices:
        return Answer("")
    request = request_for(beginning, question)
    try:
        try:
            body = chat(request)
        except EngineError:
            body = chat(request)
    except EngineError as problem:
        where = tr("question {number} of {count}: {what}", number=number, count=count, what=problem.what)
        told = type(problem)(where, problem.next_step)
        if type(problem) in (EngineError, EngineTimeout):
            return told
        raise told from None
    return answer_of(body, question)


def request_for(beginning: Sequence[Message], question: Question) -> dict[str, Any]:
    """The chat request of one question."""
    *earlier, last = beginning
    return {
        "messages": [*earlier, {"role": last["role"], "content": last["content"] + question.text}],
        "max_tokens": max(question.max_tokens, 1),
        "temperature": question.temperature,
        "seed": question.seed,
        "top_p": question.top_p,
        "logprobs": True,
        "top_logprobs": LIKELIEST if question.choices else 1,
    }


def answer_of(body: dict[str, Any], question: Question) -> Answer:
    """The answer in a server's reply. What the server does not tell stays empty."""
    choice = body["choices"][0]
    usage = body.get("usage") or {}
    tokens = [entry for entry in (choice.get("logprobs") or {}).get("content") or [] if isinstance(entry, dict)]
    choices = first_chances(tokens[0].get("top_logprobs") or [], question.choices) if tokens else {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    cost = max(int(usage.get("prompt_tokens") or 0) - int(cached), 0), int(usage.get("completion_tokens") or 0)
    if not question.max_tokens:
        return Answer("", (), choices, cost[0])
    if question.skip and choices.get(question.skip, 0.0) > question.skip_above:
        return Answer("", (), choices, *cost)
    text = str(choice["message"]["content"] or "")
    pieces = [(str(entry["token"]), float(entry["logprob"])) for entry in tokens]
    return Answer(
        text=THINKING.sub("", text),
        likelihoods=by_line(text, pieces) if pieces else (),
        choices=choices,
        prompt_tokens=cost[0],
        generated_tokens=cost[1],
        cut=choice["finish_reason"] == "length",
    )


def first_chances(likeliest: Sequence[dict[str, Any]], choices: Sequence[str]) -> dict[str, float]:
    """Given the likeliest first tokens, the probability of each choice's own: the longest token that the choice begins
    with, as tokenizers cut; 0 for a choice that none begins. Empty when the server told no token. Pure."""
    told = {str(entry["token"]): exp(float(entry["logprob"])) for entry in likeliest}
    found = {}
    for choice in choices if told else ():
        firsts = [token for token in told if token and choice.startswith(token)]
        found[choice] = told[max(firsts, key=len)] if firsts else 0.0
    return found

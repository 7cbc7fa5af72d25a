"""Questions to a server: order, pace, second tries, and answers from servers that tell more or less."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest

from daemon.engines.protocol import Answer, Message, Question
from daemon.engines.server_answers import AT_ONCE, answer_of, ask, first_chances
from daemon.errors import EngineError, EngineTimeout, ModelMissing, ServerAway

BEGINNING: list[Message] = [{"role": "system", "content": "規則"}, {"role": "user", "content": "【日記】凌と\n\n"}]
QUESTIONS = [Question(f"文: {number}") for number in range(20)]


class Server:
    """Answers each question with its own text after a while, and remembers how many were under way at once."""

    def __init__(self, failures: dict[str, int] | None = None) -> None:
        self.failures = failures or {}
        self.asked: list[str] = []
        self.most = self._now = 0
        self._lock = threading.Lock()

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        text = request["messages"][-1]["content"].rpartition("\n\n")[2]
        with self._lock:
            self.asked.append(text)
            self._now += 1
            self.most = max(self.most, self._now)
            left = self.failures.get(text, 0)
            self.failures[text] = left - 1
        time.sleep(random.Random(text).uniform(0.0, 0.02))
        with self._lock:
            self._now -= 1
        if left > 0:
            raise EngineTimeout("the server gave no answer", "Look at its load.")
        return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}


def test_answers_come_in_order_though_the_server_finishes_in_another() -> None:
    server, heard = Server(), []
    answers = list(ask(server.chat, BEGINNING, QUESTIONS, lambda number, answer: heard.append((number, answer.text))))
    assert [answer.text for answer in answers] == [question.text for question in QUESTIONS]
    assert sorted(heard) == [(number, question.text) for number, question in enumerate(QUESTIONS)]
    assert 1 < server.most <= AT_ONCE


def test_the_first_question_goes_alone() -> None:
    server = Server()
    answers = ask(server.chat, BEGINNING, QUESTIONS)
    next(answers)
    assert server.asked == [QUESTIONS[0].text]
    next(answers)
    assert len(server.asked) > 2
    answers.close()  # type: ignore[attr-defined]


def test_who_stops_early_leaves_the_rest_unasked() -> None:
    server = Server()
    answers = ask(server.chat, BEGINNING, QUESTIONS)
    next(answers), next(answers)
    answers.close()  # type: ignore[attr-defined]
    time.sleep(0.2)
    assert len(server.asked) <= 2 + AT_ONCE < len(QUESTIONS)


def test_a_question_is_tried_once_more() -> None:
    server = Server({"文: 3": 1, "文: 0": 1})
    assert [answer.text for answer in ask(server.chat, BEGINNING, QUESTIONS)] == [one.text for one in QUESTIONS]
    assert server.asked.count("文: 3") == server.asked.count("文: 0") == 2


def test_a_question_that_fails_twice_stays_without_an_answer() -> None:
    answers = list(ask(Server({"文: 3": 2, "文: 0": 2}).chat, BEGINNING, QUESTIONS))
    assert [number for number, answer in enumerate(answers) if answer.failed] == [0, 3]
    assert answers[3] == Answer("", failed=True) and answers[4].text == "文: 4"


@pytest.mark.parametrize(("questions", "failures"), [(20, 5), (3, 2), (1, 1)])
def test_a_server_that_fails_too_many_questions_is_told_by_their_numbers_only(questions: int, failures: int) -> None:
    failing = {f"文: {number}": 2 for number in range(failures)}
    with pytest.raises(EngineTimeout, match=f"question [1-5] of {questions}: the server gave no answer") as caught:
        list(ask(Server(failing).chat, BEGINNING, QUESTIONS[:questions]))
    assert "文" not in str(caught.value)
    assert caught.value.next_step == "Look at its load."


@pytest.mark.parametrize("kind", [ServerAway, ModelMissing])
def test_a_server_that_is_away_ends_the_report_at_once(kind: type[EngineError]) -> None:
    def away(request: dict[str, Any]) -> dict[str, Any]:
        raise kind("nobody answers", "Start it.")

    with pytest.raises(kind, match="question 1 of 20: nobody answers"):
        list(ask(away, BEGINNING, QUESTIONS))


def test_the_question_stands_behind_the_diary_in_the_users_message() -> None:
    seen: list[dict[str, Any]] = []

    def chat(request: dict[str, Any]) -> dict[str, Any]:
        seen.append(request)
        return {"choices": [{"message": {"content": "T"}, "finish_reason": "length"}]}

    judged = Question("日報の行: * 復習しました。", max_tokens=0, choices=("T", "F"), seed=9, temperature=0.5)
    assert list(ask(chat, BEGINNING, [judged])) == [Answer("")]
    assert [message["content"] for message in seen[0]["messages"]] == [
        "規則",
        "【日記】凌と\n\n日報の行: * 復習しました。",
    ]
    assert (seen[0]["max_tokens"], seen[0]["seed"], seen[0]["temperature"]) == (1, 9, 0.5)


def reply(text: str, tokens: list[tuple[str, float]], first: dict[str, float]) -> dict[str, Any]:
    content = [{"token": token, "logprob": value, "top_logprobs": []} for token, value in tokens]
    content[0]["top_logprobs"] = [{"token": token, "logprob": value} for token, value in first.items()]
    usage = {"prompt_tokens": 700, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 680}}
    choice = {"message": {"content": text}, "finish_reason": "stop", "logprobs": {"content": content}}
    return {"choices": [choice], "usage": usage}


def test_probabilities_and_costs_are_taken_from_a_server_that_tells_them() -> None:
    question = Question("文: 1", choices=("なし", "* "), skip="なし", skip_above=0.9)
    answer = answer_of(reply("* 復習しました。", [("*", -0.5), (" 復習", -1.5)], {"*": -0.5, "なし": -1.0}), question)
    assert answer.likelihoods == (-1.0,)
    assert answer.choices == pytest.approx({"なし": 0.3679, "* ": 0.6065}, abs=1e-4)
    assert (answer.text, answer.prompt_tokens, answer.generated_tokens) == ("* 復習しました。", 20, 2)


def test_an_answer_likelier_skipped_is_dropped() -> None:
    question = Question("文: 1", choices=("なし",), skip="なし", skip_above=0.3)
    answer = answer_of(reply("* 復習しました。", [("*", -0.5)], {"*": -0.5, "なし": -1.0}), question)
    assert (answer.text, answer.likelihoods) == ("", ())
    assert answer.choices["なし"] > 0.3


@pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"content": []}])
def test_a_server_that_tells_no_probabilities_leaves_them_open(logprobs: object) -> None:
    body = {"choices": [{"message": {"content": "* 行"}, "finish_reason": "length", "logprobs": logprobs}]}
    answer = answer_of(body, Question("文: 1", choices=("なし",), skip="なし", skip_above=0.0))
    assert answer == Answer("* 行", cut=True)


def test_a_choice_begins_with_the_longest_token_that_was_told() -> None:
    likeliest = [{"token": token, "logprob": -1.0 - place} for place, token in enumerate(("な", "なし", "T", ""))]
    assert first_chances(likeliest, ("なし", "T", "U")) == pytest.approx(
        {"なし": 0.1353, "T": 0.0498, "U": 0.0}, abs=1e-4
    )
    assert first_chances([], ("T",)) == {}


def test_other_errors_than_the_servers_pass_as_they_are() -> None:
    def broken(_: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(ask(broken, BEGINNING, QUESTIONS))
    assert issubclass(EngineTimeout, EngineError)

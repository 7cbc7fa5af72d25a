"""Each server in its own dialect: how it is asked not to think, where its thoughts go, what it refuses, its context."""

from __future__ import annotations

import json

import pytest

from daemon.config import EngineSettings
from daemon.config.report_form import ReportSettings
from daemon.drafting.prompt import render_prompt
from daemon.engines.protocol import Question, Sampling
from daemon.engines.server import open_server
from daemon.engines.server_stream import read_stream
from daemon.engines.text import THINKING
from daemon.errors import EngineError, ModelMissing
from tests.local_servers import THOUGHT, LlamaServer, LmStudio, LocalServer, Ollama, Reply, Vllm, serving

MESSAGES = render_prompt("一限はデータベース。", ReportSettings())
GREEDY = Sampling(max_tokens=64)
QWEN3 = [{"name": "qwen3:8b"}]


def settings(address: str, model: str = "") -> EngineSettings:
    values = {"kind": "server", "server_url": f"{address}/v1", "server_model": model, "timeout_seconds": 10}
    return EngineSettings.model_validate(values)


def drawn(server: LocalServer, stream: bool, model: str = "") -> tuple[str, list[str], int]:
    """The draft's text, the pieces that were heard, and the engine's context."""
    pieces: list[str] = []
    with serving(server.answer) as address:
        engine = open_server(settings(address, model))
        draft = next(engine.generate(MESSAGES, [GREEDY], pieces.append if stream else None))
        context = engine.context_tokens
        engine.close()
    return draft.text, pieces, context


def every_server(**given: object) -> list[LocalServer]:
    return [kind(QWEN3, **given) for kind in (Ollama, LmStudio, LlamaServer, Vllm)]  # type: ignore[arg-type]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("server", every_server(thinks=True), ids=lambda one: type(one).__name__)
def test_no_thought_of_any_server_gets_into_a_draft(server: LocalServer, stream: bool) -> None:
    text, pieces, _ = drawn(server, stream)
    assert text.strip() == server.text
    assert THOUGHT not in "".join(pieces) and ("".join(pieces).strip() == server.text or not stream)


@pytest.mark.parametrize("server", every_server(thinks=True), ids=lambda one: type(one).__name__)
def test_each_server_is_asked_not_to_think_in_its_own_way(server: LocalServer) -> None:
    drawn(server, False)
    request = server.seen[-1]
    said = str(server.message(request))
    assert THOUGHT not in said, request
    assert len(server.seen) == 1, "nothing was refused"


def test_each_server_tells_the_context_that_it_really_has() -> None:
    assert [drawn(server, False)[2] for server in every_server()] == [8192, 4096, 6144, 7000]
    loaded = LmStudio([{"name": "m", "state": "loaded", "loaded_context_length": 5000}])
    assert drawn(loaded, False)[2] == 5000
    ollama = Ollama(QWEN3)
    assert drawn(ollama, False)[2] == 8192 and ollama.loaded == "qwen3:8b", "it is loaded to be asked"
    assert drawn(Ollama(QWEN3, context=0), False)[2] == 2048, "an older one tells of num_ctx alone"


class Strict(LocalServer):
    """A server that knows the fields of the API and no other."""

    known = ("model", "messages", "max_tokens", "temperature", "seed", "top_p", "stream", "stream_options")

    def refused(self, body: dict) -> Reply | None:  # type: ignore[type-arg]
        unknown = [name for name in body if name not in self.known]
        return (422, {"error": {"message": f"unknown field {unknown[0]}"}}) if unknown else None


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_server_refuses_is_left_out_from_then_on(stream: bool) -> None:
    server = Strict(QWEN3)
    with serving(server.answer) as address:
        engine = open_server(settings(address))
        drafts = engine.generate(MESSAGES, [GREEDY, GREEDY], (lambda piece: None) if stream else None)
        assert [draft.text for draft in drafts] == [server.text] * 2
        engine.close()
    assert ["chat_template_kwargs" in body for body in server.seen] == [True, True, False, False]


def test_of_two_ways_not_to_think_the_one_that_is_taken_stays() -> None:
    class Other(Vllm):
        owner = "sglang"

    server = Other(QWEN3, thinks=True)
    drawn(server, False)
    assert "reasoning_effort" not in server.seen[-1] and server.told_not_to_think(server.seen[-1])


def test_a_template_without_a_system_role_gets_the_rules_in_the_first_message() -> None:
    server = LlamaServer(QWEN3)
    server.system_role = False
    assert drawn(server, False)[0] == server.text
    roles = [message["role"] for message in server.seen[-1]["messages"]]
    assert roles == ["user"] and server.seen[-1]["messages"][0]["content"].startswith(MESSAGES[0]["content"])


def test_a_refusal_that_nothing_mends_is_told_and_forgets_nothing() -> None:
    class Broken(Vllm):
        def refused(self, body: dict) -> Reply | None:  # type: ignore[type-arg]
            return (400, {"message": "no"}) if len(self.seen) <= 3 else None

    server = Broken(QWEN3)
    with serving(server.answer) as address:
        engine = open_server(settings(address))
        with pytest.raises(EngineError, match="answered 400"):
            next(engine.generate(MESSAGES, [GREEDY]))
        next(engine.generate(MESSAGES, [GREEDY]))
        engine.close()
    assert "chat_template_kwargs" in server.seen[-1] and server.seen[-1]["messages"][0]["role"] == "system"


class Thinker(LlamaServer):
    """Thinks ``thoughts`` tokens, whatever it is told, and tells how long the prompt was."""

    thoughts = 1000

    def message(self, body: dict) -> dict:  # type: ignore[type-arg]
        self.cut = body["max_tokens"] <= self.thoughts
        return {"content": "" if self.cut else self.text, "reasoning_content": THOUGHT}

    def chat(self, body: dict) -> Reply:  # type: ignore[type-arg]
        status, said = super().chat(body)
        usage = {"prompt_tokens": 900, "completion_tokens": body["max_tokens"]}
        if isinstance(said, bytes):
            said = said.replace(b"[DONE]", json.dumps({"choices": [], "usage": usage}).encode())
            return status, said.replace(b'"stop"', b'"length"') if self.cut else said
        said["choices"][0]["finish_reason"] = "length" if self.cut else "stop"
        return status, {**said, "usage": usage}


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_cannot_leave_thinking_gets_room_for_it(stream: bool) -> None:
    server = Thinker(QWEN3)
    assert drawn(server, stream)[0] == server.text
    assert [body["max_tokens"] for body in server.seen] == [64, 64 + 2048]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("thoughts", "context", "asked"), [(9000, 6144, [64, 2112]), (1000, 1000, [64])])
def test_a_model_that_does_nothing_but_think_is_told_instead_of_an_empty_report(
    stream: bool, thoughts: int, context: int, asked: list[int]
) -> None:
    server = Thinker(QWEN3)
    server.thoughts = thoughts
    server.own = lambda path, body: (200, {"default_generation_settings": {"n_ctx": context}})  # type: ignore[method-assign]
    with pytest.raises(EngineError, match="only thought") as caught:
        drawn(server, stream)
    assert "instruct" in caught.value.next_step and THOUGHT not in str(caught.value)
    assert [body["max_tokens"] for body in server.seen] == asked


def test_thoughts_take_their_probabilities_along() -> None:
    class Told(LmStudio):
        def chat(self, body: dict) -> Reply:  # type: ignore[type-arg]
            status, said = super().chat(body)
            entry = {"token": "<think>", "logprob": -0.1, "top_logprobs": [{"token": "<think>", "logprob": -0.1}]}
            said["choices"][0]["logprobs"] = {"content": [entry]}
            return status, said

    with serving(Told([{"name": "r1"}], thinks=True).answer) as address:
        engine = open_server(settings(address))
        answer = next(engine.ask(MESSAGES, [Question("文: 一", choices=("なし",), skip="なし", skip_above=0.5)]))
        engine.close()
    assert (answer.text, dict(answer.choices), answer.likelihoods) == ("* 復習しました。", {}, ())


def test_a_model_for_embeddings_is_nobodys_writer_and_a_tag_may_be_left_out() -> None:
    both = [{"name": "text-embedding-nomic-embed-text-v1.5"}, {"name": "swallow-8b"}]
    assert drawn(LmStudio(both), False)[0] == "* 復習しました。"
    ollama = Ollama([{"name": "gemma3:latest"}, {"name": "qwen3:8b"}])
    drawn(ollama, False, "gemma3")
    assert ollama.seen[-1]["model"] == "gemma3:latest"
    with pytest.raises(ModelMissing, match="no model 'gemma'"):
        drawn(ollama, False, "gemma")


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{THOUGHT}</think>\n* 行",
        f"{THOUGHT}\n</think>\n\n* 行",
        f"<think>一</think>{THOUGHT}<think>二</think>* 行",
        f"[THINK]{THOUGHT}[/THINK]* 行",
        f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>* 行",
        f"<|channel>thought\n{THOUGHT}<channel|>* 行",
        f"* 行\n<think>{THOUGHT}",
    ],
)
def test_thoughts_are_cut_however_they_are_marked(text: str) -> None:
    assert THINKING.sub("", text).strip() == "* 行"


def test_a_stream_holds_back_what_may_become_a_mark() -> None:
    heard: list[str] = []
    lines = [
        f'data: {{"choices": [{{"delta": {{"content": "{piece}"}}}}]}}'
        for piece in ("<", "th", "ink>考え</thi", "nk>", "* 行")
    ]
    choice, _ = read_stream([*lines, 'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}'], heard.append)
    assert "".join(heard) == "* 行" and choice["finish_reason"] == "stop"
    heard.clear()
    read_stream(['data: {"choices": [{"delta": {"content": "<br>"}, "finish_reason": "stop"}]}'], heard.append)
    assert heard == ["<br>"]

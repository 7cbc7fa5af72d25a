"""llama.cpp in this process, through the package ``xllamacpp``: a GGUF model, an optional GGUF LoRA.

Guarantees: nothing of a prompt is logged; the library's control channel is a Unix socket in a private folder (on
Windows a loopback port behind a random key); equal requests give equal drafts and answers, because every diary goes on
from the same evaluated rules and every question from the same evaluated diary. One thread at a time.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.engines import cpu, gguf_header
from daemon.engines.channel import Channel
from daemon.engines.llamacpp_answers import LIKELIEST_ALONE, Asker
from daemon.engines.prefix_cache import PrefixCache
from daemon.engines.protocol import Answer, Draft, Message, ModelIdentity, Question, Sampling
from daemon.engines.text import THINKING, by_line
from daemon.engines.turns import around_question, rules_text, shared
from daemon.errors import EngineError, OutOfMemory
from daemon.system.extras import adding
from daemon.words import marked, tr

VERBOSITY_ERRORS = 1
LONGEST_SOCKET_PATH = 100
"""``sun_path`` holds 108 bytes on Linux, 104 elsewhere."""


@dataclass(frozen=True)
class LlamaCppSettings:
    """``threads`` 0 means all physical cores; ``gpu_layers`` -1 as many as fit. ``prefix_folder`` keeps the evaluated
    rules from one start to the next (they hold no diary); None keeps them for this process only."""

    context_tokens: int = 8192
    threads: int = 0
    gpu_layers: int = -1
    prefix_folder: Path | None = None


class LlamaCpp:
    """An ``Engine``. Given a GGUF file, an optional GGUF LoRA and who they are, load them; raises ``EngineError``."""

    def __init__(
        self,
        model: Path,
        adapter: Path | None,
        identity: ModelIdentity,
        settings: LlamaCppSettings | None = None,
    ) -> None:
        self._settings = settings or LlamaCppSettings()
        self._identity = identity
        self._files = [path for path in (model, adapter) if path]
        header = gguf_header.read(model)
        self._adapter = adapter
        if adapter:
            gguf_header.check_adapter(gguf_header.read(adapter), header, adapter, model)
        self._context_tokens = min(
            self._settings.context_tokens, header.context_length or self._settings.context_tokens
        )
        _require_memory(model)
        self._folder = Path(tempfile.mkdtemp(prefix="nippo-"))
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._firsts: dict[str, int] = {}
        try:
            self._server, self._channel = self._start(model)
            kept = self._settings.prefix_folder
            self._prefixes = PrefixCache(self._channel, self._folder, kept, self._fingerprint())
            # An answer proves that the library's loop runs: a server that is freed before that never ends.
            self._channel.post("/slots/0?action=erase", {})
        except BaseException:
            self._remove_folder()
            raise

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    def count_tokens(self, text: str) -> int:
        return len(self._channel.post("/tokenize", {"content": text})["tokens"]) if text else 0

    def ask(
        self,
        beginning: Sequence[Message],
        questions: Sequence[Question],
        on_answer: Callable[[int, Answer], None] | None = None,
    ) -> Iterator[Answer]:
        """Questions are put one after the other, each to the same evaluated beginning: an answer depends on its own
        question only (one put again at once pays for its last token alone). Four at a time take as long on two cores
        (CPU seconds 0.91 to 0.99 of one at a time)."""
        before, behind = around_question(self._render, beginning)
        head = self._tokens(before, first=True)
        rules = shared(head, self._tokens(rules_text(self._render, beginning), first=True))
        asker = Asker(self._channel, lambda: self._prefixes.continue_from_beginning(head, rules))
        for number, question in enumerate(questions):
            asked = self._tokens(question.text + behind)
            if len(head) + len(asked) >= self._context_tokens:
                raise _too_long(len(head) + len(asked), self._context_tokens)
            answer = asker.answer(head, asked, question, {choice: self._first(choice) for choice in question.choices})
            if on_answer:
                on_answer(number, answer)
            yield answer

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        """Drafts are drawn one at a time. The first pays for the prompt, the others only for their own text."""
        rules = self._tokens(rules_text(self._render, messages), first=True)
        self._prefixes.continue_from_rules(rules)
        for index, sampling in enumerate(samplings):
            yield self._draw(messages, sampling, on_text if index == 0 else None)

    def close(self) -> None:
        self._server = None
        self._remove_folder()

    def _start(self, model: Path) -> tuple[Any, Channel]:
        # Threads that spin at every barrier wait for a partner that another program has pushed aside: on two cores
        # with two other busy programs 1.6 to 6.7 tokens/s, sleeping at barriers 17 (bench/engine.py). Read at import.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            import xllamacpp
        except ImportError:
            raise EngineError(
                tr("the package `xllamacpp` is not installed"),
                tr("Install it with `{adding}`.", adding=adding("starter")),
            ) from None
        key = secrets.token_hex(16)
        params = xllamacpp.CommonParams()
        params.model.path = str(model)
        if self._adapter:
            params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(self._adapter), 1.0)]
        threads = self._settings.threads or cpu.physical_cores()
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.n_ctx, params.n_parallel = self._context_tokens, 1
        params.n_gpu_layers = self._settings.gpu_layers
        params.fit_params = cpu.has_accelerator(xllamacpp.get_device_info())
        params.use_jinja, params.enable_reasoning, params.force_pure_content_parser = True, 0, True
        params.cache_prompt, params.cache_ram_mib, params.ctx_shift = True, 0, False
        params.slot_save_path = f"{self._folder}{os.sep}"
        params.verbosity, params.warmup = VERBOSITY_ERRORS, False
        params.ui = params.endpoint_slots = params.endpoint_props = False
        params.api_keys, params.cors_origins = [key], ""
        socket_file = self._folder / "llama.sock"
        if os.name == "posix" and len(os.fsencode(socket_file)) < LONGEST_SOCKET_PATH:
            params.hostnames = [str(socket_file)]
        try:
            server = xllamacpp.Server(params)
        except MemoryError:
            raise OutOfMemory(tr("{model}: too little memory to load it", model=model), tr(SMALLER)) from None
        except RuntimeError as problem:
            raise EngineError(
                tr("{model}: llama.cpp cannot load it ({problem})", model=model, problem=problem),
                tr("Try `nippo doctor`; a newer model may need a newer `xllamacpp`."),
            ) from None
        return server, Channel(server.listening_address, key)

    def _first(self, choice: str) -> int:
        """The first token of an answer."""
        if choice not in self._firsts:
            self._firsts[choice] = self._tokens(choice)[0]
        return self._firsts[choice]

    def _fingerprint(self) -> str:
        """All that evaluated tokens depend on, in words."""
        import xllamacpp

        parts = [xllamacpp.__version__, xllamacpp.get_system_info(), str(self._settings), str(self._context_tokens)]
        for file in self._files:
            state = file.stat()
            parts.append(f"{file.resolve()} {state.st_size} {state.st_mtime_ns}")
        return json.dumps(parts)

    def _render(self, messages: list[Message]) -> str:
        return str(self._channel.post("/apply-template", {"messages": messages})["prompt"])

    def _tokens(self, text: str, first: bool = False) -> list[int]:
        """The tokens of rendered text; only what stands ``first`` in a prompt gets the model's begin token."""
        request = {"content": text, "parse_special": True, "add_special": first}
        tokens: list[int] = self._channel.post("/tokenize", request)["tokens"] if text else []
        return tokens

    def _draw(self, messages: Sequence[Message], sampling: Sampling, on_text: Callable[[str], None] | None) -> Draft:
        request: dict[str, Any] = {
            "messages": list(messages),
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "top_p": sampling.top_p,
            "top_k": 0 if sampling.temperature else LIKELIEST_ALONE,
            "min_p": 0.0,
            "repeat_penalty": 1.0,
            "cache_prompt": True,
            "id_slot": 0,
            "logprobs": True,
            "top_logprobs": 1,
        }
        started = time.monotonic()
        if on_text is None:
            answer = self._answer(self._server.handle_chat_completions(request))
            choice = answer["choices"][0]
            text, reason, usage = choice["message"]["content"] or "", choice["finish_reason"], answer["usage"]
            tokens = choice["logprobs"]["content"]
        else:
            text, reason, usage, tokens = self._stream(request, on_text)
        return Draft(
            text=THINKING.sub("", text),
            prompt_tokens=int(usage["prompt_tokens"]),
            generated_tokens=int(usage["completion_tokens"]),
            seconds=time.monotonic() - started,
            cut=reason == "length",
            likelihoods=by_line(text, [(token["token"], token["logprob"]) for token in tokens]),
        )

    def _stream(
        self, request: dict[str, Any], on_text: Callable[[str], None]
    ) -> tuple[str, str, dict[str, Any], list[dict[str, Any]]]:
        pieces: list[str] = []
        tokens: list[dict[str, Any]] = []
        last: dict[str, Any] = {}
        failures: list[BaseException] = []

        def receive(chunk: dict[str, Any]) -> bool:
            """True ends the generation; an exception would get lost in the library."""
            try:
                collect(chunk)
            except BaseException as problem:
                failures.append(problem)
            return bool(failures)

        def collect(chunk: dict[str, Any]) -> None:
            if "error" in chunk or chunk.get("timings"):
                last.update(chunk)
            for choice in chunk.get("choices", []):
                if choice["finish_reason"]:
                    last["reason"] = choice["finish_reason"]
                tokens.extend((choice.get("logprobs") or {}).get("content") or [])
                if piece := choice["delta"].get("content"):
                    pieces.append(piece)
                    on_text(piece)

        self._server.handle_chat_completions({**request, "stream": True}, receive)
        if failures:
            raise failures[0]
        self._answer(last)
        timings = last["timings"]
        usage = {
            "prompt_tokens": timings["cache_n"] + timings["prompt_n"],
            "completion_tokens": timings["predicted_n"],
        }
        return "".join(pieces), str(last.get("reason")), usage, tokens

    def _answer(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer itself; raises ``EngineError`` for an error, in the library's words where they hold no text."""
        error = answer.get("error")
        if not error:
            return answer
        if error.get("type") == "exceed_context_size_error":
            raise _too_long(error.get("n_prompt_tokens"), error.get("n_ctx"))
        raise EngineError(
            tr("llama.cpp refused the request ({type})", type=error.get("type")), tr("Run `nippo doctor`.")
        )


SMALLER = marked('Close other programs, lower engine.context_tokens, or set engine.model = "starter-small".')


def _too_long(prompt: object, context: object) -> EngineError:
    return EngineError(
        tr("prompt of {prompt} tokens, context of {context}", prompt=prompt, context=context),
        tr("Raise engine.context_tokens."),
    )


def _require_memory(model: Path) -> None:
    """Refuse a model that is larger than the machine's whole memory: the kernel would end the process half-way."""
    total = cpu.memory_bytes()
    size = model.stat().st_size
    if total and size > total:
        raise OutOfMemory(
            tr(
                "{name} takes {size:.1f} GiB, this machine has {total:.1f} GiB",
                name=model.name,
                size=size / 2**30,
                total=total / 2**30,
            ),
            tr(SMALLER),
        )

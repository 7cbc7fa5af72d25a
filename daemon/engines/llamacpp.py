"""llama.cpp in this process, through the package ``xllamacpp``: a GGUF model, an optional GGUF LoRA.

Guarantees: nothing of a prompt is logged; the library's control channel is a Unix socket in a private folder (on
Windows a loopback port behind a random key); equal requests give equal drafts, because the rules at the head of every
prompt are evaluated once, kept, and every diary continues from exactly there. One thread at a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
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
from daemon.engines.protocol import Draft, Message, ModelIdentity, Sampling
from daemon.engines.text import THINKING, by_line
from daemon.errors import EngineError, OutOfMemory
from daemon.system.files import replacing

VERBOSITY_ERRORS = 1
LONGEST_SOCKET_PATH = 100
"""``sun_path`` holds 108 bytes on Linux, 104 elsewhere."""
KEPT_PREFIXES = 4
NEXT_TOKENS = 20
"""Likeliest next tokens that llama.cpp tells; the four answers are among the first five once trained."""


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
        self._prefix: str | None = None
        try:
            self._server, self._channel = self._start(model)
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

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        """Drafts are drawn one at a time. The first pays for the prompt, the others only for their own text."""
        self._continue_from_rules(messages)
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
                "the package `xllamacpp` is not installed", 'Install it with `pip install "nippo[starter]"`.'
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
            raise OutOfMemory(f"{model}: too little memory to load it", SMALLER) from None
        except RuntimeError as problem:
            raise EngineError(
                f"{model}: llama.cpp cannot load it ({problem})",
                "Try `nippo doctor`; a newer model may need a newer `xllamacpp`.",
            ) from None
        return server, Channel(server.listening_address, key)

    def _continue_from_rules(self, messages: Sequence[Message]) -> None:
        """Put the slot into one state, whatever it held: the evaluated beginning that all prompts share.

        Without this the number of reused tokens would depend on the diary before, and with it the shape of the
        batches, the rounding, and now and then a word.
        """
        prefix = self._shared_beginning(messages)
        name = f"{hashlib.sha256(prefix.encode()).hexdigest()[:16]}.kv"
        if not (self._folder / name).exists():
            kept = self._kept_prefix(prefix)
            if kept is not None and kept.is_file():
                shutil.copyfile(kept, self._folder / name)
                if self._restore(name):
                    os.utime(kept)
                    return
            self._channel.post("/slots/0?action=erase", {})
            self._answer(self._server.handle_completions({"prompt": prefix, "max_tokens": 0, "id_slot": 0}))
            self._channel.post("/slots/0?action=save", {"filename": name})
            if kept is not None:
                _keep(self._folder / name, kept)
        if not self._restore(name):
            raise EngineError("llama.cpp cannot restore its own state", "Free space in the temporary folder.")

    def _restore(self, name: str) -> bool:
        try:
            self._channel.post("/slots/0?action=restore", {"filename": name})
        except EngineError:
            (self._folder / name).unlink(missing_ok=True)
            return False
        return True

    def _shared_beginning(self, messages: Sequence[Message]) -> str:
        """The rendered prompt up to where the user's text begins."""
        first, second = (
            self._channel.post("/apply-template", {"messages": [*messages[:-1], {**messages[-1], "content": mark}]})
            for mark in ("A", "B")
        )
        pairs = zip(str(first["prompt"]), str(second["prompt"]), strict=False)
        return "".join(letter for letter, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))

    def _kept_prefix(self, prefix: str) -> Path | None:
        """Where this beginning is kept for the next start; the name holds all that the numbers depend on."""
        folder = self._settings.prefix_folder
        if folder is None:
            return None
        import xllamacpp

        parts = [xllamacpp.__version__, xllamacpp.get_system_info(), str(self._settings), str(self._context_tokens)]
        for file in self._files:
            state = file.stat()
            parts.append(f"{file.resolve()} {state.st_size} {state.st_mtime_ns}")
        return folder / f"{hashlib.sha256(json.dumps([*parts, prefix]).encode()).hexdigest()[:32]}.kv"

    def _draw(self, messages: Sequence[Message], sampling: Sampling, on_text: Callable[[str], None] | None) -> Draft:
        request: dict[str, Any] = {
            "messages": list(messages),
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "top_p": sampling.top_p,
            "top_k": 0,
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
            raise EngineError(
                f"prompt of {error.get('n_prompt_tokens')} tokens, context of {error.get('n_ctx')}",
                "Raise engine.context_tokens.",
            )
        raise EngineError(f"llama.cpp refused the request ({error.get('type')})", "Run `nippo doctor`.")


SMALLER = 'Close other programs, lower engine.context_tokens, or set engine.model = "starter-small".'


def _require_memory(model: Path) -> None:
    """Refuse a model that is larger than the machine's whole memory: the kernel would end the process half-way."""
    total = cpu.memory_bytes()
    size = model.stat().st_size
    if total and size > total:
        raise OutOfMemory(
            f"{model.name} takes {size / 2**30:.1f} GiB, this machine has {total / 2**30:.1f} GiB", SMALLER
        )


def _keep(file: Path, kept: Path) -> None:
    """Copy the evaluated rules to the cache folder for the next start, dropping the oldest; failing is harmless."""
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing(kept) as fresh:
            shutil.copyfile(file, fresh)
        others = sorted(kept.parent.glob("*.kv"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[KEPT_PREFIXES:]:
            old.unlink(missing_ok=True)

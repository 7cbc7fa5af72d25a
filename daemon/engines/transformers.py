"""The engine for NVIDIA GPUs: a 4-bit base and a PEFT adapter, by Unsloth on CUDA and plain transformers elsewhere.

The only module of ``daemon`` that may import torch, and only inside functions: it runs in the worker process.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from daemon.engines.protocol import Draft, ModelIdentity, Sampling
from daemon.errors import EngineError, ModelMissing, OutOfMemory
from daemon.prompt import Message


class TransformersEngine:
    """Given a base (local folder or hub id) and an adapter folder or None, load both. Implements ``Engine``.

    Greedy drafts come first and alone; sampled drafts that follow are drawn in one batch under the first one's seed, so
    that equal requests give equal drafts.
    """

    def __init__(self, base: str, adapter: Path | None, version: str, context_tokens: int) -> None:
        self._identity = ModelIdentity(version, base, "transformers")
        self._context_tokens = context_tokens
        with _errors_for_people(base):
            self._model, self._tokenizer = _load(base, adapter, context_tokens)

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        for number, batch in enumerate(batches(samplings)):
            with _errors_for_people(self._identity.base):
                drafts = self._generate_batch(messages, batch, on_text if number == 0 else None)
            yield from drafts

    def close(self) -> None:
        import torch

        self._model = self._tokenizer = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _generate_batch(
        self, messages: Sequence[Message], batch: Sequence[Sampling], on_text: Callable[[str], None] | None
    ) -> list[Draft]:
        import torch

        first = batch[0]
        began = time.monotonic()
        inputs = self._tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._model.device)
        prompt_tokens = int(inputs["input_ids"].shape[1])
        options: dict[str, Any] = {"max_new_tokens": first.max_tokens, "do_sample": first.temperature > 0}
        if first.temperature > 0:
            torch.manual_seed(first.seed)
            options |= {"temperature": first.temperature, "top_p": first.top_p, "num_return_sequences": len(batch)}
        else:
            options |= {"temperature": None, "top_p": None, "top_k": None}
        if on_text and len(batch) == 1:
            options["streamer"] = _text_streamer(self._tokenizer, on_text)
        ends = _end_tokens(self._tokenizer, self._model)
        with torch.inference_mode():
            output = self._model.generate(
                **inputs, **options, eos_token_id=sorted(ends), pad_token_id=self._tokenizer.pad_token_id
            )
        seconds = (time.monotonic() - began) / len(batch)
        return [self._draft(row[prompt_tokens:].tolist(), ends, prompt_tokens, seconds) for row in output]

    def _draft(self, tokens: list[int], ends: frozenset[int], prompt_tokens: int, seconds: float) -> Draft:
        stop = next((place for place, token in enumerate(tokens) if token in ends), None)
        text = self._tokenizer.decode(tokens[:stop], skip_special_tokens=True)
        return Draft(text, prompt_tokens, len(tokens[:stop]), seconds, cut=stop is None)


def batches(samplings: Sequence[Sampling]) -> list[list[Sampling]]:
    """Given samplings in order, return runs that one ``generate`` call can draw: each greedy one alone, sampled
    neighbours of equal settings together."""
    runs: list[list[Sampling]] = []
    for sampling in samplings:
        last = runs[-1][-1] if runs else None
        alike = last is not None and (last.temperature, last.top_p, last.max_tokens) == (
            sampling.temperature,
            sampling.top_p,
            sampling.max_tokens,
        )
        if alike and sampling.temperature > 0:
            runs[-1].append(sampling)
        else:
            runs.append([sampling])
    return runs


def _load(base: str, adapter: Path | None, context_tokens: int) -> tuple[Any, Any]:
    import torch

    if torch.cuda.is_available():
        return _load_unsloth(base, adapter, context_tokens)
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return _with_adapter(model, adapter).eval(), tokenizer


def _load_unsloth(base: str, adapter: Path | None, context_tokens: int) -> tuple[Any, Any]:
    from unsloth import FastLanguageModel  # first: it patches transformers

    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=base, max_seq_length=context_tokens, dtype=None, load_in_4bit=True
    )
    model = _with_adapter(model, adapter)
    FastLanguageModel.for_inference(model)
    return model, tokenizer


def _with_adapter(model: Any, adapter: Path | None) -> Any:
    if adapter is None:
        return model
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(adapter))


def _end_tokens(tokenizer: Any, model: Any) -> frozenset[int]:
    configured = model.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in [*ids, tokenizer.eos_token_id] if token is not None)


def _text_streamer(tokenizer: Any, on_text: Callable[[str], None]) -> Any:
    from transformers import TextStreamer

    class Pieces(TextStreamer):  # type: ignore[misc]
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            on_text(text)

    return Pieces(tokenizer, skip_prompt=True, skip_special_tokens=True)


class _errors_for_people:
    """Turn what the libraries raise into messages with a remedy."""

    def __init__(self, base: str) -> None:
        self.base = base

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _: object) -> None:
        if problem is None or isinstance(problem, EngineError):
            return
        if type(problem).__name__ == "OutOfMemoryError":
            raise OutOfMemory(
                f"{self.base}: the GPU's memory is too small for this model",
                "Close other GPU programs, or choose a smaller model (see `nippo doctor`).",
            ) from None
        if isinstance(problem, ImportError):
            raise EngineError(
                f"engine transformers: a package is missing ({problem.name or problem})",
                'Install it with `pip install "nippo[gpu]"`, or set engine.kind = "llamacpp".',
            ) from None
        if isinstance(problem, OSError):
            raise ModelMissing(
                f"{self.base}: the model cannot be loaded ({str(problem).splitlines()[0]})",
                "Check engine.model: a local folder, or a hub id that is in the cache or within reach.",
            ) from None
        if isinstance(problem, RuntimeError) and ("CUDA" in str(problem) or "driver" in str(problem)):
            raise EngineError(
                f"{self.base}: the GPU driver does not answer ({str(problem).splitlines()[0]})",
                'Check `nvidia-smi`; until it works set engine.kind = "llamacpp".',
            ) from None

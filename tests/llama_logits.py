"""Log-probabilities that llama.cpp gives for the next token, for comparison with other engines."""

from __future__ import annotations

import json
from pathlib import Path


def next_logprobs(model: Path, prompt: str, adapter: Path | None = None, count: int = 40) -> dict[int, float]:
    """Given a GGUF model, a GGUF LoRA or None, and a finished prompt, return token id → natural log-probability of the
    ``count`` likeliest next tokens, likeliest first."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    if adapter is not None:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 512, 1, False, 1
    params.cpuparams.n_threads = 1
    request = {"prompt": prompt, "n_predict": 1, "n_probs": count, "temperature": 0.0, "cache_prompt": False}
    request["grammar"] = 'root ::= "a"'  # a token of half a character would be held back, and its probabilities with it
    answer = xllamacpp.Server(params).handle_completions(request)
    values = json.loads(answer) if isinstance(answer, str) else answer
    return {entry["id"]: entry["logprob"] for entry in values["choices"][0]["logprobs"]["content"][0]["top_logprobs"]}

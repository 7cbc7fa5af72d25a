"""A decoding cell of ``bench.gpu``: nippo's own engine, plain transformers with PEFT, or Unsloth."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from bench.gpu_figures import START, Sheet, peak, wait_for_device

MESSAGES = [
    {"role": "system", "content": "学習日報を書いてください。"},
    {"role": "user", "content": "今日はSQLの結合を学びました。" * 20},
]


def generation_times(draw: Any, tokens: int) -> tuple[float, float]:
    """Given ``draw(tokens)``, return the seconds of its first call and the tokens a second of one row, from the
    difference of a long and a short call, so that the prompt does not count."""
    started = time.time()
    draw(8)
    wait_for_device()
    first = time.time() - started
    spent = []
    for size in (8, tokens + 8):
        draw(8)
        wait_for_device()
        started = time.time()
        draw(size)
        wait_for_device()
        spent.append(time.time() - started)
    return first, tokens / (spent[1] - spent[0])


def hub_model(kind: str, folder: Path, context: int) -> tuple[Any, Any]:
    """Plain transformers with PEFT, or Unsloth, with the random adapter, ready to generate."""
    adapter = folder / "adapter"
    if kind == "unsloth":
        from unsloth import FastLanguageModel

        model, tokenizer = FastLanguageModel.from_pretrained(
            model_name=str(adapter), max_seq_length=context, dtype=None, load_in_4bit=True
        )
        FastLanguageModel.for_inference(model)
        return model, tokenizer
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16, "device_map": {"": 0}} if cuda else {}
    model = AutoModelForCausalLM.from_pretrained(str(folder), **options)
    return PeftModel.from_pretrained(model, str(adapter)).eval(), AutoTokenizer.from_pretrained(str(folder))


def measure_decoding(given: argparse.Namespace, sheet: Sheet) -> None:
    import torch

    if given.kind == "ours":
        from daemon.engines.protocol import Sampling
        from daemon.engines.transformers import TransformersEngine

        engine = TransformersEngine(str(given.model), given.model / "adapter", "random", given.context)

        def draw(batch: int, tokens: int) -> None:
            heat = 0.0 if batch == 1 else 0.7
            samplings = [Sampling(heat, seed, tokens) for seed in range(batch)]
            drafts = list(engine.generate(MESSAGES, samplings))  # type: ignore[arg-type]
            wrong = [draft.generated_tokens for draft in drafts if draft.generated_tokens != tokens]
            if wrong or len(drafts) != batch:
                raise RuntimeError(f"{len(drafts)} drafts, of other lengths than {tokens}: {wrong}")
    else:
        if given.kind == "unsloth":
            import unsloth  # noqa: F401
        model, tokenizer = hub_model(given.kind, given.model, given.context)
        prompt = tokenizer.apply_chat_template(MESSAGES, add_generation_prompt=True, tokenize=False)
        ids = torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]], device=model.device)

        def draw(batch: int, tokens: int) -> None:
            sampling = {"do_sample": False} if batch == 1 else {"do_sample": True, "temperature": 0.7, "top_p": 0.95}
            inputs = ids.expand(batch, -1).contiguous()
            with torch.inference_mode():
                model.generate(
                    input_ids=inputs,
                    attention_mask=torch.ones_like(inputs),
                    max_new_tokens=tokens,
                    min_new_tokens=tokens,
                    pad_token_id=tokenizer.pad_token_id,
                    **sampling,
                )

    wait_for_device()
    sheet.put("load_seconds", round(time.time() - START, 1))
    for batch in (1, 4):
        first, rate = generation_times(lambda tokens, batch=batch: draw(batch, tokens), given.tokens)
        sheet.put(f"first_seconds_{batch}", round(first, 2))
        sheet.put(f"tokens_per_second_{batch}", round(rate * batch, 1))
        sheet.put(f"decode_peak_{batch}", peak())

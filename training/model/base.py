"""The base model of a run: where it lies, and how it is loaded with a fresh LoRA on it.

torch, transformers, peft and Unsloth are imported inside functions: Unsloth must come first, and must not come at all
where it is not used, because it patches the others.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daemon.errors import ModelMissing, TrainingError, UsageError
from daemon.learning.run_folder import Base, MachinePlan
from daemon.models.known import KNOWN
from daemon.models.reference import cache_folder, resolve_gguf
from daemon.system.extras import adding
from daemon.system.hashes import file_hash
from daemon.words import tr
from training.fitting.spec import TrainSpec
from training.model.dequantise import RECORD, Report, dequantised
from training.model.ranks import one_gpu, processes

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ADAPTER_FILE, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"


HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
PREFERRED = ("lean", "unsloth")
"""Loaders of ``--loader auto`` on a GPU with 4 bits, the faster first (``bench/gpu.py``)."""


def resolve_base(reference: str, report: Report = lambda _: None) -> Base:
    """Given "starter", a GGUF file, a local folder or a hub id, return a base with a Hugging Face folder.

    A GGUF file is dequantised into the cache once. A hub id is downloaded (which the user asked for by naming it).
    Raises ``ModelMissing``.
    """
    path = Path(reference).expanduser()
    if path.is_dir():
        record = path / RECORD
        if record.is_file():
            made_of = json.loads(record.read_text(encoding="utf-8"))
            return Base(name_of(made_of["file"], made_of["sha256"]), str(path), made_of["sha256"])
        return Base(path.name, str(path), folder_hash(path))
    if path.suffix == ".gguf" or reference in KNOWN:
        file = resolve_gguf(reference, None)
        folder = dequantised(file, cache_folder(), report)
        made_of = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return Base(name_of(file.name, made_of["sha256"]), str(folder), made_of["sha256"])
    if not HUB_ID.fullmatch(reference):
        raise ModelMissing(
            tr("{reference}: no such model", reference=reference),
            tr("Name `starter`, a GGUF file, a folder or a hub id owner/name."),
        )
    from huggingface_hub import snapshot_download

    report(f"fetching {reference}")
    folder = Path(snapshot_download(reference, allow_patterns=["*.json", "*.safetensors", "*.txt", "*.jinja"]))
    return Base(reference, str(folder), folder_hash(folder))


def name_of(file: str, sha256: str) -> str:
    """What a GGUF file is called elsewhere: "starter" for the starter's bytes, whatever the file is called."""
    return next((model.name for model in KNOWN.values() if model.sha256 == sha256), file)


def folder_hash(folder: Path) -> str:
    """SHA-256 over the hashes of a folder's weight files, in order of name."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        digest.update(f"{file.name} {file_hash(file)}\n".encode())
    return digest.hexdigest()


def lean_knows(config: Mapping[str, Any]) -> bool:
    """Whether a model, given its config.json, is of a kind whose layers ``training.model.lean`` knows: dense, gated by
    silu, full attention. Pure."""
    kinds = set(config.get("layer_types") or ["full_attention"])
    window = config.get("sliding_window") and config.get("use_sliding_window", True)
    known = config.get("model_type") in ("qwen2", "qwen3", "llama", "mistral") and config.get("hidden_act") == "silu"
    return known and kinds == {"full_attention"} and not window


def base_config(reference: str) -> dict[str, Any]:
    """The config.json of a base before its weights are fetched: a folder's own, what is known of a known model, that
    of a hub id (asked for as its weights will be), else nothing: fetching the weights will say what is wrong."""
    if reference in KNOWN:
        return {"model_type": KNOWN[reference].architecture, "hidden_act": "silu"}
    folder = Path(reference).expanduser()
    try:
        file = folder / "config.json" if folder.exists() or not HUB_ID.fullmatch(reference) else _from_hub(reference)
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _from_hub(reference: str) -> Path:
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(reference, "config.json"))


def auto_loader(spec: TrainSpec, cuda: bool, unsloth: bool, four_bit: bool, known: bool, by_day: bool = False) -> str:
    """Given the run, the machine (``four_bit``: bitsandbytes is there), whether lean knows the model, and whether days
    are learned by sentence, return the loader: with 4 bits the first of ``PREFERRED`` that can be. For days lean comes
    first on every machine: only it asks all questions about one evaluation of the diary. Pure."""
    lean = known and not spec.settings.dropout and not spec.settings.neftune_alpha
    possible = {"lean": four_bit and lean, "unsloth": unsloth}
    if by_day and lean and (four_bit or not cuda or spec.bits == 16):
        return "lean"
    if not cuda or spec.bits == 16:
        return "plain"
    return next((loader for loader in PREFERRED if possible[loader]), "plain")


def choose_plan(
    spec: TrainSpec, cuda: bool, unsloth: bool, four_bit: bool = True, known: bool = False, by_day: bool = False
) -> MachinePlan:
    """Given the run and what the machine has, return how to load. Pure; raises ``UsageError`` for what cannot be."""
    loader = spec.loader if spec.loader != "auto" else auto_loader(spec, cuda, unsloth, four_bit, known, by_day)
    if loader == "unsloth" and not (cuda and unsloth):
        raise UsageError(
            tr("--loader unsloth needs an NVIDIA GPU and the package unsloth"),
            tr("Run `{adding}`, or use plain.", adding=adding("gpu")),
        )
    if loader == "lean" and (spec.settings.dropout or spec.settings.neftune_alpha):
        raise UsageError(
            tr("--loader lean knows neither dropout nor NEFTune"), tr("Set both to 0, or use another loader.")
        )
    bits = spec.bits or (4 if loader == "unsloth" or (loader == "lean" and cuda) else 16)
    if bits == 4 and not cuda:
        raise UsageError(
            tr("--bits 4 needs an NVIDIA GPU"), tr("Leave --bits out: on a CPU the weights are loaded whole.")
        )
    dtype = spec.dtype if spec.dtype != "auto" else ("bfloat16" if cuda else "float32")
    return MachinePlan("cuda" if cuda else "cpu", loader, bits, dtype)


def machine_plan(spec: TrainSpec, by_day: bool = False) -> MachinePlan:
    """``choose_plan`` for this machine.

    Switches Unsloth's statistics off, and imports it, where it will be used, before anything imports transformers.
    """
    os.environ["UNSLOTH_DISABLE_STATISTICS"] = "1"
    os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(cache_folder() / "unsloth_compiled_cache"))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")  # packs are of many sizes
    alone = one_gpu(os.environ.get("CUDA_VISIBLE_DEVICES"), processes())
    if alone is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = alone
    import torch

    cuda = torch.cuda.is_available()
    unsloth, four_bit = (cuda and importlib.util.find_spec(name) is not None for name in ("unsloth", "bitsandbytes"))
    plan = choose_plan(spec, cuda, unsloth, four_bit, lean_knows(base_config(spec.base)), by_day)
    if plan.loader == "unsloth":
        importlib.import_module("unsloth")
    return plan


def lora_settings(spec: TrainSpec) -> dict[str, Any]:
    """Rank, alpha, rsLoRA: the run's own, or those of ``--init-adapter``, whose matrices would not fit others."""
    values = {"r": spec.settings.rank, "lora_alpha": spec.settings.alpha, "use_rslora": spec.rslora}
    if spec.init_adapter is not None:
        try:
            config = json.loads((spec.init_adapter / ADAPTER_CONFIG).read_text(encoding="utf-8"))
            values = {key: config.get(key, False) for key in values}
        except (OSError, json.JSONDecodeError):
            raise TrainingError(
                tr("{init_adapter}: no readable adapter", init_adapter=spec.init_adapter),
                tr("Name a folder of a PEFT adapter."),
            ) from None
    return values


def load_model(base: Base, spec: TrainSpec, plan: MachinePlan) -> tuple[Any, Any]:
    """Return the model with a trainable LoRA on all seven projections, and the tokenizer."""
    model, tokenizer = (_unsloth if plan.loader == "unsloth" else _plain)(base, spec, plan)
    if spec.init_adapter is not None:
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        found = set_peft_model_state_dict(model, load_file(spec.init_adapter / ADAPTER_FILE))
        if found.unexpected_keys:
            raise TrainingError(
                tr("{init_adapter}: is an adapter of another model", init_adapter=spec.init_adapter),
                tr("Train it on the same base."),
            )
    tokenizer.padding_side = "right"
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def wants_checkpointing(spec: TrainSpec, plan: MachinePlan, parameters: int) -> bool:
    """Trade a third more time for activation memory: where it was asked for, and above 3 billion parameters."""
    if spec.gradient_checkpointing != "auto":
        return spec.gradient_checkpointing == "on"
    return plan.loader == "unsloth" or parameters > 3_000_000_000


def _unsloth(base: Base, spec: TrainSpec, plan: MachinePlan) -> tuple[Any, Any]:
    from unsloth import FastLanguageModel

    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=base.folder,
        max_seq_length=spec.settings.max_seq_length,
        dtype=None,
        load_in_4bit=plan.bits == 4,
        use_gradient_checkpointing="unsloth" if wants_checkpointing(spec, plan, 0) else False,
    )
    model = FastLanguageModel.get_peft_model(
        model,
        target_modules=list(PROJECTIONS),
        lora_dropout=spec.settings.dropout,
        bias="none",
        use_gradient_checkpointing="unsloth" if wants_checkpointing(spec, plan, 0) else False,
        random_state=spec.settings.random_state,
        **lora_settings(spec),
    )
    return model, tokenizer


def _plain(base: Base, spec: TrainSpec, plan: MachinePlan) -> tuple[Any, Any]:
    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

    options: dict[str, Any] = {"dtype": getattr(torch, plan.dtype)}
    if plan.bits == 4:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    if plan.device == "cuda":
        options["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
    model = AutoModelForCausalLM.from_pretrained(base.folder, **options)
    tokenizer = AutoTokenizer.from_pretrained(base.folder)
    if plan.loader == "lean":
        if not lean_knows(model.config.to_dict()):
            raise UsageError(
                tr("--loader lean does not know models of the kind {model_type}", model_type=model.config.model_type),
                tr("Use another loader."),
            )
        model.requires_grad_(False)
    elif plan.bits == 4:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    set_seed(spec.settings.random_state)  # the A matrices are drawn now
    config = LoraConfig(
        task_type="CAUSAL_LM",
        target_modules=list(PROJECTIONS),
        lora_dropout=spec.settings.dropout,
        bias="none",
        **lora_settings(spec),
    )
    return get_peft_model(model, config), tokenizer

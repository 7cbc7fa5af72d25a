"""Loading a base and its adapter: 4-bit NF4 on a CUDA GPU, float32 without one.

Only ``daemon.engines.transformers`` imports this module, inside functions: it needs torch at import.

Unsloth is not used here. Importing it replaces the attention and the forward of the model classes in the whole process
by versions that keep keys and values in growing buffers, which no CUDA graph can follow.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from daemon.engines.cpu import memory_bytes
from daemon.errors import EngineError, OutOfMemory
from daemon.words import marked, tr

NO_DRIVER = marked('Check `nvidia-smi` and install or restart the driver; until it works set engine.kind = "llamacpp".')
FLOAT32 = 4


def load(base: str, adapter: Path | None) -> tuple[Any, Any]:
    """Return the model (with its adapter, in peft's wrapping) and the tokenizer; raises what the libraries raise, and
    ``EngineError`` for a GPU whose driver does not answer."""
    cuda = torch.cuda.is_available()
    if not cuda and torch.version.cuda and shutil.which("nvidia-smi"):
        raise EngineError(
            tr(
                "{base}: the GPU driver does not answer to PyTorch {version}",
                base=base,
                version=torch.__version__,
            ),
            tr(NO_DRIVER),
        )
    config = AutoConfig.from_pretrained(base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    if cuda:
        model = AutoModelForCausalLM.from_pretrained(base, **_four_bits(config))
    else:
        _require_memory(base)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    return model.eval(), tokenizer


def _four_bits(config: Any) -> dict[str, Any]:
    """A repository that is quantised already is loaded as it is."""
    half = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    options: dict[str, Any] = {"dtype": half, "device_map": {"": torch.cuda.current_device()}}
    if getattr(config, "quantization_config", None) is None:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=half,
        )
    return options


def _require_memory(base: str) -> None:
    """Refuse a local model that float32 makes larger than the machine's memory: the kernel would end the process."""
    files = list(Path(base).glob("*.safetensors")) if Path(base).is_dir() else []
    total, size = memory_bytes(), sum(_numbers(file) for file in files) * FLOAT32
    if total and size > total:
        raise OutOfMemory(
            tr(
                "{base} takes {size:.1f} GiB without a GPU, this machine has {total:.1f} GiB",
                base=base,
                size=size / 2**30,
                total=total / 2**30,
            ),
            tr('PyTorch sees no CUDA GPU: check `nvidia-smi`, or set engine.kind = "llamacpp".'),
        )


def _numbers(file: Path) -> int:
    """How many numbers a safetensors file holds; its header tells."""
    from safetensors import safe_open

    with safe_open(str(file), "pt") as content:
        shapes = [content.get_slice(name).get_shape() for name in content.keys()]  # noqa: SIM118
    return sum(int(torch.Size(shape).numel()) for shape in shapes)

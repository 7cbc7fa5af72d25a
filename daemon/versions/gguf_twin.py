"""A PEFT LoRA folder as a GGUF LoRA that llama.cpp lays over its base, without torch.

The file holds ``general.type`` adapter, ``adapter.type`` lora, ``adapter.lora.alpha`` and, for each adapted projection,
``blk.N.<name>.weight.lora_a`` (r × in) and ``.lora_b`` (out × r) in float16, which is what llama.cpp's own
``convert_lora_to_gguf.py`` writes, filled up with zeros to ``ROWS``. Architectures whose projections are stored as they
are (Qwen2, Qwen3, Gemma) pass; those whose query and key rows llama.cpp permutes (Llama, Mistral) are refused rather
than converted wrongly.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.errors import ModelMissing
from daemon.system.extras import adding
from daemon.system.files import private_folder, replacing
from daemon.words import tr

if TYPE_CHECKING:
    import numpy as np

PROJECTIONS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
ARCHITECTURES = ("qwen2", "qwen3", "gemma2", "gemma3")
NAMES = ((r"qwen-?2|starter", "qwen2"), (r"qwen-?3", "qwen3"), (r"gemma-?2", "gemma2"), (r"gemma-?3", "gemma3"))
TENSOR = re.compile(r"(?:.*\.)?layers\.(?P<layer>\d+)\.(?P<module>[a-z_.]+)\.lora_(?P<side>[AB])(?:\.[\w-]+)?\.weight")
CONFIG, WEIGHTS, TWIN = "adapter_config.json", "adapter_model.safetensors", "adapter.gguf"
LONGEST_HEADER = 100 * 2**20
"""The safetensors format's own limit."""
ROWS = 32
"""The rank is a multiple of this. ggml multiplies by ``lora_b`` in steps of 32 numbers and does a shorter row one by
one; rows and columns of zeros change no answer (dev/LOG.md has the seconds)."""
FILLED = "nippo.lora.filled"
"""The key of a twin that was filled up; the header begins with such keys."""
HEADER_BYTES = 4096


def gguf_twin(adapter: Path, cache: Path, architecture: str = "") -> Path:
    """Given a PEFT folder (or a GGUF LoRA, returned as it is), return its GGUF form: the folder's own ``adapter.gguf``,
    or one in ``cache/adapters``.

    The latter is named by the adapter's hash and made once, also where the folder's own is of an older kind (a sealed
    version is not written to); ``architecture`` is for a folder that does not say which base it is for. Raises
    ``ModelMissing``.
    """
    if adapter.is_file():
        return adapter
    own = adapter / TWIN
    if own.is_file() and (_filled(own) or not (adapter / WEIGHTS).is_file()):
        return own
    name = adapter_hash(adapter)
    target = cache / "adapters" / f"{name}-{ROWS}.gguf"
    if not target.is_file():
        private_folder(target.parent)  # it has learned from diaries, unlike what else lies in the cache
        with replacing(target) as fresh:
            to_gguf(adapter, fresh, architecture)
        with contextlib.suppress(OSError):
            (target.parent / f"{name}.gguf").unlink()
    return target


def adapter_hash(adapter: Path) -> str:
    """SHA-256 over the adapter's settings and weights, in hex."""
    digest = hashlib.sha256()
    for name in (CONFIG, WEIGHTS):
        digest.update(_bytes(adapter / name))
    return digest.hexdigest()


def to_gguf(adapter: Path, target: Path, architecture: str = "") -> None:
    """Given a PEFT LoRA folder, write its GGUF form to ``target``; raises ``ModelMissing`` for what cannot be one."""
    config = _config(adapter)
    try:
        import gguf
    except ImportError:
        raise ModelMissing(
            tr("the package `gguf` is not installed"), tr("Run `{adding}`.", adding=adding("starter"))
        ) from None
    base = architecture or base_architecture(adapter, config)
    if base not in ARCHITECTURES:
        raise ModelMissing(
            tr("adapters of {base} models are not converted", base=base), tr('Use engine.kind = "transformers".')
        )
    pairs = _pairs(read_safetensors(adapter / WEIGHTS), adapter)
    writer = gguf.GGUFWriter(target, base)
    writer.add_string("general.type", "adapter")
    writer.add_string("general.name", adapter.name)
    writer.add_string("adapter.type", "lora")
    rank = int(config["r"])
    writer.add_bool(FILLED, True)
    writer.add_float32("adapter.lora.alpha", effective_alpha(config) * _multiple(rank) / rank)
    for (layer, name), sides in sorted(pairs.items()):
        for side in ("a", "b"):
            writer.add_tensor(f"blk.{layer}.{name}.weight.lora_{side}", _filled_up(_half(sides[side]), side))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def effective_alpha(config: dict[str, Any]) -> float:
    """llama.cpp scales by alpha / r; rank-stabilised LoRA by alpha / sqrt(r) (arXiv:2312.03732), so alpha grows."""
    alpha, rank = float(config["lora_alpha"]), int(config["r"])
    return alpha * math.sqrt(rank) if config.get("use_rslora") else alpha


def base_architecture(adapter: Path, config: dict[str, Any]) -> str:
    """The base's llama.cpp architecture, from the base's own ``config.json`` or its name; raises ``ModelMissing``."""
    base = str(config.get("base_model_name_or_path") or "")
    description = Path(base) / "config.json"
    if base and description.is_file():
        return str(json.loads(description.read_text(encoding="utf-8"))["model_type"]).removesuffix("_text")
    for pattern, name in NAMES:
        if re.search(pattern, base, re.I):
            return name
    raise ModelMissing(
        tr("{adapter}: its base model's architecture is not known", adapter=adapter),
        tr("Use an adapter of a Qwen or Gemma model, or a GGUF."),
    )


def read_safetensors(file: Path) -> dict[str, np.ndarray[Any, Any]]:
    """All tensors of a safetensors file as float32. Given float32, float16 or bfloat16; raises ``ModelMissing``.

    Format: 8 bytes of header length, a JSON header, the data. A bfloat16 is the upper half of a float32.
    """
    import numpy as np

    data = _bytes(file)
    try:
        (length,) = struct.unpack("<Q", data[:8])
        if length > min(LONGEST_HEADER, len(data) - 8):
            raise ValueError("header too long")
        header = json.loads(data[8 : 8 + length])
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            raw = data[start:end]
            if entry["dtype"] == "BF16":
                values = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
            else:
                values = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]).astype(np.float32)
            tensors[name] = values.reshape(entry["shape"])
        return tensors
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ModelMissing(
            tr("{file}: not a readable safetensors file ({problem})", file=file, problem=problem),
            tr("Restore or retrain it."),
        ) from None


def _pairs(
    tensors: dict[str, np.ndarray[Any, Any]], adapter: Path
) -> dict[tuple[int, str], dict[str, np.ndarray[Any, Any]]]:
    """(layer, GGUF name) → {"a": r × in, "b": out × r}. A tensor with another meaning is refused, not dropped."""
    pairs: dict[tuple[int, str], dict[str, np.ndarray[Any, Any]]] = {}
    for name, value in tensors.items():
        found = TENSOR.fullmatch(name)
        if not found or found["module"] not in PROJECTIONS:
            raise ModelMissing(
                tr("{adapter}: {name} has no counterpart in a GGUF LoRA", adapter=adapter, name=name),
                tr("Train LoRA on the seven projections only."),
            )
        key = (int(found["layer"]), PROJECTIONS[found["module"]])
        pairs.setdefault(key, {})[found["side"].lower()] = value
    if not pairs or any(len(sides) != 2 for sides in pairs.values()):
        raise ModelMissing(tr("{adapter}: tensors are missing", adapter=adapter), tr("Restore or retrain it."))
    return pairs


def _half(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    if not np.isfinite(value).all() or np.abs(value).max(initial=0.0) > np.finfo(np.float16).max:
        raise ModelMissing(
            tr("the adapter holds numbers beyond float16"), tr("It is damaged or its training diverged.")
        )
    return np.ascontiguousarray(value, dtype=np.float16)


def _multiple(rank: int) -> int:
    return -(-rank // ROWS) * ROWS


def _filled_up(value: np.ndarray[Any, Any], side: str) -> np.ndarray[Any, Any]:
    """A side with its rank (rows of "a", columns of "b") filled up with zeros."""
    import numpy as np

    axis = "ab".index(side)
    more = [(0, 0), (0, 0)]
    more[axis] = (0, _multiple(value.shape[axis]) - value.shape[axis])
    return np.pad(value, more)


def _filled(twin: Path) -> bool:
    try:
        with twin.open("rb") as stream:
            return FILLED.encode() in stream.read(HEADER_BYTES)
    except OSError as problem:
        raise ModelMissing(f"{twin}: {problem.strerror}", tr("Restore or retrain it.")) from None


def _config(adapter: Path) -> dict[str, Any]:
    try:
        config = json.loads(_bytes(adapter / CONFIG))
        if config["peft_type"] != "LORA":
            raise ModelMissing(
                tr("{adapter}: a {peft_type} adapter, not LoRA", adapter=adapter, peft_type=config["peft_type"]),
                tr("Train it as LoRA."),
            )
        int(config["r"]), float(config["lora_alpha"])
    except (ValueError, KeyError, TypeError):
        raise ModelMissing(
            tr("{adapter}: not PEFT's settings of a LoRA", adapter=adapter / CONFIG), tr("Restore or retrain it.")
        ) from None
    for key, plain in (("use_dora", (False, None)), ("bias", ("none", None)), ("modules_to_save", (None, []))):
        if config.get(key) not in plain:
            raise ModelMissing(
                tr("{adapter}: `{key}` has no counterpart in a GGUF LoRA", adapter=adapter, key=key),
                tr("Train it without."),
            )
    for key in ("rank_pattern", "alpha_pattern"):
        if config.get(key):
            raise ModelMissing(
                tr("{adapter}: `{key}` has no counterpart in a GGUF LoRA", adapter=adapter, key=key),
                tr("Train it without."),
            )
    return dict(config)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ModelMissing(f"{file}: {problem.strerror}", tr("Name a PEFT adapter folder.")) from None

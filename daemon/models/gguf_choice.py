"""Which of several GGUF files of one model is taken. Pure."""

from __future__ import annotations

import re
from pathlib import Path

from daemon.errors import ModelMissing
from daemon.words import tr

PREFERRED = ("q4_k_m", "q4_k_s", "q4_0", "q5_k_m", "q8_0")
"""Quantisations in the order in which one of several files is taken."""


def pick(files: list[Path], reference: str) -> Path:
    """Of several GGUF files the best known 4-bit one; raises ``ModelMissing`` without any."""
    models = [file for file in files if not re.search(r"mmproj|lora|adapter|imatrix", file.name, re.I)]
    if not models:
        raise ModelMissing(
            tr("{reference}: holds no GGUF model", reference=reference),
            tr('Name a GGUF file, or use engine.kind = "transformers" for a Hugging Face folder.'),
        )
    return min(models, key=lambda file: (_rank(file.name), file.name))


def _rank(name: str) -> int:
    return next((rank for rank, kind in enumerate(PREFERRED) if kind in name.lower()), len(PREFERRED))

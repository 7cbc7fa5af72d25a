"""What a model that is already on a machine is likely to be worth for Japanese daily reports. Pure.

A guess from what is known before anything is tried: how many parameters, how coarsely they are rounded, whether its
family was made for Japanese, whether the machine holds it. Families are sorted by what their makers say of them; none
was measured here. ``nippo evaluate`` measures, on a person's own days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from daemon.models.fitting import Machine, fits, needed, quick
from daemon.models.local_servers import LocalModel

Worth = Literal["likely", "perhaps", "hardly", "too large", "elsewhere"]
"""Whether it may beat the starter, which is smaller and trained for this: likely enough to compare them, perhaps,
hardly; more than the machine holds; not on this machine at all."""
Language = Literal["japanese", "multilingual", "english", "unknown"]

JAPANESE = re.compile(
    r"swallow|sarashina|llm-?jp|elyza|shisa|calm[23]|plamo|rinna|nekomata|youri|karakuri|\bezo\b|stockmark|abeja|japanese"
    r"|gemma-?2.*jpn|-jp\b|ja-",
    re.I,
)
MULTILINGUAL = re.compile(
    r"qwen|gemma|command|aya|mistral-(?:small|nemo|large)|ministral|phi-?4(?!-mini)|gpt-oss|glm|deepseek|granite-?[34]|exaone",
    re.I,
)
ENGLISH = re.compile(r"llama|mistral|mixtral|phi|smollm|falcon|vicuna|hermes|olmo|starcoder|lfm", re.I)
FOR_CODE = re.compile(r"code|math|sql|prover", re.I)
BITS = re.compile(r"(?i)(?:i?q|int)(\d)|(\d)-?bit|mxfp(4)|f(16)|bf(16)")
COARSE_BITS = 4
BITS_UNKNOWN = 4.8
"""Bits a parameter of Q4_K_M, which most programs load unless told otherwise."""


@dataclass(frozen=True)
class Appraisal:
    """A model with what it is likely to be worth. ``memory``: bytes that it takes while it writes (0: unknown);
    ``slow``: the machine's cores will take more than minutes over a report."""

    model: LocalModel
    worth: Worth
    language: Language
    memory: int
    slow: bool = False


def appraise(model: LocalModel, machine: Machine) -> Appraisal:
    """Given a model and the machine, say what it is likely to be worth."""
    language = language_of(model.name)
    weights = model.size or int(model.parameters * 1e9 * (bits_of(model) or BITS_UNKNOWN) / 8)
    memory = needed(weights) if weights else 0
    if model.elsewhere:
        return Appraisal(model, "elsewhere", language, 0)
    if weights and not fits(weights, machine):
        return Appraisal(model, "too large", language, memory)
    return Appraisal(model, _worth(model, language), language, memory, bool(weights) and not quick(weights, machine))


def _worth(model: LocalModel, language: Language) -> Worth:
    large = model.parameters or model.size * 8 / BITS_UNKNOWN / 1e9
    coarse = 0 < bits_of(model) < COARSE_BITS
    enough = {"japanese": 3.0, "multilingual": 6.5, "unknown": 12.0, "english": 12.0}[language]
    if large < 2.5 or FOR_CODE.search(model.name) or (language == "english" and large < enough):
        return "hardly"
    return "likely" if large >= enough and not coarse and language != "unknown" else "perhaps"


def ranked(models: list[Appraisal]) -> list[Appraisal]:
    """The best first: by worth, quick before slow, Japanese before other languages, large before small. Models of one
    worth stay in the program's order."""
    worths = ("likely", "perhaps", "hardly", "too large", "elsewhere")
    languages = ("japanese", "multilingual", "unknown", "english")

    def place(one: Appraisal) -> tuple[int, bool, int, float]:
        return worths.index(one.worth), one.slow, languages.index(one.language), -one.model.parameters

    return sorted(models, key=place)


def language_of(name: str) -> Language:
    """What languages a model's family was made for, by its name."""
    if JAPANESE.search(name):
        return "japanese"
    if MULTILINGUAL.search(name):
        return "multilingual"
    return "english" if ENGLISH.search(name) else "unknown"


def bits_of(model: LocalModel) -> int:
    """Bits a parameter, 0 where neither the program nor the name tells."""
    found = BITS.search(model.quantisation) or BITS.search(model.name)
    return int(next(digits for digits in found.groups() if digits)) if found else 0

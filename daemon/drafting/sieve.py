"""Which sentences are hardly worth a question: a linear look at their letters, before the model is asked. Pure but for
one small file.

A logistic regression over hashed character n-grams (feature hashing: Weinberger et al. 2009) of the sentence, and at
half weight of its neighbours; fitted by ``bench/experiments/sieve.py`` on the labelled sentences of the starter
corpus, which also says what it costs and spares (dev/LOG.md). It only ever drops what is clearly no study."""

from __future__ import annotations

import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from daemon.checks.text import normalise
from daemon.system.shipped import starter_folder

BUCKETS = 2**15
LONGEST = 3
NEIGHBOUR = 0.5
"""How much the sentences before and behind count."""
FILE = "sieve.json"


@dataclass(frozen=True)
class Sieve:
    """Weights of ``BUCKETS`` n-gram buckets, a constant, and the log-odds under which a sentence is passed over."""

    weights: tuple[float, ...]
    constant: float
    least: float

    def passes(self, sentences: Sequence[str]) -> list[bool]:
        """Given a day's sentences in order, return for each whether it is worth a question."""
        own = [features(sentence) for sentence in sentences]
        return [self._log_odds(own, at) >= self.least for at in range(len(own))]

    def _log_odds(self, own: Sequence[dict[int, float]], at: int) -> float:
        near = [own[other] for other in (at - 1, at + 1) if 0 <= other < len(own)]
        return self.constant + self._sum(own[at]) + NEIGHBOUR * sum(map(self._sum, near))

    def _sum(self, counts: dict[int, float]) -> float:
        return sum(self.weights[bucket] * value for bucket, value in counts.items())


def features(sentence: str) -> dict[int, float]:
    """The hashed character n-grams (1 to 3) of a sentence: bucket → value, of length 1 together (L2)."""
    text = normalise(sentence).lower()
    counts = Counter(_hashed(_grams(text)))
    length = math.sqrt(sum(count * count for count in counts.values())) or 1.0
    return {bucket: count / length for bucket, count in counts.items()}


def _grams(text: str) -> Iterable[str]:
    padded = f"^{text}$"
    return (padded[at : at + size] for size in range(1, LONGEST + 1) for at in range(len(padded) - size + 1))


def _hashed(grams: Iterable[str]) -> Iterable[int]:
    return (zlib.crc32(gram.encode()) % BUCKETS for gram in grams)


@lru_cache(maxsize=2)
def load_sieve(file: Path | None = None) -> Sieve | None:
    """The sieve that ships, None where none does. Weights lie in the file as whole steps of ``scale``."""
    path = file or starter_folder() / FILE
    if not path.is_file():
        return None
    values = json.loads(path.read_text(encoding="utf-8"))
    weights = [0.0] * BUCKETS
    for bucket, step in values["weights"]:
        weights[bucket] = step * values["scale"]
    return Sieve(tuple(weights), float(values["constant"]), float(values["least"]))

"""A sieve before the model, and what it would spare and cost: sentences that are hardly worth a question.

    python -m bench.experiments.sieve [--corpus data/starter/corpus.jsonl] [--fresh dev/readings/fresh.jsonl]

A logistic regression over hashed character n-grams (feature hashing: Weinberger et al. 2009) of the sentence, and at
half weight of its neighbours, fitted on the labelled train days. The threshold is taken on held-out train days (every
fifth) at each wished recall of sentences that give a line; dev days and fresh days are only measured. It is not part
of the product: what it spares are the cheap questions (dev/LOG.md).
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from daemon.checks.text import normalise
from daemon.config import Config
from daemon.drafting.sentences import asked, split
from daemon.vault.diary import prepare

BUCKETS = 2**15
LONGEST = 3
NEIGHBOUR = 0.5
"""How much the sentences before and behind count."""
RECALLS = (0.995, 0.99, 0.98)


@dataclass(frozen=True)
class Day:
    """A day's sentences, which of them give a line (None: not labelled), and for each fact what may tell it."""

    part: str
    sentences: tuple[str, ...]
    gives: tuple[bool, ...] | None
    facts: tuple[tuple[str, ...], ...]

    def lost(self, kept: Sequence[bool]) -> int:
        """The facts that a sentence tells, but none of those that are kept."""
        every, left = (
            normalise("\n".join(text for text, keep in zip(self.sentences, chosen, strict=True) if keep)).lower()
            for chosen in ([True] * len(self.sentences), kept)
        )
        words = [[normalise(one).lower() for one in any_of] for any_of in self.facts]
        return sum(any(one in every for one in any_of) and not any(one in left for one in any_of) for any_of in words)


def read_days(corpus: Path, fresh: Path) -> Iterator[Day]:
    """The labelled days of the corpus, and the fresh ones, whose sentences have no labels of their own."""
    for row in _rows(corpus):
        facts = tuple(tuple(fact["any_of"]) for fact in row.get("facts") or [])
        if "sentences" in row:
            texts, lines = zip(*row["sentences"], strict=True)
            yield Day(row["split"], texts, tuple(map(bool, lines)), facts)
    for row in _rows(fresh):
        prepared = prepare(row["diary"], Config().privacy).text
        cut = split(prepared)
        texts = tuple(cut[at].text for at in asked(cut, prepared))
        yield Day(f"fresh, {row['kind']}", texts, None, tuple(tuple(fact["any_of"]) for fact in row["facts"]))


def features(sentence: str) -> dict[int, float]:
    """The hashed character n-grams (1 to 3) of a sentence: bucket → value, of length 1 together (L2)."""
    text = normalise(sentence).lower()
    counts = Counter(zlib.crc32(gram.encode()) % BUCKETS for gram in _grams(text))
    length = math.sqrt(sum(count * count for count in counts.values())) or 1.0
    return {bucket: count / length for bucket, count in counts.items()}


def matrix(days: Sequence[Day]) -> Any:
    """Features (sentences, buckets) with the neighbours added."""
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for day in days:
        own = [features(sentence) for sentence in day.sentences]
        for at in range(len(own)):
            row = dict(own[at])
            for near in (at - 1, at + 1):
                for bucket, value in own[near].items() if 0 <= near < len(own) else ():
                    row[bucket] = row.get(bucket, 0.0) + NEIGHBOUR * value
            columns += row
            values += row.values()
            ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(ends) - 1, BUCKETS))


def labels(days: Sequence[Day]) -> Any:
    return np.array([gives for day in days for gives in day.gives or ()], float)


def fit(x: Any, y: Any, penalty: float) -> tuple[Any, float]:
    """Weights (buckets,) and constant of a logistic regression with an L2 penalty."""

    def loss(w: Any) -> tuple[float, Any]:
        z = x @ w[:-1] + w[-1]
        value = np.logaddexp(0, -np.where(y > 0, z, -z)).sum() + penalty * (w[:-1] @ w[:-1]) / 2
        slope = 1 / (1 + np.exp(-z)) - y
        return value, np.append(x.T @ slope + penalty * w[:-1], slope.sum())

    found = minimize(loss, np.zeros(BUCKETS + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return found[:-1], float(found[-1])


def auc(z: Any, y: Any) -> float:
    ranks = rankdata(z)
    yes, no = y.sum(), len(y) - y.sum()
    return float((ranks[y > 0].sum() - yes * (yes + 1) / 2) / (yes * no))


def at_recall(z: Any, y: Any, recall: float) -> float:
    """The highest threshold that keeps this share of the sentences with a line."""
    kept = np.sort(z[y > 0])
    return float(kept[max(0, math.floor((1 - recall) * len(kept)))])


def row_of(name: str, days: Sequence[Day], z: Any, least: float) -> str:
    """One row of the table: what a threshold spares and loses on some days."""
    kept = z >= least
    lengths = np.array([len(text) for day in days for text in day.sentences])
    ends = np.cumsum([len(day.sentences) for day in days])
    lost = sum(day.lost(part.tolist()) for day, part in zip(days, np.split(kept, ends[:-1]), strict=True))
    gives = labels(days)
    recall = f"{kept[gives > 0].mean():.3f}" if len(gives) == len(kept) else ""
    facts = sum(len(day.facts) for day in days)
    spared = f"{1 - kept.mean():.3f} | {lengths[~kept].sum() / lengths.sum():.3f}"
    return f"| {name} | {len(kept)} | {spared} | {recall} | {lost} of {facts} |"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--corpus", type=Path, default=Path("data/starter/corpus.jsonl"))
    given.add_argument("--fresh", type=Path, default=Path("dev/readings/fresh.jsonl"))
    given.add_argument("--penalty", type=float, default=1.0)
    options = given.parse_args()
    days = list(read_days(options.corpus, options.fresh))
    train = [day for day in days if day.part == "train"]
    fitted, held = [day for number, day in enumerate(train) if number % 5], train[::5]
    weights, constant = fit(matrix(fitted), labels(fitted), options.penalty)
    measured = {"held-out train": held} | {
        part: [day for day in days if day.part == part] for part in ("dev", "fresh, ordinary", "fresh, hard")
    }
    z = {name: matrix(part) @ weights + constant for name, part in measured.items()}
    for name in ("held-out train", "dev"):
        print(f"{name}: AUC {auc(z[name], labels(measured[name])):.3f}")
    print(
        "| days, recall wished | sentences | spared | letters spared | recall | facts lost |\n|---|---|---|---|---|---|"
    )
    for recall in RECALLS:
        least = at_recall(z["held-out train"], labels(held), recall)
        for name, part in measured.items():
            print(row_of(f"{name}, {recall}", part, z[name], least))


def _grams(text: str) -> Iterable[str]:
    padded = f"^{text}$"
    return (padded[at : at + size] for size in range(1, LONGEST + 1) for at in range(len(padded) - size + 1))


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()

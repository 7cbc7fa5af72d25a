"""Fit the sieve of ``daemon.drafting.sieve`` on the labelled sentences of the corpus, and say what it spares.

    python -m bench.experiments.sieve --corpus data/starter/corpus.jsonl --out data/starter/sieve.json

Train days fit, dev days decide nothing: they are measured at the end. The threshold is taken on held-out train days
(every fifth) at the wished recall of sentences that give a line.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from daemon.drafting.sieve import BUCKETS, NEIGHBOUR, features

Day = tuple[str, list[str], list[bool]]


def read_days(file: Path) -> list[Day]:
    """Split, sentences, and whether each gives a line, of every row with labels."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        (row["split"], [text for text, _ in row["sentences"]], [bool(lines) for _, lines in row["sentences"]])
        for row in rows
        if "sentences" in row
    ]


def matrix(days: list[Day]) -> tuple[Any, Any]:
    """Features (sentences, buckets) with the neighbours added, and labels (sentences,)."""
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    labels: list[bool] = []
    for _, sentences, gives in days:
        own = [features(sentence) for sentence in sentences]
        for at in range(len(own)):
            row = dict(own[at])
            for near in (at - 1, at + 1):
                for bucket, value in own[near].items() if 0 <= near < len(own) else ():
                    row[bucket] = row.get(bucket, 0.0) + NEIGHBOUR * value
            columns += row
            values += row.values()
            ends.append(len(columns))
        labels += gives
    return csr_matrix((values, columns, ends), shape=(len(labels), BUCKETS)), np.array(labels, float)


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


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--corpus", type=Path, required=True)
    given.add_argument("--out", type=Path, required=True)
    given.add_argument("--recall", type=float, default=0.99)
    given.add_argument("--penalty", type=float, default=1.0)
    options = given.parse_args()
    days = read_days(options.corpus)
    train, dev = ([day for day in days if (day[0] == "dev") == wanted] for wanted in (False, True))
    x, y = matrix([day for number, day in enumerate(train) if number % 5])
    held_x, held_y = matrix(train[::5])
    weights, constant = fit(x, y, options.penalty)
    least = at_recall(held_x @ weights + constant, held_y, options.recall)
    scale = float(np.abs(weights).max() / 127)
    steps = np.round(weights / scale).astype(int)
    print(f"{len(y)} sentences to fit, {len(held_y)} for the threshold, least log-odds {least:.2f}")
    for name, part in (("held-out train", train[::5]), ("dev", dev)):
        px, py = matrix(part)
        z = px @ (steps * scale) + constant
        kept = z >= least
        figures = f"AUC {auc(z, py):.3f}, recall {kept[py > 0].mean():.3f}, spared {1 - kept.mean():.3f}"
        print(f"{name}: {len(py)} sentences, {figures}")
    listed = [[int(bucket), int(steps[bucket])] for bucket in np.flatnonzero(steps)]
    values = {"scale": scale, "constant": constant, "least": least, "weights": listed}
    options.out.write_text(json.dumps(values, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Fit the one rule that says how likely a line is true, and show how far it can be believed.

    python -m bench.calibration LINES.jsonl [LINES.jsonl …]

A row a line: {"day", "label": "T" | "F" | "P" | "U", "likelihood", "judged": {"T", "F", "P", "U"}, "nothing", "plan"};
what is null is not known. Days are left out in five folds, so that every figure is of days that the rule
was not fitted on. Printed: the weights over all days for ``daemon.drafting.confidence``, AUC of each sign and of the
rule, the reliability curve, and truth against lines kept."""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.stats import rankdata

from daemon.drafting.confidence import WEIGHTS, Signs
from daemon.drafting.judge import judgement_of

FOLDS = 5
PENALTY = 1.0


def read(files: list[Path]) -> tuple[list[str], Any, Any]:
    """Days, features (lines, weights) in the order of ``WEIGHTS``, and whether each line is true."""
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    signs = [
        Signs(row["likelihood"], judgement_of(row["judged"] or {}), row["nothing"], bool(row["plan"])) for row in rows
    ]
    x = np.array([[one.features()[name] for name in WEIGHTS] for one in signs])
    return [row["day"] for row in rows], x, np.array([row["label"] == "T" for row in rows], float)


def fit(x: Any, y: Any) -> Any:
    """Weights of a logistic regression with a small L2 penalty on all but the constant."""
    free = np.array([0.0 if name == "constant" else PENALTY for name in WEIGHTS])

    def loss(w: Any) -> tuple[float, Any]:
        z = x @ w
        value = np.logaddexp(0, -np.where(y > 0, z, -z)).sum() + (free * w * w).sum() / 2
        return value, x.T @ (1 / (1 + np.exp(-z)) - y) + free * w

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x


def auc(values: Any, y: Any) -> float:
    """Area under the ROC curve by ranks, ties counted half; nan with one class only."""
    ranks, yes, no = rankdata(values), y.sum(), len(y) - y.sum()
    return float((ranks[y > 0].sum() - yes * (yes + 1) / 2) / (yes * no)) if yes and no else float("nan")


def held_out(days: list[str], x: Any, y: Any) -> Any:
    """For each line the probability by a rule that was fitted without its day."""
    fold = np.array([zlib.crc32(day.encode()) % FOLDS for day in days])
    found = np.zeros(len(y))
    for number in range(FOLDS):
        weights = fit(x[fold != number], y[fold != number])
        found[fold == number] = 1 / (1 + np.exp(-(x[fold == number] @ weights)))
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("lines", type=Path, nargs="+", metavar="LINES")
    days, x, y = read(given.parse_args().lines)
    print(f"{len(y)} lines of {len(set(days))} days, {y.mean():.1%} true\n")
    print("weights:", json.dumps(dict(zip(WEIGHTS, np.round(fit(x, y), 3).tolist(), strict=True))), "\n")
    p = held_out(days, x, y)
    for column, name in enumerate(WEIGHTS):
        if name != "constant":
            print(f"AUC {name}: {auc(x[:, column], y):.3f}")
    print(f"AUC of the rule, days left out: {auc(p, y):.3f}\n")
    print("| confidence | lines | told | true |\n|---|---|---|---|")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        part = (p >= low) & (p < high)
        if part.any():
            print(f"| {low:.1f}-{min(high, 1):.1f} | {part.sum()} | {p[part].mean():.2f} | {y[part].mean():.2f} |")
    print("\n| kept from | lines | of all | true | true lines |\n|---|---|---|---|---|")
    for least in (0.0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        part = p >= least
        if part.any():
            print(f"| {least:.2f} | {part.sum()} | {part.mean():.0%} | {y[part].mean():.1%} | {int(y[part].sum())} |")


if __name__ == "__main__":
    main()

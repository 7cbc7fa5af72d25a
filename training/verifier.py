"""Train the verifier: an adapter that answers for a line of a report whether it may stand (``daemon.verifier``).

    python -m training.verifier --lines data/starter/lines.jsonl --out FOLDER

One pack for each diary: its beginning once, then every line (``training.packs``). The loss looks at the one token of
the answer. Told after each epoch, on the dev days: AUC of "may stand" against the other answers (the chance that a line
that may stand is given more than one that may not), and the mean negative log-likelihood of the labels in nats.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.config import PrivacySettings
from daemon.diary import prepare
from daemon.errors import NippoError, UsageError
from daemon.verifier import LABELS, render
from training.dataset import IGNORED
from training.exits import ExitCode

MOST_LINES = 16
"""Lines of one pack: 28 layers keep about 3 MB a token."""


@dataclass(frozen=True)
class Day:
    """A diary as the model sees it, and lines written from it with the answer to each."""

    id: str
    split: str
    diary: str
    lines: tuple[tuple[str, str], ...]


def read_days(files: Sequence[Path], corpus: Path) -> list[Day]:
    """Given files of ``{"id", "lines": [[text, answer], …]}`` and the corpus that holds the diaries, return the days.

    Raises ``UsageError`` for a line of another form, an answer that is none of ``LABELS``, or an unknown id.
    """
    rows = {row["id"]: row for row in map(json.loads, corpus.read_text(encoding="utf-8").splitlines())}
    days = []
    for file in files:
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                values = json.loads(text)
                row = rows[values["id"]]
                lines = tuple((str(line), LABELS[LABELS.index(answer)]) for line, answer in values["lines"])
            except (ValueError, KeyError, TypeError) as problem:
                raise UsageError(f"{file.name}, line {number}: {problem!r}", "Mend this line.") from None
            days.append(Day(row["id"], row["split"], prepare(row["diary"], PrivacySettings()).text, lines))
    return days


def parted(days: Sequence[Day], every: int = 0) -> tuple[list[Day], list[Day]]:
    """The days to train on, and those held out: the dev days and, unless ``every`` is 0, each ``every``-th one."""
    held = {day.id for day in days if day.split == "dev"} | {day.id for day in (days[::every] if every else ())}
    return [day for day in days if day.id not in held], [day for day in days if day.id in held]


def encode_day(tokenizer: Any, day: Day) -> list[dict[str, list[int]]]:
    """The lines of a day as rows of ``training.packs``: prompt and answer, the answer's token labelled."""
    rows = []
    for line, answer in day.lines:
        prompt = tokenizer.apply_chat_template(render(day.diary, line), tokenize=False, add_generation_prompt=True)
        ids = list(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        rows.append({"input_ids": [*ids, answer_token(tokenizer, answer)], "labels": [IGNORED] * len(ids)})
        rows[-1]["labels"].append(rows[-1]["input_ids"][-1])
    return rows


def answer_token(tokenizer: Any, answer: str) -> int:
    """The token of an answer; raises ``UsageError`` for a tokenizer that splits it."""
    ids = tokenizer(answer, add_special_tokens=False)["input_ids"]
    if len(ids) != 1:
        raise UsageError(f"this base writes {answer} in {len(ids)} tokens", "Use the starter model as the base.")
    return int(ids[0])


def packs_of(tokenizer: Any, day: Day) -> list[dict[str, Any]]:
    """The day's packs of at most ``MOST_LINES`` lines."""
    from training.packs import pack

    rows = encode_day(tokenizer, day)
    return [pack(rows[start : start + MOST_LINES]) for start in range(0, len(rows), MOST_LINES)]


def states(model: Any, part: dict[str, Any]) -> Any:
    """The model's states (lines, width) from which each line's answer is read."""
    device = next(model.parameters()).device
    below = part.get("below")
    hidden = model.get_base_model().model(
        input_ids=None if below is not None else part["input_ids"].to(device),
        inputs_embeds=below,
        position_ids=part["position_ids"].to(device),
        use_cache=False,
        segments=part["segments"],
    )
    return hidden.last_hidden_state[0, part["places"].to(device)]


@contextmanager
def upper_layers(model: Any, frozen: int, parts: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Within it the model is its layers above the ``frozen`` lowest ones, and each part keeps as ``below`` what leaves
    those, (1, tokens, width): they never change, so they run once, not once an epoch. With 0 all stays as it is."""
    import torch

    if not frozen:
        yield
        return
    inner = model.get_base_model().model
    layers, norm = inner.layers, inner.norm
    try:
        inner.layers, inner.norm = layers[:frozen], torch.nn.Identity()
        device = next(model.parameters()).device
        with torch.no_grad():
            for part in parts:
                inputs = {name: part[name].to(device) for name in ("input_ids", "position_ids")}
                part["below"] = inner(**inputs, use_cache=False, segments=part["segments"]).last_hidden_state
        inner.layers, inner.norm = layers[frozen:], norm
        yield
    finally:
        inner.layers, inner.norm = layers, norm


def loss_of(model: Any, part: dict[str, Any]) -> Any:
    """The summed negative log-likelihood of a pack's answers in nats."""
    import torch

    logits = model.get_base_model().get_output_embeddings()(states(model, part)).float()
    return torch.nn.functional.cross_entropy(logits, part["targets"].to(logits.device), reduction="sum")


def answers(model: Any, ids: Sequence[int], parts: Iterable[dict[str, Any]]) -> list[tuple[float, ...]]:
    """For each line of a day's packs the probabilities of the answers whose tokens are given, scaled to 1."""
    import torch

    found: list[tuple[float, ...]] = []
    with torch.no_grad():
        for part in parts:
            logits = model.get_base_model().get_output_embeddings()(states(model, part)).float()[:, list(ids)]
            found += [tuple(row) for row in torch.softmax(logits, -1).tolist()]
    return found


def auc(values: Sequence[float], positive: Sequence[bool]) -> float:
    """Area under the ROC curve by ranks (Mann and Whitney 1947), ties counted half; nan with one class only."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    yes = sum(positive)
    no = len(positive) - yes
    if not yes or not no:
        return math.nan
    total = sum(float(rank) for rank, one in zip(ranks, positive, strict=True) if one)
    return (total - yes * (yes + 1) / 2) / (yes * no)


def evaluate(
    model: Any, ids: Sequence[int], days: Iterable[tuple[Day, list[dict[str, Any]]]]
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Given days with their packs, return AUC and likelihood over all lines, and one record a line with its
    probabilities."""
    model.eval()
    records: list[dict[str, Any]] = [
        {"id": day.id, "line": line, "label": answer, "probabilities": [round(value, 4) for value in values]}
        for day, parts in days
        for (line, answer), values in zip(day.lines, answers(model, ids, parts), strict=True)
    ]
    right = [record["label"] == LABELS[0] for record in records]
    told = [max(record["probabilities"][LABELS.index(record["label"])], 1e-6) for record in records]
    scores = {
        "auc": auc([record["probabilities"][0] for record in records], right),
        "nll": -sum(map(math.log, told)) / max(len(told), 1),
        "lines": float(len(records)),
    }
    return scores, records


def train(given: argparse.Namespace) -> None:
    """Train as asked; writes ``adapter/``, ``dev.jsonl`` and, last, ``result.json``."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AttentionInterface, AutoModelForCausalLM, AutoTokenizer

    from training.base import PROJECTIONS, resolve_base
    from training.lean import ATTENTION
    from training.packs import segment_attention

    days = read_days(given.lines, given.corpus)
    course, dev = parted(days, given.hold_out)
    base = resolve_base(given.base, _say)
    torch.manual_seed(given.seed)
    rng = random.Random(given.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    AttentionInterface.register(ATTENTION, segment_attention)
    tokenizer = AutoTokenizer.from_pretrained(base.folder)
    half = given.dtype == "bfloat16" or (given.dtype == "auto" and device.type == "cuda")
    kind = torch.bfloat16 if half else torch.float32
    plain = AutoModelForCausalLM.from_pretrained(base.folder, dtype=kind, attn_implementation=ATTENTION).to(device)
    layers = plain.config.num_hidden_layers
    frozen = layers - given.top_layers if 0 < given.top_layers < layers else 0
    lora = LoraConfig(
        r=given.rank,
        lora_alpha=2 * given.rank,
        target_modules=list(PROJECTIONS),
        layers_to_transform=list(range(frozen, layers)) if frozen else None,
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(plain, lora)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()
    parts = {day.id: packs_of(tokenizer, day) for day in days}
    ids = [answer_token(tokenizer, label) for label in LABELS]
    history = []
    optimizer = torch.optim.AdamW(weights, lr=given.learning_rate, weight_decay=0.01)
    steps = math.ceil(len(course) / given.days) * given.epochs
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 10) * 0.5 * (1 + math.cos(math.pi * step / steps))
    )
    with upper_layers(model, frozen, [part for each in parts.values() for part in each]):
        for epoch in range(1, given.epochs + 1):
            model.train()
            order = rng.sample(course, len(course))
            total = 0.0
            for start in range(0, len(order), given.days):
                group = order[start : start + given.days]
                count = sum(len(day.lines) for day in group)
                step_loss = 0.0
                for part in (part for day in group for part in parts[day.id]):
                    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                        loss = loss_of(model, part) / count
                    loss.backward()
                    step_loss += loss.item()
                torch.nn.utils.clip_grad_norm_(weights, 1.0)
                optimizer.step()
                optimizer.zero_grad()
                scheduler.step()
                total += step_loss * count
                _say(f"epoch {epoch}, {min(start + given.days, len(order))} of {len(order)} days: {step_loss:.3f}")
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                scores, records = evaluate(model, ids, [(day, parts[day.id]) for day in dev])
            scores["train_nll"] = total / max(sum(len(day.lines) for day in course), 1)
            history.append(scores)
            _say(f"epoch {epoch}: " + ", ".join(f"{name} {value:.4g}" for name, value in scores.items()))
            _write_lines(given.out / f"dev-{epoch}.jsonl", records)
    for weight in weights:
        weight.data = weight.data.to(kind)
    model.save_pretrained(given.out / "adapter")
    settings = {name: str(value) if isinstance(value, Path) else value for name, value in vars(given).items()}
    settings["lines"] = [file.name for file in given.lines]
    result = {"base": {"reference": base.reference, "sha256": base.sha256}, "settings": settings, "epochs": history}
    (given.out / "result.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_lines(file: Path, records: Iterable[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """``python -m training.verifier --lines FILE … --out DIR``."""
    from daemon.assets import starter_folder

    command = argparse.ArgumentParser(prog="python -m training.verifier", description="Train a verifier of lines.")
    command.add_argument("--lines", type=Path, nargs="+", required=True, metavar="FILE", help="JSON lines: id, lines")
    command.add_argument("--corpus", type=Path, default=starter_folder() / "corpus.jsonl")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty or new folder")
    command.add_argument("--base", default="starter")
    command.add_argument("--epochs", type=int, default=3)
    command.add_argument("--days", type=int, default=4, help="diaries of one optimizer step")
    command.add_argument("--rank", type=int, default=8, help="alpha is twice the rank")
    command.add_argument(
        "--top-layers",
        type=int,
        default=0,
        metavar="N",
        help="adapt the last N layers only, the others run once; 0 = all",
    )
    command.add_argument("--hold-out", type=int, default=0, metavar="N", help="hold every N-th day out, beside dev")
    command.add_argument("--learning-rate", type=float, default=2e-4)
    command.add_argument(
        "--dtype", choices=("auto", "bfloat16", "float32"), default="auto", help="auto: 16 bit on a GPU"
    )
    command.add_argument("--seed", type=int, default=3407)
    given = command.parse_args(arguments)
    try:
        if given.out.exists() and any(given.out.iterdir()):
            raise UsageError(f"{given.out} is not empty", "Name a new folder.")
        given.out.mkdir(parents=True, exist_ok=True)
        train(given)
    except NippoError as problem:
        _say(str(problem))
        return ExitCode.USAGE if isinstance(problem, UsageError) else ExitCode.FAILED
    return ExitCode.OK


if __name__ == "__main__":
    raise SystemExit(main())

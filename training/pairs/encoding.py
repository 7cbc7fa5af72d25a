"""Rows to token ids with a label mask: the loss looks at the report and its end token, at nothing else.

The prompt is the daemon's own (``daemon.drafting.prompt`` over ``daemon.vault.diary.prepare``), in the model's own
chat template, so that training and serving see the same tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.checks import learn_form
from daemon.config import PrivacySettings
from daemon.config.report_form import ReportSettings
from daemon.drafting.prompt import render_prompt
from daemon.drafting.school_layout import plain_form, undress
from daemon.engines.protocol import Message
from daemon.vault.diary import prepare
from training.pairs.rows import Row

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""Label of a token that does not count (PyTorch's ``ignore_index``)."""


@dataclass(frozen=True)
class Example:
    """One row as tokens. ``labels`` equals ``input_ids`` on the report and its end token, ``IGNORED`` before."""

    id: str
    input_ids: list[int]
    labels: list[int]

    @property
    def size(self) -> int:
        return len(self.input_ids)

    def row(self) -> dict[str, list[int]]:
        """As the trainer's data set holds it."""
        return {"input_ids": self.input_ids, "labels": self.labels}


def row_forms(rows: Sequence[Row], report: ReportSettings) -> list[ReportSettings]:
    """The form of report of each row: the person's learned form for accepted pairs, the default otherwise.

    ``form`` of a row wins. Starter rows are in the default form whatever the person's settings are, because their
    reports were written in it.
    """
    accepted = sorted((row for row in rows if row.accepted), key=lambda row: (row.date, row.id))
    own = learn_form([row.report or "" for row in accepted], report)
    default = ReportSettings()
    return [ReportSettings(**{**(own if row.accepted else default).model_dump(), **row.form}) for row in rows]


def messages(row: Row, form: ReportSettings, privacy: PrivacySettings) -> list[Message]:
    """The prompt of a row, as the daemon would send it."""
    return render_prompt(prepare(row.diary, privacy).text, plain_form(form))


def prompt_text(tokenizer: Any, prompt: Sequence[Message]) -> str:
    """The prompt in the model's chat template, up to where the assistant begins to write."""
    return str(tokenizer.apply_chat_template(list(prompt), tokenize=False, add_generation_prompt=True))


def encode(tokenizer: Any, prompt: Sequence[Message], report: str, name: str = "") -> Example:
    """Given a prompt and its report, return tokens and labels.

    Prompt and answer are tokenised apart, as in serving, where the model continues a finished prompt. The answer ends
    with the template's own end of turn; what the template puts behind it (Qwen: a line feed) is never generated and is
    left out. Raises ValueError for a template whose full chat does not begin with the prompt.
    """
    head = prompt_text(tokenizer, prompt)
    chat = [*prompt, {"role": "assistant", "content": report.strip()}]
    full = str(tokenizer.apply_chat_template(chat, tokenize=False))
    if not full.startswith(head):
        raise ValueError("the chat template changes the prompt once an answer follows")
    answer = full[len(head) :].rstrip()
    before = list(tokenizer(head, add_special_tokens=False)["input_ids"])
    after = list(tokenizer(answer, add_special_tokens=False)["input_ids"])
    if after[-1:] != [tokenizer.eos_token_id]:
        after.append(tokenizer.eos_token_id)
    return Example(name, before + after, [IGNORED] * len(before) + after)


def encode_rows(tokenizer: Any, rows: Sequence[Row], report: ReportSettings, privacy: PrivacySettings) -> list[Example]:
    """All rows of a run (each with a report) as examples, in order."""
    forms = row_forms(rows, report)
    return [
        encode(tokenizer, messages(row, form, privacy), undress(row.report or "", form), row.id)
        for row, form in zip(rows, forms, strict=True)
    ]


def fitting(examples: Sequence[Example], max_length: int) -> tuple[list[Example], list[str]]:
    """Split into the examples within ``max_length`` tokens and the ids of the longer ones.

    A longer one is left out, never cut: without the end of its diary a report teaches invention, without the end of its
    report it teaches never to stop.
    """
    kept = [example for example in examples if len(example.input_ids) <= max_length]
    return kept, [example.id for example in examples if len(example.input_ids) > max_length]


@dataclass(frozen=True)
class Collator:
    """Right-padded batches of shape (rows, longest row), without attention mask.

    A causal model needs none when padding stands on the right and carries no label; with one, bf16 SDPA gave NaN
    gradients.
    ``positions`` adds ``position_ids``, which TRL's token count asks for in the mask's place.
    """

    pad_token_id: int
    positions: bool = True

    def __call__(self, examples: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        import torch

        width = max(len(example["input_ids"]) for example in examples)
        ids = torch.full((len(examples), width), self.pad_token_id, dtype=torch.long)
        labels = torch.full((len(examples), width), IGNORED, dtype=torch.long)
        for row, example in enumerate(examples):
            size = len(example["input_ids"])
            ids[row, :size] = torch.tensor(example["input_ids"])
            labels[row, :size] = torch.tensor(example["labels"])
        batch = {"input_ids": ids, "labels": labels}
        if self.positions:
            batch["position_ids"] = torch.arange(width).expand(len(examples), width).contiguous()
        return batch

"""One diary and some questions about it, and what transformers itself says to them, for tests of all engines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from daemon.config.report_form import ReportSettings
from daemon.drafting.prompt import system_text
from daemon.engines.protocol import Message

DIARY = "【日記】\n朝はJavaの授業。Mapの練習をした。\n凌とカレー。夜はSQLのJOINを復習した。\n【日記ここまで】\n\n"
SENTENCES = ("文: 朝はJavaの授業。", "文: Mapの練習をした。", "文: 凌とカレー。", "文: 夜はSQLのJOINを復習した。")
LETTERS = ("\n", "Q", "g", "文")
END_OF_QUESTION = "<|im_end|>\n<|im_start|>assistant\n"


def beginning(diary: str = DIARY) -> list[Message]:
    return [{"role": "system", "content": system_text(ReportSettings())}, {"role": "user", "content": diary}]


class Reference:
    """A Hugging Face folder in float32: tokens as training sees them, greedy answers, log-probabilities."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._torch = torch
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def tokens(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt(self, messages: Sequence[Message], question: str) -> list[int]:
        """tokens(beginning rendered) + tokens(question, end of turn, assistant header)."""
        system, user = (message["content"] for message in messages)
        head = f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}"
        return self.tokens(head) + self.tokens(question + END_OF_QUESTION)

    def logprobs(self, tokens: Sequence[int]) -> Any:
        """Log-probabilities (tokens, vocabulary) of the token after each place."""
        with self._torch.no_grad():
            logits = self._model(input_ids=self._torch.tensor([list(tokens)])).logits[0]
        return self._torch.log_softmax(logits.float(), -1)

    def greedy(self, prompt: Sequence[int], most: int) -> tuple[list[int], list[float]]:
        """The likeliest tokens, one after the other, without the end of the turn, and their log-probabilities."""
        written: list[int] = []
        values: list[float] = []
        while len(written) < most:
            last = self.logprobs([*prompt, *written])[-1]
            token = int(last.argmax())
            if token == self._tokenizer.eos_token_id:
                break
            written.append(token)
            values.append(float(last[token]))
        return written, values

    def text(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def line_means(self, tokens: Sequence[int], values: Sequence[float]) -> list[float]:
        """The mean of each line's log-probabilities; a token that ends a line counts for it."""
        lines: list[list[float]] = [[]]
        for token, value in zip(tokens, values, strict=True):
            lines[-1].append(value)
            lines += [[] for _ in range(self.text([token]).count("\n"))]
        return [sum(line) / max(len(line), 1) for line in lines]

"""Whether a line of a report may stand: a model reads the diary with that one line beside it and answers with a letter.

A verifier (Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems"): to see that a line is wrong is easier
than never to write one. It is a second adapter over the base that writes. The prompt stands in this one place for
training and for serving; changing a word here asks for a new adapter. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.prompt import Message

LABELS = "TFPU"
"""The answers, one token each with any tokenizer: may stand (true), is false, is private, must be worded anew
(unclear)."""
SYSTEM = """\
あなたは学校に出す日報を確かめる係です。学生の日記と、日報の一行を読み、次の一字で答えます。
T: 書いてあるとおりのことを本人が行い(「今後は」の行なら予定していて)、数字も用語も日記と合う。
F: 日記と合わないところがある。予定や中止を行ったことにした、他人のことを本人がしたことにした、\
数字や関係を取り違えた、日記にない。
P: 人名、感情、恋愛、家族、友人、健康、お金、趣味、ゲーム、アルバイト、生活のことで、日報に書かない。
U: 誤りではないが、意味が通らない、またはくだけた文で、書き直さなければ出せない。"""


@dataclass(frozen=True)
class Verdict:
    """Probabilities of the four answers for one line; they add up to 1."""

    right: float
    wrong: float
    private: float
    rough: float


def verdict_of(probabilities: Mapping[str, float]) -> Verdict:
    """Given the probabilities of next tokens, those of ``LABELS`` among them as far as they are known, return them
    scaled to 1. None known: every answer is as likely as the others."""
    values = [max(probabilities.get(label, 0.0), 0.0) for label in LABELS]
    whole = sum(values)
    return Verdict(*(value / whole for value in values)) if whole > 0 else Verdict(0.25, 0.25, 0.25, 0.25)


def render(diary: str, line: str) -> list[Message]:
    """Given a prepared diary and a line as it stands in the report, with its bullet or 「今後は、」, return the chat
    messages up to the answer. All lines of one diary share the beginning."""
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"【日記】\n{diary.strip()}\n【日記ここまで】\n\n日報の行: {line.strip()}"},
    ]

"""A raw answer as a person would paste it."""

from __future__ import annotations

import pytest

from daemon.config.report_form import ReportSettings
from daemon.drafting.tidy import tidy

LEAD = "本日は、以下の学習と課題を完了しました:"
GOOD = f"{LEAD}\n\n* Javaの授業で、配列について学習しました。\n* SQLの結合の課題を提出しました。"


@pytest.mark.parametrize(
    "raw",
    [
        f"```markdown\n{GOOD}\n```",
        GOOD.replace("* ", "- "),
        GOOD.replace("* ", "・"),
        GOOD.replace("* ", "1. "),
        GOOD.replace(":", "："),
        GOOD.replace("\n", "\r\n") + "  \r\n\r\n",
        GOOD + "\n* SQLの結合の課題を提出しました。",
        f"以下が日報です。\n\n{GOOD}",
        f"{GOOD}<|im_end|>",
        GOOD.replace("\n\n", "\n\n\n\n"),
        f"**{LEAD}**{GOOD.removeprefix(LEAD)}",
    ],
)
def test_small_slips_of_the_model_are_tidied(raw: str) -> None:
    assert tidy(raw, ReportSettings()) == GOOD


def test_the_unfinished_last_line_of_a_cut_draft_goes() -> None:
    assert tidy(GOOD + "\n* Javaの例外に", ReportSettings(), cut=True) == GOOD


def test_a_loop_is_cut() -> None:
    looping = f"{LEAD}\n\n* " + "配列について学習し、" * 40
    assert len(tidy(looping, ReportSettings())) < 80


def test_the_persons_own_bullet_is_used() -> None:
    assert "・Javaの授業で" in tidy(GOOD, ReportSettings(bullet="・"))

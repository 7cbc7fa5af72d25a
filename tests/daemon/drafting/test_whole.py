"""A whole diary in one answer: of several drafts the best one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.checks import CheckSettings
from daemon.config import EngineSettings
from daemon.drafting.whole import best_of, samplings
from daemon.engines.protocol import Draft

DEFAULT = CheckSettings()
LEAD = "本日は、以下の学習と課題を完了しました:"
DIARY = "Javaの授業で配列を習った。SQLの結合の課題も出した。\n\n夜はみくちゃんと焼肉。"
GOOD = f"{LEAD}\n\n* Javaの授業で、配列について学習しました。\n* SQLの結合の課題を提出しました。"
THIN = f"{LEAD}\n\n* 授業に参加しました。"
LEAKING = f"{LEAD}\n\n* Javaの授業で、配列について学習しました。\n* みくちゃんと焼肉に行きました。"
INVENTING = f"{LEAD}\n\n* Javaの授業で、配列とKotlinについて学習し、SQLの結合の課題を提出しました。"


def draft(text: str, cut: bool = False) -> Draft:
    return Draft(text, prompt_tokens=1, generated_tokens=1, seconds=0.1, cut=cut)


def drafts(*texts: str, drawn: list[str] | None = None) -> Iterator[Draft]:
    for text in texts:
        if drawn is not None:
            drawn.append(text)
        yield draft(text)


def test_a_clean_full_draft_ends_the_search() -> None:
    drawn: list[str] = []
    best = best_of(drafts(LEAKING, GOOD, GOOD, drawn=drawn), DIARY, DEFAULT)
    assert (best.drafts, best.text) == (2, GOOD)
    assert drawn == [LEAKING, GOOD]


def test_a_thin_clean_draft_does_not_end_it_but_beats_faulty_ones() -> None:
    best = best_of(drafts(THIN, LEAKING, INVENTING), DIARY, DEFAULT)
    assert (best.text, best.drafts, best.generated_tokens) == (THIN, 3, 3)


def test_the_fuller_clean_draft_wins() -> None:
    assert best_of(drafts(THIN, GOOD), DIARY, DEFAULT).text == GOOD


def test_an_invention_is_better_than_a_leak() -> None:
    assert best_of(drafts(LEAKING, INVENTING), DIARY, DEFAULT).text == INVENTING


def test_a_cut_draft_is_told_only_when_it_is_the_one() -> None:
    cut = draft(GOOD + "\n* Javaの例外に", cut=True)
    assert best_of([cut], DIARY, DEFAULT).cut
    assert not best_of([draft(THIN), draft(GOOD)], DIARY, DEFAULT).cut


def test_no_draft_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        best_of([], DIARY, DEFAULT)


def test_the_first_draft_is_greedy_unless_something_new_is_wanted() -> None:
    plain = samplings(EngineSettings())
    assert [each.temperature for each in plain] == [0.0, 0.7, 0.7, 0.7]
    assert [each.seed for each in plain] == [3407, 3408, 3409, 3410]
    assert samplings(EngineSettings(), seed=3407) == plain
    anew = samplings(EngineSettings(), seed=9)
    assert [each.temperature for each in anew] == [0.7] * 4
    assert len(samplings(EngineSettings(temperature=0))) == 1

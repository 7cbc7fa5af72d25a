"""Of several drafts the best one, and what is written of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.checks import CheckSettings
from daemon.config import PrivacySettings, ReportSettings
from daemon.drafting.selection import NOTHING_FOUND, PLACEHOLDER, choose, finish, repair, tidy
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
    selected = choose(drafts(LEAKING, GOOD, GOOD, drawn=drawn), DIARY, DEFAULT)
    assert (selected.index, selected.drafts_used, selected.text) == (1, 2, GOOD)
    assert drawn == [LEAKING, GOOD]


def test_a_thin_clean_draft_does_not_end_it_but_beats_faulty_ones() -> None:
    selected = choose(drafts(THIN, LEAKING, INVENTING), DIARY, DEFAULT)
    assert (selected.index, selected.drafts_used) == (0, 3)


def test_the_fuller_clean_draft_wins() -> None:
    assert choose(drafts(THIN, GOOD), DIARY, DEFAULT).index == 1


def test_an_invention_is_better_than_a_leak() -> None:
    assert choose(drafts(LEAKING, INVENTING), DIARY, DEFAULT).index == 1


def test_equal_drafts_give_the_first() -> None:
    assert choose(drafts(THIN, THIN, THIN), DIARY, DEFAULT).index == 0


def test_no_draft_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        choose([], DIARY, DEFAULT)


def test_a_clean_report_is_left_as_it_is() -> None:
    repaired = repair(GOOD, DIARY, DEFAULT)
    assert (repaired.body, repaired.status, repaired.warnings, repaired.removed) == (GOOD, "draft", (), 0)


def test_a_leaking_bullet_is_removed_and_told_without_its_text() -> None:
    repaired = repair(LEAKING, DIARY, DEFAULT)
    assert repaired.body == f"{LEAD}\n\n* Javaの授業で、配列について学習しました。"
    assert (repaired.status, repaired.removed) == ("needs-review", 1)
    assert repaired.warnings and "みく" not in "".join(repaired.warnings)
    assert repaired.score.passed("leak")


def test_a_leaking_closing_is_dropped() -> None:
    repaired = repair(f"{GOOD}\n\n今後は、みくちゃんと復習したいと考えています。", DIARY, DEFAULT)
    assert repaired.body == GOOD and repaired.removed == 1


def test_when_nothing_clean_is_left_the_note_says_so() -> None:
    repaired = repair(f"{LEAD}\n\n* みくちゃんと焼肉に行きました。", DIARY, DEFAULT)
    assert (repaired.body, repaired.status) == (PLACEHOLDER, "needs-review")
    assert any("手で書いて" in warning for warning in repaired.warnings)


def test_an_empty_answer_becomes_the_placeholder() -> None:
    assert repair("", DIARY, DEFAULT).body == PLACEHOLDER


def test_other_faults_become_japanese_warnings() -> None:
    repaired = repair(INVENTING, DIARY, DEFAULT)
    assert repaired.status == "needs-review" and repaired.body == INVENTING
    assert any("Kotlin" in warning and "1番目の項目" in warning for warning in repaired.warnings)


def test_a_denied_word_never_stands_in_the_body() -> None:
    settings = CheckSettings(privacy=PrivacySettings(deny=("SQL",)))
    assert "sql" not in repair(GOOD, DIARY, settings).body.lower()


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


def test_a_report_of_nothing_on_a_day_of_study_is_to_be_looked_at() -> None:
    nothing = DEFAULT.report.no_study
    studied = "Javaの授業で配列を習った。SQLの結合の課題も出した。Linuxの演習でchmodを試した。CSSの課題も終えた。"
    idle = "夜はみくちゃんと焼肉。よく寝た。"

    assert finish(choose(drafts(nothing), studied, DEFAULT), studied, DEFAULT).warnings == (NOTHING_FOUND,)
    assert finish(choose(drafts(nothing), studied, DEFAULT), studied, DEFAULT).status == "needs-review"
    assert finish(choose(drafts(nothing), idle, DEFAULT), idle, DEFAULT).status == "draft"

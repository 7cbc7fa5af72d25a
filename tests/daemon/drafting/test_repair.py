"""What is taken out of a report before it may be written, and what is told of it."""

from __future__ import annotations

from daemon.checks import CheckSettings
from daemon.config import PrivacySettings
from daemon.drafting.repair import NOTHING_FOUND, PLACEHOLDER, finish, repair

DEFAULT = CheckSettings()
LEAD = "本日は、以下の学習と課題を完了しました:"
DIARY = "Javaの授業で配列を習った。SQLの結合の課題も出した。\n\n夜はみくちゃんと焼肉。"
GOOD = f"{LEAD}\n\n* Javaの授業で、配列について学習しました。\n* SQLの結合の課題を提出しました。"
LEAKING = f"{LEAD}\n\n* Javaの授業で、配列について学習しました。\n* みくちゃんと焼肉に行きました。"
INVENTING = f"{LEAD}\n\n* Javaの授業で、配列とKotlinについて学習し、SQLの結合の課題を提出しました。"


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


def test_a_report_of_nothing_on_a_day_of_study_is_to_be_looked_at() -> None:
    nothing = DEFAULT.report.no_study
    studied = "Javaの授業で配列を習った。SQLの結合の課題も出した。Linuxの演習でchmodを試した。CSSの課題も終えた。"
    idle = "夜はみくちゃんと焼肉。よく寝た。"

    assert finish(nothing, studied, DEFAULT).warnings == (NOTHING_FOUND,)
    assert finish(nothing, studied, DEFAULT).status == "needs-review"
    assert finish(nothing, idle, DEFAULT).status == "draft"

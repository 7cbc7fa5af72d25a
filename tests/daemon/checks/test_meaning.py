"""Checks of meaning: what each must flag beside its diary sentence, and the near misses that it must leave alone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from daemon.checks.meaning import CHECKS, Fault, meaning_faults
from tests.daemon.checks.meaning_cases import FLAGGED, PASSED

FAR = "駅前の本屋に寄り、傘を買い、坂をのぼって帰った。" * 12
"""So much of another matter that nothing behind it belongs to the sentence."""


def cases(table: dict[str, str]) -> Iterator[tuple[str, tuple[str, str, str, str, str]]]:
    for check, rows in table.items():
        for row in rows.strip().splitlines():
            parts = [part.strip() for part in row.split("｜")]
            line, sentence, before, after, rest = parts + [""] * (5 - len(parts))
            rest = rest.replace("{far}", FAR)
            yield check, (line, sentence, before, after, f"{before}{sentence}{after}{rest}")


def name(case: object) -> str:
    return case if isinstance(case, str) else str(case[0]) if isinstance(case, tuple) else ""


def found(texts: tuple[str, str, str, str, str]) -> list[str]:
    return [fault.check for fault in meaning_faults(*texts)]


@pytest.mark.parametrize(("check", "texts"), list(cases(FLAGGED)), ids=name)
def test_what_is_not_so_is_flagged(check: str, texts: tuple[str, str, str, str, str]) -> None:
    assert check in found(texts)


@pytest.mark.parametrize(("check", "texts"), list(cases(PASSED)), ids=name)
def test_a_near_miss_is_left_alone(check: str, texts: tuple[str, str, str, str, str]) -> None:
    assert check not in found(texts)


def test_every_check_has_eight_cases_of_each_kind() -> None:
    for table in (FLAGGED, PASSED):
        assert set(table) == set(CHECKS)
        assert min(len(rows.strip().splitlines()) for rows in table.values()) >= 8


def test_a_bullet_and_wide_figures_change_nothing() -> None:
    plain = meaning_faults("検索を12問解きました。", "検索を8問解いた。", "", "", "検索を8問解いた。")
    wide = meaning_faults("* 検索を１２問解きました。", "検索を８問解いた。", "", "", "検索を８問解いた。")
    assert [fault.check for fault in plain] == ["figure"] and wide == plain


def test_a_fault_tells_a_person_what_is_wrong_and_holds_nothing_of_the_diary() -> None:
    fault = meaning_faults(
        "設定を直しました。", "設定は山田さんが直してくれた。", "", "", "設定は山田さんが直してくれた。"
    )[0]
    assert isinstance(fault, Fault) and fault.check == "favour"
    assert fault.message.endswith("。") and "山田" not in fault.message


def test_only_what_is_sure_turns_a_line_down() -> None:
    """A number said twice decides, a number from elsewhere only marks: what was measured, not what was hoped."""
    sentence = "演習は7問中4問。"
    both = meaning_faults("演習を7問解き、7問正解し、9問残しました。", sentence, "", "", sentence)
    assert {fault.check: fault.decides for fault in both} == {"number_twice": True, "figure": False}


def test_a_true_line_has_no_fault() -> None:
    assert meaning_faults("* 二分探索を実装しました。", "三限で二分探索を実装した。", "雨。", "疲れた。", "") == []


def test_nothing_to_compare_with_is_no_fault_and_no_error() -> None:
    assert meaning_faults("", "", "", "", "") == []
    assert meaning_faults("* 図を描きました。", "", "", "", "") == []


def test_a_diary_of_one_endless_sentence_is_looked_through_quickly() -> None:
    endless = "朝から再帰を書いて直して動かなくて友達が笑って12回やり直して" * 400
    meaning_faults("再帰を書きました。", "再帰を書いた。", "", "", "再帰を書いた。")
    begun = time.process_time()
    meaning_faults("* 再帰を12回書き直し、動きました。", endless, "", "", endless)
    assert time.process_time() - begun < 5

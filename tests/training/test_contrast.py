from __future__ import annotations

import json
import random

import pytest

from daemon.errors import UsageError
from training.contrast import contrasts_of, corrected, drafted, parts_of, spoiled
from training.rows import Fact, Row

REPORT = """本日は、以下の学習と課題を完了しました:

* JavaのListについて学習し、演習を3問解きました。
* CSSのFlexboxでカードを4列に並べました。

今後は、Mapの学習に取り組みたいと考えています。"""
ROW = Row(
    "r-1",
    "2026-04-01",
    "Javaの授業でListの演習を3問。CSSはFlexboxで4列。8時に美咲と餃子。明日はMap。",
    REPORT,
    private=("美咲", "餃子"),
    facts=(Fact("List", ("List",)), Fact("Flexbox", ("Flexbox",)), Fact("Map", ("Map",))),
)


def spoil(row: Row = ROW, seed: int = 3) -> dict[str, str]:
    return {contrast.kind: contrast.rejected for contrast in spoiled(row, random.Random(seed))}


def test_each_rule_spoils_the_report_in_its_own_way() -> None:
    found = spoil()

    assert set(found) == {"lost-fact", "lost-plan", "planned-as-done", "private", "number", "term"}
    assert found["lost-fact"].count("\n* ") == 1 and "今後は" in found["lost-fact"]
    assert found["lost-plan"] == REPORT.rpartition("\n\n")[0]
    assert (
        found["planned-as-done"].endswith("* Mapの学習に取り組みました。") and "今後は" not in found["planned-as-done"]
    )
    assert "美咲" in found["private"] or "餃子" in found["private"]
    assert found["number"] != REPORT and len(found["number"]) == len(REPORT)


def test_a_wrong_number_comes_from_the_diary() -> None:
    for seed in range(20):
        changed = spoil(seed=seed)["number"]
        assert {digit for digit in changed if digit.isdigit()} <= set("348")


def test_a_wrong_term_comes_from_another_bullet() -> None:
    first, second = {"Java", "List"}, {"CSS", "Flexbox", "カード"}
    for seed in range(20):
        changed = [line for line in spoil(seed=seed)["term"].split("\n") if line not in REPORT.split("\n")]
        assert len(changed) == 1
        own, other = (first, second) if "演習" in changed[0] else (second, first)
        assert sum(term in changed[0] for term in own) == len(own) - 1
        assert sum(term in changed[0] for term in other) == 1


def test_corrections_are_read_and_go_with_the_rows_they_belong_to() -> None:
    lines = [
        {"id": "r-1", "draft": "* 学びました。", "corrected": "* Listを学びました。"},
        {"id": "r-1", "draft": "* 同じです。", "corrected": "* 同じです。\n"},
        {"id": "r-9", "draft": "* a", "corrected": "* b"},
    ]

    found = corrected("\n".join(json.dumps(line) for line in lines) + "\n")

    assert [(one.id, one.kind, one.chosen) for one in found] == [
        ("r-1", "corrected", "* Listを学びました。"),
        ("r-9", "corrected", "* b"),
    ]
    assert contrasts_of([ROW], {}, 1, rules=0, corrections=found) == found[:1]
    with pytest.raises(UsageError, match="line 1"):
        corrected('{"id": "r-1"}')


def test_a_report_without_a_plan_gets_an_invented_one_about_its_own_facts() -> None:
    done = Row(
        ROW.id, ROW.date, ROW.diary, REPORT.rpartition("\n\n")[0], ROW.private, ROW.facts[:1] if ROW.facts else ()
    )

    found = spoil(done)

    assert "今後は、Listについて理解を深めたいと考えています。" in found["invented-plan"]
    assert "lost-plan" not in found and "planned-as-done" not in found


def test_a_day_without_study_gets_a_report_all_the_same() -> None:
    idle = Row("r-2", "2026-04-02", "美咲と餃子。", "本日は、記録された学習活動はありませんでした。", ("餃子",), ())

    assert list(spoil(idle)) == ["not-study"]
    assert "* 餃子について確認しました。" in spoil(idle)["not-study"]


def test_reports_in_another_form_are_left_alone() -> None:
    assert parts_of("【実施内容】\n・学んだ。") is None
    assert spoil(Row("r-3", ROW.date, ROW.diary, "【実施内容】\n・学んだ。", ("美咲",), ())) == {}
    assert spoil(Row("r-4", ROW.date, ROW.diary, None)) == {}


def test_the_models_own_bad_drafts_are_rejected_and_its_good_ones_are_not() -> None:
    good, poor = REPORT.replace("4列", "四列"), "* 美咲とListを学びました。"

    found = drafted(ROW, [good, poor, REPORT])

    assert [(one.kind, one.chosen, one.rejected) for one in found] == [
        ("own-draft", REPORT, poor),
        ("best-worst", good, poor),
    ]
    assert drafted(ROW, [good, REPORT]) == []
    assert drafted(Row("r-5", ROW.date, ROW.diary, REPORT), [poor]) == []

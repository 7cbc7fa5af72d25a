"""A diary becomes a report sentence by sentence: every line has its sentence, doubtful ones are drawn again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from daemon.config import Config, EngineSettings
from daemon.config.report_form import ReportSettings
from daemon.drafting.ask_day import Stage
from daemon.drafting.draft import draft_report
from daemon.drafting.prompt import HABITS
from daemon.drafting.repair import NOTHING_FOUND, PLACEHOLDER
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.vault.template import comparable
from tests.asking_engine import AskingEngine

LEAD = ReportSettings().lead
JAVA = "一限はJavaで、配列の使い方を習った。"
SQL = "SQLの結合の課題は、3問解いて提出した。"
DINNER = "夜は佐藤くんと焼肉で最高だった。"
PLAN = "明日はLinuxの小テストの勉強をする。"
DIARY = f"{JAVA}\n{SQL}\n\n{DINNER}\n{PLAN}"
GOOD = {
    JAVA: "* Javaの授業で、配列の使い方を学びました。",
    SQL: "* SQLの結合の課題を3問解き、提出しました。",
    PLAN: "今後は、明日、Linuxの小テストの勉強に取り組みたいと考えています。",
}
BODY = f"{LEAD}\n\n{GOOD[JAVA]}\n{GOOD[SQL]}\n\n{GOOD[PLAN]}"


def draft(engine: AskingEngine, diary: str = DIARY, config: Config | None = None, **asked: object) -> DraftResult:
    request = DraftRequest("2026-01-07", diary, **asked)  # type: ignore[arg-type]
    return draft_report(engine, request, config or Config())


def test_each_line_stands_beside_its_sentence() -> None:
    result = draft(AskingEngine(GOOD))
    assert (result.body, result.status, result.warnings, result.method) == (BODY, "draft", (), "sentences")
    lines = result.body.split("\n")
    assert [(lines[one.number - 1], one.sentence) for one in result.evidence] == [
        (GOOD[JAVA], JAVA),
        (GOOD[SQL], SQL),
        (GOOD[PLAN], PLAN),
    ]
    assert [one.diary_line for one in result.evidence] == [1, 2, 5]


def test_the_diary_is_sent_once_and_every_sentence_is_asked_about() -> None:
    engine = AskingEngine(GOOD)
    draft(engine)
    assert engine.sentences() == [JAVA, SQL, DINNER, PLAN]
    assert engine.lines() == list(GOOD.values())
    assert len(set(engine.beginnings)) == 1 and JAVA in engine.beginnings[0]


def test_a_version_is_asked_about_its_persons_days_as_it_learned_them() -> None:
    engine = AskingEngine(GOOD)
    engine.identity = replace(engine.identity, habits=HABITS)
    rule = Config(report=ReportSettings(instructions="語尾をやわらかく。"))
    mine = draft(engine, config=rule)
    draft(engine, own=False)
    draft(AskingEngine(GOOD), config=rule)
    first, *_, last = engine.beginnings
    assert f"語尾をやわらかく。\n{HABITS}" in first and HABITS not in last
    again = draft(engine, config=rule, earlier=mine.record)
    assert again.questions == 0, "asked in the same way, its answers hold"
    assert draft(AskingEngine(GOOD), config=rule, earlier=mine.record).questions > 0


def test_a_line_that_leaks_is_neither_judged_nor_written_nor_remembered() -> None:
    engine = AskingEngine({**GOOD, DINNER: "* 佐藤くんと焼肉を食べました。"})
    result = draft(engine)
    assert result.body == BODY and result.status == "needs-review"
    assert not any("佐藤" in line for line in engine.lines())
    assert "佐藤くんと焼肉を食べ" not in json.dumps(result.record.to_json(), ensure_ascii=False)


def test_a_doubtful_line_is_drawn_again_and_the_better_one_stands() -> None:
    wrong = "* SQLの結合の課題を3問、提出しました。"
    engine = AskingEngine({**GOOD, SQL: [wrong, wrong, GOOD[SQL]]}, judged={wrong: 0.05})
    result = draft(engine)
    assert result.body == BODY
    assert engine.sentences().count(SQL) == 4 and engine.sentences().count(JAVA) == 1


def test_all_doubtful_sentences_are_drawn_again_at_once() -> None:
    """An engine that answers side by side reads the diary's keys and values once for all of them."""
    stages: list[Stage] = []
    engine = AskingEngine(GOOD, {GOOD[JAVA]: 0.05, GOOD[SQL]: 0.05})
    draft_report(engine, DraftRequest("2026-01-07", DIARY), Config(), on_stage=stages.append)
    assert engine.sentences()[4:] == [JAVA] * 3 + [SQL] * 3
    assert len(engine.beginnings) == 3, "the sentences, their lines, and what is drawn again (nothing new to judge)"
    assert [(one.number, one.total) for one in stages if one.kind == "again"] == [(1, 2), (2, 2)]
    anew = AskingEngine(GOOD)
    draft(anew, seed=9)
    assert len(anew.beginnings) == 2


def test_what_stays_doubtful_falls_out_unless_caution_is_off() -> None:
    doubted = {GOOD[SQL]: 0.02}
    assert GOOD[SQL] not in draft(AskingEngine(GOOD, doubted)).body
    everything = Config(report=ReportSettings(caution="none"))
    result = draft(AskingEngine(GOOD, doubted), config=everything)
    assert GOOD[SQL] in result.body and result.status == "needs-review"
    assert result.warnings == ("確かめてほしい行が1行あります(2番目の行)。日記と照らしてください。",)


def test_a_day_with_study_never_becomes_a_day_without() -> None:
    result = draft(AskingEngine(GOOD, dict.fromkeys(GOOD.values(), 0.01)))
    assert GOOD[JAVA] in result.body and result.status == "needs-review"


def test_when_the_checks_let_no_line_stand_the_person_is_asked_to_write() -> None:
    invented = "* Kotlinの授業で、配列の使い方を学びました。"
    result = draft(AskingEngine({JAVA: invented}))
    assert result.body == PLACEHOLDER and NOTHING_FOUND in result.warnings


def test_a_day_without_study_says_so() -> None:
    result = draft(AskingEngine({}), diary=f"{DINNER}\n一日中、布団の中にいた。")
    assert (result.body, result.status) == (ReportSettings().no_study, "draft")
    assert result.evidence == ()


def test_an_engine_that_tells_no_probabilities_still_writes() -> None:
    assert draft(AskingEngine(GOOD, tells=False)).body == BODY


def test_a_grown_diary_asks_only_about_what_changed() -> None:
    diary = "\n".join([*(f"{number}時間目は座学で、ずっと聞いていた。" for number in range(1, 7)), DIARY])
    first = draft(AskingEngine(GOOD), diary)
    engine = AskingEngine(GOOD | {"追記: Gitのrebaseも試してみた。": "* Gitのrebaseを試しました。"})
    second = draft(engine, diary + "\n追記: Gitのrebaseも試してみた。", earlier=first.record)
    assert engine.sentences() == [DINNER, PLAN, "追記: Gitのrebaseも試してみた。"]
    assert second.body == first.body.replace(f"\n\n{GOOD[PLAN]}", f"\n* Gitのrebaseを試しました。\n\n{GOOD[PLAN]}")
    assert {one.sentence for one in second.evidence} >= {JAVA, SQL}


ROW = "| 1 | Linux演習 | |"


def test_nothing_is_asked_of_what_the_template_wrote() -> None:
    """An empty timetable is no deed, even in a note that somebody has written in."""
    diary = f"| 時限 | 科目 | 内容 |\n|---|---|---|\n{ROW}\n\n{JAVA}"
    answers = {**GOOD, ROW: "* Linux演習に取り組みました。"}
    made = tuple(comparable(line) for line in diary.split("\n")[:3])
    engine = AskingEngine(answers)
    first = draft(engine, diary, made=made)
    assert engine.sentences() == [JAVA] and "Linux" not in first.body and GOOD[JAVA] in first.body
    assert ROW in engine.beginnings[0], "the model sees the whole diary"
    later = AskingEngine(answers)
    assert "Linux演習" in draft(later, diary, made=(), earlier=first.record).body, "its person's own by now"
    assert ROW in later.sentences() and JAVA not in later.sentences()


def test_a_short_word_below_a_line_of_the_template_is_not_lost() -> None:
    diary = f"{ROW}\nGo\n{JAVA}"
    engine = AskingEngine(GOOD)
    draft(engine, diary, made=(comparable(ROW),))
    assert any("Go" in sentence for sentence in engine.sentences())


def test_another_caution_needs_no_new_answers() -> None:
    first = draft(AskingEngine(GOOD))
    engine = AskingEngine({})
    again = draft(engine, config=Config(report=ReportSettings(caution="low")), earlier=first.record)
    assert again.body == BODY and engine.asked == []


def test_something_new_is_drawn_at_random_with_a_seed_of_its_own() -> None:
    engine = AskingEngine(GOOD)
    draft(engine, seed=9, config=Config(engine=EngineSettings(drafts=1)))
    drawn = [question for question in engine.asked if question.text.startswith("文: ")]
    assert {question.temperature > 0 for question in drawn} == {True} and {question.seed for question in drawn} == {9}


def test_every_step_is_told_as_it_happens() -> None:
    stages: list[Stage] = []
    pieces: list[str] = []
    draft_report(AskingEngine(GOOD), DraftRequest("2026-01-07", DIARY), Config(), pieces.append, stages.append)
    assert [(one.kind, one.number, one.total) for one in stages] == [
        ("reading", 0, 4),
        *(("writing", number, 4) for number in range(1, 5)),
        ("checking", 0, 3),
    ]
    assert pieces == [f"{line}\n" for line in GOOD.values()]


def test_requests_and_results_survive_json() -> None:
    result = draft(AskingEngine(GOOD))
    assert DraftResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    request = DraftRequest("2026-01-07", DIARY, 5, result.record)
    assert DraftRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


@pytest.mark.parametrize("method", ["whole", "sentences"])
def test_the_settings_may_say_how_to_write(method: str) -> None:
    config = Config(engine=EngineSettings(method=method))  # type: ignore[arg-type]
    if method == "whole":
        with pytest.raises(AssertionError, match="whole report"):
            draft(AskingEngine(GOOD), config=config)
    else:
        assert draft(AskingEngine(GOOD), config=config).body == BODY


@pytest.mark.parametrize("tells", [True, False])
def test_a_sentence_without_an_answer_is_named_without_its_words_and_asked_again(tells: bool) -> None:
    engine = AskingEngine(GOOD, tells=tells, silent={SQL})
    result = draft(engine)
    assert GOOD[SQL] not in result.body and GOOD[JAVA] in result.body and result.status == "needs-review"
    assert result.warnings[0].startswith("日記の2行目の文には") and "SQL" not in "".join(result.warnings)
    later = AskingEngine(GOOD, tells=tells)
    again = draft(later, earlier=result.record)
    assert (again.body, later.sentences()) == (BODY, [SQL])
    assert "返事がありません" not in "".join(again.warnings)

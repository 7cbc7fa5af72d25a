"""The simulated persons of bench/learning.py have one habit each, and the bench goes on where it was cut off."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import learning, simulated_weeks
from bench.experiments import leaving_out
from bench.few_shot import Example, Examples, FewShot
from bench.persons import PERSONS, Day, read_days, telling_hours
from bench.simulated_weeks import Bench, simulate
from daemon.config import Config
from daemon.config.report_form import ReportSettings
from daemon.drafting.draft import draft_report
from daemon.drafting.prompt import line_question, sentence_question
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.engines.protocol import Question
from daemon.learning.ledger import Ledger
from daemon.learning.run_folder import Outcome, RunStage, RunState
from daemon.store.store import Pair, Store
from tests.asking_engine import AskingEngine

DRAFT = (
    "本日は、以下の学習と課題を完了しました:\n\n"
    "* 1限の授業でJavaのHashMapを学びました。\n* SQLの問題を12問解きました。\n\n"
    "今後は、SQLを復習したいと考えています。"
)
DIARY = "1限はJavaのHashMap。\nSQLを12問。"


def edited(name: str, draft: str, diary: str = DIARY) -> str:
    person = next(person for person in PERSONS if person.name == name)
    return person.edit(draft, person.diary(diary), ReportSettings())


def test_each_habit_changes_what_it_names_and_nothing_else() -> None:
    assert edited("de-aru", DRAFT) == (
        "【本日の実施内容】\n・1限の授業でJavaのHashMapを学んだ。\n・SQLの問題を12問解いた。\n\n"
        "【今後の予定】\n・SQLを復習したいと考えている。"
    )
    assert edited("own-work", DRAFT) == DRAFT.replace("* 1限の授業でJavaのHashMapを学びました。\n", "")
    goes_on = DIARY.replace("\n", "")
    assert edited("own-work", DRAFT, goes_on) == DRAFT, "a day of nothing but lessons stays as it is"
    hours = edited("hours", DRAFT)
    assert "* 学習時間は合計で" in hours and hours.count("\n* ") == DRAFT.count("\n* ") + 1
    assert edited("no-edits", DRAFT) == DRAFT


@pytest.mark.parametrize("name", [person.name for person in PERSONS])
def test_a_draft_that_follows_the_habit_already_stays_as_it_is(name: str) -> None:
    once = edited(name, DRAFT)
    assert edited(name, once) == once


def test_the_hours_are_those_of_the_diary() -> None:
    told = telling_hours(DIARY)
    assert told == telling_hours(DIARY) and told.startswith(DIARY)
    hours = told.removesuffix("時間だった。")[-1]
    assert f"合計で{hours}時間" in edited("hours", DRAFT)


def test_the_days_are_unseen_and_mixed(tmp_path: Path) -> None:
    days = read_days(learning.UNSEEN)
    trained = (learning.ROOT / "data" / "starter" / "corpus.jsonl").read_text(encoding="utf-8")
    assert len(days) == 62 >= 8 * 7
    assert not any(json.dumps(day.diary, ensure_ascii=False) in trained for day in days)
    assert {day.id.split("-")[0] for day in days[:12]} != {days[0].id.split("-")[0]}


def test_the_most_alike_sentence_stands_next_to_the_question_and_the_judge_sees_none() -> None:
    known = [Example("SQLを解いた。", ("* SQLを解きました。",)), Example("昼寝した。", ()), Example("散歩した。", ())]
    engine = AskingEngine({})
    shown = FewShot(engine, Examples(known), 2)
    questions = [Question(sentence_question("SQLをまた解いた。")), Question(line_question("* SQL。"))]
    asked = [shown._with_examples(one).text for one in questions]
    assert asked[0].endswith("文: SQLを解いた。\n* SQLを解きました。\n\n文: SQLをまた解いた。")
    assert asked[0].count("文: ") == 3 and asked[1] == questions[1].text
    assert [one.sentence for one in Examples(known).like("昼寝したよ。", 1)] == ["昼寝した。"]


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """The starter stands for every version that a run would make."""
    from training.weekly.starter import starter_version

    def made(bench: Bench, name: str, pairs: Sequence[Pair], **training: Any) -> tuple[Config, Path]:
        config = bench.folder(name, **training)
        version = starter_version(config, config.engine.model)
        assert version is not None
        return config, version.path

    monkeypatch.setenv("NIPPO_STARTER_FOLDER", "")
    monkeypatch.setattr(learning, "trained_on", made)


def test_a_recipe_is_a_setting_in_toml() -> None:
    given = learning.parser().parse_args(["--out", "d", "--training", "min_steps=32", "checkpoints=[60, 120]"])
    assert dict(given.training) == {"min_steps": 32, "checkpoints": [60, 120]}
    with pytest.raises(SystemExit):
        learning.parser().parse_args(["--out", "d", "--training", "min_steps"])


@pytest.mark.usefixtures("untrained")
def test_shares_and_examples_are_compared_on_the_same_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    smoke = ["--smoke", "--out", str(tmp_path), "--pairs", "21"]
    learning.main([*smoke, "--share", "0.25", "0.5"])
    table = capsys.readouterr().out.splitlines()
    assert (
        table[0]
        == "| smoke: starter days | of the text changed, 3 days | true / all lines, 2 days | p of fewer true ones |"
    )
    assert [line.split(" | ")[0] for line in table[2:]] == ["| starter", "| 25%", "| 50%"]
    true, written = table[2].strip("| ").split(" | ")[-2].split(" / ")
    assert 0 <= int(true) <= int(written)
    learning.main([*smoke, "--few-shot", "2"])
    (row,) = capsys.readouterr().out.splitlines()[2:]
    count, starter, _, trained, days = row.strip("| ").split(" | ")
    assert (count, days) == ("21", "3") and starter == trained, "the same version on the same days"
    done = json.loads((tmp_path / "learning.json").read_text(encoding="utf-8"))
    assert set(done) == {
        "smoke-pairs/21", "smoke/share/starter", "smoke/share/0.25", "smoke/share/0.5", "smoke/few-shot/2/21",
    }  # fmt: skip
    assert (tmp_path / "few-shot.md").is_file() and (tmp_path / "share.md").is_file()

    learning.main([*smoke, "--share", "0.25", "0.5"])
    assert capsys.readouterr().out.splitlines() == table, "what is done is shown, not done again"


def test_a_version_parts_lessons_from_other_sentences_or_does_not() -> None:
    """By the sentences that the starter tells: the third is told by the version alone."""
    starter = {"sentences": [["d", 0, True, 0.1, True], ["d", 1, False, 0.2, True], ["d", 2, True, 0.9, False]]}
    learned = [["d", 0, True, 0.8, False], ["d", 1, False, 0.3, True], ["d", 2, True, 0.1, True]]
    shown = leaving_out.row("1e-4", starter, {"share": 0.08, "lines": 3, "sentences": learned})
    assert shown == "| 1e-4 | 8.0% | 3 | 1.00 | 0.80 | 0.30 |"
    unknown = {"share": 0.0, "lines": 0, "sentences": [["d", 0, True, None, False]]}
    assert leaving_out.row("none", starter, unknown) == "| none | 0.0% | 0 | - | - | - |"


def test_leaving_out_is_measured_once_on_real_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stand-in for the model tells the same lines before and after learning."""
    told = {
        "1限はJavaのHashMap。": "* 1限の授業でJavaのHashMapを学びました。",
        "SQLを12問。": "* SQLを12問解きました。",
    }

    def write(config: Config, diaries: Sequence[tuple[str, str]]) -> list[DraftResult]:
        written.append(len(diaries))
        return [draft_report(AskingEngine(told), DraftRequest(day, diary), config) for day, diary in diaries]

    written: list[int] = []
    monkeypatch.setattr(leaving_out, "write", write)
    monkeypatch.setattr(leaving_out, "starter_adapter", lambda _: "none")
    monkeypatch.setattr(leaving_out, "pairs_once", lambda *_: [])
    monkeypatch.setattr(leaving_out, "trained_on", lambda bench, name, _, **settings: (bench.folder(name), tmp_path))
    monkeypatch.setattr(leaving_out, "read_days", lambda _: [Day(f"d-{number}", DIARY) for number in range(30)])
    for _ in range(2):
        leaving_out.main(["--out", str(tmp_path), "--pairs", "9", "--rates", "1e-4"])
    first, again = (table.splitlines() for table in capsys.readouterr().out.split(leaving_out.HEAD)[1:])
    assert first == again and written == [20, 20]
    assert [line.split(" | ")[0] for line in first[1:]] == ["| starter", "| 0.0001"]
    assert first[1].split(" | ")[2:4] == ["40", "0.50"], "both sentences are told, and the model is as sure of either"


def test_a_smoke_run_waits_a_week_learns_a_week_and_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NIPPO_STARTER_FOLDER", "")  # put back afterwards: the smoke run names its own
    arguments = ["--smoke", "--out", str(tmp_path), "--weeks", "3", "--per-week", "7"]
    learning.main(arguments)
    table = capsys.readouterr().out.splitlines()
    assert table[0].startswith("| person | week |") and len(table) == 5
    known = json.loads((tmp_path / "learning.json").read_text(encoding="utf-8"))
    assert set(known) == {"smoke/1/drafts", "smoke/1/run", "smoke/2/drafts", "smoke/2/run", "smoke/3/drafts"}
    assert known["smoke/1/run"] == {"outcome": "waited", "minutes": 0.0, "gigabytes": 0.0}
    run = known["smoke/2/run"]
    assert run["outcome"] in ("promoted", "kept") and run["gigabytes"] > 0
    assert run["scores"]["gate"]["pairs"] == 8, "the hold-out decides, nothing is cross-validated"
    assert known["smoke/1/drafts"]["share"] > 0

    def again(*_: object) -> None:
        raise AssertionError("done already")

    monkeypatch.setattr(simulated_weeks, "learn", again)
    monkeypatch.setattr(simulated_weeks, "accepted", again)
    learning.main(arguments)
    assert capsys.readouterr().out.splitlines() == table
    assert (tmp_path / "weeks.md").read_text(encoding="utf-8").splitlines() == table


@pytest.fixture
def weeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """``weeks(5)``: what came of the runs of four weeks with so many pairs each, without a model. ``cut_off``: the
    program ends once the first run has seen its pairs, and is started again."""

    def accepted(config: Config, person: Any, days: Sequence[Day], first: int) -> list[Pair]:
        return [Pair(day.id, day.id, day.diary, "", "* 報告。", "", "", False, "vault") for day in days]

    def learn(config: Config, store: Store, moment: datetime) -> RunState:
        ledger = Ledger(store)
        ledger.seen = [pair.id for pair in store.pairs()]
        ledger.state = RunState("week", RunStage.DONE, started=moment, version="v0.1", outcome=Outcome.ABSTAINED)
        if ends:
            raise ends.pop()
        return ledger.state

    ends: list[BaseException] = []
    version = SimpleNamespace(meta=SimpleNamespace(scores={}))
    monkeypatch.setattr(simulated_weeks, "accepted", accepted)
    monkeypatch.setattr(simulated_weeks, "learn", learn)
    monkeypatch.setattr(simulated_weeks, "find_version", lambda *_: version)

    def make(per_week: int, asked: bool = False, cut_off: bool = False) -> list[str]:
        days = [Day(f"d-{number}", "日記") for number in range(4 * per_week)]
        bench = Bench(tmp_path, {}, days, PERSONS[:1], per_week, lambda line: None)
        if cut_off:
            ends.append(KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                simulate(bench, PERSONS[0], 4, asked=asked)
        simulate(bench, PERSONS[0], 4, asked=asked)
        return [run["outcome"] for key, run in bench.known().items() if key.endswith("/run")]

    return make


def test_a_week_has_a_run_where_the_schedule_makes_one(weeks: Callable[..., list[str]]) -> None:
    assert weeks(5) == ["waited", "abstained", "abstained"]


def test_a_run_that_is_asked_for_waits_for_no_pairs(weeks: Callable[..., list[str]]) -> None:
    assert weeks(5, asked=True) == ["abstained"] * 3


def test_a_run_that_was_cut_off_is_gone_on_with_though_no_pair_is_new(weeks: Callable[..., list[str]]) -> None:
    assert weeks(8, cut_off=True) == ["abstained"] * 3

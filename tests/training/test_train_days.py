"""Whole runs on days by sentence: packs and single questions learn the same, and a checkpoint tells how it judges."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from daemon.config import Config
from daemon.drafting import prompt
from daemon.drafting.prompt import HABITS, digest
from daemon.errors import TrainingError, UsageError
from daemon.learning.run_folder import Ending, EventKind, read_events
from daemon.versions.artifact import habits_of, read_version
from tests.tiny_model import TinyModel
from tests.training.test_train import same
from training.export import main as export_main
from training.fitting.checkpoints import folder_of
from training.fitting.lessons import Days, judged_files, read_lessons
from training.fitting.measure import judge_auc
from training.fitting.progress import Progress
from training.fitting.spec import TrainSpec, spec_from
from training.model.base import choose_plan
from training.pairs.day_encoding import DayExample
from training.pairs.rows import parse_row
from training.scoring import likelihood
from training.scoring.likelihood import log_likelihoods
from training.train import main, run

MakePairs = Callable[..., Path]
MakeSpec = Callable[..., TrainSpec]
SUBJECTS = ("Java", "SQL", "HTML", "Linux")


def labelled(number: int, split: str = "train") -> dict[str, Any]:
    """Day ``number``: one sentence that gives a line, one that gives none."""
    subject = SUBJECTS[number % 4]
    study, mood = f"{subject}の授業で{number + 2}問解いた。", "ねむい一日だった。"
    return {
        "id": f"p-{number:02}",
        "date": f"2026-01-{number + 1:02}",
        "diary": study + mood,
        "report": f"* {subject}の授業で{number + 2}問解きました。",
        "private": [],
        "facts": [],
        "split": split,
        "sentences": [[study, [f"* {subject}の授業で{number + 2}問解きました。"]], [mood, []]],
    }


@pytest.fixture(autouse=True)
def short_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model's tokens are bytes: the real rules would be most of what it computes."""
    monkeypatch.setattr(prompt, "SENTENCE_RULES", "規則。")


@pytest.fixture
def make_days(tmp_path: Path) -> MakePairs:
    """``make_days(4, dev=2)`` → a corpus of labelled days; ``judged=True`` puts files of judged lines beside it."""

    def make(train: int = 4, dev: int = 0, name: str = "days", judged: bool = False) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        rows = [labelled(number, "train" if number < train else "dev") for number in range(train + dev)]
        write(folder / "corpus.jsonl", rows)
        if judged:
            lines = [["* 授業を受けました。", "T"], ["* 楽しく学びました。", "P"], ["* 卒業しました。", "F"]]
            write(
                folder / "judged.jsonl", [{"id": row["id"], "lines": lines} for row in rows if row["split"] == "train"]
            )
            write(
                folder / "judged-dev.jsonl",
                [{"id": row["id"], "lines": lines} for row in rows if row["split"] == "dev"],
            )
        return folder / "corpus.jsonl"

    return make


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def test_days_are_learned_by_sentence_where_they_are_labelled(make_days: MakePairs, make_spec: MakeSpec) -> None:
    spec = make_spec(make_days(4, dev=2), checkpoints=(3, 15), accumulation=2)
    result = run(spec)
    assert result.exit is Ending.OK and result.plan.loader == "lean"
    assert (result.method, result.prompt, result.habits) == ("sentences", digest(), "")
    first, last = (checkpoint.dev_loss or 0.0 for checkpoint in result.checkpoints)
    assert 0 < last < first
    assert result.pair_ids == tuple(f"p-{number:02}" for number in range(4))
    assert run(replace(spec, rows="reports", out=spec.out / "whole")).method == "whole"


def test_its_version_says_how_it_writes_and_what_it_was_asked(
    make_days: MakePairs, tiny: TinyModel, tmp_path: Path
) -> None:
    command = ["--base", str(tiny.hf), "--pairs", str(make_days(2, dev=1, judged=True)), "--out", str(tmp_path / "run")]
    assert main([*command, "--steps", "1", "--rank", "4", "--accumulation", "1"]) == 0
    assert export_main([str(tmp_path / "run"), "--out", str(tmp_path / "v0.1"), "--no-twin"]) == 0
    meta = read_version(tmp_path / "v0.1").meta
    assert (meta.method, meta.prompt, meta.pair_ids) == ("sentences", digest(), ("p-00", "p-01"))
    assert meta.scores["checkpoints"][0]["judge_auc"] is not None
    card = (tmp_path / "v0.1" / "card.md").read_text(encoding="utf-8")
    assert "sentence by sentence, and judges its lines" in card and "| judge |" in card


def test_a_persons_days_are_known_by_their_own_line(
    make_days: MakePairs, make_spec: MakeSpec, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nippo's own days are not, the version and its checkpoint remember it, and it is asked and measured with it."""
    file = make_days(2)
    mine = {key: value for key, value in labelled(3).items() if key not in ("private", "facts")}
    write(file, [labelled(0), labelled(1), mine])
    spec = make_spec(file, checkpoints=(1,), accumulation=1)
    result = run(spec)
    assert result.habits == HABITS == habits_of(folder_of(result))
    lessons = read_lessons(spec)
    tokenizer = AutoTokenizer.from_pretrained(tiny.hf)
    course, _ = lessons.course(spec, tokenizer, True, Progress(None, 0))
    heads = [tokenizer.decode(day.head) for day in course.train if isinstance(day, DayExample)]
    assert [HABITS in head for head in heads] == [False, False, True]
    rules: list[str] = []
    answers = likelihood._answers
    told = lambda tokens, row, config, rule: rules.append(rule) or answers(tokens, row, config, rule)  # noqa: E731
    monkeypatch.setattr(likelihood, "_answers", told)
    log_likelihoods(str(tiny.hf), [None, folder_of(result)], [parse_row(mine)], Config(), by_sentence=True)
    assert rules == ["", HABITS]


def test_single_questions_learn_what_packs_learn(make_days: MakePairs, make_spec: MakeSpec) -> None:
    """Every day has as many questions, so a step sees the same ones in both."""
    pairs = make_days(4, dev=2)
    settings: dict[str, Any] = {"checkpoints": (3, 6), "accumulation": 4, "order": "given"}
    lean = run(make_spec(pairs, "lean", loader="lean", **settings))
    plain = run(make_spec(pairs, "plain", loader="plain", **settings))
    for one, other in zip(plain.checkpoints, lean.checkpoints, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-3)
        assert other.dev_loss == pytest.approx(one.dev_loss, rel=1e-3)


@pytest.mark.parametrize("loader", ["lean", "plain"])
def test_a_checkpoint_tells_how_well_it_judges(make_days: MakePairs, make_spec: MakeSpec, loader: Any) -> None:
    spec = make_spec(make_days(4, dev=2, judged=True), loader, loader=loader, checkpoints=(24,), accumulation=4)
    result = run(spec)
    assert result.checkpoints[0].judge_auc == 1.0, "the lines of dev days are those of the days trained on"
    event = next(event for event in read_events(spec.out) if event.event is EventKind.CHECKPOINT)
    assert event.judge_auc == 1.0


def test_judged_lines_are_those_beside_the_pairs_or_those_named(
    make_days: MakePairs, make_spec: MakeSpec, tmp_path: Path
) -> None:
    pairs = make_days(2, dev=1, judged=True)
    spec = make_spec(pairs)
    assert [file.name for file in judged_files(spec)] == ["judged.jsonl", "judged-dev.jsonl"]
    assert judged_files(replace(spec, judge_weight=0.0)) == judged_files(replace(spec, judged=())) == []
    lessons = read_lessons(spec)
    assert isinstance(lessons, Days)
    assert all(len(day.judged) == 3 for day in (*lessons.train, *lessons.dev))
    other = tmp_path / "other.jsonl"
    write(other, [{"id": "t", "diary": "Goを学んだ。", "lines": [["* Goを学びました。", "T"]]}])
    more = read_lessons(replace(spec, judged=(other,)))
    assert [day.id for day in more.train] == ["p-00", "p-01", "t"]
    assert more.hash != lessons.hash


def test_rows_without_labels_are_named_as_left_out(
    make_days: MakePairs, make_spec: MakeSpec, make_pairs: MakePairs, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TrainingError, match="no row has labels by sentence"):
        read_lessons(make_spec(make_pairs(2), rows="sentences"))
    file = make_days(2)
    bare = {key: value for key, value in labelled(7).items() if key != "sentences"}
    write(file, [labelled(0), labelled(1), bare])
    run(make_spec(file, checkpoints=(1,)))
    assert "1 row(s) without labels by sentence are left out" in capsys.readouterr().err


def test_a_resumed_run_of_days_ends_where_the_whole_one_does(make_days: MakePairs, make_spec: MakeSpec) -> None:
    pairs = make_days(5, judged=True)
    spec = make_spec(pairs, checkpoints=(2, 5), accumulation=2)
    whole = run(make_spec(pairs, "whole", checkpoints=(2, 5), accumulation=2))
    run(spec)
    (spec.out / "checkpoint-5" / "nippo.json").unlink()
    again = run(replace(spec, resume=True))
    assert same(folder_of(whole, 5), folder_of(again, 5))


def test_questions_longer_than_the_sequence_are_counted(
    make_days: MakePairs, make_spec: MakeSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TrainingError, match="longer than the sequence length"):
        run(make_spec(make_days(2), checkpoints=(1,), max_seq_length=130))
    assert "4 question(s) longer than 130 tokens are left out" in capsys.readouterr().err


def test_lean_comes_first_for_days_on_every_machine(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    spec = make_spec(make_pairs())
    assert choose_plan(spec, cuda=False, unsloth=False, known=True, by_day=True).loader == "lean"
    assert choose_plan(spec, cuda=False, unsloth=False, known=False, by_day=True).loader == "plain"
    assert choose_plan(replace(spec, bits=16), cuda=True, unsloth=True, known=True, by_day=True).loader == "lean"
    without = choose_plan(spec, cuda=True, unsloth=True, four_bit=False, known=True, by_day=True)
    assert without.loader == "unsloth"
    dropping = make_spec(make_pairs(), dropout=0.1)
    assert choose_plan(dropping, cuda=True, unsloth=True, known=True, by_day=True).loader == "unsloth"


def test_the_command_line_names_rows_and_judged_lines(
    make_days: MakePairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = make_days(1)
    spec = spec_from(["--pairs", str(pairs), "--out", "x", "--rows", "sentences", "--judged", "--judge-weight", "3"])
    assert (spec.rows, spec.judged, spec.judge_weight) == ("sentences", (), 3.0)
    with pytest.raises(UsageError, match="judge-weight"):
        spec_from(["--pairs", str(pairs), "--out", "x", "--judge-weight", "-1"])
    assert main(["--pairs", str(pairs), "--out", str(tmp_path / "x"), "--judged", "none.jsonl"]) == Ending.FAILED
    assert "none.jsonl: cannot be read" in capsys.readouterr().err


def test_lines_of_one_kind_give_no_area() -> None:
    from training.pairs.day_encoding import DayExample, QuestionTokens

    only_true = DayExample("d", [1], (QuestionTokens([2], [9], 1.0),) * 3)
    assert judge_auc(None, [only_true], [9, 8, 7, 6], packed=True) is None

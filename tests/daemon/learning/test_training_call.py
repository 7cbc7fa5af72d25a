"""Training work runs in children; what they are told and what their end means is decided here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.errors import TrainingError, UsageError
from daemon.learning.run_folder import Ending
from daemon.learning.training_call import TrainCall, call, check, evaluate_argv, export_argv, training_argv

CALL = TrainCall(pairs=(Path("a.jsonl"), Path("b.jsonl")), out=Path("run"))


def test_a_plain_call_names_pairs_and_folder() -> None:
    assert training_argv(CALL, python="py") == [
        "py", "-m", "training.train", "--pairs", "a.jsonl", "b.jsonl", "--out", "run",
    ]  # fmt: skip


def test_every_wish_becomes_an_option_that_training_knows() -> None:
    from training.fitting.spec import spec_from

    asked = TrainCall(
        pairs=(Path("a.jsonl"),),
        out=Path("run"),
        base="starter",
        steps=(60, 120),
        init_adapter=Path("old"),
        resume=True,
        extra=("--rank", "32", "--order", "grouped"),
    )
    spec = spec_from(training_argv(asked)[3:])
    assert (spec.base, spec.settings.checkpoints, spec.init_adapter, spec.resume) == (
        "starter",
        (60, 120),
        Path("old"),
        True,
    )
    assert (spec.settings.rank, spec.order) == (32, "grouped")


def test_several_gpus_are_driven_by_accelerate() -> None:
    argv = training_argv(CALL, processes=2, python="py")
    assert argv[:8] == [
        "py", "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--module", "training.train",
    ]  # fmt: skip


def test_the_last_lines_of_a_child_are_kept() -> None:
    program = "import sys\nfor number in range(40): print(number)\nprint('bad', file=sys.stderr)\nsys.exit(3)"
    shown: list[str] = []
    code, lines = call([sys.executable, "-u", "-c", program], shown.append)
    assert (code, len(shown), len(lines)) == (3, 41, 25)
    assert lines[-1] == "bad"
    with pytest.raises(TrainingError, match="out of memory") as caught:
        check(code, lines)
    assert "bad" in str(caught.value)
    assert "smaller base model" in caught.value.next_step


def test_what_an_exit_code_means() -> None:
    check(Ending.OK)
    with pytest.raises(TrainingError, match="last step is saved") as caught:
        check(Ending.STOPPED)
    assert "--resume" in caught.value.next_step
    with pytest.raises(UsageError):
        check(Ending.USAGE)
    with pytest.raises(TrainingError, match="exit code 137"):
        check(137)


def test_the_commands_hand_their_options_to_the_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import daemon.commands.evaluate
    import daemon.commands.train

    heard: list[list[str]] = []
    for command in (daemon.commands.train, daemon.commands.evaluate):
        monkeypatch.setattr(command, "call", lambda argv: (heard.append(list(argv)), (0, []))[1])
    train = ["train", "--out", "run", "--steps", "60", "--steps", "120", "--rank", "8"]
    done = CliRunner().invoke(app, train)
    assert done.exit_code == 0, done.output
    assert heard[0][heard[0].index("--steps") :] == ["--steps", "60", "120", "--rank", "8"]
    assert heard[1] == export_argv(Path("run"), Path.cwd() / "data" / "models" / "v0.1", "v0.1")
    done = CliRunner().invoke(app, ["evaluate", "rows.jsonl", "--raw", "--drafts", "2", "--out", "reports", "--json"])
    assert done.exit_code == 0, done.output
    assert heard[2] == evaluate_argv(["rows.jsonl", "--drafts", "2", "--out", "reports", "--raw", "--json"])


def test_evaluate_says_what_is_wrong_with_its_rows(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(TrainingError):
        check(*call(evaluate_argv([str(rows)])))
    assert "rows.jsonl:1: `date`: expected a text" in capfd.readouterr().err

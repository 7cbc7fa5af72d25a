"""``nippo train``: fine-tune an adapter now, in a child process, and keep it as a new version."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.errors import UsageError
from daemon.learning.estimate import expect, parameters_of, size_of, words
from daemon.learning.run_folder import RUNS
from daemon.learning.run_report import follow, summary
from daemon.learning.training_call import TrainCall, call, check, export_argv, need_training, training_argv
from daemon.options import ConfigFile
from daemon.service.service import now
from daemon.system.hardware import probe
from daemon.system.shipped import starter_folder
from daemon.versions.artifact import models_folder
from daemon.versions.champion import next_name, promote
from daemon.versions.served_adapter import announce
from daemon.words import tr

Pairs = Annotated[
    list[Path] | None,
    typer.Option("--pairs", help="JSONL files of pairs; may be given again.", show_default="the starter corpus"),
]
Base = Annotated[
    str, typer.Option("--base", help="starter, a GGUF file, a folder or a hub id.", show_default="settings")
]
Steps = Annotated[
    list[int] | None,
    typer.Option("--steps", help="Keep a checkpoint at this step; may be given again, the last ends the run."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the run.", show_default="data/runs/manual")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of --out.")]
InitAdapter = Annotated[
    Path | None, typer.Option("--init-adapter", help="Start from this adapter, so that few steps are enough.")
]
Follow = Annotated[bool, typer.Option("--follow", help="Only watch the training that the daemon runs.")]
StarterCorpus = Annotated[
    bool, typer.Option("--starter-corpus", help="Make the first adapter of a base from the corpus that ships.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="With --starter-corpus: do not ask before it starts.")]
KeepRun = Annotated[bool, typer.Option("--no-version", help="Leave the run as it is; make no version of it.")]


def register(app: typer.Typer) -> None:
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("train", context_settings=settings)(train)


def train(
    context: typer.Context,
    config: ConfigFile = None,
    pairs: Pairs = None,
    base: Base = "",
    steps: Steps = None,
    out: Out = None,
    resume: Resume = False,
    init_adapter: InitAdapter = None,
    no_version: KeepRun = False,
    watch: Follow = False,
    starter_corpus: StarterCorpus = False,
    yes: Yes = False,
) -> None:
    """Fine-tune a LoRA adapter and keep it as a new version. It writes no draft before `nippo promote`.

    Further options (--rank, --epochs, --learning-rate …) go to `python -m training.train`, whose --help lists them.
    """
    settings = load(config)
    if watch:
        for line in summary(follow(settings, typer.echo)):
            typer.echo(line)
        return
    if starter_corpus:
        if pairs:
            raise UsageError(tr("--starter-corpus and --pairs exclude each other."), tr("Leave one of them out."))
        _ask_first(settings, base, steps or settings.training.checkpoints, yes)
    need_training()
    run = out or settings.data_path / RUNS / ("first" if starter_corpus else "manual")
    asked = TrainCall(
        pairs=tuple(pairs or [starter_folder() / "corpus.jsonl"]),
        out=run,
        base=base,
        config=settings.file,
        steps=tuple(steps or ()),
        init_adapter=init_adapter,
        resume=resume,
        extra=tuple(context.args),
    )
    gpus = len(probe()) if settings.training.multi_gpu else 1
    check(*call(training_argv(asked, max(gpus, 1))))
    if no_version:
        return
    name = next_name(settings)
    check(*call(export_argv(run, models_folder(settings) / name, name)))
    if starter_corpus and sys.stdin.isatty():
        _offer(settings, name)
        return
    typer.echo(
        tr("Compare it with `nippo evaluate FILE --version {name}`, use it with `nippo promote {name}`.", name=name)
    )


def _ask_first(settings: Config, base: str, steps: Sequence[int], yes: bool) -> None:
    """Say what the first training will cost, and go on only with consent."""
    wanted = settings.training
    reference = base or wanted.base or settings.engine.model
    corpus = size_of(starter_folder() / "corpus.jsonl", settings.report, wanted.max_seq_length)
    rows = steps[-1] * wanted.batch_size * wanted.accumulation
    kind = tr("days") if corpus.days else tr("rows")
    typer.echo(
        tr(
            "base     {reference}\nrun      {steps} steps, {rows} {kind} of about {tokens:.0f} tokens",
            reference=reference,
            steps=steps[-1],
            rows=rows,
            kind=kind,
            tokens=corpus.tokens,
        )
    )
    size = parameters_of(reference)
    gpu = next(iter(probe()), None)
    if size is None:
        typer.echo(tr("estimate none: neither the name nor a config.json tells the size of this model"))
    else:
        measured = corpus.dev_tokens * len(steps)
        expected = expect(size, corpus.tokens, wanted.max_seq_length, rows, gpu, os.cpu_count() or 1, measured)
        for line in words(expected, gpu):
            typer.echo(line)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(tr("The training was not started: nobody can be asked here."), tr("Say --yes to start it."))
    if not typer.confirm(tr("Start?"), default=False):
        raise typer.Exit(1)


def _offer(settings: Config, name: str) -> None:
    """The first adapter of a base has nothing to be compared with: a person decides."""
    if not typer.confirm(tr("Use {name} from the next report on?", name=name), default=True):
        typer.echo(tr("Use it later with `nippo promote {name}`.", name=name))
        return
    promote(settings, name, now())
    typer.echo(tr("{name} is in use from the next report on", name=name))
    if trouble := announce(settings):
        typer.echo(trouble, err=True)

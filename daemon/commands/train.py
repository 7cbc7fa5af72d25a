"""``nippo train``: fine-tune an adapter now, in a child process, and keep it as a new version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.options import ConfigFile

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
) -> None:
    """Fine-tune a LoRA adapter and keep it as a new version. It writes no draft before `nippo promote`.

    Further options (--rank, --epochs, --learning-rate …) go to `python -m training.train`, whose --help lists them.
    """
    from daemon.assets import starter_folder
    from daemon.child import TrainCall, call, check, export_argv, need_training, training_argv
    from daemon.config import load
    from daemon.hardware import probe
    from daemon.versions import models_folder, next_name

    settings = load(config)
    if watch:
        from daemon.follow import follow, summary

        for line in summary(follow(settings, typer.echo)):
            typer.echo(line)
        return
    need_training()
    run = out or settings.data_path / "runs" / "manual"
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
    typer.echo(f"Compare it with `nippo evaluate FILE --version {name}`, use it with `nippo promote {name}`.")

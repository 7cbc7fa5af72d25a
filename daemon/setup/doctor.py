"""What ``nippo doctor`` says about settings, vault, space, model and observer. One file is tried in the data folder.

The machine's part (service, GPU, mounts) is in ``daemon.setup.doctor_system``.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from daemon.config import Config, load
from daemon.engines.opening import adapter_in_use, engine_kind
from daemon.errors import NippoError
from daemon.learning.training_call import missing_packages
from daemon.models.known import KNOWN
from daemon.models.reference import cache_folder, is_here
from daemon.service.watcher import Watcher
from daemon.setup.doctor_diary import stray_lines
from daemon.setup.doctor_private import private_lines
from daemon.setup.doctor_rights import rights_lines
from daemon.setup.doctor_server import method_lines, server_lines
from daemon.setup.doctor_system import DoctorLine, State, system_lines
from daemon.setup.model_offers import suggestion, this_machine
from daemon.setup.name_collision import collision_lines
from daemon.store.store import Store
from daemon.system.extras import adding
from daemon.system.files import private, private_folder
from daemon.vault.layout import Layout, read_layout
from daemon.vault.scan import DiaryNote, Oddity, find_diaries
from daemon.words import tr

LEAST_FREE_BYTES = 200_000_000
INOTIFY_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")


def examine(file: Path | None, day: date | None = None) -> list[DoctorLine]:
    """All findings, in the order in which a person would mend them; a faulty settings file ends the list. ``day``: of
    which diary the private parts are told, None for the newest."""
    try:
        config = load(file)
    except NippoError as problem:
        return [*collision_lines(), DoctorLine("config", "fail", problem.what, problem.next_step)]
    lines = [*collision_lines(), DoctorLine("config", "ok", str(config.file or tr("built-in defaults")))]
    lines += vault_lines(config)
    lines += private_lines(config, day)
    lines += [data_line(config), space_line(config), *model_lines(config), training_line(config)]
    return [*lines, *rights_lines(config), *system_lines(config)]


def vault_lines(config: Config) -> Iterator[DoctorLine]:
    """The vault, its daily-note format with how many notes fit it, odd names, the report folder, the observer."""
    try:
        layout = read_layout(config)
    except NippoError as problem:
        yield DoctorLine("vault", "fail", problem.what, problem.next_step)
        return
    yield DoctorLine("vault", "ok", str(layout.root))
    try:
        found = list(find_diaries(layout))
    except NippoError as problem:
        yield DoctorLine("diary", "fail", problem.what, problem.next_step)
        return
    notes = [note for note in found if isinstance(note, DiaryNote)]
    where = tr(
        "{diary_folder}/{text}.md, from {source}",
        diary_folder=layout.diary_folder or tr("(root)"),
        text=layout.diary_format.text.removesuffix(".md"),
        source=layout.source,
    )
    if notes:
        newest = max(notes, key=lambda note: note.day)
        yield DoctorLine(
            "diary",
            "ok",
            tr("{where}: {count} notes, the newest {path}", where=where, count=len(notes), path=newest.path),
        )
    else:
        remedy = tr("Check diary_folder and diary_format in [vault] of config.toml, or write the first note.")
        yield DoctorLine("diary", "warn", tr("{where}: no note fits", where=where), remedy)
    for odd in found:
        if isinstance(odd, Oddity):
            yield DoctorLine("diary", "warn", odd.what, odd.next_step)
    yield from stray_lines(layout, notes)
    yield report_folder_line(layout)
    yield observer_line(config, layout)
    yield from watch_limit_lines(config, layout)


def report_folder_line(layout: Layout) -> DoctorLine:
    folder = layout.file(layout.report_folder)
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), layout.root)
    if not nearest.is_dir():
        return DoctorLine(
            "reports",
            "fail",
            tr("{nearest} is a file where a folder belongs", nearest=nearest),
            tr("Rename or remove it."),
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        return DoctorLine(
            "reports",
            "fail",
            tr("{nearest} may not be written", nearest=nearest),
            tr("Give nippo's user the right to write there."),
        )
    return DoctorLine(
        "reports", "ok", tr("{report_folder} in the vault", report_folder=layout.report_folder or tr("(root)"))
    )


def observer_line(config: Config, layout: Layout, wait_seconds: float = 3.0) -> DoctorLine:
    """Try the observer on the data folder: only there may a file be made for a test. Another file system is told."""
    kind = config.watch.observer
    seen = threading.Event()
    watcher = Watcher(kind, 0.2, seen.set)
    trial = config.data_path / f".observer-{os.getpid()}"
    try:
        private_folder(config.data_path)
        watcher.start([(config.data_path, False)])
        time.sleep(0.3)
        os.close(private(str(trial), os.O_WRONLY | os.O_CREAT))
        came = seen.wait(wait_seconds)
        same = config.data_path.stat().st_dev == layout.root.stat().st_dev
    except OSError as problem:
        remedy = tr('Raise the limit (fs.inotify.max_user_instances), or set observer = "polling" in [watch].')
        return DoctorLine(
            "observer", "fail", tr("{kind}: cannot start ({why})", kind=kind, why=problem.strerror), remedy
        )
    finally:
        watcher.stop()
        trial.unlink(missing_ok=True)
    if not came:
        return DoctorLine(
            "observer",
            "fail",
            tr("{kind}: no event came", kind=kind),
            tr('Set observer = "polling" in [watch] of config.toml.'),
        )
    tried = tr("tried on the vault's disk") if same else tr("tried on the data folder's disk, which is not the vault's")
    return DoctorLine("observer", "ok", tr("{kind}, {tried}", kind=kind, tried=tried))


def watch_limit_lines(config: Config, layout: Layout) -> Iterator[DoctorLine]:
    """inotify needs one watch for each folder below the diary folder."""
    if config.watch.observer != "native" or not sys.platform.startswith("linux") or not INOTIFY_WATCHES.exists():
        return
    limit = int(INOTIFY_WATCHES.read_text(encoding="ascii"))
    start = layout.file(layout.diary_folder)
    needed = 1 + sum(len(folders) for _, folders, _ in os.walk(start)) if layout.depth else 1
    if needed * 2 > limit:
        remedy = f"sudo sysctl fs.inotify.max_user_watches={max(524288, needed * 8)}"
        yield DoctorLine(
            "inotify", "warn", tr("{needed} folders to watch, the limit is {limit}", needed=needed, limit=limit), remedy
        )
    else:
        yield DoctorLine(
            "inotify", "ok", tr("{needed} folders to watch, the limit is {limit}", needed=needed, limit=limit)
        )


def data_line(config: Config) -> DoctorLine:

    try:
        store = Store.open_existing(config.data_path)
    except NippoError as problem:
        return DoctorLine("data", "fail", problem.what, problem.next_step)
    if store is None:
        return DoctorLine("data", "ok", tr("{data_path} (made at the first run)", data_path=config.data_path))
    with store:
        failed = store.jobs("failed")
    if failed:
        return DoctorLine(
            "data", "warn", tr("{count} notes were set aside", count=len(failed)), tr("`nippo status` says why.")
        )
    return DoctorLine("data", "ok", str(config.data_path))


def space_line(config: Config) -> DoctorLine:
    """Free space for the database and trained versions, and for a model that is still to be downloaded."""
    needs = [(config.data_path, LEAST_FREE_BYTES)]
    if config.engine.kind in ("auto", "llamacpp") and not is_here(config.engine.model):
        known = KNOWN.get(config.engine.model)
        needs.append((cache_folder(), 2 * known.size if known else 0))
    for folder, needed in needs:
        nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(nearest).free
        if free < needed:
            remedy = tr("Free some space, or move the folder ([data] folder, NIPPO_CACHE).")
            return DoctorLine(
                "space",
                "fail",
                tr(
                    "{folder}: {free:.1f} GB free, {needed:.1f} GB needed",
                    folder=folder,
                    free=free / 1e9,
                    needed=needed / 1e9,
                ),
                remedy,
            )
    return DoctorLine("space", "ok", tr("{free:.0f} GB free", free=shutil.disk_usage(nearest).free / 1e9))


def model_lines(config: Config) -> Iterator[DoctorLine]:
    """The engine that would be taken, its package, its model and its adapter."""
    try:
        kind = engine_kind(config)
    except NippoError as problem:
        yield DoctorLine("engine", "fail", problem.what, problem.next_step)
        return
    if kind == "server":
        yield from server_lines(config)
        return
    if kind == "llamacpp" and find_spec("xllamacpp") is None:
        yield DoctorLine("engine", "fail", tr("llamacpp: the package xllamacpp is missing"), adding("starter"))
    else:
        yield DoctorLine("engine", "ok", kind)
    if is_here(config.engine.model):
        yield DoctorLine("model", "ok", tr("{model} is on this machine", model=config.engine.model))
    else:
        remedy = tr("`nippo fetch` downloads it now; else the first report does.")
        yield DoctorLine("model", "warn", tr("{model} is not on this machine yet", model=config.engine.model), remedy)
    try:
        adapter = adapter_in_use(config)
        if adapter is None and config.engine.adapter == "auto":
            remedy = tr("Make the first one: `nippo train --starter-corpus`.")
            yield DoctorLine("adapter", "warn", tr("no adapter for this base yet: the bare model writes"), remedy)
        else:
            yield DoctorLine("adapter", "ok", adapter.name if adapter else tr("none: the bare model writes"))
        yield from method_lines(config)
        yield from larger_lines(config)
    except NippoError as problem:
        yield DoctorLine("adapter", "fail", problem.what, problem.next_step)


def larger_lines(config: Config) -> Iterator[DoctorLine]:
    """The largest known model that this machine would run in reasonable time, where that is larger than the one in use.
    Whether it writes better reports nobody has measured, so it is no fault to go without."""
    if larger := suggestion(this_machine(), config.engine.model):
        what = tr(
            "{name} ({size}) would run here too, not measured: `nippo fetch`, then `nippo evaluate --against`",
            name=larger.name,
            size=f"{larger.parameters:g}B, {larger.size / 1e9:.1f} GB",
        )
        yield DoctorLine("models", "ok", what)


def training_line(config: Config) -> DoctorLine:
    """Whether this machine can learn from the accepted reports, and when it would."""
    schedule = config.schedule.retrain or tr("switched off")
    if missing := missing_packages():
        state: State = "warn" if config.schedule.retrain else "ok"
        remedy = tr(
            'Install them with `{adding}`, or set retrain = "" in [schedule] of config.toml.', adding=adding("train")
        )
        return DoctorLine(
            "training", state, tr("never on this machine: {missing} not installed", missing=", ".join(missing)), remedy
        )
    return DoctorLine(
        "training", "ok", tr("the training packages are there; weekly training: {schedule}", schedule=schedule)
    )

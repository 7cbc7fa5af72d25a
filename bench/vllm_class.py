"""A real vLLM under nippo's own code: versions, reports beside llama.cpp's, a class. ``python -m bench.vllm_class``.

    python -m bench.vllm_class --record ten.json                       # where llama.cpp writes: no vLLM needed
    python -m bench.vllm_class --model FOLDER --recorded ten.json --out OUT [--stages register reports class]

``--model`` is the Hugging Face folder of the model that the adapter was trained on (``training.model.dequantise`` makes
the starter's). Stages:

* ``register``: two versions of a data folder are promoted and rolled back, the server is killed and started again, and
  each time a report must come from the version in use.
* ``reports``: the recorded diaries again, line by line.
* ``class``: real daemons, one a student, each with one of three versions, get their diaries at once; in the middle the
  server is killed and started again; every diary must have its report.

``OUT/results.json`` and ``OUT/table.md`` are whole after every step: a run that is cut off keeps what it has."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bench.classroom import KEY_NAME, Student, copied_version, days_back
from bench.vllm_reports import compared, read_rows, record, spread, weights_hash, written
from bench.vllm_server import VLLM, ServerFailed, VllmServer
from daemon.config import Config, DataSettings, EngineSettings
from daemon.drafting.draft import draft_report
from daemon.drafting.result import DraftRequest
from daemon.engines.opening import open_engine
from daemon.system.files import write_atomically
from daemon.system.shipped import starter_folder
from daemon.versions.artifact import find_version
from daemon.versions.champion import promote, rollback
from daemon.versions.served_adapter import announce, served_name

STAGES = ("register", "reports", "class")
VERSIONS = 3
DIARIES = Path("dev/readings/fresh.jsonl")


class Results:
    """What is known so far, on disk after every word."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.values = folder, dict[str, Any]()
        if (folder / "results.json").is_file():
            self.values = json.loads((folder / "results.json").read_text(encoding="utf-8"))

    def put(self, stage: str, **values: Any) -> None:
        self.values.setdefault(stage, {}).update(values)
        write_atomically(self.folder / "results.json", json.dumps(self.values, ensure_ascii=False, indent=1) + "\n")
        write_atomically(self.folder / "table.md", table(self.values))
        for name, value in values.items():
            if not isinstance(value, list | dict) or len(str(value)) < 300:
                print(f"{datetime.now():%H:%M:%S} {stage}: {name} = {value}", flush=True)


def table(values: dict[str, Any]) -> str:
    """Every single figure, one a row. Pure."""
    lines = ["| stage | what | value |", "|---|---|---|"]
    for stage, found in values.items():
        for name, value in found.items():
            if isinstance(value, dict):
                lines += [f"| {stage} | {name}: {key} | {one} |" for key, one in value.items()]
            elif not isinstance(value, list):
                lines.append(f"| {stage} | {name} | {str(value).splitlines()[0] if str(value) else ''} |")
    return "\n".join(lines) + "\n"


def register(given: argparse.Namespace, server: VllmServer, results: Results) -> None:
    """Promotions, a rollback and a restart, each with a report of the version that must have written it."""
    student = Student.made(given.work / "register", server.url, given.reference)
    models = student.config.data_path / "models"
    for name, change in (("v0.1", 0), ("v0.2", 1)):
        copied_version(given.adapter, models, name, change)
    config, row = student.config, spread(read_rows(given.diaries), 1)[0]
    server_needed(server, given, results)

    def step(name: str, act: Callable[[], Any], version: str, before: str = "") -> None:
        began = time.monotonic()
        act()
        trouble, taken = announce(config), time.monotonic() - began
        engine = open_engine(config)
        try:
            result = draft_report(engine, DraftRequest(row["date"], row["diary"]), config)
        finally:
            engine.close()
        wanted, names = served_name(find_version(config, version)), adapters(server)
        gone = served_name(find_version(config, before)) if before else ""  # other students' adapters stay
        found = {
            "seconds": round(taken, 2),
            "trouble": trouble,
            "version": result.version,
            "served": names,
            "ok": not trouble and result.version == version and wanted in names and gone not in names,
        }
        results.put("register", **{name: found})

    step("promote v0.1", lambda: promote(config, "v0.1", datetime.now().astimezone()), "v0.1")
    step("promote v0.2", lambda: promote(config, "v0.2", datetime.now().astimezone()), "v0.2", "v0.1")
    step("rollback", lambda: rollback(config, datetime.now().astimezone()), "v0.1", "v0.2")
    engine = open_engine(config)
    server.kill()
    results.put("register", restart_seconds=server.start(given.start_seconds), after_restart=adapters(server))
    result = draft_report(engine, DraftRequest(row["date"], row["diary"]), config)
    engine.close()
    again = [served_name(find_version(config, "v0.1"))]
    results.put("register", **{"restart": {"version": result.version, "ok": adapters(server) == again}})


def reports(given: argparse.Namespace, server: VllmServer, results: Results) -> None:
    """The recorded diaries once more, by the server."""
    kept = json.loads(given.recorded.read_text(encoding="utf-8"))
    student = Student.made(given.work / "reports", server.url, given.reference)
    version = copied_version(given.adapter, student.config.data_path / "models", "v0.1")
    promote(student.config, "v0.1", datetime.now().astimezone())
    engine = student.config.engine.model_copy(update={"drafts": kept["drafts"]})
    config = student.config.model_copy(update={"engine": engine})
    config._file = student.config.file
    server_needed(server, given, results)
    results.put("reports", same_adapter=kept["adapter"] == weights_hash(version.path))
    ours: list[dict[str, Any]] = []
    for row in written(config, kept["reports"][: given.reports]):
        ours.append(row)
        results.put("reports", found=compared(ours, kept["reports"]), ours=ours)


def classroom(given: argparse.Namespace, server: VllmServer, results: Results) -> None:
    """All diaries of all students at once; the server dies when a third of the reports is there."""
    rows, students = read_rows(given.diaries), list[Student]()
    for number in range(given.students):
        student = Student.made(given.work / f"student-{number:02}", server.url, given.reference)
        name = f"v0.{number % VERSIONS + 1}"
        copied_version(given.adapter, student.config.data_path / "models", name, number % VERSIONS)
        promote(student.config, name, datetime.now().astimezone())
        students.append(student)
    server_needed(server, given, results)
    try:
        for student in students:
            student.start(server.key)
        wait(lambda: all(student.ready for student in students), 120)
        results.put("class", students=len(students), diaries=given.class_diaries, versions=VERSIONS)
        began = time.time()
        for number in range(given.class_diaries):
            day = days_back(number // len(students) + 1)[-1]
            students[number % len(students)].write(day, rows[number % len(rows)]["diary"])
        watch(given, server, students, began, results)
    finally:
        codes = [student.stop() for student in students]
    found = [student.standing() for student in students]
    lost = sum(len(one["missing"]) + len(one["unrecorded"]) for one in found)
    results.put(
        "class",
        lost=lost,
        doubled=sum(one["doubled"] for one in found),
        jobs_left=sum(len(one["jobs"]) for one in found),
        needs_review=sum(one["needs_review"] for one in found),
        versions_used=sorted({version for one in found for version in one["versions"]}),
        daemons_ended_well=sum(code == 0 for code in codes),
        standing=[one for one in found if one["missing"] or one["jobs"] or one["unrecorded"]],
    )


def watch(
    given: argparse.Namespace, server: VllmServer, students: Sequence[Student], began: float, results: Results
) -> None:
    """Until every report is there, or the time is over; kills the server once."""
    killed = restarted = 0.0
    while time.time() - began < given.class_seconds:
        times = sorted(at for student in students for at in student.reports().values())
        if not killed and not given.no_kill and 3 * len(times) >= given.class_diaries:
            killed = time.time()
            results.put("class", **pace("before the kill", times, began, killed), adapters=adapters(server))
            server.kill()
            results.put("class", restart_seconds=server.start(given.start_seconds))
            restarted = time.time()
        if len(times) >= given.class_diaries:
            break
        time.sleep(0.3)
    times = sorted(at for student in students for at in student.reports().values())
    results.put("class", reports=len(times), seconds=round((times[-1] if times else time.time()) - began, 1))
    results.put("class", **pace("over all", times, began, times[-1] if times else time.time()))
    after = [at for at in times if restarted and at >= restarted]
    if after:
        results.put("class", first_report_after_restart=round(after[0] - restarted, 1), adapters_after=adapters(server))
        results.put("class", **pace("after the restart", after[1:], after[0], after[-1]))


def pace(name: str, times: Sequence[float], began: float, ended: float) -> dict[str, Any]:
    """Reports a minute between two moments. Pure."""
    inside = sum(began <= at <= ended for at in times)
    return {f"{name}: reports": inside, f"{name}: a minute": round(60 * inside / max(ended - began, 1e-9), 1)}


def adapters(server: VllmServer) -> list[str]:
    """The adapters that the server has now."""
    answer = httpx.get(f"{server.url}/models", headers={"Authorization": f"Bearer {server.key}"}, trust_env=False)
    return sorted(str(entry["id"]) for entry in answer.json()["data"] if entry["id"] != "base")


def server_needed(server: VllmServer, given: argparse.Namespace, results: Results) -> None:
    if server.process is None:
        results.put("server", command=shlex.join(server.argv()))
        results.put("server", **{f"start_{server.starts + 1}_seconds": server.start(given.start_seconds)})


def wait(until: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise RuntimeError(f"not ready after {seconds:g} s")
        time.sleep(0.2)


def arguments(given: list[str] | None) -> argparse.Namespace:
    command = argparse.ArgumentParser(prog="python -m bench.vllm_class", description=(__doc__ or "").partition("\n")[0])
    command.add_argument("--model", type=Path, metavar="FOLDER", help="the base as a Hugging Face folder")
    command.add_argument("--reference", default="starter", help="what engine.model calls it (default: starter)")
    command.add_argument("--adapter", type=Path, default=starter_folder() / "adapter", metavar="FOLDER")
    command.add_argument("--out", type=Path, metavar="FOLDER")
    command.add_argument("--work", type=Path, metavar="FOLDER", help="vaults and data (default: OUT/work)")
    command.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    command.add_argument("--record", type=Path, metavar="FILE", help="write the reports by llama.cpp, and nothing else")
    command.add_argument("--recorded", type=Path, metavar="FILE", help="what --record wrote")
    command.add_argument("--diaries", type=Path, default=DIARIES, metavar="FILE")
    command.add_argument("--reports", type=int, default=10)
    command.add_argument("--students", type=int, default=30)
    command.add_argument("--class-diaries", type=int, default=100)
    command.add_argument("--class-seconds", type=float, default=240.0, help="limit of the class, restart included")
    command.add_argument("--start-seconds", type=float, default=150.0, help="limit of each start of the server")
    command.add_argument("--no-kill", action="store_true", help="leave the server alone in the class")
    command.add_argument("--port", type=int, default=8765)
    command.add_argument("--python", default=sys.executable, help="the interpreter that has vLLM")
    command.add_argument("--server", help="another command than `PYTHON -m vllm.entrypoints.cli.main serve`")
    command.add_argument("--packages", default="", help="PYTHONPATH of the server, where it is not that of nippo")
    command.add_argument("--serve", default="", metavar="WORDS", help="further arguments of the server, as one word")
    found = command.parse_args(given)
    if not found.record and not (found.model and found.out):
        command.error("--model and --out are needed (or --record)")
    return found


def main(words: list[str] | None = None) -> int:
    given = arguments(words)
    if given.record:
        engine = EngineSettings(kind="llamacpp", model=given.reference, adapter=str(given.adapter), drafts=1)
        data = DataSettings(folder=str(given.record.parent / "data"))
        rows = spread(read_rows(given.diaries), given.reports)
        record(
            Config(engine=engine, data=data), given.adapter, rows, given.record, lambda line: print(line, flush=True)
        )
        return 0
    given.out.mkdir(parents=True, exist_ok=True)
    given.out = given.out.resolve()
    given.work = (given.work or given.out / "work").resolve()
    results, key = Results(given.out), secrets.token_hex(16)
    os.environ[KEY_NAME] = key
    program = shlex.split(given.server) if given.server else [given.python, *VLLM]
    server = VllmServer(program, given.model.resolve(), given.port, given.out, key, given.packages)
    server.extra = shlex.split(given.serve)
    stages = {"register": register, "reports": reports, "class": classroom}
    failed = 0
    try:
        for name in given.stages:
            began = time.monotonic()
            try:
                stages[name](given, server, results)
            except Exception as problem:
                failed += 1
                results.put(name, failed=f"{type(problem).__name__}: {problem}", trace=traceback.format_exc())
                if isinstance(problem, ServerFailed):
                    break
            results.put(name, stage_seconds=round(time.monotonic() - began, 1))
    finally:
        server.kill()
    print((given.out / "table.md").read_text(encoding="utf-8"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The worker process: there when needed, gone when not, and never in the way of the daemon's end."""

from __future__ import annotations

import errno
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from daemon.config import Config, EngineSettings
from daemon.drafting.ask_day import Stage
from daemon.drafting.result import DraftRequest
from daemon.errors import (
    ConfigError,
    EngineCrashed,
    EngineError,
    EngineTimeout,
    ModelMissing,
    NoRoom,
    OutOfMemory,
    WorkerStopped,
)
from daemon.system.lock import FileLock
from daemon.worker.client import WorkerClient
from daemon.worker.messages import error_message, to_error
from daemon.worker.process import WorkerProcess, sweep
from tests.tiny_model import TinyModel

DIARY = "一限はデータベース。凌と正規化の復習をした。\n\n夜は推しの配信。"
REQUEST = DraftRequest("2026-01-07", DIARY)


def settings(tiny: TinyModel, **changes: object) -> Config:
    values = {
        "kind": "llamacpp",
        "model": str(tiny.gguf),
        "adapter": "none",
        "context_tokens": 4096,
        "threads": 1,
        "drafts": 2,
        "max_report_tokens": 32,
    }
    return Config(engine=EngineSettings.model_validate({**values, **changes}))


def endless(tiny: TinyModel) -> Config:
    """A random model almost never ends by itself, so this writes for minutes."""
    return settings(tiny, drafts=32, max_report_tokens=1500)


@pytest.fixture
def client(tiny: TinyModel) -> Iterator[WorkerClient]:
    with WorkerClient(settings(tiny)) as made:
        yield made


def wait_until(happened: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def draft_in_thread(client: WorkerClient, request: DraftRequest = REQUEST) -> queue.Queue[object]:
    answers: queue.Queue[object] = queue.Queue()

    def work() -> None:
        try:
            answers.put(client.draft(request))
        except Exception as problem:
            answers.put(problem)

    threading.Thread(target=work, daemon=True).start()
    return answers


def writing(client: WorkerClient) -> int:
    """Wait until the child is in the middle of native code; return its process id."""
    wait_until(lambda: client.pid is not None)
    pid = client.pid
    assert pid is not None
    wait_until(lambda: psutil.Process(pid).cpu_times().user > 1.5, 60)
    return pid


def test_one_child_serves_many_diaries_and_equal_ones_equally(client: WorkerClient) -> None:
    assert not client.alive
    first = client.draft(REQUEST)
    pid = client.pid
    client.draft(DraftRequest("2026-01-08", "昼はJavaの演習。"))
    again = client.draft(REQUEST)
    assert client.pid == pid
    assert (again.body, again.score, again.questions) == (first.body, first.score, first.questions)
    assert first.version == "tiny"
    assert first.prompt_tokens > 100
    assert first.used_characters == first.total_characters > 0


def test_a_blank_diary_needs_no_model(tiny: TinyModel) -> None:
    with WorkerClient(settings(tiny, model="/nowhere/at/all.gguf")) as client:
        result = client.draft(DraftRequest("2026-01-07", "---\ntags: [日記]\n---\n\n"))
    assert result.body == "本日は、記録された学習活動はありませんでした。"
    assert (result.status, result.questions) == ("draft", 0)


def test_errors_of_the_child_arrive_as_themselves(tiny: TinyModel) -> None:
    with WorkerClient(settings(tiny, model="/nowhere/at/all.gguf")) as client:
        with pytest.raises(ModelMissing, match=r"all\.gguf") as caught:
            client.draft(REQUEST)
        assert caught.value.next_step
        assert client.alive
    with (
        WorkerClient(settings(tiny, context_tokens=1024, max_report_tokens=1000)) as client,
        pytest.raises(ConfigError),
    ):
        client.draft(REQUEST)


def test_stop_from_another_thread_ends_a_draft_within_a_second(tiny: TinyModel) -> None:
    with WorkerClient(endless(tiny)) as client:
        answers = draft_in_thread(client)
        pid = writing(client)
        began = time.monotonic()
        client.stop()
        assert isinstance(answers.get(timeout=5), WorkerStopped)
        assert time.monotonic() - began < 2
        assert gone(pid)


def test_after_close_nothing_is_started_any_more(tiny: TinyModel) -> None:
    client = WorkerClient(settings(tiny))
    client.close()
    with pytest.raises(WorkerStopped):
        client.draft(REQUEST)
    assert not client.alive


def test_a_draft_that_takes_too_long_is_ended_and_the_next_one_works(tiny: TinyModel) -> None:
    with WorkerClient(endless(tiny)) as client:
        with pytest.raises(EngineTimeout, match="within 3 seconds") as caught:
            client.draft(REQUEST, timeout_seconds=3)
        assert "timeout_seconds" in caught.value.next_step
        assert not client.alive
        assert client.draft(DraftRequest("2026-01-08", "")).status == "draft"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_child_that_the_system_kills_is_told_as_short_memory(tiny: TinyModel) -> None:
    with WorkerClient(endless(tiny)) as client:
        answers = draft_in_thread(client)
        os.kill(writing(client), signal.SIGKILL)
        problem = answers.get(timeout=5)
    assert isinstance(problem, OutOfMemory)
    assert "memory" in str(problem)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_crash_is_told_with_its_signal_and_the_next_draft_works(tiny: TinyModel) -> None:
    with WorkerClient(endless(tiny)) as client:
        answers = draft_in_thread(client)
        os.kill(writing(client), signal.SIGSEGV)
        problem = answers.get(timeout=5)
        assert isinstance(problem, EngineCrashed)
        assert "SIGSEGV" in str(problem)
        assert client.draft(DraftRequest("2026-01-08", "")).status == "draft"


def test_a_crash_shows_its_last_lines_but_no_diary() -> None:
    lines = [f"native line {number}" for number in range(40)]
    program = f"import sys; [print(line, file=sys.stderr) for line in {lines!r}]\nprint({DIARY!r}, file=sys.stderr)"
    child = WorkerProcess(Config(), [sys.executable, "-c", f"{program}\nsys.exit(7)"])
    while child.receive(10) is not None:
        pass
    message = str(child.death(DIARY))
    assert "exit code 7" in message
    assert "native line 39" in message
    assert "native line 10\n" not in message
    for word in ("データベース", "凌", "推し"):
        assert word not in message


def test_native_words_of_short_memory_are_understood() -> None:
    program = "import sys; print('ggml: failed to allocate buffer', file=sys.stderr); sys.exit(1)"
    child = WorkerProcess(Config(), [sys.executable, "-c", program])
    while child.receive(10) is not None:
        pass
    assert isinstance(child.death(""), OutOfMemory)


def test_prints_of_libraries_do_not_reach_the_protocol(tiny: TinyModel, tmp_path: Path) -> None:
    program = (
        "import os, sys; sys.argv = ['worker', str(os.getppid())]\n"
        "import daemon.worker.child as child\n"
        "load = child.ChildWorker._load\n"
        "def noisy(self):\n"
        '    os.write(1, b\'{"result": "from C"}\\n\'); print(\'{"error": 1}\'); return load(self)\n'
        "child.ChildWorker._load = noisy\n"
        "child.main()"
    )
    process = WorkerProcess(settings(tiny), [sys.executable, "-c", program])
    process.send({"draft": REQUEST.to_json(), "stream": False})
    said = [process.receive(60) or {}]
    while "result" not in said[-1] and "error" not in said[-1]:
        said.append(process.receive(60) or {"error": "the child has ended"})
    process.end()
    kinds = [next(iter(one)) for one in said]
    assert (kinds[0], kinds[-1]) == ("ready", "result") and set(kinds[1:-1]) <= {"stage"}
    assert said[-1]["result"] != "from C"


def test_an_idle_child_leaves_when_its_time_has_come(client: WorkerClient) -> None:
    client.draft(REQUEST)
    pid, since = client.pid, client.idle_since
    assert pid is not None
    assert since is not None
    client.tick(since + 299)
    assert client.alive
    client.tick(since + 301)
    assert not client.alive
    assert gone(pid)


def test_a_working_child_is_never_idle(tiny: TinyModel) -> None:
    with WorkerClient(endless(tiny)) as client:
        draft_in_thread(client)
        pid = writing(client)
        client.tick(time.monotonic() + 1e6)
        assert client.idle_since is None
        assert client.pid == pid


def test_a_new_champion_gets_a_new_child(client: WorkerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.draft(REQUEST)
    before = client.pid
    monkeypatch.setattr(WorkerClient, "_fingerprint", lambda self: "v2.0 /data/models/v2.0")
    client.draft(REQUEST)
    assert client.pid != before
    assert gone(before or 0)


def test_text_streams_through_the_process_boundary(client: WorkerClient) -> None:
    pieces: list[str] = []
    client.draft(REQUEST, on_text=pieces.append)
    assert len(pieces) > 1


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_dies_with_the_daemon(tiny: TinyModel, number: signal.Signals) -> None:
    """The daemon is killed while a short-lived thread of its own had started the draft."""
    program = (
        "import sys, threading, time; from pathlib import Path\n"
        "from tests.daemon.worker.test_worker_client import *\n"
        "client = WorkerClient(endless(TinyModel(Path(), Path(sys.argv[1]))))\n"
        "draft_in_thread(client); print(writing(client), flush=True); time.sleep(60)\n"
    )
    root = Path(__file__).parents[3]
    daemon = subprocess.Popen(
        [sys.executable, "-c", program, str(tiny.gguf)], stdout=subprocess.PIPE, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert daemon.stdout is not None
    child = int(daemon.stdout.readline())
    daemon.send_signal(number)
    daemon.wait()
    daemon.stdout.close()
    wait_until(lambda: gone(child), 5)


def test_nothing_is_left_in_the_temporary_folder(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with WorkerClient(endless(tiny)) as client:
        draft_in_thread(client)
        writing(client)
        assert list(tmp_path.iterdir())
    wait_until(lambda: not list(tmp_path.iterdir()))


def test_what_a_killed_daemon_left_behind_is_swept_and_nothing_else(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = (f"{dead.pid}-old", f"{dead.pid}-held", f"{os.getpid()}-mine", "named")
    folders = {name: tmp_path / f"nippo-worker-{name}" for name in names}
    for folder in folders.values():
        (folder / "inner").mkdir(parents=True)
    held = FileLock(folders[f"{dead.pid}-held"])  # as by a daemon in another container, where numbers differ
    assert held.acquire()
    sweep(tmp_path)
    assert {name for name, folder in folders.items() if folder.exists()} == set(names) - {f"{dead.pid}-old"}


def test_a_running_worker_holds_its_folder(tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with WorkerClient(endless(tiny)) as client:
        draft_in_thread(client)
        writing(client)
        (folder,) = tmp_path.iterdir()
        assert FileLock(folder).holder() == os.getpid()


def test_no_temporary_folder_is_a_full_disk(monkeypatch: pytest.MonkeyPatch, make_vault, make_config) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("daemon.worker.process.tempfile.gettempdir", none)
    with pytest.raises(NoRoom, match="temporary"):
        WorkerProcess(make_config(make_vault()))


def test_an_unforeseen_error_travels_without_its_text() -> None:
    try:
        {}[DIARY]  # type: ignore[index]
    except KeyError as problem:
        message = error_message(problem)
    arrived = to_error(message)
    assert isinstance(arrived, EngineError)
    assert f"KeyError in {Path(__file__).name}:" in str(arrived)
    assert "データベース" not in str(arrived)


@pytest.mark.parametrize("kind", ["ErrorMessage", "annotations", "nothing"])
def test_an_unknown_kind_of_error_is_still_an_error(kind: str) -> None:
    assert isinstance(to_error({"kind": kind, "what": "w", "next_step": ""}), EngineError)


def test_a_cancelled_draft_ends_between_two_sentences_and_the_model_stays(tiny: TinyModel) -> None:
    diary = "\n".join(f"{number}限はデータベースの正規化を復習した。" for number in range(60))
    with WorkerClient(settings(tiny, method="sentences", drafts=1)) as client:
        heard: list[int] = []

        def on_stage(stage: Stage) -> None:
            heard.append(stage.number)
            if stage.number == 3:
                client.cancel()

        with pytest.raises(WorkerStopped):
            client.draft(DraftRequest("2026-01-07", diary), on_stage=on_stage)
        pid = client.pid
        assert pid is not None and 3 <= max(heard) < 60
        client.cancel()  # nothing is under way: the next draft is not meant
        client.draft(DraftRequest("2026-01-07", "一限はデータベース。"))
        assert client.pid == pid

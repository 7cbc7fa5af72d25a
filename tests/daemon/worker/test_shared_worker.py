"""Drafting beside a training: notes wait or go to the processor, the model leaves memory, the learned form is used."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from daemon.config import Config
from daemon.drafting.learned_form import with_learned_form
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.errors import WorkerStopped
from daemon.store.store import Store
from daemon.system.accelerator import ACCELERATOR, TRAINING, FileLock
from daemon.system.lock import holder
from daemon.worker.shared import WANTED, SharedWorker, spare_config
from tests.conftest import MakeConfig, MakeVault
from tests.fake_worker import result
from tests.learning_world import accept

REQUEST = DraftRequest("2026-11-22", "Java")
HOLD = (
    "import sys; from pathlib import Path; from daemon.system.accelerator import FileLock; "
    "lock = FileLock(Path(sys.argv[1]), sys.argv[2]); assert lock.wait(5.0); print('held', flush=True); "
    "sys.stdin.readline()"
)


@dataclass
class Clients:
    """Every client that was made, with what it was made for."""

    made: list[Client] = field(default_factory=list)

    def __call__(self, config: Config) -> Client:
        self.made.append(Client(config))
        return self.made[-1]


@dataclass
class Client:
    config: Config
    alive: bool = False
    drafts: int = 0
    idle_since: float | None = None

    @property
    def pid(self) -> int | None:
        return 4242 if self.alive else None

    def draft(self, request: DraftRequest, *_: Any) -> DraftResult:
        self.alive = True
        self.drafts += 1
        return result()

    def tick(self, now: float) -> None:
        pass

    def stop(self) -> None:
        self.alive = False


@contextmanager
def held(config: Config, name: str) -> Iterator[None]:
    """Another process holds a lock of the data folder."""
    command = [sys.executable, "-c", HOLD, str(config.data_path), name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        process.communicate(b"\n")


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig) -> Config:
    return make_config(make_vault())


def test_a_draft_waits_for_the_training_to_end(config: Config) -> None:
    clients, answers = Clients(), []
    worker = SharedWorker(config, clients)
    with held(config, TRAINING):
        thread = threading.Thread(target=lambda: answers.append(worker.draft(REQUEST)))
        thread.start()
        thread.join(0.8)
        assert thread.is_alive() and not clients.made
    thread.join(10)
    assert answers == [result()]


def test_stopping_ends_the_wait(config: Config) -> None:
    worker, problems = SharedWorker(config, Clients()), []

    def draft() -> None:
        try:
            worker.draft(REQUEST)
        except WorkerStopped as problem:
            problems.append(problem)

    with held(config, TRAINING):
        thread = threading.Thread(target=draft)
        thread.start()
        time.sleep(0.3)
        worker.stop()
        thread.join(5)
    assert len(problems) == 1


def test_the_model_leaves_memory_when_a_training_comes(config: Config) -> None:
    clients = Clients()
    worker = SharedWorker(config, clients)
    worker.draft(REQUEST)
    assert holder(config.data_path, ACCELERATOR) is not None and clients.made[0].alive
    assert worker.pid == 4242
    worker.tick(0.0)
    assert clients.made[0].alive, "without a training it stays loaded"
    with held(config, TRAINING):
        worker.tick(1.0)
        assert not clients.made[0].alive
        assert holder(config.data_path, ACCELERATOR) is None
        assert worker.pid is None
    worker.draft(REQUEST)
    assert clients.made[0].drafts == 2
    worker.stop()


def test_with_cpu_the_starter_writes_meanwhile(config: Config) -> None:
    schedule = config.schedule.model_copy(update={"draft_while_training": "cpu"})
    clients = Clients()
    worker = SharedWorker(config.model_copy(update={"schedule": schedule}), clients)
    with held(config, TRAINING):
        assert worker.draft(REQUEST) == result()
        assert worker.pid == 4242
    engine = clients.made[0].config.engine
    assert (engine.kind, engine.model, engine.gpu_layers) == ("llamacpp", "starter", 0)
    worker.stop()


def test_the_spare_of_a_large_model_is_the_starter(config: Config) -> None:
    large = config.model_copy(
        update={"engine": config.engine.model_copy(update={"model": "Qwen/Qwen2.5-14B-Instruct"})}
    )
    assert spare_config(large).engine.model == "starter"


def test_the_form_is_learned_from_accepted_reports_and_follows_them(config: Config) -> None:
    auto = config.model_copy(update={"report": config.report.model_copy(update={"style": "auto"})})
    assert with_learned_form(config) is config
    assert with_learned_form(auto).report.lead == config.report.lead
    clients = Clients()
    worker = SharedWorker(auto, clients)
    worker.draft(REQUEST)
    with Store.open(auto.data_path) as store:
        accept(store, 6)
    worker.draft(REQUEST)
    assert [client.config.report.lead for client in clients.made] == [config.report.lead, "本日の学習"]
    assert clients.made[1].config.report.style == "de-aru"
    worker.stop()


def test_an_idle_model_makes_room_for_a_process_that_waits_for_it(config: Config) -> None:
    clients = Clients()
    worker = SharedWorker(config, clients)
    worker.draft(REQUEST)
    (client,) = clients.made
    with held(config, WANTED):
        worker.tick(1.0)
        assert client.alive  # it is writing
        client.idle_since = 0.5
        worker.tick(2.0)
        assert not client.alive
        assert FileLock(config.data_path, ACCELERATOR).acquire()


def test_a_process_that_waits_for_the_model_says_so(config: Config) -> None:
    worker = SharedWorker(config, Clients())
    with held(config, ACCELERATOR):
        waiting = threading.Thread(target=worker.draft, args=(REQUEST,))
        waiting.start()
        until = time.monotonic() + 20
        while holder(config.data_path, WANTED) is None and time.monotonic() < until:
            time.sleep(0.05)
        assert holder(config.data_path, WANTED) is not None
    waiting.join(20)
    assert not waiting.is_alive() and holder(config.data_path, WANTED) is None
    worker.stop()

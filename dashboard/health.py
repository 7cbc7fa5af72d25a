"""How nippo itself is: daemon, queue, model process, GPU. Reads; changes nothing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daemon.service.passed_over import Passed, PassedKind
from daemon.store.store import Job
from daemon.system import processes

STATES = {
    "starting": "起動中",
    "watching": "見守っています",
    "paused": "一時停止",
    "no room": "空き容量待ち",
    "stopped": "停止",
}
QUERY = "name,memory.used,memory.total,utilization.gpu"


@dataclass(frozen=True)
class DaemonState:
    """The daemon in words. ``kind`` as ``markup.notice`` takes it."""

    title: str
    text: str
    kind: str
    running: bool


def daemon_state(beat: Mapping[str, Any], holder: int | None, now: datetime) -> DaemonState:
    """Given the heartbeat and who holds the lock (None: nobody), say how the daemon is. Pure."""
    if holder is None:
        return DaemonState(
            "デーモンは動いていません",
            "日記を書いても日報は作られません。\nnippo run で起動するか、nippo service install で常駐させてください。",
            "bad",
            False,
        )
    state = str(beat.get("state", "starting"))
    working = str(beat.get("working_on") or "")
    parts = [f"{working} の日報を書いています。"] if working else []
    if beat.get("message"):
        parts.append(str(beat["message"]))
    since = _ago(str(beat.get("started") or ""), now)
    parts.append(f"プロセス {holder or '不明'}{f'、起動から{since}' if since else ''}")
    kind = "warn" if state in ("paused", "no room") or beat.get("message") else "good"
    return DaemonState(f"デーモン: {STATES.get(state, state)}", "\n".join(parts), kind, True)


def _ago(iso: str, now: datetime) -> str:
    try:
        seconds = (now - datetime.fromisoformat(iso)).total_seconds()
    except (ValueError, TypeError):
        return ""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{max(minutes, 0)}分"
    return f"{minutes // 60}時間" if minutes < 2880 else f"{minutes // 1440}日"


def queue_table(jobs: Iterable[Job]) -> list[dict[str, object]]:
    """The notes that wait, in the order of work. Pure."""
    words = {"watch": "新しい日記", "backfill": "さかのぼり", "report": "指定", "redo": "作り直し"}
    return [
        {"日付": job.day or "-", "ノート": job.path, "理由": words.get(job.source, job.source), "試行": job.attempts}
        for job in jobs
        if job.state == "waiting"
    ]


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong, and what to do."""

    where: str
    what: str
    next_step: str


def troubles(jobs: Iterable[Job], last_error: Mapping[str, Any] | None) -> list[Trouble]:
    """The model's last error and every note that failed or was passed over with a reason. Pure."""
    found = []
    if last_error:
        found.append(Trouble("モデル", str(last_error.get("what", "")), str(last_error.get("next_step", ""))))
    found += [Trouble(job.day or job.path, job.error, job.next_step) for job in jobs if job.error]
    return found


PASSED = {
    "before": ("はじめて動かした日より前の日の日記です", "nippo report {day} で日報を作れます。"),
    "changed": ("日報ができたあとで変わりました", "nippo report {day} で書き直せます。"),
    "folder": (
        "日付の名前のノートがありますが、日記のフォルダーではありません",
        "日記なら、設定の「日記のフォルダー」にしてください。",
    ),
    "name": ("名前が日記の形ではありません", "Obsidianで名前を直してください。"),
}
MOST_PASSED = 5


def passed_notices(found: Mapping[PassedKind, tuple[int, Sequence[Passed]]]) -> list[tuple[str, str]]:
    """The notes that the daemon does not take by itself (``daemon.service.passed_over``), a few of each kind with what
    to do about them, then how many more there are. Pure."""
    lines = []
    for kind, (count, newest) in found.items():
        what, remedy = PASSED[kind]
        some = newest[:MOST_PASSED]
        lines += [(f"{one.path}: {what}", remedy.format(day=one.day)) for one in some]
        if count > len(some):
            lines.append((f"ほかに{count - len(some)}件: {what}", ""))
    return lines


@dataclass(frozen=True)
class GpuState:
    """One GPU; memory in MiB, ``busy`` in per cent."""

    name: str
    used: int
    total: int
    busy: int


def gpus() -> list[GpuState]:
    """What ``nvidia-smi`` says now; nothing where it is missing or does not answer within five seconds."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        done = subprocess.run(
            [program, f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return parse_gpus(done.stdout) if done.returncode == 0 else []


def parse_gpus(table: str) -> list[GpuState]:
    """Given the lines for ``QUERY``, return the GPUs; lines without memory figures are left out. Pure."""
    found = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == 4 and cells[1].isdecimal() and cells[2].isdecimal():
            found.append(GpuState(cells[0], int(cells[1]), int(cells[2]), int(cells[3]) if cells[3].isdecimal() else 0))
    return found


def model_words(
    writing: str, drafting: bool, worker: int | None, holder: int | None, memory: int | None, server: str
) -> str:
    """Where the model is and what it does, in Japanese. Pure.

    ``writing``: the day that the daemon writes; ``drafting``: the page itself drafts; ``worker``: the daemon's process
    with a model; ``holder``: who has a model in memory, 0 for somebody unknown; ``memory``: MiB of the worker or
    holder; ``server``: the address of a model elsewhere.
    """
    who = "デーモンのモデル" if worker or writing else "このページのモデル" if drafting else "ほかの処理のモデル"
    doing = f"{writing} の日報を書いています" if writing else "下書きを書いています" if drafting else ""
    if server:
        return f"モデルはサーバー({server})にあります。{f'{doing}。' if doing else ''}"
    if not (writing or drafting or worker or holder is not None):
        return "モデルはメモリにありません。必要になると読み込まれます。"
    process = worker or holder
    about = [f"プロセス {process}"] if process else []
    about += [f"メモリ {memory:,} MiB"] if memory is not None else []
    where = f"({'、'.join(about)})" if about else ""
    return f"{who}が{doing or '動いています'}{where}。"


def memory_of(pid: int | None) -> int | None:
    """The resident memory of a process in MiB; None without the process."""
    return (processes.memory_of(pid) >> 20) or None if pid else None

"""The class bench against a stand-in for vLLM: real daemons, a server killed in the middle, nothing lost."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bench.vllm_class import pace, table
from bench.vllm_reports import compared, spread, weights_hash
from daemon.models.known import STARTER
from tests.daemon.versions.conftest import META, make_version
from tests.test_architecture import ROOT

SENTENCE = "一限の授業で、配列の使い方を習った。"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_versions_reports_and_a_class_whose_server_dies(tmp_path: Path) -> None:
    adapter = make_version(tmp_path / "adapter", replace(META, method="sentences", prompt="c9514341d00d"))
    (adapter / "adapter_model.safetensors").write_bytes((8).to_bytes(8, "little") + b"{}      " + bytes(4000))
    from daemon.versions.artifact import seal

    seal(adapter, replace(META, method="sentences", prompt="c9514341d00d", base_sha256=STARTER.sha256))
    diary = {"id": "one", "date": "2026-01-07", "diary": f"{SENTENCE}\n夜は凌とカレー。"}
    (tmp_path / "diaries.jsonl").write_text(json.dumps(diary) + "\n", encoding="utf-8")
    known = {"body": "* 別の行でした。", "seconds": 1.0}
    sentences = [{"text": text, "nothing": 0.1, "lines": []} for text in diary["diary"].split("\n")]
    kept = {"drafts": 1, "adapter": weights_hash(adapter), "reports": [{**diary, **known, "sentences": sentences}]}
    (tmp_path / "ten.json").write_text(json.dumps(kept), encoding="utf-8")
    server = shlex.join([sys.executable, "-m", "tests.bench.vllm_stand_in"])
    out, words = tmp_path / "out", ["--students", "2", "--class-diaries", "6", "--class-seconds", "90"]
    files = ["--diaries", str(tmp_path / "diaries.jsonl"), "--recorded", str(tmp_path / "ten.json")]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "bench.vllm_class", "--model", str(tmp_path), "--out", str(out)),
            *("--adapter", str(adapter), "--server", server, "--port", str(free_port()), *words, *files),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads((out / "results.json").read_text(encoding="utf-8"))
    steps = [found["register"][name] for name in ("promote v0.1", "promote v0.2", "rollback", "restart")]
    assert [step["version"] for step in steps] == ["v0.1", "v0.2", "v0.1", "v0.1"] and all(step["ok"] for step in steps)
    assert found["reports"]["same_adapter"] and found["reports"]["found"]["sentences"] == 2
    figures = found["class"]
    assert (figures["reports"], figures["lost"], figures["doubled"], figures["jobs_left"]) == (6, 0, 0, 0), figures
    assert figures["versions_used"] == ["v0.1", "v0.2"] and figures["restart_seconds"] > 0
    assert figures["daemons_ended_well"] == 2
    assert "| class | lost | 0 |" in (out / "table.md").read_text(encoding="utf-8")


def test_reports_are_compared_line_by_line_and_sentence_by_sentence() -> None:
    def row(body: str, *sentences: tuple[float, list[str]], name: str = "a") -> dict[str, object]:
        told = [{"text": "", "nothing": chance, "lines": lines} for chance, lines in sentences]
        return {"id": name, "body": body, "seconds": 2.0, "sentences": told}

    ours = [row("本日は\n\n* A\n* B", (0.1, ["* A"]), (0.2, ["* B"])), row("* A", name="unknown")]
    found = compared(ours, [row("本日は\n\n* A\n* C\n今後は、D", (0.1, ["* A"]), (0.3, ["* C"]))])
    assert (found["reports"], found["reports_alike"], found["lines"], found["lines_alike"]) == (1, 0, [2, 3], 1)
    assert (found["sentences"], found["sentences_alike"], found["nothing_gap_most"]) == (2, 1, 0.1)


def test_figures() -> None:
    assert pace("all", [1.0, 2.0, 9.0], 0.0, 4.0) == {"all: reports": 2, "all: a minute": 30.0}
    assert spread([{"id": number} for number in range(10)], 2) == [{"id": 0}, {"id": 5}]
    assert "| class | lost | 0 |" in table({"class": {"lost": 0, "list": [1]}})

"""The learning page over a real training: started and stopped in the browser, run by a real daemon on a tiny model.

Needs Chromium (Debian: ``apt-get install chromium fonts-noto-cjk``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from daemon.config import Config, load
from daemon.service.heartbeat import read_heartbeat
from tests.dashboard import scene
from tests.dashboard.test_browser import Site, browser
from tests.learning_world import small_starter, tiny_sections, vault_files
from tests.tiny_model import TinyModel

pytest.importorskip("torch")
__all__ = ["browser"]
PAIRS = 12
MINUTE = 60_000


def toml(sections: dict[str, dict[str, object]]) -> str:
    lines: list[str] = []
    for name, values in sections.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


@contextmanager
def daemon(config: Config, starter: Path, cache: Path) -> Iterator[None]:
    """The real daemon as a child, ready."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NIPPO_")}
    environment = kept | {"NIPPO_STARTER_FOLDER": str(starter), "NIPPO_CACHE": str(cache)}
    with (config.data_path.parent / "daemon.log").open("wb") as log:
        command = [sys.executable, "-m", "daemon.cli", "run", "--config", str(config.file)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while not read_heartbeat(config.data_path).get("ready"):
            assert process.poll() is None and time.monotonic() < end, "the daemon did not get ready"
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_training_is_started_watched_and_stopped(browser, tiny: TinyModel, tmp_path: Path) -> None:
    vault = scene.make_vault(tmp_path)
    for name, text in vault_files(PAIRS).items():
        file = vault / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(text), encoding="utf-8")
    sections = {"vault": {"path": str(vault)}, **tiny_sections(tiny, checkpoints=[2, 4000])}
    settings = tmp_path / "config.toml"
    settings.write_text(toml(sections), encoding="utf-8")
    config = load(settings)
    starter = small_starter(tmp_path / "starter")
    with (
        daemon(config, starter, tmp_path / "cache"),
        scene.running_page(config) as address,
        Site(browser, address, vault, config).window("learning") as page,
    ):
        expect(page.get_by_text(f"{PAIRS} / 8")).to_be_visible(timeout=MINUTE)
        page.get_by_role("button", name="学習を始める").click()
        expect(page.get_by_text("/ 4000 ステップ")).to_be_visible(timeout=3 * MINUTE)
        page.get_by_role("button", name="学習を止める").click()
        expect(page.get_by_text("止めるように頼みました")).to_be_visible(timeout=MINUTE)
        expect(page.get_by_role("button", name="学習を始める")).to_be_visible(timeout=2 * MINUTE)
    checkpoints = list((config.data_path / "runs").rglob("checkpoint-*"))
    assert checkpoints, "the step at which it was stopped is saved"

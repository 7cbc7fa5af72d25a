"""compose.serving.yaml keeps vLLM at home: closed port, no telemetry, versions read-only."""

from __future__ import annotations

from pathlib import Path

import yaml

from daemon.config import Config

ROOT = Path(__file__).parents[3]


def test_the_serving_file_is_closed_and_agrees_with_the_settings() -> None:
    vllm = yaml.safe_load((ROOT / "compose.serving.yaml").read_text(encoding="utf-8"))["services"]["vllm"]
    assert vllm["ports"] == ["${BIND:-127.0.0.1}:8000:8000"]
    assert vllm["volumes"][0]["read_only"] and vllm["volumes"][0]["target"] == "/versions"
    assert vllm["environment"]["VLLM_NO_USAGE_STATS"] == vllm["environment"]["DO_NOT_TRACK"] == "1"
    assert vllm["environment"]["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "True"
    assert vllm["environment"]["VLLM_API_KEY"].startswith("${VLLM_API_KEY:?")
    assert {"--enable-lora", "--generation-config=vllm"} <= set(vllm["command"])
    assert f"--max-lora-rank={Config().training.rank}" in vllm["command"]
    assert ":latest" not in vllm["image"]

"""The measurement of 4-bit products goes from its first line to its last, without a GPU."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from bench import nf4  # noqa: E402


def test_a_smoke_run_compares_and_sweeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert nf4.main(["--smoke", "--out", str(tmp_path / "nf4.json")]) == 0

    said = capsys.readouterr().out
    assert re.search(r"^    64   512    2 .* 0\.00[0-4]\d$", said, re.M)
    assert "all layers of tiny, 24 rows: bitsandbytes " in said
    assert "TILINGS[(16, False): (64, 4, 2, " in said and "TILINGS[(16, True): (64, 4, 2, " in said
    kept = json.loads((tmp_path / "nf4.json").read_text())
    assert set(kept["rows"]["tiny 64x512 2"]) == {"bitsandbytes", "its kernel", "ours", "error"}
    assert kept["sweep"]["tiny 1088x256 2"]


def test_when_the_time_is_over_no_tiling_is_begun(capsys: pytest.CaptureFixture[str]) -> None:
    assert nf4.main(["--smoke", "--seconds", "0"]) == 0
    assert "TILINGS" not in capsys.readouterr().out


def test_without_a_gpu_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        nf4.main([])
    assert "no NVIDIA GPU" in capsys.readouterr().err

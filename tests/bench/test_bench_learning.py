"""The simulated user of bench/learning.py writes in a form of its own, with the facts of the corpus."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def learning() -> ModuleType:
    file = Path(__file__).parent.parent.parent / "bench" / "learning.py"
    spec = importlib.util.spec_from_file_location("learning", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["learning"] = module
    spec.loader.exec_module(module)
    return module


def test_the_user_has_another_lead_line_endings_and_a_section(learning: ModuleType) -> None:
    report = (
        "本日は、以下の学習と課題を完了しました:\n\n* JavaのHashMapを整理しました。\n* 配線の実習を行いました。\n"
        "* 仕組みを学びました。\n\n今後は、SQLを復習したいと考えています。"
    )
    assert learning.in_own_style(report) == (
        "【本日の実施内容】\n・JavaのHashMapの整理を実施した。\n・配線の実習を実施した。\n・仕組みを学びた。\n\n"
        "【所感】\n今後は、SQLを復習したいと考えている。"
    ).replace("学びた", "学んだ")


def test_days_come_from_rows_that_no_adapter_has_seen(learning: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "corpus.jsonl"
    file.write_text(
        "".join(
            f'{{"split": "{split}", "diary": "{name}", "report": "* 学習しました。"}}\n'
            for name, split in (("a", "train"), ("b", "dev"), ("c", "dev"))
        ),
        encoding="utf-8",
    )
    assert [day.diary for day in learning.days_of(file, 3)] == ["b", "c", "a"]
    with pytest.raises(SystemExit, match="3 usable rows, 4 are needed"):
        learning.days_of(file, 4)

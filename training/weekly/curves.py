"""The pictures of a run, by matplotlib: the loss, and how much a person had to edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from daemon.system.files import replacing

JAPANESE_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "IPAexGothic",
    "IPAGothic",
    "Hiragino Sans",
    "Yu Gothic",
    "Meiryo",
    "Noto Serif CJK JP",
)
WORDS = {
    "step": "ステップ",
    "loss": "損失",
    "train": "学習",
    "dev": "検証",
    "edits": "直した文字数(中央値)",
}


def draw_losses(file: Path, train: Mapping[int, float], dev: Mapping[int, float]) -> None:
    """Write the loss curve as PNG."""
    figure, axes, word = _canvas()
    axes.plot(list(train), list(train.values()), color="#9ab8d8", linewidth=1, label=word("train"))
    if dev:
        axes.plot(list(dev), list(dev.values()), "o-", color="#c0504d", label=word("dev"))
    axes.set_xlabel(word("step"))
    axes.set_ylabel(word("loss"))
    axes.legend(frameon=False)
    _save(figure, file)


def draw_edits(file: Path, edits: Sequence[tuple[date, float]]) -> None:
    """Write the weekly medians of edited characters as PNG."""
    figure, axes, word = _canvas()
    axes.plot([monday.isoformat() for monday, _ in edits], [edited for _, edited in edits], "o-", color="#4f81bd")
    axes.set_ylabel(word("edits"))
    axes.set_ylim(bottom=0)
    figure.autofmt_xdate()
    _save(figure, file)


def _canvas() -> tuple[Any, Any, Any]:
    """A figure without any window, and words in Japanese where a font for them is installed, else in English."""
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = {font.name for font in font_manager.fontManager.ttflist}
    font = next((name for name in JAPANESE_FONTS if name in known), None)
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)

    def word(key: str) -> str:
        return WORDS[key] if font else key

    if font:
        for item in (axes.xaxis.label, axes.yaxis.label):
            item.set_fontfamily(font)
        import matplotlib

        matplotlib.rcParams["font.family"] = [font, "DejaVu Sans"]
    return figure, axes, word


def _save(figure: Any, file: Path) -> None:
    with replacing(file) as partial:
        figure.savefig(partial, format="png", dpi=120, metadata={"Software": None})

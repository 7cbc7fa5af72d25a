"""The verdict of a weekly run as a page for the vault, in Japanese. Pure: figures in, Markdown out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from daemon.drafting.prompt import BULLET, NOTHING
from daemon.learning.run_folder import Checkpoint, Outcome
from training.scoring.gate import Verdict

HEADLINES = {
    Outcome.PROMOTED: "新しい版 {new} を採用しました",
    Outcome.KEPT: "今の版 {old} を使い続けます",
    Outcome.ABSTAINED: "判定を見送り、今の版 {old} を使い続けます",
}
SHOWN = 3


@dataclass(frozen=True)
class Comparison:
    """What both versions wrote for one held-out diary, beside what the person handed in."""

    day: str
    before: str
    after: str
    accepted: str


@dataclass(frozen=True)
class SentenceChange:
    """A sentence of a held-out diary that both versions told differently, and what was accepted for it (None: not
    known)."""

    day: str
    sentence: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    accepted: tuple[str, ...] | None


@dataclass(frozen=True)
class Page:
    """Everything that the page tells. ``pictures``: file names that exist, as (heading, name). ``settings``: the run's
    resolved settings. ``edits``: (Monday, median of edited characters). ``untraced``: (day, line, why) of lines of the
    week that taught nothing."""

    name: str
    old: str
    new: str
    verdict: Verdict
    notes: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]
    best: int | None
    examples: tuple[Comparison, ...]
    minutes: float
    counts: Mapping[str, int]
    settings: Mapping[str, Any]
    edits: tuple[tuple[date, float], ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = field(default=())
    untraced: tuple[tuple[str, str, str], ...] = ()
    changes: tuple[SentenceChange, ...] = ()


def render(page: Page) -> str:
    """Given the figures, return the page."""
    verdict = page.verdict
    lines = [
        "---",
        f"nippo: {verdict.outcome}",
        f"version: {page.new}",
        "---",
        f"# {HEADLINES[verdict.outcome].format(new=page.new, old=page.old)}",
        "",
        *(f"- {reason}" for reason in (*verdict.reasons, *page.notes)),
        "",
    ]
    if verdict.outcome is not Outcome.PROMOTED:
        lines += [f"{page.new} は残してあります。使うときは `nippo promote {page.new}` を実行してください。", ""]
    else:
        lines += ["元に戻すときは `nippo rollback` を実行してください。", ""]
    lines += _figures(page)
    lines += _checkpoints(page)
    for heading, name in page.pictures:
        lines += [f"## {heading}", "", f"![[{page.name}-{name}]]", ""]
    lines += _edits(page)
    lines += _changes(page.changes) or _examples(page.examples)
    lines += _untraced(page.untraced)
    lines += ["## 設定", "", *(f"- {key}: {value}" for key, value in page.settings.items()), ""]
    return "\n".join(lines)


def _figures(page: Page) -> list[str]:
    verdict = page.verdict
    rows = [("判定に使った日報", f"{verdict.pairs}件")]
    if verdict.likelihood_gain is not None:
        if verdict.measured != verdict.pairs:
            rows.append(("そのうち対数尤度を比べた日報", f"{verdict.measured}件"))
        rows.append(("対数尤度の差(1トークンあたり)", f"{verdict.likelihood_gain:+.4f}"))
    if verdict.p_value is not None:
        rows.append(("p 値(ウィルコクソン、片側)", f"{verdict.p_value:.4f}"))
    if verdict.edits is not None:
        old, new = verdict.edits
        rows.append(("提出文のうち直す量(今の版 → 新しい版)", f"{old:.1%} → {new:.1%}"))
    if verdict.selection is not None:
        rows.append(("文の選び違い(今の版 → 新しい版)", f"{verdict.selection[0]}文 → {verdict.selection[1]}文"))
    if verdict.p_value is not None:
        rows.append(("新しい漏れ", f"{verdict.new_leaks}件"))
        rows.append(("検査の指摘(今の版 → 新しい版)", f"{verdict.champion_faults}件 → {verdict.challenger_faults}件"))
    if verdict.remembered is not None:
        known = verdict.remembered
        old_lines, new_lines = f"{known.parent}/{known.parent_written}行", f"{known.lines}/{known.written}行"
        rows.append((f"見本の日記{known.days}件での正しい行/全行(元の版 → 新しい版)", f"{old_lines} → {new_lines}"))
    rows += [(name, f"{count}件") for name, count in page.counts.items()]
    rows.append(("かかった時間", f"{page.minutes:.1f}分"))
    return ["## 数字", "", "| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows), ""]


def _checkpoints(page: Page) -> list[str]:
    lines = ["## チェックポイント", "", "| ステップ | 学習の損失 | 検証の損失 | 選択 |", "|---:|---:|---:|:-:|"]
    for checkpoint in page.checkpoints:
        figures = [checkpoint.loss, checkpoint.dev_loss]
        cells = " | ".join("-" if figure is None else f"{figure:.4f}" for figure in figures)
        lines.append(f"| {checkpoint.step} | {cells} | {'★' if checkpoint.step == page.best else ''} |")
    return [*lines, "", "選択には検証用の日報だけを使い、判定用の日報は使っていません。", ""]


def _edits(page: Page) -> list[str]:
    if not page.edits:
        return []
    lines = ["## 下書きを直した文字数(週の中央値)", "", "| 週 | 文字 |", "|---|---:|"]
    return [*lines, *(f"| {monday} | {edited:g} |" for monday, edited in page.edits[-12:]), ""]


def _changes(changes: Sequence[SentenceChange]) -> list[str]:
    if not changes:
        return []
    lines = ["## 文ごとの違い", "", "学習に使っていない日記で、二つの版の書き方が違った文です。", ""]
    for one in changes:
        lines += [f"> [!quote] {one.day} {one.sentence}"]
        told = [("今の版", one.before), ("新しい版", one.after)]
        told += [("提出した文", one.accepted)] if one.accepted is not None else []
        lines += [
            f"> - {title}: {' / '.join(text.removeprefix(BULLET) for text in said) or NOTHING}" for title, said in told
        ]
        lines.append("")
    return lines


def _examples(examples: Sequence[Comparison]) -> list[str]:
    if not examples:
        return []
    lines = ["## 前と後", "", "学習に使っていない日記での比較です。", ""]
    for example in examples[:SHOWN]:
        lines += [f"### {example.day}", ""]
        for title, text in (("今の版", example.before), ("新しい版", example.after), ("提出した文", example.accepted)):
            lines += [f"> [!quote] {title}", *(f"> {line}" for line in text.strip().split("\n")), ""]
    return lines


def _untraced(found: Sequence[tuple[str, str, str]]) -> list[str]:
    if not found:
        return []
    lines = ["## 追跡できなかった行", "", "日記のどの文から書かれたか分からないため、学習していません。", ""]
    return [*lines, *(f"- {day}: {line}({why})" for day, line, why in found), ""]

"""A week or a month of reports as one page: by subject, with days. Pure.

It claims nothing of its own: every line is one of a day's report, word for word."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.config.report_form import ReportSettings
from daemon.summaries.days import ReportedDay, ReportedLine, in_words, lines_of
from daemon.summaries.periods import Period
from daemon.summaries.subjects import OTHER

TITLES = {"week": "週報", "month": "月報"}
PLANS, OWN = "今後の予定", "感想・連絡など"
DRAFT = "（下書き）"


def render(period: Period, days: Sequence[ReportedDay], report: ReportSettings) -> str:
    """Given a period, its reports in order and the person's form, return the page; a line of a report that was not
    handed in yet is marked."""
    lines = [line for day in days for line in lines_of(day, report)]
    accepted = sum(day.accepted for day in days)
    count = f"日報 {len(days)}日分（提出済み {accepted}、下書き {len(days) - accepted}）"
    title = f"# {TITLES[period.kind]} {period.name}（{in_words(period.first)}〜{in_words(period.last)}）"
    blocks = [title, f"{count}。各行は日報の文のままです。"]
    deeds = [line for line in lines if line.part == "deed"]
    for subject in _in_order([line.subject for line in deeds]):
        blocks.append(_block(subject, [line for line in deeds if line.subject == subject]))
    for name, part in ((PLANS, "plan"), (OWN, "own")):
        blocks.append(_block(name, [line for line in lines if line.part == part]))
    if not lines:
        blocks.append("この期間の日報に、学習の記録はありません。" if days else "この期間の日報はありません。")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _in_order(subjects: Sequence[str]) -> list[str]:
    """Subjects by how much they have, of equals the earlier one first; what has none at the end."""
    names = list(dict.fromkeys(subjects))
    return sorted(names, key=lambda name: (name == OTHER, -subjects.count(name), names.index(name)))


def _block(name: str, lines: Sequence[ReportedLine]) -> str:
    """A heading with its lines, "" without a line."""
    shown = [f"- {in_words(line.day)} {line.text}{'' if line.accepted else DRAFT}" for line in lines]
    return "\n".join([f"## {name}", "", *shown]) if shown else ""

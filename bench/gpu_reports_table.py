"""The table of ``bench.gpu --reports``: the seconds of each way beside those of four drafts."""

from __future__ import annotations

from statistics import median
from typing import Any

from bench.gpu_reports import AGAIN, CARD_GIB, SENTENCES

NAMES = {
    "reports:plain": "transformers + PEFT, one whole draft",
    "reports:four": "ours, four whole drafts",
    "reports:sentences": "ours, by sentence",
    "reports:sentences-12": "ours, by sentence, 12 GB card",
}


def reports_table(results: dict[str, dict[str, Any]]) -> str:
    """The results as Markdown, medians over the days that were done. Pure."""
    old = _median(results.get("reports:four", {}), "seconds")
    lines = [
        f"| a report of {SENTENCES} sentences | seconds | times four drafts | and {AGAIN} drawn again: seconds |"
        " times four drafts | tokens written | first report s | load s | at once | GiB reserved (allocated) |",
        "|---|" + "---|" * 9,
    ]
    for cell, name in NAMES.items():
        values = results.get(cell)
        if values is None:
            continue
        own, again = _median(values, "seconds"), _median(values, "with_again")
        tokens, memory = _median(values, "tokens"), values.get("report_peak")
        row = [
            name,
            _shown(own, "{:.2f}", values),
            f"{old / own:.2f}" if old and own else "-",
            f"{again:.2f}" if again else "-",
            f"{old / again:.2f}" if old and again else "-",
            f"{tokens:.0f}" if tokens else "-",
            f"{values['first']['seconds']:.2f}" if "first" in values else "-",
            str(values.get("load_seconds", "-")),
            str(values.get("at_once", "-")),
            f"{memory['reserved']:.1f} ({memory['allocated']:.1f})" if memory else "-",
        ]
        lines.append(f"| {' | '.join(row)} |")
    count = max((len(_days(values)) for values in results.values()), default=0)
    lines += [
        "",
        f"Medians of {count} labelled days of the corpus. Random weights never say `なし` and never end: every answer "
        "and every draft takes the tokens of the day's reference, a sentence without a line its question only. By "
        f"sentence the judging is in it, the program's own checks are in none. The 12 GB card: {CARD_GIB} GiB reserved "
        "at most.",
    ]
    failed = [
        f"* {NAMES[cell]}: failed: {values['failed']}" for cell, values in results.items() if _failed(cell, values)
    ]
    return "\n".join([*lines, *([""] if failed else []), *failed])


def _failed(cell: str, values: dict[str, Any]) -> bool:
    return cell in NAMES and "failed" in values


def _days(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [value for key, value in values.items() if key.startswith("day_")]


def _median(values: dict[str, Any], key: str) -> float | None:
    found = [day[key] for day in _days(values) if key in day]
    return median(found) if found else None


def _shown(value: float | None, form: str, values: dict[str, Any]) -> str:
    if value is not None:
        return form.format(value)
    return "failed" if "failed" in values else "-"

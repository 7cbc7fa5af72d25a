"""``nippo check``: explain a report: each check, the private terms of its diary, and where each bullet comes from."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from daemon.checks import CHECKS, KINDS, CheckSettings, PrivateTerm, Score, find_private_terms, score
from daemon.checks.form import read_lines
from daemon.checks.text import normalise
from daemon.config import Config, PrivacySettings, load
from daemon.config.report_form import ReportSettings
from daemon.drafting.evidence import Evidence, LeftOut, evidence_in, left_out
from daemon.drafting.guess import perhaps_behind
from daemon.drafting.learned_form import with_learned_form
from daemon.drafting.record import DayRecord
from daemon.errors import NippoError, NoteUnreadable, UsageError
from daemon.learning.places import known_places, place_among
from daemon.options import ConfigFile, to_date
from daemon.service.service import now
from daemon.setup.completion import days
from daemon.store.store import Store
from daemon.vault.diary import Prepared, prepare
from daemon.vault.frontmatter import split
from daemon.vault.layout import Layout, read_layout
from daemon.vault.near_headings import near_headings
from daemon.vault.note_text import decode
from daemon.vault.report_note import is_begun, read
from daemon.vault.scan import DiaryNote, find_diaries
from daemon.words import place_in_words, tr
from daemon.words.breaking import break_japanese


def register(app: typer.Typer) -> None:
    app.command("check")(check)


@dataclass(frozen=True)
class CheckedNote:
    """A diary and the report to check, as text, with the paths they came from."""

    diary_path: Path
    diary: str
    report_path: Path | None
    report: str | None
    day: date | None = None


@dataclass(frozen=True)
class Remembered:
    """What is known of a report from when it was written: the sentences behind its lines, and the lines that were not
    put in."""

    evidence: tuple[Evidence, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def check(
    note: Annotated[
        str,
        typer.Argument(
            metavar="DATE|FILE", autocompletion=days, help="A date such as 2026-01-07, today, or a diary file."
        ),
    ],
    report: Annotated[Path | None, typer.Option("--report", help="The report to check; else the day's own.")] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show the private terms themselves, not only their kinds.")
    ] = False,
    sent: Annotated[
        bool, typer.Option("--sent", help="Print what the model gets of the diary, and nothing else.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
    config: ConfigFile = None,
) -> None:
    """Explain a report: what no model sees of its diary, checks, private terms, the lines behind each bullet."""
    chosen = with_learned_form(load(config))
    pair = find_pair(note, report, chosen)
    seen = prepare(pair.diary, chosen.privacy)
    if sent:
        typer.echo(seen.text)
        return
    settings = CheckSettings(chosen.privacy, chosen.report)
    terms = find_private_terms(pair.diary, settings)
    result = score(pair.report, pair.diary, settings, terms) if pair.report is not None else None
    known = remembered(pair, chosen)
    if as_json:
        values = as_values(pair, terms, result, show, known) | {"cut": cut_values(seen, show)}
        typer.echo(json.dumps(values, ensure_ascii=False, indent=2))
    else:
        break_japanese()
        _print_cut(seen, chosen.privacy, show)
        _print(pair, terms, result, show, known, chosen.report)
    if result is not None and not result.clean:
        raise typer.Exit(1)


def find_pair(note: str, report: Path | None, config: Config) -> CheckedNote:
    """Given a day or a diary file, return the diary and its report. Raises ``UsageError`` without such a note."""
    file = Path(note).expanduser()
    named = file.suffix.lower() == ".md" or file.is_file()
    of_day = None if named else _of_day(to_date(note, now().date()), config)
    diary_path, own_report, day = of_day or _of_file(note, config)
    report_path = report or own_report
    if report is not None and not report.is_file():
        raise UsageError(tr("{report}: no such file", report=report), tr("Name an existing report after --report."))
    body = None
    if report_path is not None and report_path.is_file():
        text = _text(report_path)
        body = None if is_begun(read(text.encode())) else split(text)[1].strip("\n")
    return CheckedNote(diary_path, _text(diary_path), report_path if body is not None else None, body, day)


def remembered(pair: CheckedNote, config: Config) -> Remembered:
    """What the database holds of a day's report as it stands now; nothing where nothing is known."""
    store = Store.open_existing(config.data_path) if pair.day and pair.report else None
    if store is None or pair.day is None or pair.report is None:
        return Remembered()
    with store:
        row = store.report(pair.day)
    record = DayRecord.from_text(row.record if row else "")
    return Remembered(evidence_in(record, pair.report, config.report), left_out(record, pair.report, config.report))


def _of_day(day: date, config: Config) -> tuple[Path, Path | None, date | None]:

    layout = read_layout(config)
    for found in find_diaries(layout):
        if isinstance(found, DiaryNote) and found.day == day:
            return layout.file(found.path), _report_of(config, layout, day), day
    raise UsageError(
        tr("There is no diary of {day} in {root}.", day=day.isoformat(), root=layout.root),
        tr("Name another day, or a diary file."),
    )


def _report_of(config: Config, layout: Layout, day: date) -> Path:
    return layout.file(place_among(layout, known_places(config), day))


def _of_file(note: str, config: Config) -> tuple[Path, Path | None, date | None]:
    """A file anywhere; when it is a diary note of the vault, its report is known too."""
    file = Path(note).expanduser()
    if not file.is_file():
        raise UsageError(
            tr("{note}: neither a day nor a file", note=note), tr("Write a day as 2026-01-07, or name a diary file.")
        )
    try:
        layout = read_layout(config)
        path = layout.path_of(file)
        day = layout.diary_date(path) if path else None
    except NippoError:  # without a vault, or beside it, a lone file is still worth explaining
        return file, None, None
    return file, _report_of(config, layout, day) if day else None, day


def _text(file: Path) -> str:

    try:
        return decode(file.read_bytes(), str(file))
    except OSError as problem:
        raise NoteUnreadable(
            tr("{file}: cannot be read ({why})", file=file, why=problem.strerror), tr("Check the file and its rights.")
        ) from None


def as_values(
    pair: CheckedNote, terms: list[PrivateTerm], result: Score | None, show: bool, known: Remembered
) -> dict[str, object]:
    """The explanation as JSON values. The texts of private terms and findings only with ``show``."""
    counts = Counter(term.kind for term in terms)
    return {
        "diary": str(pair.diary_path),
        "report": str(pair.report_path) if pair.report_path else None,
        "private": {
            "counts": dict(counts.most_common()),
            "terms": [term.to_json(show=True) for term in terms] if show else None,
        },
        "score": result.to_json() if result else None,
        "evidence": [asdict(one) for one in known.evidence],
        "left_out": [asdict(one) for one in known.left_out],
    }


def cut_values(seen: Prepared, show: bool) -> dict[str, object]:
    """What was cut from a diary as JSON values; its texts only with ``show``."""
    return {
        "note": seen.private or None,
        "pieces": [asdict(one) | ({} if show else {"text": None}) for one in seen.cuts],
    }


def _print_cut(seen: Prepared, privacy: PrivacySettings, show: bool) -> None:
    """What the model does not see of a diary and why, and what may have been meant to be cut and was not. Only here, in
    the person's own terminal, never in a log."""
    console = Console()
    if seen.private:
        console.print(
            tr(
                "private  the whole note: {private}. No model sees it, no report is written.",
                private=escape(seen.private),
            )
        )
        return
    if not seen.cuts:
        console.print(tr("cut      nothing: the model sees the whole diary"))
    else:
        table = Table(tr("cut: no model sees it"), tr("why"), *([tr("text")] if show else []), show_lines=show)
        for one in sorted(seen.cuts, key=lambda cut: (cut.line, cut.last_line)):
            lines = place_in_words(one.line, one.last_line)
            table.add_row(lines, *map(escape, (one.why, *([one.text.strip()] if show else []))))
        console.print(table)
    for line, what in near_headings(seen, privacy):
        console.print(tr("not cut  line {line} {what}", line=line, what=what), highlight=False)


def _print(
    pair: CheckedNote,
    terms: list[PrivateTerm],
    result: Score | None,
    show: bool,
    known: Remembered,
    settings: ReportSettings,
) -> None:

    console = Console()
    console.print(tr("diary   {diary_path}", diary_path=pair.diary_path), highlight=False, markup=False)
    console.print(
        tr("report  {report_path}", report_path=pair.report_path or tr("none yet")), highlight=False, markup=False
    )
    table = Table(tr("private terms"), tr("count"), *([tr("texts")] if show else []))
    for kind, count in Counter(term.kind for term in terms).most_common():
        texts = ["、".join(dict.fromkeys(term.text for term in terms if term.kind == kind))] if show else []
        table.add_row(KINDS.get(kind, kind), str(count), *texts)
    console.print(table)
    if result is None:
        return
    checks = Table(tr("check"), tr("passed"), tr("what"))
    for name in CHECKS:
        faults = [finding for finding in result.findings if finding.check == name]
        shown = show or name != "leak"  # the text of a line that leaks is private itself
        said = ((_quoted(pair.report or "", fault.line, shown), fault.message) for fault in faults)
        checks.add_row(
            name, tr("no") if faults else tr("yes"), escape("\n".join(f"{line}{what}" for line, what in said))
        )
    console.print(checks)
    if known.evidence:
        console.print(_traced(known.evidence))
    traced = {one.number for one in known.evidence}
    bullets = [line.number for line in read_lines(normalise(pair.report or ""), settings) if line.kind == "bullet"]
    for number, lines in zip(bullets, result.sources, strict=True):
        if number not in traced:  # changed or added by hand, or written as a whole: only its words tell
            told = (pair.report or "").split("\n")[number - 1]
            behind = perhaps_behind(told, lines, pair.diary, () if show else terms) or tr("nothing in the diary")
            console.print(tr("{told}\n  ← perhaps: {behind}", told=told, behind=behind), highlight=False, markup=False)
    if known.left_out:
        console.print(tr("left out: not sure enough to be put in; add what agrees with the diary"))
        console.print(_traced(known.left_out))
    console.print(tr("takes up {coverage:.0%} of the diary's study words", coverage=result.coverage), highlight=False)


def _traced(lines: tuple[Evidence, ...] | tuple[LeftOut, ...]) -> Table:
    """Lines of a report beside the sentences that they were written from."""
    table = Table(tr("line"), tr("sentence of the diary"), tr("sure"), tr("to look at"), show_lines=True)
    for one in lines:
        table.add_row(
            *map(escape, (one.text.removeprefix("* "), one.sentence, f"{one.confidence:.0%}", "\n".join(one.doubts)))
        )
    return table


def _quoted(report: str, line: int | None, shown: bool) -> str:
    """A line of a report before what is said of it; only where it is, if its text is not to be ``shown``."""
    if not line:
        return ""
    return f"「{report.split(chr(10))[line - 1].strip()}」 " if shown else f"{place_in_words(line, line)}: "

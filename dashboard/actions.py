"""What the buttons do beyond the report note itself: asking the daemon, remembering drafts, forgetting a day."""

from __future__ import annotations

from datetime import date, datetime

from daemon.config import Config
from daemon.drafting.result import DraftResult
from daemon.errors import NippoError, NoteError, ReportTouched
from daemon.learning import pair_answers
from daemon.learning.announcement import report_change
from daemon.learning.evidence_notes import evidence_link, try_evidence
from daemon.learning.forgetting import Forgotten
from daemon.learning.forgetting import forget as forget_day
from daemon.learning.leak_question import asks_here, leak_lines
from daemon.learning.pair_keeper import PairKeeper
from daemon.learning.reviewer import Reviewer
from daemon.service.delivery import record_text
from daemon.service.intake import take_in
from daemon.store.store import ReportRow, Store
from daemon.system.lock import holder_of
from daemon.vault.history import keep_body
from daemon.vault.layout import Layout
from daemon.vault.scan import DiaryNote, look_at, read_note
from daemon.vault.writer import digest
from dashboard import notes


def now() -> datetime:
    return datetime.now().astimezone()


def draft_of(config: Config, day: date) -> str:
    """The report of a day as the model drew it, "" where nobody remembers."""
    database = Store.open_existing(config.data_path)
    if database is None:
        return ""
    with database:
        row = database.report(day)
        if row and row.draft:
            return row.draft
        pair = database.pair(day.isoformat())
        return pair.draft if pair else ""


def ask_for_report(config: Config, vault: Layout, path: str, day: date) -> None:
    """Put a diary note into the daemon's queue, before all others. Raises ``NoteError`` with the reason where there is
    nothing to be made of it."""
    note = look_at(vault, path)
    data = read_note(vault, path, config.watch.max_note_kilobytes)
    if not isinstance(note, DiaryNote) or data is None:
        raise NoteError(f"{path}: 日記のノートがありません。", "名前を変えたか、消していないか確かめてください。")
    with Store.open(config.data_path) as database:
        if not take_in(vault, database, note, data, "report", now()):
            job = database.job(path)
            raise NoteError(
                job.error if job else f"{day}: 日報はすでにあなたのものなので、作りません。",
                job.next_step if job else "ノートを開いて「作り直す」を押してください。",
            )


def daemon_hint(config: Config) -> str:
    """What to add when a wish waits for a daemon that is not there."""
    if holder_of(config.data_path) is not None:
        return "デーモンがまもなく書きます。"
    return "デーモンが動いていません。`nippo run` を起動すると書かれます。"


def save_draft(
    config: Config,
    vault: Layout,
    day: date,
    body: str,
    result: DraftResult,
    path: str,
    diary: str,
    before: notes.OpenNote | None,
) -> None:
    """Write a draft of the page into the vault and remember what the model drew, so that the learning knows what was
    changed. ``path`` is the diary note, "" for a pasted diary without one. Errors as ``notes.save_draft``."""
    moment = now()
    if before is not None and before.report.body not in (body, draft_of(config, day).strip()):
        keep_body(vault, day, before.data)
    link = path or "/".join(part for part in (vault.diary_folder, f"{day.isoformat()}.md") if part)
    evidence = evidence_link(vault, day, result.record) if path and config.report.evidence else ""
    data = read_note(vault, path, config.watch.max_note_kilobytes) if path else None
    if data is None or notes.diary_of(vault, path, config.watch.max_note_kilobytes) != diary:
        notes.save_draft(vault, day, body, result, link, before, moment)
        return
    row = ReportRow(
        day=day.isoformat(),
        diary_path=path,
        diary_sha=digest(data),
        report_path=before.file.relative_to(vault.root).as_posix() if before else vault.report_path(day),
        report_sha=notes.drawn_sha(day, result, link, before, moment, evidence),
        draft=result.body,
        model=result.version,
        status=result.status,
        written_at=moment.isoformat(timespec="seconds"),
        record=record_text(result),
    )
    with Store.open(config.data_path) as database:
        change = report_change(vault, database, row, (path, digest(data)))
        notes.save_draft(vault, day, body, result, link, before, moment, evidence, change)
        change.record()
        try_evidence(config, database, vault, day.isoformat())


def tick(config: Config, vault: Layout, day: date, note: notes.OpenNote, key: str, value: bool) -> str:
    """Set a checkbox of a report note and do at once what it asks; return words to add. Errors as ``notes.tick``."""
    notes.tick(note, key, value)
    return settle(config, vault, day)


def save(config: Config, vault: Layout, day: date, note: notes.OpenNote, body: str, accept: bool) -> str:
    """Write a body, ticked or not, and store the pair; return words to add. Errors as ``notes.save_body``. To be
    accepted it is the person's word, who was shown ``private_lines``."""
    notes.save_body(note, body, accept)
    return settle(config, vault, day, asked=accept)


def private_lines(config: Config, vault: Layout, day: date, body: str) -> str:
    """The lines of a body in which something private seems to stand, with what it is; "" without any."""
    with Store.open(config.data_path) as database:
        try:
            diary = PairKeeper(config, database).diary_of(vault, day, None).text
        except NoteError:
            return ""  # accepting says what is missing
    return "\n".join(f"「{line}」: {what}" for line, what in leak_lines(config, body, diary))


def settle(config: Config, vault: Layout, day: date, asked: bool = False) -> str:
    """Let the review look at a note now, as the daemon would; return what stood in the way, "" without. The note itself
    is written by then, so this never fails. ``asked``: whether the person has answered what to do with leaks."""
    try:
        with Store.open(config.data_path) as database:
            Reviewer(config, database, None if asked else asks_here).review(vault, day, now())
            pair = database.pair(day.isoformat())
            if pair and pair.withdrawn_by == "leak":
                return (
                    "本文に私的な語が残っているようです。学習に使うかどうかを「確かめてほしいこと」で選んでください。"
                )
    except ReportTouched:
        return ""  # the daemon was quicker
    except NippoError as problem:
        return str(problem)
    return ""


def restore(config: Config, vault: Layout, day: date, number: int | None = None) -> str:
    """Bring back a report that is gone, or the body before this one (that of a copy with ``number``); return in
    Japanese where from. Raises ``NippoError``."""
    with Store.open(config.data_path) as database:
        found = pair_answers.restore(config, database, vault, day, now(), number)
    return f"今までの本文は {found.kept} に残しました。" if found.kept else found.path


def withdraw(config: Config, vault: Layout, day: date) -> str:
    """Take a pair back, whether its note is there or not. Raises ``NippoError``."""
    with Store.open(config.data_path) as database:
        pair_answers.withdraw(config, database, vault, day, now())
    return ""


def answer_about_pair(config: Config, vault: Layout, day: date, take: bool) -> str:
    """The pair is learned from with the diary as it is now (``take``), or as it was accepted. Raises ``NippoError``."""
    with Store.open(config.data_path) as database:
        answer = pair_answers.take_diary if take else pair_answers.keep
        answer(config, database, vault, day)
    return ""


def forget(config: Config, vault: Layout, day: date) -> str:
    """Remove a day's pair and drafts for good; return in Japanese what was found. Raises ``NippoError``. What the page
    itself holds of the day is the caller's to drop."""
    with Store.open(config.data_path) as database:
        found = forget_day(config, database, vault, day)
    return forgotten_words(found)


def forgotten_words(found: Forgotten) -> str:
    """What ``nippo forget`` found, in Japanese. Pure."""
    lines = [f"学習用の組 {len(found.pair_ids)}件を消しました。"]
    if found.problem:
        lines.append("ノートの提出済みの印は外せませんでした。Obsidianで外してください。")
    lines += [f"{file.name} は開けません。中に残っているかもしれません。" for file in found.unopened]
    lines += [f"{name} に引用があります。必要なら直してください。" for name in found.notes]
    if found.versions:
        lines.append(f"この日を学習した版: {', '.join(found.versions)}(次の学習からは使われません)")
    return "\n".join(lines)

"""What a person should look at: pairs that wait for their word, ticks that are not read, and reports that nobody renews
any more although the diary has changed. Reads only.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from daemon.config import Config
from daemon.errors import NippoError
from daemon.learning.note_hints import NoteHints
from daemon.learning.places import place_of
from daemon.learning.review import GRACE, VAULT
from daemon.store.store import Pair, ReportRow, Store
from daemon.vault.layout import Layout
from daemon.vault.report_note import read
from daemon.vault.scan import read_note
from daemon.vault.writer import digest

Matter = Literal["missing", "diary", "body", "redo", "leak", "hint", "stale-text", "stale-properties", "stale-accepted"]


@dataclass(frozen=True)
class Attention:
    """One matter. ``missing``: the note of an accepted report is gone (``until``: the day from which that counts as
    deleting it); ``diary``, ``body``, ``redo``: as ``Pair.question``; ``leak``: as ``Pair.withdrawn_by``; ``hint``: a
    tick that is not read (``what``). Stale reports, by what keeps nippo from renewing them: a person's text, properties
    alone, or the tick."""

    kind: Matter
    day: str
    path: str
    what: str = ""
    until: str = ""


def attention(config: Config, store: Store, layout: Layout | None) -> list[Attention]:
    """Everything to look at, the oldest day first within each kind; without a vault (None) what the database knows."""
    found = [_waiting(layout, store, pair) for pair in store.pairs() if pair.missing_since or pair.question]
    found += [
        replace(_waiting(layout, store, pair), kind="leak")
        for pair in store.pairs(withdrawn=True)
        if pair.withdrawn_by == "leak"
    ]
    found += [Attention("hint", "", path, hint) for path, hint in sorted(NoteHints(store).all().items())]
    if layout is not None:
        pairs = {pair.day: pair for pair in store.pairs() if pair.source == VAULT}
        for day, diary, written_at in store.drawn_reports():
            # Ten thousand reports are not read to tell of one: a diary that is older than its report has not changed.
            if _changed_at(layout, diary) < datetime.fromisoformat(written_at).timestamp():
                continue
            row = store.report(day)
            kind = _stale(config, store, layout, row, pairs.get(day)) if row else None
            if kind:
                found.append(Attention(kind, day, place_of(layout, store, date.fromisoformat(day))))
    return found


def _waiting(layout: Layout | None, store: Store, pair: Pair) -> Attention:
    path = store.place(pair.day)
    if layout is not None:
        path = place_of(layout, store, date.fromisoformat(pair.day))
    if pair.missing_since:
        until = (datetime.fromisoformat(pair.missing_since) + GRACE).date().isoformat()
        return Attention("missing", pair.day, store.place(pair.day) or path, until=until)
    return Attention(pair.question or "body", pair.day, path)


def _changed_at(layout: Layout, path: str) -> float:
    """When a diary has changed last, by its own time or by that of its arrival here, in seconds since 1970."""
    try:
        status = os.stat(f"{layout.root}/{path}")  # noqa: PTH116 - ten thousand of them
    except OSError:  # gone, or in the other normal form
        return math.inf
    return max(status.st_mtime, status.st_ctime)


def _stale(config: Config, store: Store, layout: Layout, row: ReportRow, pair: Pair | None) -> Matter | None:
    """Why nippo does not renew the report of a day though its diary has changed; None where it does, or need not."""
    if not row.report_sha or not row.diary_sha:
        return None
    file = layout.file(place_of(layout, store, date.fromisoformat(row.day)))
    try:
        data = file.read_bytes() if file.is_file() and not file.is_symlink() else None
        diary = read_note(layout, row.diary_path, config.watch.max_note_kilobytes)
    except (OSError, NippoError):
        return None
    if data is None or diary is None or digest(data) == row.report_sha:
        return None
    note, now = read(data), digest(diary)
    if note.accepted:
        return "stale-accepted" if pair and now not in (pair.diary_sha, row.diary_sha) else None
    if now == row.diary_sha:
        return None
    return "stale-properties" if note.body == row.draft.strip() else "stale-text"

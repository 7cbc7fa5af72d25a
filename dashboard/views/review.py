"""レビュー: the reports by date; diary and report side by side; edit, accept, redo, forget."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from daemon.config import Config
from daemon.drafting.ask_day import NOT_SURE
from daemon.drafting.evidence import LeftOut
from daemon.errors import NippoError, NoteUnreadable, ReportTouched
from daemon.vault.history import KeptBody, kept_bodies
from daemon.vault.layout import Layout
from dashboard import actions, charts, context, notes
from dashboard.changes import difference_html
from dashboard.days import STATES, Day, counted, filtered, label, squares
from dashboard.markup import chip, heading, key, notice, notices, small, text_block
from dashboard.notes import OpenNote
from dashboard.reading import side_by_side
from dashboard.views import matters

LOOK_SECONDS = 3.0


def page() -> None:
    config = context.settings()
    vault = context.layout(config)
    context.show_message()
    matters.show(config, vault, do)
    days, _ = context.all_days(config, vault)
    if not days:
        st.html(notice("まだ何もありません", "日記を書くと、ここに日報が並びます。"))
        return
    with st.expander("カレンダー", expanded=True):
        found = squares(days, date.today())
        st.altair_chart(charts.calendar(found), width="stretch", alt="日ごとの状態のカレンダー")
        st.html(key(charts.calendar_key(found)))
    chosen = _choose(days)
    if chosen is not None:
        st.divider()
        _one(config, vault, chosen)


def _choose(days: list[Day]) -> Day | None:
    """Filter and queue: the day that is looked at."""
    counts = counted(days)
    states = st.pills(
        "絞り込み",
        list(STATES),
        selection_mode="multi",
        format_func=lambda state: f"{STATES[state]} {counts[state]}",
        key="states",
    )
    found = filtered(days, states)
    if not found:
        st.html(small("この条件の日はありません。"))
        return None
    known = [each.day for each in found]
    if st.session_state.get("day") not in known:
        asked = context.day_of(st.query_params.get("day", ""))
        st.session_state["day"] = asked if asked in known else known[0]
    place = known.index(st.session_state["day"])
    older, middle, newer = st.columns([1, 4, 1], vertical_alignment="bottom")
    if older.button("前の日", shortcut="Alt+Left", disabled=place + 1 >= len(known), width="stretch", key="older"):
        st.session_state["day"] = known[place + 1]
    if newer.button("次の日", shortcut="Alt+Right", disabled=place == 0, width="stretch", key="newer"):
        st.session_state["day"] = known[place - 1]
    labels = {each.day: label(each) for each in found}
    day = middle.selectbox("日報", known, format_func=lambda day: labels[day], key="day")
    return next(each for each in found if each.day == day)


def _one(config: Config, vault: Layout, each: Day) -> None:
    st.html(heading(f"{each.day.isoformat()}({'月火水木金土日'[each.day.weekday()]})"))
    place = context.place(config, vault, each.day)
    note = notes.open_note(vault, each.day, place)
    diary = _diary(config, vault, each)
    if note is None:
        st.html(chip(STATES[each.state], each.state) + small(each.diary_path))
        if each.error:
            st.html(notice(each.error, each.next_step, "bad"))
        if diary is not None:
            st.html(side_by_side(diary, "", None))
        if st.button("この日の日報を作る", type="primary", disabled=diary is None, key="make"):
            do(
                lambda: actions.ask_for_report(config, vault, each.diary_path, each.day),
                "作成を頼みました",
                actions.daemon_hint(config),
            )
        return
    kept = _keep(each.day, note)
    report = note.report
    state = "accepted" if report.accepted else report.status or "draft"
    st.html(chip(STATES.get(state, state), state) + chip(report.model or "?") + small(report.generated))
    if report.warnings:
        st.html(notices(report.warnings))
    with st.spinner("日記と照らし合わせています…", show_time=True):
        reading = context.reading(kept["text"], diary, config, each.day) if diary is not None else None
    st.html(side_by_side(diary, kept["text"], reading))
    st.html(
        small(
            "日報の項目に触れるか、Tabキーで選ぶと、もとになった日記の行が光ります。赤い下線は私的な語、橙の線は確かめてほしい行です。"
        )
    )
    _left_out(config, each.day, kept)
    _watch_disk(vault, each.day, place, note.sha)
    _edit(config, vault, each, note, kept, reading.findings if reading else ())


def _diary(config: Config, vault: Layout, each: Day) -> str | None:
    if not each.diary_path:
        return None
    try:
        return notes.diary_of(vault, each.diary_path, config.watch.max_note_kilobytes)
    except NoteUnreadable as problem:
        context.show_error(problem)
        return None


def _keep(day: date, note: OpenNote) -> dict[str, Any]:
    """What this window holds of a day: the note as it was opened and the person's text. A note that changed on disk is
    taken over while the text is untouched; else both stay, and saving will say so."""
    kept: dict[str, Any] = st.session_state.setdefault("kept", {}).setdefault(
        day, {"note": note, "text": note.report.body, "turn": 0}
    )
    if kept["note"].sha != note.sha and kept["text"] in (kept["note"].report.body, note.report.body):
        kept.update(note=note, text=note.report.body, turn=kept["turn"] + 1)
    return kept


def _left_out(config: Config, day: date, kept: dict[str, Any]) -> None:
    """The lines that were not sure enough, each with a button that puts it into the person's text."""
    found = context.lines_left_out(kept["text"], config, day)
    if not found:
        return
    label = f"入れなかった行 {len(found)}件(日記と合っているか確かめて足せます)"
    with st.expander(label, expanded=kept.get("adding", False)):
        for line in found:
            words, button = st.columns([6, 1], vertical_alignment="center")
            doubts = [doubt for doubt in line.doubts if doubt != NOT_SURE]
            about = [f"日記: {line.sentence}", f"確かさ {line.confidence:.0%}", *doubts]
            words.html(text_block(line.text, card=False) + small(" ・ ".join(about)))
            if button.button("足す", width="stretch", key=f"add-{day}-{line.text}"):
                _add(config, day, kept, line)


def _add(config: Config, day: date, kept: dict[str, Any], line: LeftOut) -> None:
    """Put a line into the text as it stands in the field: what was typed last may have come with this very click."""
    typed = st.session_state.get(_field(day, kept), kept["text"])
    kept.update(text=context.with_line(typed, line, config, day), turn=kept["turn"] + 1, adding=True)
    st.rerun()


def _field(day: date, kept: dict[str, Any]) -> str:
    """The name of the field that holds the text; a new one when the text did not come from the person's typing."""
    return f"text-{day}-{kept['turn']}"


def _watch_disk(vault: Layout, day: date, place: str, sha: str) -> None:
    """Say so, every few seconds, when the note was changed in Obsidian while it is open here."""

    @st.fragment(run_every=LOOK_SECONDS)
    def watch() -> None:
        now = notes.open_note(vault, day, place)
        if (now.sha if now else "") != sha:
            st.html(
                notice("このノートはほかで変更されました", "読み込むと、直していない本文は新しくなります。", "warn")
            )
            if st.button("読み込む", key="reload"):
                st.rerun()

    watch()


def _edit(
    config: Config, vault: Layout, each: Day, note: OpenNote, kept: dict[str, Any], findings: tuple[str, ...]
) -> None:
    """The person's text with its difference to the draft, and what can be done with it."""
    draft = actions.draft_of(config, each.day) or kept["note"].report.body
    left, right = st.columns(2)
    with left:
        text = st.text_area("本文(Ctrl+Enterで反映)", value=kept["text"], height=320, key=_field(each.day, kept))
        if text != kept["text"]:
            kept["text"] = text
            st.rerun()
    with right:
        changed, copy = st.tabs(["下書きからの変更", "コピー用"])
        changed.html(difference_html(draft, text))
        copy.code(text, language=None, wrap_lines=True)
    if findings:
        st.html(notices(findings, "検査の指摘"))
    if kept["note"].sha != note.sha:
        _conflict(note, kept)
        return
    edited = text != note.report.body
    save, accept, redo, back, forget = st.columns(5)
    if save.button("保存", disabled=not edited, shortcut="Ctrl+S", width="stretch", key="save"):
        _write(config, vault, each.day, kept, accept=False)
    words = "提出を取り消す" if note.report.accepted and not edited else "提出済みにする"
    if accept.button(words, type="primary", shortcut="Alt+A", width="stretch", key="accept"):
        if note.report.accepted and not edited:
            do(lambda: actions.tick(config, vault, each.day, note, "accepted", False), "提出を取り消しました")
        else:
            _write(config, vault, each.day, kept, accept=True)
    if redo.button("作り直す", shortcut="Alt+D", width="stretch", key="redo", disabled=edited):
        hint = actions.daemon_hint(config)
        do(lambda: actions.tick(config, vault, each.day, note, "redo", True), "作り直しを頼みました", hint)
    copies = [copy for copy in kept_bodies(vault, each.day) if copy.body != note.report.body]
    with back.popover("前の本文", width="stretch", disabled=not copies or edited):
        _earlier(config, vault, each.day, note, copies)
    with forget.popover("忘れる", width="stretch"):
        _forget(config, vault, each.day)


def _write(config: Config, vault: Layout, day: date, kept: dict[str, Any], accept: bool) -> None:
    """Save the kept text; on a conflict nothing is written and the text stays."""
    asked, kept["asked"] = kept.get("asked"), kept["text"] if accept else None
    if accept and asked != kept["text"] and (private := actions.private_lines(config, vault, day, kept["text"])):
        words = f"{private}\n提出した日報がこのままでよければ、もう一度「提出済みにする」を押してください。"
        context.leave_message("私的な語が残っているようです", words, "warn")
        st.rerun()
    done = "提出済みにしました" if accept else "保存しました"
    do(
        lambda: actions.save(config, vault, day, kept["note"], kept["text"], accept),
        done,
        context.place(config, vault, day),
    )


def do(action: Callable[[], str | None], done: str, more: str = "") -> None:
    """Do it, say so, and draw the page again."""
    try:
        added = action() or ""
    except ReportTouched:
        words = "ノートがほかで変更されていたため、何も書きませんでした。あなたの文はこのページに残っています。"
        context.leave_message("保存しませんでした", words, "bad")
    except NippoError as problem:
        context.leave_message(problem.title, str(problem), "bad")
    else:
        context.leave_message(done, "\n".join(filter(None, (more, added))))
    st.rerun()


def _conflict(note: OpenNote, kept: dict[str, Any]) -> None:
    """Both texts, and the person chooses; nothing is written before that."""
    words = "このノートはObsidianなどで変更されました。何も上書きしていません。どちらを残すか選んでください。"
    st.html(notice("変更がぶつかりました", words, "bad"))
    st.html(small("保管庫の文 → あなたの文"))
    st.html(difference_html(note.report.body, kept["text"]))
    mine, theirs = st.columns(2)
    if mine.button("あなたの文で続ける", width="stretch", key="mine"):
        kept["note"] = note
        st.rerun()
    if theirs.button("保管庫の文を使う", width="stretch", key="theirs"):
        kept.update(note=note, text=note.report.body, turn=kept["turn"] + 1)
        st.rerun()


def _earlier(config: Config, vault: Layout, day: date, note: OpenNote, copies: list[KeptBody]) -> None:
    """The bodies that stood in the note before, the newest first, each with a button that brings it back."""
    for copy in reversed(copies):
        st.html(small(copy.path) + difference_html(note.report.body, copy.body))
        if st.button("この本文に戻す", key=f"back{copy.number}"):
            do(partial(actions.restore, config, vault, day, copy.number), "前の本文に戻しました")


def _forget(config: Config, vault: Layout, day: date) -> None:
    """What forgetting means, and the button that does it."""
    words = "保存された日記と日報の組と下書きを消します。保管庫の文はそのままで、提出済みの印だけが外れます。"
    st.html(notice(f"{day.isoformat()} を学習から外します", words, "warn"))
    if st.button("この日を忘れる", type="primary", key="forget"):
        do(lambda: actions.forget(config, vault, day), f"{day} を忘れました")

"""レビュー: the reports by date; diary and report side by side; edit, accept, redo, forget."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from daemon.config import Config
from daemon.drafting.ask_day import NOT_SURE
from daemon.drafting.evidence import LeftOut
from daemon.errors import NoteUnreadable
from daemon.vault.history import KeptBody, kept_bodies
from daemon.vault.layout import Layout
from dashboard import actions, context, notes
from dashboard.changes import difference_html
from dashboard.copying import copy_button
from dashboard.days import STATES, Day, counted, filtered, state_of, weekday
from dashboard.days import label as day_label
from dashboard.markup import chip, label, notice, notices, small, text_block, title
from dashboard.notes import OpenNote, as_saved
from dashboard.open_text import begin_anew, field_name, keep
from dashboard.reading import side_by_side
from dashboard.views import matters

LOOK_SECONDS = 3.0


def page() -> None:
    config = context.settings()
    vault = context.layout(config)
    st.html(title("レビュー"))
    matters.show(config, vault, context.do)
    days, _ = context.all_days(config, vault)
    if not days:
        st.html(notice("まだ何もありません", "日記を書くと、ここに日報が並びます。"))
        return
    chosen = _choose(days)
    if chosen is not None:
        _one(config, vault, chosen)


def _choose(days: list[Day]) -> Day | None:
    """Filter and queue: the day that is looked at."""
    counts = counted(days)
    states = st.pills(
        "絞り込み",
        list(STATES),
        selection_mode="multi",
        format_func=lambda state: f"{STATES[state]} {counts[state]}",
        label_visibility="collapsed",
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
    row = st.container(horizontal=True, wrap=False, vertical_alignment="bottom", gap="xsmall")
    older, middle, newer = row.container(width=72), row.container(), row.container(width=72)
    if older.button("前の日", shortcut="Alt+Left", disabled=place + 1 >= len(known), width="stretch", key="older"):
        st.session_state["day"] = known[place + 1]
    if newer.button("次の日", shortcut="Alt+Right", disabled=place == 0, width="stretch", key="newer"):
        st.session_state["day"] = known[place - 1]
    labels = {each.day: day_label(each) for each in found}
    day = middle.selectbox("日報", known, format_func=lambda day: labels[day], label_visibility="collapsed", key="day")
    return next(each for each in found if each.day == day)


def _one(config: Config, vault: Layout, each: Day) -> None:
    place = context.place(config, vault, each.day)
    note = notes.open_report(vault, each.day, place)
    diary = _diary(config, vault, each)
    name = f"{each.day.isoformat()}({weekday(each.day)})"
    if note is None:
        st.html(title(name, chip(STATES[each.state], each.state)) + small(each.diary_path))
        context.show_message()
        if each.error:
            st.html(notice(each.error, each.next_step, "bad"))
        if diary is not None:
            st.html(side_by_side(diary, "", None))
        row = context.action_row()
        if row.button("この日の日報を作る", type="primary", disabled=diary is None, width="stretch", key="make"):
            context.do(
                lambda: actions.ask_for_report(config, vault, each.diary_path, each.day),
                "作成を頼みました",
                actions.daemon_hint(config),
            )
        return
    kept = keep(config, each.day, note)
    report = note.report
    state, words = (
        ("waiting", "作り直しを待っています") if report.redo else (state_of(report), STATES[state_of(report)])
    )
    st.html(
        title(name, chip(words, state) + chip(report.model or "?")) + small(report.generated[:16].replace("T", " "))
    )
    context.show_message()
    if report.warnings:
        st.html(notices(report.warnings))
    if kept["restored"] and as_saved(kept["text"]) != as_saved(report.body):
        st.html(notice("保存していない文を戻しました", "前に直していた文です。まだ保管庫には書いていません。"))
        if st.button("保管庫の文に戻す", key="discard"):
            begin_anew(kept, report.body)
            st.rerun()
    with st.spinner("日記と照らし合わせています…", show_time=True):
        reading = context.reading(kept["text"], diary, config, each.day) if diary is not None else None
    st.html(side_by_side(diary, kept["text"], reading))
    st.html(
        small(
            "日報の項目に触れるか、Tabキーで選ぶと、もとになった日記の行が光ります。赤い下線は私的な語、橙の線は確かめてほしい行です。\n"
            "キー: Ctrl+S 保存 ・ Alt+A 提出済み ・ Alt+D 作り直す ・ Alt+← → 前と次の日"
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


def _left_out(config: Config, day: date, kept: dict[str, Any]) -> None:
    """The lines that were not sure enough, each with a button that puts it into the person's text."""
    found = context.lines_left_out(kept["text"], config, day)
    if not found:
        return
    head = f"入れなかった行 {len(found)}件(日記と合っているか確かめて足せます)"
    with st.expander(head, expanded=kept.get("adding", False)):
        for line in found:
            words, button = st.columns([6, 1], vertical_alignment="center")
            doubts = [doubt for doubt in line.doubts if doubt != NOT_SURE]
            about = [f"日記: {line.sentence}", f"確かさ {line.confidence:.0%}", *doubts]
            words.html(text_block(line.text, card=False) + small(" ・ ".join(about)))
            if button.button("足す", width="stretch", key=f"add-{day}-{line.text}"):
                _add(config, day, kept, line)


def _add(config: Config, day: date, kept: dict[str, Any], line: LeftOut) -> None:
    """Put a line into the text at its place."""
    begin_anew(kept, context.with_line(kept["text"], line, config, day))
    kept["adding"] = True
    st.rerun()


def _watch_disk(vault: Layout, day: date, place: str, sha: str) -> None:
    """Say so, every few seconds, when the note was changed in Obsidian while it is open here."""

    @context.again_every(LOOK_SECONDS)
    def watch() -> None:
        now = notes.open_report(vault, day, place)
        if (now.sha if now else "") != sha:
            st.html(
                notice("このノートはほかで変更されました", "読み込むと、直していない本文は新しくなります。", "warn")
            )
            if st.button("読み込む", key="reload"):
                st.rerun()


def _edit(
    config: Config, vault: Layout, each: Day, note: OpenNote, kept: dict[str, Any], findings: tuple[str, ...]
) -> None:
    """The person's text with its difference to the draft, and what can be done with it.

    The buttons stand still and stay enabled, because a click begins before the field has sent what was typed last.
    """
    draft = actions.draft_of(config, each.day) or kept["note"].report.body
    left, right = st.columns(2)
    left.text_area("本文", value=kept["shown"], height=320, key=field_name(each.day, kept))
    right.html(label("下書きからの変更") + difference_html(draft, kept["text"]))
    if findings:
        st.html(notices(findings, "検査の指摘"))
    if kept["note"].sha != note.sha:
        _conflict(note, kept)
        return
    edited = as_saved(kept["text"]) != as_saved(note.report.body)
    row = context.action_row()
    save = row.button("保存", shortcut="Ctrl+S", width="stretch", key="save")
    words = "提出を取り消す" if note.report.accepted else "提出済みにする"
    accept = row.button(words, type="primary", shortcut="Alt+A", width="stretch", key="accept")
    with row.container(width=92):
        copy_button(kept["text"], key="copy")
    with row.popover("ほか", width="content"):
        redo = st.button("作り直す", shortcut="Alt+D", width="stretch", key="redo")
        st.html(small("別の下書きを頼みます。今の文は新しい下書きと入れかわります。"))
        copies = [copy for copy in kept_bodies(vault, each.day) if copy.body != note.report.body]
        with st.expander(f"前の本文 {len(copies)}件"):
            _earlier(config, vault, each.day, note, copies, edited)
        _forget(config, vault, each.day)
    if save and not edited:
        context.leave_message("変更はありません", "本文を直してから保存してください。", "")
        st.rerun()
    if save or (accept and not note.report.accepted):
        _write(config, vault, each.day, kept, accept=accept)
    if accept:
        context.do(lambda: actions.tick(config, vault, each.day, note, "accepted", False), "提出を取り消しました")
    if redo and edited:
        _first_save()
    if redo:
        hint = actions.daemon_hint(config)
        context.do(lambda: actions.tick(config, vault, each.day, note, "redo", True), "作り直しを頼みました", hint)


def _write(config: Config, vault: Layout, day: date, kept: dict[str, Any], accept: bool) -> None:
    """Save the kept text; on a conflict nothing is written and the text stays."""
    asked, kept["asked"] = kept.get("asked"), kept["text"] if accept else None
    if accept and asked != kept["text"] and (private := actions.private_lines(config, vault, day, kept["text"])):
        words = f"{private}\n提出した日報がこのままでよければ、もう一度「提出済みにする」を押してください。"
        context.leave_message("私的な語が残っているようです", words, "warn")
        st.rerun()
    done = "提出済みにしました" if accept else "保存しました"
    context.do(
        lambda: actions.save(config, vault, day, kept["note"], kept["text"], accept),
        done,
        context.place(config, vault, day),
    )


def _conflict(note: OpenNote, kept: dict[str, Any]) -> None:
    """Both texts, and the person chooses; nothing is written before that."""
    words = "このノートはObsidianなどで変更されました。何も上書きしていません。どちらを残すか選んでください。"
    st.html(notice("変更がぶつかりました", words, "bad"))
    st.html(small("保管庫の文 → あなたの文"))
    st.html(difference_html(note.report.body, kept["text"]))
    row = context.action_row()
    if row.button("あなたの文で続ける", width="stretch", key="mine"):
        kept["note"] = note
        st.rerun()
    if row.button("保管庫の文を使う", width="stretch", key="theirs"):
        begin_anew(kept, note.report.body, note)
        st.rerun()


def _earlier(config: Config, vault: Layout, day: date, note: OpenNote, copies: list[KeptBody], edited: bool) -> None:
    """The bodies that stood in the note before, the newest first, each with a button that brings it back."""
    for copy in reversed(copies):
        st.html(small(copy.path) + difference_html(note.report.body, copy.body))
        if st.button("この本文に戻す", key=f"back{copy.number}"):
            if edited:
                _first_save()
            context.do(partial(actions.restore, config, vault, day, copy.number), "前の本文に戻しました")
    if not copies:
        st.html(small("まだありません。作り直したり戻したりすると、それまでの本文がここに残ります。"))


def _first_save() -> None:
    """Say what stands in the way of putting another text in the place of this one."""
    context.leave_message("まだ保存していない文があります", "先に保存するか、保管庫の文に戻してください。", "warn")
    st.rerun()


def _forget(config: Config, vault: Layout, day: date) -> None:
    """What forgetting means, and the button that does it."""
    words = "保存された日記と日報の組と下書きを消します。保管庫の文はそのままで、提出済みの印だけが外れます。"
    st.html(notice(f"{day.isoformat()} を学習から外します", words, "warn"))
    if st.button("この日を忘れる", type="primary", key="forget"):
        context.do(lambda: _forget_all(config, vault, day), f"{day} を忘れました")


def _forget_all(config: Config, vault: Layout, day: date) -> str:
    context.desk(config).forget(day)
    st.session_state.get("kept", {}).pop(day, None)
    return actions.forget(config, vault, day)

"""今日: today's report as it stands in the vault, and what can be done with it; the days that still wait for a look."""

from __future__ import annotations

from datetime import date

import streamlit as st

from daemon.config import Config
from daemon.service.heartbeat import read_heartbeat
from daemon.system.lock import holder_of
from daemon.vault.layout import Layout
from dashboard import actions, context, notes
from dashboard.calendar import calendar, calendar_key
from dashboard.copying import copy_button
from dashboard.days import STATES, Day, label, squares, state_of, weekday
from dashboard.markup import chip, heading, key, notice, notices, small, text_block, title
from dashboard.notes import OpenNote

LOOK_SECONDS = 3.0
MOST_OPEN = 5
"""So many earlier days that wait for a look are named here; the review has all."""
OPEN = ("draft", "needs-review", "failed")


def page() -> None:
    config = context.settings()
    vault = context.layout(config)
    today = date.today()
    days, _ = context.all_days(config, vault)
    each = next((one for one in days if one.day == today), Day(today, "missing", "", False))
    place = context.place(config, vault, today)
    note = notes.open_report(vault, today, place)
    writing = _writing(config) == today.isoformat()
    _watch(config, vault, each, place, note, writing)
    st.html(title(f"{today.month}月{today.day}日({weekday(today)})", _chips(each, note, writing)))
    context.show_message()
    if note is not None:
        _report(config, vault, note, writing)
    else:
        _without_report(config, vault, each, writing)
    _earlier([one for one in days if one.day < today])
    if days:
        found = squares(days, today)
        st.html(heading("これまで") + calendar(found) + key(calendar_key(found)))


def _writing(config: Config) -> str:
    """The day whose report the daemon writes now, "" while it writes none."""
    running = holder_of(config.data_path) is not None
    return str(read_heartbeat(config.data_path).get("working_on") or "") if running else ""


def _watch(config: Config, vault: Layout, each: Day, place: str, note: OpenNote | None, writing: bool) -> None:
    """Draw the page anew when the report comes or changes."""

    @context.again_every(LOOK_SECONDS)
    def watch() -> None:
        now = notes.open_report(vault, each.day, place)
        state = next((one.state for one in context.all_days(config, vault)[0] if one.day == each.day), "missing")
        as_it_was = (note.sha if note else "", each.state, writing)
        if (now.sha if now else "", state, _writing(config) == each.day.isoformat()) != as_it_was:
            st.rerun()


def _chips(each: Day, note: OpenNote | None, writing: bool) -> str:
    if writing:
        return chip("書いています", "writing")
    state = each.state
    if note is not None:
        state = state_of(note.report)
    words = "日記なし" if note is None and not each.diary_path else STATES.get(state, state)
    return chip(words, state) + (chip(note.report.model) if note is not None and note.report.model else "")


def _report(config: Config, vault: Layout, note: OpenNote, writing: bool) -> None:
    """The report as it is handed in, its warnings, and its actions."""
    report = note.report
    if writing:
        st.html(notice("新しい下書きを書いています", "できると、ここに出ます。"))
    if report.warnings:
        st.html(notices(report.warnings))
    st.html(text_block(report.body).replace("np-card", "np-card np-report"))
    day = date.today()
    row = context.action_row()
    with row.container(width=112):
        copy_button(report.body, key="copy")
    words, value = ("提出を取り消す", False) if report.accepted else ("提出済みにする", True)
    if row.button(words, type="primary", shortcut="Alt+A", width="stretch", key="accept"):
        done = "提出済みにしました" if value else "提出を取り消しました"
        context.do(lambda: actions.tick(config, vault, day, note, "accepted", value), done)
    if row.button("直す", width=112, key="edit"):
        context.open_day(day)


def _without_report(config: Config, vault: Layout, each: Day, writing: bool) -> None:
    """Why there is no report yet, and what brings one."""
    if writing:
        st.html(notice("今日の日報を書いています", "できると、ここに出ます。"))
        return
    if each.state == "failed":
        st.html(notice(each.error, each.next_step, "bad"))
    elif each.state == "waiting":
        st.html(notice("今日の日記は順番を待っています", actions.daemon_hint(config)))
        return
    elif not each.diary_path:
        where = vault.diary_folder or "/"
        words = f"Obsidianで「{where}」に今日の日記を書くと、日報がここに出ます。"
        st.html(notice("今日の日記はまだありません", words))
        return
    else:
        st.html(notice("今日の日記があります", "日報はまだありません。"))
    row = context.action_row()
    if row.button("今日の日報を作る", type="primary", width="stretch", key="make"):
        hint = actions.daemon_hint(config)
        context.do(lambda: actions.ask_for_report(config, vault, each.diary_path, each.day), "作成を頼みました", hint)


def _earlier(days: list[Day]) -> None:
    """The newest days whose report nobody has handed in, each a way to its review."""
    found = [one for one in days if one.state in OPEN]
    st.html(heading(f"まだ提出していない日({len(found)})"))
    if not found:
        st.html(small("ありません。"))
    for one in found[:MOST_OPEN]:
        if st.button(label(one), width="stretch", key=f"open-{one.day}"):
            context.open_day(one.day)
    if len(found) > MOST_OPEN:
        st.html(small(f"ほかに{len(found) - MOST_OPEN}日あります。レビューにすべて並んでいます。"))

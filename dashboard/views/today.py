"""今日: from a diary to a report by hand. Pick or paste, watch it being written, try again, edit, copy, save."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import streamlit as st

from daemon.config import Config
from daemon.drafting.result import DraftRequest
from daemon.errors import NippoError, ReportTouched
from daemon.vault.conflict import has_conflict
from daemon.vault.layout import Layout
from daemon.vault.scan import DiaryNote
from dashboard import actions, context, notes
from dashboard.changes import difference_html
from dashboard.drafts import Drafting, progress
from dashboard.markup import chip, heading, notice, notices, small, text_block

PASTE = "貼り付け"
POLL_SECONDS = 0.5
USUAL_CHARACTERS = 260
"""The length of a usual report, for the progress bar only."""


def page() -> None:
    config = context.settings()
    vault = context.layout(config)
    state = st.session_state
    state.setdefault("drafts", [])
    context.show_message()
    source = _choose_source(config, vault)
    if source is not None:
        day, path, diary = source
        _ask(config, day, path, diary)
    _conversation(config, vault)


def _choose_source(config: Config, vault: Layout) -> tuple[date, str, str] | None:
    """The diary to report on: (day, path of its note or "", text); None while there is none."""
    with st.container(border=True):
        way = st.segmented_control("日記", ["ノートから選ぶ", PASTE], default="ノートから選ぶ", key="way")
        if way == PASTE:
            left, right = st.columns([1, 3])
            day = left.date_input("日付", value="today", key="paste_day")
            diary = right.text_area("日記の本文", height=200, key="paste_text", placeholder="ここに日記を貼り付けます")
            if has_conflict(diary):
                st.html(notice("gitの競合の印があります", "どちらの文が正しいか決めて、印を消してください。", "warn"))
                return None
            return (day, "", diary) if diary.strip() else None
        _, found = context.all_days(config, vault)
        if not found:
            st.html(notice("日記がまだありません", f"「{vault.diary_folder or '/'}」に日付のノートを書いてください。"))
            return None
        ordered = sorted(found, key=lambda note: note.day, reverse=True)
        note = st.selectbox("日記のノート", ordered, format_func=_note_label, key="note")
        text = notes.diary_of(vault, note.path, config.watch.max_note_kilobytes)
        if text is None:
            st.html(notice("ノートがありません", "消されたか、名前が変わりました。", "warn"))
            return None
        with st.expander("日記を見る"):
            st.html(text_block(text))
        return note.day, note.path, text


def _note_label(note: DiaryNote) -> str:
    return f"{note.day.isoformat()}  {note.path.rpartition('/')[2]}"


def _ask(config: Config, day: date, path: str, diary: str) -> None:
    """The version picker and the button that begins a draft."""
    state = st.session_state
    busy = _current() is not None
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    picked = left.selectbox("モデルの版", context.version_choices(config), format_func=lambda each: each.label)
    again = any(turn["diary"] == diary and turn["drafting"].result for turn in state["drafts"])
    label = "もう一度書く" if again else "日報を書く"
    if right.button(label, type="primary", disabled=busy, width="stretch", shortcut="Alt+G", key="write"):
        # Another seed for another draft: the first one of a diary is the daemon's own.
        number = sum(turn["diary"] == diary for turn in state["drafts"])
        seed = config.engine.seed + 1000 * number if number else None
        drafting = context.drafter(config).start(DraftRequest(day.isoformat(), diary, seed), picked.adapter)
        turn = {"day": day, "path": path, "diary": diary, "version": picked.name, "drafting": drafting}
        state["drafts"].append({**turn, "number": len(state["drafts"]) + 1})
        state["chosen"] = None
        st.rerun()


def _current() -> Drafting | None:
    turns = st.session_state["drafts"]
    return turns[-1]["drafting"] if turns and not turns[-1]["drafting"].over else None


def _conversation(config: Config, vault: Layout) -> None:
    """All drafts of this window, oldest first, the diary above its drafts; the last one can be edited."""
    turns: list[dict[str, Any]] = st.session_state["drafts"]
    above: str | None = None
    chosen = st.session_state.get("chosen") or (turns[-1]["number"] if turns else None)
    for turn in turns:
        if turn["diary"] != above:
            above = turn["diary"]
            with st.chat_message("user", avatar=":material/person:"), st.expander(f"{turn['day']} の日記"):
                st.html(text_block(turn["diary"]))
        with st.chat_message("assistant", avatar=":material/description:"):
            drafting: Drafting = turn["drafting"]
            if not drafting.over:
                _under_way(config, drafting)
            elif drafting.result:
                _draft(turn, chosen == turn["number"])
            elif drafting.error:
                context.show_error(drafting.error)
            else:
                st.html(small("中止しました。"))
    for turn in turns:
        if turn["number"] == chosen and turn["drafting"].result:
            _editor(config, vault, turn)
    if turns and _current() is None and st.button("会話を消す", type="tertiary", key="clear"):
        st.session_state["drafts"], st.session_state["chosen"] = [], None
        st.rerun()


def _under_way(config: Config, drafting: Drafting) -> None:
    """The draft as it is written, looked at twice a second; the page is drawn again when it is done."""

    @st.fragment(run_every=POLL_SECONDS)
    def watch() -> None:
        if drafting.over:
            st.rerun()
        share, words = progress(drafting, USUAL_CHARACTERS)
        if not drafting.text and drafting.state == "working" and context.is_waiting_for_model(config):
            words = "ほかの処理がモデルを使っています。空くのを待っています…"
        st.progress(share, f"{words} {drafting.seconds(time.monotonic()):.0f}秒")
        if drafting.text:
            st.html(small("検査前の文です。私的な内容はこのあと取り除かれます。") + text_block(drafting.text))
        if st.button("中止", key="stop"):
            context.drafter(config).stop(drafting)
            st.rerun()

    watch()


def _draft(turn: dict[str, Any], chosen: bool) -> None:
    """One finished draft: its text with a copy button, its warnings, what it cost."""
    result = turn["drafting"].result
    kind, words = ("needs-review", "要確認") if result.status == "needs-review" else ("draft", "検査済み")
    st.html(chip(f"下書き{turn['number']}") + chip(result.version or turn["version"]) + chip(words, kind))
    st.code(result.body, language=None, wrap_lines=True)
    if result.warnings:
        st.html(notices(result.warnings))
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.html(small(f"{result.seconds:.1f}秒 ・ 質問{result.questions}件 ・ {result.generated_tokens}トークン"))
    if not chosen and right.button("これを編集", key=f"choose{turn['number']}", width="stretch"):
        st.session_state["chosen"] = turn["number"]
        st.rerun()


def _editor(config: Config, vault: Layout, turn: dict[str, Any]) -> None:
    """Edit the chosen draft, see the difference, copy it, put it into the vault."""
    result, number = turn["drafting"].result, turn["number"]
    st.html(heading(f"下書き{number}を仕上げる"))
    left, right = st.columns(2)
    with left:
        text = st.text_area("日報の本文", value=result.body, height=300, key=f"edit{number}")
    with right:
        edited, copy = st.tabs(["変更点", "コピー用"])
        with edited:
            if text == result.body:
                st.html(small("下書きのままです。本文を直してCtrl+Enterを押すと、変更点が色で出ます。"))
            st.html(difference_html(result.body, text))
        with copy:
            st.code(text, language=None, wrap_lines=True)
    findings = context.reading(text, turn["diary"], config).findings
    if findings and text != result.body:
        st.html(notices(findings, "検査の指摘"))
    _save(config, vault, turn, text)


def _save(config: Config, vault: Layout, turn: dict[str, Any], text: str) -> None:
    """Put the text into the vault, over an older report only when that was shown and the box under it ticked."""
    day, shown_key = turn["day"], f"shown{turn['number']}"
    place = context.place(config, vault, day)
    before = notes.open_note(vault, day, place)
    shown = st.session_state.get(shown_key, before)
    st.session_state[shown_key] = before
    agreed = True
    if before is not None:
        if before.report.body == text:
            st.html(notice(f"{day} の日報として保管庫にあります", place, "good"))
        else:
            st.html(notice(f"{day} の日報は保管庫にもうあります", "保存すると本文が置きかわります。", "warn"))
            with st.expander("今ある日報との違い"):
                st.html(difference_html(before.report.body, text))
            agreed = st.checkbox("今ある日報を置きかえる", key=f"replace{turn['number']}-{before.sha[:8]}")
    path = turn["path"] or _diary_path(config, vault, day)
    if not path:
        st.html(small("この日の日記ノートがないため、この日報は学習には使われません。"))
    if not st.button("保管庫に保存", type="primary", disabled=not (agreed and text.strip()), key="save"):
        return
    try:
        actions.save_draft(config, vault, day, text, turn["drafting"].result, path, turn["diary"], shown)
    except ReportTouched:
        words = "同じ日の日報がほかで変更されました。違いを確かめてください。本文はこのまま残っています。"
        st.html(notice("保存しませんでした", words, "bad"))
        return
    except NippoError as problem:
        context.show_error(problem)
        return
    context.leave_message("保存しました", place)
    st.rerun()


def _diary_path(config: Config, vault: Layout, day: date) -> str:
    """The path of the day's diary note, "" without one."""
    return next((each.diary_path for each in context.all_days(config, vault)[0] if each.day == day), "")

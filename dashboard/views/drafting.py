"""書く: from a diary to a report by hand. Pick or paste, watch it being written, try again, edit, copy, save."""

from __future__ import annotations

import time
from datetime import date

import streamlit as st

from daemon.config import Config
from daemon.drafting.result import DraftRequest
from daemon.errors import ReportTouched
from daemon.vault.conflict import has_conflict
from daemon.vault.layout import Layout
from daemon.vault.scan import DiaryNote
from dashboard import actions, context, notes
from dashboard.changes import difference_html
from dashboard.copying import copy_button
from dashboard.desk import DeskDraft
from dashboard.drafts import POLL_SECONDS, Drafting, progress
from dashboard.markup import chip, heading, label, notice, notices, small, text_block, title

PASTE = "貼り付け"


def page() -> None:
    config = context.settings()
    vault = context.layout(config)
    st.html(title("日報を書く"))
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
    desk = context.desk(config)
    earlier = [draft for draft in desk.drafts if draft.diary == diary]
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    picked = left.selectbox("モデルの版", context.version_choices(config), format_func=lambda each: each.label)
    words = "もう一度書く" if any(draft.drafting.result for draft in earlier) else "日報を書く"
    if right.button(words, type="primary", disabled=_is_busy(config), width="stretch", shortcut="Alt+G", key="write"):
        # Another seed for another draft: the first one of a diary is the daemon's own.
        seed = config.engine.seed + 1000 * len(earlier) if earlier else None
        drafting = context.drafter(config).start(DraftRequest(day.isoformat(), diary, seed), picked.adapter)
        desk.add(day, path, diary, picked.name, drafting)
        st.session_state["chosen"] = None
        st.rerun()


def _is_busy(config: Config) -> bool:
    drafts = context.desk(config).drafts
    return bool(drafts) and not drafts[-1].drafting.over


def _conversation(config: Config, vault: Layout) -> None:
    """All drafts of this server, oldest first, the diary above its drafts; the last one can be edited."""
    desk = context.desk(config)
    above: str | None = None
    chosen = st.session_state.get("chosen") or (desk.drafts[-1].number if desk.drafts else None)
    for draft in desk.drafts:
        if draft.diary != above:
            above = draft.diary
            with st.expander(f"{draft.day} の日記", icon=":material/menu_book:"):
                st.html(text_block(draft.diary))
        drafting = draft.drafting
        if not drafting.over:
            _under_way(config, drafting)
        elif drafting.result:
            _draft(draft, chosen == draft.number)
        elif drafting.error:
            context.show_error(drafting.error)
        else:
            st.html(small("中止しました。"))
    for draft in desk.drafts:
        if draft.number == chosen and draft.drafting.result:
            _editor(config, vault, draft)
    if desk.drafts and not _is_busy(config) and st.button("下書きをすべて消す", type="tertiary", key="clear"):
        desk.clear_drafts()
        st.session_state["chosen"] = None
        st.rerun()


def _under_way(config: Config, drafting: Drafting) -> None:
    """The draft as it is written, looked at twice a second; the page is drawn again when it is done."""

    @context.again_every(POLL_SECONDS)
    def watch() -> None:
        if drafting.over:
            st.rerun()
        share, words = progress(drafting)
        if not drafting.text and drafting.state == "working" and context.is_waiting_for_model(config):
            words = "ほかの処理がモデルを使っています。空くのを待っています…"
        st.progress(share, f"{words} {drafting.seconds(time.monotonic()):.0f}秒")
        if drafting.text:
            st.html(small("検査前の文です。私的な内容はこのあと取り除かれます。") + text_block(drafting.text))
        if st.button("中止", key="stop"):
            context.drafter(config).stop(drafting)
            st.rerun()


def _draft(draft: DeskDraft, chosen: bool) -> None:
    """One finished draft: its text with a copy button, its warnings, what it cost."""
    result = draft.drafting.result
    assert result
    kind, words = ("needs-review", "要確認") if result.status == "needs-review" else ("draft", "自動検査のみ")
    chips = chip(f"下書き{draft.number}") + chip(result.version or draft.version) + chip(words, kind)
    st.html(chips + text_block(result.body))
    if result.warnings:
        st.html(notices(result.warnings))
    row = st.container(horizontal=True, vertical_alignment="center")
    row.html(small(f"{result.seconds:.1f}秒 ・ 質問{result.questions}件 ・ {result.generated_tokens}トークン"))
    with row.container(width=112):
        copy_button(result.body, key=f"copy{draft.number}")
    if not chosen and row.button("これを編集", key=f"choose{draft.number}"):
        st.session_state["chosen"] = draft.number
        st.rerun()


def _editor(config: Config, vault: Layout, draft: DeskDraft) -> None:
    """Edit the chosen draft, see the difference, copy it, put it into the vault."""
    result, number = draft.drafting.result, draft.number
    assert result
    st.html(heading(f"下書き{number}を仕上げる"))
    left, right = st.columns(2)
    begun = result.body if draft.text is None else draft.text
    text = left.text_area(
        "日報の本文", value=st.session_state.setdefault(f"begun{number}", begun), height=300, key=f"edit{number}"
    )
    draft.text = text
    right.html(label("下書きからの変更") + difference_html(result.body, text))
    findings = context.reading(text, draft.diary, config).findings
    if findings and text != result.body:
        st.html(notices(findings, "検査の指摘"))
    _save(config, vault, draft, text)


def _save(config: Config, vault: Layout, draft: DeskDraft, text: str) -> None:
    """Put the text into the vault, over an older report only when that was shown and the box under it ticked."""
    day, shown_key = draft.day, f"shown{draft.number}"
    place = context.place(config, vault, day)
    before = notes.open_note(vault, day, place)
    shown = st.session_state.get(shown_key, before)
    st.session_state[shown_key] = before
    agreed = True
    if before is not None:
        if before.report.body == notes.as_saved(text):
            st.html(notice(f"{day} の日報として保管庫にあります", place, "good"))
        else:
            st.html(notice(f"{day} の日報は保管庫にもうあります", "保存すると本文が置きかわります。", "warn"))
            with st.expander("今ある日報との違い"):
                st.html(difference_html(before.report.body, text))
            agreed = st.checkbox("今ある日報を置きかえる", key=f"replace{draft.number}-{before.sha[:8]}")
    path = draft.path or _diary_path(config, vault, day)
    if not path:
        st.html(small("この日の日記ノートがないため、この日報は学習には使われません。"))
    row = context.action_row()
    save = row.button("保管庫に保存", type="primary", disabled=not agreed, width="stretch", key="save")
    with row.container(width=112):
        copy_button(text, key="copy")
    if not save:
        return
    if not text.strip():
        st.html(notice("保存しませんでした", "本文が空です。", "warn"))
        return
    result = draft.drafting.result
    assert result
    try:
        actions.save_draft(config, vault, day, text, result, path, draft.diary, shown)
    except ReportTouched:
        words = "同じ日の日報がほかで変更されました。違いを確かめてください。本文はこのまま残っています。"
        st.html(notice("保存しませんでした", words, "bad"))
        return
    context.leave_message("保存しました", place)
    st.rerun()


def _diary_path(config: Config, vault: Layout, day: date) -> str:
    """The path of the day's diary note, "" without one."""
    return next((each.diary_path for each in context.all_days(config, vault)[0] if each.day == day), "")

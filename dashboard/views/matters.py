"""What waits for the person's word: lost notes, shrunk diaries, drafts over accepted texts, each with its buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from daemon.config import Config
from daemon.learning.attention import Attention
from daemon.vault.layout import Layout
from dashboard import actions, context
from dashboard.explain import matter_words
from dashboard.markup import notice

Do = Callable[[Callable[[], str | None], str], None]
BUTTONS = {
    "missing": (("restore", "日報を戻す"), ("withdraw", "学習から外す")),
    "body": (("restore", "本文を戻す"), ("withdraw", "学習から外す")),
    "redo": (("restore", "前の本文に戻す"), ("withdraw", "学習から外す")),
    "leak": (("keep", "このまま学習に使う"), ("withdraw", "学習から外す")),
    "diary": (("keep", "提出したときの日記のまま"), ("take", "今の日記にする"), ("withdraw", "学習から外す")),
}


def show(config: Config, vault: Layout, do: Do) -> None:
    """All matters that a button can settle, and the stale reports; ``do`` carries an action out and draws anew."""
    found = context.matters(config, vault)
    if not found:
        return
    waiting = [each for each in found if each.kind in BUTTONS]
    with st.expander(f"確かめてほしいこと {len(found)}件", expanded=bool(waiting)):
        for each in found:
            st.html(notice(*matter_words(each), "warn"))
            for name, words in BUTTONS.get(each.kind, ()):
                if st.button(words, key=f"{name}-{each.day}"):
                    do(_action(name, config, vault, each), f"{each.day}: {words}")


def _action(name: str, config: Config, vault: Layout, each: Attention) -> Callable[[], str | None]:
    day = date.fromisoformat(each.day)
    if name == "restore":
        return lambda: actions.restore(config, vault, day)
    if name == "withdraw":
        return lambda: actions.withdraw(config, vault, day)
    return lambda: actions.answer_about_pair(config, vault, day, take=name == "take")

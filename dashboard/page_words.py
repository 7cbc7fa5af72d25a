"""The page's language, and Japanese for the labels that Streamlit writes by itself and has no setting for."""

from __future__ import annotations

import streamlit as st

WORDS = {
    "App pages": "ページ",
    "Choose an option": "選んでください",
    "Choose options": "選んでください",
    "Clear value": "消す",
    "Close": "閉じる",
    "Navigate to home page": "今日のページへ",
    "No results": "見つかりません",
    "Skip to main content": "本文へ進む",
    "Page not found": "ページがありません",
    "The page that you have requested does not seem to exist. Running the app's main page.": "今日のページです。",
}
SCRIPT = """
const attributes = ["aria-label", "title", "placeholder"];
export default function({ data }) {
  document.documentElement.lang = "ja";  // also chooses the Japanese shapes of characters
  const translate = root => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let each = root; each; each = texts.nextNode()) {
      if (each.nodeType === Node.TEXT_NODE) {
        if (data[each.data]) each.data = data[each.data];
        continue;
      }
      for (const name of attributes) {
        const word = data[each.getAttribute?.(name)];
        if (word) each.setAttribute(name, word);
      }
    }
  };
  translate(document.body);
  const observer = new MutationObserver(changes => {
    for (const change of changes) {
      if (change.type === "attributes") translate(change.target);
      change.addedNodes.forEach(translate);
    }
  });
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: attributes });
  return () => observer.disconnect();
}
"""
"""Whole labels alone are exchanged, so that no text of a person's is touched but one that is such a label."""


@st.cache_resource(max_entries=1, show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("nippo_words", js=SCRIPT)


def speak_japanese() -> None:
    """To be called in every redraw."""
    _component()(data=WORDS, key="np-words", height=0)

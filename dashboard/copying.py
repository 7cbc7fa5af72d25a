"""The copy button: what it copies is data, never part of its script. Streamlit's own speaks English."""

from __future__ import annotations

import streamlit as st

HTML = '<button type="button"><span></span></button>'
CSS = """
button{width:100%;min-height:2.75rem;padding:.25rem .75rem;border-radius:var(--st-button-radius);cursor:pointer;
font:inherit;color:var(--st-text-color);background:var(--st-background-color);border:1px solid var(--st-border-color)}
button:hover,button:focus-visible{border-color:var(--st-primary-color);color:var(--st-primary-color)}
"""
SCRIPT = """
export default function({ data, parentElement }) {
  const button = parentElement.querySelector("button"), words = parentElement.querySelector("span");
  words.textContent = data.label;
  const say = text => {
    words.textContent = text;
    setTimeout(() => { words.textContent = data.label; }, 2000);
  };
  const byHand = () => {
    const box = document.createElement("textarea");
    box.value = data.text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  };
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text);
      say("コピーしました");
    } catch {
      say(byHand() ? "コピーしました" : "コピーできませんでした");
    }
  };
}
"""


@st.cache_resource(max_entries=1, show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("nippo_copy", html=HTML, css=CSS, js=SCRIPT)


def copy_button(text: str, key: str, label: str = "コピー") -> None:
    """A button that puts a text on the clipboard and says so."""
    _component()(data={"text": text, "label": label}, key=key)

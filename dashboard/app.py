"""The app that Streamlit runs: frame, navigation, and the errors that keep every page from opening."""

from __future__ import annotations

import streamlit as st

from dashboard import context, gate
from dashboard.look import MARK, NAME, style, wordmark
from dashboard.page_words import speak_japanese
from dashboard.views import compare, drafting, health, learning, review, settings, today

st.set_page_config(page_title=NAME, page_icon=str(MARK), layout="wide", menu_items={"About": None, "Get help": None})
if not gate.stands():
    st.error("この確認ページは、`nippo dashboard` で開いてください。")
    st.stop()
st.html(f"<style>{style()}</style>")
speak_japanese()
st.logo(wordmark(), size="large")
pages = [
    st.Page(today.page, title="今日", url_path="today", default=True, icon=":material/today:"),
    st.Page(review.page, title="レビュー", url_path="review", icon=":material/rate_review:"),
    st.Page(drafting.page, title="書く", url_path="draft", icon=":material/edit_note:"),
    st.Page(compare.page, title="比較", url_path="compare", icon=":material/compare_arrows:"),
    st.Page(learning.page, title="学習", url_path="learning", icon=":material/school:"),
    st.Page(health.page, title="状態", url_path="status", icon=":material/monitor_heart:"),
    st.Page(settings.page, title="設定", url_path="settings", icon=":material/tune:"),
]
st.session_state["pages"] = {each.url_path: each for each in pages}
page = st.navigation(pages, position="top")
with st.bottom.container(key="np-tabs", horizontal=True):
    for each in pages:
        st.page_link(each, width="stretch")
with context.told():
    page.run()

"""The app that Streamlit runs: frame, navigation, and the errors that keep every page from opening."""

from __future__ import annotations

import streamlit as st

from daemon.errors import NippoError
from dashboard import context, gate
from dashboard.markup import STYLE
from dashboard.views import compare, health, learning, review, today

st.set_page_config(page_title="nippo 日報", layout="wide", menu_items={"About": None, "Get help": None})
if not gate.stands():
    st.error("この確認ページは、`nippo dashboard` で開いてください。")
    st.stop()
st.html(f"<style>{STYLE}</style>")
page = st.navigation(
    [
        st.Page(today.page, title="今日", url_path="today", default=True),
        st.Page(review.page, title="レビュー", url_path="review"),
        st.Page(compare.page, title="比較", url_path="compare"),
        st.Page(learning.page, title="学習", url_path="learning"),
        st.Page(health.page, title="状態", url_path="status"),
    ],
    position="top",
)
try:
    page.run()
except NippoError as problem:
    context.show_error(problem)

"""The server that ``nippo dashboard`` starts: Streamlit with the page behind its gate."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from daemon.errors import UsageError
from daemon.system.page_secret import take_secret
from dashboard.gate import Gate

secret = take_secret()
if not secret:
    raise UsageError("The review page was started without a secret.", "Start it with `nippo dashboard`.")
app = st.App(Path(__file__).with_name("app.py"), middleware=[Middleware(Gate, secret=secret)])

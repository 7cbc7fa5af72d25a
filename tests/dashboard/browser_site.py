"""A running page and a real Chromium to look at it, for tests and for ``bench/page.py``."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import scene
from playwright.sync_api import Browser, Page, sync_playwright

from daemon.config import Config
from daemon.store.store import Store
from daemon.system.page_secret import QUERY

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
TODAY = date.today()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; raises ``FileNotFoundError`` where none is installed."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise FileNotFoundError("no Chromium found: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@dataclass
class Site:
    """A running page over a vault of its own; ``outside`` collects every request that is not for the page itself."""

    browser: Browser
    address: str
    vault: Path
    config: Config
    outside: list[str] = field(default_factory=list)

    @contextmanager
    def window(self, path: str = "", width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Iterator[Page]:
        """A window with storage of its own whose network ends at the page's server."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            locale="ja-JP",
            color_scheme=scheme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.on("request", lambda request: self._note(request.url))
        context.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), lambda route: route.abort())
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("websocket", lambda socket: self._note(socket.url))
        self.go(page, f"{path}{'&' if '?' in path else '?'}{QUERY}={scene.SECRET}")
        yield page
        context.close()

    def go(self, page: Page, path: str) -> None:
        page.goto(f"{self.address}/{path}")
        settled(page)

    def _note(self, url: str) -> None:
        own = self.address.removeprefix("http://")
        if not url.startswith((f"http://{own}", f"ws://{own}", "data:", "blob:")):
            self.outside.append(url)


def settled(page: Page) -> None:
    """Wait until the page has been drawn and no script of it runs."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_selector('[data-testid="stMainBlockContainer"] [data-testid]')


@contextmanager
def site(browser: Browser, folder: Path, pause: float = 0.01) -> Iterator[Site]:
    server = scene.ModelServer(pause=pause)
    vault = scene.make_vault(folder)
    config = scene.settings_file(folder, vault, server)
    with Store.open(config.data_path) as store:
        scene.add_day(vault, store, TODAY - timedelta(days=1))
        scene.add_day(vault, store, TODAY, report=False)
    with scene.running_page(config) as address:
        yield Site(browser, address, vault, config)
    server.close()


def fill(here: Site, days: int) -> None:
    """Give the vault and the store so many more days with reports, all but the newest accepted."""
    with Store.open(here.config.data_path) as store, store.batch():
        for number in range(2, days + 2):
            scene.add_day(here.vault, store, TODAY - timedelta(days=number), accepted=number > 9)

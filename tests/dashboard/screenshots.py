"""Take the README's pictures: ``python tests/dashboard/screenshots.py docs/images``.

The comparison is written by the real starter model, so its files must be in the cache; the other pages show a stand-in.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import scene
from browser_site import ARGUMENTS
from playwright.sync_api import Browser, Page, sync_playwright

from daemon.system.page_secret import with_secret

TODAY = date.today()
SHOWN_DAYS_AGO = next(number for number in range(2, 9) if (TODAY - timedelta(days=number)).weekday() < 5)
"""A day of school, which has a diary."""


def take(page: Page, file: Path, most: int) -> None:
    """A picture of the whole page, cut at so many pixels of height."""
    size = page.viewport_size or {"width": 1200, "height": 900}
    block = page.locator('[data-testid="stMainBlockContainer"]').bounding_box()
    page.set_viewport_size({"width": size["width"], "height": int(min((block or size)["height"] + 20, most))})
    page.wait_for_timeout(1000)
    page.screenshot(path=str(file))
    page.set_viewport_size(size)


def window(browser: Browser, width: int) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}, locale="ja-JP").new_page()
    page.set_default_timeout(500_000)
    return page


def pages(browser: Browser, folder: Path, out: Path) -> None:
    server = scene.ModelServer()
    vault = scene.make_vault(folder, "学校のノート")
    config = scene.settings_file(folder, vault, server)
    scene.furnish(config, vault, TODAY)
    scene.add_day(vault, None, TODAY)
    with scene.running_page(config) as address:
        for width, tag in ((1200, ""), (390, "-phone")):
            page = window(browser, width)
            page.goto(with_secret(address, scene.SECRET))
            page.locator(".np-days").wait_for()
            take(page, out / f"today{tag}.png", 1400)
            page.goto(f"{address}/review?day={TODAY - timedelta(days=SHOWN_DAYS_AGO)}")
            page.locator(".np-row[tabindex]").first.focus()
            take(page, out / f"review{tag}.png", 1800)
            for name in ("learning", "status"):
                page.goto(f"{address}/{name}")
                page.locator(".np-figures").wait_for()
                page.wait_for_timeout(3000)
                # The last lines of the status page name folders of this machine, and the model's line its server.
                for words in ("保管庫:", "モデルはサーバー"):
                    line = page.locator(".np-small", has_text=words)
                    line.evaluate_all("all => all.forEach(each => each.remove())")
                take(page, out / f"{name}{tag}.png", 1800)
    server.close()


def comparison(browser: Browser, folder: Path, out: Path) -> None:
    vault = scene.make_vault(folder)
    config = scene.settings_file(folder, vault)
    assert config.file
    with config.file.open("a", encoding="utf-8") as stream:
        stream.write("[engine]\ndrafts = 1\n")
    scene.add_day(vault, None, TODAY, report=False)
    with scene.running_page(config) as address:
        page = window(browser, 1200)
        page.goto(with_secret(address, scene.SECRET))
        page.goto(f"{address}/compare")
        page.get_by_role("button", name="書きくらべる").click()
        page.get_by_role("button", name="Aが良い").click()
        page.get_by_text("記録しました").wait_for()
        take(page, out / "compare.png", 1200)


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for name, work in (("pages", pages), ("comparison", comparison)):
            place = Path(folder) / name
            place.mkdir()
            work(browser, place, out)
        browser.close()


if __name__ == "__main__":
    main()

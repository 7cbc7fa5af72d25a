"""The page in a real Chromium: the way from a diary to an accepted report, two windows, a thousand reports, no network.

Needs Chromium (Debian: ``apt-get install chromium fonts-noto-cjk``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import scene
from browser_site import TODAY, Browser, Site, chromium, fill, settled, site
from playwright.sync_api import expect

from daemon.config import load
from daemon.store.store import Store
from dashboard.gate import REFUSED

PAGES = ("", "review", "draft", "compare", "learning", "status", "settings")
HOSTILE = """\
<script>window.stolen = true</script>
<img src="http://evil.example/a.png" onerror="window.stolen = true">
![pixel](http://evil.example/b.png) [link](javascript:window.stolen=true)
<style>@import url(http://evil.example/c.css)</style> <svg onload="window.stolen = true">
* Javaを整理しました。<iframe src="http://evil.example/d"></iframe>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def furnished(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page over half a school year, for tests that only look."""
    with site(browser, tmp_path_factory.mktemp("furnished")) as here:
        scene.furnish(here.config, here.vault, TODAY)
        yield here


def note(each: Site, day: date) -> str:
    return (each.vault / f"nippo/{day}-nippo.md").read_text(encoding="utf-8")


def test_from_a_diary_to_an_accepted_report(browser: Browser, tmp_path: Path) -> None:
    with site(browser, tmp_path, pause=0.05) as here, here.window("draft") as page:
        page.get_by_role("button", name="日報を書く").click()
        expect(page.get_by_text("検査前の文です")).to_be_visible()
        expect(page.get_by_text("下書き1を仕上げる")).to_be_visible()
        mine = scene.REPORT.replace("整理しました", "まとめました")
        box = page.get_by_label("日報の本文")
        box.fill(mine)
        box.press("Control+Enter")
        expect(page.locator(".np-diff ins")).to_have_text("まとめ")
        page.get_by_role("button", name="保管庫に保存").click()
        expect(page.get_by_text("保存しました")).to_be_visible()
        assert note(here, TODAY).endswith(f"---\n{mine}\n") and "accepted: false" in note(here, TODAY)

        here.go(page, "review")
        bullet = page.locator(".np-row[tabindex]").first
        bullet.focus()
        assert "rgb(255, 243, 196)" in page.locator(".np-d4").evaluate("e => getComputedStyle(e).backgroundColor")
        expect(page.locator("mark.np-private").first).to_be_visible()
        page.get_by_role("button", name="提出済みにする").click()
        expect(page.get_by_text("提出済みにしました")).to_be_visible()
        assert "accepted: true" in note(here, TODAY)
        with Store.open(here.config.data_path) as store:
            pair = store.pair(str(TODAY))
        assert pair and pair.report == mine and pair.draft == scene.REPORT
        assert here.outside == []


def test_two_windows_lose_no_edit(browser: Browser, tmp_path: Path) -> None:
    day = TODAY - timedelta(days=1)
    with (
        site(browser, tmp_path) as here,
        here.window(f"review?day={day}") as first,
        here.window(f"review?day={day}") as second,
    ):
        second.get_by_label("本文").fill("ふたつめの窓の文です。")
        second.get_by_label("本文").press("Control+Enter")
        expect(second.locator(".np-diff ins").first).to_be_visible()
        first.get_by_label("本文").fill("ひとつめの窓の文です。")
        first.get_by_label("本文").press("Control+Enter")
        expect(first.locator(".np-diff ins").first).to_be_visible()
        first.get_by_role("button", name="保存", exact=False).first.click()
        expect(first.get_by_text("保存しました")).to_be_visible()
        expect(second.get_by_text("このノートはほかで変更されました")).to_be_visible()
        second.get_by_role("button", name="保存", exact=False).first.click()
        expect(second.get_by_text("変更がぶつかりました")).to_be_visible()
        assert note(here, day).endswith("---\nひとつめの窓の文です。\n")
        assert second.get_by_label("本文").input_value() == "ふたつめの窓の文です。"


def test_hostile_notes_are_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    with site(browser, tmp_path) as here:
        with Store.open(here.config.data_path) as store:
            day = TODAY - timedelta(days=2)
            scene.add_day(here.vault, store, day, diary=HOSTILE, body=HOSTILE, warnings=(HOSTILE.replace("\n", " "),))
        folder = here.vault / "nippo/_training"
        folder.mkdir()
        (folder / "![x](http:__evil.example_p.png).md").write_text(HOSTILE, encoding="utf-8")
        with here.window(f"review?day={day}") as page:
            expect(page.locator(".np-two").get_by_text("<script>window.stolen = true</script>").first).to_be_visible()
            here.go(page, "learning")
            expect(page.get_by_text("![pixel](http://evil.example/b.png)").first).to_be_visible()
            here.go(page, "draft")
            page.get_by_text("貼り付け").click()
            page.get_by_label("日記の本文").fill(HOSTILE)
            page.get_by_label("日記の本文").press("Control+Enter")
            page.get_by_role("button", name="日報を書く").click()
            page.get_by_text("下書き1を仕上げる").wait_for()
            page.get_by_label("日報の本文").fill(HOSTILE)
            page.get_by_label("日報の本文").press("Control+Enter")
            expect(page.locator(".np-diff ins").first).to_be_visible()
            page.wait_for_timeout(500)
            assert page.evaluate("window.stolen") is None
            assert page.locator("iframe, img[src*=evil], a[href^=javascript]").count() == 0
        assert here.outside == []


def test_the_page_opens_with_its_secret_and_stays_open_for_the_browser(furnished: Site) -> None:
    with furnished.window() as page:
        assert "token" not in page.url
        page.get_by_text("まだ提出していない日").wait_for()
        page.reload()
        settled(page)
        page.get_by_role("link", name="学習").first.click()
        page.locator(".np-figures").first.wait_for()
        assert page.url.endswith("/learning")
        second = page.context.new_page()
        furnished.go(second, "status")
        second.locator(".np-figures").first.wait_for()


@pytest.mark.parametrize("path", ["", "?token=wrong", "review?day=2026-01-07", "_stcore/health", "media/x.png"])
def test_without_the_secret_there_is_one_sentence(furnished: Site, path: str) -> None:
    context = furnished.browser.new_context(viewport={"width": 900, "height": 600})
    page = context.new_page()
    answer = page.goto(f"{furnished.address}/{path}")
    assert answer and answer.status == 403
    said = page.locator("body").inner_text().strip()
    assert said == REFUSED and said.count("。") == 1
    assert (
        page.evaluate(
            "() => new Promise(done => { const s = new WebSocket(`ws://${location.host}/_stcore/stream`);"
            " s.onopen = () => done('open'); s.onerror = () => done('refused'); })"
        )
        == "refused"
    )
    context.close()


def test_a_thousand_reports_open(browser: Browser, tmp_path: Path) -> None:
    """How fast: ``bench/page.py``."""
    with site(browser, tmp_path) as here:
        fill(here, 1000)
        with here.window() as page:
            page.locator(".np-days").wait_for()
            here.go(page, "review")
            page.locator(".np-two").wait_for()


def test_the_page_fits_a_phone_and_a_thumb(furnished: Site) -> None:
    """Nothing is wider than the screen; actions and pages are in its lower part, as large as a finger."""
    with furnished.window(width=390) as page:
        for path in PAGES:
            furnished.go(page, path)
            page.wait_for_timeout(500)
            width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
            assert width <= 390, path
            links = page.locator(".st-key-np-tabs a")
            expect(links).to_have_count(len(PAGES))
            for part in (*links.all(), *page.locator(".st-key-np-actions button:visible").all()):
                box = part.bounding_box()
                assert box and box["y"] > 600 and box["height"] >= 44 and 0 <= box["x"] <= 390 - box["width"], path
        furnished.go(page, f"review?day={TODAY - timedelta(days=1)}")
        expect(page.locator(".st-key-np-actions button:visible")).to_have_count(4)
        tops = [page.locator(f".st-key-np-{name}").evaluate("e => e.getBoundingClientRect().top") for name in ROWS]
        assert tops == sorted(tops)
        links.filter(has_text="学習").click()
        page.wait_for_url("**/learning")


ROWS = ("actions", "tabs")
"""The rows at the lower edge, from above."""
ENGLISH = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]+)+")
SAID = """() => [...document.querySelectorAll("body *")].filter(
  each => each.checkVisibility() && !each.closest("svg, .vega-embed")
).flatMap(each => [
  each.getAttribute("aria-label"), each.getAttribute("title"), each.getAttribute("placeholder"),
  ...[...each.childNodes].filter(node => node.nodeType === 3).map(node => node.textContent),
]).filter(Boolean)"""
OURS = {"Save the note as UTF", "the encoding is not UTF", "nippo run", "nippo service install", "nippo form learn"}
"""The daemon's own error, and commands. What Vega says of a chart is left out."""


def test_every_page_speaks_japanese_and_asks_for_nothing_outside(furnished: Site) -> None:
    with furnished.window() as page:
        for path in PAGES:
            furnished.go(page, path)
            for _ in range(50):
                words = {match for text in page.evaluate(SAID) for match in ENGLISH.findall(text)} - OURS
                if not words:
                    break
                page.wait_for_timeout(200)
            assert words == set(), path
            assert page.locator('[data-testid="stException"]').count() == 0, path
        assert page.evaluate("document.documentElement.lang") == "ja"
    assert furnished.outside == []


def test_the_page_follows_the_systems_colours(furnished: Site) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        with furnished.window("review", scheme=scheme) as page:
            places = (page.locator("[data-testid=stApp]"), page.locator(".np-card").first)
            grounds[scheme] = [each.evaluate("e => getComputedStyle(e).backgroundColor") for each in places]
    light, dark = ["rgb(250, 248, 244)", "rgb(255, 255, 255)"], ["rgb(21, 24, 28)", "rgb(27, 32, 37)"]
    assert grounds == {"light": light, "dark": dark}


def test_what_is_typed_is_saved_at_the_first_click_and_outlives_a_reload(browser: Browser, tmp_path: Path) -> None:
    """Also: one's own save is no conflict, the copy button copies, a vault that goes away is told in Japanese."""
    day = TODAY - timedelta(days=1)
    with site(browser, tmp_path) as here, here.window(f"review?day={day}") as page:
        for text in ("はじめの文です。", "つぎの文です。\n"):
            settled(page)  # a field that is being drawn anew stands there twice for a moment
            page.get_by_label("本文").fill(text)
            button = page.get_by_role("button", name="保存")
            box = button.bounding_box()
            assert box
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.mouse.down()
            page.wait_for_timeout(600)  # a person's click: the field sends its text meanwhile
            page.mouse.up()
            for _ in range(50):  # the message of the first save still stands at the second
                if note(here, day).endswith(f"---\n{text.strip()}\n"):
                    break
                page.wait_for_timeout(200)
            assert note(here, day).endswith(f"---\n{text.strip()}\n")
            expect(page.get_by_text("保存しました")).to_be_visible()
            expect(page.get_by_text("変更がぶつかりました")).to_have_count(0)
        settled(page)
        page.get_by_label("本文").fill("まだ保存していません。")
        page.get_by_label("本文").blur()
        expect(page.locator(".np-diff ins", has_text="保存").first).to_be_visible()  # the page knows the new text
        here.go(page, f"review?day={day}")
        expect(page.get_by_text("保存していない文を戻しました")).to_be_visible()
        expect(page.get_by_label("本文")).to_have_value("まだ保存していません。")
        page.get_by_role("button", name="コピー", exact=True).click()
        expect(page.get_by_role("button", name="コピーしました")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "まだ保存していません。"
        here.go(page, "status")
        expect(page.locator(".np-figures")).to_be_visible()
        here.vault.rename(here.vault.with_name("away"))
        expect(page.get_by_text("保管庫のフォルダーが見つかりません。")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("待ち行列(0)")).to_be_visible()
        assert page.locator('[data-testid="stException"]').count() == 0


def test_another_sites_script_is_turned_away(browser: Browser, tmp_path: Path) -> None:
    import http.client

    with site(browser, tmp_path) as here:
        host, _, port = here.address.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        headers = {
            "Host": "evil.example",
            "Origin": "http://evil.example",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        connection.request("GET", "/_stcore/stream", headers=headers)
        assert connection.getresponse().status == 403


def test_settings_changed_by_another_hand_are_shown_at_the_next_look(browser: Browser, tmp_path: Path) -> None:
    with site(browser, tmp_path) as here, here.window("settings") as page:
        expect(page.get_by_label("書き出し")).to_have_value("本日は、以下の学習と課題を完了しました:")
        assert here.config.file
        with here.config.file.open("a", encoding="utf-8") as stream:
            stream.write('\n[report]\nlead = "今日は次のことを学びました。"\n')
        here.go(page, "settings")
        expect(page.get_by_label("書き出し")).to_have_value("今日は次のことを学びました。")


def test_a_schools_form_is_made_on_the_page_shown_and_written_with_its_comments(
    browser: Browser, tmp_path: Path
) -> None:
    with site(browser, tmp_path) as here, here.window("settings", width=390) as page:
        file = here.config.file
        assert file
        before = file.read_text(encoding="utf-8") + '\n[report]\nlead = ""  # no lead at our school\n'
        file.write_text(before, encoding="utf-8")
        here.go(page, "settings")
        for number, title in enumerate(("■学習内容", "■所感", "■課題")):
            page.get_by_role("button", name="見出しを足す").click()
            box = page.get_by_label("見出しの文")
            expect(box).to_have_count(number + 1)
            box.nth(number).fill(title)
            box.nth(number).press("Enter")
            settled(page)
        page.get_by_role("radiogroup", name="入れるもの").nth(2).get_by_text("日記の行").click()
        settled(page)
        expect(page.get_by_text("課題", exact=True)).to_have_count(2)
        page.get_by_text("課題", exact=True).last.click()
        settled(page)
        page.get_by_role("button", name="上へ").nth(2).click()
        expect(page.get_by_label("見出しの文").nth(1)).to_have_value("■課題")
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.locator(".np-diff ins, ins").filter(has_text="■課題")).to_be_visible()
        assert file.read_text(encoding="utf-8") == before, "shown first"
        page.get_by_role("button", name="書きこむ").click()
        expect(page.get_by_text("保存しました")).to_be_visible()
        found = [(one.title, one.take) for one in load(file).report.sections]
        assert found == [("■学習内容", ("rest",)), ("■課題", ("assignment",)), ("■所感", ())]
        assert "# no lead at our school" in file.read_text(encoding="utf-8")
        settled(page)
        page.get_by_role("button", name="消す").nth(2).click()
        expect(page.get_by_label("見出しの文")).to_have_count(2)
        page.get_by_role("button", name="元に戻す").click()
        expect(page.get_by_label("見出しの文")).to_have_count(3)
        page.get_by_role("button", name="消す").nth(0).click()
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.get_by_text("「そのほかすべて」を入れる見出しがありません")).to_be_visible()

"""The gate before the page: no endpoint answers without the secret; a browser that has shown it is let in later."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from daemon.commands.dashboard import server_file
from daemon.system.page_secret import VARIABLE
from dashboard import gate
from dashboard.gate import REFUSED, Gate

SECRET = "right-secret"
STREAM = "ws://127.0.0.1:8501/_stcore/stream"
DIARY = "今日はゆいちゃんとカレーを食べた。"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def diary(_request: Request) -> PlainTextResponse:
    return PlainTextResponse(DIARY)


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(DIARY)
    await socket.close()


def visitor(seconds: float = 0.0, **given: Any) -> TestClient:
    """A browser with its own cookies before a gated server that tells a diary to whoever comes in."""
    routes = [WebSocketRoute("/_stcore/stream", stream), Route("/{path:path}", diary, methods=METHODS)]
    return TestClient(Gate(Starlette(routes=routes), SECRET, seconds), "http://127.0.0.1:8501", **given)


def is_refused(client: TestClient, path: str, **given: Any) -> bool:
    answer = client.request(given.pop("method", "GET"), path, follow_redirects=False, **given)
    assert DIARY not in answer.text and "set-cookie" not in answer.headers
    return answer.status_code == 403 and (REFUSED in answer.text or given.get("method") == "HEAD")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    ["/", "/review?day=2026-01-07", "/_stcore/health", "/_stcore/host-config", "/media/a.png", "/static/a.js"],
)
def test_nobody_comes_in_without_the_secret(method: str, path: str) -> None:
    client = visitor()
    answer = client.request(method, path)
    assert answer.status_code == 403 and DIARY not in answer.text
    assert (REFUSED in answer.text) == (method != "HEAD")


@pytest.mark.parametrize(
    "shown", ["", "wrong", SECRET[:-1], f"{SECRET}x", SECRET.upper(), f"{SECRET}%00", "%ED%A0%80", "鍵"]
)
def test_a_wrong_secret_is_refused_in_address_and_cookie(shown: str) -> None:
    assert is_refused(visitor(), f"/?token={shown}")
    client = visitor()
    client.cookies.set("nippo-page-8501", shown.encode("ascii", "ignore").decode())
    assert is_refused(client, "/")
    assert is_refused(client, "/", headers={"Authorization": f"Bearer {SECRET}"}), "only the two ways that are meant"


def test_the_secret_is_no_ticket_and_the_ticket_no_secret() -> None:
    client = visitor()
    client.cookies.set("nippo-page-8501", SECRET)
    assert is_refused(client, "/")
    ticket = visitor().get(f"/?token={SECRET}", follow_redirects=False).cookies["nippo-page-8501"]
    assert is_refused(visitor(), f"/?token={ticket}")


def test_the_secret_opens_once_and_the_cookie_from_then_on() -> None:
    client = visitor()
    answer = client.get(f"/review?day=2026-01-07&token={SECRET}&q=日報", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/review?day=2026-01-07&q=%E6%97%A5%E5%A0%B1"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert "max-age" not in cookie and "expires" not in cookie, "gone with the browser's session"
    for path in ("/", "/review", "/_stcore/health"):
        assert client.get(path).text == DIARY
    with client.websocket_connect(STREAM) as socket:
        assert socket.receive_text() == DIARY
    page = client.get("/")
    assert page.headers["content-security-policy"] == "frame-ancestors 'self'"


def test_the_way_in_leads_to_no_other_site() -> None:
    answer = visitor().get(f"http://127.0.0.1:8501//evil.example/?token={SECRET}", follow_redirects=False)
    assert answer.headers["location"] == "/evil.example/"


def test_the_websocket_is_closed_without_the_ticket() -> None:
    with pytest.raises(WebSocketDisconnect), visitor().websocket_connect(STREAM):
        raise AssertionError("it was opened")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9999", "http://evil.example", "null", "http://localhost:8501"])
def test_a_script_of_another_site_or_port_is_refused_with_the_ticket(origin: str) -> None:
    """The browser sends the cookie along: it knows no ports."""
    client = visitor()
    client.get(f"/?token={SECRET}")
    assert client.get("/", headers={"Origin": "http://127.0.0.1:8501"}).text == DIARY
    assert is_refused(client, "/", headers={"Origin": origin})
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(STREAM, headers={"Origin": origin}),
    ):
        raise AssertionError("it was opened")


def test_another_user_is_refused_with_secret_and_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor(client=("127.0.0.1", 50000))
    client.get(f"/?token={SECRET}")
    asked = []

    def another(one: tuple[str, int], other: tuple[str, int]) -> bool:
        asked.append((one, other))
        return True

    monkeypatch.setattr(gate, "is_another_users", another)
    assert is_refused(client, "/") and is_refused(visitor(client=("127.0.0.1", 50000)), f"/?token={SECRET}")
    assert asked[0] == (("127.0.0.1", 50000), ("127.0.0.1", 8501))


def test_refusals_are_slow_and_wait_for_each_other() -> None:
    """A thousand connections guess no faster than one; who has the ticket waits for none of them."""
    gated = Gate(Starlette(routes=[Route("/", diary)]), SECRET, 0.05)
    ticket = gated._ticket

    async def ask(cookie: str = "") -> float:
        status: list[int] = []

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        headers = [(b"host", b"127.0.0.1:8501"), (b"cookie", f"nippo-page-8501={cookie}".encode())]
        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "root_path": ""}
        scope |= {"headers": headers, "server": ("127.0.0.1", 8501), "client": None, "scheme": "http"}
        receive: Callable[[], Awaitable[Any]] = asyncio.Event().wait
        await gated(scope, receive, send)
        assert status == [200 if cookie else 403]
        return time.monotonic()

    async def all_at_once() -> tuple[float, float, float]:
        started = time.monotonic()
        *wrong, right = await asyncio.gather(*(ask() for _ in range(6)), ask(ticket))
        return right - started, min(wrong) - started, max(wrong) - started

    right, first, last = asyncio.run(all_at_once())
    assert right < first and first >= 0.05 and last >= 6 * 0.05


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def compare(shown: bytes, wanted: bytes) -> bool:
        seen.append((shown, wanted))
        return False

    monkeypatch.setattr(gate, "compare_digest", compare)
    assert is_refused(visitor(), f"/?token={SECRET}")
    assert seen[0] == (SECRET.encode(), SECRET.encode())


def test_a_gate_without_a_secret_does_not_stand() -> None:
    with pytest.raises(ValueError):
        Gate(Starlette(), "")


def test_every_route_of_streamlit_is_behind_the_gate() -> None:
    """The gate is the outermost layer of what is served, and without a secret nothing is."""
    program = (
        "import runpy, sys\n"
        "app = runpy.run_path(sys.argv[1])['app']._build_starlette_app()\n"
        "print(type(app.build_middleware_stack().app).__name__, len(app.routes))"
    )
    argv = [sys.executable, "-P", "-c", program, str(server_file())]
    done = subprocess.run(argv, env={**os.environ, VARIABLE: SECRET}, capture_output=True, text=True, timeout=60)
    assert done.stdout.split()[0] == "Gate" and int(done.stdout.split()[1]) > 8, done.stderr
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode and "nippo dashboard" in done.stderr

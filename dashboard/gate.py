"""The page's door: nobody gets an answer of the server, whatever the endpoint, who has not shown this start's secret.

The secret comes in the address and is taken out of it at once; from then on a cookie says that this browser may come
in, until it is closed or the page is started anew. Browsers send the cookies of one port to every port of a machine, so
that another user's server could learn it: where the system tells whose a connection is, another user's is refused even
with the right secret.
"""

from __future__ import annotations

import asyncio
import secrets
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse

from daemon.system.page_secret import QUERY
from daemon.system.peers import is_another_users

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REFUSAL_SECONDS = 1.0
"""A refusal takes so long, and one waits for the other, however many connections ask."""
REFUSED = "アドレスの鍵が今回のものと合わないので、nippo dashboard が表示したアドレスから開き直してください。"
PAGE = f"""\
<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>nippo 日報</title></head>
<body style="font-family: system-ui, sans-serif; line-height: 1.8; max-width: 34em; margin: 20vh auto; padding: 0 1em">
<p>{REFUSED}</p></body></html>
"""
GUARDS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_standing: list[Gate] = []


def stands() -> bool:
    """Whether this process serves the page behind a gate."""
    return bool(_standing)


class Gate:
    """An ASGI layer around the whole server, given this start's secret (not empty)."""

    def __init__(self, app: ASGIApp, secret: str, refusal_seconds: float = REFUSAL_SECONDS) -> None:
        if not secret:
            raise ValueError("a gate without a secret is none")
        self._app, self._secret, self._refusal_seconds = app, secret, refusal_seconds
        self._ticket = secrets.token_urlsafe(32)
        self._turn = asyncio.Lock()
        _standing.append(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        visit = HTTPConnection(scope)
        shown = visit.query_params.get(QUERY)
        knows = shown is not None and _same(shown, self._secret)
        if not (knows or _same(visit.cookies.get(_cookie(scope), ""), self._ticket)) or _is_foreign(visit):
            await self._refuse(scope, receive, send)
        elif shown is not None and scope["type"] == "http":
            await self._welcome(visit)(scope, receive, send)
        else:
            await self._app(scope, receive, _guarded(send))

    def _welcome(self, visit: HTTPConnection) -> RedirectResponse:
        """Give the browser its ticket and lead it to the same page without the secret in its address."""
        rest = urlencode([(key, value) for key, value in visit.query_params.multi_items() if key != QUERY])
        path = "/" + visit.url.path.lstrip("/")
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, 303, {"Cache-Control": "no-store", **GUARDS})
        # Lax: the address may be opened from another site, such as a terminal in a browser.
        answer.set_cookie(_cookie(visit.scope), self._ticket, httponly=True, samesite="lax", path="/")
        return answer

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turn:
            await asyncio.sleep(self._refusal_seconds)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {"Cache-Control": "no-store", **GUARDS}
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        await HTMLResponse(PAGE, 403, headers)(scope, receive, send)


def _same(shown: str, wanted: str) -> bool:
    """Compare in a time that does not tell how much of it is right."""
    return compare_digest(shown.encode(errors="replace"), wanted.encode())


def _cookie(scope: Scope) -> str:
    """The cookie's name: two pages on two ports of one machine would take each other's otherwise."""
    return f"nippo-page-{scope['server'][1]}"


def _is_foreign(visit: HTTPConnection) -> bool:
    """Whether a script of another site or port asks, or another user of this machine."""
    origin = visit.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != visit.headers.get("host"):
        return True
    client, server = visit.scope.get("client"), visit.scope.get("server")
    return client is not None and server is not None and is_another_users(tuple(client), tuple(server))


def _guarded(send: Send) -> Send:
    """Add to every answer that no other site may frame it or learn its address."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in GUARDS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending

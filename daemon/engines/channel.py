"""The control channel of an in-process llama.cpp: JSON over HTTP on a Unix socket or a loopback port."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

from daemon.errors import EngineError
from daemon.words import tr

SECONDS = 120.0


class Channel:
    """Given the address that the library listens on (``unix://…`` or ``http://…``) and its key, post requests."""

    def __init__(self, address: str, key: str) -> None:
        self._address, self._key = address, key

    def post(self, path: str, body: dict[str, Any], seconds: float | None = SECONDS) -> dict[str, Any]:
        """Return the JSON answer; raises ``EngineError``, which never quotes what was sent or received.

        ``seconds`` bounds the wait; None for what may take long (the worker's own limit ends it then).
        """
        connection = self._connect(seconds)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            connection.request("POST", path, json.dumps(body).encode(), headers)
            response = connection.getresponse()
            status, data = response.status, response.read()
        except (OSError, http.client.HTTPException) as problem:
            raise EngineError(
                tr("llama.cpp does not answer ({kind})", kind=type(problem).__name__), tr("Run `nippo doctor`.")
            ) from None
        finally:
            connection.close()
        if status != 200:
            raise EngineError(
                tr("llama.cpp answered {status} to {partition}", status=status, partition=path.partition("?")[0]),
                tr("Run `nippo doctor`."),
            )
        answer: dict[str, Any] = json.loads(data)
        return answer

    def _connect(self, seconds: float | None) -> http.client.HTTPConnection:
        if self._address.startswith("unix://"):
            return _UnixConnection(self._address.removeprefix("unix://"), seconds)
        parts = urlsplit(self._address)
        return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=seconds)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float | None) -> None:
        super().__init__("localhost")
        self._path, self._seconds = path, seconds

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        self.sock.connect(self._path)

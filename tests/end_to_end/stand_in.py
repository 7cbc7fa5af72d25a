"""A small OpenAI-compatible server in the test's own process, for daemons that run without a model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPORT = "本日は、以下の学習と課題を完了しました:\n\n* サブネット計算の練習問題を5問解きました。"


@dataclass
class StandIn:
    """Its address, every chat request it got, and how it answers: a text, after so many seconds."""

    url: str
    text: str = REPORT
    delay_seconds: float = 0.0
    requests: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def stand_in_server() -> Iterator[StandIn]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def _answer(self, body: dict[str, Any], code: int = 200) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._answer({"object": "list", "data": [{"id": "stand-in", "object": "model"}]})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self.path.endswith("/chat/completions"):
                self._answer({"error": "unknown"}, 404)
                return
            state.requests.append(request)
            time.sleep(state.delay_seconds)
            choice = {"index": 0, "message": {"role": "assistant", "content": state.text}, "finish_reason": "stop"}
            self._answer({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 20}})

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = StandIn(f"http://127.0.0.1:{server.server_port}/v1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()

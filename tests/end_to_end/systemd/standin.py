"""A stand-in for an OpenAI-compatible server: every answer is the same clean report, after a short while.

Run as ``python3 standin.py PORT SECONDS``. It stands where a model would take minutes, so that a boot test is about the
service and not about the model; nothing of nippo is replaced.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPORT = "本日は、以下の学習と課題を完了しました:\n\n* サブネットの計算について、復習を行いました。"


class Handler(BaseHTTPRequestHandler):
    seconds = 1.0

    def do_GET(self) -> None:
        self._answer({"object": "list", "data": [{"id": "standin", "object": "model"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.endswith("/chat/completions"):
            self.send_error(404)
            return
        time.sleep(self.seconds)
        if asked.get("stream"):
            self._stream()
        else:
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": REPORT}}
            self._answer({"object": "chat.completion", "model": "standin", "choices": [choice], "usage": USAGE})

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for delta, reason in (({"role": "assistant", "content": REPORT}, None), ({}, "stop")):
            chunk = {
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _answer(self, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the journal is for nippo."""


USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}

if __name__ == "__main__":
    Handler.seconds = float(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

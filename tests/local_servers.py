"""Stand-ins for Ollama, LM Studio, llama-server and vLLM on real sockets: what nippo uses of their interfaces.

Written after the servers' own documentation and issue lists, not after nippo: each thinks, refuses and forgets as the
real one does. ``seen`` has the chat requests, ``paths`` everything that was asked for.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Reply = tuple[int, Any]
THOUGHT = "ひみつの考え: 凌と正規化。"


class Standing(http.server.BaseHTTPRequestHandler):
    """Hands requests to ``server.answer``; lists of texts go out as server-sent events, bytes as they are."""

    def do_GET(self) -> None:
        self.reply(None)

    def do_POST(self) -> None:
        self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def reply(self, body: dict[str, Any] | None) -> None:
        status, said = self.server.answer(self.path, body)  # type: ignore[attr-defined]
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", said.decode())
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(answer: Callable[[str, dict[str, Any] | None], Reply], port: int = 0) -> Iterator[str]:
    """Serve on a loopback port; give the address without path."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Standing)
    server.answer = answer  # type: ignore[attr-defined]
    server.daemon_threads = True
    server.handle_error = lambda request, address: None  # type: ignore[method-assign]  # who asked may hang up
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class LocalServer:
    """What the four share: a chat that says ``text``, after thoughts where the model thinks."""

    owner = ""

    def __init__(self, models: list[dict[str, Any]], text: str = "* 復習しました。", thinks: bool = False) -> None:
        self.models, self.text, self.thinks = models, text, thinks
        self.seen: list[dict[str, Any]] = []
        self.paths: list[str] = []

    def answer(self, path: str, body: dict[str, Any] | None) -> Reply:
        self.paths.append(path)
        if path == "/v1/models":
            return 200, {"object": "list", "data": [self.entry(model) for model in self.models]}
        if path == "/v1/chat/completions" and body is not None:
            self.seen.append(body)
            return self.refused(body) or self.chat(body)
        return self.own(path, body) or (404, {"error": "not found"})

    def entry(self, model: dict[str, Any]) -> dict[str, Any]:
        return {"id": model["name"], "object": "model", "owned_by": self.owner}

    def own(self, path: str, body: dict[str, Any] | None) -> Reply | None:
        return None

    def refused(self, body: dict[str, Any]) -> Reply | None:
        return None

    def told_not_to_think(self, body: dict[str, Any]) -> bool:
        return False

    def message(self, body: dict[str, Any]) -> dict[str, Any]:
        """Thoughts in a field of their own, as most servers put them."""
        thinking = self.thinks and not self.told_not_to_think(body)
        return {"content": self.text, **({"reasoning_content": THOUGHT} if thinking else {})}

    def chat(self, body: dict[str, Any]) -> Reply:
        message, reason = self.message(body), "stop"
        if not body.get("stream"):
            return 200, {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": reason}]}
        deltas = [{name: letter} for name in sorted(message, reverse=True) for letter in message[name]]
        chunks = [{"choices": [{"delta": delta, "finish_reason": None}]} for delta in deltas]
        chunks.append({"choices": [{"delta": {}, "finish_reason": reason}]})
        return 200, "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"


class Ollama(LocalServer):
    """Holds no model until it is asked for one; then with ``context`` tokens."""

    owner = "library"

    def __init__(self, models: list[dict[str, Any]], context: int = 8192, **given: Any) -> None:
        super().__init__(models, **given)
        self.context, self.loaded = context, ""

    def own(self, path: str, body: dict[str, Any] | None) -> Reply | None:
        if path == "/api/version":
            return 200, {"version": "0.34.1"}
        if path == "/api/tags":
            return 200, {"models": [{"model": model["name"], **model} for model in self.models]}
        if path == "/api/ps":
            held = {"name": self.loaded, "model": self.loaded, "context_length": self.context}
            return 200, {"models": [held] if self.loaded and self.context else []}
        if path == "/api/generate" and body:
            self.loaded = body["model"]
            return 200, {"model": self.loaded, "done": True, "done_reason": "load"}
        if path == "/api/show" and body:
            return 200, {
                "parameters": "temperature 0.6\nnum_ctx                        2048",
                "capabilities": ["completion"],
            }
        return None

    def told_not_to_think(self, body: dict[str, Any]) -> bool:
        return body.get("reasoning_effort") == "none"

    def message(self, body: dict[str, Any]) -> dict[str, Any]:
        said = super().message(body)
        return {("reasoning" if name == "reasoning_content" else name): value for name, value in said.items()}


class LmStudio(LocalServer):
    """Always has a model for embeddings beside; puts thoughts into the text."""

    owner = "organization_owner"

    def own(self, path: str, body: dict[str, Any] | None) -> Reply | None:
        entries = [
            {"id": model["name"], "type": "llm", "state": "not-loaded", "max_context_length": 32768, **model}
            for model in self.models
        ]
        if path == "/api/v0/models":
            return 200, {"object": "list", "data": entries}
        found = [entry for entry in entries if path == f"/api/v0/models/{entry['id']}"]
        return (200, found[0]) if found else None

    def message(self, body: dict[str, Any]) -> dict[str, Any]:
        if not self.thinks:
            return {"content": self.text}
        told = any("/no_think" in message["content"] for message in body["messages"])
        return {"content": f"<think>\n{'' if told else THOUGHT}\n</think>\n\n{self.text}"}


class LlamaServer(LocalServer):
    """One model. ``system_role`` False: a template like Gemma 2's, which raises on a system message."""

    owner = "llamacpp"
    system_role = True

    def entry(self, model: dict[str, Any]) -> dict[str, Any]:
        meta = {"n_ctx_train": 32768, "n_params": model.get("n_params"), "size": model.get("size")}
        return {**super().entry(model), "meta": meta}

    def own(self, path: str, body: dict[str, Any] | None) -> Reply | None:
        return (200, {"default_generation_settings": {"n_ctx": 6144}}) if path == "/props" else None

    def refused(self, body: dict[str, Any]) -> Reply | None:
        if not self.system_role and body["messages"][0]["role"] == "system":
            return 500, {"error": {"code": 500, "message": "Jinja Exception: System role not supported", "type": "x"}}
        return None

    def told_not_to_think(self, body: dict[str, Any]) -> bool:
        return bool(body.get("chat_template_kwargs", {}).get("enable_thinking") is False)


class Vllm(LlamaServer):
    """Refuses what it does not know as an effort, as its releases before 0.11 do."""

    owner = "vllm"

    def entry(self, model: dict[str, Any]) -> dict[str, Any]:
        return {"id": model["name"], "object": "model", "owned_by": self.owner, "max_model_len": 7000}

    def own(self, path: str, body: dict[str, Any] | None) -> Reply | None:
        return (200, {"count": len(body["prompt"])}) if path == "/tokenize" and body else None

    def refused(self, body: dict[str, Any]) -> Reply | None:
        if "reasoning_effort" in body:
            return 400, {"object": "error", "message": "Input should be 'low', 'medium' or 'high'", "code": 400}
        return None

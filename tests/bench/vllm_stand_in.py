"""What nippo needs of vLLM, over HTTP and without a model: adapters that come and go, questions that are answered.

``python -m tests.bench.vllm_stand_in MODEL --port 8000 …``: other arguments are taken and forgotten."""

from __future__ import annotations

import argparse
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LINE = "* 授業の内容を復習しました。"
SECONDS = 0.005
LOADED: dict[str, str] = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Say nothing of what is asked."""

    def do_GET(self) -> None:
        entries = [{"id": "base", "max_model_len": 8192}, *({"id": name, "parent": "base"} for name in LOADED)]
        self.say(200, {"data": entries})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {os.environ['VLLM_API_KEY']}":
            self.say(401, {"error": "Unauthorized"})
        elif self.path == "/v1/load_lora_adapter":
            good = (Path(body["lora_path"]) / "adapter_model.safetensors").is_file()
            if good:
                LOADED[body["lora_name"]] = body["lora_path"]
            self.say(200 if good else 404, "ok")
        elif self.path == "/v1/unload_lora_adapter":
            self.say(200 if LOADED.pop(body["lora_name"], None) else 404, "ok")
        elif self.path == "/tokenize":
            self.say(200, {"count": len(body["prompt"])})
        elif body["model"] not in ("base", *LOADED):
            self.say(
                404, {"error": {"message": f"The model `{body['model']}` does not exist.", "type": "NotFoundError"}}
            )
        else:
            time.sleep(SECONDS)
            self.say(200, answer(body["messages"][-1]["content"].rpartition("\n\n")[2]))

    def say(self, status: int, values: Any) -> None:
        data = json.dumps(values).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def answer(question: str) -> dict[str, Any]:
    """A line for every sentence of study, なし for others, T for every line."""
    text = "T" if question.startswith("日報の行") else LINE if "授業" in question else "なし"
    first = {"token": text[:2], "logprob": -0.05}
    content = [{**first, "top_logprobs": [first]}, {"token": text[2:], "logprob": -0.05, "top_logprobs": []}]
    choice = {"message": {"content": text}, "finish_reason": "stop", "logprobs": {"content": content}}
    return {"choices": [choice], "usage": {"prompt_tokens": 100, "completion_tokens": 2}}


def main() -> None:
    command = argparse.ArgumentParser()
    command.add_argument("--port", type=int, required=True)
    given, _ = command.parse_known_args()
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()

"""Greedy reports of llama.cpp with the starter and its adapter, for five diaries of the corpus' dev part.

``python tests/greedy_reports.py STARTER.gguf`` writes them to tests/data/greedy_reports.json (some minutes on a CPU).
The GPU tests hold the transformers engine's reports against them.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from daemon.config import PrivacySettings, ReportSettings  # noqa: E402
from daemon.drafting.prompt import render_prompt  # noqa: E402
from daemon.engines.protocol import Message, ModelIdentity, Sampling  # noqa: E402
from daemon.vault.diary import prepare  # noqa: E402

ADAPTER = ROOT / "data" / "starter" / "adapter"
FILE = ROOT / "tests" / "data" / "greedy_reports.json"
DIARIES = 5
SAMPLING = Sampling(max_tokens=400)


def rows() -> list[dict[str, Any]]:
    """Dev rows spread over the corpus, in its order."""
    lines = (ROOT / "data" / "starter" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    dev = [row for row in map(json.loads, lines) if row["split"] == "dev"]
    return dev[:: len(dev) // DIARIES][:DIARIES]


def prompt(diary: str) -> list[Message]:
    return render_prompt(prepare(diary, PrivacySettings()).text, ReportSettings())


def inputs_hash(diaries: list[str]) -> str:
    """Of all that the reports depend on but the engine: the adapter and the prompts."""
    weights = (ADAPTER / "adapter_model.safetensors").read_bytes()
    texts = json.dumps([prompt(diary) for diary in diaries], ensure_ascii=False).encode()
    return hashlib.sha256(hashlib.sha256(weights).digest() + texts).hexdigest()


def likeness(one: str, other: str) -> float:
    """Share of letters that two texts have in common and in order, 0-1 (Ratcliff and Obershelp)."""
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def read() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return values


def write(model: Path, diaries: list[str], adapter: bool = True) -> list[str]:
    """The reports of llama.cpp, with or without the adapter."""
    from daemon.engines.llamacpp import LlamaCpp, LlamaCppSettings
    from daemon.versions.gguf_twin import gguf_twin

    with tempfile.TemporaryDirectory() as folder:
        twin = gguf_twin(ADAPTER, Path(folder), "qwen2") if adapter else None
        identity = ModelIdentity("starter", str(model), "llamacpp")
        engine = LlamaCpp(model, twin, identity, LlamaCppSettings(context_tokens=4096))
        reports = []
        for diary in diaries:
            (draft,) = engine.generate(prompt(diary), [SAMPLING])
            print(f"{draft.generated_tokens} tokens", file=sys.stderr)
            reports.append(draft.text)
        engine.close()
    return reports


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("model", type=Path, metavar="STARTER.gguf")
    command.add_argument("--bare", action="store_true", help="print how like the bare model's are")
    given = command.parse_args()
    if given.bare:
        known = read()["reports"]
        bare = write(given.model, [report["diary"] for report in known], adapter=False)
        print([round(likeness(text, report["text"]), 2) for text, report in zip(bare, known, strict=True)])
        return
    diaries = [row["diary"] for row in rows()]
    reports = write(given.model, diaries)
    values = {
        "inputs": inputs_hash(diaries),
        "reports": [{"diary": diary, "text": text} for diary, text in zip(diaries, reports, strict=True)],
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

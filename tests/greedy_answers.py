"""What llama.cpp with the starter and its adapter answers about a few dev diaries, sentence by sentence.

``python tests/greedy_answers.py STARTER.gguf`` writes it to tests/data/greedy_answers.json (some minutes on a CPU). The
GPU tests hold the transformers engine's answers against it.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from daemon.config import PrivacySettings  # noqa: E402
from daemon.drafting.prompt import LABELS, NOTHING, beginning, line_question, sentence_question  # noqa: E402
from daemon.drafting.sentences import asked, split  # noqa: E402
from daemon.drafting.writer import LONGEST_TOKENS  # noqa: E402
from daemon.engines.protocol import Answer, Engine, Message, ModelIdentity, Question  # noqa: E402
from daemon.vault.diary import prepare  # noqa: E402

ADAPTER = ROOT / "data" / "starter" / "adapter"
FILE = ROOT / "tests" / "data" / "greedy_answers.json"
DIARIES, SENTENCES, LINES = 4, 8, 2
WRONG = "* 応用情報技術者試験に合格しました。"
"""A line that no diary of these tells."""


def rows() -> list[dict[str, Any]]:
    """Dev rows of middling length, spread over the corpus, in its order."""
    lines = (ROOT / "data" / "starter" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    dev = [row for row in map(json.loads, lines) if row["split"] == "dev" and 250 <= len(row["diary"]) <= 700]
    return dev[:: len(dev) // DIARIES][:DIARIES]


def prompt(diary: str) -> list[Message]:
    return beginning(prepare(diary, PrivacySettings()).text)


def questions(row: dict[str, Any]) -> list[Question]:
    """Sentences of a row spread over its day, asked for their lines without being skipped; then lines to be judged: the
    first that its labels give, and one that is wrong."""
    prepared = prepare(row["diary"], PrivacySettings()).text
    cut = split(prepared)
    places = asked(cut, prepared)
    chosen = places[:: max(1, len(places) // SENTENCES)][:SENTENCES]
    told = [Question(sentence_question(cut[at].text), LONGEST_TOKENS, choices=(NOTHING,)) for at in chosen]
    lines = [line for _, found in row["sentences"] for line in found or ()][: LINES - 1]
    return told + [Question(line_question(one), 0, choices=tuple(LABELS)) for one in (*lines, WRONG)]


def inputs_hash(asked: Sequence[dict[str, Any]]) -> str:
    """Of all that the answers depend on but the engine: the adapter and the questions."""
    weights = (ADAPTER / "adapter_model.safetensors").read_bytes()
    texts = [[prompt(row["diary"]), [one.text for one in questions(row)]] for row in asked]
    return hashlib.sha256(hashlib.sha256(weights).digest() + json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def likeness(one: str, other: str) -> float:
    """Share of letters that two texts have in common and in order, 0-1 (Ratcliff and Obershelp); two empty ones: 1."""
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def answers(engine: Engine, asked: Sequence[dict[str, Any]]) -> list[Answer]:
    return [answer for row in asked for answer in engine.ask(prompt(row["diary"]), questions(row))]


def read() -> list[dict[str, Any]]:
    """The recorded answers: ``text`` and ``choices`` of each question. Raises ValueError when they are of others."""
    values = json.loads(FILE.read_text(encoding="utf-8"))
    if values["inputs"] != inputs_hash(rows()):
        raise ValueError("the adapter, the prompt or the diaries are others: write tests/data/greedy_answers.json anew")
    found: list[dict[str, Any]] = values["answers"]
    return found


def write(model: Path, adapter: bool) -> list[Answer]:
    """The answers of llama.cpp, with or without the adapter."""
    from daemon.engines.llamacpp import LlamaCpp, LlamaCppSettings
    from daemon.versions.gguf_twin import gguf_twin

    with tempfile.TemporaryDirectory() as folder:
        twin = gguf_twin(ADAPTER, Path(folder), "qwen2") if adapter else None
        identity = ModelIdentity("starter", str(model), "llamacpp", "sentences")
        engine = LlamaCpp(model, twin, identity, LlamaCppSettings(context_tokens=4096))
        found = answers(engine, rows())
        engine.close()
    return found


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("model", type=Path, metavar="STARTER.gguf")
    command.add_argument("--bare", action="store_true", help="print how like the bare model's are, and write nothing")
    given = command.parse_args()
    found = write(given.model, not given.bare)
    if given.bare:
        print([round(likeness(one.text, known["text"]), 2) for one, known in zip(found, read(), strict=True)])
        return
    kept = [
        {"text": one.text, "choices": {key: round(value, 4) for key, value in one.choices.items()}} for one in found
    ]
    values = {"inputs": inputs_hash(rows()), "answers": kept}
    FILE.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

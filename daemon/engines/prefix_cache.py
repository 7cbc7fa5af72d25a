"""The one slot of an in-process llama.cpp, put into a known state before each request.

Guarantees: what a request continues from was evaluated in one way only, whatever came before. Without that the number
of reused tokens would depend on the request before, and with it the shape of the batches, the rounding (0.17 nats in a
log-probability of the starter), and now and then a word. The evaluated rules (no diary) may be kept in a folder for the
next start; an evaluated diary lies in the process's own private folder until the next one comes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from daemon.engines.channel import Channel
from daemon.errors import EngineError
from daemon.system.files import private_folder, replacing
from daemon.words import tr

KEPT_PREFIXES = 4
BEGINNING = "beginning.kv"


class PrefixCache:
    """Given the channel, the folder in which the library saves slots, the folder that outlives the process (or None)
    and all that the numbers depend on in words."""

    def __init__(self, channel: Channel, folder: Path, kept_folder: Path | None, fingerprint: str) -> None:
        self._channel, self._folder = channel, folder
        self._kept_folder, self._fingerprint = kept_folder, fingerprint
        self._beginning: tuple[int, ...] = ()

    def continue_from_rules(self, rules: Sequence[int]) -> None:
        """Let the slot hold these tokens and nothing else; they are evaluated once and kept. Raises ``EngineError``."""
        name = f"{hashlib.sha256(json.dumps(list(rules)).encode()).hexdigest()[:16]}.kv"
        if not (self._folder / name).exists():
            kept = self._kept(rules)
            if kept is not None and kept.is_file():
                shutil.copyfile(kept, self._folder / name)
                if self._restored(name):
                    os.utime(kept)
                    return
            self._channel.post("/slots/0?action=erase", {})
            self._evaluate(rules, name)
            if kept is not None:
                _keep(self._folder / name, kept)
        self._restore(name)

    def continue_from_beginning(self, beginning: Sequence[int], rules: Sequence[int]) -> None:
        """Let the slot hold the beginning, of which the rules are the first tokens; raises ``EngineError``."""
        wanted = tuple(beginning)
        if wanted != self._beginning:
            self._beginning = ()
            self.continue_from_rules(rules)
            self._evaluate(wanted, BEGINNING)
            self._beginning = wanted
        self._restore(BEGINNING)

    def _evaluate(self, tokens: Sequence[int], name: str) -> None:
        request = {"prompt": list(tokens), "n_predict": 0, "id_slot": 0, "cache_prompt": True}
        self._channel.post("/completion", request, seconds=None)
        self._channel.post("/slots/0?action=save", {"filename": name})

    def _restore(self, name: str) -> None:
        if not self._restored(name):
            self._beginning = ()
            raise EngineError(tr("llama.cpp cannot restore its own state"), tr("Free space in the temporary folder."))

    def _restored(self, name: str) -> bool:
        try:
            self._channel.post("/slots/0?action=restore", {"filename": name})
        except EngineError:
            (self._folder / name).unlink(missing_ok=True)
            return False
        return True

    def _kept(self, rules: Sequence[int]) -> Path | None:
        """Where these rules are kept for the next start; the name holds all that the numbers depend on."""
        if self._kept_folder is None:
            return None
        content = json.dumps([self._fingerprint, list(rules)])
        return self._kept_folder / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.kv"


def _keep(file: Path, kept: Path) -> None:
    """Copy the evaluated rules to the cache folder for the next start, dropping the oldest; failing is harmless."""
    with contextlib.suppress(OSError):
        private_folder(kept.parent)
        with replacing(kept) as fresh:
            shutil.copyfile(file, fresh)
        others = sorted(kept.parent.glob("*.kv"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[KEPT_PREFIXES:]:
            old.unlink(missing_ok=True)

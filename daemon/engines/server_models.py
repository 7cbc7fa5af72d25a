"""Which of the models in a server's list is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daemon.engines.server_errors import not_openai
from daemon.engines.text import well_formed
from daemon.errors import ConfigError, ModelMissing
from daemon.words import tr

if TYPE_CHECKING:
    import httpx


def listed(answer: httpx.Response, url: str) -> list[dict[str, Any]]:
    """Given what the server at ``url`` answers to ``/models``, return its entries; raises ``EngineError`` for anything
    else than a list of models."""
    try:
        return [entry for entry in well_formed(answer.json())["data"] if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError):
        raise not_openai(url, answer.status_code) from None


def entry_of(entries: list[dict[str, Any]], wanted: str, url: str) -> dict[str, Any]:
    """The entry of the model that is ``wanted``; for "" that of the only one that writes. Raises ``ConfigError`` where
    several could be meant, ``ModelMissing`` where none is."""
    if not wanted:
        entries = [entry for entry in entries if "embed" not in str(entry.get("id")).lower()]
    names = [str(entry.get("id")) for entry in entries]
    if not wanted and len(names) != 1:
        raise ConfigError(
            tr(
                "`engine.server_model`: the server has {count} models: {names}",
                count=len(names),
                names=", ".join(names[:10]),
            ),
            tr("Name one of them."),
        )
    for name, entry in zip(names, entries, strict=True):
        if wanted in (name, name.removesuffix(":latest"), ""):
            return entry
    raise ModelMissing(
        tr(
            "the server at {url} has no model {wanted!r}; it has: {names}",
            url=url,
            wanted=wanted,
            names=", ".join(names[:10]) or tr("none"),
        ),
        tr("Correct engine.server_model, or load the model there."),
    )

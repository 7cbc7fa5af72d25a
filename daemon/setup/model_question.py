"""What `nippo setup` asks about a model that a program on this machine already serves. Japanese, as all of setup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import typer

from daemon.models.fitting import Machine
from daemon.models.local_servers import LocalServer
from daemon.setup.model_offers import Offer, details, offers

OFFERED = 9
"""So many are shown: one key takes one."""
WORTHS = {
    "likely": "今のモデルより良くなる見込み",
    "perhaps": "良くなるかもしれません",
    "hardly": "良くはならない見込み",
    "too large": "この機械には大きすぎます",
    "elsewhere": "この機械の外で動きます(日記が外へ出ます)",
}
LANGUAGES = {
    "japanese": "日本語向け",
    "multilingual": "多言語",
    "english": "英語中心",
    "unknown": "言語は不明",
}

Number = Callable[[str, int, int], int]
"""Given words, the largest number and the usual one, return the number that the person takes."""


def pick(
    programs: Sequence[str],
    machine: Machine,
    yes: Callable[[str], bool],
    number: Number,
    look: Callable[[], Iterable[LocalServer]],
) -> Offer | None:
    """Given the programs that run, ask whether to look at their models, and which to take; None for nippo's own.
    Nothing is asked of a program before the person says so."""
    names = "・".join(programs)
    typer.echo(f"\n{names} が動いています。そのモデルで日報を書くこともできます。日記はこの機械の中だけで扱います。")
    if not yes(f"{names} にあるモデルを見ますか"):
        return None
    found = offers(look(), machine)
    usable = [offer for offer in found if offer.usable][:OFFERED]
    for offer in found:
        if not offer.usable:
            typer.echo(f"  -  {offer.name}({offer.program}): {WORTHS[offer.appraisal.worth]}")
    if not usable:
        typer.echo("使えるモデルは見つかりませんでした。nippoのモデルを使います。")
        return None
    typer.echo("大きさと種類からの見込みです。あなたの日報での比べ方: nippo evaluate --against モデル名")
    for at, offer in enumerate(usable, start=1):
        slow = "、この機械では遅い" if offer.appraisal.slow else ""
        typer.echo(
            f"  {at}  {offer.name}({offer.program}、{details(offer, LANGUAGES)}): {WORTHS[offer.appraisal.worth]}{slow}"
        )
    typer.echo("  0  nippoのモデル(1.5B、日報のために学習済み)")
    taken = number("どのモデルで書きますか", len(usable), 0)
    return usable[taken - 1] if taken else None

"""What `nippo setup` asks about the models that a program on this machine already serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import typer

from daemon.models.fitting import Machine
from daemon.models.local_servers import LocalServer
from daemon.setup.model_offers import Offer, details, offers, worth_in_words
from daemon.setup.questions import Questions
from daemon.words import tr

OFFERED = 9
"""So many are shown: one key takes one."""


def pick(
    programs: Sequence[str], machine: Machine, questions: Questions, look: Callable[[], Iterable[LocalServer]]
) -> Offer | None:
    """Given the programs that run, ask whether to look at their models, and which to take; None for nippo's own.
    Nothing is asked of a program before the person says so."""
    names = ", ".join(programs)
    typer.echo(
        "\n" + tr("{names} runs here: its models could write your reports too, within this machine.", names=names)
    )
    if not questions.yes(tr("Look at the models of {names}?", names=names)):
        return None
    found = offers(look(), machine)
    usable = [offer for offer in found if offer.usable][:OFFERED]
    for offer in found:
        if not offer.usable:
            typer.echo(f"  -  {offer.name} ({offer.program}): {worth_in_words(offer)}")
    if not usable:
        typer.echo(tr("None of them can be used; nippo's own model writes."))
        return None
    typer.echo(tr("What they are worth is a guess; `nippo evaluate --against` measures it on your own reports."))
    choices = [f"{offer.name} ({offer.program}; {details(offer)}): {worth_in_words(offer)}" for offer in usable]
    own = tr("nippo's own model (1.5B, trained for reports)")
    taken = questions.one_of(tr("Which model writes"), choices, own, 0)
    return usable[taken - 1] if taken else None

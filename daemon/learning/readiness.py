"""Whether a weekly run would have enough to learn from and to be judged by. Pure but for Sudachi's dictionary."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.config import Config
from daemon.drafting.learned_form import learned_from
from daemon.learning.edit_rows import edit_rows
from daemon.learning.ledger import Ledger, is_changed
from daemon.learning.schedule import CHANGED_FOR_A_VERDICT, pairs_needed
from daemon.store.store import Pair
from daemon.words import tr


def changed_pairs(pairs: Sequence[Pair], config: Config) -> frozenset[str]:
    """Ids of the pairs with a sentence that their person told otherwise than the draft. A form of one's own is no such
    change: it is learned without training."""
    form = learned_from([pair.report for pair in pairs], config)
    return frozenset(pair.id for pair in pairs if is_changed(pair) and edit_rows(pair, form).own)


def why_wait(config: Config, ledger: Ledger, pairs: Sequence[Pair]) -> str:
    """Why the schedule makes no run of these accepted pairs, "" where it makes one."""
    counts = ledger.counts(pairs)
    needed = pairs_needed(config.schedule, counts.seen)
    if counts.new < needed:
        return tr("{new} new pair(s), {needed} are needed", new=counts.new, needed=needed)
    changed = len(changed_pairs(pairs, config))
    if changed >= CHANGED_FOR_A_VERDICT:
        return ""
    return tr(
        "{changed} accepted report(s) were changed in what they tell (the form alone and lines that cannot be traced "
        "do not count), {needed} are needed to judge a new version",
        changed=changed,
        needed=CHANGED_FOR_A_VERDICT,
    )

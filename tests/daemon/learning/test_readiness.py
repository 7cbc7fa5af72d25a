"""When a weekly run would have enough to be judged by: what was told otherwise counts, a form of one's own does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.config import Config
from daemon.learning.ledger import Ledger
from daemon.learning.readiness import changed_pairs, why_wait
from daemon.store.store import Store
from tests.conftest import MakeConfig, MakeVault
from tests.daemon.learning.test_edits_of_drafts import FORMS, accepted


def test_a_form_of_ones_own_is_no_change_and_a_line_taken_out_is() -> None:
    plain = accepted(FORMS["です・ます"])
    in_own_form = accepted(FORMS["である"]).report
    line = next(line for line in plain.report.split("\n") if "権限の章" in line)
    pairs = [
        plain,
        replace(plain, id="form", report=in_own_form),
        replace(plain, id="gap", report=plain.draft.replace("\n", "\n\n")),
        replace(plain, id="shorter", report=plain.report.replace(line + "\n", "")),
        replace(plain, id="own words", report=plain.report.replace(line, line.replace("読みました", "復習しました"))),
    ]
    assert changed_pairs(pairs, Config()) == {"shorter", "own words"}


@pytest.mark.parametrize(("changed", "word"), [(0, "0 accepted"), (4, "4 accepted"), (5, "")])
def test_a_run_waits_for_five_changed_pairs(
    make_vault: MakeVault, make_config: MakeConfig, changed: int, word: str
) -> None:
    config = make_config(make_vault({"diary/2026-10-01.md": "Java"}))
    plain = accepted(FORMS["です・ます"])
    line = next(line for line in plain.report.split("\n") if "権限の章" in line)
    shorter = plain.report.replace(line + "\n", "")
    pairs = [replace(plain, id=f"p-{n}", report=shorter if n < changed else plain.report) for n in range(8)]
    with Store.open(config.data_path) as store:
        ledger = Ledger(store)
        why = why_wait(config, ledger, pairs)
        assert (word in why) if word else not why
        assert "7 new" in why_wait(config, ledger, pairs[:7])

"""Whether a version learns what the person without lessons leaves out, or only to tell less.

The person's accepted days are learned at each learning rate. Then, on 20 days that no run has seen, the sentences that
nippo's starting point tells are of two kinds: of lessons, and others. The table shows how well a version's probability
of `なし` parts them (area under the ROC curve, 0.5: not at all), what the person would change in its drafts, and how
many lines it writes.

    python -m bench.experiments.leaving_out --out DIR [--engine transformers] --pairs 24 --rates 1e-4 2e-4
    python -m bench.experiments.leaving_out --out DIR --smoke --pairs 9 --rates 1e-4     that the program runs

``DIR/learning.json`` keeps what is done, drafts and probabilities included.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.learning import HELD_OUT, UNSEEN, pairs_once, smoke, starter_adapter, trained_on, with_adapter, with_pairs
from bench.persons import PERSONS, Person, lessons_of, read_days
from bench.simulated_weeks import Bench, changed, dated, lines_of, write
from daemon.config import Config
from daemon.drafting.learned_form import with_learned_form
from training.scoring.discrimination import area_under_curve

HEAD = (
    "| version | of the text changed | lines | area under the curve | median for lessons | for others |\n"
    "|---|---:|---:|---:|---:|---:|"
)


def drafted(config: Config, person: Person, held_out: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Given the settings of a version, return what it writes for the days: ``share`` to change, ``lines``, ``drafts``,
    and of each sentence [day, index, whether it is of a lesson, P(`なし`), whether it is told]."""
    form = with_learned_form(config).report
    results = write(config, held_out)
    edited = [(one.body, person.edit(one.body, diary, form)) for one, (_, diary) in zip(results, held_out, strict=True)]
    sentences = []
    for (day, _), one in zip(held_out, results, strict=True):
        told = one.record.sentences
        for at, (each, lesson) in enumerate(zip(told, lessons_of(told), strict=True)):
            sentences.append([day, at, lesson, each.nothing, bool(each.lines)])
    drafts, lines = [one.body for one in results], lines_of([one.record for one in results])
    return {"share": changed(edited), "lines": lines, "drafts": drafts, "sentences": sentences}


def row(name: str, starter: dict[str, Any], found: dict[str, Any]) -> str:
    """A version in the table, by the sentences that the starter tells."""
    told = {(day, at) for day, at, _, _, lines in starter["sentences"] if lines}
    known = [(chance, lesson) for day, at, lesson, chance, _ in found["sentences"] if (day, at) in told]
    asked = [(chance, lesson) for chance, lesson in known if chance is not None]
    area = area_under_curve([chance for chance, _ in asked], [lesson for _, lesson in asked])
    middle = [[chance for chance, lesson in asked if lesson is wanted] for wanted in (True, False)]
    shown = " | ".join(f"{median(part):.2f}" if part else "-" for part in middle)
    parted = "-" if area is None else f"{area:.2f}"
    return f"| {name} | {found['share']:.1%} | {found['lines']} | {parted} | {shown} |"


def leaving_out(bench: Bench, person: Person, count: int, rates: Sequence[float]) -> None:
    """Say the table: the starter, then a version of ``count`` pairs for each learning rate."""
    pairs = pairs_once(bench, person, count)
    held_out = dated(bench.days[count : count + HELD_OUT], person, count)

    def before() -> dict[str, Any]:
        config = with_pairs(bench, f"{person.name}-leaving-none", pairs)
        return drafted(with_adapter(config, starter_adapter(config)), person, held_out)

    def after(rate: float) -> dict[str, Any]:
        config, made = trained_on(bench, f"{person.name}-leaving-{rate}", pairs, weekly_learning_rate=rate)
        return drafted(with_adapter(config, str(made)), person, held_out)

    bench.say(HEAD)
    starter = bench.once(f"{person.name}/leaving-out/{count}/starter", before)
    bench.say(row("starter", starter, starter))
    for rate in rates:
        found = bench.once(f"{person.name}/leaving-out/{count}/{rate}", lambda rate=rate: after(rate))
        bench.say(row(f"{rate:g}", starter, found))


def main(arguments: Sequence[str] | None = None) -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--pairs", type=int, default=24)
    command.add_argument("--rates", type=float, nargs="+", default=[5e-5, 1e-4, 2e-4])
    command.add_argument("--model", default="starter")
    command.add_argument("--engine", choices=("auto", "llamacpp", "transformers"), default="auto")
    command.add_argument("--smoke", action="store_true")
    given = command.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    person = next(person for person in PERSONS if person.name == "own-work")
    sections: dict[str, dict[str, Any]] = {"engine": {"model": given.model, "kind": given.engine}}
    days = read_days(UNSEEN)
    if given.smoke:
        tiny, days, person = smoke(given.out)
        sections = {**tiny, "engine": {**tiny["engine"], "kind": "llamacpp"}}

    def say(text: str) -> None:
        print(text, flush=True)

    leaving_out(Bench(given.out, sections, days, [person], 7, say), person, given.pairs, given.rates)


if __name__ == "__main__":
    main()

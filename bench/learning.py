"""How fast a person's habits are learned: simulated persons over weekly runs, by sentence, as a table.

Each week so many diaries come, the version in use drafts them, the person edits the drafts by habit (``bench/persons``)
and accepts them, and the weekly run learns, judges and promotes, as soon as there are pairs enough for the schedule.
Told is the share of the text that was changed.

    python -m bench.learning --out DIR                           four persons, eight weeks
    python -m bench.learning --out DIR --share 0.25 0.5 0.75     how many of the days are nippo's own
    python -m bench.learning --out DIR --few-shot 5              accepted sentences shown, against a trained version
    python -m bench.learning --out DIR --cpu-week                one week with 5 pairs on the processor, to its end
    python -m bench.learning --out DIR --smoke …                 a tiny model: that the program runs, no figures
    python -m bench.learning --out DIR --training min_steps=32   another recipe; give it a DIR of its own

``DIR/learning.json`` keeps what is done, Markdown files beside it show it: the same command goes on where it was cut
off, a half-done training included. On a GPU without Unsloth say ``--engine transformers``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.few_shot import Examples, FewShot, examples_of
from bench.persons import PERSONS, Day, Person, read_days, same
from bench.simulated_weeks import FIRST_RUN, WEEKS, Bench, Wrap, accepted, changed, dated, learn, simulate, write
from daemon.config import Config
from daemon.drafting.learned_form import learned_from, with_learned_form
from daemon.store.store import Pair, Store
from daemon.system.files import write_atomically
from daemon.versions.artifact import find_version

ROOT = Path(__file__).parent.parent
UNSEEN = (ROOT / "dev" / "readings" / "fresh.jsonl", ROOT / "data" / "starter" / "unseen.jsonl")
"""62 diaries that neither the starter nor any choice about it has seen."""
HELD_OUT, STARTER_DAYS = 20, 24
"""Days on which versions are compared: the person's own, and dev days of the starter."""


def with_pairs(bench: Bench, name: str, pairs: Sequence[Pair], **training: Any) -> Config:
    """The settings of a folder with these accepted pairs: the form is learned from them, the model is not."""
    config = bench.folder(name, **training)
    with Store.open(config.data_path) as store:
        for pair in pairs:
            store.put_pair(pair)
    return config


def trained_on(bench: Bench, name: str, pairs: Sequence[Pair], **training: Any) -> tuple[Config, Path]:
    """The settings of a folder with these pairs, and the adapter that a weekly run makes of them, whatever the gate
    says of it."""
    config = with_pairs(bench, name, pairs, **training)
    with Store.open(config.data_path) as store:
        state = learn(config, store, FIRST_RUN)
    return config, find_version(config, state.version).path


def with_adapter(config: Config, adapter: str) -> Config:
    """The settings with another adapter: a folder, or "none"."""
    other = config.model_copy(update={"engine": config.engine.model_copy(update={"adapter": adapter})})
    other._file = config.file
    return other


def left_to_change(
    config: Config, person: Person, diaries: Sequence[tuple[str, str]], wrap: Wrap | None = None
) -> float:
    """The share of the text that the person would change in the drafts of these settings."""
    form = with_learned_form(config).report
    drafts = [draft.body for draft in write(config, diaries, wrap)]
    return changed(
        [(draft, person.edit(draft, diary, form)) for draft, (_, diary) in zip(drafts, diaries, strict=True)]
    )


def pairs_once(bench: Bench, person: Person, count: int) -> list[Pair]:
    """So many accepted pairs of a person with the starter's drafts, made once for all that is tried on them."""
    config = bench.folder(f"{person.name}-pairs")

    def make() -> dict[str, Any]:
        return {"pairs": [asdict(pair) for pair in accepted(config, person, bench.days[:count])]}

    return [Pair(**values) for values in bench.once(f"{person.name}-pairs/{count}", make)["pairs"]]


def shares(bench: Bench, person: Person, count: int, wanted: Sequence[float]) -> None:
    """What a share of starter days gives and costs: the person's edits on days that no run has seen, and of the lines
    on the starter's dev days the true ones."""
    from training.scoring.gate import wilcoxon_greater
    from training.scoring.judge import Contender, remembered_lines
    from training.weekly.starter import starter_corpus, starter_version

    pairs = pairs_once(bench, person, count)
    held_out = dated(bench.days[count : count + HELD_OUT], person, count)
    dev = [row for row in starter_corpus() if row.split == "dev" and row.sentences][:STARTER_DAYS]

    def figures(config: Config, contender: Contender, adapter: str) -> dict[str, Any]:
        (days,) = remembered_lines(config, config.engine.model, [contender], dev)
        changed_share = left_to_change(with_adapter(config, adapter), person, held_out)
        return {"share": changed_share, "true": [day.true for day in days], "written": sum(day.written for day in days)}

    def before() -> dict[str, Any]:
        config = with_pairs(bench, f"{person.name}-share-none", pairs)
        version = starter_version(config, config.engine.model)
        return figures(config, Contender.of_version(version), str(version.path) if version else "none")

    def after(share: float) -> dict[str, Any]:
        config, made = trained_on(bench, f"{person.name}-share-{share}", pairs, starter_share=share)
        return figures(config, Contender(made, "sentences"), str(made))

    told = {"starter": bench.once(f"{person.name}/share/starter", before)}
    told |= {
        f"{share:.0%}": bench.once(f"{person.name}/share/{share}", lambda share=share: after(share)) for share in wanted
    }
    bench.say(
        f"| {person.name}: starter days | of the text changed, {len(held_out)} days "
        f"| true / all lines, {len(dev)} days | p of fewer true ones |"
    )
    bench.say("|---|---:|---:|---:|")
    for name, found in told.items():
        p_value = wilcoxon_greater([old - new for old, new in zip(told["starter"]["true"], found["true"], strict=True)])
        bench.say(f"| {name} | {found['share']:.1%} | {sum(found['true'])} / {found['written']} | {p_value:.3f} |")


def few_shot(bench: Bench, person: Person, shown: int, counts: Sequence[int]) -> None:
    """The starter as it is, the starter with accepted sentences before each question, and a version that was trained on
    the same pairs: what the person changes on the same days."""
    from training.pairs.pair_choice import row_of

    most = max(counts)
    every = pairs_once(bench, person, most)
    held_out = dated(bench.days[most : most + HELD_OUT], person, most)
    bench.say(f"| {person.name}: pairs | starter | {shown} examples shown | trained | days |")
    bench.say("|---:|---:|---:|---:|---:|")
    for count in counts:
        pairs = every[:count]

        def compare(count: int = count, pairs: Sequence[Pair] = pairs) -> dict[str, Any]:
            config, made = trained_on(bench, f"{person.name}-few-{count}", pairs)
            form = learned_from([pair.report for pair in pairs], config)
            examples = Examples(examples_of([row_of(pair, form, True) for pair in pairs]))
            starter = with_adapter(config, starter_adapter(config))
            trained = with_adapter(config, str(made))
            return {
                "starter": left_to_change(starter, person, held_out),
                "few_shot": left_to_change(starter, person, held_out, lambda engine: FewShot(engine, examples, shown)),
                "trained": left_to_change(trained, person, held_out),
            }

        found = bench.once(f"{person.name}/few-shot/{shown}/{count}", compare)
        figures = " | ".join(f"{found[key]:.1%}" for key in ("starter", "few_shot", "trained"))
        bench.say(f"| {count} | {figures} | {len(held_out)} |")


def starter_adapter(config: Config) -> str:
    from training.weekly.starter import starter_version

    version = starter_version(config, config.engine.model)
    return str(version.path) if version else "none"


def smoke(out: Path) -> tuple[dict[str, dict[str, Any]], list[Day], Person]:
    """A tiny random model that can only learn a phrase by heart, with a starter of eight rows."""
    from tests.learning_world import add_starter, diary_of, small_starter, tiny_sections
    from tests.tiny_model import TinyModel, make_tiny_model

    place = out / "tiny"
    if place.is_dir():
        tiny = TinyModel(place / "model" / "hf", place / "model" / "tiny.gguf")
    else:
        place.mkdir()
        tiny = make_tiny_model(place / "model")
        add_starter(small_starter(place / "starter", by_sentence=True), tiny)
    os.environ["NIPPO_STARTER_FOLDER"] = str(place / "starter")
    days = [Day(f"d-{number}", diary_of(number)) for number in range(24)]
    person = Person("smoke", same, lambda draft, diary, form: f"本日の学習\n\n* {diary.split('。')[0]}。")
    return tiny_sections(tiny, checkpoints=[2]), days, person


def setting(text: str) -> tuple[str, Any]:
    """A setting of the command line, ``min_steps=32`` or ``checkpoints=[60, 120]``; ValueError: no TOML value."""
    key, _, value = text.partition("=")
    return key.strip(), tomllib.loads(f"value = {value}")["value"]


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [person.name for person in PERSONS]
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="what is done is kept here")
    command.add_argument("--persons", nargs="+", choices=names, default=names)
    command.add_argument("--weeks", type=int, default=8)
    command.add_argument("--per-week", type=int, default=7, help="accepted reports a week")
    command.add_argument("--model", default="starter", help="engine.model: starter, a GGUF file, a folder, a hub id")
    command.add_argument("--engine", choices=("auto", "llamacpp", "transformers"), default="auto")
    command.add_argument(
        "--training", type=setting, nargs="+", default=[], metavar="KEY=VALUE", help="settings of [training], as TOML"
    )
    command.add_argument("--days", type=Path, nargs="+", default=list(UNSEEN), metavar="FILE", help="JSONL of diaries")
    command.add_argument("--pairs", type=int, nargs="+", help="accepted pairs of --share (30) and --few-shot (5 10 20)")
    which = command.add_mutually_exclusive_group()
    which.add_argument("--share", type=float, nargs="+", metavar="S", help="shares of starter days")
    which.add_argument("--few-shot", type=int, metavar="K", help="accepted sentences shown before a question")
    which.add_argument("--cpu-week", action="store_true")
    command.add_argument("--smoke", action="store_true", help="with any of these: a tiny model and a tiny starter")
    return command


def main(arguments: Sequence[str] | None = None) -> None:
    given = parser().parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    shown: list[str] = []
    table = "share" if given.share else "few-shot" if given.few_shot else "weeks"

    def say(text: str) -> None:
        shown.append(text)
        print(text, flush=True)
        write_atomically(given.out / f"{table}.md", "\n".join(shown) + "\n")

    sections: dict[str, dict[str, Any]] = {"engine": {"model": given.model, "kind": given.engine}}
    persons = [person for person in PERSONS if person.name in given.persons]
    days: Sequence[Day] = []
    if given.smoke:
        tiny, days, person = smoke(given.out)
        kind = "llamacpp" if given.engine == "auto" else given.engine
        sections, persons = {**tiny, "engine": {**tiny["engine"], "kind": kind}}, [person]
    else:
        days = read_days(given.days)
    sections["training"] = {**sections.get("training", {}), **dict(given.training)}
    bench = Bench(given.out, sections, days, persons, given.per_week, say)
    need = max(given.pairs or [30]) + 1 if given.share or given.few_shot else given.weeks * given.per_week
    if len(days) < need:
        raise SystemExit(f"{len(days)} diaries, {need} are needed: lower --weeks, --per-week or --pairs")
    if given.share:
        shares(bench, persons[0], max(given.pairs or [30]), given.share)
    elif given.few_shot:
        for person in persons:
            few_shot(bench, person, given.few_shot, given.pairs or [5, 10, 20])
    else:
        say(WEEKS)
        if given.cpu_week:
            on_processor = {**sections, "engine": {**sections["engine"], "kind": "llamacpp"}}
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
            simulate(replace(bench, per_week=5, sections=on_processor), persons[0], 2, "cpu-week", asked=True)
            return
        for person in persons:
            simulate(bench, person, given.weeks)


if __name__ == "__main__":
    main()

"""The models that this machine could write with: those that programs on it serve, the best first, and the best of those
that nippo knows by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from daemon.engines import cpu
from daemon.models.fitting import Machine, best_known, fits, quick
from daemon.models.known import KNOWN, UNVERIFIED, KnownModel
from daemon.models.local_servers import LocalServer
from daemon.models.reference import is_here
from daemon.models.worth import Appraisal, appraise, ranked
from daemon.system.hardware import probe
from daemon.words import marked, tr

PROGRAMS = {"Ollama": ("ollama",), "LM Studio": ("lm studio", "lm-studio", "lms"), "llama-server": ("llama-server",)}
"""Program → how its process is called, in small letters, without ".exe"."""

WORTHS = {
    "likely": marked("worth comparing with the starter"),
    "perhaps": marked("perhaps worth comparing with the starter"),
    "hardly": marked("not likely to beat the starter"),
    "too large": marked("more than this machine holds"),
    "elsewhere": marked("runs on another machine: your diary would go there"),
}
LANGUAGES = {
    "japanese": marked("made for Japanese"),
    "multilingual": marked("many languages"),
    "english": marked("mostly English"),
    "unknown": marked("languages unknown"),
}


@dataclass(frozen=True)
class Offer:
    """A model of a program on this machine, with what it is likely to be worth."""

    program: str
    url: str
    appraisal: Appraisal

    @property
    def name(self) -> str:
        return self.appraisal.model.name

    @property
    def usable(self) -> bool:
        return self.appraisal.worth not in ("too large", "elsewhere")

    def to_json(self) -> dict[str, Any]:
        return {"program": self.program, "url": self.url, **asdict(self.appraisal)}


def this_machine() -> Machine:
    """What of this machine counts for models."""
    gpus = probe()
    return Machine(cpu.memory_bytes(), cpu.physical_cores(), gpus[0].memory * 2**20 if gpus else 0)


def running() -> list[str]:
    """The programs that serve models and run here, by the names of this machine's processes; nobody is asked."""
    import psutil

    names = set()
    for process in psutil.process_iter(["name"]):
        names.add(str(process.info["name"] or "").lower().removesuffix(".exe"))
    return [kind for kind, called in PROGRAMS.items() if names.intersection(called)]


def offers(servers: Iterable[LocalServer], machine: Machine) -> list[Offer]:
    """All models of all programs, the best first."""
    found = [(server, appraise(model, machine)) for server in servers for model in server.models]
    place = {id(one): at for at, one in enumerate(ranked([one for _, one in found]))}
    ordered = sorted(found, key=lambda pair: place[id(pair[1])])
    return [Offer(server.kind, server.url, one) for server, one in ordered]


def by_processor(machine: Machine) -> Machine:
    """The machine as llama.cpp's ordinary package uses it: no NVIDIA GPU is counted on. What such a GPU holds is chosen
    by ``daemon.system.hardware``, and programs of their own use it as they can."""
    return replace(machine, gpu_memory=0)


def known_models(machine: Machine) -> list[dict[str, Any]]:
    """The models that nippo knows by name, as JSON values: whether each fits this machine, is quick enough, is here."""
    machine = by_processor(machine)
    best = best_known(machine)
    rows = [
        {
            "name": one.name,
            "parameters": one.parameters,
            "bytes": one.size,
            "licence": one.licence,
            "sha256": one.sha256,
            "folder": one.folder,
            "fits": fits(one.size, machine),
            "quick": quick(one.size, machine),
            "here": is_here(one.name),
            "best": one is best,
        }
        for one in KNOWN.values()
    ]
    rest = [
        {"name": name, "licence": licence, "sha256": None, "hub": hub} for name, (hub, licence) in UNVERIFIED.items()
    ]
    return [*rows, *rest]


def details(offer: Offer) -> str:
    """Size, rounding, language and memory of an offered model in a few words."""
    model, one = offer.appraisal.model, offer.appraisal
    parts: Sequence[str] = (
        f"{model.parameters:g}B" if model.parameters else "",
        "" if model.quantisation == "unknown" else model.quantisation,
        tr(LANGUAGES[one.language]),
        f"{one.memory / 1e9:.0f} GB" if one.memory else "",
    )
    return ", ".join(filter(None, parts))


def worth_in_words(offer: Offer) -> str:
    """What an offered model is likely to be worth, and whether it is slow here."""
    return tr(WORTHS[offer.appraisal.worth]) + (tr(", slow here") if offer.appraisal.slow else "")


def suggestion(machine: Machine, reference: str) -> KnownModel | None:
    """The best known model for this machine, where it is larger than the one in use by its reference."""
    best, now = best_known(by_processor(machine)), KNOWN.get(reference)
    return best if best and now and best.parameters > now.parameters else None

"""Which model of a list is likely to be worth taking, and which of the known ones a machine runs."""

from __future__ import annotations

import re

import pytest

from daemon.errors import ModelMissing
from daemon.models import packages
from daemon.models.fitting import Machine, best_known, fits
from daemon.models.hub import HubFile
from daemon.models.known import KNOWN, LARGER, STARTER, UNVERIFIED
from daemon.models.local_servers import LocalModel
from daemon.models.reference import is_here, resolve_gguf
from daemon.models.worth import appraise, ranked

GB = 10**9
DESKTOP = Machine(32 * GB, 8)


def model(name: str, parameters: float, quantisation: str = "Q4_K_M", **more: object) -> LocalModel:
    return LocalModel(name, parameters, quantisation=quantisation, **more)  # type: ignore[arg-type]


def test_the_list_of_a_usual_desktop_is_in_the_order_in_which_a_person_would_try() -> None:
    offered = [
        model("tinyllama:1.1b", 1.1),
        model("qwen2.5-coder:7b", 7.6),
        model("llama3.1:70b", 70.6),
        model("gpt-oss:120b-cloud", 120, elsewhere=True),
        model("llama3.1:8b", 8.0),
        model("qwen3:8b", 8.2),
        model("qwen3:4b", 4.0),
        model("Llama-3.1-Swallow-8B-Instruct", 8.0),
        model("gemma3:12b", 12.2),
    ]
    found = ranked([appraise(one, DESKTOP) for one in offered])
    assert [(one.model.name, one.worth) for one in found] == [
        ("Llama-3.1-Swallow-8B-Instruct", "likely"),
        ("gemma3:12b", "likely"),
        ("qwen3:8b", "likely"),
        ("qwen3:4b", "perhaps"),
        ("qwen2.5-coder:7b", "hardly"),
        ("llama3.1:8b", "hardly"),
        ("tinyllama:1.1b", "hardly"),
        ("llama3.1:70b", "too large"),
        ("gpt-oss:120b-cloud", "elsewhere"),
    ]


def test_what_is_coarse_unknown_or_slow_is_said() -> None:
    assert appraise(model("qwen3:8b", 8.2, "IQ2_XXS"), DESKTOP).worth == "perhaps"
    assert appraise(LocalModel("my-own"), Machine(8 * GB, 2)).worth == "hardly"
    assert appraise(model("my-own", 13), DESKTOP).worth == "perhaps"
    slow = appraise(model("qwen3:8b", 8.2), Machine(16 * GB, 2))
    assert slow.slow and slow.worth == "likely"
    assert not appraise(model("qwen3:8b", 8.2), Machine(16 * GB, 2, gpu_memory=12 * GB)).slow
    assert appraise(model("qwen3:8b", 8.2, "F16"), Machine(16 * GB, 8)).worth == "too large"
    assert appraise(model("qwen3:8b", 8.2, "4bit"), Machine(0, 8)).worth == "likely", "unknown memory hides nothing"


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machine(4 * GB, 2), None),
        (Machine(8 * GB, 2), "qwen3-4b"),
        (Machine(16 * GB, 4), "qwen2.5-7b"),
        (Machine(16 * GB, 6), "qwen3-8b"),
        (Machine(32 * GB, 8), "qwen2.5-14b"),
        (Machine(8 * GB, 8), "qwen3-4b"),
        (Machine(64 * GB, 1, gpu_memory=8 * GB), "qwen3-8b"),
    ],
)
def test_the_best_known_model_for_a_machine(machine: Machine, name: str | None) -> None:
    best = best_known(machine)
    assert (best.name if best else None) == name
    assert best is None or fits(best.size, machine)


def test_every_known_model_is_told_whole() -> None:
    for one in KNOWN.values():
        assert re.fullmatch(r"[0-9a-f]{64}", one.sha256) and one.size > 4 * GB // 10 and one.licence and one.parameters
    assert len({one.sha256 for one in KNOWN.values()}) == len(KNOWN)
    for one in LARGER:
        assert re.fullmatch(r"[0-9a-f]{40}", one.revision) and one.folder
        # 4-bit weights take 4.5 to 5.3 bits a parameter.
        assert 4.4 < one.size * 8 / one.parameters / 1e9 < 5.5, one.name
    assert [one.size for one in LARGER] == sorted(one.size for one in LARGER)


def test_a_model_without_packages_comes_from_the_hub_at_its_revision() -> None:
    [source] = packages.sources_of(KNOWN["qwen2.5-7b"])
    assert isinstance(source, HubFile) and f"/resolve/{KNOWN['qwen2.5-7b'].revision}/" in source._address
    assert len(packages.sources_of(STARTER)) == 2


def test_a_name_without_a_verified_hash_is_refused_with_the_way_to_it() -> None:
    assert not UNVERIFIED.keys() & KNOWN.keys() and not is_here("swallow-8b")
    with pytest.raises(ModelMissing, match="not verified") as caught:
        resolve_gguf("swallow-8b")
    assert "nippo fetch mmnga/Llama-3.1-Swallow" in caught.value.next_step

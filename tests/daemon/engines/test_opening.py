"""Which engine and adapter the settings mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config import Config, EngineSettings
from daemon.engines import opening as engines
from daemon.engines.opening import Adapter, adapter_in_use, engine_kind, model_name, open_engine
from daemon.engines.protocol import Message, Sampling
from daemon.errors import ModelMissing
from daemon.system import hardware
from tests.daemon.versions.test_gguf_twin import make_adapter
from tests.tiny_model import TinyModel

ASKED: list[Message] = [{"role": "user", "content": "日記"}]


def config(**engine: object) -> Config:
    return Config(engine=EngineSettings.model_validate({"adapter": "none", "threads": 1, **engine}))


@pytest.mark.parametrize(
    ("gpus", "installed", "model", "kind"),
    [
        ((), True, "starter", "llamacpp"),
        ((hardware.Gpu("RTX 4080", 16_000, "550.1", 8.9),), True, "starter", "transformers"),
        ((hardware.Gpu("RTX 4080", 16_000, "550.1", 8.9),), False, "starter", "llamacpp"),
        ((hardware.Gpu("RTX 4080", 16_000, "550.1", 8.9),), True, "/models/mine.GGUF", "llamacpp"),
        ((hardware.Gpu("GT 1030", 2_000, "550.1", 6.1),), True, "starter", "llamacpp"),
    ],
)
def test_auto_means_the_gpu_where_it_can_be_used(
    gpus: tuple[hardware.Gpu, ...], installed: bool, model: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "probe", lambda: gpus)
    monkeypatch.setattr(engines, "find_spec", lambda name: installed or None)
    assert engine_kind(config(model=model)) == kind


def test_a_named_engine_is_not_second_guessed() -> None:
    assert engine_kind(config(kind="server")) == "server"
    assert engine_kind(config(kind="transformers", model="x.gguf")) == "transformers"


def test_an_adapter_may_be_a_folder_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    assert adapter_in_use(config(adapter=str(tmp_path / "mine"))) == Adapter("mine", tmp_path / "mine")
    assert adapter_in_use(config(adapter=str(tmp_path / "other.gguf"))) == Adapter("other", tmp_path / "other.gguf")
    assert adapter_in_use(config(adapter="none")) is None
    assert adapter_in_use(config(kind="server", adapter="auto")) is None
    with pytest.raises(ModelMissing, match="does not exist"):
        adapter_in_use(config(adapter=str(tmp_path / "nowhere")))


def test_the_names_that_reports_carry() -> None:
    assert model_name("starter") == "starter"
    assert model_name("/models/qwen-7b.gguf") == "qwen-7b"
    assert model_name("Qwen/Qwen2.5-7B-Instruct-GGUF") == "Qwen2.5-7B-Instruct-GGUF"


def test_an_adapter_changes_the_drafts_and_their_name(tiny: TinyModel, tmp_path: Path) -> None:
    make_adapter(tmp_path / "mine")
    drafts = {}
    for adapter in ("none", str(tmp_path / "mine")):
        engine = open_engine(config(kind="llamacpp", model=str(tiny.gguf), adapter=adapter, context_tokens=1024))
        (draft,) = engine.generate(ASKED, [Sampling(max_tokens=12)])
        drafts[engine.identity.version] = draft.text
        engine.close()
    assert list(drafts) == ["tiny", "mine"]
    assert drafts["tiny"] != drafts["mine"]

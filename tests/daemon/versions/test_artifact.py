"""A version counts when it is whole, and only for the model that it was trained on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.drafting.prompt import digest
from daemon.errors import ModelMissing
from daemon.versions import artifact
from daemon.versions.artifact import (
    ADAPTER_CONFIG,
    CHECKPOINT,
    SENTENCE_PROMPT,
    base_matches,
    check_base,
    find_version,
    habits_of,
    list_versions,
    method_of,
    read_version,
    trained_on,
)
from daemon.versions.champion import active_adapter, next_name, promote
from tests.daemon.versions.conftest import META, NOW, make_version, version


def test_what_was_sealed_is_read_back(config: Config) -> None:
    version(config, "v0.1")
    assert find_version(config, "v0.1").meta == META


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json", "meta.json"])
def test_one_changed_byte_is_refused(config: Config, name: str) -> None:
    file = version(config, "v0.1") / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ModelMissing, match="is damaged") as caught:
        find_version(config, "v0.1")
    assert "nippo rollback" in caught.value.next_step


def test_a_meta_that_was_edited_is_refused(config: Config) -> None:
    file = version(config, "v0.1") / "meta.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**values, "scores": {"recall": 1.0}}), encoding="utf-8")
    with pytest.raises(ModelMissing, match=r"meta\.json is damaged"):
        find_version(config, "v0.1")


def test_a_card_may_be_mended_after_sealing(config: Config) -> None:
    (version(config, "v0.1") / "card.md").write_text("another card", encoding="utf-8")
    assert find_version(config, "v0.1").name == "v0.1"


def test_good_and_bad_versions_are_listed_by_number(config: Config) -> None:
    for name in ("v0.10", "v0.2", "v0.1"):
        version(config, name)
    (config.data_path / "models" / "v0.2" / "adapter_model.safetensors").unlink()
    (config.data_path / "models" / ".v0.3.partial").mkdir()
    good, bad = list_versions(config)
    assert [one.name for one in good] == ["v0.1", "v0.10"]
    assert list(bad) == ["v0.2"]
    assert next_name(config) == "v0.11"
    assert trained_on(good, "b") == ["v0.1", "v0.10"]


def test_a_gguf_file_is_the_base_by_its_bytes(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "renamed.gguf"
    file.write_bytes(b"model")
    meta = replace(
        META, base="model.gguf", base_sha256="9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"
    )
    assert base_matches(meta, str(file))
    file.write_bytes(b"other")
    assert not base_matches(meta, str(file))


def test_the_pinned_questions_are_those_that_the_program_asks() -> None:
    assert digest() == SENTENCE_PROMPT, "a changed prompt needs a new adapter; pin its digest here along with it"


def test_a_version_of_other_questions_is_refused_with_a_remedy(config: Config) -> None:
    folder = version(config, "v0.1", method="sentences", prompt="0123456789ab")
    with pytest.raises(ModelMissing) as caught:
        check_base(read_version(folder), "starter")
    assert "v0.1 learned other questions" in str(caught.value) and "nippo train" in str(caught.value)
    with pytest.raises(ModelMissing, match="other questions"):
        method_of(folder)
    with pytest.raises(ModelMissing, match="other questions"):
        promote(config, "v0.1", NOW)


def test_a_version_says_how_it_writes(config: Config) -> None:
    by_sentence = version(config, "v0.1", method="sentences", prompt=SENTENCE_PROMPT)
    check_base(read_version(by_sentence), "starter")
    assert method_of(by_sentence) == "sentences"
    assert method_of(version(config, "v0.2")) == "whole", "a version that learned whole reports asks no such question"
    assert method_of(by_sentence.parent) == "whole", "an adapter of another program says nothing of it"
    (by_sentence / ADAPTER_CONFIG).unlink()
    with pytest.raises(ModelMissing, match="damaged"):
        method_of(by_sentence)  # written with as if it had learned whole reports, it would tell nonsense


def test_a_version_and_a_checkpoint_say_what_they_know_their_person_by(config: Config, tmp_path: Path) -> None:
    assert (
        habits_of(version(config, "v0.1", method="sentences", prompt=SENTENCE_PROMPT, habits="いつもの。"))
        == "いつもの。"
    )
    assert habits_of(version(config, "v0.2")) == habits_of(None) == habits_of(tmp_path) == ""
    (tmp_path / CHECKPOINT).write_text(json.dumps({"step": 4, "habits": "いつもの。"}), encoding="utf-8")
    assert habits_of(tmp_path) == "いつもの。"
    (tmp_path / CHECKPOINT).write_text("{", encoding="utf-8")
    assert habits_of(tmp_path) == ""


def test_a_shipped_version_of_other_questions_does_not_give_way_in_silence(config: Config) -> None:
    """Without it the bare model would write, and nobody would know why the reports are bad."""
    make_version(artifact.starter_folder() / "adapter", replace(META, name="starter-1", method="sentences", prompt="x"))
    with pytest.raises(ModelMissing, match="starter-1 learned other questions"):
        active_adapter(config)

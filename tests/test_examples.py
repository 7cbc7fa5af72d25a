"""Every settings file that ships or is shown loads."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from daemon.config import Config, load
from daemon.setup.settings_file import fill_in, shipped

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.ja.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    if "[project" not in block
]


def test_the_shipped_file_says_the_defaults_and_every_key() -> None:
    config = load(ROOT / "config.toml")
    assert config.model_dump() == Config().model_dump()
    written = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
    assert {section: set(values) for section, values in written.items()} == {
        section: set(values) for section, values in Config().model_dump().items()
    }


@pytest.mark.parametrize("text", [*EXAMPLES, pytest.param(shipped(), id="shipped")])
def test_every_example_loads(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    assert load(file).file == file


def test_what_init_fills_in_comes_out_again(tmp_path: Path) -> None:
    path = 'C:\\vaults\\日記 "私" 🌸'
    file = tmp_path / "config.toml"
    file.write_text(fill_in(shipped(), {("vault", "path"): path, ("engine", "kind"): "server"}), encoding="utf-8")
    config = load(file)
    assert (config.vault.path, config.engine.kind) == (path, "server")
    assert "# inside the vault" in file.read_text(encoding="utf-8")
    with pytest.raises(KeyError):
        fill_in(shipped(), {("vault", "typo"): "x"})

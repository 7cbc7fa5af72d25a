"""Every name that moment.js writes is read as its day, whatever the format and the language.

``tests/data/moment_answers.json.gz`` holds what moment 2.29.4, Obsidian's own, wrote for 12 days in 12 languages and 65
formats, and what it reads from that itself where that is another day. With ``NIPPO_MOMENT`` naming a folder
``node_modules`` that has moment (and Node on the path) the same is asked of moment now, in all of its languages.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from daemon.vault.date_format import compile_format

ROOT = Path(__file__).parents[3]
NODE_MODULES = os.environ.get("NIPPO_MOMENT", "")
ANSWERS: dict[str, Any] = json.loads(gzip.decompress((ROOT / "tests/data/moment_answers.json.gz").read_bytes()))
OTHER_MONTHS = {"hr", "br", "tzl"}
"""Their listopad, Here and Lis are other months in languages that more people speak."""


def file_path(written: str) -> str:
    """What Obsidian makes of a written name: slashes once and not at the ends, the extension apart."""
    return "/".join(part for part in written.split("/") if part).removesuffix(".md")


def misread(answers: dict[str, Any], text: str) -> list[tuple[str, str, str, str]]:
    """(language, day, name, what was read) where a name was read as a day that is called otherwise."""
    days = answers["days"]
    found = []
    for language, said in answers["answers"][text].items():
        names = [one if isinstance(one, str) else one[0] for one in said]
        for day, name in zip(days, names, strict=True):
            read = str(compile_format(text).read(file_path(name)))
            # 111月2026 is the 11th of January as well as the 1st of November: one name, one file.
            if read != day and not (read in days and names[days.index(read)] == name):
                found.append((language, day, name, read))
    return found


@pytest.mark.parametrize("text", ANSWERS["answers"])
def test_what_moment_writes_is_read(text: str) -> None:
    assert misread(ANSWERS, text) == []


def test_of_two_days_with_one_name_moments_own_reading_is_taken() -> None:
    said = dict(one for one in ANSWERS["answers"]["DMMMMYYYY"]["ja"] if not isinstance(one, str))
    assert str(compile_format("DMMMMYYYY").read("111月2026")) == said["111月2026"] == "2026-01-11"


def test_the_table_is_as_large_as_it_says() -> None:
    languages = {language for said in ANSWERS["answers"].values() for language in said}
    assert len(ANSWERS["answers"]) >= 60 and len(languages) == 12 and len(ANSWERS["days"]) == 12
    assert {"vi", "ne", "my", "th", "ko", "ja"} <= languages


@pytest.mark.skipif(not (NODE_MODULES and shutil.which("node")), reason="NIPPO_MOMENT names no node_modules")
def test_moment_itself_writes_nothing_that_is_not_read() -> None:
    command = ["node", str(ROOT / "dev/moment_answers.cjs"), "all"]
    run = subprocess.run(
        command, env={**os.environ, "NODE_PATH": NODE_MODULES}, capture_output=True, check=True, timeout=120
    )
    answers = json.loads(run.stdout)
    found = [(text, *one) for text in answers["answers"] for one in misread(answers, text)]
    assert [one for one in found if one[1] not in OTHER_MONTHS] == []
    assert len(found) < 40

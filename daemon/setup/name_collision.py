"""Whether another installed distribution brings a top-level package ``daemon`` too, as python-daemon does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from daemon.setup.doctor_system import DoctorLine
from daemon.system.shipped import PACKAGE
from daemon.words import tr

OWN_NAME = "nippo"


def collision_lines() -> Iterator[DoctorLine]:
    """A line for each such distribution; none where nippo has the name to itself.

    In one folder each overwrites files of the other, and takes them along when it is removed: that fails. In another
    folder of Python's path the first of the two hides the second: that is a warning, since here nippo is the first.
    """
    for found in distributions():
        name = found.name or ""
        if name.lower() == OWN_NAME or not re.search(r"^daemon/", found.read_text("RECORD") or "", re.MULTILINE):
            continue
        same = Path(str(found.locate_file("daemon"))).resolve() == PACKAGE.resolve()
        what = tr("lies in one folder with nippo's") if same else tr("hides nippo's, or is hidden by it")
        yield DoctorLine(
            "install",
            "fail" if same else "warn",
            tr(
                "{name} {version} brings a package `daemon` too, which {what}",
                name=name,
                version=found.version,
                what=what,
            ),
            tr("Install nippo apart from it, with `uv tool install` or `pipx install` (docs/install.md)."),
        )

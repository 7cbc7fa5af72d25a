"""The steps of every change that must outlive a crash, so that a test can stand between any two of them.

Whatever puts something on disk calls ``step`` just before: the file layer, the writer of the vault, the database. In
production that does nothing. A test or a benchmark puts a function of its own into ``hook``: it is told the step's name
and may end the process there or raise what a full disk raises.
"""

from __future__ import annotations

from collections.abc import Callable

hook: Callable[[str], None] | None = None


def step(name: str) -> None:
    """Something is about to reach the disk: ``name`` says what, such as "vault: place" or "database: COMMIT"."""
    if hook is not None:
        hook(name)

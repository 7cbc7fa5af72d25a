"""Several processes, one for each GPU, that train one adapter together (started by ``accelerate launch``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def processes() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this is the process that writes."""
    return os.environ.get("RANK", "0") == "0"


def one_gpu(visible: str | None, count: int) -> str | None:
    """Given ``CUDA_VISIBLE_DEVICES`` and the number of processes, return what it should be: a process alone takes the
    first GPU, because TRL refuses one that sees several. None leaves it as it is. Pure."""
    if count > 1 or visible == "":
        return None
    return (visible or "0").split(",")[0]


@contextmanager
def first_alone(cpu: bool) -> Iterator[None]:
    """The first process goes through the block before the others: what it wrote they find."""
    if processes() == 1:
        yield
        return
    from accelerate import PartialState  # type: ignore[import-untyped]

    with PartialState(cpu=cpu).main_process_first():
        yield


def agreed(reason: str, accelerator: Any) -> str:
    """Given why this process would stop ("" not at all, "time" or a signal's name), return why all do: a process that
    stopped alone would leave the others waiting."""
    if accelerator.num_processes == 1:
        return reason
    import torch

    code = {"": 0, "time": 1}.get(reason, 2)
    highest = int(accelerator.gather(torch.tensor([code], device=accelerator.device)).max())
    return reason if code == highest else ("", "time", "SIGTERM")[highest]

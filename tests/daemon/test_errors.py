"""The tree of errors is the one that is drawn, and each of its classes reaches another process as what it is."""

from __future__ import annotations

import json
import re
import sys

import pytest

from daemon import errors
from daemon.engines.gpu_errors import is_out_of_memory
from daemon.errors import NippoError, kinds
from daemon.worker.messages import error_message, to_error, to_line

DRAWN = re.compile(r"^    (?P<branch>[│ ]*[├└]── )?(?P<name>[A-Z]\w+)  ", re.MULTILINE)


def drawn() -> set[tuple[str, str]]:
    """Class and parent of each line of the docstring's picture; the root's parent is "Exception"."""
    found: set[tuple[str, str]] = set()
    above: list[str] = ["Exception"]
    for line in DRAWN.finditer(errors.__doc__ or ""):
        depth = len(line["branch"] or "") // 4 + 1
        del above[depth:]
        found.add((line["name"], above[-1]))
        above.append(line["name"])
    return found


def test_the_docstring_draws_the_tree() -> None:
    assert drawn() == {(kind.__name__, kind.__bases__[0].__name__) for kind in kinds().values()}
    assert {kind.__module__ for kind in kinds().values()} == {"daemon.errors"}


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.__name__)
def test_every_error_crosses_the_process_boundary_as_itself(kind: type[NippoError]) -> None:
    sent = kind("2026-01-07.md: was not read", "Save it as UTF-8.")
    arrived = to_error(json.loads(to_line({"error": error_message(sent)}))["error"])
    assert type(arrived) is kind
    assert (arrived.what, arrived.next_step, str(arrived)) == (sent.what, sent.next_step, str(sent))
    assert arrived.title and arrived.title == sent.title


def test_a_text_that_no_encoding_holds_crosses_with_a_mark_in_its_place() -> None:
    sent = json.loads(to_line({"result": {"body": "復習\ud83dした", "version": "v"}}))
    assert sent == {"result": {"body": "復習?した", "version": "v"}}


def test_running_out_of_memory_arrives_as_that() -> None:
    assert type(to_error(error_message(MemoryError()))) is errors.OutOfMemory


def test_memory_errors_of_torch_are_known_by_their_class_and_by_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    assert is_out_of_memory(torch.OutOfMemoryError("")) and is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"))
    assert not is_out_of_memory(RuntimeError("size mismatch")) and not is_out_of_memory(ValueError("out of memory"))

    class OutOfMemoryError(Exception):
        """Of another library, by the same name."""

    assert not is_out_of_memory(OutOfMemoryError())
    monkeypatch.delitem(sys.modules, "torch")
    assert is_out_of_memory(MemoryError()) and not is_out_of_memory(RuntimeError("size mismatch"))
    assert "torch" not in sys.modules, "asking does not import it"

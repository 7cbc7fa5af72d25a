"""What torch, transformers and CUDA raise, as messages with a remedy. None of these libraries is imported here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from daemon.errors import EngineError, ModelMissing, OutOfMemory
from daemon.system.extras import adding
from daemon.words import marked, tr

IN_WORDS = ("out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""What torch's own allocators, cuBLAS and bitsandbytes say in a plain ``RuntimeError``."""
SMALLER = marked(
    "Close other GPU programs, lower engine.context_tokens, or choose a smaller model (see `nippo doctor`)."
)


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether memory ran out, the GPU's or the machine's."""
    torch = sys.modules.get("torch")  # where it was never imported, none of its errors was raised
    if isinstance(problem, (MemoryError, getattr(torch, "OutOfMemoryError", ()))):
        return True
    return isinstance(problem, RuntimeError) and any(words in str(problem) for words in IN_WORDS)


@contextmanager
def errors_for_people(base: str, loading: bool = False) -> Iterator[None]:
    """Turn what the libraries raise while they run (or, with ``loading``, load) ``base`` into ``EngineError``; all else
    passes unchanged, so that a caller can end a draft by an error of its own."""
    try:
        yield
    except EngineError:
        raise
    except ImportError as problem:
        raise EngineError(
            tr("engine transformers: a package is missing ({name})", name=problem.name or _line(problem)),
            tr('Install it with `{adding}`, or set engine.kind = "llamacpp".', adding=adding("gpu")),
        ) from None
    except OSError as problem:
        if not loading:
            raise
        raise ModelMissing(
            tr("{base}: the model cannot be loaded ({line})", base=base, line=_line(problem)),
            tr("Check engine.model: a local folder, or a hub id that is in the cache or within reach."),
        ) from None
    except RuntimeError as problem:
        if is_out_of_memory(problem):
            raise OutOfMemory(
                tr("{base}: the GPU's memory is too small for this model", base=base), tr(SMALLER)
            ) from None
        if any(word in str(problem) for word in ("CUDA", "NVIDIA", "driver")):
            raise EngineError(
                tr("{base}: the GPU driver does not answer ({line})", base=base, line=_line(problem)),
                tr('Check `nvidia-smi`; until it works set engine.kind = "llamacpp".'),
            ) from None
        raise
    except ValueError as problem:
        if not loading:
            raise
        raise EngineError(
            tr("{base}: transformers cannot load it ({line})", base=base, line=_line(problem)),
            tr("Try `nippo doctor`; a newer model may need a newer `transformers`."),
        ) from None


def _line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]

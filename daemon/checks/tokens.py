"""Words by Sudachi (core dictionary), loaded when first asked for and kept: a matter of the worker process.

Sudachi takes at most 49,149 bytes at a time; longer input is cut at line and sentence ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

_CHUNK = 4_000  # characters; four bytes each at most keeps a chunk well under Sudachi's limit
_lock = threading.Lock()
_POS: dict[int, str] = {}


class Token(NamedTuple):
    """One word of a text: ``text[start:end]``. ``pos`` joins Sudachi's first four parts of speech with "/";
    ``dictionary`` is the dictionary form of a verb, else empty."""

    surface: str
    start: int
    end: int
    pos: str
    dictionary: str
    oov: bool

    @property
    def is_name(self) -> bool:
        return "/人名/" in self.pos

    @property
    def is_place(self) -> bool:
        return "/地名/" in self.pos

    @property
    def is_noun(self) -> bool:
        return self.pos.startswith("名詞/")


@lru_cache(maxsize=1)
def _tokenizer() -> tuple[Any, Any, Any]:
    from sudachipy import Dictionary, SplitMode

    dictionary = Dictionary(dict="core")
    make = getattr(dictionary, "tokenizer", None) or dictionary.create  # renamed in SudachiPy 0.6.11
    return make(), SplitMode.C, SplitMode.A


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into (offset, piece), at a line end, else a sentence end, else anywhere."""
    position = 0
    while position < len(text):
        end = min(position + _CHUNK, len(text))
        if end < len(text):
            cut = max(text.rfind("\n", position, end), text.rfind("。", position, end))
            end = cut + 1 if cut > position else end
        yield position, text[position:end]
        position = end


@lru_cache(maxsize=32)
def tokenize(text: str, short: bool = False) -> tuple[Token, ...]:
    """Given a normalised text, return its words: the longest (Sudachi's mode C), or with ``short`` the smallest (A)."""
    found: list[Token] = []
    with _lock:
        tokenizer, long_mode, short_mode = _tokenizer()
        for offset, piece in _chunks(text):
            safe = piece.replace("\x00", " ")
            for word in tokenizer.tokenize(safe, short_mode if short else long_mode):
                start, end = offset + word.begin(), offset + word.end()
                if start < end:
                    number = word.part_of_speech_id()
                    pos = _POS.get(number)
                    if pos is None:
                        pos = _POS[number] = "/".join(word.part_of_speech()[:4])
                    base = word.dictionary_form() if pos.startswith("動詞") else ""
                    found.append(Token(text[start:end], start, end, pos, base, word.is_oov()))
    return tuple(found)


@lru_cache(maxsize=32)
def boundaries(text: str) -> frozenset[int]:
    """Positions of a normalised text at which a word (the smallest) begins or ends."""
    words = tokenize(text, True)
    return frozenset([0, len(text), *(word.start for word in words), *(word.end for word in words)])


@lru_cache(maxsize=8192)
def tokenize_word(word: str) -> tuple[Token, ...]:
    """As ``tokenize``, for single words: kept apart, so that words do not push whole texts out of memory."""
    return tokenize.__wrapped__(word)

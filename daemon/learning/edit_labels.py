"""What is known of the sentences of an accepted report: their lines, who worded them, what was said of the model's."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Untraced:
    """A line of the report that teaches nothing, as the person wrote it, and why not (Japanese)."""

    text: str
    why: str


@dataclass(frozen=True)
class EditRows:
    """``diary``: the prepared text. ``sentences``: each with the lines that it gives (none: `なし`), None where nothing
    is learned. ``changed``: the indices of those whose lines are others than the draft showed, where its record was
    there (``by_record``); ``own``: those whose label is the person's own doing, not a draft's that was let stand.
    ``judged``: lines that the model wrote with T, F, P or U and a weight.
    """

    id: str
    day: str
    diary: str
    sentences: tuple[tuple[str, tuple[str, ...] | None], ...]
    judged: tuple[tuple[str, str, float], ...] = ()
    changed: tuple[int, ...] = ()
    own: tuple[int, ...] = ()
    untraced: tuple[Untraced, ...] = ()
    weight: float = 1.0
    by_record: bool = False


@dataclass
class Labels:
    """What is known so far of each sentence, by its index: its lines; None: not known; no entry: nothing said yet."""

    lines: dict[int, tuple[str, ...] | None] = field(default_factory=dict)
    judged: dict[str, str] = field(default_factory=dict)
    untraced: list[Untraced] = field(default_factory=list)

    def give(self, at: int, line: str) -> None:
        """A sentence gives this line too, unless it is not known what it gives."""
        known = self.lines.get(at, ())
        if known is not None and line not in known:
            self.lines[at] = (*known, line)

    def judge(self, line: str, label: str) -> None:
        """T wins: the same words that stand once and were deleted elsewhere were deleted as a repetition."""
        if label and self.judged.get(line) != "T":
            self.judged[line] = label

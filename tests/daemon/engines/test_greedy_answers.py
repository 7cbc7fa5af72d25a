"""The recorded answers of the starter, which the GPU tests are held against, are those of its adapter and prompt."""

from __future__ import annotations

from daemon.drafting.prompt import LABELS, NOTHING
from tests import greedy_answers


def test_what_was_recorded_belongs_to_this_adapter_and_these_questions() -> None:
    """A stale file would be noticed only on a machine with a GPU."""
    known = greedy_answers.read()
    asked = [one for row in greedy_answers.rows() for one in greedy_answers.questions(row)]
    assert len(known) == len(asked) == 40
    for answer, question in zip(known, asked, strict=True):
        judged = question.choices == tuple(LABELS)
        assert set(answer["choices"]) == set(question.choices) and (answer["text"] == "") is judged
    wrong = [one for one, question in zip(known, asked, strict=True) if greedy_answers.WRONG in question.text]
    assert len(wrong) == 4 and all(one["choices"]["F"] > one["choices"]["T"] for one in wrong)
    assert {one["text"] == NOTHING for one in known if one["text"]} == {True, False}

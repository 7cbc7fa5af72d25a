"""Every edit teaches: what a person does with a report, sentence by sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from daemon.checks.meaning import Fault
from daemon.config import Config, PrivacySettings
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.drafting.sentences import asked, split
from daemon.learning.edit_labels import EditRows
from daemon.learning.edit_rows import edit_rows
from daemon.store.rows import Pair
from daemon.vault.diary import prepare
from tests.daemon.learning.edit_cases import CASES, DIARY, JAVA, JAVA_LINE, TASK_LINE, Case


def config(case: Case) -> Config:
    return Config(privacy=PrivacySettings(deny=case.deny))


def record_of(case: Case) -> DayRecord:
    """The draft's record: the diary's sentences with the case's lines, shown ones and those left out."""
    found = []
    for at, one in enumerate(split(prepare(case.diary, config(case).privacy).text)):
        lines = [LineRecord(text, 0.9, True) for text in case.draft.get(at, [])]
        lines += [LineRecord(text, 0.4, False) for text in case.unshown.get(at, [])]
        found.append(SentenceRecord(one.text, one.line, one.first, one.last, 0.1, tuple(lines)))
    return DayRecord("key", tuple(found))


def pair_of(case: Case, record: bool = True) -> Pair:
    told = json.dumps(record_of(case).to_json(), ensure_ascii=False) if record else ""
    day = "2026-11-26"
    return Pair(day, day, case.diary, "", case.accepted, "", "2026-11-26T21:00:00", False, "vault", told)


def wanted(case: Case) -> dict[int, tuple[str, ...] | None]:
    """What each sentence gives: the draft's own lines, but for what the case names."""
    prepared = prepare(case.diary, config(case).privacy).text
    sentences = split(prepared)
    return {at: tuple(case.draft.get(at, ())) for at in asked(sentences, prepared)} | case.lines


def given(rows: EditRows) -> dict[int, tuple[str, ...] | None]:
    return {at: lines for at, (_, lines) in enumerate(rows.sentences)}


def test_there_are_forty() -> None:
    assert len(CASES) >= 40 and len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_edit_gives_the_rows_that_a_reader_would_write_down(case: Case) -> None:
    rows = edit_rows(pair_of(case), config(case))
    assert given(rows) == wanted(case)
    labels = [(line, label) for line, label, weight in rows.judged if weight > 0]
    if case.judged is None:
        assert sorted(label for _, label in labels) == ["T"] * sum(map(len, case.draft.values()))
    else:
        assert len(labels) == len(case.judged)
        for start, label in case.judged.items():
            assert [found for line, found in labels if line.startswith(start)] == [label], start
    assert len(rows.untraced) == len(case.untraced)
    assert all(one.text.startswith(start) for one, start in zip(rows.untraced, case.untraced, strict=True))
    assert rows.by_record
    other = {
        at for at, lines in wanted(case).items() if lines is not None and set(lines) != set(case.draft.get(at, ()))
    }
    assert set(rows.changed) == other
    assert rows.own == rows.changed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_database_made_anew_gives_the_same_rows_or_says_nothing(case: Case) -> None:
    """Without the draft's record the diary and the body are all there is. What may differ: a sentence of which the
    record knows more may teach nothing; lines that the draft left out are forgotten, so their sentence counts as one
    that gave none; nothing is judged. No sentence ever gets another line, and no line another sentence."""
    rows = edit_rows(pair_of(case, record=False), config(case))
    assert rows.changed == (), "what the draft said is not known"
    by_record = given(edit_rows(pair_of(case), config(case)))
    for at, lines in given(rows).items():
        forgotten = at in case.unshown and lines == ()
        assert lines in (by_record[at], None) or forgotten, at
    assert rows.judged == () and not rows.by_record


def test_most_sentences_keep_their_rows_in_a_database_made_anew() -> None:
    known = lost = 0
    for case in CASES:
        before = given(edit_rows(pair_of(case), config(case)))
        after = given(edit_rows(pair_of(case, record=False), config(case)))
        known += sum(lines is not None for lines in before.values())
        lost += sum(lines is not None and after[at] is None for at, lines in before.items())
    assert lost <= known / 8


def case_named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def test_a_draft_that_nobody_changed_teaches_lightly() -> None:
    pair = pair_of(case_named("accepted as it was"))
    assert edit_rows(replace(pair, draft=pair.report), Config()).weight == 0.5
    assert edit_rows(replace(pair, draft=pair.report + "\n* もう一行。"), Config()).weight == 1.0


def test_labels_are_the_persons_own_doing_where_no_draft_had_them() -> None:
    case = case_named("accepted as it was")
    alone = pair_of(case, record=False)
    labels = given(edit_rows(alone, config(case)))
    known = {at for at, lines in labels.items() if lines is not None}
    assert set(edit_rows(replace(alone, draft=""), config(case)).own) == known
    assert edit_rows(replace(alone, draft=alone.report), config(case)).own == ()
    other = edit_rows(replace(alone, draft="* 別の行を書きました。"), config(case)).own
    assert set(other) == {at for at in known if labels[at]} != set()


def test_sentences_written_after_the_draft_teach_nothing_of_their_silence() -> None:
    pair = pair_of(case_named("accepted as it was"))
    rows = edit_rows(
        replace(pair, diary="朝は雨だったので傘を持った。\n" + pair.diary + "夜はCCNAの問題集を8問解いた。"), Config()
    )
    labels = given(rows)
    assert labels[0] is None and labels[len(labels) - 1] is None
    assert labels[1] == (JAVA_LINE,) and labels[5] == ()


def test_the_model_sees_no_more_than_the_prepared_diary() -> None:
    case = case_named("accepted as it was")
    secret = replace(pair_of(case), diary=case.diary + "パスワード: hunter2-Secret9\n%% 誰にも言わない %%\n")
    rows = edit_rows(secret, Config())
    assert "hunter2" not in rows.diary and "誰にも言わない" not in rows.diary
    assert tuple(text for text, _ in rows.sentences) == tuple(one.text for one in split(rows.diary))


def test_frontmatter_is_not_asked_about_and_not_learned() -> None:
    rows = edit_rows(
        replace(pair_of(case_named("accepted as it was"), False), diary="---\ntags: [school/java]\n---\n" + DIARY),
        Config(),
    )
    assert given(rows)[0] is None


def test_a_deleted_line_that_a_check_of_meaning_speaks_against_is_false(monkeypatch: pytest.MonkeyPatch) -> None:
    def faults(line: str, sentence: str, before: str, after: str, diary: str) -> list[Fault]:
        return [Fault("done", False, "予定のことです。")] if "テーブル定義" in line and "課題4" in sentence else []

    monkeypatch.setattr("daemon.learning.edit_reasons.meaning_faults", faults)
    rows = edit_rows(pair_of(case_named("one line deleted")), Config())
    assert (TASK_LINE, "F", 1.0) in rows.judged


def test_a_repetition_that_was_deleted_is_no_false_line() -> None:
    case = Case(
        "twice",
        "* 科目Bを35問解きました。",
        diary="朝に科目Bを解いた。\n夜も科目Bを解いた。",
        draft={0: ["* 科目Bを35問解きました。"], 1: ["* 科目Bを35問解きました。"]},
    )
    rows = edit_rows(pair_of(case), Config())
    assert rows.judged == (("* 科目Bを35問解きました。", "T", 1.0),)
    assert given(rows) == {0: ("* 科目Bを35問解きました。",), 1: ()}


def test_a_kept_line_with_a_word_that_was_denied_since_is_not_learned() -> None:
    case = case_named("accepted as it was")
    rows = edit_rows(pair_of(case), Config(privacy=PrivacySettings(deny=("defaultメソッド",))))
    assert given(rows)[JAVA] is None
    assert all("defaultメソッド" not in line for line, _, _ in rows.judged)

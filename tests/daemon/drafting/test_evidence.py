"""Each line of a report beside its sentence, also after a person has edited it."""

from __future__ import annotations

from daemon.config.report_form import ReportSettings
from daemon.drafting.compose import ReportLine, lay_out
from daemon.drafting.evidence import evidence_in, left_out
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.drafting.repair import PLACEHOLDER

TOLD = {
    "配列を習った。": "* 配列を学びました。",
    "課題は3問出した。": "* 課題を3問提出しました。",
    "明日は小テスト。": "今後は、明日の小テストに備えたいと考えています。",
    "土曜に図書館。": "今後は、土曜に図書館で復習したいと考えています。",
}
RECORD = DayRecord(
    "k",
    tuple(
        SentenceRecord(sentence, number, 0, 9, 0.1, (LineRecord(line, 0.9, True, ("確かめてください。",)),))
        for number, (sentence, line) in enumerate(TOLD.items(), start=1)
    ),
)
LINES = [ReportLine(line, number, 0.9) for number, line in enumerate(TOLD.values())]
DEFAULT = ReportSettings()


def test_every_line_has_its_sentence_and_a_closing_of_two_plans_has_two() -> None:
    body = lay_out(LINES, DEFAULT)
    found = evidence_in(RECORD, body, DEFAULT)
    assert [(one.number, one.sentence) for one in found] == list(zip((3, 4, 6, 6), TOLD, strict=True))
    assert all(body.split("\n")[one.number - 1] == one.text for one in found)
    assert found[0].doubts == ("確かめてください。",) and found[1].diary_line == 2


def test_a_line_that_a_person_changed_or_added_has_none() -> None:
    body = lay_out(LINES, DEFAULT).replace("3問", "4問") + "\n* 自分で足した行です。"
    assert [one.sentence for one in evidence_in(RECORD, body, DEFAULT)][:2] == ["配列を習った。", "明日は小テスト。"]


def test_the_persons_own_form_is_seen_through() -> None:
    own = ReportSettings(lead="", bullet="・", closing="次は、", style="de-aru")
    found = evidence_in(RECORD, lay_out(LINES, own), own)
    assert [one.sentence for one in found] == list(TOLD)


def test_a_line_that_fell_out_is_no_evidence() -> None:
    dropped = DayRecord("k", (SentenceRecord("配列を習った。", 1, 0, 9, 0.1, (LineRecord("* 配列。", 0.2, False),)),))
    assert evidence_in(dropped, "* 配列。", DEFAULT) == ()


def day_of(*told: tuple[str, LineRecord]) -> DayRecord:
    """A record with a sentence for each line, one to a line of the diary."""
    return DayRecord(
        "k", tuple(SentenceRecord(text, at, 0, 9, 0.1, (line,)) for at, (text, line) in enumerate(told, start=1))
    )


UNSURE = day_of(
    ("Javaの配列を習った。", LineRecord("* Javaの配列を学びました。", 0.9, True)),
    ("SQLの結合を試した。", LineRecord("* SQLの結合を試しました。", 0.6, False, ("確かめてください。",))),
    ("友達のコードを見た。", LineRecord("* コードレビューをしました。", 0.0, False, ("他人のことです。",))),
    ("DNSの設定を直した。", LineRecord("* DNSの設定を直しました。", 0.7, False)),
    ("明日は小テスト。", LineRecord("今後は、小テストに備えたいと考えています。", 0.5, False)),
)
SHORT = f"{DEFAULT.lead}\n\n* Javaの配列を学びました。"


def texts(record: DayRecord, body: str, report: ReportSettings = DEFAULT) -> list[str]:
    return [one.text for one in left_out(record, body, report)]


def test_lines_that_were_not_sure_enough_are_left_out_in_the_diarys_order() -> None:
    found = left_out(UNSURE, SHORT, DEFAULT)
    assert [one.text for one in found] == [
        "* SQLの結合を試しました。",
        "* DNSの設定を直しました。",
        "今後は、小テストに備えたいと考えています。",
    ]
    assert found[0].sentence == "SQLの結合を試した。" and found[0].diary_line == 2
    assert found[0].confidence == 0.6 and found[0].doubts == ("確かめてください。",)
    assert [one.plan for one in found] == [False, False, True]


def test_of_one_sentence_the_likeliest_line_comes_first() -> None:
    lines = tuple(
        LineRecord(f"* {what}を試しました。", sure, False) for what, sure in (("SQLの結合", 0.4), ("Dockerの起動", 0.6))
    )
    record = DayRecord("k", (SentenceRecord("結合と起動を試した。", 1, 0, 9, 0.1, lines),))
    assert texts(record, SHORT) == ["* Dockerの起動を試しました。", "* SQLの結合を試しました。"]


def test_a_line_that_a_person_added_in_words_of_their_own_is_left_out_no_more() -> None:
    body = f"{SHORT}\n* SQLの結合を、実際に試しました。\n* DNSの設定を直しました。\n\n今後は、小テストに備えたいです。"
    assert texts(UNSURE, body) == []
    numbered = day_of(("5問解いた。", LineRecord("* SQLの問題を5問解きました。", 0.5, False)))
    assert texts(numbered, f"{SHORT}\n* SQLの問題を4問解きました。") == ["* SQLの問題を5問解きました。"]


def test_a_plan_in_a_closing_of_two_is_known_and_a_deed_is_no_plan() -> None:
    both = f"{SHORT}\n\n今後は、図書館で復習したいと考えています。また、小テストに備えたいと考えています。"
    assert not any(one.plan for one in left_out(UNSURE, both, DEFAULT))
    assert any(one.plan for one in left_out(UNSURE, f"{SHORT}\n* 小テストに備えました。", DEFAULT))


def test_plans_want_a_closing_in_the_form_and_a_deed_to_close() -> None:
    without = ReportSettings(closing="")
    for body, report in ((SHORT, without), (DEFAULT.no_study, DEFAULT), (PLACEHOLDER, DEFAULT), ("", DEFAULT)):
        assert not any(one.plan for one in left_out(UNSURE, body, report))
        assert "* SQLの結合を試しました。" in texts(UNSURE, body, report)


def test_left_out_lines_wear_the_persons_form_and_are_known_in_it() -> None:
    own = ReportSettings(lead="", bullet="・", closing="次は、", style="de-aru")
    found = texts(UNSURE, "・Javaの配列を学んだ。", own)
    assert found == ["・SQLの結合を試した。", "・DNSの設定を直した。", "次は、小テストに備えたいと考えている。"]
    assert texts(UNSURE, "\n".join(["・Javaの配列を学んだ。", *found[:2], "", found[2]]), own) == []


def test_of_lines_that_say_the_same_the_likeliest_is_offered_and_none_of_one_that_was_put_in() -> None:
    record = day_of(
        ("配列を習った。", LineRecord("* Javaの配列を学びました。", 0.9, True)),
        ("配列のこと。", LineRecord("* Javaの配列を学びました。", 0.8, False)),
        ("SQLの結合。", LineRecord("* SQLの結合を試しました。", 0.3, False)),
        ("SQLの結合を試した。", LineRecord("* SQLの結合を、試しました。", 0.6, False)),
    )
    assert texts(record, SHORT) == ["* SQLの結合を、試しました。"]
    assert texts(record, f"{DEFAULT.lead}\n\n* 自分の行です。") == ["* SQLの結合を、試しました。"], "deleted by hand"

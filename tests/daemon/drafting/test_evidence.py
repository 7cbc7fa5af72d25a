"""Each line of a report beside its sentence, also after a person has edited it."""

from __future__ import annotations

from daemon.config import ReportSettings
from daemon.drafting.compose import ReportLine, lay_out
from daemon.drafting.evidence import evidence_in
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord

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

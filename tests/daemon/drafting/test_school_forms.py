"""Five forms of schools: each is read off a report that is accepted there, and a day's report comes in it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.checks import CheckSettings, learn_form, score
from daemon.checks.form import read_lines
from daemon.checks.text import normalise
from daemon.config import Config
from daemon.config.report_form import ReportSection, ReportSettings
from daemon.drafting.compose import ReportLine, choose, in_style, lay_out
from daemon.drafting.draft import draft_report
from daemon.drafting.evidence import LeftOut, evidence_in, left_out
from daemon.drafting.form_reading import read_form
from daemon.drafting.put_in import put_in
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.drafting.school_layout import dress, undress
from daemon.errors import UsageError
from daemon.vault.report_note import ReportNote, read, render
from tests.asking_engine import AskingEngine
from tests.daemon.drafting.school_day import DIARY, LINES
from tests.daemon.drafting.test_draft import QueueEngine

FOLDER = Path(__file__).parents[2] / "data" / "forms"
NAMES = sorted(file.stem for file in FOLDER.glob("*.md"))
DAY = date(2026, 11, 26)


def accepted(name: str) -> str:
    """The report of another day that the school accepts."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def form(name: str) -> ReportSettings:
    values = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["report"]
    return ReportSettings(**values)


def wanted(name: str) -> str:
    """The day's report as it is to be handed in."""
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def draft(report: ReportSettings, diary: str = DIARY, lines: dict[str, str] | None = None) -> DraftResult:
    request = DraftRequest(DAY.isoformat(), diary)
    return draft_report(AskingEngine(LINES if lines is None else lines), request, Config(report=report))


def test_there_are_five() -> None:
    assert len(NAMES) == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_form_is_read_off_one_accepted_report(name: str) -> None:
    assert read_form(accepted(name), ReportSettings()) == form(name)
    told = ("難しかった", "楽しかった", "時間配分", "手を動かす", "6時間", "パーミッション", "25日", "課題5")
    assert not any(words in (FOLDER / f"{name}.toml").read_text(encoding="utf-8") for words in told)


@pytest.mark.parametrize("name", NAMES)
def test_the_report_of_a_day_comes_in_it(name: str) -> None:
    result = draft(form(name))
    assert result.body == wanted(name)
    assert (result.status, result.warnings) == ("draft", ())


@pytest.mark.parametrize("name", NAMES)
def test_every_line_keeps_its_sentence(name: str) -> None:
    result, report = draft(form(name)), form(name)
    assert sorted(one.sentence for one in result.evidence) == sorted(LINES)
    body = result.body.split("\n")
    for one in result.evidence:
        assert body[one.number - 1] == one.text
        bare = LINES[one.sentence].removeprefix("* ").removeprefix("今後は、")
        assert in_style(bare, report) in one.text


@pytest.mark.parametrize("name", NAMES)
def test_a_line_that_a_person_rewrote_has_no_sentence_any_more(name: str) -> None:
    result = draft(form(name))
    body = result.body.replace("配列の使い方を", "配列と文字列を")
    found = evidence_in(result.record, body, form(name))
    assert len(found) == len(LINES) - 1 and not any("配列" in one.sentence for one in found)


@pytest.mark.parametrize("name", NAMES)
def test_taken_off_again_it_is_the_plain_report(name: str) -> None:
    report = form(name)
    again = dress(undress(wanted(name), report), report, DAY)
    assert again == wanted(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_day_without_study_has_the_header_and_the_sentence(name: str) -> None:
    report = form(name)
    result = draft(report, "夜は焼肉で最高だった。", {})
    lines = [line for line in result.body.split("\n") if line]
    assert lines[-1] == report.no_study and len(lines) == 1 + sum(bool(line) for line in report.header)
    assert result.status == "draft"


def test_one_s_own_name_in_the_header_is_no_leak_and_another_s_in_a_line_is() -> None:
    report = form("senmon")
    diary = DIARY + "\n山田くんと呼ばれた。佐藤くんは休み。"
    result = draft(report, diary)
    assert "氏名: 山田 太郎" in result.body and result.status == "draft"
    typed = result.body.replace("MFAをオンにしました。", "佐藤くんとMFAをオンにしました。")
    checks = [one.check for one in score(typed, diary, CheckSettings(report=report)).findings]
    assert "leak" in checks
    own = result.body.replace("■所感\n", "■所感\n佐藤くんが教えてくれた。\n")
    assert [one.check for one in score(own, diary, CheckSettings(report=report)).findings] == ["leak"]


def test_what_a_person_writes_into_their_own_part_is_not_judged() -> None:
    report = form("senmon")
    body = wanted("senmon").replace("■所感\n", "■所感\n私はとてもうれしかった!Kubernetesも楽しみ\n")
    assert score(body, DIARY, CheckSettings(report=report)).clean


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("■課題・制作\n", "", "「■課題・制作」の欄がありません。"),
        ("氏名: 山田 太郎\n", "", "日付や氏名などの、はじめの行が足りません。"),
        ("■所感\n", "", "「■所感」の欄がありません。"),
    ],
)
def test_a_missing_part_is_told(old: str, new: str, what: str) -> None:
    body = wanted("senmon").replace(old, new)
    found = score(body, DIARY, CheckSettings(report=form("senmon"))).findings
    assert what in [one.message for one in found]


def test_parts_in_another_order_are_told() -> None:
    head, *parts = wanted("senmon").split("\n\n")
    body = "\n\n".join([head, parts[1], parts[0], *parts[2:]])
    found = score(body, DIARY, CheckSettings(report=form("senmon"))).findings
    assert [one.message for one in found] == ["欄の順が様式と違います。"]


def doubted(name: str, sentence: str) -> tuple[DraftResult, LeftOut]:
    """The day with one line left out because it is not sure, and that line."""
    engine = AskingEngine(LINES, {LINES[sentence]: 0.02})
    result = draft_report(engine, DraftRequest(DAY.isoformat(), DIARY), Config(report=form(name)))
    (line,) = left_out(result.record, result.body, form(name))
    assert line.sentence == sentence
    return result, line


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sentence", LINES)
def test_a_line_left_out_is_put_back_into_its_part(name: str, sentence: str) -> None:
    result, line = doubted(name, sentence)
    body = put_in(result.body, line, result.record, form(name), DAY)
    assert sorted(sentences(body)) == sorted(sentences(wanted(name)))
    if name != "table" and not sentence.startswith(("明日", "来週")):
        assert body == wanted(name)


def sentences(text: str) -> list[str]:
    """A report sentence by sentence, wherever it runs on as text."""
    for joint in ("また、", "今後は、", "："):
        text = text.replace(joint, "\n")
    return [part for line in text.split("\n") for part in line.split("。") if part]


def test_a_line_left_out_opens_a_report_of_nothing_in_the_form() -> None:
    report = form("senmon")
    result, line = doubted("senmon", "MFAをオンにした。")
    empty = draft(report, "夜は焼肉で最高だった。", {}).body
    body = put_in(empty, line, result.record, report, DAY)
    assert "日付: 2026年11月26日(木)" in body and "■学習内容\n・MFAをオンにしました。" in body


def test_an_optional_part_appears_with_its_first_line() -> None:
    parts = [
        ReportSection(title="■学習", take=("rest",)),
        ReportSection(title="■就活", take=("job",), optional=True),
        ReportSection(title="■所感"),
    ]
    report = ReportSettings(lead="", bullet="・", sections=tuple(parts))
    body = "■学習\n・MFAをオンにしました。\n\n■所感"
    assert dress("* MFAをオンにしました。", replace_bullet(report, "* "), DAY) == body.replace("・", "* ")
    line = LeftOut("・面接を受けました。", 5, "面接。", 6, 0.5, (), False, "面接を受けました。")
    put = put_in(body, line, draft(report).record, report, DAY)
    assert put == "■学習\n・MFAをオンにしました。\n\n■就活\n・面接を受けました。\n\n■所感"


def replace_bullet(report: ReportSettings, bullet: str) -> ReportSettings:
    return report.model_copy(update={"bullet": bullet})


def test_nothing_of_a_kind_is_told_in_the_school_s_words() -> None:
    body = draft(form("dearu"), lines={key: value for key, value in LINES.items() if "面接" not in key}).body
    assert "【就職活動】\n特になし\n" in body
    result, line = doubted("dearu", "面接練習で自己紹介を直したけど、まだ長い。")
    assert "特になし" in result.body
    assert put_in(result.body, line, result.record, form("dearu"), DAY) == wanted("dearu")


def test_a_report_from_before_the_form_is_read_by_its_marks() -> None:
    plain = draft(ReportSettings())
    kinds = [line.kind for line in read_lines(plain.body, form("senmon"))]
    assert kinds.count("bullet") == 5 and kinds.count("closing") == 1
    assert len(evidence_in(plain.record, plain.body, form("senmon"))) == len(LINES)


def test_numbers_without_sections() -> None:
    report = ReportSettings(bullet="(1) ", header=("{YYYY}年{MM}月{DD}日 {ddd}曜日",))
    body = draft(report).body.split("\n")
    assert body[0] == "2026年11月26日 木曜日"
    assert body[4].startswith("(1) Java") and body[8].startswith("(5) 面接")
    assert len(draft(report).evidence) == len(LINES)
    assert score("\n".join(body), DIARY, CheckSettings(report=report)).clean


def test_a_line_that_cannot_be_turned_stays_and_is_marked() -> None:
    report = form("dearu")
    lines = {**LINES, "MFAをオンにした。": "* MFAの過去問は、五問当たりました。"}
    result = draft(report, lines=lines)
    assert "MFAの過去問は、五問当たりました。" in result.body and result.status == "needs-review"
    assert any("である調" in warning for warning in result.warnings)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_of_whole_reports_is_asked_for_the_plain_form_and_its_lines_are_laid_out(name: str) -> None:
    report = form(name)
    engine = QueueEngine(undress(wanted(name), report))
    result = draft_report(engine, DraftRequest(DAY.isoformat(), DIARY), Config(report=report))
    asked = engine.asked[0][0][0]["content"]
    assert result.body == wanted(name) and "所感" not in asked
    assert report.closing in asked and not any(part.title and part.title in asked for part in report.sections)


@pytest.mark.parametrize("name", NAMES)
def test_the_note_has_it_and_it_is_read_back_as_it_is(name: str) -> None:
    result = draft(form(name))
    note = ReportNote(DAY, "diary/2026-11-26", result.body, "draft", "starter-1", datetime(2026, 11, 26, 22))
    assert read(render(note).encode()).body == wanted(name)


def test_the_style_is_learned_within_a_form_that_the_settings_name() -> None:
    report = form("dearu").model_copy(update={"style": "auto"})
    learned = learn_form([wanted("dearu")] * 6, report)
    assert learned.style == "de-aru"
    assert learned.model_copy(update={"style": "auto"}) == report


def test_the_placeholder_stays_alone() -> None:
    report = form("senmon")
    diary = "佐藤くんに聞いた。"
    result = draft(report, diary, {diary: "* 佐藤くんに質問しました。"})
    assert "■" not in result.body and result.status == "needs-review"


@pytest.mark.parametrize("text", ["", "おはよう。", "■所感\n楽しかった。\n■明日の予定\n・寝る"])
def test_a_text_that_is_no_report_gives_no_form(text: str) -> None:
    with pytest.raises(UsageError):
        read_form(text, ReportSettings())


def test_evidence_survives_the_pipe() -> None:
    result = draft(form("table"))
    assert DraftResult.from_json(result.to_json()) == replace(result)


DEEDS = tuple(line for line in LINES.values() if line.startswith("* "))
WISHES = tuple(line for line in LINES.values() if line not in DEEDS)
KINDS = ("lesson", "assignment", "certification", "job", "plan", "rest")


@st.composite
def forms(draw: st.DrawFn) -> ReportSettings:
    """Any form whose parts have titles: kinds spread over parts, marks, layouts, own parts and fixed texts between."""
    kinds = draw(st.permutations(KINDS))
    cuts = sorted(draw(st.lists(st.integers(1, 5), max_size=4, unique=True)))
    groups = [kinds[a:b] for a, b in zip([0, *cuts], [*cuts, 6], strict=True)]
    parts = [
        ReportSection(
            title=f"【欄{number}】",
            take=tuple(group),
            bullet=draw(st.sampled_from([None, "", "・", "1) "])),
            layout=draw(st.sampled_from(["lines", "paragraph", "inline"])),
            optional=draw(st.booleans()),
            empty=draw(st.sampled_from(["", "特になし"])),
        )
        for number, group in enumerate(groups)
    ]
    parts.insert(draw(st.integers(0, len(parts))), ReportSection(title="■所感"))
    return ReportSettings(
        header=draw(st.sampled_from([(), ("{YYYY}/{MM}/{DD}", "", "氏名: 山田")])),
        lead=draw(st.sampled_from(["", "本日の報告です。"])),
        bullet=draw(st.sampled_from(["* ", "・", "1. ", "(1)", "①"])),
        style=draw(st.sampled_from(["desu-masu", "de-aru"])),
        sections=(*parts, ReportSection(text="以上")),
        section_gap=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    forms(), st.lists(st.sampled_from(DEEDS), min_size=1, unique=True), st.lists(st.sampled_from(WISHES), unique=True)
)
def test_in_any_form_every_line_stands_once_and_nothing_else_is_told(
    report: ReportSettings, deeds: list[str], wishes: list[str]
) -> None:
    lines = [ReportLine(text, at, 0.9) for at, text in enumerate([*deeds, *wishes])]
    record = DayRecord(
        "", tuple(SentenceRecord(one.text, 1, 0, 1, 0.1, (LineRecord(one.text, 0.9, True),)) for one in lines)
    )
    body = dress(lay_out(choose(lines, report), report), report, DAY)
    for one in lines:
        bare = in_style(one.text.removeprefix("* ").removeprefix("今後は、"), report)
        assert body.count(bare) == 1
    assert len({one.sentence for one in evidence_in(record, body, report)}) == len(lines)
    kinds = [one.kind for one in read_lines(normalise(body), report)]
    assert "text" not in kinds and "own" not in kinds
    assert [one for one in score(body, DIARY, CheckSettings(report=report)).findings if one.check == "form"] == []
    assert dress(undress(body, report), report, DAY) == body


@settings(max_examples=40, deadline=None, derandomize=True)
@given(forms(), st.sampled_from(list(LINES)))
def test_in_any_form_a_line_left_out_goes_back_to_its_place(report: ReportSettings, sentence: str) -> None:
    engine = AskingEngine(LINES, {LINES[sentence]: 0.02})
    result = draft_report(engine, DraftRequest(DAY.isoformat(), DIARY), Config(report=report))
    (line,) = left_out(result.record, result.body, report)
    body = put_in(result.body, line, result.record, report, DAY)
    record = draft(report).record
    assert {one.sentence for one in evidence_in(record, body, report)} == set(LINES)
    assert left_out(result.record, body, report) == ()
    assert [one for one in score(body, DIARY, CheckSettings(report=report)).findings if one.check == "form"] == []

"""The catalogue of what nippo says, held against the code; and the language that is chosen."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import polib
import pytest
from rich.cells import cell_len

from daemon.words import language, tr
from daemon.words.breaking import NEVER_FIRST
from daemon.words.of_typer import in_words
from dev import words

LATER = {
    "daemon/commands/setup.py",
    "daemon/commands/status.py",
    "daemon/drafting/fit.py",
    "daemon/drafting/form_reading.py",
    "daemon/engines/server.py",
    "daemon/engines/server_errors.py",
    "daemon/setup/demo.py",
}
"""Files whose words are not marked yet."""


@pytest.fixture(scope="module")
def book() -> polib.POFile:
    return polib.pofile(str(words.PO))


def test_all_that_is_said_stands_in_the_catalogue_and_nothing_else(book: polib.POFile) -> None:
    said, known = set(words.wanted()), {entry.msgid for entry in book}
    assert len(known) > 200
    assert said - known == set(), "run `make words` and give the new entries their Japanese"
    assert known - said == set(), "run `make words`: nobody says these any more"
    assert [entry.msgid for entry in book if not entry.msgstr or entry.fuzzy] == []


def test_both_languages_have_the_same_values(book: polib.POFile) -> None:
    other = [entry.msgid for entry in book if words.placeholders(entry.msgid) != words.placeholders(entry.msgstr)]
    assert other == []
    in_order = [one for one in book if "%" in one.msgid and "{" not in one.msgid]
    marks = re.compile(r"%[\d.]*[a-z]")
    assert [one.msgid for one in in_order if marks.findall(one.msgid) != marks.findall(one.msgstr)] == []


def test_what_stands_in_back_quotes_is_the_same(book: polib.POFile) -> None:
    """Commands, keys and names are never translated."""
    quoted = re.compile(r"`[^`]*`")
    other = [one.msgid for one in book if set(quoted.findall(one.msgid)) - set(quoted.findall(one.msgstr))]
    assert other == []


def test_the_compiled_catalogue_is_the_written_one(book: polib.POFile) -> None:
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(words.MO))}
    assert compiled == {entry.msgid: entry.msgstr for entry in book}


def test_a_japanese_text_has_the_ends_of_the_english_one(book: polib.POFile) -> None:
    """Pieces that are put together keep the blank between them; a line feed at an end is a line feed."""
    for entry in book:
        for end in (0, -1):
            assert (entry.msgid[end] == "\n") == (entry.msgstr[end] == "\n"), entry.msgid
        assert entry.msgid.count("\n") == entry.msgstr.count("\n"), entry.msgid


def test_what_a_person_is_shown_is_marked() -> None:
    found = {
        file.relative_to(words.ROOT).as_posix(): [ast.unparse(node) for node in words.unmarked(tree)]
        for file in words.sources()
        for tree in [ast.parse(file.read_text(encoding="utf-8"))]
    }
    assert {file: bare for file, bare in found.items() if bare and file not in LATER} == {}
    assert [file for file in LATER if not found.get(file)] == [], "swept or gone: take it off the list"


UNMARKED = """
raise UsageError(f"{day} is no date.", tr("Write it as 2026-01-07."))
typer.echo("done" if done else tr("not done"))
console.print("\\n".join([f"{one} is new" for one in found]))
typer.echo(found["state"] + f"{number:3} `nippo status` [bold]{day}[/bold]")
raise NippoError(job.error, job.next_step)
tr(f"{day} is no date.")
DoctorLine("data", "ok", tr("fine"))
"""


def test_a_text_that_is_not_marked_is_found() -> None:
    found = [ast.unparse(node) for node in words.unmarked(ast.parse(UNMARKED))]
    assert found[:4] == ["f'{day} is no date.'", "'done'", "f'{one} is new'", "f'{day} is no date.'"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "jam_JM.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.eucJP"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, "ja"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "ja:en"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en:ja"}, "en"),
        ({"LC_ALL": "C", "NIPPO_LANG": "ja"}, "ja"),
        ({"LC_ALL": "ja_JP.UTF-8", "NIPPO_LANG": "en"}, "en"),
    ],
)
def test_the_first_variable_that_says_something_names_the_language(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NIPPO_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_a_text_without_translation_and_an_empty_one_stay_as_they_are(in_japanese: None) -> None:
    assert tr("Nobody says this: {what}", what="{x}") == "Nobody says this: {x}"
    assert tr("") == "" and tr("{}") == "{}"


def shown(*arguments: str, width: int = 80, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a person sees who types the command, on a terminal so wide."""
    environment = {**os.environ, "COLUMNS": str(width), "PYTHONPATH": str(words.ROOT), **variables}
    command = [sys.executable, "-m", "daemon.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


def test_the_list_of_commands_is_japanese_and_fits(in_japanese: None) -> None:
    said = shown("--help").stdout
    assert "使い方:" in said and "─ コマンド ─" in said and "─ オプション ─" in said
    assert "日報をObsidianで開きます。" in said and "この説明を表示して終わります。" in said
    assert not re.search(r"\b(Show|Open|the|Usage)\b", said.replace("[OPTIONS]", ""))
    assert "…" not in said, "a line is cut off"
    assert {cell_len(line) for line in said.splitlines() if line.startswith(("│", "╭", "╰"))} == {80}


def test_the_same_list_is_english_elsewhere() -> None:
    said = shown("--help").stdout
    assert "Usage:" in said and "Open a report in Obsidian." in said and not re.search("[ぁ-ん]", said)
    assert "使い方" in shown("--help", NIPPO_LANG="ja").stdout


def test_no_line_of_japanese_begins_with_a_closing_mark(in_japanese: None) -> None:
    for width, command in ((50, "forget"), (64, "check"), (71, "rebuild")):
        lines = [line.strip("│ ") for line in shown(command, "--help", width=width).stdout.splitlines()]
        assert len(lines) > 10 and [line for line in lines if line and line[0] in NEVER_FIRST] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["promot"], "'promot' というコマンドはありません。もしかして 'promote' ですか?"),
        (["redo"], "引数 'DATE' を指定してください。"),
        (["backfill"], "オプション '--from' を指定してください。"),
        (["redo", "--foo", "x"], "--foo というオプションはありません。"),
        (["export", "a", "b", "--as", "odt"], "'--as' の値が正しくありません: 'odt' は使えません。"),
        (["evaluate", "x", "--out"], "オプション '--out' には値が必要です。"),
    ],
)
def test_a_slip_on_the_command_line_is_answered_in_japanese(
    arguments: list[str], expected: str, in_japanese: None
) -> None:
    done = shown(*arguments, width=120)
    assert done.returncode == 2 and expected in done.stderr and "─ エラー ─" in done.stderr


def test_what_typer_says_that_nobody_knows_stays_as_it_is(in_japanese: None) -> None:
    assert in_words("Could not open file 'x': gone") == "Could not open file 'x': gone"

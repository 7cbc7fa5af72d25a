"""The catalogue of what nippo says, held against the code; and the language that is chosen."""

from __future__ import annotations

import ast
import errno
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from rich.cells import cell_len

from daemon.commands.run import in_the_language
from daemon.errors import AlreadyRunning, NippoError, NoRoom, TrainingOutOfMemory, VaultUnavailable
from daemon.learning.run_folder import Ending
from daemon.learning.training_call import check
from daemon.system.lock import VaultLock
from daemon.vault.diary import private_note
from daemon.vault.layout import require_vault
from daemon.words import language, tr
from daemon.words.breaking import NEVER_FIRST
from daemon.words.of_typer import in_words
from daemon.worker.messages import error_message, to_error
from dev import words


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
    assert len(found) > 200 and {file: bare for file, bare in found.items() if bare} == {}


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


def private_world(folder: Path) -> tuple[Path, Path]:
    """A vault with a note of every trouble, and settings for it."""
    vault = folder / "vault"
    (vault / "diary").mkdir(parents=True)
    (vault / ".obsidian").mkdir()
    (vault / ".obsidian" / "daily-notes.json").write_text('{"folder": "diary"}', encoding="utf-8")
    (vault / "diary" / "2026-01-07.md").write_text("Javaの授業で配列を学んだ。\n", encoding="utf-8")
    (vault / "diary" / "2026-02-30.md").write_text("x", encoding="utf-8")
    (vault / "diary" / "2026-01-09.md").write_bytes(b"\xff\xfe\xff")
    settings = folder / "config.toml"
    settings.write_text(
        f'[vault]\npath = "{vault.as_posix()}"\n[data]\nfolder = "{(folder / "data").as_posix()}"\n', encoding="utf-8"
    )
    return vault, settings


def test_the_doctor_speaks_japanese_in_columns(in_japanese: None, tmp_path: Path) -> None:
    vault, settings = private_world(tmp_path)
    lines = shown("doctor", "--config", str(settings)).stdout.splitlines()
    assert any(re.fullmatch(r"良好  保管庫 +" + re.escape(str(vault)), line) for line in lines)
    odd = next(number for number, line in enumerate(lines) if "2026-02-30" in line)
    assert lines[odd].startswith("注意  日記 ") and "暦にない日付です。" in lines[odd]
    assert lines[odd + 1].strip() == "→ 正しい日付の名前に変えてください。"
    named = [re.fullmatch(r"(..  \S+(?: mount)? +)\S.*", line) for line in lines if not line.startswith(" ")]
    assert len({cell_len(found[1]) for found in named if found}) == 1, "the messages begin in one column"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_table_of_japanese_is_broken_and_not_cut_off(lang: str, tmp_path: Path) -> None:
    vault, settings = private_world(tmp_path)
    long = "ネットワークの授業でサブネットマスクの計算を練習してホストの数を求める問題を三十問も解き直した!"
    (vault / "nippo").mkdir()
    (vault / "nippo" / "2026-01-07-nippo.md").write_text(f"---\ndate: 2026-01-07\n---\n* {long}\n", encoding="utf-8")
    said = shown("check", "2026-01-07", "--config", str(settings), width=60, NIPPO_LANG=lang).stdout
    assert "…" not in said and long in "".join(line.split("│")[-2].strip() for line in said.splitlines() if "│" in line)


def test_programs_read_english(in_japanese: None, tmp_path: Path) -> None:
    _, settings = private_world(tmp_path)
    for command in ("doctor", "status", "pairs", "versions"):
        values = json.loads(shown(command, "--json", "--config", str(settings)).stdout)
        keys = set(re.findall(r'"([^"]+)":', json.dumps(values, ensure_ascii=False)))
        assert [key for key in keys if not key.isascii()] == []
    states = {line["state"] for line in json.loads(shown("doctor", "--json", "--config", str(settings)).stdout)}
    assert states <= {"ok", "warn", "fail"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["report", "2026-05-05"],
            "diary に 2026-05-05 の日記のノートがありません(YYYY-MM-DD)。\n  → ",
        ),
        (["copy"], "日報がまだありません。\n  → `nippo report DATE` で書けます。"),
        (
            ["accept", "soon"],
            "「soon」は日付ではありません。\n  → 2026-01-07、今日、昨日",
        ),
        (["check", "2026-01-09"], "文字コードがUTF-8ではありません\n  → ノートをUTF-8で保存してください"),
        (["promote", "x"], "そのような版はありません\n  → `nippo versions` で一覧を見られます。"),
        (["export", "2026-01-02", "2026-01-01"], "2026-01-02 が 2026-01-01 より後の日です。\n  → 早いほうの日を"),
    ],
)
def test_an_error_says_in_japanese_what_happened_and_what_to_do(
    arguments: list[str], expected: str, in_japanese: None, tmp_path: Path
) -> None:
    _, settings = private_world(tmp_path)
    done = shown(*arguments, "--config", str(settings))
    assert done.returncode in (1, 2) and done.stderr.startswith("nippo: ") and expected in done.stderr


FAULTY = """[vault]
path = 3
foo = 1
[watch]
settle_seconds = "fast"
observer = "x"
[schedule]
retrain = "never"
"""


def test_faulty_settings_are_explained_in_japanese(in_japanese: None, tmp_path: Path) -> None:
    """Also where pydantic found the fault."""
    file = tmp_path / "config.toml"
    file.write_text(FAULTY, encoding="utf-8")
    assert shown("status", "--config", str(file)).stderr.splitlines() == [
        f"nippo: {file}: 直すところが5件あります",
        "  `vault.path`: 文字列を指定してください(いまの値: 3)",
        "  `vault.foo`: そのような項目はありません",
        "  `watch.observer`: 'native'、'polling' のいずれかにしてください(いまの値: 'x')",
        "  `watch.settle_seconds`: 数を指定してください(いまの値: 'fast')",
        "  `schedule.retrain`: \"sun 03:00\" のような曜日と時刻を書いてください(いまの値: 'never')",
        "  → これらの項目を直してください。",
    ]


def test_the_branches_of_the_tree_speak_japanese(in_japanese: None, tmp_path: Path) -> None:
    """Errors that no command line brings up at once."""
    with VaultLock(tmp_path), pytest.raises(AlreadyRunning) as running, VaultLock(tmp_path):
        pass
    with pytest.raises(VaultUnavailable) as away:
        require_vault(tmp_path / "gone")
    with pytest.raises(TrainingOutOfMemory) as training:
        check(Ending.OUT_OF_MEMORY)
    full = NoRoom.of(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
    found = [
        running.value,
        away.value,
        training.value,
        full,
        private_note("diary/x.md"),
        to_error(error_message(MemoryError())),
    ]
    for problem in found:
        assert isinstance(problem, NippoError)
        assert re.search("[ぁ-んァ-ヶ一-龠]{3}", problem.what) and re.search("[ぁ-ん]+。", problem.next_step), problem


def test_a_line_of_the_log_is_japanese_and_keeps_its_values(in_japanese: None) -> None:
    record = logging.makeLogRecord({"msg": "%s: attempt %d failed: %s", "args": ("diary/x.md", 2, "…")})
    assert in_the_language(record) and record.getMessage() == "diary/x.md: 2回目も失敗しました: …"
    foreign = logging.makeLogRecord({"msg": "Some library says %s", "args": ("this",)})
    assert in_the_language(foreign) and foreign.getMessage() == "Some library says this"


def test_the_state_is_japanese_in_columns(in_japanese: None, tmp_path: Path) -> None:
    vault, settings = private_world(tmp_path)
    lines = shown("status", "--config", str(settings)).stdout.splitlines()
    assert lines[:2] == ["nippo    動いていません。`nippo run` で始められます", f"保管庫   {vault}"]
    assert "日報     作成0件、提出済み0件" in lines

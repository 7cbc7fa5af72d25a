"""accept, reject, pairs, rebuild, import, forget, versions, promote, rollback, prune: through the real command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from daemon.cli import app
from daemon.config import Config
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.errors import NippoError, PairRefused, UsageError
from daemon.learning.pair_import import parse_line, read_pairs
from daemon.learning.places import known_places
from daemon.learning.review import FORGOTTEN
from daemon.learning.reviewer import Reviewer
from daemon.service.heartbeat import Heartbeat, HeartbeatFile
from daemon.service.standing import Owner, standing
from daemon.store.store import FILE_NAME, Store
from daemon.summaries.days import read_days
from daemon.system.extras import adding
from daemon.system.lock import VaultLock
from daemon.vault.layout import read_layout
from daemon.vault.report_note import ReportNote, read, render, set_key
from daemon.versions.champion import champion, promote
from dashboard import training_page
from tests.conftest import MakeConfig, MakeVault, ReadVault
from tests.daemon.learning.test_weekly_training import make_version
from tests.learning_world import NOW, day_of, note_of, vault_files

DAY = str(day_of(0))
PATH = f"nippo/{DAY}-nippo.md"


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig) -> Config:
    files = {**vault_files(3), PATH: note_of(0, accepted=False)}
    return make_config(make_vault(files))


def nippo(config: Config, *words: str) -> Result:
    """Run a command; what a person would see as an error is raised."""
    done = CliRunner().invoke(app, [*words, "--config", str(config.file)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_accept_and_reject_change_one_line_and_the_pair(config: Config, read_vault: ReadVault) -> None:
    before = read_vault(config.vault_path)
    assert f"{PATH}: accepted (1 pairs in all)" in nippo(config, "accept", DAY).output
    after = read_vault(config.vault_path)
    assert after[PATH] == str(before[PATH]).replace("accepted: false", "accepted: true")
    assert f"{PATH}: not accepted (0 pairs in all)" in nippo(config, "reject", DAY).output
    assert read_vault(config.vault_path) == before
    with pytest.raises(UsageError, match="no report of 2026-01-01"):
        nippo(config, "accept", "2026-01-01")


def test_pairs_tell_how_much_was_edited_and_what_was_trained_on_them(config: Config) -> None:
    nippo(config, "rebuild")
    with Store.open(config.data_path) as store:
        store.set_meta("held_out", [str(day_of(2))])
    make_version(config, "v0.1")
    rows = {row["id"]: row for row in json.loads(nippo(config, "pairs", "--json").output)}
    assert set(rows) == {str(day_of(1)), str(day_of(2))}
    assert rows[str(day_of(2))]["held_out"] and rows[str(day_of(1))]["versions"] == []
    assert "held out for the gate" in nippo(config, "pairs").output


def test_rebuild_finds_every_accepted_report_and_keeps_the_old_database(config: Config, read_vault: ReadVault) -> None:
    before = read_vault(config.vault_path)
    config.data_path.mkdir(exist_ok=True)
    (config.data_path / FILE_NAME).write_bytes(b"this was a database once" * 100)
    output = nippo(config, "rebuild").output
    assert "2 pair(s) from nippo" in output and "take imported pairs in again with `nippo import`" in output
    old = [file for file in config.data_path.iterdir() if file.name.startswith(f"{FILE_NAME}.2")]
    assert len(old) == 1 and old[0].read_bytes().startswith(b"this was")
    assert read_vault(config.vault_path) == before


def test_what_is_not_written_yet_cannot_be_accepted(config: Config) -> None:
    file = config.vault_path / PATH
    file.write_text(file.read_text(encoding="utf-8").partition("\n---\n")[0] + "\n---\n\n", encoding="utf-8")
    file.write_bytes(set_key(file.read_bytes(), "status", "writing"))
    before = file.read_bytes()
    with pytest.raises(UsageError, match="not written yet"):
        nippo(config, "accept", DAY)
    assert file.read_bytes() == before


def test_rebuild_knows_the_notes_again_that_only_say_that_their_report_is_written(config: Config) -> None:
    day = date(2026, 2, 1)
    note = ReportNote(day, "diary/2026-02-01", "", "writing", "", datetime(2026, 2, 1, tzinfo=UTC))
    file = config.vault_path / "nippo/2026-02-01-nippo.md"
    file.write_text(render(note), encoding="utf-8")
    nippo(config, "rebuild")
    with Store.open(config.data_path) as store:
        assert standing(read_layout(config), store, day).owner is Owner.NOBODY
        file.write_text(render(note) + "私の文。", encoding="utf-8")
        assert standing(read_layout(config), store, day).owner is Owner.PERSON


def test_rebuild_keeps_imported_pairs_forgotten_days_and_what_is_known_of_drafts(
    config: Config, tmp_path: Path
) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(ROWS[0], encoding="utf-8")
    nippo(config, "import", str(file))
    nippo(config, "accept", DAY)
    with Store.open(config.data_path) as store:
        pair = store.pair(DAY)
        assert pair is not None
        store.put_pair(replace(pair, draft="* 下書き", record="{}", accepted_at="2026-10-01T20:00:00+00:00"))
        store.put_pair(
            replace(pair, id=str(day_of(1)), day=str(day_of(1)), report="", withdrawn=True, source=FORGOTTEN)
        )
        store.set_meta("held_out", [DAY])
        store.set_meta("forgotten_pairs", [str(day_of(1))])
    output = nippo(config, "rebuild").output
    assert "2 pair(s) from nippo" in output and "1 imported pair(s) taken over" in output
    assert "1 without the record of their draft" in output
    with Store.open(config.data_path) as store:
        assert [pair.id for pair in store.pairs()] == ["import-s-01", DAY, str(day_of(2))]
        again = store.pair(DAY)
        assert again is not None and (again.draft, again.record) == ("* 下書き", "{}")
        assert again.accepted_at == "2026-10-01T20:00:00+00:00"
        assert store.get_meta("held_out") == [DAY] and store.get_meta("forgotten_pairs") == [str(day_of(1))]


def test_rebuild_loses_no_pair_whatever_has_become_of_its_note(config: Config, read_vault: ReadVault) -> None:
    """Moved, renamed, gone, its diary blanked: every pair is as it was accepted, with the database and without."""
    nippo(config, "accept", DAY)
    nippo(config, "rebuild")
    with Store.open(config.data_path) as store:
        before = store.pairs()
    folder = config.vault_path / "nippo"
    (folder / "archive").mkdir()
    (folder / f"{day_of(0)}-nippo.md").rename(folder / "archive" / "提出済み.md")
    text = (folder / f"{day_of(1)}-nippo.md").read_bytes()
    (folder / f"{day_of(1)}-nippo.md").unlink()
    for diary in (config.vault_path / "diary").iterdir():
        diary.write_text("", encoding="utf-8")
    output = nippo(config, "rebuild").output
    assert "3 pair(s) from nippo" in output and "1 of them kept though the note is gone" in output
    with Store.open(config.data_path) as store:
        assert [replace(pair, missing_since="") for pair in store.pairs()] == before
    for file in config.data_path.glob(f"{FILE_NAME}*"):
        file.unlink()
    for number in range(3):
        (config.vault_path / f"diary/{day_of(number)}.md").write_text(before[number].diary, encoding="utf-8")
    (config.vault_path / "memo.md").write_bytes(text)
    assert "3 pair(s) from nippo" in nippo(config, "rebuild").output
    with Store.open(config.data_path) as store:
        assert [(pair.diary, pair.report) for pair in store.pairs()] == [(one.diary, one.report) for one in before]


def test_commands_find_a_moved_report(config: Config) -> None:
    nippo(config, "rebuild")
    moved = config.vault_path / "nippo/archive/提出.md"
    moved.parent.mkdir()
    (config.vault_path / PATH).rename(moved)
    with Store.open(config.data_path) as store:
        Reviewer(config, store).scanned(NOW)
    assert "nippo/archive/提出.md: accepted (3 pairs in all)" in nippo(config, "accept", DAY).output
    assert read(moved.read_bytes()).accepted and not (config.vault_path / PATH).exists()
    assert json.loads(nippo(config, "check", DAY, "--json").output)["report"] == str(moved)
    assert DAY not in nippo(config, "backfill", "--from", DAY, "--to", DAY, "--dry-run").stdout
    days = read_days(read_layout(config), day_of(0), day_of(0), 512, places=known_places(config))
    assert [(one.day, one.accepted) for one in days] == [(day_of(0), True)]
    nippo(config, "forget", DAY)
    assert not read(moved.read_bytes()).accepted


def test_a_lost_note_is_told_restored_or_rejected(config: Config, read_vault: ReadVault) -> None:
    nippo(config, "accept", DAY)
    before = read_vault(config.vault_path)
    (config.vault_path / PATH).unlink()
    nippo(config, "rebuild")
    status = nippo(config, "status").output
    assert f"{PATH}: the note of an accepted report is gone" in status and f"nippo restore {DAY}" in status
    assert json.loads(nippo(config, "status", "--json").output)["attention"][0]["kind"] == "missing"
    assert "note missing since" in nippo(config, "pairs").output
    assert nippo(config, "restore", DAY).output == f"{PATH}: restored\n"
    assert read(str(read_vault(config.vault_path)[PATH]).encode()).body == read(str(before[PATH]).encode()).body
    assert "look at" not in nippo(config, "status").output
    (config.vault_path / PATH).unlink()
    nippo(config, "rebuild")
    assert f"{PATH}: not accepted (2 pairs in all)" in nippo(config, "reject", DAY).output
    assert "look at" not in nippo(config, "status").output
    with pytest.raises(UsageError, match="there is no report"):
        nippo(config, "restore", DAY)


def test_a_shrunk_diary_is_asked_about(config: Config) -> None:
    nippo(config, "accept", DAY)
    (config.vault_path / f"diary/{DAY}.md").write_text("短い。", encoding="utf-8")
    file = config.vault_path / PATH
    for number, (word, characters) in enumerate({"keep": 0, "renew": len("短い。")}.items()):
        file.write_bytes(file.read_bytes() + f"* {number}を足しました。\n".encode())
        if number:
            (config.vault_path / f"diary/{DAY}.md").write_text("短い", encoding="utf-8")
        nippo(config, "accept", DAY)
        assert f"nippo pairs {word} {DAY}" in nippo(config, "status").output
        output = nippo(config, "pairs", word, DAY).output
        assert (f"a diary of {len('短い')} characters" in output) is bool(characters)
        assert "look at" not in nippo(config, "status").output
    with pytest.raises(UsageError, match="no question is open"):
        nippo(config, "pairs", "keep", DAY)


def test_forget_takes_copies_of_bodies_into_account(config: Config) -> None:
    nippo(config, "accept", DAY)
    (config.vault_path / "nippo/.history").mkdir()
    (config.vault_path / f"nippo/.history/{DAY}-1.md").write_text(note_of(0), encoding="utf-8")
    assert f"quoted in the note nippo/.history/{DAY}-1.md" in nippo(config, "forget", DAY).output


def test_rebuild_of_nothing_but_the_vault_gives_the_same_labels(config: Config) -> None:
    nippo(config, "rebuild")
    before = json.loads(nippo(config, "pairs", "show", str(day_of(1)), "--json").output)
    for file in config.data_path.glob(f"{FILE_NAME}*"):
        file.unlink()
    nippo(config, "rebuild")
    assert json.loads(nippo(config, "pairs", "show", str(day_of(1)), "--json").output) == before


def test_pairs_show_tells_what_is_learned_from_a_report(config: Config) -> None:
    nippo(config, "rebuild")
    with Store.open(config.data_path) as store:
        pair = store.pair(str(day_of(2)))
        assert pair is not None
        sentences = (
            SentenceRecord(
                "HTMLの問題を4問解いた。", 1, 0, 14, 0.1, (LineRecord("* HTMLの問題を4問解きました。", 0.9, True),)
            ),
            SentenceRecord("ねむい一日だった。", 1, 14, 23, 0.9),
        )
        record = json.dumps(DayRecord("key", sentences).to_json(), ensure_ascii=False)
        store.put_pair(replace(pair, report=pair.report + "\n* 図書館で調べ物をした。", record=record))
    shown = nippo(config, "pairs", "show", str(day_of(2)))
    assert shown.output.splitlines() == [
        f"{day_of(2)}: from the draft's own record",
        "  HTMLの問題を4問解いた。",
        "      → * HTMLの問題を4問解きました。",
        "  ねむい一日だった。",
        "      → なし",
        "judged (T true, F false, P private, U to be reworded)",
        "  T  * HTMLの問題を4問解きました。",
        "could not be traced, so not learned",
        "  図書館で調べ物をした。  (日記に同じことを書いた文が見つかりません)",
    ]
    (rows,) = json.loads(nippo(config, "pairs", "show", str(day_of(2)), "--json").output)
    assert rows["sentences"] == [
        {"sentence": "HTMLの問題を4問解いた。", "lines": ["* HTMLの問題を4問解きました。"]},
        {"sentence": "ねむい一日だった。", "lines": []},
    ]
    assert rows["by_record"] and rows["untraced"][0]["line"] == "図書館で調べ物をした。"
    with pytest.raises(UsageError, match="no accepted pair has this day or id"):
        nippo(config, "pairs", "show", "import-nobody")
    with pytest.raises(UsageError, match="no accepted pair has this day or id"):
        nippo(config, "pairs", "show", "2020-01-01")


def test_an_imported_pair_is_shown_and_forgotten_by_its_id(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(ROWS[0] + "\n" + ROWS[0].replace("s-01", "s-02").replace("Java", "SQL"), encoding="utf-8")
    nippo(config, "import", str(file))
    assert "import-s-02: by alignment" in nippo(config, "pairs", "show", "import-s-02").output
    assert nippo(config, "pairs", "show", "2025-05-08").output.count("by alignment") == 2
    nippo(config, "rebuild")
    assert "import-s-02: 1 pair(s) forgotten" in nippo(config, "forget", "import-s-02").output
    with Store.open(config.data_path) as store:
        assert store.pair("import-s-02") is None and store.pair("import-s-01") is not None
        assert store.get_meta("forgotten_pairs") == ["import-s-02"]
    left = b"".join(file.read_bytes() for file in config.data_path.glob(f"{FILE_NAME}*"))
    assert "SQLを学んだ".encode() not in left and "Javaを学んだ".encode() in left, "the database aside forgets too"
    with pytest.raises(UsageError, match="is no date, and no pair has this id"):
        nippo(config, "forget", "import-s-02")


def test_forget_names_a_database_aside_that_it_cannot_open(config: Config) -> None:
    config.data_path.mkdir(exist_ok=True)
    (config.data_path / FILE_NAME).write_bytes(b"this was a database once" * 100)
    nippo(config, "rebuild")
    assert "cannot be opened and may still hold it" in nippo(config, "forget", str(day_of(1))).output


def test_rebuild_is_refused_while_a_daemon_runs(config: Config) -> None:
    hold = "import sys; from pathlib import Path; from daemon.system.lock import VaultLock;"
    hold += " l = VaultLock(Path(sys.argv[1]));"
    hold += " l.acquire(); print('held', flush=True); sys.stdin.readline()"
    process = subprocess.Popen(
        [sys.executable, "-c", hold, str(config.data_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdout.readline() == b"held\n"
    with pytest.raises(NippoError, match="Another nippo"):
        nippo(config, "rebuild")
    process.communicate(b"\n")
    with VaultLock(config.data_path):
        pass


ROWS = [
    '{"id": "s-01", "date": "2025-05-08", "diary": "Javaを学んだ。", "report": "* Javaを学びました。"}',
    '{"messages": [{"role": "user", "content": "2025年5月9日 SQL。"}, {"role": "assistant", "content": "* SQL"}]}',
    '{"input": "2025/5/10 HTML", "output": "* HTML"}',
    '{"diary": "日付がない", "report": "* 何か"}',
    '{"date": "2025-05-11", "diary": "  ", "report": "* 何か"}',
    "これはJSONではない",
    '{"id": "s-01", "date": "2025-05-12", "diary": "同じ番号", "report": "* 同じ"}',
]


def test_import_takes_what_it_can_and_lists_the_rest(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    done = nippo(config, "import", str(file))
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "3 of 7 row(s) taken; 3 pairs in all",
        "  mine.jsonl:4: has no date (a key `date`, or a date at the beginning of the diary)",
        "  mine.jsonl:5: has no diary",
        "  mine.jsonl:6: is not JSON",
        "  mine.jsonl:7: has the id of mine.jsonl:1",
    ]
    with Store.open(config.data_path) as store:
        assert [(pair.day, pair.source) for pair in store.pairs()] == [
            ("2025-05-08", "import"),
            ("2025-05-09", "import"),
            ("2025-05-10", "import"),
        ]
    file.write_text(ROWS[0], encoding="utf-8")
    again = nippo(config, "import", str(file))
    assert (again.exit_code, again.output) == (
        0,
        "0 of 1 row(s) taken; 3 pairs in all\n  mine.jsonl:1: is there already\n",
    )


def test_import_takes_a_folder_of_notes(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "2025-05-08.md").write_text("Java", encoding="utf-8")
    mine = "---  \r\naccepted: true\r\ntags: [\r\n--- \r\n* Javaを学びました。\r\n"  # blanks after the marks, no YAML
    (folder / "2025-05-08-nippo.md").write_bytes(mine.encode())
    (folder / "2025-05-09-nippo.md").write_text("* 日記がない\n", encoding="utf-8")
    rows, refused = read_pairs(folder)
    assert [(row.day, row.report) for row in rows] == [("2025-05-08", "* Javaを学びました。")]
    assert [one.what for one in refused] == ["2025-05-09-nippo.md: has no diary beside it"]


def test_a_refused_row_is_named_without_its_text() -> None:
    with pytest.raises(PairRefused, match="a:1: has no report") as caught:
        parse_line('{"diary": "秘密", "report": ""}', "a:1")
    assert "秘密" not in repr(caught.value)


def test_forget_names_the_versions_and_asks_for_a_run(config: Config) -> None:
    nippo(config, "accept", DAY)
    make_version(config, "v0.1")
    promote(config, "v0.1", NOW)
    output = nippo(config, "forget", DAY, "--retrain").output
    assert f"{DAY}: 1 pair(s) forgotten" in output and "trained on it: v0.1" in output and "nippo rollback" in output
    assert not read((config.vault_path / PATH).read_bytes()).accepted
    with Store.open(config.data_path) as store:
        assert store.pairs() == []
        assert store.get_meta("training_request")["reason"] == "forget"
        assert store.get_meta("forgotten_pairs") == [DAY]


def test_versions_promote_rollback_and_prune(config: Config) -> None:
    for number in range(1, 6):
        make_version(config, f"v0.{number}")
    assert nippo(config, "promote", "v0.2").exit_code == 0
    nippo(config, "promote", "v0.5")
    listed = json.loads(nippo(config, "versions", "--json").output)
    assert listed["champion"] == "v0.5"
    assert [row["name"] for row in listed["versions"] if row["in_use"]] == ["v0.5"]
    assert "v0.2" in nippo(config, "rollback").output and champion(config) == "v0.2"
    nippo(config, "promote", "v0.5")
    assert nippo(config, "prune", "--keep", "2", "--yes").output == "v0.1: removed\nv0.3: removed\n"
    left = [row["name"] for row in json.loads(nippo(config, "versions", "--json").output)["versions"]]
    assert [name for name in left if name != "starter-2"] == ["v0.2", "v0.4", "v0.5"], "in use, and the way back"
    with pytest.raises(NippoError):
        nippo(config, "promote", "v0.3")


def test_status_shows_the_training(config: Config) -> None:
    nippo(config, "rebuild")
    found = json.loads(nippo(config, "status", "--json").output)
    assert found["training"]["new_pairs"] == 2
    assert "2 new of 8 needed" in nippo(config, "status").output


def test_status_names_the_process_that_holds_the_model(config: Config) -> None:
    config.data_path.mkdir(exist_ok=True)
    beat = Heartbeat(os.getpid(), "0", "2026-01-07T09:00:00+09:00", "watching", worker_pid=os.getpid())
    HeartbeatFile(config.data_path).show(beat, datetime.now(UTC), 0.0)
    assert "in memory" not in nippo(config, "status").output
    assert json.loads(nippo(config, "status", "--json").output)["daemon"]["worker_pid"] is None
    with VaultLock(config.data_path):
        assert json.loads(nippo(config, "status", "--json").output)["daemon"]["worker_pid"] == os.getpid()
        assert re.search(rf"in memory \(process {os.getpid()}, [\d,]+ MiB\)", nippo(config, "status").output)


def test_a_machine_without_the_training_packages_never_promises_a_run(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    nippo(config, "rebuild")
    monkeypatch.setattr("daemon.learning.training_call.find_spec", lambda name: None if name == "trl" else object())
    monkeypatch.setattr("daemon.learning.training_call.adding", lambda extra: f"add {extra}")
    status = nippo(config, "status").output
    assert "training none on this machine: not installed: trl. Install them with `add train`." in status
    assert "needed" not in status
    doctor = next(line for line in nippo_doctor(config) if line["name"] == "training")
    assert (
        doctor["state"] == "warn" and "trl not installed" in doctor["message"] and adding("train") in doctor["remedy"]
    )
    forgotten = nippo(config, "forget", str(day_of(1)), "--retrain").output
    assert "no training here: not installed: trl" in forgotten and "the training starts" not in forgotten
    with Store.open(config.data_path) as store:
        assert store.get_meta("training_request") is None
    plan = training_page.plan(config, NOW)
    assert plan.next_run == "なし" and "trl" in plan.hint and adding("train") in plan.hint


def nippo_doctor(config: Config) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(nippo(config, "doctor", "--json").output)
    return found


def test_init_puts_a_view_and_a_page_beside_the_reports(make_vault: MakeVault, tmp_path: Path) -> None:
    vault = make_vault()
    words = ["init", str(vault), "--yes", "--config", str(tmp_path / "new.toml")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    base = (vault / "nippo" / "nippo.base").read_text(encoding="utf-8")
    import yaml

    views = yaml.safe_load(base)
    assert views["filters"]["and"][0] == 'file.inFolder("nippo")'
    columns = views["views"][0]["order"]
    wanted = {f"note.{key}" for key in ("date", "accepted", "redo", "status", "warnings", "model")}
    assert wanted <= set(columns)
    page = vault / "nippo" / "日報の使い方.md"
    assert "redo" in page.read_text(encoding="utf-8")
    page.write_text("私のメモ", encoding="utf-8")
    CliRunner().invoke(app, [*words, "--force"])
    assert page.read_text(encoding="utf-8") == "私のメモ"

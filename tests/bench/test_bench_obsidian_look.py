"""The picture of a report is drawn from the note: what changes there changes here."""

from __future__ import annotations

from pathlib import Path

from bench.obsidian_look import page

NOTE = """\
---
date: 2026-01-07
diary: "[[diary/2026-01-07]]"
accepted: {accepted}
warnings: {warnings}
---
本日は、以下の学習と課題を完了しました:

* {line}
"""


def shown(vault: Path, accepted: str = "false", warnings: str = "[]", line: str = "cronを学びました。") -> str:
    note = vault / "nippo" / "2026-01-07-nippo.md"
    note.parent.mkdir(exist_ok=True)
    note.write_text(NOTE.format(accepted=accepted, warnings=warnings, line=line), encoding="utf-8")
    return page(vault, note, dark=False)


def test_it_shows_the_note_and_its_folders(tmp_path: Path) -> None:
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "2026-01-06.md").touch()
    (tmp_path / "diary" / "all.base").touch()
    html = shown(tmp_path, line="SQLを**学びました**。")
    assert "<li>SQLを<strong>学びました</strong>。</li>" in html
    assert "2026/01/07" in html and "<a>diary/2026-01-07</a>" in html and "値なし" in html
    assert '<span class="file">2026-01-06</span>' in html and "all<small>BASE</small>" in html
    assert '<span class="file here">2026-01-07-nippo</span>' in html
    assert ".obsidian" not in html and "ticked" not in html.split("</style>")[1]


def test_it_follows_the_properties(tmp_path: Path) -> None:
    assert 'class="box ticked"' in shown(tmp_path, accepted="true")
    assert '<span class="pill">3番目の行: 数が違う</span>' in shown(tmp_path, warnings='["3番目の行: 数が違う"]')

"""The README's picture of a report: ``python -m bench.obsidian_look docs/images``.

The starter model writes the report of the demo's diary in a copy of the sample vault, ``nippo accept`` ticks it, and a
real Chromium shows that very note, its properties and the vault's folders in the look of Obsidian's default theme,
light and dark. It is not taken from Obsidian. ``--vault`` and ``--note`` show another note as it is.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from html import escape
from pathlib import Path

import frontmatter
import yaml
from markdown_it import MarkdownIt
from PIL import Image

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "tests" / "dashboard")]

from browser_site import chromium  # noqa: E402

from daemon.config import load  # noqa: E402
from daemon.system.shipped import starter_folder  # noqa: E402
from daemon.vault.help_page import write_help_page  # noqa: E402
from daemon.vault.layout import read_layout  # noqa: E402

STYLE = Path(__file__).with_suffix(".css")
SHAPES = {
    "text": "M4 6h16M4 12h16M4 18h10",
    "list": "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01",
    "checkbox": "M9 12l2 2 4-4M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
    "date": "M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM4 10h16M8 3v4M16 3v4",
    "tick": "M5 12l5 5L19 7",
    "open": "M6 9l6 6 6-6",
    "close": "M6 6l12 12M18 6L6 18",
    "plus": "M12 5v14M5 12h14",
    "folder": "M3 6a1 1 0 0 1 1-1h5l2 3h9a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z",
    "find": "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM20 20l-4-4",
    "mark": "M6 3h12v18l-6-5-6 5z",
    "pen": "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
    "sort": "M4 7h9M4 12h7M4 17h5M17 6v12M14 15l3 3 3-3",
    "back": "M19 12H5M11 6l-6 6 6 6",
    "forth": "M5 12h14M13 6l6 6-6 6",
    "more": "M12 5h.01M12 12h.01M12 19h.01",
    "side": "M4 4h16v16H4zM9 4v16",
    "book": "M12 6c-2-2-5-2-9-2v14c4 0 7 0 9 2 2-2 5-2 9-2V4c-4 0-7 0-9 2zM12 6v14",
    "graph": "M6 8a2 2 0 1 1 0-4 2 2 0 0 1 0 4zM18 12a2 2 0 1 1 0-4 2 2 0 0 1 0 4zM8 20a2 2 0 1 1 0-4 2 2 0 0 1 0 4z"
    "M8 7l8 2M17 12l-7 5",
    "day": "M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM4 10h16M8 3v4M16 3v4M9 15h6",
    "swap": "M8 9l4-4 4 4M8 15l4 4 4-4",
}  # fmt: skip
"""Outlines of the signs, on 24 by 24."""


def sign(name: str, size: int = 18) -> str:
    return f'<svg width="{size}" height="{size}" viewBox="0 0 24 24"><path d="{SHAPES[name]}"/></svg>'


def properties(head: str) -> str:
    """Given the YAML between the dashes, return the rows of Obsidian's panel, each with the sign of its value."""
    words, values = (yaml.load(head, Loader=loader) or {} for loader in (yaml.BaseLoader, yaml.SafeLoader))
    rows = []
    for key, value in values.items():
        kind = {bool: "checkbox", list: "list", date: "date"}.get(type(value), "text")
        rows.append(
            f'<dt>{sign(kind, 16)}{escape(key)}</dt><dd class="{"" if value or kind == "checkbox" else "empty"}">'
        )
        if isinstance(value, bool):
            rows.append(f'<span class="box ticked">{sign("tick", 12)}</span>' if value else '<span class="box"></span>')
        elif isinstance(value, list):
            rows.append("".join(f'<span class="pill">{escape(str(one))}</span>' for one in words[key]) or "値なし")
        elif kind == "date":
            rows.append(f"{value:%Y/%m/%d}")
        else:
            rows.append(linked(words[key]) or "値なし")
        rows.append("</dd>")
    return "".join(rows)


def linked(text: str) -> str:
    """A text with ``[[link]]`` or ``[[link|words]]`` shown as Obsidian shows it."""
    before, opened, rest = text.partition("[[")
    link, closed, after = rest.partition("]]")
    if not (opened and closed):
        return escape(text)
    return f"{escape(before)}<a>{escape(link.rpartition('|')[2])}</a>{linked(after)}"


def folders(folder: Path, here: Path) -> str:
    """The files below a folder as Obsidian lists them: folders first, hidden ones not, notes without their ending."""
    entries = sorted(folder.iterdir(), key=lambda one: (one.is_file(), one.name.casefold()))
    rows = []
    for entry in (one for one in entries if not one.name.startswith(".")):
        if entry.is_dir():
            rows.append(f"<li><span>{sign('open', 12)}{escape(entry.name)}</span>{folders(entry, here)}</li>")
        else:
            ending = entry.suffix.removeprefix(".")
            tag = "" if ending == "md" else f"<small>{escape(ending.upper())}</small>"
            shown = " here" if entry == here else ""
            rows.append(f'<li><span class="file{shown}">{escape(entry.stem)}{tag}</span></li>')
    return f"<ul>{''.join(rows)}</ul>"


def page(vault: Path, note: Path, dark: bool) -> str:
    """The whole window as HTML: ``note`` of ``vault``, open beside the vault's folders."""
    text = note.read_text(encoding="utf-8")
    head, body = frontmatter.YAMLHandler().split(text)
    way = "".join(f"{escape(part)}<i>/</i>" for part in note.relative_to(vault).parts[:-1])
    return f"""<!doctype html><html lang="ja" class="{"dark" if dark else ""}"><meta charset="utf-8">
<style>{STYLE.read_text(encoding="utf-8")}</style><body>
<div class="corner">{sign("side")}</div>
<div class="tools">{sign("folder")}{sign("find")}{sign("mark")}</div>
<div class="tabs"><div class="tab">{escape(note.stem)}{sign("close", 14)}</div>{sign("plus", 16)}</div>
<div class="ribbon">{"".join(map(sign, ("find", "graph", "day", "book")))}</div>
<div class="side"><div class="order">{"".join(map(sign, ("pen", "folder", "sort")))}</div>{folders(vault, note)}
<div class="vault">{sign("swap", 14)}{escape(vault.name)}</div></div>
<main><div class="way"><nav>{sign("back")}{sign("forth")}</nav>{way}<b>{escape(note.stem)}</b>
<nav class="end">{sign("book")}{sign("more")}</nav></div>
<article><h1>{escape(note.stem)}</h1><div class="heading">プロパティ</div><dl>{properties(head)}</dl>
{MarkdownIt("commonmark").render(body)}</article>
<div class="state"><span>{len("".join(body.split()))} 文字</span></div></main></body></html>"""


def report_of_the_demo(folder: Path) -> tuple[Path, Path]:
    """The sample vault with its diaries moved to the last days, the demo's diary today and its report, accepted.
    Returns the vault and the note."""
    today, starter = date.today(), starter_folder()
    vault, settings = folder / "学校のノート", folder / "config.toml"
    shutil.copytree(starter / "vault", vault)
    diaries = sorted((vault / "diary").iterdir(), reverse=True)
    for number, diary in enumerate(diaries, start=1):
        diary.rename(diary.with_name(f"{today - timedelta(days=number)}.md"))
    shutil.copyfile(starter / "today.md", vault / "diary" / f"{today}.md")
    settings.write_text(f'[vault]\npath = "{vault.as_posix()}"\n', encoding="utf-8")
    write_help_page(read_layout(load(settings)))
    for command in ("report", "accept"):
        subprocess.run(
            [sys.executable, "-m", "daemon.cli", command, str(today), "--config", str(settings)],
            check=True,
            env={**os.environ, "TZ": "Asia/Tokyo"},
        )
    return vault, vault / "nippo" / f"{today}-nippo.md"


def take(vault: Path, note: Path, out: Path) -> None:
    """``note.png`` and ``note-dark.png`` into ``out``, each below 200 kB."""
    with chromium() as browser:
        for name, dark in (("note.png", False), ("note-dark.png", True)):
            window = browser.new_page(viewport={"width": 1040, "height": 400}, device_scale_factor=2)
            window.set_content(page(vault, note, dark))
            picture = Image.open(io.BytesIO(window.screenshot(full_page=True))).convert("RGB")
            picture.quantize(64, dither=Image.Dither.NONE).save(out / name, optimize=True)
            print(f"{out / name}: {(out / name).stat().st_size // 1000} kB")


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("out", type=Path, help="folder of the pictures")
    command.add_argument("--vault", type=Path)
    command.add_argument("--note", help="path in that vault")
    given = command.parse_args()
    if given.vault and given.note:
        take(given.vault, given.vault / given.note, given.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        take(*report_of_the_demo(Path(folder)), given.out)


if __name__ == "__main__":
    main()

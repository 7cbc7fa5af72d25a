"""What in a vault is a diary note by its path, and where its report goes.

Paths inside the vault are ``/``-separated text relative to its root, as they stand on disk; they are compared in NFC.
Recognition by path is pure; only ``read_layout``, ``require_vault`` and the methods that say so touch the disk. Nothing
here writes.
"""

from __future__ import annotations

import contextlib
import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from daemon.config import Config, VaultSettings
from daemon.errors import ConfigError, UsageError, VaultUnavailable
from daemon.vault.date_format import MomentFormat, compile_format
from daemon.vault.obsidian import daily_notes
from daemon.words import tr

REPORT_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-nippo\.md", re.IGNORECASE)
SUMMARY_FOLDERS = {"week": "週報", "month": "月報"}
"""Where the notes of several days lie, inside the report folder."""
EVIDENCE_FOLDER = "根拠"
"""Where the notes lie that show the diary's sentences behind a report, inside the report folder."""
EVIDENCE_NAME = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}-{EVIDENCE_FOLDER}\.md", re.IGNORECASE)
LEFTOVER = re.compile(
    r"^\.|~syncthing~|\.sync-conflict-|\(conflicted copy |\(.*'s conflicted copy|~$|\.tmp$|\.icloud$", re.IGNORECASE
)
"""Names that syncing and editors leave behind: Syncthing, Obsidian Sync, Dropbox, macOS ``._*``, hidden files."""


@dataclass(frozen=True)
class Layout:
    """The answers that a vault's settings give. ``root`` is resolved; folders are NFC, "" is the root; ``source`` names
    where the format stands."""

    root: Path
    diary_folder: str
    diary_format: MomentFormat
    report_folder: str
    source: str

    def diary_date(self, path: str) -> date | None:
        """Given a path in the vault, return the day of the diary note or None for every other file.

        Raises ``ImpossibleDate`` for a name such as 2026-02-30.
        """
        path = nfc(path)
        name = PurePosixPath(path).name
        if not name.lower().endswith(".md") or is_leftover(path) or self.is_own(path):
            return None
        inside = path.removeprefix(f"{self.diary_folder}/") if self.diary_folder else path
        if self.diary_folder and inside == path:
            return None
        return self.diary_format.read(inside[: -len(".md")])

    def report_date(self, path: str) -> date | None:
        """Given a path in the vault, return the day when it is one of our own reports, else None."""
        folder, _, name = nfc(path).rpartition("/")
        match = REPORT_NAME.fullmatch(name)
        if match is None or folder != self.report_folder:
            return None
        try:
            return date.fromisoformat(match[1])
        except ValueError:
            return None

    def is_own(self, path: str) -> bool:
        """Whether a path in the vault is one of our own notes: the report of a day, its evidence, or several days'."""
        summaries = tuple(f"{self.summary_path(kind, '')[: -len('.md')]}" for kind in SUMMARY_FOLDERS)
        return self.report_date(path) is not None or self.is_evidence(path) or nfc(path).startswith(summaries)

    def is_evidence(self, path: str) -> bool:
        """Whether a path in the vault is that of the evidence of a report."""
        folder, _, name = nfc(path).rpartition("/")
        return folder == self.evidence_folder and EVIDENCE_NAME.fullmatch(name) is not None

    @property
    def evidence_folder(self) -> str:
        return f"{self.report_folder}/{EVIDENCE_FOLDER}" if self.report_folder else EVIDENCE_FOLDER

    def evidence_path(self, day: date) -> str:
        """The path in the vault of the evidence of a day's report. Its name is no other note's: a link [[2026-01-07]]
        goes on meaning the diary."""
        return f"{self.evidence_folder}/{day.isoformat()}-{EVIDENCE_FOLDER}.md"

    def summary_path(self, kind: str, name: str) -> str:
        """The path in the vault of the note of a "week" or "month", such as nippo/週報/2026-W48.md."""
        path = f"{SUMMARY_FOLDERS[kind]}/{name}.md"
        return f"{self.report_folder}/{path}" if self.report_folder else path

    def report_path(self, day: date) -> str:
        """The path in the vault of the report of a day."""
        name = f"{day.isoformat()}-nippo.md"
        return f"{self.report_folder}/{name}" if self.report_folder else name

    def among_reports(self, path: str) -> bool:
        """Whether a path is that of a note below the report folder, such as a report that its person has archived."""
        path = nfc(path)
        inside = bool(self.report_folder) and path.startswith(f"{self.report_folder}/")
        return inside and path.lower().endswith(".md") and not is_leftover(path) and not self.is_evidence(path)

    @property
    def depth(self) -> int:
        """How many folders below the diary folder a note lies, as the format says."""
        return self.diary_format.depth

    def file(self, path: str) -> Path:
        """The file on disk of a path in the vault; where only the other normal form exists, that one."""
        file = self.root / path
        return file if os.path.lexists(file) else self.root / as_on_disk(self.root, path)

    def path_of(self, file: Path) -> str | None:
        """The path in the vault of a file named by a person or an event; None when it lies elsewhere."""
        absolute = Path(os.path.abspath(file))  # noqa: PTH100 - links are followed only as the last resort
        for root in (self.root, real(self.root)):
            if absolute.is_relative_to(root):
                return absolute.relative_to(root).as_posix()
        resolved = real(absolute.parent) / absolute.name
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else None

    def stays_inside(self, path: str) -> bool:
        """Whether a path, with every symbolic link followed, still lies in the vault. Reads the disk."""
        return real(self.file(path)).is_relative_to(self.root)


def real(file: Path) -> Path:
    """A path with every symbolic link followed. Unlike ``Path.resolve`` it raises for none: a link that leads back to
    itself stays as it is, and whoever opens it is told."""
    return Path(os.path.realpath(file))


def shown(path: str) -> str:
    """A path as it can be stored and shown: bytes of a name that are no UTF-8 stand as ``\\x8e``, text as it is."""
    try:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return path.encode("utf-8", "backslashreplace").decode()


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def is_leftover(path: str) -> bool:
    """Whether any part of the path is hidden or a leftover of syncing."""
    return any(LEFTOVER.search(part) for part in path.split("/"))


def link_name(path: str) -> str:
    """The text of an Obsidian link to a note: its path without the extension."""
    return nfc(path)[: -len(".md")] if path.lower().endswith(".md") else nfc(path)


def require_vault(root: Path) -> Path:
    """Return the vault's folder, resolved. Raises ``VaultUnavailable`` when it is missing, empty or cannot be read."""
    try:
        with os.scandir(root) as entries:
            if any(True for _ in entries):
                return real(root)
    except FileNotFoundError:
        raise VaultUnavailable(
            tr("The vault {root} is missing.", root=root),
            tr("Connect the drive, or mend path in [vault] of config.toml. nippo goes on by itself."),
        ) from None
    except OSError as problem:
        raise VaultUnavailable(
            tr("The vault {root} cannot be read ({why}).", root=root, why=problem.strerror),
            tr("Check its permissions; nippo goes on by itself."),
        ) from None
    except ValueError:  # a NUL, or a letter that the names of this environment cannot hold
        raise VaultUnavailable(
            tr("The vault {root} has a name that no folder can have here.", root=shown(str(root))),
            tr("Mend path in [vault] of config.toml, or run nippo with PYTHONUTF8=1 and a UTF-8 locale."),
        ) from None
    raise VaultUnavailable(
        tr("The vault {root} is empty.", root=root),
        tr("Is its drive connected and its sync finished? nippo goes on by itself once it is back."),
    )


def need_settings(config: Config) -> None:
    """Raise ``ConfigError`` where nobody has set nippo up, and no vault lies where the defaults look."""
    if config.file is None and config.vault == VaultSettings() and not config.vault_path.exists():
        raise ConfigError(tr("There are no settings yet."), tr("Run `nippo setup`: it finds the vault and makes them."))


def read_layout(config: Config) -> Layout:
    """Read the vault's own settings; config.toml wins. Raises ``VaultUnavailable``, ``UsageError``, or
    ``ConfigError`` where nothing was set up yet."""
    need_settings(config)
    root = require_vault(config.vault_path)
    own = daily_notes(root)
    wanted = config.vault
    folder = _inside(wanted.diary_folder or own.folder, "diary_folder", root)
    text = wanted.diary_format or own.format
    parent = str(PurePosixPath(folder).parent) if "/" in folder else ""
    beside = f"{parent}/nippo" if parent else "nippo"
    return Layout(
        root=root,
        diary_folder=folder,
        diary_format=compile_format(text),
        report_folder=_inside(wanted.report_folder, "report_folder", root) if wanted.report_folder else beside,
        source="config.toml" if wanted.diary_format else own.source,
    )


def as_on_disk(root: Path, path: str) -> str:
    """A path with every part spelled as on disk, NFC or NFD; parts that do not exist stay as they are."""
    spelled = ""
    for part in path.split("/") if path else ():
        here = root / spelled
        if not os.path.lexists(here / part) and not part.isascii():
            with contextlib.suppress(OSError):
                part = next((entry.name for entry in here.iterdir() if nfc(entry.name) == nfc(part)), part)
        spelled = f"{spelled}/{part}" if spelled else part
    return spelled


def _inside(folder: str, key: str, root: Path) -> str:
    """A folder of the settings as NFC text. Raises ``UsageError`` when it leaves the vault."""
    parts = [part for part in nfc(folder).replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or Path(folder).is_absolute():
        raise UsageError(
            tr('`vault.{key}`: "{folder}" leaves the vault.', key=key, folder=folder),
            tr("Name a folder inside the vault."),
        )
    path = "/".join(parts)
    try:
        os.fsencode(path).decode("utf-8")
        usable = "\0" not in path
    except UnicodeError:
        usable = False
    if not usable:
        raise UsageError(
            tr("`vault.{key}`: {path!r} is no name that a folder can have here.", key=key, path=shown(path)),
            tr("Give the folder a name in UTF-8; where it is one, run nippo with PYTHONUTF8=1 and a UTF-8 locale."),
        )
    if not real(root / as_on_disk(root, path)).is_relative_to(root):
        raise UsageError(
            tr("{path}: is a link that leaves the vault.", path=path),
            tr("Keep the diary and its reports inside the vault."),
        )
    return path

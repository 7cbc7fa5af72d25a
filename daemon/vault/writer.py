"""The only code that writes into a vault.

Every write is a temporary file in the target folder, flushed to disk, a comparison with what is expected there, and
one atomic step that uses the temporary file up: whoever announced the write (``Announced``) can tell after a crash
whether it took place. What a person has touched is never overwritten: an absent report is made by a step that fails
when one has come meanwhile, an own report is replaced only while its bytes are those that the daemon wrote. Diary notes
are never written. Between the comparison of an own report and its replacement a few microseconds remain.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from daemon.errors import NippoError, NoRoom, NoteChanged, ReportBlocked, ReportTouched
from daemon.system import files
from daemon.system.free_name import move_to_free_name
from daemon.system.plain_files import read_plain
from daemon.system.steps import step
from daemon.vault.report_note import set_key
from daemon.words import tr

LARGEST = 64 * 2**20
"""Bytes beyond which a file in a report's place is looked at no further."""
NO_SUCH_STEP = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}
NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES, errno.EINVAL}


class Announced(Protocol):
    """What is told of a write before and after it may have happened; see ``daemon.learning.announcement``."""

    def announce(self, temporary: Path, file: Path, sha: str) -> None:
        """``file`` is about to become the bytes with this hash, which lie flushed under ``temporary``."""
        ...

    def take_back(self) -> None:
        """Nothing became of it. Where this raises, the temporary file stays as the witness."""
        ...


class Unannounced:
    """For a write that nobody needs to know of after a crash: the note itself says all."""

    def announce(self, temporary: Path, file: Path, sha: str) -> None:
        pass

    def take_back(self) -> None:
        pass


def digest(data: bytes) -> str:
    """The SHA-256 of a note's bytes, as it stands in the database."""
    return hashlib.sha256(data).hexdigest()


def report_digest(file: Path) -> str | None:
    """The hash of the report on disk; None when there is none. Raises ``ReportBlocked`` for a folder, a link or a file
    that cannot be read or is too large for one."""
    try:
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise ReportBlocked(
                tr("{file}: is a link; reports are written only as plain files.", file=file), tr("Remove it.")
            )
        if not stat.S_ISREG(status.st_mode):
            kind = tr("a folder") if stat.S_ISDIR(status.st_mode) else tr("no plain file")
            raise ReportBlocked(
                tr("{file}: is {kind} where the report belongs.", file=file, kind=kind), tr("Rename or remove it.")
            )
        if status.st_size > LARGEST:
            raise ReportBlocked(
                tr("{file}: {st_size:,} MB are too much for a report.", file=file, st_size=status.st_size >> 20),
                tr("Move it elsewhere."),
            )
        return digest(read_plain(file, LARGEST))
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _blocked(file, problem) from None


def write_report(
    root: Path,
    file: Path,
    data: bytes,
    expected: str | None,
    unchanged: Callable[[], bool],
    announced: Announced | None = None,
) -> None:
    """Put a report on disk, or raise and leave everything as it was.

    Given the vault's root, the report's file, its new bytes, the hash of the bytes that the daemon wrote there
    before (None: no report is there), ``unchanged``, which says whether the diary is still the one that it was
    made of, and who is to know of it before. Raises ``NoteChanged``, ``ReportTouched`` or ``ReportBlocked``, and
    ``NoRoom`` where the disk takes nothing.
    """
    _make_folder(root, file.parent)
    replace_file(file, data, expected, unchanged, announced)


def change_key(file: Path, key: str, value: str, expected: str, announced: Announced | None = None) -> str:
    """Change one of our own frontmatter keys in a report note and keep every other byte; return the new hash.

    ``expected`` is the hash of the bytes that the decision was made on. Raises ``ReportTouched`` when the note is
    another by now, ``ReportBlocked`` when it cannot be written or has no such key.
    """
    if report_digest(file) != expected:
        raise _touched(file)
    try:
        data = set_key(read_plain(file, LARGEST), key, value)
    except KeyError:
        raise ReportBlocked(
            tr("{file}: has no `{key}` in its frontmatter.", file=file, key=key),
            tr("Put the line back, or redo the report."),
        ) from None
    replace_file(file, data, expected, lambda: True, announced)
    return digest(data)


def replace_file(
    file: Path,
    data: bytes,
    expected: str | None,
    unchanged: Callable[[], bool],
    announced: Announced | None = None,
) -> None:
    """Compare and swap one file of the report folder; see ``write_report``."""
    report_digest(file)
    who = announced or Unannounced()
    temporary = files.free_name(file)
    try:
        files.create(temporary, data, file)
        if announced:
            files.flush_folder(file.parent)  # a power cut must not take the witness and leave the announcement
        who.announce(temporary, file, digest(data))
        if not unchanged():
            raise NoteChanged(
                tr("{name}: the diary changed while its report was being made.", name=file.name),
                tr("It is made again."),
            )
        if report_digest(file) != expected:
            raise _touched(file)
        if expected is None:
            _create(temporary, file)
        else:
            step("vault: place")
            temporary.replace(file)
    except BaseException as problem:
        # An interrupt may come when the step is done already; then the announcement holds.
        if isinstance(problem, Exception) or os.path.lexists(temporary):
            who.take_back()
            files.remove(temporary)
        if isinstance(problem, OSError):
            raise _blocked(file, problem) from None
        raise
    _flush(file.parent)


def remove_file(file: Path, expected: str) -> None:
    """Take away a note of nippo's own that says nothing of its own (never a report), while its bytes are those that
    nippo wrote. Raises ``ReportTouched`` when they are others by now, ``ReportBlocked`` when it cannot be done."""
    if report_digest(file) != expected:
        raise _touched(file)
    try:
        step("vault: remove")
        file.unlink()
        files.flush_folder(file.parent)
    except OSError as problem:
        raise _blocked(file, problem) from None


def sweep(folder: Path) -> None:
    """Remove the temporary files that a killed daemon left. Only the holder of the vault's lock may call this."""
    files.sweep(folder, math.inf)


def _make_folder(root: Path, folder: Path) -> None:
    try:
        if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root)):
            raise ReportBlocked(
                tr("{folder}: the report folder is a link that leaves the vault.", folder=folder),
                tr("Make it a plain folder."),
            )
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ReportBlocked(
            tr("{folder}: is a file where the report folder belongs.", folder=folder), tr("Rename or remove it.")
        ) from None
    except OSError as problem:
        raise _blocked(folder, problem) from None


def _create(temporary: Path, file: Path) -> None:
    """Give a new file its name, failing when the name is taken. Where the file system does not know this as one step, a
    hard link and the removal of the old name come near; where it knows no links either (FAT, some shares), look once
    more and rename."""
    step("vault: place")
    try:
        move_to_free_name(temporary, file)
        return
    except FileExistsError:
        raise _touched(file) from None
    except OSError as problem:
        if problem.errno not in NO_SUCH_STEP:
            raise
    try:
        file.hardlink_to(temporary)
        files.remove(temporary)
    except FileExistsError:
        raise _touched(file) from None
    except OSError as problem:
        if problem.errno not in NO_LINKS:
            raise
        if os.path.lexists(file):
            raise _touched(file) from None
        temporary.replace(file)


def _flush(folder: Path) -> None:
    """Flush the folder's names. The new file is in its place by now, so a failure is none of the write."""
    with contextlib.suppress(OSError):
        step("vault: flush")
        files.flush_folder(folder)


def _touched(file: Path) -> ReportTouched:
    return ReportTouched(
        tr("{file}: is not as nippo wrote it, so it is yours and stays as it is.", file=file),
        tr("Tick `redo` in the note for a new draft, or delete the note and run `nippo report` for its date."),
    )


def _blocked(file: Path, problem: OSError) -> NippoError:
    if full := NoRoom.of(problem, file):
        return full
    if problem.errno in (errno.EACCES, errno.EPERM):
        return ReportBlocked(
            tr("{file}: may not be written ({why}).", file=file, why=problem.strerror),
            tr("Make the report folder writable for nippo; it tries again."),
        )
    return ReportBlocked(
        tr("{file}: cannot be written ({why}).", file=file, why=problem.strerror), tr("nippo tries again.")
    )

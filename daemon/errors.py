"""The one tree of errors that people see.

    NippoError                     what happened, to which note or file, what to do next
    ├── UsageError                 wrong usage or configuration: exit code 2
    │   └── ConfigError            config.toml: every problem listed at once
    ├── NoteError                  this note or pair failed, the others go on
    │   ├── NoteUnreadable         the diary cannot be read as text
    │   ├── NotePrivate            the diary is declared private as a whole: no model sees it
    │   ├── NoteChanged            the diary changed while its report was being made: the job is repeated
    │   ├── ImpossibleDate         a name has the form of a day that the calendar lacks, such as 2026-02-30
    │   ├── PairRefused            a row of ``nippo import`` cannot be taken
    │   └── ReportBlocked          the report may not or cannot be written (no right, a folder in its place)
    │       └── ReportTouched      the report is not what the daemon wrote: it belongs to a person now
    ├── EngineError                the model cannot run
    │   ├── ModelMissing           no model file, or its hash is wrong
    │   ├── SourceFailed           one source of a model file cannot give a piece; the next one is asked
    │   ├── EngineTimeout          no answer within the time limit
    │   ├── ServerAway             nobody answers at the server's address: not started, starting, or on another network
    │   ├── EngineCrashed          the worker process died
    │   ├── NoProbabilities        a server tells none; the request is sent again without asking for them
    │   ├── NotUnderstood          a server refuses a request that may be made simpler; it is sent again so
    │   ├── OutOfMemory            the accelerator or the machine is too small for the model
    │   └── WorkerStopped          a draft was given up because somebody asked for it; nothing against the note
    ├── StorageError               the database cannot be used for now: everything waits, nothing is given up
    │   └── NoRoom                 a disk takes nothing: full, over its quota or read-only; waited out
    ├── VaultUnavailable           the vault folder is missing or suddenly empty: pause and look again
    ├── AlreadyRunning             somebody else holds the lock
    └── TrainingError              a training run failed; the champion stays
        ├── TrainingOutOfMemory    the machine is too small for the run
        └── TrainingStopped        somebody asked the run to end; its last step is saved

A ``NoteError`` concerns one note; everything else stops or pauses the work. Only the outermost loop decides which.

All are made of the same two texts, so that an error crosses to another process as class name, message and remedy, and
is there what it was here (``daemon.worker.messages``). No other module of nippo defines an error.
"""

from __future__ import annotations

import errno

from daemon.words import tr

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


class NippoError(Exception):
    """An error for a person. Given what happened and what to do next; ``str()`` gives both."""

    title = "問題が起きました"

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  → {self.next_step}" if self.next_step else self.what


class UsageError(NippoError):
    title = "使い方"


class ConfigError(UsageError):
    title = "config.toml"


class NoteError(NippoError):
    title = "ノート"


class NoteUnreadable(NoteError):
    title = "日記を読めません"


class NotePrivate(NoteError):
    title = "非公開のノートです"


class NoteChanged(NoteError):
    title = "日記が変わりました"


class ImpossibleDate(NoteError):
    title = "ない日付です"


class PairRefused(NoteError):
    title = "取り込めません"


class ReportBlocked(NoteError):
    title = "日報を書けません"


class ReportTouched(ReportBlocked):
    pass


class EngineError(NippoError):
    title = "モデル"


class ModelMissing(EngineError):
    title = "モデルがありません"


class SourceFailed(EngineError):
    title = "取得できません"


class EngineTimeout(EngineError):
    title = "モデルが応答しません"


class ServerAway(EngineError):
    title = "サーバーにつながりません"


class EngineCrashed(EngineError):
    title = "モデルが落ちました"


class NoProbabilities(EngineError):
    pass


class NotUnderstood(EngineError):
    pass


class OutOfMemory(EngineError):
    title = "メモリ不足"


class WorkerStopped(EngineError):
    title = "中断しました"


class StorageError(NippoError):
    title = "保存できません"


class NoRoom(StorageError):
    title = "空き容量がありません"

    @classmethod
    def of(cls, problem: OSError, place: object) -> NoRoom | None:
        """What an error of the system says about the disk of a place; None where it is about something else."""
        if problem.errno == errno.EROFS:
            return cls(
                tr("{place}: the disk is read-only.", place=place),
                tr("Make it writable; nippo waits and goes on by itself."),
            )
        if problem.errno in NO_ROOM:
            why = problem.strerror or tr("no space left")
            return cls(
                tr("{place}: the disk is full ({why}).", place=place, why=why),
                tr("Free some space; nippo waits and goes on by itself."),
            )
        return None


class VaultUnavailable(NippoError):
    title = "保管庫がありません"


class AlreadyRunning(NippoError):
    title = "すでに動いています"


class TrainingError(NippoError):
    title = "学習"


class TrainingOutOfMemory(TrainingError):
    title = "学習: メモリ不足"


class TrainingStopped(TrainingError):
    title = "学習: 中断しました"


def unforeseen(problem: BaseException) -> str:
    """An error that nobody foresaw, as its type and place: its text might quote a diary."""
    trace = problem.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"{type(problem).__name__} in {place}"


def kinds() -> dict[str, type[NippoError]]:
    """Every class of the tree by its name."""
    found: dict[str, type[NippoError]] = {}
    waiting: list[type[NippoError]] = [NippoError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting += kind.__subclasses__()
    return found

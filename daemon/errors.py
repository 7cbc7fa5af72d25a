"""The one tree of errors that people see.

    NippoError                what happened, to which note or file, what to do next
    ├── UsageError            wrong usage or configuration: exit code 2
    │   └── ConfigError       config.toml: every problem listed at once
    ├── NoteError             this note failed, the others go on
    │   ├── NoteUnreadable    the diary cannot be read as text
    │   ├── NoteChanged       the diary changed while its report was being made: the job is repeated
    │   └── ReportBlocked     the report may not or cannot be written (touched by a person, read-only, disk full)
    ├── EngineError           the model cannot run
    │   ├── ModelMissing      no model file, or its hash is wrong
    │   ├── EngineTimeout     no answer within the time limit
    │   ├── EngineCrashed     the worker process died
    │   └── OutOfMemory       the accelerator or the machine is too small for the model
    ├── VaultUnavailable      the vault folder is missing or suddenly empty: pause and look again
    ├── AlreadyRunning        somebody else holds the lock
    └── TrainingError         a training run failed; the champion stays

A ``NoteError`` concerns one note; everything else stops or pauses the work. Only the outermost loop decides which.
"""

from __future__ import annotations


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


class NoteChanged(NoteError):
    title = "日記が変わりました"


class ReportBlocked(NoteError):
    title = "日報を書けません"


class EngineError(NippoError):
    title = "モデル"


class ModelMissing(EngineError):
    title = "モデルがありません"


class EngineTimeout(EngineError):
    title = "モデルが応答しません"


class EngineCrashed(EngineError):
    title = "モデルが落ちました"


class OutOfMemory(EngineError):
    title = "メモリ不足"


class VaultUnavailable(NippoError):
    title = "保管庫がありません"


class AlreadyRunning(NippoError):
    title = "すでに動いています"


class TrainingError(NippoError):
    title = "学習"

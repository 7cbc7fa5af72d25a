"""What the daemon's English errors mean, in Japanese, by their class."""

from __future__ import annotations

import re

from daemon import errors
from dashboard.markup import escape

MEANING: dict[type[errors.NippoError], str] = {
    errors.NippoError: "処理を続けられませんでした。",
    errors.UsageError: "この操作は、いまの状態ではできません。",
    errors.ConfigError: "config.tomlの設定に誤りがあります。",
    errors.NoteError: "このノートは処理できませんでした。ほかのノートには影響しません。",
    errors.ReportTouched: "この日報は書き直されているので、そのまま残しました。",
    errors.EngineError: "モデルを動かせませんでした。",
    errors.ModelMissing: "モデルが見つからないか、壊れています。",
    errors.EngineTimeout: "制限時間内に日報ができませんでした。",
    errors.EngineCrashed: "モデルのプロセスが止まりました。",
    errors.OutOfMemory: "メモリが足りません。小さいモデルを選んでください。",
    errors.WorkerStopped: "下書きを中断しました。",
    errors.StorageError: "データを保存できません。nippoは待って、自動で再開します。",
    errors.NoRoom: "ディスクに空きがないか、書き込めません。空きができると、nippoは自動で再開します。",
    errors.VaultUnavailable: "保管庫のフォルダーが見つかりません。",
    errors.AlreadyRunning: "ほかのnippoが動いています。",
    errors.TrainingError: "学習に失敗しました。いまの版はそのまま使われます。",
    errors.TrainingOutOfMemory: "学習にはメモリが足りません。小さいモデルを選んでください。",
    errors.TrainingStopped: "学習を中断しました。最後のステップは保存してあります。",
}


def explained(problem: errors.NippoError) -> str:
    """Given an error, return HTML: Japanese text as it is, English under a Japanese sentence in a fold."""
    detail = escape(str(problem)).replace("\n", "<br>")
    title = escape(problem.title)
    if not re.search(r"[ぁ-ん]", str(problem)):
        meaning = next(MEANING[kind] for kind in type(problem).__mro__ if kind in MEANING)
        detail = f"{meaning}<details><summary>詳細(英語)</summary>{detail}</details>"
    return f'<div class="np-note bad" role="alert"><b>{title}</b>{detail}</div>'

"""What the daemon's English errors mean, in Japanese, by their class."""

from __future__ import annotations

import re

from daemon import errors
from daemon.learning.attention import Attention
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


def matter_words(one: Attention) -> tuple[str, str]:
    """Something to look at in Japanese: its title, and what it means."""
    day, path = one.day, one.path
    if one.kind == "hint":
        return path, one.what
    titles = {
        "missing": (
            f"{day}: 提出済みの日報のノートが見つかりません",
            f"{path} がありません。{one.until} まで学習用の組を残します。それを過ぎると、消したものとみなします。",
        ),
        "diary": (
            f"{day}: 日記が空になったか、半分以下になりました",
            "学習には、提出したときの日記を使い続けます。今の日記に替えるかどうかを選んでください。",
        ),
        "body": (f"{day}: 提出済みの日報の本文が空です", f"{path} の本文がありません。提出した本文を残しています。"),
        "redo": (
            f"{day}: 提出済みの日報を作り直しました",
            "新しい下書きはまだ提出済みではありません。前に提出した本文を学習に使い続けます。",
        ),
        "leak": (
            f"{day}: 提出済みの日報に私的な語が残っているようです",
            f"{path} はまだ学習に使っていません。本文を直すか、このまま使うかを選んでください。",
        ),
        "stale-text": (
            f"{day}: 日報を直したあとに日記が変わりました",
            f"{path} はあなたの文なので、そのままです。「作り直す」で新しくできます(今の本文は残ります)。",
        ),
        "stale-properties": (
            f"{day}: 日報のプロパティだけが変わり、日記も変わりました",
            f"プラグインなどが {path} を変えたため、日報は新しくなりません。「作り直す」で新しくできます。",
        ),
        "stale-accepted": (
            f"{day}: 提出したあとに日記が変わりました",
            "このままでよければ、何もしなくてかまいません。",
        ),
    }
    return titles[one.kind]


def explained(problem: errors.NippoError) -> str:
    """Given an error, return HTML: Japanese text as it is, English under a Japanese sentence in a fold."""
    detail = escape(str(problem)).replace("\n", "<br>")
    title = escape(problem.title)
    if not re.search(r"[ぁ-ん]", str(problem)):
        meaning = next(MEANING[kind] for kind in type(problem).__mro__ if kind in MEANING)
        detail = f"{meaning}<details><summary>詳細(英語)</summary>{detail}</details>"
    return f'<div class="np-note bad" role="alert"><b>{title}</b>{detail}</div>'

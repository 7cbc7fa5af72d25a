"""A week of reports as notes of a vault: handed in, drafted, without study, failed, and one of the week before."""

from __future__ import annotations

from datetime import date, datetime

from daemon.drafting.repair import PLACEHOLDER
from daemon.vault.report_note import ReportNote, render

LEAD = "本日は、以下の学習と課題を完了しました:"
BODIES = {
    "2026-11-22": f"{LEAD}\n\n* Linuxのcronを調べました。",
    "2026-11-23": f"{LEAD}\n\n* Javaの授業で、配列の使い方を学びました。\n"
    "* SQLの結合の課題を3問解き、提出しました。\n\n"
    "今後は、配列を復習したいと考えています。また、JOINを練習したいと考えています。",
    "2026-11-24": f"{LEAD}\n\n* 面接練習で自己紹介を直しました。\n* =演算子の優先順位を確認しました。",
    "2026-11-25": "本日は、記録された学習活動はありませんでした。",
    "2026-11-26": PLACEHOLDER,
    "2026-11-27": f"{LEAD}\n\n* JavaのArrayListを練習しました。\n\n【感想】\n楽しかった。",
}
ACCEPTED = ("2026-11-23", "2026-11-25")
PRIVATE = "夜は佐藤くんと焼肉だった。"


def note(day: str, body: str, accepted: bool) -> str:
    when = datetime.fromisoformat(f"{day}T22:00:00+09:00")
    return render(ReportNote(date.fromisoformat(day), f"diary/{day}", body, "draft", "starter-1", when, (), accepted))


def files() -> dict[str, str | bytes]:
    """The vault's notes: reports, diaries with something private, and files that are no reports."""
    found: dict[str, str | bytes] = {f"diary/{day}.md": PRIVATE for day in BODIES}
    found |= {f"nippo/{day}-nippo.md": note(day, body, day in ACCEPTED) for day, body in BODIES.items()}
    return {**found, "nippo/日報の使い方.md": "# 使い方", "nippo/2026-11-24-nippo.sync-conflict-1.md": PRIVATE}

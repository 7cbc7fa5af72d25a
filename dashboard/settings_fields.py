"""The settings that a student needs, in words: what each is called, what it does, how it is asked for. A table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from daemon.learning.schedule import FOR_A_VERDICT
from daemon.system.toml_values import Setting


@dataclass(frozen=True)
class SettingField:
    """One question. ``kind``: "line" of text, "lines" (one entry a line), "choice" among ``choices`` (value → words),
    "several" of them, "switch", "number" between ``least`` and ``most``, or "week": a weekday and an hour."""

    section: str
    key: str
    label: str
    help: str
    kind: Literal["line", "lines", "choice", "several", "switch", "number", "week"] = "line"
    choices: Mapping[str, str] = field(default_factory=dict)
    least: int = 1
    most: int = 10_000

    @property
    def setting(self) -> Setting:
        return self.section, self.key


FORM = "日報の形"
GROUPS: tuple[tuple[str, str, tuple[SettingField, ...]], ...] = (
    (
        "日記",
        "空のままなら、保管庫のデイリーノートの設定に従います。",
        (
            SettingField("vault", "diary_folder", "日記のフォルダー", "保管庫の中の場所。例: diary"),
            SettingField("vault", "diary_format", "日記の名前の形", "moment.jsの書き方。例: YYYY/MM/YYYY-MM-DD ddd"),
        ),
    ),
    (
        "私的なこと",
        "ここに書いた語や場所は、日報に出ません。1行にひとつ書きます。",
        (
            SettingField("privacy", "deny", "日報に出さない語", "例: きなこ、駅前のカフェ", "lines"),
            SettingField(
                "privacy", "allow", "出してよい語", "人の名前などに見えても私的でない語。例: さくらのVPS", "lines"
            ),
            SettingField(
                "privacy",
                "private_headings",
                "読ませない見出し",
                "この見出しの節は、モデルが読む前に切り取ります。例: プライベート。🔒 なら、それを含む見出しすべて",
                "lines",
            ),
            SettingField(
                "privacy",
                "private_tags",
                "読ませないタグ",
                "このタグのある段落と節、ノート全体に付けばノートごと切り取ります。例: ひみつ",
                "lines",
            ),
        ),
    ),
    (
        FORM,
        "見出しに分かれた学校の形は、下で作るか、`nippo form learn ファイル --write` で提出用の日報から読み取れます。",
        (
            SettingField(
                "report", "header", "上に置く行", "例: 日付: {YYYY}年{M}月{D}日({ddd})、氏名: 山田 太郎", "lines"
            ),
            SettingField("report", "lead", "書き出し", "はじめの一文。空なら書きません。"),
            SettingField("report", "closing", "結びの始まり", "最後の一文の始まり。例: 今後は、"),
            SettingField(
                "report",
                "style",
                "文体",
                "「学ぶ」は、提出した日報の文体にならいます。",
                "choice",
                {"desu-masu": "です・ます", "de-aru": "だ・である", "any": "どちらでも", "auto": "学ぶ"},
            ),
            SettingField(
                "report",
                "caution",
                "慎重さ",
                "高いほど、確かな行だけを少なく書きます。「印をつけてすべて」は、疑わしい行にも印をつけて残します。",
                "choice",
                {"high": "高い", "normal": "ふつう", "low": "低い", "none": "印をつけてすべて"},
            ),
            SettingField("report", "max_bullets", "項目の数の上限", "これより多くは書きません。", "number", {}, 1, 50),
            SettingField(
                "report",
                "instructions",
                "書き方の注文",
                "モデルへの決まりをもうひとつ、自分の言葉で。付属のモデルはほとんど従いません。",
                "line",
            ),
        ),
    ),
    (
        "学習とお知らせ",
        "",
        (
            SettingField("schedule", "retrain", "毎週の学習", "提出した日報から学ぶ曜日と時刻。", "week"),
            SettingField(
                "schedule",
                "min_new_pairs",
                "学習に要る日報の数",
                f"新しく提出した日報がこれだけあれば学びます。最初は全部で{FOR_A_VERDICT}件になるまで待ちます。",
                "number",
                {},
                1,
                100,
            ),
            SettingField(
                "schedule",
                "summaries",
                "まとめ",
                "週や月が終わると、提出した日報からまとめのノートを作ります。",
                "several",
                {"week": "週報", "month": "月報"},
            ),
            SettingField(
                "notify",
                "desktop",
                "デスクトップに知らせる",
                "日報ができたとき、書けなかったとき、学習が終わったときに知らせます。日記の中身は出ません。",
                "switch",
            ),
        ),
    ),
)
FIELDS = tuple(each for _, _, fields in GROUPS for each in fields)

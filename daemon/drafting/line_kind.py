"""What a line of a report is about, by its words: a lesson, an assignment, a certification, job hunting, a plan. Pure.

A line that speaks of several goes to the rarer one (a lesson about interviews is job hunting); one without a clear word
has no kind, and a form's section for the rest takes it."""

from __future__ import annotations

import re
from typing import Literal

from daemon.checks.text import normalise
from daemon.drafting.prompt import PLAN

Kind = Literal["lesson", "assignment", "certification", "job", "plan", ""]

_JOB = re.compile(
    r"就職|就活|座談会|社員(?:の話|と|から)|面接|面談|会社説明|企業(?:説明|研究|分析|訪問|にエントリー)|説明会|エントリーシート|履歴書|職務経歴|自己(?:PR|分析|紹介文)"
    r"|志望(?:動機|理由|企業|先)|求人|インターン(?:シップ)?(?![ァ-ヶー])|業界研究|OB・?OG|OB訪問|内定|キャリア(?:センター|サポート|相談|デザイン)"
    r"|ガクチカ|学生時代に力を入れた|SPI(?:の?(?:問題|対策|試験|模試|非言語|言語|練習))|(?<![A-Za-z])ES(?:を|の)(?:書|下書き|添削|提出|作成)"
)
_CERTIFICATION = re.compile(
    r"基本情報|応用情報|ITパスポート|情報処理技術者|情報処理安全確保|情報セキュリティマネジメント|資格(?!手当)|(?<!仮説)(?<!t)検定(?:[1-4準]|試験|対策|の(?:問題|勉強|過去))|(?:英語|漢字|簿記|情報処理)検定|簿記[1-3]級|過去問|過去の問題|科目[AB]|模試|模擬試験"
    r"|(?<![A-Za-z])(?:CCNA|CCNP|LPIC|LinuC|TOEIC|MOS(?=の|試験|を受)|(?:FE|AP|SG|SAA|CLF)(?=の?(?:対策|試験|受験|合格|過去|模試)))"
    r"|(?:Java|PHP|Python|Oracle|AWS|HTML5|Ruby)\s?(?:Silver|Gold|Bronze|認定|技術者|プロフェッショナル)|Silver|認定試験|午[前後](?:問題|試験|I|1|2)"
    r"|試験(?:対策|勉強|の申し?込み|に申し?込)|秋期|春期",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(
    r"課題(?!点|は残|が残|を残|解決|発見|と感じ)|宿題|レポート(?!ライン)|提出|卒業?(?:制作|研究|論文)|卒制|制作|作品|チーム開発|グループワーク"
    r"|班(?:の|で|と|活動|員)|発表(?:資料|用|スライド|の準備|練習|を行)|プレゼン|スライドを?(?:作|仕上|直)|成果物|締め?切り|演習課題"
)
_LESSON = re.compile(
    r"授業|講義|演習|実習|実技|講座|ハンズオン|ゼミ|[1-6一二三四五六]限|\d\s?コマ|小テスト|テストを受け|先生|講師|板書|教わ|教科書|テキスト"
    r"|学(?:び|ん|習|ぶ)|習(?:い|っ|う)|勉強|復習|予習|理解し|整理し|まとめ|練習|確認し|確かめ|調べ|読み|読ん|視聴|問題(?:を|集)|トレース|写経"
)


def kind_of(line: str) -> Kind:
    """Given a line in the writer's own form or in the person's, return its kind, "" where no word is clear."""
    text = normalise(line)
    if text.startswith(PLAN):
        return "plan"
    if _JOB.search(text):
        return "job"
    if _CERTIFICATION.search(text):
        return "certification"
    if _ASSIGNMENT.search(text):
        return "assignment"
    return "lesson" if _LESSON.search(text) else ""

"""What a line is about, by its words alone."""

from __future__ import annotations

import pytest

from daemon.drafting.line_kind import kind_of

KINDS = {
    "lesson": [
        "* Javaの授業で、配列の使い方を学びました。",
        "・仮説検定の続きを学んだ。",
        "* byとuntilの違いを確認しました。",
        "* 課題点を整理しました。",
        "* インターネット層の役割を学びました。",
    ],
    "assignment": [
        "* SQLの結合の課題を3問解き、提出しました。",
        "* 班で、受付の当番の紙を作りました。",
        "* 授業の課題6を進めました。",
        "* 卒業制作の画面を直した。",
    ],
    "certification": [
        "* 基本情報の科目Bを5問解きました。",
        "* LPICの101の模擬テストを60問解きました。",
        "* Java Silverの問題集を20問解いた。",
        "* 統計検定2級を受けました。",
    ],
    "job": [
        "* 面接練習で、自己PRを短くしました。",
        "* ESの志望動機を、387字で提出しました。",
        "* インターンの応募を送信しました。",
        "* 座談会で、資格手当の話を聞きました。",
    ],
    "plan": ["今後は、課題6に取り組みたいと考えています。", "今後は、面接の練習に取り組みたいと考えています。"],
    "": [
        "* APを1chから6chに変えました。",
        "* 送信元をEC2のSGに替えました。",
        "* MFAをオンにしました。",
        "* クエリを、ビューとして保存しました。",
        "* ES6のアロー関数で書きました。",
    ],
}


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, lines in KINDS.items() for line in lines])
def test_kind(kind: str, line: str) -> None:
    assert kind_of(line) == kind


def test_width_changes_nothing() -> None:
    assert kind_of("・ＳＰＩの問題を解いた。") == kind_of("・SPIの問題を解いた。") == "job"

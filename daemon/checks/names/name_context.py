"""What stands around a person's name: relations before it, what persons do after it, and technical terms that it is not."""

# ruff: noqa: E501 - patterns read best whole

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from daemon.checks.aliases import is_known_term
from daemon.checks.lexicon import STUDY, TECHNICAL_NAMES
from daemon.checks.text import KANJI


class Name(NamedTuple):
    kind: str
    start: int
    end: int
    why: str


JA = KANJI + "ァ-ヺーぁ-ゖ"

_KIN = (
    "友達|友だち|ともだち|友人|友|親友|マブダチ|後輩|先輩|同期|同僚|同級生|クラスメイト|クラスメート|学友|仲間|弟|妹|兄|姉|おとうと|いもうと|娘|息子|"
    "長男|長女|次男|次女|彼氏|彼女|元カレ|元カノ|恋人|相方|相棒|旦那|夫|妻|嫁|姪|甥|叔父|叔母|伯父|伯母|従姉|従兄|従妹|従弟|いとこ|幼馴染|幼なじみ|"
    "ルームメイト|同室|ギルメン|フレンド|ペア|隣の席|となりの席|席|班|班長|リーダー|部長|主将|副将|会長|副会長|書記|会計|参謀|幹事|マネ|マネージャー|OB|OG|店長|"
    "講師|教授|担任|留学生|バンド|ドラム|ボーカル|ベース|ギター|パーソナリティ|愛犬|愛猫|犬|猫|インコ|文鳥|ハムスター|金魚|うさぎ|ペット|推し|AI|通称|本名|あだ名|"
    "名前|愛称|源氏名|呼び名|仮名[A-Z]?|\\d位"
)
RELATION = re.compile(rf"(?:{_KIN})(?:のこと)?(?:の|は|が|・|、|:|=|→|\(| )?(?:AI)?[「『(\[ ]{{0,2}}$")
"""What stands before a name: 弟の〜, 同期の〜, 彼氏(〜."""

DOING = re.compile(
    r"^ ?(?:\([^)\n]{0,12}\))?[」』)\]]?(?:が|は|も|に|にも|には|にだけ|と|とは|とも|から|からの|の|って|へ|へは|ってば|、|,)?"
    r"(?:言っ|言う|言い|言わ|いわく|曰く|聞い|聞か|聞き|きい|訊|教え|教わ|おしえ|見せ|貸し|借り|返す|返し|笑|怒|叱|褒|ほめ|誘|呼ば|呼ん|泣|喋|しゃべ|話|相談|会っ|会い|会う|会え|遊|電話|LINE|ライン|DM|返信|返事|喧嘩|けんか|ケンカ|仲直り|別れ|付き合|"
    r"デート|通話|ごはん|ご飯|飯|昼|夜|朝|カラオケ|マック|ガスト|サイゼ|帰っ|帰り|帰る|一緒|いっしょ|隣|となり|既読|未読|寝|鳴|膝|写真|誕生日|家|部屋|声|顔|推し|結婚|彼氏|彼女|おかげ|せい|内緒|奢|おご|くれ|もらっ|もらい|差し入れ|"
    r"手伝|合格|優勝|入賞|銅|銀|金メダル|先に|また|勝手|まだ|今日|昨日|も来|来た|来て|来る|来ない|いる|いた|らしい|お前|好き|インスタ|ストーリー|さん|同担|AI|設定|執事|小[1-6]|中[1-3]|高[1-3]|お兄|お姉|男|女|フランス|ベトナム|本名|通称|あだ名)"
)  # fmt: skip

GIVES = re.compile("が[^。!?\\n]{1,16}?(?:て|で)くれ")
"""A benefit from somebody: 〜が作ってくれた."""

PARTICLE = re.compile(
    r"^ ?(?:\([^)\n]{1,12}\))?(?:より(?:$|\n)|です|だよ|が|は|も|に|と|から|って|の|へ|、|,|。|「|:|$|\n| |」|\)|\]|>|=|,|!)"
)

_FAVOUR = re.compile(r"(?:が|は|も|に|から)[^。!?\n]{1,24}?(?:て|で)(?:くれ|もら|あげ|くださ|いただ)")
_QUOTES = re.compile(r"(?:が|は|も|いわく)、?「")

TECH_TAIL = re.compile(
    r"^(?:法|則|定理|式|関数|変換|級数|数列|行列|分布|推定|モデル|暗号|符号|図|チャート|木|アルゴリズム|の(?:定理|法則|公式|法|アルゴリズム|篩|ふるい|不等式|チャート|互除法|原理|塔|VPS|クラウド|レンタル|カッパ|d|κ)|"
    r"互除法|曲線|ノイズ|分類|平均|距離|係数|検定|回帰|サンプリング|マシン|アーキテクチャ|インターネット|言語|ゲーム|[ァ-ヺ]{2,}|[A-Za-z])"
)


def is_technical(name: str) -> bool:
    """Whether a word is a technical or report word whatever stands around it."""
    return name in TECHNICAL_NAMES or name in STUDY or is_known_term(name) or _compound(name)


@lru_cache(maxsize=4096)
def _compound(name: str) -> bool:
    """Whether a katakana word begins or ends with a known term (サブクエリ), or is longer than names are."""
    if not _KATAKANA.fullmatch(name):
        return False
    return len(name) > 8 or any(
        len(piece) >= 3 and is_known_term(piece)
        for cut in range(2, len(name) - 1)
        for piece in (name[cut:], name[:cut])
    )


_KATAKANA = re.compile("[ァ-ヺー]{5,}")


def does_favour(after: str) -> bool:
    """Whether what follows a word is done for somebody (〜が直してくれた) or said (〜が「…」): only persons do that."""
    return bool(_FAVOUR.match(after) or _QUOTES.match(after))


def is_person(text: str, start: int, end: int) -> bool:
    """Whether the words around a span treat it as a person."""
    after = text[end : end + 40]
    return bool(DOING.match(after) or does_favour(after) or RELATION.search(text[max(0, start - 12) : start]))

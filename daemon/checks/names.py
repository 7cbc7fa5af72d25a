"""Names of persons in a diary. Sudachi's 人名 is the start; context adds what a dictionary cannot know.

What makes a name, with certainty enough to keep it out of a report:
honorifics (〜ちゃん, 〜先輩), the label of a turn (``りお：…``, ``ご主人様「…」``), handles, links and tags that hold a name,
Sudachi's surnames and given names unless they stand in a technical term (ダイクストラ法), and words used like a person
(〜に聞いたら, 〜が言った). A name seen once marks every place where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from daemon.checks.lexicon import PARTNERS, STUDY, TECHNICAL_NAMES
from daemon.checks.text import script
from daemon.checks.tokens import Token, tokenize


class Name(NamedTuple):
    kind: str
    start: int
    end: int
    why: str


_JA = r"一-鿿㐀-䶿々ァ-ヺーぁ-ゖ"
_HONORIFIC = re.compile(
    rf"(?P<name>[一-鿿㐀-䶿々]{{1,4}}|[ァ-ヺー]{{1,10}}|[ぁ-ゖー]{{2,6}}|[A-Za-z][A-Za-z.]{{1,15}})"
    r"(?P<title>ちゃん|くん|君|さん|さま|様|先輩|せんぱい|パイセン|殿|たん|っち|ぴょん|にゃん|ぽよ|きゅん|たそ|先生|センセ|教授|ネエ|氏)"
    r"(?![ァ-ヺー])"
)
_LABEL = re.compile(
    rf"^[ \t>*・\-|]*(?:\[?\d{{1,2}}:\d{{2}}(?::\d{{2}})?\]?[ \t|]*)?(?:\*\*|__|\[\[)?(?P<label>[{_JA}A-Za-z][{_JA}A-Za-z0-9_.・ -]{{0,11}}?)"
    r"(?:\([^)\n]{1,8}\))?(?:\*\*|__|\]\])?[ \t]?(?P<mark>[:「]|\t)", re.M
)  # fmt: skip
_TIMED = re.compile(
    rf"^[ \t>*・\-]*\[?(?:午前|午後)?\d{{1,2}}:\d{{2}}\]?[ \t|]+(?P<label>[{_JA}A-Za-z][{_JA}A-Za-z0-9_.]{{0,11}})(?=[ \t:「]|$)", re.M
)  # fmt: skip
_HANDLE = re.compile(r"(?<![A-Za-z0-9._%+@/`-])@[A-Za-z_][A-Za-z0-9_.-]{2,30}")
_LINK = re.compile(r"\[\[([^\]\n|#]{1,60})(?:[|#][^\]\n]{0,60})?\]\]")
_TAG = re.compile(r"(?<![^\s(])#([^\s#()、。,\[\]]{1,40})")

NOT_NAMES = frozenset(
    "皆 みな みんな お客 お客様 客 神 王 お母 お父 お兄 お姉 お婆 お爺 おば おじ おばあ おじい 母 父 兄 姉 赤 お隣 隣 店員 駅員 警備員 看護師 お医者 医者 運転手 講師 担当 担当者 人事 "
    "先生 先輩 後輩 同級生 班長 部長 課長 社長 店長 係長 主任 教授 学生 生徒 大家 奥 旦那 嫁 お嬢 坊 王子 姫 お前 貴方 あなた 君 彼 彼女 たく たくさん いろん お疲れ お疲れ様 お世話 ご苦労 "
    "ご馳走 ごちそう お待ち どちら そちら こちら なに 何 誰 だれ 業者 企業 学校 お巡り おまわり 本屋 花屋 八百屋 肉屋 魚屋 パン屋 床屋 ラーメン屋 ケーキ屋 お坊 サンタ ワン ニャン にゃん わん "
    "うさぎ くま ぞう さる とり ねこ いぬ 猫 犬 鳥 魚 象 お日 お月 お星 太陽 仏 観音 殿 同様 模様 多様 仕様 一様 王様 神様 有様 ユーザ お子 子 娘 息子 弟 妹 双子 相方 皆様 各位 姉 "
    "アレク クエスチョ ボタ パター パトロ データ メロ キャンペ 赤ちゃ ウチ うち 一つ 二つ 次 前 上 下 エンジニア スタッフ オーナー メンバー リーダー マネージャー 面接官 採用担当 司会 看板 "
    "受付 教務 事務 担任 副担任 図書館 保健室 コーチ トレーナー 監督 師匠 番人 先 同期 友達 友人 親友 主将 キャプテン 部員 会員 社員 店 宅配 配達員 郵便屋 巡査 お手伝い 家政婦 もう ちゃ 伯母 叔母 伯父 叔父 "
    "じい ばあ おにい おねえ にい ねえ お婆 お爺 爺 婆 おっ おっちゃ おば あか とう かあ おとう おかあ お父 お母 たくさ".split()
)
"""Words before an honorific, or before a colon, that name nobody in particular."""

NOT_LABELS = frozenset(
    "今日 明日 昨日 本日 予定 メモ 課題 宿題 学習 勉強 授業 朝 昼 夜 夕方 夕飯 夕食 朝食 昼食 朝飯 昼飯 晩飯 午前 午後 原因 結果 対策 解決 質問 回答 答え 反省 感想 所感 考察 結論 理由 目的 目標 方法 手順 問題 "
    "注意 重要 補足 追記 例 注 参考 出典 時間 場所 日時 天気 気分 体調 体重 睡眠 起床 就寝 支出 出費 収入 残高 合計 小計 金額 進捗 完了 未完 未完了 次回 次 残り 残 宿 仕様 画面 機能 設計 実装 テスト エラー "
    "バグ タスク ログ 表 図 式 題 件名 本文 宛先 差出人 返信 引用 作業 内容 範囲 得点 点数 正答率 単語 用語 定義 意味 使い方 書き方 やること やったこと できたこと わかったこと できなかったこと 学んだこと 気づき 気付き "
    "つまずき 詰まり ハマり よかったこと 良かったこと よかった点 嬉しかったこと 今日の一言 一言 ひとこと おまけ 余談 閑話休題 ちなみに つまり 要するに 要は ただし たとえば 例えば まず 最後 "
    "一限 二限 三限 四限 五限 限 一時間目 科目 教科 項目 曜日 日付 タイトル 題名 概要 要約 まとめ 結び 序 第 章 節 問 解 証明 前提 条件 入力 出力 期待 実際 差分 変更 修正 追加 削除 更新 確認 報告 連絡 相談 議題 決定 "
    "担当 役割 班 チーム メンバー 先生 講師 店長 面接官 客 司会 質問者 学生 友達 友人 全員 みんな 誰か 自分 私 わたし ぼく 僕 俺 おれ うち 心 脳 頭 体 胃 天使 悪魔 夢 余 推し バイト 趣味 雑談 私生活 プライベート 食事 運動 健康 家計 "
    "お金 買い物 読書 音楽 映画 アニメ ゲーム 漫画 配信 ライブ 曲 今 昔 前 後 上 下 左 右 大 中 小 良 悪 可 否 済 未 ユーザー ユーザ アカウント パスワード メール 電話 キー ポート サーバー ホスト クライアント 親 子 根 葉 "
    "母 父 兄 姉 弟 妹 祖母 祖父 ママ パパ 今週 来週 先週 今月 来月 先月 収支 学校 会社 家 宛て 名前 氏名 所属 学科 学年 年齢 性別 身長 好き 嫌い 特技 長所 短所 志望 職種 業界 企業 給与 勤務地 待遇 休日 以上 以下 合格 不合格 "
    "スコア レベル ランク クラス 型 値 変数 関数 引数 戻り値 配列 辞書 集合 行 列 文 語 句 字 数 量 率 比 差 和 積 商 余り 点 線 面 色 形 音 声 光 熱 力 電気 電圧 電流 抵抗".split()
)

_SPEECH = re.compile(
    r"(?:が|は|も|に|と|から|の)?(?:言っ|言う|言われ|言い|いわく|曰く|聞い|聞かれ|きい|訊い|教え|おしえ|見せ|貸し|笑っ|笑い|笑われ|怒っ|怒られ|褒め|ほめ|誘わ|誘っ|呼ば|泣い|喋っ|話し|話す|相談|"
    r"会っ|会う|遊ん|遊ぶ|電話|LINE|ライン|DM|返信|返事|喧嘩|けんか|ケンカ|仲直り|別れ|付き合|デート|通話|ごはん|ご飯|帰っ|帰る|一緒|いっしょ|隣|となり|既読|寝息|寝て|鳴い|膝|写真|誕生日|家|部屋|声|手|顔|推し)"
)
_TECH_TAIL = re.compile(
    r"^(?:法|則|定理|式|関数|変換|級数|数列|行列|分布|推定|モデル|暗号|符号|図|チャート|木|アルゴリズム|の(?:定理|法則|公式|法|アルゴリズム|篩|ふるい|不等式|チャート|互除法|原理|塔|VPS|クラウド)|"
    r"互除法|曲線|ノイズ|分類|平均|距離|係数|検定|回帰|サンプリング|マシン|アーキテクチャ|インターネット|言語|ゲーム|[ァ-ヺ]{2,}|[A-Za-z])"
)


def find_names(text: str) -> list[Name]:
    """Given a normalised diary, return every mention of a person's name, with overlaps."""
    tokens = tokenize(text)
    found: list[Name] = []
    found.extend(_with_honorific(text, tokens))
    found.extend(_speakers(text))
    found.extend(_handles_and_links(text))
    found.extend(_dictionary(text, tokens))
    return found


def _with_honorific(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    starts = {token.start for token in tokens}
    for match in _HONORIFIC.finditer(text):
        name, title = match["name"], match["title"]
        start, end = match.span("name")
        if script(name[0]) == "hiragana":  # the run may begin with particles: take it from the last word that begins there
            start = _hiragana_start(text, start, end, starts)
            name = text[start:end]
        if name in NOT_NAMES or len(name) < 1 or (title in ("先生", "教授", "氏", "殿", "っち", "たん") and not _solid(name, tokens, start, end)):
            continue
        if title in ("君", "様", "さま", "さん", "たん") and any(text[start:].startswith(word) for word in ("仕様", "同様", "多様", "模様", "一様", "異様", "たくさん")):
            continue
        if title in ("様",) and text[end - 1 : end + 1] in ("仕様", "同様", "多様", "模様", "一様", "異様", "有様", "各様"):
            continue
        why = f"敬称（{title}）"
        if len(name) >= 2 or script(name) == "kanji":
            yield Name("name", start, end, why)
        yield Name("name", start, match.end("title"), why)


def _hiragana_start(text: str, start: int, end: int, starts: set[int]) -> int:
    inner = [position for position in range(start, end) if position in starts]
    if start in starts or not inner:
        return start
    return inner[0]


def _solid(name: str, tokens: tuple[Token, ...], start: int, end: int) -> bool:
    """Whether a doubtful ending (〜先生, 〜氏) follows something that can be a name at all."""
    if name in STUDY:
        return False
    inside = [token for token in tokens if token.start < end and token.end > start]
    return any(token.is_name or token.oov or "/固有名詞/" in token.pos for token in inside)


def _speakers(text: str) -> Iterator[Name]:
    counts: dict[str, list[tuple[int, int]]] = {}
    quoted: set[str] = set()
    for pattern in (_LABEL, _TIMED):
        for match in pattern.finditer(text):
            label = match["label"].strip()
            if not label or label in NOT_LABELS or label in STUDY or label in NOT_NAMES or any(c.isdigit() for c in label):
                continue
            start = match.start("label")
            counts.setdefault(label, []).append((start, start + len(label)))
            if pattern is _TIMED or match["mark"] == "「":
                quoted.add(label)
    for label, spans in counts.items():
        if label in PARTNERS:
            yield from (Name("nickname", *span, "会話の話し手") for span in spans)
            continue
        words = tokenize(label)
        person = any(word.is_name for word in words)
        one_word = len(words) <= 2 and all(word.is_noun or word.oov for word in words)
        common = len(words) == 1 and words[0].is_noun and "普通名詞" in words[0].pos and not words[0].oov
        if person or (len(spans) >= 2 and (one_word or len(label) <= 5) and not common) or (label in quoted and len(spans) >= 2 and len(label) <= 6):
            yield from (Name("nickname", *span, "会話の話し手") for span in spans)


def _handles_and_links(text: str) -> Iterator[Name]:
    for match in _HANDLE.finditer(text):
        yield Name("handle", match.start(), match.end(), "@で始まるアカウント名")
        yield Name("handle", match.start() + 1, match.end(), "@で始まるアカウント名")
    for pattern, why in ((_LINK, "人物へのリンク"), (_TAG, "人物のタグ")):
        for match in pattern.finditer(text):
            target = match.group(1).rpartition("/")[2].strip()
            if not target or target in STUDY:
                continue
            words = tokenize(target)
            folder = match.group(1).rpartition("/")[0].lower()
            if folder in ("people", "person", "人物", "人", "友達", "friends", "contacts") or (words and len(words) <= 3 and any(w.is_name for w in words) and not _technical(target)):
                start = match.start(1) + match.group(1).rfind(target)
                yield Name("link", start, start + len(target), why)


def _technical(name: str) -> bool:
    return name in TECHNICAL_NAMES or name in STUDY


def _dictionary(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    for index, token in enumerate(tokens):
        if not token.is_name or _technical(token.surface) or token.surface in NOT_NAMES:
            continue
        after = text[token.end : token.end + 8]
        if _TECH_TAIL.match(after):
            continue
        kind = script(token.surface[0])
        if kind == "latin" or (len(token.surface) == 1 and not _person_context(text, token)):
            continue
        if kind in ("hiragana", "katakana") and not _person_context(text, token) and not (
            kind == "hiragana" and token.pos.endswith("/名") and len(token.surface) >= 3
        ) and not (kind == "katakana" and token.pos.endswith("/名")):
            continue
        previous = tokens[index - 1] if index else None
        if previous is not None and previous.end == token.start and script(previous.surface[-1]) == "katakana" == kind:
            continue
        yield Name("name", token.start, token.end, "人名（辞書）")


def _person_context(text: str, token: Token) -> bool:
    return bool(_SPEECH.match(text[token.end : token.end + 12]))

"""Names of persons in a diary. Sudachi's 人名 is the start; context adds what a dictionary cannot know.

A diary's term does harm only where it stands in the report, and a formal report holds hardly a hiragana noun or a kanji
pair of name characters: so recognition may be generous with those scripts and must be strict with katakana and Latin,
the scripts of technical terms. What makes a name:

- an honorific (〜ちゃん, 〜先輩), a handle, a link, a tag, a property (``with:``) or table column that holds persons;
- the label of a turn (``りお：…``, ``ご主人様「…」``), also after a time as in a chat log;
- Sudachi's surnames and given names, unless they stand in a technical term (ダイクストラ法, さくらのVPS);
- a relation before it (弟の〜, 同期の〜, 通称〜) or a person's doing after it (〜に聞いたら, 〜からの返事);
- the reading in brackets after a name, and the shapes of nicknames (〜ぴ, 〜っち, 〜ぽよ).

A name seen once marks every place where it stands (``terms``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from daemon.checks.aliases import groups_of, is_known_term
from daemon.checks.given_names import LONG_READINGS, READINGS, ROMAN, SINGLE, long_vowels
from daemon.checks.lexicon import EXEMPT_PHRASES, PARTNERS, ROLES, STUDY, TECHNICAL_NAMES
from daemon.checks.name_lists import (
    COMMON_HIRAGANA,
    COMMON_SINGLE,
    NAME_KANJI,
    NOT_LABELS,
    NOT_NAMES,
    PLACES,
    RARE_SINGLE,
)
from daemon.checks.text import fold, script
from daemon.checks.tokens import Token, tokenize, tokenize_word


class Name(NamedTuple):
    kind: str
    start: int
    end: int
    why: str


_KANJI = "一-鿿㐀-䶿々"
_JA = _KANJI + "ァ-ヺーぁ-ゖ"
_HONORIFIC = re.compile(
    rf"(?P<name>[{_KANJI}]{{1,4}}|[ァ-ヺー]{{1,10}}|[ぁ-ゖー]{{1,6}}?|[A-Za-z][A-Za-z.]{{1,15}})"
    r"(?P<title>ちゃん|くん|君|さん|さま|様|先輩|せんぱい|パイセン|殿|たん|っち|ぴょん|にゃん|ぽよ|きゅん|たそ|しゃん|先生|センセ|教授|ネエ|ねえ|ねぇ|にぃ|にーにー|ねーねー|氏)"
    r"(?![ァ-ヺー])"
)
_QUOTED_NAME = re.compile(rf"[「『(](?P<name>[{_JA}A-Za-z]{{1,10}})[」』)](?:さん|ちゃん|くん|さま|様|先輩|先生|氏)")
_LABEL = re.compile(
    rf"^[ \t>*・\-|]*(?:\[?\d{{1,2}}:\d{{2}}(?::\d{{2}})?\]?[ \t|]*)?(?:\*\*|__|\[\[)?(?P<label>[{_JA}A-Za-z][{_JA}A-Za-z0-9_.・ -]{{0,11}}?)"
    r"(?:\([^)\n]{1,8}\))?(?:\*\*|__|\]\])?[ \t]?(?P<mark>[:「>»]|\t|　)",
    re.M,
)
_TIMED = re.compile(
    rf"^[ \t>*・\-]*\[?(?:午前|午後)?\d{{1,2}}:\d{{2}}\]?[ \t|]+(?P<label>[{_JA}A-Za-z][{_JA}A-Za-z0-9_.]{{0,11}})(?=[ \t:「>]|$)",
    re.M,
)
_HANDLE = re.compile(r"(?<![A-Za-z0-9._%+@/`(-])@(?P<handle>[a-z_][a-z0-9_.-]{2,30})(?![A-Za-z0-9_(`/])")
_NOT_HANDLES = frozenset(
    "media import keyframes charset font-face supports property staticmethod classmethod dataclass override param return "
    "returns throws author since see deprecated app app.route app.get app.post pytest.fixture abstractmethod lru_cache "
    "login_required csrf_exempt apply tailwind layer include extend mixin use forward types angular babel vue react "
    "everyone here channel latest component injectable input output click change submit if foreach csrf yield section "
    "extends csrf_field error auth guest php endif endforeach endsection route post get put delete".split()
)
_LINK = re.compile(r"\[\[([^\]\n|#]{1,60})(?:[|#][^\]\n]{0,60})?\]\]")
_TAG = re.compile(r"(?<![^\s(])#([^\s#()、。,\[\]]{1,40})")
_PROPERTY = re.compile(r"^(?:people|persons?|with|who|whom|partners?|friends?|members?|attendees|met|[a-z_]*who|友達|友人|人|人物|相手|一緒|参加者|メンバー|登場人物|暗号名|コードネーム)[ \t]*::?[ \t]*(.{0,200}(?:\n[ \t]*-[ \t].{0,60}){0,12})", re.M)  # fmt: skip
_COLUMN = re.compile(r"^\|(.+)\|[ \t]*\n\|[ \t:|-]+\|[ \t]*\n((?:\|.*\|?[ \t]*(?:\n|$))+)", re.M)
_PERSON_COLUMN = frozenset("誰 だれ 担当 担当者 名前 氏名 人 メンバー 班員 who name member".split())

_RELATION = re.compile(
    r"(?:友達|友だち|ともだち|友人|友|親友|マブダチ|後輩|先輩|同期|同僚|同級生|クラスメイト|クラスメート|学友|弟|妹|兄|姉|おとうと|いもうと|娘|息子|長男|長女|次男|次女|彼氏|彼女|元カレ|元カノ|恋人|相方|相棒|相棒|"
    r"旦那|夫|妻|嫁|姪|甥|従姉|従兄|従妹|従弟|いとこ|幼馴染|幼なじみ|ルームメイト|ギルメン|フレンド|隣の席|となりの席|席|班|班長|リーダー|部長|主将|副将|会長|マネ|マネージャー|OB|OG|店長|バンド|ドラム|ボーカル|ベース|"
    r"愛犬|愛猫|犬|猫|インコ|文鳥|ハムスター|金魚|うさぎ|ペット|推し|AI|通称|本名|あだ名|名前|愛称|源氏名|呼び名|仮名[A-Z]?|位)(?:のこと)?(?:の|は|が|・|、|:|=|→|\(| )?(?:AI)?[「『(\[]{0,2}$"
)  # fmt: skip
_DOING = re.compile(
    r"^(?:\([^)\n]{0,12}\))?[」』)\]]?(?:が|は|も|に|にも|には|にだけ|と|とは|とも|から|からの|の|って|へ|へは|ってば|、|,)?"
    r"(?:言っ|言う|言い|言わ|いわく|曰く|聞い|聞か|聞き|きい|訊|教え|教わ|おしえ|見せ|貸し|借り|返す|返し|笑|怒|叱|褒|ほめ|誘|呼ば|呼ん|泣|喋|しゃべ|話|相談|会っ|会い|会う|会え|遊|電話|LINE|ライン|DM|返信|返事|喧嘩|けんか|ケンカ|仲直り|別れ|付き合|"
    r"デート|通話|ごはん|ご飯|飯|昼|夜|朝|カラオケ|マック|ガスト|サイゼ|帰っ|帰り|帰る|一緒|いっしょ|隣|となり|既読|未読|寝|鳴|膝|写真|誕生日|家|部屋|声|顔|推し|結婚|彼氏|彼女|おかげ|せい|内緒|奢|おご|くれ|もらっ|もらい|差し入れ|"
    r"手伝|合格|優勝|入賞|銅|銀|金メダル|先に|また|勝手|まだ|今日|昨日|も来|来た|来て|来る|来ない|いる|いた|らしい|お前|好き|インスタ|ストーリー|さん|同担|AI|設定|執事|小[1-6]|中[1-3]|高[1-3]|お兄|お姉|男|女|フランス|ベトナム|本名|通称|あだ名)"
)  # fmt: skip
_PARTICLE = re.compile(r"^(?:\([^)\n]{1,12}\))?(?:が|は|も|に|と|から|って|の|へ|、|,|。|「|:|$|\n| |」|\)|\]|>|=|,|!)")
_TECH_TAIL = re.compile(
    r"^(?:法|則|定理|式|関数|変換|級数|数列|行列|分布|推定|モデル|暗号|符号|図|チャート|木|アルゴリズム|の(?:定理|法則|公式|法|アルゴリズム|篩|ふるい|不等式|チャート|互除法|原理|塔|VPS|クラウド|レンタル|カッパ|d|κ)|"
    r"互除法|曲線|ノイズ|分類|平均|距離|係数|検定|回帰|サンプリング|マシン|アーキテクチャ|インターネット|言語|ゲーム|[ァ-ヺ]{2,}|[A-Za-z])"
)
_NICKNAME = re.compile(
    r"(?<![ぁ-ゖァ-ヺー])(?:(?<=[とはがをにも、])|)(?P<name>[ぁ-ゖー]{1,5}(?:ぴよ|ぴょん|ぽよ|っつん|っちょん|っぴ|ぴ|もん|りん|たす|っしー|っぺ|やん|っち|ちん|ぽん|みん|にゃ|にゃん|ぽむ|ぷー|べえ|たろす|ーやん|ねえ|ー[こたなみ]|てぃ|っきー|っぽ)"
    r"|(?P<twice>[ぁ-ゖ]{2})(?P=twice)"
    r"|[ァ-ヺー]{2,5}(?:ぴ|ぴよ|ぽよ|っち|っぴ|りん|もん|きち)|[ァ-ヺ]{1,3}(?:ンティー|ッチー|ッシー|ッピー|ッキー))(?=と|が|に|の|は|も|から|って|、|。|「|:|\(|\)|」|\]|$|\n| )"
)  # fmt: skip
_APPOSITION = re.compile(
    rf"(?P<name>[{_JA}]{{1,10}}?|[A-Z][a-z]{{1,11}})(?:\*\*|」)?\((?:=|私の|うちの|俺の|僕の|夢の中でも)?(?:AI|執事|メイド|設定|管制官|同担|同い年|私を|通称|本名|あだ名|源氏名|お兄|お姉|小[1-6]|中[1-3]|高[1-3]|一年|二年|三年|"
    r"フランス|ベトナム|ネパール|韓国|中国|台湾|インド|男|女|弟|妹|兄|姉|猫|犬|彼氏|彼女|友|先輩|後輩|同期|みんな|=?Discord|\d{1,2}歳|柴|享年|旧姓)"
)
_CALLED = re.compile(rf"[「『](?P<name>[{_JA}]{{1,10}}?)(?:ー)?[」』](?:と|って)(?:呼|よば|よぶ|名乗|いう(?:あだ名|子|AI))")
_NAMED = re.compile(
    rf"(?:(?:あだ名|通称|本名|呼び名|源氏名|愛称|ハンドルネーム|ペンネーム|暗号名|仮名[A-Z]?)(?:[はが:=、]|のまま)?[「『(\"]?|(?:お?名前|名)は「)(?P<name>[{_JA}]{{2,12}}?|[A-Z][a-z]+(?: [A-Z][a-z]+)?)(?=[」』)\"。、]|です|だっ|さん|と|、|$)", re.M
)
_DOTTED = re.compile(r"(?<![ァ-ヺー・])(?P<name>[ァ-ヺー]{2,10}・[ァ-ヺー]{2,12})(?![ァ-ヺー・])")
_VOCATIVE = re.compile(
    rf"(?:おはよう|おはようございます|おやすみ|おやすみなさい|おかえり|おかえりなさい|ただいま|ありがとう|ごめん|ごめんね|なあ|ねえ|いいかい|拝啓|親愛なる|がんばれ|愛してる|大好き|だいすき)[、,! 　]{{1,2}}"
    rf"(?P<name>[{_JA}]{{2,8}}?)(?:[。、,!?」』]|$)", re.M
)
_LATIN_NAME = re.compile(
    r"(?<![A-Za-z0-9_.@/#`-])(?P<name>[A-Z][a-z]{2,11})(?!\.[A-Za-z]|[A-Za-z0-9_(/`=-])(?=[ ]?(?:[がとはもにの、]|から|って|ちゃん|くん|さん|先輩|&|and |at |\.|,|」|\)|$))", re.M
)
_READING = re.compile(rf"(?P<name>[{_KANJI}]{{1,5}})(?:さん|くん|ちゃん|先輩)?\((?P<reading>[ぁ-ゖー]{{2,8}}|[ァ-ヺー]{{2,10}})(?:さん|くん|ちゃん)?\)")


def find_names(text: str) -> list[Name]:
    """Given a normalised diary, return the mentions of persons' names that context shows, with overlaps."""
    tokens = tokenize(text)
    exempt = [match.span() for match in _EXEMPT.finditer(text)]
    found = [
        *_with_honorific(text, tokens),
        *_speakers(text),
        *_handles(text),
        *_listed(text),
        *_dictionary(text, tokens),
        *_in_context(text, tokens),
        *_nicknames(text, tokens),
        *_called(text),
        *_kana_names(text),
    ]
    found = [name for name in found if not any(first <= name.start and name.end <= last for first, last in exempt)]
    return found + list(_readings(text, {text[name.start : name.end] for name in found}))


_EXEMPT = re.compile("|".join(re.escape(phrase) for phrase in EXEMPT_PHRASES))


def is_technical(name: str) -> bool:
    """Whether a word is a technical or report word whatever stands around it."""
    return name in TECHNICAL_NAMES or name in STUDY or is_known_term(name)


def _with_honorific(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    begins = {token.start: token for token in tokens}
    for match in _HONORIFIC.finditer(text):
        name, title = match["name"], match["title"]
        start, end = match.span("name")
        if script(name[0]) == "hiragana":  # the run may begin with particles: take it from the last word that begins there
            start = _hiragana_start(start, end, begins)
            name = text[start:end]
        if name in NOT_NAMES or text[end - 1 : match.end()] in ("仕様", "同様", "多様", "模様", "一様", "異様", "有様", "各様", "王様", "たくさん", "計算さん"):
            continue
        first = begins.get(start)
        kind = script(name[0])
        solid = first is not None and (first.is_name or first.oov or "/固有名詞/" in first.pos)
        if title in ("先生", "教授", "氏", "殿", "たん", "ねえ", "ねぇ", "様", "君") and not solid and not (kind == "kanji" and len(name) == 2 and title in ("先生", "教授") and name not in STUDY and all(c in NAME_KANJI for c in name)):
            continue
        if kind == "hiragana" and (name in COMMON_HIRAGANA or len(name) < 2) and title not in ("ちゃん", "っち"):
            continue
        yield Name("name", start, match.end("title"), f"敬称（{title}）")
        if kind == "hiragana" and len(name) > 2 and name[0] in "のはとにがも" and script(text[start - 1 : start] or " ") in ("kanji", "katakana"):
            yield Name("name", start + 1, match.end("title"), f"敬称（{title}）")
            yield Name("name", start + 1, end, f"敬称（{title}）")
        plain = first is not None and first.start == start and first.end == end and "普通名詞" in first.pos and not first.oov
        if kind == "latin" and not name.islower() and not name.istitle():
            continue
        if kind == "kanji" and plain and len(name) >= 2 and name not in _DOUBLE:
            continue
        if is_technical(name) or name in COMMON_HIRAGANA or (kind == "katakana" and (text[max(0, start - 4) : start] == "株式会社" or f"株式会社{name}" in text)):
            continue
        if len(name) >= 2 or name in RARE_SINGLE:
            yield Name("name", start, end, f"敬称（{title}）")


def _hiragana_start(start: int, end: int, begins: dict[int, Token]) -> int:
    """Where a name in a run of hiragana begins: after the last particle of the run."""
    best = start
    for position in range(start, end):
        token = begins.get(position)
        if token is not None and token.pos.startswith(("助詞", "助動詞", "接続詞", "動詞", "副詞", "感動詞")) and token.end < end:
            best = token.end
    return best


def _speakers(text: str) -> Iterator[Name]:
    spans_of: dict[str, list[tuple[int, int]]] = {}
    quoted: set[str] = set()
    for pattern in (_LABEL, _TIMED):
        for match in pattern.finditer(text):
            label = match["label"].strip()
            if not label or ((label in NOT_LABELS or label in STUDY or label in NOT_NAMES) and label not in ROLES) or any(c.isdigit() for c in label):
                continue
            if is_technical(label) or label[-1] in "をにがはのでとも" or (script(label[0]) == "latin" and not label.istitle()):
                continue
            start = match.start("label")
            spans_of.setdefault(label, []).append((start, start + len(label)))
            if pattern is _TIMED or match["mark"] in "「>":
                quoted.add(label)
    for label, spans in spans_of.items():
        if label in PARTNERS or (label in ROLES and len(set(spans)) >= 2):
            yield from (Name("nickname", *span, "会話の話し手") for span in spans)
            continue
        words = tokenize(label)
        person = any(word.is_name for word in words) and script(label[0]) != "latin"
        one_word = len(words) <= 3 and all(word.is_noun or word.oov or script(word.surface[0]) == "hiragana" for word in words)
        if any(word.surface in STUDY or is_known_term(word.surface) for word in words):
            continue
        common = len(words) == 1 and "普通名詞" in words[0].pos and not words[0].oov and script(label[0]) != "hiragana"
        several = len(set(spans)) >= 2
        if person or (label in quoted and len(label) <= 6 and one_word and (several or not common)) or (several and one_word and not common and len(label) <= 6):
            yield from (Name("nickname", *span, "会話の話し手") for span in spans)


def _handles(text: str) -> Iterator[Name]:
    for match in _HANDLE.finditer(text):
        handle = match["handle"].rstrip(".-")
        if handle not in _NOT_HANDLES:
            yield Name("handle", match.start(), match.start("handle") + len(handle), "@で始まるアカウント名")
            yield Name("handle", match.start("handle"), match.start("handle") + len(handle), "@で始まるアカウント名")


def _listed(text: str) -> Iterator[Name]:
    """Persons in links, tags, properties and table columns."""
    for pattern, why in ((_LINK, "人物へのリンク"), (_TAG, "人物のタグ")):
        for match in pattern.finditer(text):
            folder, _, target = match.group(1).rpartition("/")
            stem = re.sub(r"\(.*", "", target).strip()
            person = re.search(r"\((?:AI|友|友人|本人|家族|恋人|先輩|後輩|弟|妹|兄|姉)", target) is not None
            if not stem or is_technical(stem) or stem in NOT_LABELS:
                continue
            words = tokenize(stem)
            named = len(words) <= 3 and any(word.is_name for word in words) and script(stem[0]) != "latin" and not re.search("[A-Za-z0-9]", stem)
            if person or named or folder.rpartition("/")[2].lower() in ("people", "person", "人物", "人", "友達", "friends", "contacts"):
                start = match.start(1) + match.group(1).rfind(stem)
                yield Name("link", start, start + len(stem), why)
    for match in _PROPERTY.finditer(text):
        for item in re.finditer(r"[^\s\[\]\"',、;|・-][^\[\]\"',、;|\n]{0,20}", match.group(1)):
            stem = re.sub(r"と$", "", re.sub(r"\(.*", "", item.group()).strip())
            if "(" in item.group():
                yield Name("name", match.start(1) + item.start(), match.start(1) + item.end(), "人物の欄")
            if stem and not is_technical(stem) and stem not in NOT_NAMES and stem not in NOT_LABELS:
                start = match.start(1) + item.start()
                yield Name("name", start, start + len(stem), "人物の欄")
    for table in _COLUMN.finditer(text):
        heads = [cell.strip() for cell in table.group(1).split("|")]
        columns = [index for index, head in enumerate(heads) if head.lower() in _PERSON_COLUMN]
        position = table.start(2)
        for line in table.group(2).split("\n"):
            offset = position + 1
            for index, cell in enumerate(line[1:].split("|")):
                stem = cell.strip()
                if index in columns and 1 < len(stem) <= 10 and not is_technical(stem) and stem not in NOT_LABELS and stem not in NOT_NAMES:
                    start = offset + cell.find(stem)
                    yield Name("name", start, start + len(stem), "表の担当欄")
                offset += len(cell) + 1
            position += len(line) + 1


def _dictionary(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    """Sudachi's 人名, and pairs of name kanji that the dictionary does not know as one word."""
    for index, token in enumerate(tokens):
        after = text[token.end : token.end + 14]
        technical = is_technical(token.surface) and not _also_person(text, token)
        if token.is_name and len(token.surface) > 1 and not technical and token.surface not in NOT_NAMES:
            kind = script(token.surface[0])
            glued = kind == "katakana" and (script(text[token.start - 1 : token.start] or " ") == kind or script(after[:1] or " ") == kind)
            if _TECH_TAIL.match(after) or glued or kind == "latin" or token.surface in COMMON_HIRAGANA:
                continue
            if f"株式会社{token.surface}" in text:
                continue
            if kind == "katakana" and not (token.pos.endswith("/名") or _person(text, token.start, token.end)):
                continue
            yield Name("name", token.start, token.end, "人名（辞書）")
        if len(token.surface) == 1 and token.surface in NAME_KANJI and index + 1 < len(tokens):
            other = tokens[index + 1]
            end = other.end
            pair = token.surface + other.surface
            if (
                len(other.surface) == 1
                and other.surface in NAME_KANJI
                and script(text[token.start - 1 : token.start] or " ") != "kanji"
                and script(text[end : end + 1] or " ") != "kanji"
                and (token.is_name or other.is_name or token.is_place or token.surface in RARE_SINGLE or _person(text, token.start, end) or other.surface in "斗菜花央奈希介郎太也哉弥真帆香美佳紗莉愛音乃翔汰叶向")
                and not pair.endswith("人") | pair.endswith("月")
                | pair.endswith("日") or pair in ("悠人", "勇人", "隼人", "直人", "和人", "健人", "拓人", "優人", "雅人", "真人", "陽人", "春人", "晴人", "海人", "琉人", "蓮人", "結人", "律人")
            ):
                yield Name("name", token.start, end, "名前の漢字")
        single = token.surface
        if len(single) == 1 and script(text[token.start - 1 : token.start] or " ") != "kanji" and script(after[:1] or " ") not in ("kanji", "katakana"):
            relation = _RELATION.search(text[max(0, token.start - 12) : token.start])
            if relation and single in SINGLE and re.match(r"[(がはもにと、」]", after):
                yield Name("name", token.start, token.end, "一字の名前")
            elif (single in RARE_SINGLE and _PARTICLE.match(after)) or (single in COMMON_SINGLE and _person(text, token.start, token.end)):
                yield Name("name", token.start, token.end, "一字の名前")


def _also_person(text: str, token: Token) -> bool:
    """Whether a word such as ルビー is a person here: it does what persons do, beside the term in Latin letters."""
    return any(other.isascii() and other in text for other in groups_of(token.surface)) and bool(
        _DOING.match(text[token.end : token.end + 28]) or re.match(r"が.{1,16}(?:教え|言っ|笑っ|くれ)", text[token.end : token.end + 24])
    )


def _in_context(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    """Words that a dictionary does not call names, used like one."""
    for token in tokens:
        surface = token.surface
        if not (token.is_noun or token.oov) or len(surface) < 2 or is_technical(surface) or surface in NOT_NAMES or surface in NOT_LABELS:
            continue
        kind = script(surface[0])
        after = text[token.end : token.end + 14]
        if kind == "hiragana":
            if surface not in COMMON_HIRAGANA and _PARTICLE.match(after) and (token.oov or _person(text, token.start, token.end)):
                yield Name("nickname", token.start, token.end, "人として書かれた語")
        elif kind == "katakana":
            edge = script(text[token.start - 1 : token.start] or " ") != kind and script(after[:1] or " ") != kind
            related = _RELATION.search(text[max(0, token.start - 12) : token.start]) is not None
            doing = re.match(r"(?:が|は|も|に|から|の|と|って)(?:言っ|聞い|教え|笑|泣|喋|話し|電話|返信|返事|告白|ケンカ|喧嘩|デート|結婚|既読|LINE)", after)
            if edge and token.oov and _PARTICLE.match(after) and (related or doing):
                yield Name("nickname", token.start, token.end, "人として書かれた語")
            elif edge and _RELATION.search(text[max(0, token.start - 12) : token.start]) and _DOING.match(after):
                yield Name("nickname", token.start, token.end, "人として書かれた語")
        elif kind == "kanji" and 2 <= len(surface) <= 4:
            if token.is_place and surface not in PLACES and (re.match(r"[がもは](?!ある|あり|遠|近|寒|暑)|に(?:言|聞|話|教|見せ|相談)|と(?:一緒|話|会|飲|遊)", after) or _person(text, token.start, token.end)):
                yield Name("name", token.start, token.end, "人として書かれた姓")
            elif len(surface) == 2 and all(c in NAME_KANJI for c in surface) and "普通名詞/一般" in token.pos and (
                _RELATION.search(text[max(0, token.start - 12) : token.start]) or (surface in _DOUBLE and _PARTICLE.match(after))
            ):
                yield Name("name", token.start, token.end, "人として書かれた名")


_DOUBLE = frozenset(
    "大地 真帆 沙羅 太一 大樹 大我 大和 大輝 千秋 千春 千夏 小春 小雪 美空 美咲 美月 美海 美雨 若葉 青葉 双葉 紅葉 桃花 桜花 百花 風花 六花 立花 小夜 小町 小梅 千歳 千里 千鳥 "
    "勇気 元気 拓海 匠海 光希 一樹 和樹 直樹 正樹 弘樹 大河 大悟 大志 大空 太陽 太郎 一郎 二郎 次郎 三郎 健太 翔太 雄大 雄太 和花 和音 琴音 琴葉 初音 鈴音 花音 天音 朱音 彩音 "
    "八重 弥生 皐月 葉月 卯月 睦月 文月 長月 霜月 如月 師走 真珠 珊瑚 瑠璃 翡翠 琥珀 水晶 紫苑 撫子 桔梗 牡丹 百合 蓮華 茉莉 柚子 檸檬 伊吹 出雲 伊織 日向 日和 陽菜 真琴 真理 真実 希望 "
    "沙織 香織 詩織 志保 志穂 実花 実里 美里 友里 由良 由紀 紀子".split()
)
"""Given names that are words as well."""


def _person(text: str, start: int, end: int) -> bool:
    """Whether the words around a span treat it as a person."""
    return bool(_DOING.match(text[end : end + 28]) or _RELATION.search(text[max(0, start - 12) : start]))


def _nicknames(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    begins = {token.start: token for token in tokens}
    for match in _NICKNAME.finditer(text):
        start, end = match.span("name")
        if script(text[start]) == "hiragana" and script(text[start - 1 : start] or " ") == "kanji" and text[start] in "はがのにもとを" and end - start > 3:
            start += 1
        word = text[start:end]
        first = begins.get(start)
        whole = first is not None and first.end == end and not (first.oov or first.is_name)
        if len(word) < 3 or word in COMMON_HIRAGANA or whole or is_technical(word) or word in NOT_NAMES:
            continue
        yield Name("nickname", start, end, "あだ名の形")


def _called(text: str) -> Iterator[Name]:
    """Names that the text introduces or calls: ルナ(AI), 「親方」と呼べ, おはよう、まこと。"""
    for pattern, why in ((_QUOTED_NAME, "敬称"), (_APPOSITION, "紹介された名前"), (_CALLED, "呼び名"), (_NAMED, "紹介された名前"), (_VOCATIVE, "呼びかけ"), (_LATIN_NAME, "ローマ字の名前")):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            if script(text[start]) == "kanji" == script(text[start - 1 : start] or " "):
                continue
            if pattern is _LATIN_NAME and (match["name"].lower() not in ROMAN or is_technical(match["name"])):
                continue
            if pattern is _APPOSITION:
                start = _one_script(text, start, end)
            name = text[start:end]
            told = pattern in (_CALLED, _NAMED)
            if len(name) < 2 and name not in SINGLE or is_technical(name) or name in COMMON_HIRAGANA:
                continue
            if not told and (name in NOT_NAMES or name in NOT_LABELS):
                continue
            yield Name("nickname", start, end, why)
    for match in _DOTTED.finditer(text):
        parts = match["name"].split("・")
        words = [tokenize_word(part) for part in parts]
        if any(map(is_technical, parts)) or not any(len(word) == 1 and (word[0].is_name or word[0].oov) for word in words):
            continue
        yield Name("name", *match.span("name"), "姓と名")
        yield Name("name", match.start("name"), match.start("name") + len(parts[0]), "姓と名")


def _one_script(text: str, start: int, end: int) -> int:
    """The start of the last run of one script in a span."""
    first = end - 1
    while first > start and script(text[first - 1]) == script(text[end - 1]):
        first -= 1
    return first


_HIRAGANA_RUN = re.compile("[ぁ-ゖゔー]{2,40}")
_KATAKANA_RUN = re.compile("(?<![ァ-ヺー])[ァ-ヺー]{2,8}(?![ァ-ヺー])")
_TIME = re.compile("(?:放課後|今日|昨日|今朝|今夜|夜|昼|朝|帰り|休み)$")
_BEFORE = "とはがをにのもやで、よらりた"
_PERSON_PARTICLE = re.compile("と|が|に|から|の|って|は|も|、お前")


def _kana_names(text: str) -> Iterator[Name]:
    """Given names by their reading, where kana stand as a word; and unknown kana before a person's doing."""
    folded = fold(text)
    for run in _KATAKANA_RUN.finditer(text):
        word = run.group()
        if folded[run.start() : run.end()] in READINGS and not is_technical(word) and not _TECH_TAIL.match(text[run.end() : run.end() + 14]):
            if _PARTICLE.match(text[run.end() : run.end() + 14]) or _person(text, *run.span()):
                yield Name("name", *run.span(), "仮名の名前")
    for run in _HIRAGANA_RUN.finditer(text):
        for start in range(run.start(), run.end() - 1):
            if start > run.start() and text[start - 1] not in _BEFORE:
                continue
            for end in range(min(start + 6, run.end()), start + 1, -1):
                word = text[start:end]
                before = script(text[start - 1 : start] or " ")
                free = before not in ("kanji", "katakana") or _TIME.search(text[max(0, start - 3) : start]) is not None
                at_edge = len(word) >= 3 or (start == run.start() and free) or _person(text, start, end)
                if (word in READINGS or long_vowels(word) in LONG_READINGS) and (word not in COMMON_HIRAGANA or _RELATION.search(text[max(0, start - 12) : start])) and at_edge and _PARTICLE.match(text[end : end + 14]):
                    yield Name("name", start, end, "仮名の名前")
                    break
        start = run.start()
        before = script(text[start - 1 : start] or " ")
        if before in ("digit", "latin"):
            continue
        related = _RELATION.search(text[max(0, start - 12) : start + 1]) is not None
        if before == "kanji" and run.group()[0] in "とはのにがも":
            start += 1  # 昼は|たけぽよと, 班の|まっつんと
        elif before in ("kanji", "katakana") and not related and not _TIME.search(text[max(0, start - 3) : start]):
            continue
        for end in range(start + 3, min(start + 6, run.end()) + 1):
            word = text[start:end]
            if (
                word not in COMMON_HIRAGANA
                and word not in NOT_NAMES
                and _PERSON_PARTICLE.match(text, end)
                and (related or _DOING.match(text[end : end + 28]))
                and _unknown(word)
            ):
                yield Name("nickname", start, end, "人として書かれた語")
                break


def _unknown(word: str) -> bool:
    """Whether the dictionary has no ordinary reading for a hiragana string: it falls to pieces of a syllable or two."""
    words = tokenize_word(word)
    if len(words) == 1:
        return words[0].oov or words[0].is_name
    kinds = [token.pos.split("/")[0] for token in words]
    return any(len(token.surface) == 1 for token in words[1:]) and kinds[0] not in ("接続詞", "副詞", "連体詞", "代名詞") and not {"補助記号"} & set(kinds)


def _readings(text: str, names: set[str]) -> Iterator[Name]:
    """Readings in brackets after a name: 羽純(はすみ)."""
    for match in _READING.finditer(text):
        kanji, reading = match["name"], fold(match["reading"])
        given = len(kanji) <= 3 and all(c in NAME_KANJI for c in kanji) and reading in READINGS
        if given:
            yield Name("name", *match.span("name"), "読みのある名前")
        if given or kanji in names or any(kanji.endswith(name) and len(name) > 1 for name in names):
            yield Name("name", *match.span("reading"), "名前の読み")

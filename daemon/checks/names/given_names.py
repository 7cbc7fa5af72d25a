"""Readings of given names and pet names, by hand: common Japanese ones, and foreign ones as students write them."""

# ruff: noqa: E501

from __future__ import annotations

import re

from daemon.checks.kanji_variants import with_variants

_JAPANESE = """
あい あいか あいこ あいな あいね あいみ あいり あいる あおい あおと あおば あかね あかり あき あきこ あきと あきな あきの あきひろ あきほ あきら あけみ あさか あさひ あさみ あすか あすな あずさ あつき あつこ あつし あつや あみ あや あやか あやこ あやと あやな あやの
あやめ あやみ あゆ あゆか あゆみ あゆむ あらた ありさ ありす あんじゅ あんな あんり いおり いくみ いさむ いずみ いつき いっせい いぶき いちか いちご いちろう いと いのり いろは うい うた うたは うみ うらら えいき えいじ えいた えいと えな えま えみ えみか えみり えり えりか えりな えれな
おうすけ おと おとは おりえ かいじ かいと かいり かえで かおり かおる かおるこ かすみ かずあき かずき かずと かずな かずは かずひろ かずま かずみ かずや かつき かつや かな かなえ かなこ かなた かなで かなと かなみ かなめ かのん かほ かりん かれん かんた かんな
きい きいち きくえ きみか きょう きょうか きょうこ きょうすけ きょうへい きよ きよし きよみ きら きり くみ くみこ くるみ くれは けい けいいち けいご けいこ けいじ けいすけ けいた けいと けん けんいち けんご けんじ けんすけ けんた けんたろう けんと けんや げん げんき げんた
 こういち こうき こうじ こうすけ こうせい こうた こうたろう こうへい こうめ こうや こうよう ここな ここね ここみ こころ こずえ ことか ことね ことの ことは ことみ こなつ このか このは このみ こはく こはる こまち こゆき さあや さえ さえこ さおり さき さきこ さくと さくや さくら さくらこ
さちこ さちえ さつき さとこ さとし さとみ さとる さな さなえ さほ さや さやか さやな さゆ さゆり さら さり さわ さわこ しいな しおり しおん しおね しげる しずか しずく しづき しの しのぶ しほ しゅう しゅうじ しゅうた しゅうと しゅうへい しゅうや しゅん しゅんいち しゅんすけ しゅんた しゅんや しゅんぺい じゅり じゅりあ じゅん じゅんいち じゅんこ じゅんぺい じゅんや
しょう しょういち しょうご しょうすけ しょうた しょうたろう しょうへい しょうま しょうや じょう しろう しん しんいち しんご しんじ しんすけ しんた しんたろう しんぺい しんや すぐる すず すずか すずね すずは すばる すみか すみれ せい せいじ せいた せいや せな せら せり せりか せりな そういち そうし そうすけ そうた そうま そうや そら そな
 だいき だいご だいし だいすけ だいち だいと だいや たいが たいき たいし たいすけ たいせい たいち たいと たいよう たかあき たかし たかひろ たかや たかゆき たく たくと たくま たくみ たくや たけし たけと たけひろ たけや たけゆき たける たすく たつき たつと たつや たまき たまみ たもつ ちあき ちえ ちえこ ちえみ ちか ちかこ ちさと ちさ ちず ちずる ちとせ ちなつ ちなみ ちはる ちひろ ちほ ちゆき ちよ
つかさ つき つきの つきは つくし つばき つばさ つむぎ つよし てつ てつや てっぺい てる てるみ とあ とうか とうこ とうま とおる ときわ とし としあき としき としや としゆき とも ともあき ともえ ともか ともき ともこ ともな ともはる ともひろ ともみ ともや ともゆき とも なお なおき なおこ なおと なおみ なおや なおゆき なぎ なぎさ なつ なつお なつか なつき なつこ なつの なつは なつみ なつめ なな ななえ ななお ななか ななこ ななせ ななは ななみ なほ なみ なゆ なるみ にいな にこ にな にこる ねね のあ のぞみ のぞむ のどか ののか ののは のぶ のりこ のりか のえる 
はす はすみ はづき はつね はな はなえ はなか はなこ はなね はなの はなび はのん はやて はやと はやみ はる はるあき はるか はるき はるこ はるた はると はるな はるね はるの はるひ はるま はるみ はるや はるゆき ひいろ ひおり ひかり ひかる ひこ ひさし ひさと ひすい ひづき ひとみ ひな ひなこ ひなた ひなと ひなの ひなみ ひなり ひまり ひびき ひめか ひめな ひより ひらり ひろ ひろあき ひろき ひろこ ひろし ひろと ひろな ひろの ひろみ ひろむ ひろや ひろゆき
ふう ふうか ふうこ ふうが ふうた ふうま ふみ ふみか ふみな ふみや ふゆ ふゆか ふゆみ ほたる ほなみ ほのか ほまれ まい まいか まいこ まいな まお まき まきこ まきと まこ まこと まさ まさあき まさき まさし まさたか まさと まさはる まさひろ まさみ まさや まさゆき まさる まな まなか まなと まなみ まなぶ まどか まひろ まひる まほ まほろ まみ まみこ まや まゆ まゆか まゆこ まゆみ まゆり まり まりあ まりえ まりか まりこ まりな まりん まる
みあ みう みお みおな みおり みか みかこ みかん みき みきと みく みくる みこ みこと みさ みさき みさと みずき みずほ みすず みち みちか みちこ みつき みつる みと みどり みな みなこ みなと みなみ みに みね みのり みのる みはる みひろ みほ みやび みやこ みゆ みゆう みゆか みゆき みゆな みゆり みよ みらい みり みりあ みれい みわ みんと むつき むつみ めい めいこ めいさ めぐ めぐみ めぐる もえ もえか もえこ もえな もえみ もか もこ もとき もとや もな もね もみじ もも ももあ ももえ ももか ももこ ももな ももね ももは
やえ やすし やすひろ やすは やまと やよい ゆい ゆいか ゆいと ゆいな ゆいの ゆいり ゆう ゆうあ ゆういち ゆうか ゆうが ゆうき ゆうこ ゆうご ゆうさく ゆうじ ゆうじろう ゆうすけ ゆうせい ゆうた ゆうたろう ゆうと ゆうな ゆうの ゆうは ゆうひ ゆうへい ゆうま ゆうみ ゆうや ゆうり ゆか ゆかこ ゆかり ゆき ゆきあ ゆきえ ゆきお ゆきこ ゆきと ゆきな ゆきの ゆきは ゆきひろ ゆきほ ゆきや ゆず ゆずか ゆずき ゆずな ゆずは ゆづき ゆな ゆの ゆま ゆみ ゆみか ゆみこ ゆめ ゆめか ゆめの ゆら ゆり ゆりあ ゆりえ ゆりか ゆりこ ゆりな ゆりね ようこ ようじ ようすけ ようた ようへい よしあき よしえ よしか よしき よしこ よしたか よしと よしの よしのり よしひろ よしみ よしや よしゆき
らい らいか らいと らな らん りあ りあん りい りいな りえ りお りおか りおと りおな りおん りか りき りく りくと りこ りさ りさこ りず りせ りた りつ りつか りつき りと りな りの りのあ りは りほ りみ りむ りゅう りゅういち りゅうが りゅうき りゅうじ りゅうすけ りゅうせい りゅうた りゅうと りゅうのすけ りゅうへい りゅうま りゅうや りょう りょうが りょうこ りょうじ りょうすけ りょうた りょうへい りょうま りょうや りら りり りりあ りりか りりこ りん りんか りんこ りんた りんたろう りんと るあ るい るか るきあ るな るみ るり るりか れい れいあ れいか れいこ れいじ れいな れいや れお れおな れな れの れみ れん れんか れんと ろく わか わかな わかば わこ わたる
"""

_FOREIGN = """
あーさー あいら あいりす あいだ あいざっく あすてる あすか あだむ あれく あれっくす あれくさんだー あれくさんどら あろん あんじぇら あんでぃ あんどれあ あんとにお あんな あんぬ あんり いざべら いりーな いゔ うぃりあむ うぇい えいだ えいみー えみりー えみりあ えらな えり えりざべす えりす えりっく えれな えまにゅえる えゔぁ えど えりおっと おすかー おりばー おりびあ おりおん おるか
かいる かてぃあ かーる かーらい かるろす きむ きゃろる きむら くりす くりすてぃーな くれあ くろえ けいてぃ けびん けゔぃん さーしゃ さいもん さむ さら さんとす しーな じぇいく じぇいそん じぇいむず じぇしか じぇふ じおん しおん しえら じじ しゃるろっと しゃーろっと じゃすみん じゅりあ じゅりあん じょあん じょーじ じょせふ じょなさん じょん じょんは じみー しりうす しるゔぃあ すずらん すぴか すてら すみす せしる せれす せれな せれん せしりあ そふぃー そふぃあ そよん
たにあ だにえる だいあな てお てぃな てぃむ でいびっど てぃあ でぃーん とーます とむ どら とりにてぃ なおみ なたりー なでぃあ なてぃあ にこ にーな にこる にのん ねお のあ のえる のゔぁ ぱうろ ぱとりっく はんな はる ひるだ ふぃりっぷ ふぃおな ふぇい ふぉん ふらんく べる べあとりす べんじゃみん べす ぺどろ ぽーる ぽち
まいける まいく まーく まーさ まてお まや まりー まりあ まりあむ まるこ まるてぃな みあ みかえる みげる みみ みら みーしゃ みんじゅ みんほ めあり めろでぃ もりー もなか もも ゆーり ゆな よな よんじゅん らいあん らふぁえる らいむ らいら らうら らーな らび りあむ りーぜ りーふ りおん りげる りさ りず りな りゅか りり りりー りりあん りん るーく るーかす るしあ るしお るしあん るーしー るな るね るびー るる れいあ れいなー れいら れおん れいん れいちぇる れべっか れむ ろーざ ろーら ろーれん ろい ろい ろず ろびん ろまん ろんど ゔぇーら ゔぃおら ゔぃゔぃ ゔぃくとる ゔぁん
 きなこ こむぎ もか みるく ちょこ ここあ まろん くるみ もち だいふく あずき ごま おはぎ つなまよ しろ くろ みけ たま ぽち はち こてつ むぎ もふ ちくわ わさび あんこ おもち ぴの ぽぽ ぴーす ぴーち ぷりん めろん ぐり ころ はな
"""

READINGS: frozenset[str] = frozenset(f"{_JAPANESE} {_FOREIGN}".split())
"""All in hiragana (with ー and ゔ): compare folded text."""


SINGLE: frozenset[str] = with_variants(
    frozenset(
        "朔凛澪颯湊紬圭惇柊菫椛栞凪昴諒遼怜玲昊昂薫茜梓渚馨隼楓雫蓮翔葵琴遥悠樹陸透剛蘭瑠慧慎涼匠聡徹篤敦暁晃翠碧藍奏琉璃玖瑛晶亮迅奨惺絢綾澄岬"
        "駿舜旬淳潤洵渉笙紘絃耀聖芹茉萌蒼蕾諄賢輝鈴麗麟黎杏柚椿梢槙嵐廉恵愛瞳忍唯誉睦皐律灯望桜海華牧泉守悟武忠歩旭航咲舞緑誠純稔豊浩宏隆健剣拳龍竜虎仁"
    )
)
"""One-character given names."""

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さ し す せ そ".replace(" ", ""), "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "y": "や　ゆ　よ", "r": "らりるれろ", "w": "わ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど",
    "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
}  # fmt: skip
_ROMAN = {kana: head + vowel for head, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=False)}
_ROMAN |= {"し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ん": "n", "づ": "zu", "ー": ""}
_GLIDES = {"ゃ": "a", "ゅ": "u", "ょ": "o", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"}


def romanise(reading: str) -> str:
    """Given hiragana, return Hepburn without long vowels (しょうた → shota, りさ → risa)."""
    out = ""
    for kana in reading:
        if kana in _GLIDES and out:
            stem = out[:-1]
            out = stem + (
                _GLIDES[kana] if stem.endswith(("sh", "ch", "j")) or kana in "ぁぃぅぇぉ" else "y" + _GLIDES[kana]
            )
        elif kana == "っ":
            continue
        else:
            out += _ROMAN.get(kana, "")
    for long, short in (("ou", "o"), ("oo", "o"), ("uu", "u")):
        out = out.replace(long, short)
    return out


_WESTERN = """
adam alan alex alexa alice amanda amelia amy andrea andrew andy angela anna anne anthony ben benjamin beth bob brandon brian carlos carol caroline catherine charles charlotte chloe chris
christian christina claire daniel david diana diego dmitri dylan edward elena elizabeth ella emily emma eric erik ethan eva evan fatima felix fiona frank gabriel george grace hannah harry
henry hugo ian isabel isabella ivan jack jacob jake james jane jason jean jennifer jenny jessica jim joe joel john jon jonathan jordan jose joseph josh juan julia julian julie karen kate
katie kelly kevin kim kyle laura lauren leah leo leon leonie liam lily linda linh lisa logan louis lucas lucy luis luke luna marco maria marie mario martin mary mason matt matthew max maya
megan mia michael miguel mike mila minh mira mohammed muhammad nancy natalie nathan nguyen nick nicole nina noah nora oliver olivia omar oscar owen pablo paul pedro peter phil rachel rahul
rebecca richard robert rosa rose ruth ryan sam samuel sandra sara sarah scott sean sergio simon sofia sophia sophie stella stephen steve steven susan thomas tim tom tony tyler victor vincent
walter wei william yusuf zoe thu trang huong lan nam tuan duc anh hieu quang binh phuong mai jiho minji jisoo yuna subin wang zhang liu chen yang zhao hana
"""

ROMAN: frozenset[str] = frozenset(
    {roman for reading in READINGS if len(roman := romanise(reading)) >= 3} | set(_WESTERN.split())
) - frozenset(
    [
        "maya",
        "max",
        "mark",
        "jack",
        "sam",
        "ruby",
        "node",
        "rose",
        "meta",
        "scala",
        "java",
        "julia",
        "jean",
        "chen",
        "yang",
        "nam",
        "lan",
        "mai",
        "thu",
        "code",
        "hash",
        "main",
        "data",
        "rust",
        "mac",
        "none",
        "note",
        "time",
        "one",
        "line",
        "base",
        "make",
        "more",
        "core",
        "care",
        "made",
        "more",
        "rate",
        "site",
    ]
)
"""Names in Latin letters, lower case, without those that are technical or English words."""


def long_vowels(reading: str) -> str:
    """Given hiragana, write its long vowels with ー: りょうへい and りょーへー become the same."""
    reading = re.sub("(?<=[おこそとのほもよろごぞどぼぽょ])[うお]", "ー", reading)
    return re.sub(
        "(?<=[えけせてねへめれげぜでべぺ])[いえ]", "ー", re.sub("(?<=[うくすつぬふむゆるぐずぶぷゅ])う", "ー", reading)
    )


LONG_READINGS: frozenset[str] = frozenset(long_vowels(reading) for reading in READINGS if len(reading) >= 3)

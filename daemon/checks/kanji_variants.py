"""Kanji that are the same word in another shape: old and new forms, and the forms that families write their names in.

A table of facts, put together for nippo from these sources:

- the old forms that the Jōyō table (常用漢字表, 2010) gives in brackets, and the pairs of the Jinmeiyō table
  (人名用漢字, as Unihan 14.0 has them in kJinmeiyoKanji);
- the shapes that stand in family registers beside the common one (髙 﨑 邉 濵 栁 𠮷 𣘺 槗 嶋 嶌 …), and the
  shortened forms of JIS X 0208 beside the printed ones (鴎 鷗);
- for radicals in the place of their character, as text copied out of a PDF has them (⻑ for 長):
  EquivalentUnifiedIdeograph of the Unicode Character Database 14.0.

What Unicode's normalisation joins already (神 U+FA19) is not repeated. Two characters that are both in everyday
use, each with a meaning of its own (花 華, 砂 沙, 畑 畠), are not joined; 斉 斎, which one family writes either way,
are.
"""

from __future__ import annotations

_GROUPS = """
万萬 丈𠀋 与與 両兩 並竝 乗乘 乱亂 亀龜 予豫 争爭 亙亘 亜亞 仏佛 仙僊 仮假 会會 伝傳 体體 余餘
併倂 侠俠 価價 侭儘 倹儉 偽僞 兎兔 児兒 党黨 内內 円圓 写寫 冴冱 凛凜 処處 剣劍劒劔 剤劑 剰剩
励勵 労勞 効效 勅敕 勇勈 勧勸 勲勳勛 区區 医醫 単單 卯夘 即卽 厳嚴 参參弎 双雙 収收 叙敍敘 台臺
叱𠮟 号號 吉𠮷 呂吕 呑吞 喜㐂 営營 嘱囑 噛嚙 団團 囲圍 図圖 国國圀 圏圈 園薗 土圡 圧壓 埴𡌛 堕墮
堯尭 塁壘 塩鹽 増增 壊壞 壌壤 壮壯 声聲 壱壹弌 売賣 壷壺 変變 奥奧 奨奬獎 姫姬 嬢孃 学學 宝寳寶
実實 宮宫 富冨 寛寬 寝寢 寧寕甯 対對 寿壽 専專 将將 尚尙 尽盡 届屆 属屬 岡崗罡 岩嵒 岳嶽 峡峽
峨峩 峰峯 島嶋嶌㠀 崎嵜碕﨑 巖巌 巣巢 巻卷 帯帶 帰歸 庁廳 広廣 庵菴 廃廢 弁瓣辨辯 弐弍貳 弥彌 強强
弾彈 当當 彦彥 径徑 従從 徳悳德 徴徵 応應 恋戀 恒恆 恵惠 悦悅 悩惱 悪惡 惨慘 慎愼 懐懷 戦戰 戯戲
戸戶 戻戾 払拂 抜拔 択擇 担擔 拝拜 拠據 拡擴 挙擧 挟挾 挿插揷 捜搜 掲揭 揺搖 摂攝 撃擊 撹攪 攅攢
教敎 数數 斉斎齊齋 断斷 於扵 旧舊 昂昻 昇曻 昼晝 晄晃 晋晉 晟𣇵 晩晚 暁曉 暖煖 暦曆 曽曾 朗朖
条條 来徠來 杯盃 松枩柗 枢樞 柏栢 柳栁桺 栃杤 栄榮 桑桒 桜櫻 桟棧 梁樑 梅楳 梼檮 検檢 楼樓 楽樂
概槪 槇槙 様樣 権權 横橫 橋槗𣘺 檜桧 櫓艪 欠缺 欧歐 歓歡 歩步 歯齒 歳歲 歴歷 残殘 殴毆 殻殼 毎每
気氣 決决 没沒 沢澤 況况 浄淨 浅淺 浜濱濵 涙泪淚 涛濤 涼凉 淵渊渕 清淸 渇渴 済濟 渉涉 渋澁澀 渓溪
減减 温溫 湧涌 湾灣 湿濕 満滿 溌潑 準凖 滝瀧 滞滯 潅灌 潜潛 潟舄 澄澂 瀬瀨 灯燈 炉爐 点點 為爲
焔焰 焼燒 熙煕熈凞 燿耀 爾尓尒 犠犧 状狀 独獨 狭狹 猟獵 猪豬 献獻 獣獸 珍珎 瑠璢 瑶瑤 瓶甁 産產
画畫 略畧 畳疊 痩瘦 痴癡 発發 皐皋臯 盗盜 県縣 真眞 研硏 砕碎 砺礪 礼禮 祇衹 祷禱 祿禄 禅禪 禰祢
秋穐龝 秘祕 称稱 税稅 稲稻 穂穗 穎頴 穏穩 穰穣 窃竊 窓窗窻 竃竈 竜龍龒 笹𥬡 箪簞 節莭 篤笃 籔薮藪
籠篭 粋粹 粛肅 糸絲 経經 絵繪 絶絕 継繼 続續 総總 緑綠 緒緖 縁緣 縦縱 繊纖 繋繫 繍繡 缶罐 群羣
翠翆 翻飜 聡聰 聴聽 肇肈 胆膽 脇𦚰 脱脫 脳腦 臓臟 船舩 艶艷 芦蘆 芸藝 苺莓 茎莖 草艸 荘莊 莱萊
萠萌 葛𦹀 葵𦬆 蒋蔣 蔵藏 蕊蘂 薫薰 薬藥 蘇蘓 虎乕 虚虛 虫蟲 蚕蠶 蛍螢 蛎蠣 蛮蠻 蝉蟬 蝋蠟 蟹蠏
衛衞 装裝 裏裡 褒襃 覇霸 覚覺 覧覽 観觀 触觸 訳譯 証證 誉譽 説說 読讀 諌諫 謡謠 譲讓 豊豐 賎賤
賛贊 践踐 転轉 軽輕 輌輛 辞辭 辺邉邊 迪廸 逓遞 遅遲 遙遥 郎郞 郷鄉鄕 酔醉 醗醱 醤醬 醸釀 釈釋
野埜 鈎鉤 鉄銕鐡鐵 鉱礦鑛 銭錢 鋭銳 鋳鑄 錬鍊 録錄 鎌鐮 鎮鎭 長镸 閉閇 間閒 関關 閲閱 闘鬭 陥陷
険險嶮 随隨 隠隱 隣鄰 隷隸 雁鴈 雑雜 霊靈灵 青靑 静靜 靭靱 須湏 頚頸 頬頰 頼賴 顔顏 顕顯 顛顚
飢饑 飾餝 餅餠 館舘 駅驛 駆駈驅 騒騷 験驗 騨驒 髄髓 高髙 髪髮 鬱欝 鯵鰺 鴎鷗 鴬鶯 鶏鷄雞 鶴靍靏鸖
鹸鹼 麦麥 麹麴 麺麵 黄黃 黒黑 黙默 鼠鼡 齢齡
"""
"""The common form first. Every character is in JIS X 0208 or follows one that is."""

_RADICALS = """
⺄乙 ⺈刀 ⺊卜 ⺌小 ⺍小 ⺒巳 ⺗心 ⺜日 ⺝月 ⺠民 ⺧牛 ⺩王 ⺫目 ⺬示 ⺴冗 ⺶羊 ⺼肉 ⻁虎 ⻄西
⻆角 ⻏邑 ⻑長 ⻗雨 ⻘青 ⻝食 ⻣骨 ⻤鬼 ⻨麦 ⻩黄 ⻫斉 ⻭歯 ⻯竜 ⻲亀
"""


def _in(character: str, encoding: str) -> bool:
    try:
        return bool(character.encode(encoding))
    except UnicodeEncodeError:
        return False


COMMON: dict[int, str] = {ord(other): group[0] for group in _GROUPS.split() for other in group[1:]}
"""Each variant as its common form, one character for one, for ``str.translate``."""

READ_AS: dict[int, str] = {
    **{ord(pair[0]): pair[1] for pair in _RADICALS.split()},
    **{
        code: common for code, common in COMMON.items() if not (_in(chr(code), "shift_jis") or _in(chr(code), "gb2312"))
    },
}
"""The variants outside JIS X 0208, which no dictionary of words knows, and radicals, as what a reader takes them for.
Forms of today's Chinese (强 德) stay: a model that slips into Chinese is caught by them."""


def with_variants(characters: frozenset[str]) -> frozenset[str]:
    """Given common forms, return them with their variants."""
    return characters | {chr(code) for code, common in COMMON.items() if common in characters}

"""Which pieces of a diary are private, and where they would be noticed in a report."""

from __future__ import annotations

import unicodedata

import pytest

from daemon.checks import CheckSettings, find_private_terms, score
from daemon.checks.leak import leaks
from daemon.checks.text import normalise
from daemon.config import PrivacySettings

DEFAULT = CheckSettings()


def leaked(diary: str, sentence: str, settings: CheckSettings = DEFAULT) -> bool:
    """Whether a bullet with this sentence is noticed as a leak of the diary."""
    terms = find_private_terms(diary, settings)
    return bool(leaks(normalise(f"* {sentence}"), terms, settings))


PRIVATE = [
    # names with an honorific
    ("みくちゃんとテスト勉強した。", "みくちゃんと学習しました。"),
    ("みくちゃんとテスト勉強した。", "みくと学習しました。"),
    ("中庭で小森くんに会った。", "小森くんに会いました。"),
    ("中庭で小森くんに会った。", "小森に相談しました。"),
    ("ルカさんが来た。", "ルカさんと話しました。"),
    ("昼は高橋先輩と食べた。", "高橋先輩に相談しました。"),
    ("しょうへいパイセンが奢ってくれた。", "しょうへいパイセンに相談しました。"),
    ("あさみっちが寝坊した。", "あさみっちと取り組みました。"),
    ("宮原先生に質問した。", "宮原先生に質問しました。"),
    ("ミント様が昼に来た。", "ミント様と話しました。"),
    ("Emmaちゃんと話した。", "Emmaちゃんと学習しました。"),
    ("班の「ろく」さんと話した。", "ろくと相談しました。"),
    ("タカ子さんから電話。", "タカ子さんと話しました。"),
    ("弥彦どのと食べた。", "弥彦どのと学習しました。"),
    # names that the dictionary knows
    ("桐谷が休みだった。", "桐谷と作業しました。"),
    ("由梨香と帰った。", "由梨香と作業しました。"),
    ("田中太郎に会った。", "田中太郎と作業しました。"),
    ("ゆうすけと帰った。", "ゆうすけと作業しました。"),
    ("トモヤが寝てた。", "トモヤと作業しました。"),
    ("コウキにLINEした。", "コウキに相談しました。"),
    ("ひなのと1時間電話した。", "ひなのに相談しました。"),
    ("放課後、かなでに会った。", "かなでに相談しました。"),
    ("りょーへー、お前だけ先に帰るな。", "りょーへーと作業しました。"),
    ("with Risa & Ken at the station.", "Risaと作業しました。"),
    ("Linh と電話した。", "Linhと作業しました。"),
    # names of name kanji and of one kanji
    ("凛花がケーキを買ってきた。", "凛花と作業しました。"),
    ("湊斗が笑ってた。", "湊斗と作業しました。"),
    ("朔からの返事がない。", "朔に相談しました。"),
    ("弟の航(小4)が寝てる。", "航に相談しました。"),
    ("悠人が深夜に来た。", "悠人と作業しました。"),
    ("羽純(はすみ)が改札にいた。", "はすみと作業しました。"),
    ("妹の凛々を追いかけた。", "凛々と遊びました。"),
    # nicknames and relations
    ("放課後りおぴとプリ撮った。", "りおぴと作業しました。"),
    ("班のまっつんと帰った。", "まっつんと作業しました。"),
    ("昼はたけぽよと食べた。", "たけぽよと作業しました。"),
    ("同期のもえぴと反省会。", "もえぴと作業しました。"),
    ("班の蘭堂が画面を作った。", "蘭堂と作業しました。"),
    ("相方のタルトが描いてくれた。", "タルトと作業しました。"),
    ("あだ名は「黒猫丸」。", "黒猫丸と作業しました。"),
    ("私を「親方」と呼ぶ。", "親方に相談しました。"),
    ("ルナ(AI)に聞いた。", "ルナに質問しました。"),
    # turns of a talk
    ("りお:ねえ\nぼく:なに\nりお:べつに", "りおに相談しました。"),
    ("ご主人様:起きてる？\nノア:はい", "ご主人様に相談しました。"),
    ("[16:12] ゆずき: 喧嘩すんな\n[16:13] おれ: うん", "ゆずきに相談しました。"),
    ("22:10 なお>昨日みた？\n22:11 さわ>みた", "なおに相談しました。"),
    ("おかえりなさいませ、ご主人様。", "ご主人様に相談しました。"),
    ("師匠:よし\n弟子:はい\n師匠:次\n弟子:はい", "師匠に相談しました。"),
    # handles, links, tags, properties, tables
    ("@ryota_mに返信した。", "ryota_mに相談しました。"),
    ("[[people/まりえ]]に会った。", "まりえに相談しました。"),
    ("[[ノクス(AI)]]と話した。", "ノクスに質問しました。"),
    ("#友達/健太 と食べた。", "健太に相談しました。"),
    ("---\nwith: 朔\n---\n昼寝。", "朔に相談しました。"),
    ("---\npeople: [ソヨン, 倫太郎]\n---\n散歩。", "ソヨンに相談しました。"),
    ("| 作業 | 担当 |\n|---|---|\n| 音 | れんれん |\n", "れんれんと作業しました。"),
    # affection, family, works
    ("彼女とデートした。", "彼女と過ごしました。"),
    ("膝枕してほしい。", "膝枕について学びました。"),
    ("ママに怒られた。", "ママに相談しました。"),
    ("おばあちゃんの家。", "おばあちゃんに会いました。"),
    ("元カレから連絡。", "元カレに連絡しました。"),
    ("『硝子の庭』を読み終えた。", "硝子の庭を読みました。"),
    ("アニメ「月曜の魚」を観た。", "月曜の魚を視聴しました。"),
    ("「夜の電車」の最終回で泣いた。", "夜の電車を視聴しました。"),
    # secrets and contact data
    ("鍵は sk-proj-Ab12Cd34Ef56Gh78 だった。", "sk-proj-Ab12Cd34Ef56Gh78を使用しました。"),
    ("`AKIAABCDEFGH12345678` を消した。", "AKIAABCDEFGH12345678を使用しました。"),
    ("ghp_abcdEFGH1234abcdEFGH1234", "ghp_abcdEFGH1234abcdEFGH1234を使用しました。"),
    ("パスワードは himawari0412", "himawari0412を設定しました。"),
    ("DB_PASSWORD=neko&inu77", "neko&inu77を設定しました。"),
    ("Wi-Fi: guest / hirugohan0123", "hirugohan0123を設定しました。"),
    ("メールは a.b@example.jp", "a.b@example.jpに送信しました。"),
    ("電話 090-1234-0198", "090-1234-0198に連絡しました。"),
    ("カード 4111 1111 1111 1111", "4111 1111 1111 1111を登録しました。"),
    ("マイナンバー 1234-5678-9012", "1234-5678-9012を登録しました。"),
    ("口座番号 1234567", "1234567を登録しました。"),
    ("学籍番号25A0417", "25A0417を登録しました。"),
    ("家は東京都青葉区山手町1-2-3だ。", "東京都青葉区山手町1-2-3を登録しました。"),
    # money, health, life
    ("昼飯で1,200円つかった。", "1,200円を使用しました。"),
    ("体重61.2kgになった。", "体重61.2kgを記録しました。"),
    ("頭痛がひどい。", "頭痛がありました。"),
    ("ロキソニン飲んで寝た。", "ロキソニンを服用しました。"),
    ("給料日まで長い。", "給料日を待ちました。"),
    ("店長に怒られた。", "店長に相談しました。"),
    ("夕飯は焼肉。", "焼肉を食べました。"),
]

NOT_PRIVATE = [
    ("ダイクストラ法をさくらちゃんと解いた。", "ダイクストラ法を学習しました。"),
    ("ベイズの定理でつまずいた。", "ベイズの定理を学習しました。"),
    ("ナイーブベイズで分類した。", "ナイーブベイズで分類しました。"),
    ("フーリエ変換の課題。", "フーリエ変換を学習しました。"),
    ("ユークリッドの互除法。", "ユークリッドの互除法を実装しました。"),
    ("シーザー暗号を解いた。", "シーザー暗号を解読しました。"),
    ("ガントチャートを直した。", "ガントチャートを修正しました。"),
    ("ハフマン木を描いた。", "ハフマン木を作成しました。"),
    ("さくらちゃんに聞いて、さくらのVPSを契約。", "さくらのVPSを契約しました。"),
    ("さくらのレンタルサーバに上げた。", "さくらのレンタルサーバに公開しました。"),
    ("ルビーがRubyを教えてくれた。", "Rubyを学習しました。"),
    ("先生に質問した。講師もいた。", "先生に質問し、講師の助言を受けました。"),
    ("母と電話。母集団と標本の授業。", "母集団と標本について学習しました。"),
    ("弟と喧嘩。", "弟子という用語を調べました。"),
    ("バイトの後、1バイトは8ビットと習った。", "1バイトが8ビットであることを学習しました。"),
    ("@Overrideを付け忘れた。", "@Overrideを付けました。"),
    ("@media を書いた。", "@mediaを使用しました。"),
    ("『リーダブルコード』を授業で読んだ。", "『リーダブルコード』を読みました。"),
    ("税込1,100円になる関数を書いた。", "税込1,100円を求める関数を作成しました。"),
    ("家計簿アプリのReactを直した。", "家計簿アプリを修正しました。"),
    ("株式会社ミドリテックのインターン。", "株式会社ミドリテックのインターンシップに参加しました。"),
    ("仕様が変わった。", "仕様を確認しました。"),
    ("お客様の画面を作る授業。", "お客様の画面を作成しました。"),
    ("password_hash関数を使った。", "password_hash関数を使用しました。"),
    ("SHA-256のトークン base64 を習った。", "SHA-256とbase64を学習しました。"),
    ("林でキャンプ。", "森林のデータを分析しました。"),
    ("るなと帰った。", "変更するな、という規則を学習しました。"),
    ("DataIntegrityViolationExceptionで落ちた。", "DataIntegrityViolationExceptionを調査しました。"),
    ("IP 192.168.0.10 を振った。", "192.168.0.10を設定しました。"),
    ("原因: 設定ミス\n結果: 動いた", "原因と結果をまとめました。"),
]


@pytest.mark.parametrize(("diary", "sentence"), PRIVATE)
def test_a_private_term_is_noticed(diary: str, sentence: str) -> None:
    assert leaked(diary, sentence)


@pytest.mark.parametrize(("diary", "sentence"), NOT_PRIVATE)
def test_a_technical_or_common_word_is_no_leak(diary: str, sentence: str) -> None:
    assert not leaked(diary, sentence)


@pytest.mark.parametrize(
    ("diary", "sentence"),
    [
        ("ルシオさんに聞いた。", "るしおさんに確認しました。"),
        ("ルシオさんに聞いた。", "ﾙｼｵさんに確認しました。"),
        ("ひなたちゃんと話した。", "ヒナタちゃんと確認しました。"),
        ("パスワードは Himawari0412 だ。", "HIMAWARI0412を設定しました。"),
        ("メールは a.b@example.jp", "ａ．ｂ＠ｅｘａｍｐｌｅ．ｊｐに送信しました。"),
        ("昼飯で１，２００円つかった。", "1,200円を使用しました。"),
        ("Emmaちゃんと話した。", "emmaちゃんと確認しました。"),
        ("@Ryota_mでなく @ryota_m に返信。", "RYOTA_Mに確認しました。"),
    ],
)
def test_another_width_case_or_kana_does_not_hide_a_term(diary: str, sentence: str) -> None:
    assert leaked(diary, sentence)


def test_a_denied_word_is_private_everywhere_and_an_allowed_one_never() -> None:
    diary = "きなこが起きた。ルシオさんに聞いた。"
    deny = CheckSettings(privacy=PrivacySettings(deny=("きなこ", "駅前のカフェ")))
    allow = CheckSettings(privacy=PrivacySettings(allow=("ルシオ", "ルシオさん")))
    assert leaked(diary, "キナコの世話をしました。", deny)
    assert leaked(diary, "ルシオさんに確認しました。")
    assert not leaked(diary, "ルシオさんに確認しました。", allow)


def test_a_denied_word_wins_over_an_exempt_phrase() -> None:
    settings = CheckSettings(privacy=PrivacySettings(deny=("さくら",)))
    assert leaked("さくらのVPSを契約。", "さくらのVPSを契約しました。", settings)


def test_every_place_of_a_name_is_returned_with_its_span_in_the_given_text() -> None:
    diary = "ﾙｼｵさんに聞いた。\r\nルシオは寝てた。"
    terms = [term for term in find_private_terms(diary, DEFAULT) if term.kind == "name"]
    assert {diary[term.start : term.end] for term in terms} >= {"ﾙｼｵさん", "ﾙｼｵ", "ルシオ"}
    assert all(diary[term.start : term.end] == term.text and term.why for term in terms)


def test_messages_never_hold_the_private_text() -> None:
    result = score("* ルシオさんに相談しました。", "ルシオさんに聞いた。", DEFAULT)
    assert not result.passed("leak")
    assert "ルシオ" not in str(result.to_json()["findings"])


def test_the_json_of_a_term_holds_its_text_only_on_request() -> None:
    term = find_private_terms("ルシオさんに聞いた。", DEFAULT)[0]
    assert "text" not in term.to_json() and term.to_json(show=True)["text"] == term.text


def test_nfkc_and_line_ends_change_no_term() -> None:
    diary = "ﾙｼｵさんに聞いた。\r\n体重６１．２ｋｇ。\r\nパスワードは　ｈｉｍａ０４１２"
    plain = unicodedata.normalize("NFKC", diary.replace("\r\n", "\n"))

    def keys(text: str) -> list[tuple[str, str]]:
        return [(term.kind, normalise(term.text)) for term in find_private_terms(text, DEFAULT)]

    assert keys(diary) == keys(plain)

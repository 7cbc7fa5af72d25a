"""A hint, an advice or hearsay told as a deed or as something confirmed; a teaching that nobody gave."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage

_HEARD = re.compile(
    r"教わ|指摘|助言|聞[きい]|学[びん]|知り|知っ|調べ|分か|読み|受け|言われ|評価|とのこと|らしい|そうです|考え|答え|紹介|勧め|見ました|理解|覚え"
)
_ADVICE = re.compile(
    r"(?:た|る|だ|く|ば|と)(?:ほう|方)?(?:が|と|も)?(?:いい|よい|良い|ええ|よか)(?:よ|って|と|らしい|んじゃ|で[^し]|$)|ばいい|といい|"
    r"って(?:アドバイス|助言|指摘|言|教)|と(?:言われ|いわれ|言う|言って|助言|先生|講師|のアドバイス)|なさい|(?:し|け|せ|め|え|れ)ろ(?:」|と|って|$)|しなよ|(?:とけ|ておけ|るな)(?:って|と|、|」|よ|$)|してみて(?:」|って|と|$)|よう(?:に)?言われ"
)
_HEARSAY = re.compile(
    r"らしい|らしか|らしく|とのこと|んだって|げな|そう(?:だ|です|な)|みたい(?!に)|かも|だろう|と思(?:う|い)|気がする|はず"
)
_CONFIRMS = re.compile(r"確認しました|証明しました|でした。?$|なりました")
_TEACH = re.compile(
    r"教|おし|言|い(?:う|っ|わ)|聞|き(?:く|い)|先生|せんせ|講師|教官|教授|師|先輩|指摘|アドバイス|助言|説明|曰|いわく|とのこと|[」』]|指導|講評|授業|講義|話|コツ|らしい|返|"
    r"なさい|コメント|さんから|もら|くれ|くださ|習|と。?$"
)


def hint(passage: Passage) -> str | None:
    """Given a line told as done, return a message if its sentence only says that one might do it, or was told to, or
    supposes what the line confirms (らしい, とのこと)."""
    if passage.is_done and not _HEARD.search(passage.line) and _ADVICE.search(passage.rest):
        return "日記では助言や提案ですが、したこととして書かれています。"
    if _CONFIRMS.search(passage.line) and _HEARSAY.search(passage.rest):
        return "日記では伝聞や推測ですが、確かめたこととして書かれています。"
    return None


def untaught(passage: Passage) -> str | None:
    """Given a line that says 教わりました or 指摘を受けました, return a message if its sentence knows no teacher and
    no teaching."""
    if not re.search(r"教わ|指摘を受|助言を受|助言をもら", passage.line):
        return None
    if not _TEACH.search(passage.sentence) and not re.search(r"と。?$|助言|教えてくれた|教わった", passage.near):
        return "日記に教わったという記述が見当たりません。"
    return None

"""A plan told as done: the sentence only wants, intends or lists it."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage

_INTENT = re.compile(
    r"(?<!み)たい(?!して|てい|した)|明日|あした|(?<![ぁ-ん])あす|tomorrow|つもり(?:だ(?!っ)|で(?!し)|です|。|$)|予定(?:だ|です|で|。|$)|"
    r"[よおこそとのもろごぼ]うと(?:思|し|おも|$)|なきゃ|なくちゃ|なければ|ねば|来週|次週|今夜|今度|これから"
)
_DAY = re.compile(r"明日|あした|(?<![ぁ-ん])あす|来週|次週|今週末|明後日|あさって|来月")
_UNDONE = re.compile(r"[うくすつぬむるぐぶ](?:つもり|予定|$)")
_TOLD = re.compile(r"明日|あした|予定|来週|次週|たい|今夜|教わ|学び|知り|聞き|宣言|決め|決まり|答え|伝え|話し")
_OPEN = re.compile(r"^\s*[-*+]?\s*\[ \]|^\s*[⬜□☐]|^\s*(?:TODO|todo|next|yet|notyet)\b")
_DONE = re.compile(r"[たっ]た|んだ|いだ|[きしちりみ]た|済|完了|\[x\]|→|まで")


def planned(passage: Passage) -> str | None:
    """Given a line told as done, return a message if its sentence plans it or lists it as open."""
    if not passage.is_whole:
        return None
    if _OPEN.search(passage.sentence) and not _DONE.search(passage.sentence + passage.after[:6]):
        return "日記では未完了の項目ですが、したこととして書かれています。"
    intended = _INTENT.search(passage.rest) or (_DAY.search(passage.clause) and _UNDONE.search(passage.rest))
    if intended and not _TOLD.search(passage.line):
        return "日記では予定や希望ですが、したこととして書かれています。"
    return None

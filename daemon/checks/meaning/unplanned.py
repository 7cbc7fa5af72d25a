"""A plan that no sentence makes (今後は、…)."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage

PLAN = re.compile(
    r"たい|明日|あした|あす|tomorrow|tonight|next|later|次|つぎ|来週|らいしゅう|今週|来月|来年|年明け|週末|今夜|今晩|後日|あさって|夏休み|冬休み|春休み|"
    r"曜|よう日|予定|つもり|まだ|残|のこ|宿題|締|〆|しめきり|期限|期日|までに|"
    r"\[ \]|⬜|□|☐|未|途中|よう|なきゃ|ないと|なくちゃ|なあか|べき|ねば|"
    r"今度|こんど|いつか|あとで|後で|あと|後回し|続き|つづき|半分|検討|課題|やる|やり直|目標|TODO|todo|\d月|\d日|\d/\d|[月火水木金土日]\)|保留|pending|yet|"
    r"だけ|ば|なら|こと。?$|[うくすつぬふむるぐぶ](?:わ|よ|ね|ぞ|か|と|こと)?[。)]?(?:$|[\s(#])|要|から。?$|てない|ていない|てへん|なかった|ない。?$|だし"
)


def unplanned(passage: Passage) -> str | None:
    """Given a plan line, return a message if neither its sentence nor a neighbour holds a sign of a plan."""
    if passage.is_plan and not PLAN.search(passage.near):
        return "日記に予定や残りの作業が見当たりませんが、今後の予定として書かれています。"
    return None

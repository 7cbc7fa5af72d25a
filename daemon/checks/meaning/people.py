"""Who may stand as the doer in a diary besides the writer. General words only; names come from Sudachi."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage
from daemon.checks.text import KANJI

ROLES = (
    r"友達|友人|友だち|ともだち|先生|せんせい|講師|教官|教授|先輩|後輩|班長|班員|リーダー|メンバー|相方|"
    rf"(?:隣の|向かいの)[^\s、。のがは]{{1,6}}|前の班|社員さん|店長|彼氏|彼女|(?<![{KANJI}])[師父母兄姉弟妹夫妻](?![{KANJI}])|息子|娘|"
    r"(?<![A-Za-z])AI(?![A-Za-z])|ChatGPT|Copilot|Claude|Gemini"
)
HONOURED = (
    rf"(?:[{KANJI}]{{1,4}}|[ァ-ヶー]{{1,8}}|(?<![A-Za-z])[A-Za-z]{{1,10}}|(?<![ぁ-ん])[ぁ-ん]{{2,4}})"
    r"(?:さん|くん|君|ちゃん|氏|先生|先輩|(?<![こそあど])っち)"
)
PERSON = re.compile(rf"(?:{HONOURED}|{ROLES})")
TEACHER = re.compile(r"先生|せんせい|講師|教官|教授|師|先輩|店長|社員")
WRITER = re.compile(
    r"私|わたし|あたし|わたくし|僕|ぼく|ボク|俺|おれ|オレ|自分|うち(?=[がはもの])|ワイ|わい|わし|拙者|ウチ|みんな|二人|ふたり|いっしょ|一緒|班で|全員"
)


def names(passage: Passage) -> list[str]:
    """The persons that the sentence names, as far as words tell: roles, names with an honorific, Sudachi's names."""
    found = [match.group() for match in PERSON.finditer(passage.sentence)]
    found += [word.surface for word in passage.sentence_words if word.is_name and len(word.surface) > 1]
    return found

"""What holds for every diary and every draft."""

from __future__ import annotations

import random
import unicodedata

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.checks import CheckSettings, find_private_terms, score
from daemon.checks.leak import leaks
from daemon.checks.text import fold, normal, normalise
from daemon.config import PrivacySettings
from daemon.drafting.repair import repair
from daemon.drafting.whole import best_of
from daemon.engines.protocol import Draft
from daemon.errors import NoteUnreadable
from daemon.vault.diary import is_blank, prepare
from daemon.vault.note_text import decode

DEFAULT = CheckSettings()
PIECES = [
    *(
        "みくちゃん",
        "ルシオさん",
        "ﾙｼｵ",
        "桐谷",
        "ご主人様",
        "朔",
        "りおぴ",
        "『硝子の庭』",
        "sk-proj-Ab12Cd34Ef56Gh78",
        "a.b@example.jp",
    ),
    *(
        "体重６１ｋｇ",
        "1,200円",
        "焼肉",
        "母",
        "Java",
        "ＳＱＬ",
        "の授業",
        "と",
        "が",
        "に",
        "を学習しました。",
        "。",
        "\n",
        "\r\n",
        "* ",
        "「",
        "」",
    ),
    *(
        "本日は、以下の学習と課題を完了しました:",
        "今後は、",
        "😴",
        "が\u3099",
        "%%",
        "---\n",
        "## 夜\n",
        "[[people/まりえ]]",
        "@ryota_m",
        " ",
    ),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=25).map("".join)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(diary=texts, draft=texts)
def test_no_repaired_report_holds_a_term_that_was_found(diary: str, draft: str) -> None:
    body = repair(draft, diary, DEFAULT).body
    assert leaks(normalise(body), find_private_terms(diary, DEFAULT), DEFAULT) == []


SECRETS = st.sampled_from(
    ["sk-proj-Ab12Cd34Ef56Gh78", "himawari0412", "a.b@example.jp", "090-1234-0198", "ルシオさん", "ご主人様"]
)


@quick
@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_secret_is_gone_whatever_stands_around_it_in_the_report(secret: str, before: str, after: str) -> None:
    diary = f"パスは {secret}\nご主人様:おはよう\nルシオさんに聞いた。\n連絡 {secret} へ\n"
    body = repair(f"* {before} {secret} {after}を学習しました。", diary, DEFAULT).body
    assert fold(normalise(secret)) not in fold(normalise(body))


@quick
@given(diary=texts, word=st.text(alphabet="きなこABｱ漢", min_size=1, max_size=4), draft=texts)
def test_a_denied_word_is_never_written(diary: str, word: str, draft: str) -> None:
    own = CheckSettings(privacy=PrivacySettings(deny=(word,)))
    body = repair(f"{draft}{word}", f"{diary}{word}", own).body
    assert fold(normalise(word)) not in fold(normalise(body))


@quick
@given(diary=texts, report=texts)
def test_scores_are_the_same_under_nfkc_and_line_ends(diary: str, report: str) -> None:
    other = score(
        normalise(report), unicodedata.normalize("NFKC", diary.replace("\r\n", "\n").replace("\r", "\n")), DEFAULT
    )
    assert score(report, diary, DEFAULT) == other


@quick
@given(diary=texts)
def test_spans_hold_the_terms(diary: str) -> None:
    for term in find_private_terms(diary, DEFAULT):
        assert diary[term.start : term.end] == term.text != ""


@quick
@given(text=st.text(max_size=60) | texts)
def test_the_way_back_from_the_normal_form_is_whole(text: str) -> None:
    source = normal(text)
    assert source.text == normalise(text) == normalise(source.text)
    assert len(source.starts) == len(source.ends) == len(source.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(source.starts, source.ends, strict=True))


@quick
@given(text=texts)
def test_preparing_twice_changes_nothing_more(text: str) -> None:
    privacy = PrivacySettings(private_headings=("夜",), private_tags=("private",))
    once = prepare(text, privacy).text
    assert prepare(once, privacy).text == once


def test_five_thousand_random_byte_strings_pass_without_an_exception() -> None:
    chance = random.Random(3407)
    sample = "みくちゃんとJavaの授業。パスは himawari0412\n* 体重61kg、1,200円。「夜」『庭』%% ## #a [[b]]".encode()
    read = 0
    for number in range(5_000):
        if number % 2:
            data = chance.randbytes(chance.randrange(40))
        else:  # a true note with some bytes changed, so that many can be read
            data = bytearray(sample)
            for _ in range(chance.randrange(4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            data = bytes(data)
        try:
            text = decode(data, "note.md")
        except NoteUnreadable:
            continue
        read += 1
        is_blank(text)
        prepared = prepare(text, DEFAULT.privacy).text
        find_private_terms(text, DEFAULT)
        selected = best_of([Draft(prepared, 1, 1, 0.0, cut=True)], text, DEFAULT)
        assert not leaks(
            normalise(repair(selected.text, text, DEFAULT).body), find_private_terms(text, DEFAULT), DEFAULT
        )
    assert read > 500

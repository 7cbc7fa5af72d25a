"""An accepted pair becomes a row of the training, with every sentence of the day in it."""

from __future__ import annotations

from daemon.config import Config
from daemon.drafting.sentences import split
from daemon.store.rows import Pair
from training.pairs.edit_rows import day_rows, untraced_lines

DIARY = "1限はJavaの授業で、例外処理を習った。\n昼はうどんを食べた。\n明日はSQLの副問い合わせを復習する。"
LINES = "* Javaの授業で、例外処理を学んだ。\n* 面接の練習をした。"
REPORT = LINES + "\n\n今後は、SQLの副問い合わせを復習したいと考えている。"


def test_a_pair_becomes_the_rows_of_its_day() -> None:
    pair = Pair("import-1", "2026-11-26", DIARY, "", REPORT, "", "2026-11-26T21:00:00", False, "import")
    rows, read = day_rows(pair, Config())
    assert (rows.id, rows.date, rows.split) == ("import-1", "2026-11-26", "train")
    assert rows.accepted and rows.weight == 1.0
    assert tuple(text for text, _ in rows.sentences) == tuple(one.text for one in split(rows.diary))
    assert [lines for _, lines in rows.sentences] == [
        ("* Javaの授業で、例外処理を学びました。",),
        (),
        ("今後は、SQLの副問い合わせを復習したいと考えています。",),
    ]
    assert rows.judged == ()
    assert [one.text for one in read.untraced] == ["面接の練習をした。"]


def test_the_weeks_untraced_lines_quote_nothing_private() -> None:
    told = REPORT + "\n* 昼は美咲さんとうどんを食べた。"
    pair = Pair("2026-11-26", "2026-11-26", DIARY.replace("昼は", "昼は美咲さんと"), "", told, "", "", False, "vault")
    assert untraced_lines([pair], [pair], Config()) == (
        ("2026-11-26", "面接の練習をした。", "日記に同じことを書いた文が見つかりません"),
        ("2026-11-26", "（省略）", "私的な語があります"),
    )
    assert untraced_lines([], [pair], Config()) == ()

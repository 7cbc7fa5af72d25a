"""Forty edits of a report by hand, each with what it teaches: a table of diary, draft and accepted body.

A case names only what differs from the draft's own labels: ``lines`` of sentences by number (None: nothing is learned),
the labels of judged lines by the beginning of the line, the beginnings of lines that could not be traced.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DIARY = """\
1限はJavaの授業で、インターフェースのdefaultメソッドを習った。
2限はSQLの演習。内部結合と外部結合の違いを表に書いて比べた。
課題4のテーブル定義を12個の列で作って提出した。
昼は美咲とカレーを食べた。
放課後、図書室で基本情報の科目Aを20問解いて14問正解した。
補数の計算だけ3回やり直した。
明日は再帰の問題をやる。
帰りの電車で寝過ごした。
"""
JAVA, SQL, COMPARED, TASK, LUNCH, EXAM, COMPLEMENT, PLAN, TRAIN, HOURS = range(10)
JAVA_LINE = "* Javaの授業で、インターフェースのdefaultメソッドを学びました。"
SQL_LINE = "* SQLの演習で、内部結合と外部結合の違いを表に書いて比べました。"
TASK_LINE = "* 課題4のテーブル定義を、12個の列で作成して提出しました。"
EXAM_LINE = "* 基本情報の科目Aを20問解き、14問正解しました。"
PLAN_LINE = "今後は、再帰の問題に取り組みたいと考えています。"
DRAFT = {JAVA: [JAVA_LINE], COMPARED: [SQL_LINE], TASK: [TASK_LINE], EXAM: [EXAM_LINE], PLAN: [PLAN_LINE]}
JAVA_ANEW = "* 1限の授業で、Javaのインターフェースのdefaultメソッドの使い方を学習しました。"
JOINED = "* SQLの演習で、内部結合と外部結合の違いを表に書いて比べ、課題4の定義を12個の列で作成して提出しました。"
FAR_JOINED = "* Javaのインターフェースのdefaultメソッドを学び、基本情報の科目Aを20問解き、14問正解しました。"
LEAD = "本日は、以下の学習と課題を完了しました:\n\n"
BODY = LEAD + "\n".join([JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE]) + "\n\n" + PLAN_LINE
ALL_TRUE = {line[:8]: "T" for line in (JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, PLAN_LINE)}


def without(*lines: str, **judged: str) -> dict[str, str]:
    """The labels of an untouched draft without those of some lines."""
    return {key: label for key, label in ALL_TRUE.items() if key not in {line[:8] for line in lines}} | judged


def body(*lines: str, closing: str = PLAN_LINE, lead: str = LEAD) -> str:
    return lead + "\n".join(lines) + (f"\n\n{closing}" if closing else "")


@dataclass(frozen=True)
class Case:
    """``lines``: what differs from the lines of the draft. ``unshown``: lines that the model wrote and the draft left
    out. ``judged`` None: all T."""

    name: str
    accepted: str
    lines: dict[int, tuple[str, ...] | None] = field(default_factory=dict)
    judged: dict[str, str] | None = None
    untraced: tuple[str, ...] = ()
    diary: str = DIARY
    draft: dict[int, list[str]] = field(default_factory=lambda: dict(DRAFT))
    unshown: dict[int, list[str]] = field(default_factory=dict)
    deny: tuple[str, ...] = ()


CATS = """\
朝は猫のきなこに起こされた。
3限のLinux演習で、chmodとchownを練習した。
吉田先輩にviの検索のしかたを教わった。
夜はゲームのイベントを走った。
"""
CAT_LINE = "* 猫のきなこに起こされました。"
LINUX_LINE = "* Linux演習で、chmodとchownを練習しました。"
VI_LINE = "* viの検索のしかたを教わりました。"
GAME_LINE = "* ゲームのイベントに参加しました。"

CASES = (
    Case("accepted as it was", BODY),
    Case("accepted with other blank lines and a full stop less", BODY.replace("\n\n", "\n").rstrip("。")),
    Case(
        "one line deleted",
        body(JAVA_LINE, SQL_LINE, EXAM_LINE),
        {TASK: ()},
        without(TASK_LINE),
    ),
    Case(
        "two lines deleted",
        body(JAVA_LINE, TASK_LINE),
        {COMPARED: (), EXAM: ()},
        without(SQL_LINE, EXAM_LINE),
    ),
    Case(
        "a line deleted because it holds a name",
        body(LINUX_LINE, closing=""),
        {2: ()},
        {"* Linux演": "T", "* 吉田先輩に": "P"},
        diary=CATS,
        draft={1: [LINUX_LINE], 2: ["* 吉田先輩にviの検索のしかたを教わりました。"]},
    ),
    Case(
        "a line deleted that is private without a word for it",
        body(LINUX_LINE, VI_LINE, closing=""),
        {0: ()},
        {"* Linux演": "T", "* viの検索": "T"},
        diary=CATS,
        draft={0: ["* 朝早くに起こされました。"], 1: [LINUX_LINE], 2: [VI_LINE]},
    ),
    Case(
        "a line deleted for a word that was denied since",
        body(LINUX_LINE, VI_LINE, closing=""),
        {3: ()},
        {"* Linux演": "T", "* viの検索": "T", "* ゲームの": "P"},
        diary=CATS,
        draft={1: [LINUX_LINE], 2: [VI_LINE], 3: [GAME_LINE]},
        deny=("イベント",),
    ),
    Case(
        "a line deleted that tells a number which the diary has not",
        body(JAVA_LINE, SQL_LINE, TASK_LINE),
        {EXAM: ()},
        without(EXAM_LINE) | {"* 科目Bを35": "F"},
        draft={**DRAFT, EXAM: ["* 科目Bを35問解きました。"]},
    ),
    Case(
        "a line deleted that tells a feeling",
        body(LINUX_LINE, closing=""),
        {3: ()},
        {"* Linux演": "T", "* 楽しく": "U"},
        diary=CATS,
        draft={1: [LINUX_LINE], 3: ["* 楽しくて最高でした。"]},
    ),
    Case(
        "a line deleted that copies the diary",
        body(VI_LINE, closing=""),
        {0: ()},
        {"* viの検索": "T", "* 3限の": "U"},
        diary="3限のLinux演習でchmodとchownを練習しました。\n先輩にviの検索のしかたを教わった。",
        draft={0: ["* 3限のLinux演習でchmodとchownを練習しました。"], 1: [VI_LINE]},
    ),
    Case(
        "a line reworded",
        body(JAVA_LINE, "* SQLの授業で、二つの結合の違いを表にまとめて理解しました。", TASK_LINE, EXAM_LINE),
        {COMPARED: ("* SQLの授業で、二つの結合の違いを表にまとめて理解しました。",)},
        without(SQL_LINE) | {SQL_LINE[:8]: "U"},
    ),
    Case(
        "a line reworded to the end",
        body(
            JAVA_ANEW,
            SQL_LINE,
            TASK_LINE,
            EXAM_LINE,
        ),
        {JAVA: (JAVA_ANEW,)},
        without(JAVA_LINE) | {JAVA_LINE[:8]: "U"},
    ),
    Case(
        "a number corrected",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE),
        {EXAM: (EXAM_LINE,)},
        without(EXAM_LINE) | {"* 基本情報の": "F"},
        draft={**DRAFT, EXAM: ["* 基本情報の科目Aを20問解き、12問正解しました。"]},
    ),
    Case(
        "a plan that was told as done put right",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE),
        {PLAN: (PLAN_LINE,)},
        without(PLAN_LINE) | {"* 再帰の問": "F"},
        draft={**DRAFT, PLAN: ["* 再帰の問題に取り組みました。"]},
    ),
    Case(
        "two lines of neighbours joined",
        body(
            JAVA_LINE,
            JOINED,
            EXAM_LINE,
        ),
        {
            COMPARED: (JOINED,),
            TASK: (),
        },
        without(SQL_LINE, TASK_LINE),
    ),
    Case(
        "two lines far apart joined",
        body(
            SQL_LINE,
            TASK_LINE,
            FAR_JOINED,
        ),
        {
            JAVA: (FAR_JOINED,),
            EXAM: None,
        },
        without(JAVA_LINE, EXAM_LINE),
    ),
    Case(
        "one line parted",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, "* 基本情報の科目Aを20問解きました。", "* 科目Aは14問正解しました。"),
        {EXAM: ("* 基本情報の科目Aを20問解きました。", "* 科目Aは14問正解しました。")},
        without(EXAM_LINE),
    ),
    Case("the order changed", body(EXAM_LINE, TASK_LINE, JAVA_LINE, SQL_LINE)),
    Case(
        "another mark and no lead",
        "・" + "\n・".join(line[2:] for line in (JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE)) + "\n" + PLAN_LINE,
    ),
    Case(
        "である",
        """本日の学習

* Javaの授業で、インターフェースのdefaultメソッドを学んだ。
* SQLの演習で、内部結合と外部結合の違いを表に書いて比べた。
* 課題4のテーブル定義を、12個の列で作成して提出した。
* 基本情報の科目Aを20問解き、14問正解した。

今後は、再帰の問題に取り組みたいと考えている。""",
    ),
    Case(
        "である with a line in other words",
        """本日の学習

* Javaの授業で、インターフェースのdefaultメソッドを学んだ。
* 内部結合と外部結合の違いを、表に書き出して比較した。
* 課題4のテーブル定義を、12個の列で作成して提出した。
* 基本情報の科目Aを20問解き、14問正解した。

今後は、再帰の問題に取り組みたいと考えている。""",
        {COMPARED: ("* 内部結合と外部結合の違いを、表に書き出して比較しました。",)},
        without(SQL_LINE) | {SQL_LINE[:8]: "U"},
    ),
    Case(
        "sections of the school's own",
        """【授業】
・Javaの授業で、インターフェースのdefaultメソッドを学びました。
・SQLの演習で、内部結合と外部結合の違いを表に書いて比べました。

【課題】
・課題4のテーブル定義を、12個の列で作成して提出しました。

【自習】
・基本情報の科目Aを20問解き、14問正解しました。

【明日の予定】
・再帰の問題に取り組む""",
        {},
        without(),
    ),
    Case(
        "a section of impressions added",
        BODY + "\n\n【感想】\n補数の計算を3回やり直すのは大変でした。",
        {COMPLEMENT: None},
    ),
    Case(
        "one paragraph",
        "本日は、以下の学習を行いました。Javaの授業で、インターフェースのdefaultメソッドを学びました。"
        "また、SQLの演習で、内部結合と外部結合の違いを表に書いて比べました。"
        "課題4のテーブル定義を、12個の列で作成して提出しました。"
        "さらに、基本情報の科目Aを20問解き、14問正解しました。今後は、再帰の問題に取り組みたいと考えています。",
    ),
    Case(
        "a paragraph wrapped by hand, one sentence missing",
        "Javaの授業で、インターフェースの\ndefaultメソッドを学びました。課題4のテーブル定義を、\n"
        "12個の列で作成して提出しました。\n基本情報の科目Aを20問解き、14問正解しました。\n今後は、再帰の問題に取り組みたいと考えています。",
        {COMPARED: ()},
        without(SQL_LINE),
    ),
    Case(
        "a numbered list",
        "1. " + "\n2. ".join([JAVA_LINE[2:], SQL_LINE[2:]]) + "\n3) " + TASK_LINE[2:] + "\n４．" + EXAM_LINE[2:] + "\n"
        "(5) " + PLAN_LINE,
    ),
    Case(
        "a line added that the diary tells",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 補数の計算を3回やり直しました。"),
        {COMPLEMENT: ("* 補数の計算を3回やり直しました。",)},
    ),
    Case(
        "a line added that the draft had left out",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 補数の計算を、3回練習しました。"),
        {COMPLEMENT: ("* 補数の計算を、3回練習しました。",)},
        without() | {"* 補数の計": "T"},
        unshown={COMPLEMENT: ["* 補数の計算を、3回練習しました。"]},
    ),
    Case(
        "a line that the draft had left out, and nobody added",
        BODY,
        {COMPLEMENT: None},
        unshown={COMPLEMENT: ["* 補数の計算を、3回練習しました。"]},
    ),
    Case(
        "a line added that the diary does not tell",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 就職課で面接の練習をしました。"),
        untraced=("就職課で",),
    ),
    Case(
        "hours added in other words than the diary has",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 学習時間は合計で5時間でした。"),
        {HOURS: ("* 学習時間は合計で5時間でした。",)},
        diary=DIARY + "今日の勉強は全部で5時間だった。\n",
    ),
    Case(
        "a line added that shares nothing but a number with the diary",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 就職課で面接を3回受けました。"),
        untraced=("就職課で",),
    ),
    Case(
        "a line added with a number that the diary has not",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 補数の計算を45分練習しました。"),
        {COMPLEMENT: None},
        untraced=("補数の計算を45分",),
    ),
    Case(
        "a name written in",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 昼は美咲とカレーを食べました。"),
        {LUNCH: None},
        untraced=("昼は美咲と",),
    ),
    Case(
        "hours added that the diary does not tell",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, "* 基本情報の科目Aを20問解き、14問正解しました（90分）。"),
        {EXAM: None},
        without(EXAM_LINE),
        ("基本情報の",),
    ),
    Case(
        "the closing removed",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, closing=""),
        {PLAN: ()},
        without(PLAN_LINE),
    ),
    Case(
        "the closing changed",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, closing="明日は、再帰の問題を解く予定です。"),
        {PLAN: ("今後は、明日は、再帰の問題を解きたいと考えています。",)},
        without(PLAN_LINE) | {PLAN_LINE[:8]: "U"},
    ),
    Case(
        "a second plan in the closing taken out",
        body(LINUX_LINE, closing="今後は、正規表現を復習したいと考えています。"),
        {2: ()},
        {"* Linux演": "T", "今後は、正規": "T"},
        diary="Linux演習で、chmodとchownを練習した。\n正規表現は家で復習する。\n来月の文化祭の準備もする。",
        draft={
            0: [LINUX_LINE],
            1: ["今後は、正規表現を復習したいと考えています。"],
            2: ["今後は、来月の文化祭の準備をしたいと考えています。"],
        },
    ),
    Case(
        "no study accepted on a day of drafted lines",
        "本日は、記録された学習活動はありませんでした。",
        dict.fromkeys((JAVA, COMPARED, TASK, EXAM, PLAN), ()),
        {},
    ),
    Case(
        "no study in the person's own words",
        "本日は体調不良のため、学習活動はありませんでした。",
        dict.fromkeys((JAVA, COMPARED, TASK, EXAM, PLAN), ()),
        {},
    ),
    Case(
        "all deleted and written anew",
        body(
            "* インターフェースにあるdefaultメソッドの役割を習いました。",
            "* 内部結合と外部結合がどう違うかを表で整理しました。",
            "* 12列のテーブル定義を作り、課題4として提出しました。",
            closing="",
        ),
        {
            JAVA: ("* インターフェースにあるdefaultメソッドの役割を習いました。",),
            COMPARED: ("* 内部結合と外部結合がどう違うかを表で整理しました。",),
            TASK: ("* 12列のテーブル定義を作り、課題4として提出しました。",),
            EXAM: (),
            PLAN: (),
        },
        {JAVA_LINE[:8]: "U", SQL_LINE[:8]: "U", TASK_LINE[:8]: "U"},
    ),
    Case(
        "two lines of one sentence, one deleted",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, "* 基本情報の科目Aを20問解きました。"),
        {EXAM: ("* 基本情報の科目Aを20問解きました。",)},
        without(EXAM_LINE) | {"* 基本情報の": "T"},
        draft={**DRAFT, EXAM: ["* 基本情報の科目Aを20問解きました。", "* 図書室を利用しました。"]},
    ),
    Case(
        "nothing studied, nothing drafted",
        "本日は、記録された学習活動はありませんでした。",
        {},
        {},
        diary="一日中寝ていた。\n夜は美咲と電話した。",
        draft={},
    ),
    Case(
        "a line that cannot be said in the writer's form",
        body(JAVA_LINE, SQL_LINE, TASK_LINE, EXAM_LINE, "* 補数の計算 3回"),
        {COMPLEMENT: None},
        untraced=("補数の計算",),
    ),
    Case(
        "the placeholder of a draft that failed, accepted by mistake",
        "日報を自動で作成できませんでした。お手数ですが、本日の学習内容を直接ご記入ください。",
        dict.fromkeys(range(9)),
        {},
    ),
)

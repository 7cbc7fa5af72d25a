"""One report out of several drafts: agreement stays, what one draft made up falls out."""

from __future__ import annotations

from daemon.checks import CheckSettings, score
from daemon.config import ReportSettings
from daemon.drafting.compose import compose
from daemon.drafting.selection import by_tidied_line, choose, finish
from daemon.engines.protocol import Draft

SETTINGS = CheckSettings()
LEAD = "本日は、以下の学習と課題を完了しました:"
NO_STUDY = "本日は、記録された学習活動はありませんでした。"
DIARY = """1限のJavaは配列。for文で合計を出す演習を3問。
2限のネットワークはサブネットマスクの計算、192.168.10.0/26を4つに割った。
昼は学食の唐揚げ。
3限はLinuxでchmodとchownの実習、755と644の違いをノートにまとめた。
明日はサブネットの小テスト。歯医者の予約も忘れずに。"""
JAVA = "* Javaの授業で配列を学び、for文で合計を求める演習を3問解きました。"
NET = "* ネットワークの授業で、サブネットマスクの計算により192.168.10.0/26を4つに分割しました。"
LINUX = "* Linuxのchmodとchownの実習を行い、755と644の違いをまとめました。"
THIN = "* 違いをノートにまとめました。"
PLAN = "今後は、サブネットの小テストに備えたいと考えています。"
DENTIST = "今後は、歯医者の予約を確認したいと考えています。"


def report(*bullets: str, plan: str = "") -> str:
    return "\n".join([LEAD, "", *bullets, *(["", plan] if plan else [])])


def composed(*drafts: str, settings: CheckSettings = SETTINGS, diary: str = DIARY) -> str | None:
    return compose([(text, score(text, diary, settings)) for text in drafts], diary, settings)


def test_each_fact_comes_once_in_the_order_of_the_diary() -> None:
    assert composed(report(LINUX, JAVA), report(NET, LINUX), report(JAVA, NET)) == report(JAVA, NET, LINUX)


def test_a_fact_that_one_draft_alone_has_stays_when_it_carries_much_of_the_study() -> None:
    assert composed(report(JAVA), report(JAVA, NET), report(JAVA)) == report(JAVA, NET)


def test_what_one_draft_made_of_little_falls_out() -> None:
    assert composed(report(JAVA, THIN), report(JAVA, NET), report(JAVA, NET)) == report(JAVA, NET)


def test_what_half_of_the_drafts_make_of_little_falls_out_and_more_than_half_of_them_keep_it() -> None:
    drafts = [report(JAVA, THIN), report(JAVA, THIN), report(JAVA, NET), report(JAVA, NET)]
    assert composed(*drafts) == report(JAVA, NET)
    assert composed(*drafts[:3]) == report(JAVA, NET, THIN)


def test_a_line_with_a_fault_is_never_taken() -> None:
    invented = JAVA.replace("Java", "Kotlin")
    result = composed(report(invented), report(invented), report(JAVA))
    assert result is not None and "Kotlin" not in result and "Java" in result


def test_the_plan_that_the_drafts_agree_on_wins_and_a_lone_one_falls_out() -> None:
    drafts = [report(JAVA, NET, plan=plan) for plan in (DENTIST, PLAN, PLAN, "")]
    assert composed(*drafts) == report(JAVA, NET, plan=PLAN)
    assert composed(report(JAVA, NET, plan=DENTIST), report(JAVA, NET), report(JAVA, NET)) == report(JAVA, NET)


def test_plans_of_which_no_two_are_the_same_fall_out() -> None:
    plans = ("応用情報の過去問を解き", "TypeScriptの型を復習し", "線形代数を見直し")
    drafts = [report(JAVA, NET, plan=f"今後は、{plan}たいと考えています。") for plan in plans]
    assert composed(*drafts) == report(JAVA, NET)


def test_a_plan_among_the_bullets_is_taken_for_a_closing() -> None:
    misplaced = "* サブネットの小テストに備えたいと考えています。"
    assert composed(report(JAVA, misplaced), report(JAVA, misplaced, NET)) == report(JAVA, NET, plan=PLAN)
    own = CheckSettings(report=ReportSettings(closing=""))
    kept = composed(report(JAVA, misplaced), report(JAVA, misplaced), settings=own)
    assert kept == report(JAVA, misplaced)


def test_a_full_draft_with_a_plan_among_its_bullets_does_not_end_the_search() -> None:
    plan = "* サブネットの小テストに備えたいと考えています。"
    drawn = iter([Draft(report(JAVA, NET, LINUX, end), 1, 1, 0.1) for end in (plan, plan)])
    selected = choose(drawn, DIARY, SETTINGS)
    assert (selected.text, selected.drafts_used) == (report(JAVA, NET, LINUX, plan=PLAN), 2)


def test_a_plan_told_as_done_falls_out_and_what_was_begun_stays() -> None:
    told, begun = "* サブネットの小テストに備えました。", "* サブネットの小テストの準備に取り組みました。"
    drafts = [report(JAVA, told, plan=PLAN)] * 3
    assert composed(*drafts) == report(JAVA, plan=PLAN)
    assert composed(*[report(JAVA, begun, plan=PLAN)] * 3) == report(JAVA, begun, plan=PLAN)


def test_a_line_with_a_chinese_character_is_never_taken() -> None:
    slipped = NET.replace("計算", "计算")
    assert composed(report(JAVA, slipped), report(JAVA, slipped), report(JAVA, slipped)) == report(JAVA)
    assert composed(report(JAVA, NET), report(JAVA, slipped)) == report(JAVA, NET)


def test_nothing_is_put_together_from_one_draft_or_from_another_form() -> None:
    assert composed(report(JAVA)) is None
    assert composed(report(JAVA), f"{report(JAVA)}\n\n## 所感\n楽しく学べました。") is None
    assert composed(NO_STUDY, NO_STUDY, report(JAVA), report(JAVA)) is None


def test_the_persons_own_form_is_kept() -> None:
    own = CheckSettings(report=ReportSettings(lead="【日報】", bullet="・", closing="次は、"))
    drafts = [f"【日報】\n\n・{bullet[2:]}" for bullet in (JAVA, JAVA)] + [f"【日報】\n\n・{JAVA[2:]}\n・{NET[2:]}"]
    assert composed(*drafts, settings=own) == f"【日報】\n\n・{JAVA[2:]}\n・{NET[2:]}"


def test_the_choice_tells_that_it_is_put_together_and_has_no_more_faults_than_the_best_draft() -> None:
    texts = [report(JAVA.replace("3問", "9問"), NET), report(JAVA), report(NET, plan=PLAN), report(LINUX, plan=PLAN)]
    selected = choose([Draft(text, 1, 1, 0.1) for text in texts], DIARY, SETTINGS)
    assert selected.composed and selected.drafts_used == 4 and selected.score.clean
    assert all(bullet in selected.text for bullet in (JAVA, NET, LINUX)) and "9問" not in selected.text


def test_a_private_line_in_every_draft_falls_out_and_is_told() -> None:
    diary = DIARY.replace("昼は学食", "昼はみくちゃんと学食")
    leaking = "* みくちゃんと学食で唐揚げを食べました。"
    texts = [report(JAVA, leaking), report(NET, leaking), report(JAVA, NET, leaking)]

    selected = choose([Draft(text, 1, 1, 0.1) for text in texts], diary, SETTINGS)
    finished = finish(selected, diary, SETTINGS)

    assert (selected.left_out, finished.body) == (1, report(JAVA, NET))
    assert finished.status == "needs-review" and "1行取り除きました" in finished.warnings[0]


def test_an_unlikely_line_of_a_sampled_draft_falls_out_and_still_counts_as_an_echo() -> None:
    garbled = JAVA.replace("学び、", "学び、配列の")
    bullets = [(NET, -2.0), (garbled, -0.7), (garbled, -0.7), (JAVA, -0.1)]
    drafts = [Draft(report(text, LINUX), 1, 1, 0.1, likelihoods=(0.0, 0.0, value, -0.3)) for text, value in bullets]
    scored = [(draft.text, score(draft.text, DIARY, SETTINGS)) for draft in drafts]
    likely = [by_tidied_line(draft, SETTINGS.report) for draft in drafts]
    assert likely[3][JAVA] == -0.1 and likely[1][LINUX] == -0.3
    assert compose(scored, DIARY, SETTINGS) == report(garbled, NET, LINUX)
    assert compose(scored, DIARY, SETTINGS, likelihoods=likely) == report(JAVA, NET, LINUX)


def test_likelihoods_that_do_not_fit_the_text_are_left_alone() -> None:
    assert by_tidied_line(Draft(report(JAVA, NET), 1, 1, 0.1, likelihoods=(-1.0,)), SETTINGS.report) == {}
    assert by_tidied_line(Draft(report(JAVA, NET), 1, 1, 0.1), SETTINGS.report) == {}

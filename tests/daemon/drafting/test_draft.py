"""From a diary to a checked report: what both ways have in common, and the whole way, with an engine that replies
from a queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import Config, EngineSettings, PrivacySettings
from daemon.drafting.ask_day import Stage
from daemon.drafting.draft import draft_report
from daemon.drafting.fit import fit
from daemon.drafting.prompt import render_prompt
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.engines.protocol import Draft, Message, ModelIdentity, Sampling
from daemon.errors import ConfigError, WorkerStopped

DIARY = (
    "一限はデータベース。正規化の復習で、第2正規形と第3正規形の違いを確かめた。\n\n"
    "二限のLinux演習は、cronでバックアップを取るシェルスクリプト。chmodを付けたら通った。\n\n"
    "昼は学食で佐藤くんとカレー。夜は推しの配信。"
)
CLEAN = (
    "本日は、以下の学習と課題を完了しました:\n\n"
    "* データベースの授業で、正規化を復習し、第2正規形と第3正規形の違いを確認しました。\n"
    "* Linux演習で、cronでバックアップを取るシェルスクリプトを作成し、chmodを設定しました。"
)
LEAKING = f"{CLEAN}\n* 佐藤くんとカレーを食べました。"
AROUND = render_prompt("", Config().report)


class QueueEngine:
    """Replies in order, counts three bytes as a token, and remembers what it was asked."""

    def __init__(self, *replies: str | Draft, context_tokens: int = 8192) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[Sequence[Message], Sampling]] = []
        self.context_tokens = context_tokens
        self.identity = ModelIdentity("fake-1", "fake", "fake")

    def count_tokens(self, text: str) -> int:
        return -(-len(text.encode()) // 3)

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        for sampling in samplings:
            self.asked.append((messages, sampling))
            reply = self.replies.pop(0)
            yield reply if isinstance(reply, Draft) else Draft(reply, 400, 100, 1.0)

    def close(self) -> None:
        self.replies.clear()


def config(**engine: object) -> Config:
    return Config(engine=EngineSettings.model_validate({"drafts": 3, **engine}))


def test_a_clean_first_draft_ends_the_search() -> None:
    engine = QueueEngine(CLEAN, LEAKING, LEAKING)
    result = draft_report(engine, DraftRequest("2026-01-07", DIARY), config())
    assert result.body == CLEAN
    assert (result.status, result.warnings, result.questions) == ("draft", (), 1)
    assert (result.version, result.prompt_tokens, result.generated_tokens) == ("fake-1", 400, 100)
    assert result.method == "whole" and result.evidence == ()
    assert engine.asked[0][1].temperature == 0


def test_the_search_can_be_given_up_between_two_drafts() -> None:
    def give_up(stage: Stage) -> None:
        assert (stage.kind, stage.total) == ("writing", 3)
        if stage.number == 2:
            raise WorkerStopped("the draft was given up", "")

    engine = QueueEngine(LEAKING, LEAKING, CLEAN)
    with pytest.raises(WorkerStopped):
        draft_report(engine, DraftRequest("2026-01-07", DIARY), config(), on_stage=give_up)
    assert engine.replies == [CLEAN]


def test_a_draft_that_leaks_loses_to_a_later_clean_one() -> None:
    engine = QueueEngine(LEAKING, CLEAN, LEAKING)
    result = draft_report(engine, DraftRequest("2026-01-07", DIARY), config())
    assert (result.body, result.questions, result.generated_tokens) == (CLEAN, 2, 200)
    assert [sampling.temperature for _, sampling in engine.asked] == [0, 0.7]


def test_what_leaks_in_every_draft_is_removed_and_said() -> None:
    result = draft_report(QueueEngine(*[LEAKING] * 3), DraftRequest("2026-01-07", DIARY), config())
    assert "佐藤" not in result.body
    assert "データベース" in result.body
    assert result.status == "needs-review"
    assert any("取り除きました" in warning for warning in result.warnings)


@pytest.mark.parametrize("diary", ["", " \n\n", "---\nmood: ふわふわ\n---\n", "%% 秘密のメモ %%"])
def test_nothing_to_report_asks_no_model(diary: str) -> None:
    def load() -> QueueEngine:
        raise AssertionError("the engine was loaded")

    result = draft_report(load, DraftRequest("2026-01-07", diary), config())
    assert result.body == "本日は、記録された学習活動はありませんでした。"
    assert (result.status, result.questions) == ("draft", 0)


def test_private_sections_never_reach_the_model() -> None:
    diary = f"{DIARY}\n\n## プライベート\n\n秘密の話。\n"
    settings = Config(engine=EngineSettings(drafts=1), privacy=PrivacySettings(private_headings=("プライベート",)))
    engine = QueueEngine(CLEAN)
    draft_report(engine, DraftRequest("2026-01-07", diary), settings)
    sent = json.dumps(engine.asked, default=str, ensure_ascii=False)
    assert "秘密の話" not in sent
    assert "データベース" in sent


def test_a_long_diary_says_which_part_was_used() -> None:
    diary = DIARY + "".join(f"\n{number}行目。長い一日の続きを書いている。" for number in range(3000))
    engine = QueueEngine(CLEAN, context_tokens=2048)
    result = draft_report(engine, DraftRequest("2026-01-07", diary), config(max_report_tokens=300, drafts=1))
    assert 0 < result.used_characters < result.total_characters
    assert result.status == "needs-review"
    assert f"先頭から{result.used_characters:,}文字" in result.warnings[0]
    assert f"全{result.total_characters:,}文字" in result.warnings[0]
    used = engine.asked[0][0][1]["content"]
    assert used.count("\n") > 10
    assert "2999行目" not in used


def test_a_report_that_was_cut_off_is_flagged() -> None:
    engine = QueueEngine(Draft(f"{CLEAN}\n* そして最後に", 400, 700, 9.0, cut=True))
    result = draft_report(engine, DraftRequest("2026-01-07", DIARY), config(drafts=1))
    assert "そして最後に" not in result.body
    assert result.status == "needs-review"
    assert any("打ち切りました" in warning for warning in result.warnings)


def test_the_first_text_is_passed_on() -> None:
    class Streaming(QueueEngine):
        def generate(
            self,
            messages: Sequence[Message],
            samplings: Sequence[Sampling],
            on_text: Callable[[str], None] | None = None,
        ) -> Iterator[Draft]:
            assert on_text is not None
            on_text("本日は")
            return super().generate(messages, samplings, on_text)

    pieces: list[str] = []
    draft_report(Streaming(CLEAN), DraftRequest("2026-01-07", DIARY), config(), pieces.append)
    assert pieces == ["本日は"]


def test_requests_and_results_survive_json() -> None:
    request = DraftRequest("2026-01-07", DIARY, 5)
    assert DraftRequest.from_json(json.loads(json.dumps(request.to_json()))) == request
    result = draft_report(QueueEngine(CLEAN), request, config(drafts=1))
    assert DraftResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_a_context_too_small_for_any_diary_is_a_mistake_in_the_settings() -> None:
    engine = QueueEngine(CLEAN, context_tokens=1024)
    with pytest.raises(ConfigError, match="context_tokens"):
        draft_report(engine, DraftRequest("2026-01-07", DIARY), config(max_report_tokens=900))


def test_a_single_endless_line_is_cut_between_characters() -> None:
    text = "日" * 50_000
    fitted = fit(QueueEngine(context_tokens=2048), text, AROUND, config(max_report_tokens=300))
    assert 128 <= len(fitted.text) < 2048
    assert text.startswith(fitted.text)
    assert fitted.last_line == 1


@given(st.text(alphabet="日aあ\n 。😀", max_size=4000), st.integers(1300, 3000))
def test_what_fits_is_a_beginning_and_fits(text: str, context: int) -> None:
    engine = QueueEngine(context_tokens=context)
    settings = config(max_report_tokens=100)
    fitted = fit(engine, text, AROUND, settings)
    assert text.startswith(fitted.text)
    assert engine.count_tokens(fitted.text) <= context - 100
    if engine.count_tokens(text) < 128:
        assert fitted.text == text

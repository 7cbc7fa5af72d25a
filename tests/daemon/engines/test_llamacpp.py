"""llama.cpp in process, on a tiny random model: same requests, same drafts; nothing of a diary in a log."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from daemon.config.report_form import ReportSettings
from daemon.drafting.prompt import beginning, render_prompt
from daemon.engines import gguf_header
from daemon.engines.llamacpp import LlamaCpp, LlamaCppSettings
from daemon.engines.protocol import Message, ModelIdentity, Question, Sampling
from daemon.engines.text import by_line
from daemon.engines.turns import around_question, rules_text
from daemon.errors import EngineError, ModelMissing, OutOfMemory
from tests.tiny_model import TinyModel

IDENTITY = ModelIdentity("tiny-1", "tiny", "llamacpp")
DIARY = "朝はJavaの授業。Mapの練習をした。凌とカレー。"
OTHER = "夜は推しの配信を見て、そのあとSQLの宿題をした。JOINが難しい。"
GREEDY = Sampling(max_tokens=24)


def prompt(diary: str) -> list[Message]:
    return render_prompt(diary, ReportSettings())


@pytest.fixture
def engine(tiny: TinyModel) -> Iterator[LlamaCpp]:
    loaded = LlamaCpp(tiny.gguf, None, IDENTITY, LlamaCppSettings(context_tokens=4096, threads=1))
    yield loaded
    loaded.close()


def texts(engine: LlamaCpp, diary: str, *samplings: Sampling) -> list[str]:
    return [draft.text for draft in engine.generate(prompt(diary), samplings or [GREEDY])]


def test_equal_requests_give_equal_drafts_whatever_came_between(engine: LlamaCpp) -> None:
    drawn = Sampling(temperature=1.5, seed=11, max_tokens=24)
    first = texts(engine, DIARY, GREEDY, drawn)
    assert len(texts(engine, OTHER)) == 1
    assert len(texts(engine, DIARY[:20], drawn)) == 1
    assert texts(engine, DIARY, GREEDY, drawn) == first


def test_another_seed_gives_another_draft(engine: LlamaCpp) -> None:
    drawn = [Sampling(temperature=1.5, seed=seed, max_tokens=24) for seed in (1, 2)]
    first, second = texts(engine, DIARY, *drawn)
    assert first != second


def test_rules_and_diary_are_evaluated_once(engine: LlamaCpp) -> None:
    """llama.cpp's own figures: a draft finds the rules evaluated, a question the whole diary."""
    texts(engine, DIARY)
    rules = engine._tokens(rules_text(engine._render, prompt(OTHER)), first=True)
    engine._prefixes.continue_from_rules(rules)
    answer = engine._server.handle_chat_completions({"messages": prompt(OTHER), "max_tokens": 1, "id_slot": 0})
    assert answer["timings"]["cache_n"] == len(rules)
    head = engine._tokens(around_question(engine._render, prompt(OTHER))[0], first=True)
    engine._prefixes.continue_from_beginning(head, rules)
    asked = engine._channel.post("/completion", {"prompt": [*head, 1, 2, 3], "n_predict": 1, "id_slot": 0})
    assert (asked["timings"]["cache_n"], asked["timings"]["prompt_n"]) == (len(head), 3)


def test_kept_rules_serve_the_next_start_and_change_nothing(tiny: TinyModel, tmp_path: Path) -> None:
    kept = LlamaCppSettings(context_tokens=4096, threads=1, prefix_folder=tmp_path / "rules")
    results = []
    for settings in (LlamaCppSettings(context_tokens=4096, threads=1), kept, kept):
        engine = LlamaCpp(tiny.gguf, None, IDENTITY, settings)
        results.append(texts(engine, DIARY))
        engine.close()
    assert results[0] == results[1] == results[2]
    (file,) = (tmp_path / "rules").glob("*.kv")
    assert DIARY.encode() not in file.read_bytes()


def test_damaged_kept_rules_are_made_again(tiny: TinyModel, tmp_path: Path) -> None:
    settings = LlamaCppSettings(context_tokens=4096, threads=1, prefix_folder=tmp_path)
    engine = LlamaCpp(tiny.gguf, None, IDENTITY, settings)
    before = texts(engine, DIARY)
    engine.close()
    (file,) = tmp_path.glob("*.kv")
    file.write_bytes(file.read_bytes()[:100])
    engine = LlamaCpp(tiny.gguf, None, IDENTITY, settings)
    assert texts(engine, DIARY) == before
    engine.close()


def test_drafts_are_drawn_only_when_asked_for(engine: LlamaCpp) -> None:
    asked = []

    def samplings() -> Iterator[Sampling]:
        for seed in range(5):
            asked.append(seed)
            yield Sampling(temperature=1.0, seed=seed, max_tokens=4)

    drafts = engine.generate(prompt(DIARY), samplings())  # type: ignore[arg-type]
    next(drafts)
    assert asked == [0]


def test_text_arrives_in_pieces_and_adds_up(engine: LlamaCpp) -> None:
    pieces: list[str] = []
    streamed, second = engine.generate(prompt(DIARY), [GREEDY, GREEDY], pieces.append)
    assert "".join(pieces) == streamed.text
    assert len(pieces) > 1
    assert (streamed.prompt_tokens, streamed.generated_tokens) == (second.prompt_tokens, 24)
    assert streamed.cut


def test_a_listener_that_fails_ends_the_draft_with_its_own_error(engine: LlamaCpp) -> None:
    def broken(piece: str) -> None:
        raise BrokenPipeError("nobody reads")

    with pytest.raises(BrokenPipeError):
        list(engine.generate(prompt(DIARY), [GREEDY], broken))
    assert texts(engine, DIARY)


def test_a_prompt_beyond_the_context_is_an_error_for_a_person(engine: LlamaCpp) -> None:
    with pytest.raises(EngineError, match=r"prompt of \d+ tokens, context of 4096") as caught:
        texts(engine, "日記。" * 3000)
    assert "context_tokens" in caught.value.next_step


def test_counting_tokens_matches_what_a_prompt_costs(engine: LlamaCpp) -> None:
    short, longer = (next(engine.generate(prompt(text), [GREEDY])) for text in ("あ", "あ" + DIARY))
    grown = longer.prompt_tokens - short.prompt_tokens
    assert abs(engine.count_tokens(DIARY) - grown) <= 2
    assert engine.count_tokens("") == 0


def test_the_context_is_never_more_than_the_model_was_made_for(tiny: TinyModel) -> None:
    engine = LlamaCpp(tiny.gguf, None, IDENTITY, LlamaCppSettings(context_tokens=100_000, threads=1))
    assert engine.context_tokens == 4096
    engine.close()


def test_nothing_of_a_diary_is_printed_and_nothing_is_left_in_the_temporary_folder(
    tiny: TinyModel, tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.daemon.engines.test_llamacpp import *\n"
        "engine = LlamaCpp(Path(sys.argv[1]), None, IDENTITY, LlamaCppSettings(context_tokens=2048, threads=1))\n"
        "texts(engine, DIARY)\n"
        "try: texts(engine, DIARY * 300)\n"
        "except EngineError: pass\n"
        "engine.close()\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tiny.gguf)], capture_output=True, text=True, cwd=root,
        env={"PATH": "", "TMPDIR": str(tmp_path), "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    for word in ("Java", "凌", "カレー", "日報"):
        assert word not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_where_no_sockets_name_fits_the_port_answers_nobody_without_its_key(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loopback port is open to every user of the machine, as on Windows and below macOS's long temporary folder."""
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    engine = LlamaCpp(tiny.gguf, None, IDENTITY, LlamaCppSettings(context_tokens=2048, threads=1))
    texts(engine, DIARY)
    address = engine._channel._address
    assert address.startswith("http://127.0.0.1:")
    gets = ["/", "/props", "/slots", "/models", "/v1/models", "/metrics", "/lora-adapters", "/api/tags"]
    posts = ["/completion", "/tokenize", "/detokenize", "/apply-template", "/slots/0?action=save"]
    for method, path in [*(("GET", path) for path in gets), *(("POST", path) for path in posts)]:
        with httpx.Client() as nobody:
            for headers in ({}, {"Authorization": "Bearer wrong"}):
                answer = nobody.request(method, f"{address}{path}", content=b"{}", headers=headers)
                assert answer.status_code in (401, 404) and "Java" not in answer.text, path
    assert httpx.get(f"{address}/health").json() == {"status": "ok"}
    engine.close()


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"GGUF", b"GGUF" + b"\xff" * 64])
def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "模型.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelMissing, match=r"模型\.gguf"):
        LlamaCpp(file, None, IDENTITY)


def test_a_model_cut_short_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    file = tmp_path / "short.gguf"
    file.write_bytes(tiny.gguf.read_bytes()[:-5000])
    with pytest.raises(EngineError, match=r"short\.gguf"):
        LlamaCpp(file, None, IDENTITY)


def test_a_missing_model_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no such file") as caught:
        LlamaCpp(tmp_path / "none.gguf", None, IDENTITY)
    assert "nippo fetch" in caught.value.next_step


def test_a_model_larger_than_the_machine_is_refused_before_it_is_loaded(
    tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.engines.cpu.memory_bytes", lambda: 1000)
    with pytest.raises(OutOfMemory, match="this machine has"):
        LlamaCpp(tiny.gguf, None, IDENTITY)


def test_a_model_in_place_of_an_adapter_is_refused(tiny: TinyModel) -> None:
    with pytest.raises(ModelMissing, match="not a GGUF adapter"):
        LlamaCpp(tiny.gguf, tiny.gguf, IDENTITY)


def test_the_header_tells_architecture_and_context(tiny: TinyModel) -> None:
    header = gguf_header.read(tiny.gguf)
    assert (header.architecture, header.context_length, header.kind) == ("qwen2", 4096, "model")


def test_every_line_has_its_likelihood_heard_in_pieces_or_whole(engine: LlamaCpp) -> None:
    sampling = Sampling(temperature=1.0, seed=5, max_tokens=60)
    (whole,) = engine.generate(prompt(DIARY), [sampling])
    (heard,) = engine.generate(prompt(DIARY), [sampling], lambda _: None)
    assert whole.likelihoods == heard.likelihoods and whole.text == heard.text
    assert len(whole.likelihoods) == whole.text.count("\n") + 1
    assert min(whole.likelihoods) < 0


def test_the_likelihood_of_a_line_is_the_mean_of_its_tokens() -> None:
    tokens = [("a", -1.0), ("b。\n\n", -2.0), ("c", -4.0), ("", -9.0)]
    assert by_line("ab。\n\nc", tokens) == (-1.5, 0.0, -4.0)
    assert by_line("ab。\n\nc\nd", tokens) == ()
    assert by_line("<think>\n</think>ab", tokens) == ()


def test_a_question_put_again_at_once_pays_for_one_token_and_is_answered_alike(engine: LlamaCpp) -> None:
    drawn = [Question("文: SQLの宿題。", 8, temperature=1.5, seed=seed, choices=("S",)) for seed in (1, 2, 3)]
    alone = [next(iter(engine.ask(beginning(DIARY), [question]))) for question in drawn]
    together = list(engine.ask(beginning(DIARY), drawn))
    assert [answer.text for answer in together] == [answer.text for answer in alone]
    assert len({answer.text for answer in alone}) > 1
    for one, other in zip(together, alone, strict=True):
        assert one.choices == pytest.approx(other.choices, abs=0.01)
        assert one.likelihoods == pytest.approx(other.likelihoods, abs=0.05)
    assert [answer.prompt_tokens for answer in together] == [alone[0].prompt_tokens, 1, 1]
    assert alone[1].prompt_tokens > 10

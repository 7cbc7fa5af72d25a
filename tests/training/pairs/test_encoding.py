"""The loss looks at the report and its end token, at nothing else; the prompt is the daemon's."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.config import PrivacySettings
from daemon.config.report_form import ReportSection, ReportSettings
from daemon.drafting.prompt import render_prompt
from tests.tiny_model import TinyModel
from training.pairs.encoding import IGNORED, Collator, encode, encode_rows, fitting, messages, prompt_text, row_forms
from training.pairs.rows import parse_row


@pytest.fixture(scope="module")
def tokenizer(tiny: TinyModel) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny.hf)


def test_only_the_report_and_its_end_are_learned(tokenizer: Any) -> None:
    prompt = render_prompt("今日はJavaを3時間。", ReportSettings())
    example = encode(tokenizer, prompt, "* Javaを学習しました。\n")
    learned = [token for token, label in zip(example.input_ids, example.labels, strict=True) if label != IGNORED]
    assert tokenizer.decode(learned) == "* Javaを学習しました。<|im_end|>"
    assert example.input_ids[-len(learned) :] == learned
    assert all(label in (IGNORED, token) for token, label in zip(example.input_ids, example.labels, strict=True))


def test_the_prompt_has_the_tokens_that_serving_sends(tokenizer: Any) -> None:
    prompt = render_prompt("今日はJavaを3時間。", ReportSettings())
    example = encode(tokenizer, prompt, "* Javaを学習しました。")
    asked = [token for token, label in zip(example.input_ids, example.labels, strict=True) if label == IGNORED]
    served = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert asked == list(served)


def test_the_model_never_sees_what_the_daemon_cuts_out(tokenizer: Any) -> None:
    row = parse_row(
        {"id": "a", "date": "2026-01-07", "diary": "Java。\n%%ひみつ%%\nsakura@example.com", "report": "* x。"}
    )
    text = prompt_text(tokenizer, messages(row, ReportSettings(), PrivacySettings()))
    assert "Java" in text
    assert "ひみつ" not in text
    assert "sakura@example.com" not in text


def test_a_report_in_a_school_s_form_is_learned_as_it_is_asked_for(tokenizer: Any) -> None:
    own = ReportSettings(header=("{D}日",), sections=(ReportSection(title="■学習", take=("rest",)),))
    values = {"id": "a", "date": "2026-01-07", "diary": "Java。", "report": "7日\n\n■学習\n* Javaを学びました。"}
    row = parse_row(values)
    (example,) = encode_rows(tokenizer, [row], own, PrivacySettings())
    text = tokenizer.decode(example.input_ids)
    assert text.endswith(f"{own.lead}\n\n* Javaを学びました。<|im_end|>") and "■学習" not in text


def test_accepted_pairs_are_asked_for_in_the_persons_form_and_corpus_rows_in_their_own() -> None:
    own = [
        parse_row(
            {
                "id": f"o{day}",
                "date": f"2026-02-{day:02}",
                "diary": "x",
                "report": f"【学習内容】\n- SQLを{day}問解いた。",
            }
        )
        for day in range(1, 8)
    ]
    corpus = parse_row({"id": "c", "date": "2026-01-01", "diary": "x", "report": "* y。", "private": [], "facts": []})
    fixed = parse_row(
        {"id": "f", "date": "2026-01-01", "diary": "x", "report": "y", "private": [], "form": {"lead": "本日の学習:"}}
    )
    forms = row_forms([*own, corpus, fixed], ReportSettings(style="auto", lead="別の書き出し"))
    assert {form.lead for form in forms[:7]} == {"【学習内容】"}
    assert {form.bullet for form in forms[:7]} == {"- "}
    assert forms[7] == ReportSettings()
    assert forms[8].lead == "本日の学習:"


def test_a_row_too_long_is_left_out_and_named_never_cut(tokenizer: Any) -> None:
    rows = [
        parse_row({"id": name, "date": "2026-01-07", "diary": diary, "report": "* x。"})
        for name, diary in (("short", "Java。"), ("long", "Javaを学んだ。" * 200))
    ]
    examples = encode_rows(tokenizer, rows, ReportSettings(), PrivacySettings())
    kept, long = fitting(examples, len(examples[0].input_ids))
    assert [example.id for example in kept] == ["short"]
    assert long == ["long"]


def test_batches_are_padded_on_the_right_without_mask() -> None:
    rows = [{"input_ids": [5, 6, 7], "labels": [-100, 6, 7]}, {"input_ids": [8], "labels": [8]}]
    batch = Collator(pad_token_id=0)(rows)
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert batch["labels"].tolist() == [[-100, 6, 7], [8, -100, -100]]
    assert batch["position_ids"].tolist() == [[0, 1, 2], [0, 1, 2]]
    assert "attention_mask" not in batch

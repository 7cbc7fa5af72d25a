"""What a server's refusals and silences mean, in words for a person. Pure; nothing sent or received is quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.config import EngineSettings
from daemon.errors import EngineError, EngineTimeout, ModelMissing, NoProbabilities, NotUnderstood, ServerAway
from daemon.words import tr

if TYPE_CHECKING:
    import httpx


def refusal(answer: httpx.Response, url: str, settings: EngineSettings, model: str) -> EngineError:
    """The error that an answer other than 200 stands for."""
    status = answer.status_code
    if status in (401, 403):
        named = settings.server_api_key_env
        step = (
            tr("Check the key in {named}.", named=named)
            if named
            else tr("Name the key's variable in engine.server_api_key_env.")
        )
        return EngineError(tr("the server at {url} refused the key ({status})", url=url, status=status), step)
    kind = error_words(answer)
    if "logprob" in kind:
        return NoProbabilities(
            tr("the server at {url} tells no probabilities ({status})", url=url, status=status),
            tr("Use vLLM or llama-server."),
        )
    if "context" in kind or "max_model_len" in kind or "maximum" in kind:
        return EngineError(
            tr("the prompt is longer than the context of {model!r} on the server", model=model),
            tr("Lower engine.context_tokens to the server's own context."),
        )
    if status == 404:
        return ModelMissing(
            tr(
                "the server at {url} has no such address or no model {server_model!r} (404)",
                url=url,
                server_model=settings.server_model,
            ),
            tr("Check engine.server_url (it usually ends in /v1) and engine.server_model."),
        )
    if status in (502, 503, 504):
        return ServerAway(
            tr("the server at {url} is not ready ({status})", url=url, status=status),
            tr("nippo looks again by itself."),
        )
    kind_of = NotUnderstood if status in (400, 422, 500) and _about_the_request(status, kind) else EngineError
    return kind_of(tr("the server at {url} answered {status}", url=url, status=status), tr("Look at the server's log."))


def _about_the_request(status: int, words: str) -> bool:
    """Whether a refusal may go away when the request is made simpler. A chat template that raises is a 500 in some."""
    return status != 500 or any(word in words for word in ("template", "jinja", "system role", "think"))


def thought_only(url: str, model: str) -> EngineError:
    """The error of an answer that was all thoughts when its tokens were used up."""
    return EngineError(
        tr("{model!r} at {url} only thought: its tokens were used up before the report began", model=model, url=url),
        tr("Take a model that does not think (an instruct model), or switch its thinking off in the server."),
    )


def unreachable(problem: httpx.HTTPError, url: str, seconds: float) -> EngineError:
    """The error that a broken or missing connection stands for; ``seconds`` is how long an answer was waited for."""
    import httpx

    if isinstance(problem, httpx.ConnectTimeout | httpx.ConnectError):
        return ServerAway(
            tr("no server answers at {url} ({kind})", url=url, kind=type(problem).__name__),
            tr("Start it, or correct engine.server_url."),
        )
    if isinstance(problem, httpx.TimeoutException):
        return EngineTimeout(
            tr("the server at {url} gave no answer within {seconds:g} seconds", url=url, seconds=seconds),
            tr("Raise engine.timeout_seconds or look at the server's load."),
        )
    return ServerAway(
        tr("the connection to {url} broke ({kind})", url=url, kind=type(problem).__name__),
        tr("Look at the server's log."),
    )


def not_openai(url: str, status: int) -> EngineError:
    return EngineError(
        tr("{url} answered {status}, but not as an OpenAI-compatible server does", url=url, status=status),
        tr("Check engine.server_url; it usually ends in /v1."),
    )


def error_words(answer: httpx.Response) -> str:
    """The server's error type and message, to be searched, never shown: it may quote the prompt."""
    try:
        values = answer.json()
    except ValueError:
        return ""
    error = values.get("error", values) if isinstance(values, dict) else {}
    if not isinstance(error, dict):
        return str(error)[:500].lower()
    return f"{error.get('type')} {error.get('code')} {error.get('message')}"[:500].lower()

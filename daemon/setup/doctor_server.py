"""What `nippo doctor` says about a server that writes the reports: whether it answers, has the model, and how the model
will be asked. No diary and no question is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from daemon.config import Config
from daemon.models.local_servers import ELSEWHERE
from daemon.setup.doctor_system import DoctorLine
from daemon.setup.status import model_in_use
from daemon.system.addresses import is_loopback
from daemon.words import marked, tr

SECONDS = 5.0
METHODS = {
    "sentences": marked("sentence by sentence"),
    "whole": marked("the whole diary at once (not trained on sentences)"),
}


def server_lines(config: Config) -> Iterator[DoctorLine]:
    """Whether the address that the user wrote answers, and what writes there."""
    engine = config.engine
    if not engine.server_url:
        yield DoctorLine("engine", "fail", tr("server: no address"), tr("Set server_url in [engine] of config.toml."))
        return
    names, trouble = _models(config)
    if trouble is not None:
        yield trouble
        return
    yield DoctorLine("engine", "ok", tr("server: {url}", url=engine.server_url))
    wanted = engine.server_model
    if wanted and wanted not in names and f"{wanted}:latest" not in names:
        remedy = tr("Load it there, or name one that it has: {names}", names=", ".join(names[:10]) or "-")
        yield DoctorLine("model", "fail", tr("the server has no model {wanted!r}", wanted=wanted), remedy)
    elif ELSEWHERE.search(wanted) and is_loopback(engine.server_url):
        remedy = tr("Take a model without `cloud` in its name, or be sure that you want this.")
        what = tr("{model}: Ollama sends its texts to another machine", model=wanted)
        yield DoctorLine("model", "warn", what, remedy)
    else:
        yield DoctorLine("model", "ok", wanted or ", ".join(names[:10]))
    yield from method_lines(config)


def method_lines(config: Config) -> Iterator[DoctorLine]:
    """How the model in use is asked; nothing where its version is missing, which other lines tell."""
    if method := model_in_use(config)[2]:
        yield DoctorLine("method", "ok", tr(METHODS[method]))


def _models(config: Config) -> tuple[list[str], DoctorLine | None]:
    """The names of the server's models, or what is wrong with it."""
    import httpx

    url = config.engine.server_url
    key = os.environ.get(config.engine.server_api_key_env, "") if config.engine.server_api_key_env else ""
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/models",
            timeout=SECONDS,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            trust_env=not is_loopback(url),
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        what = tr("server: {url} does not answer ({problem})", url=url, problem=type(problem).__name__)
        return [], DoctorLine("engine", "fail", what, tr("Start the server."))
    if answer.status_code in (401, 403):
        what = tr("server: {url} refuses the key ({code})", url=url, code=answer.status_code)
        return [], DoctorLine("engine", "fail", what, tr("Name the variable that holds the key in server_api_key_env."))
    try:
        data: Any = answer.json()["data"]
        return [str(entry["id"]) for entry in data], None
    except (ValueError, LookupError, TypeError):
        what = tr("server: {url} answers {code}, but is no OpenAI-compatible server", url=url, code=answer.status_code)
        return [], DoctorLine("engine", "fail", what, tr("Check server_url; it usually ends in /v1."))

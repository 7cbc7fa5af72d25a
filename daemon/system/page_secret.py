"""The secret of the review page, made anew at each start: how the command hands it to the server and to the browser.

It never stands in a command line, which everybody on the machine can read: the server gets it in its environment, the
browser in a page on disk that only its owner can open and that leads on to the address.
"""

from __future__ import annotations

import contextlib
import html
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from daemon.errors import NippoError
from daemon.system.files import private_folder, write_atomically
from daemon.words import tr

VARIABLE = "NIPPO_PAGE_SECRET"
QUERY = "token"
LENGTH = 32
"""Random bytes: more than anybody can try."""
LEADING = """\
<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}"><title>nippo 日報</title></head>
<body><p><a href="{address}">確認ページを開く</a></p></body></html>
"""


def new_secret() -> str:
    """A secret for one start of the page: 43 characters of a web address."""
    return secrets.token_urlsafe(LENGTH)


def take_secret() -> str:
    """The secret that the command gave this process, "" without one; no child of this process inherits it."""
    return os.environ.pop(VARIABLE, "")


def with_secret(address: str, secret: str) -> str:
    """The address that opens the page. Pure."""
    return f"{address}/?{QUERY}={secret}"


@contextlib.contextmanager
def leading_page(folder: Path, name: str, address: str) -> Iterator[Path]:
    """A page on disk, for this user alone, that leads a browser to an address; gone when the block ends. Raises
    ``NippoError`` where the folder cannot be used."""
    file = folder / name
    try:
        private_folder(folder)
        write_atomically(file, LEADING.format(address=html.escape(address, quote=True)), durable=False)
    except OSError as problem:
        raise NippoError(
            tr("{folder}: the data folder cannot be used ({why}).", folder=folder, why=problem.strerror),
            tr("Check its permissions, or set folder in [data] of config.toml."),
        ) from None
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)

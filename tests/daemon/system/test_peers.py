"""Whose connection it is, from real sockets and from tables as Linux writes them."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from daemon.system import peers
from daemon.system.peers import is_another_users

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
CLIENT, SERVER = ("127.0.0.1", 50000), ("127.0.0.1", 8765)
PREFIX = "0000000000000000FFFF0000"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone tells")
little = pytest.mark.skipif(sys.byteorder != "little", reason="the table below is a little-endian machine's")


def table(folder: Path, *rows: tuple[str, str, int]) -> Path:
    file = folder / "tcp"
    lines = [
        f"   {number}: {own} {other} 01 00000000:00000000 00:00000000 00000000  {uid}        0 4242 1 0000 20 4 30\n"
        for number, (own, other, uid) in enumerate(rows)
    ]
    file.write_text(HEAD + "".join(lines), encoding="ascii")
    return file


@linux
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_our_own_connection_is_ours(family: socket.AddressFamily, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(family) as client:
        address = server.getsockname()
        client.connect((address[0] if family == socket.AF_INET else f"::ffff:{address[0]}", address[1]))
        _, end = server.accept()
        assert not is_another_users(end, address)
        us = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: us + 1)
        assert is_another_users(end, address) is (us != 0), "root may read everything anyway"


@little
@pytest.mark.parametrize("prefix", ["", PREFIX])
@pytest.mark.parametrize(("uid", "another"), [(0, False), (1000, False), (1001, True), (65534, True)])
def test_whose_it_is_stands_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, uid: int, another: bool
) -> None:
    own, other = f"{prefix}0100007F:C350", f"{prefix}0100007F:223D"
    monkeypatch.setattr(peers, "TABLES", (tmp_path / "none", table(tmp_path, (other, own, 1001), (own, other, uid))))
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert is_another_users(CLIENT, SERVER) is another


def test_what_nobody_can_tell_is_left_to_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "TABLES", (tmp_path / "none", table(tmp_path)))
    assert not is_another_users(CLIENT, SERVER)
    assert not is_another_users(("testclient", 1), SERVER)
    monkeypatch.delattr(os, "getuid", raising=False)
    assert not is_another_users(CLIENT, SERVER), "Windows"

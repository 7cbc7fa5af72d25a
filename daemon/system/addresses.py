"""What a network address says of where it leads. Pure; no name server is asked."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

HOME_ENDINGS = (".localhost", ".local", ".lan", ".internal", ".home.arpa")


def is_loopback(address: str) -> bool:
    """Whether an address names this machine itself. Pure."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_private(host: str) -> bool:
    """Whether a host is a private or loopback address, or a name of a local network. Asks no name server. Pure."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(HOME_ENDINGS))

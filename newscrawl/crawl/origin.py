"""``NEWSCRAWL_ORIGIN``: whether it is an origin, and whether it is this very machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from newscrawl.crawl.conf import Settings
from newscrawl.errors import UsageProblem


def check_origin(origin: str) -> None:
    """Refuse an origin that is not ``scheme://host[:port]``."""
    try:
        parts = urlsplit(origin)
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError as error:
        raise UsageProblem(f"NEWSCRAWL_ORIGIN is {origin!r}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise UsageProblem(
            f"NEWSCRAWL_ORIGIN is {origin!r}: give scheme, host and port only,"
            " as http://127.0.0.1:8123"
        )


def origin_is_loopback(settings: Settings) -> bool:
    """Whether all requests go to this very machine."""
    host = urlsplit(str(settings["NEWSCRAWL_ORIGIN"] or "")).hostname
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

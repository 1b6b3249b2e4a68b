"""What the servers answered, as Scrapy's own stats count it: each try of each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STATUS = "downloader/response_status_count/"
#: Key of the tries that ended without an answer.
NONE = "none"


def statuses(stats: Mapping[str, Any]) -> dict[int, int]:
    """HTTP status to number of answers."""
    return {
        int(name.removeprefix(_STATUS)): int(number)
        for name, number in stats.items()
        if name.startswith(_STATUS)
    }


def broken(stats: Mapping[str, Any]) -> int:
    """Tries without an answer."""
    return int(stats.get("downloader/exception_count", 0))


def summary(stats: Mapping[str, Any]) -> dict[str, int]:
    """For ``runs.summary``: status, or ``none``, to number.

    >>> summary({"downloader/response_status_count/403": 2, "downloader/exception_count": 1})
    {'403': 2, 'none': 1}
    """
    found = {str(status): number for status, number in sorted(statuses(stats).items())}
    return found | ({NONE: broken(stats)} if broken(stats) else {})

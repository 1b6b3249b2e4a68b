"""The floor holds for every host that is not loopback, whatever is set."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.settings import Settings

from newscrawl.middlewares.politeness import enforce_floor
from newscrawl.settings import DOWNLOAD_DELAY

FAST = {"DOWNLOAD_DELAY": 0.1, "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "DOWNLOAD_DELAY_JITTER": 0.5}


def settings(**values: Any) -> Settings:
    found = Settings({"NEWSCRAWL_ORIGIN": ""})
    found.setdict({**FAST, **values}, priority="cmdline")
    return found


@pytest.mark.parametrize("origin", ["", "https://mirror.example.org", "http://10.0.0.7:80"])
def test_lower_values_are_raised_with_one_warning(origin: str) -> None:
    given = settings(NEWSCRAWL_ORIGIN=origin)
    (warning,) = enforce_floor(given)
    assert given.getfloat("DOWNLOAD_DELAY") == 1.0
    assert given.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert given.getfloat("DOWNLOAD_DELAY_JITTER") == 0
    assert "below the floor of politeness" in warning


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8123", "http://localhost", "http://[::1]:9"])
def test_on_loopback_scrapys_settings_count_as_given(origin: str) -> None:
    given = settings(NEWSCRAWL_ORIGIN=origin)
    assert enforce_floor(given) == []
    assert given.getfloat("DOWNLOAD_DELAY") == 0.1


def test_slower_is_left_alone() -> None:
    slow = settings(DOWNLOAD_DELAY=7, CONCURRENT_REQUESTS_PER_DOMAIN=1, DOWNLOAD_DELAY_JITTER=0)
    assert enforce_floor(slow) == []
    assert slow.getfloat("DOWNLOAD_DELAY") == 7


def test_the_default_is_the_floor() -> None:
    assert DOWNLOAD_DELAY >= 1.0

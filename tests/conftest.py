"""Shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from newscrawl.items import Article
from tests.crawling import replay_settings, scrapy


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """A store narrows the umask of its process."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def make_article() -> Any:
    """Factory of whole records: ``make_article(7, title="…")``."""

    def make(number: int = 1, **fields: Any) -> Article:
        url = fields.pop("url", f"https://www.rfi.fr/en/africa/20240101-story-{number}")
        text = fields.pop("text", f"Text of story {number}.")
        title = fields.pop("title", f"Story {number}")
        return Article(
            url=url,
            url_hash=sha256(url.encode()).hexdigest()[:32],
            content_id=fields.pop("content_id", f"ID{number}"),
            edition="en",
            language="en",
            title=title,
            text=text,
            html=f"<p>{text}</p>",
            published_at=fields.pop("published_at", "2024-01-01T10:00:00+00:00"),
            body_status=fields.pop("body_status", "full"),
            content_hash=sha256(f"{title}|{text}".encode()).hexdigest()[:32],
            fetched_at=fields.pop("fetched_at", "2024-01-02T10:00:00+00:00"),
            **fields,
        )

    return make


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data dir of one replay of the whole stand-in archive. Tests only read it."""
    data = tmp_path_factory.mktemp("replayed") / "data"
    done = scrapy("crawl", "rfi", *replay_settings(data))
    assert done.returncode == 0, done.stderr
    return data

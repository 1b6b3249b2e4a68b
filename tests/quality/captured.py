"""The real page, as far as plain expressions can cut its fields out; nothing where it is absent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests import captures

if TYPE_CHECKING:
    from tests.quality.report import Page


def captured() -> list[Page]:
    """The real article page of 2023-09-01 and what it says."""
    from tests.quality.report import Page

    if not captures.ARTICLE.exists():
        return []
    html = captures.ARTICLE.read_text("utf-8")
    begin = html.index('<div class="t-content__body')
    body = html[begin : html.index("data-selfpromo-app", begin)]
    paragraphs = [text.strip() for text in re.findall(r"<p>(.*?)</p>", body, re.DOTALL)]
    want = {
        "title": _cut(r"<h1[^>]*>(.*?)</h1>", html),
        "lead": _cut(r'<p class="t-content__chapo">(.*?)</p>', html),
        "text": "\n\n".join(paragraphs),
        "authors": ["弗林"],
        "day": "2023-09-01",
        "published_at": "2023-09-01T01:03:28+00:00",
    }
    return [Page("real", _cut(r'<link rel="canonical" href="([^"]+)"', html), html, want)]


def _cut(pattern: str, html: str) -> str:
    found = re.search(pattern, html, re.DOTALL)
    assert found, pattern
    return found[1].strip()

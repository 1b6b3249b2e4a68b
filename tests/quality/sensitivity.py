"""Would the gate notice? Every rule taken away once, every trap sprung once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from fixtures.cases import FETCHED
from newscrawl.rfi import SITE, place
from newscrawl.rfi.derived import DERIVED
from newscrawl.rfi.rules import RULES
from tests.quality import gate
from tests.quality.sources import other_address, single_source

Change = Callable[[str], str]


def rules() -> list[tuple[str, str]]:
    """Every rule of every field."""
    claims = [("url", rule.name) for rule in place.CLAIMS]
    tables = [*RULES.items(), *DERIVED.items()]
    return claims + [(field, rule.name) for field, found in tables for rule in found]


@contextmanager
def without(field: str, rule: str) -> Iterator[None]:
    """Take a rule away for a while."""
    if field == "url":
        kept = place.CLAIMS
        place.CLAIMS = tuple(one for one in kept if one.name != rule)
        try:
            yield
        finally:
            place.CLAIMS = kept
        return
    table: dict[str, Any] = RULES if field in RULES else DERIVED
    kept = table[field]
    table[field] = tuple(one for one in kept if one.name != rule)
    try:
        yield
    finally:
        table[field] = kept


def try_rule(field: str, rule: str) -> tuple[list[str], list[str]]:
    """Failures on the page on which the rule's source stands alone: with the rule, and without."""
    case, html, value = single_source(field, rule)
    url = other_address(case) if field == "url" else case.article.url

    def failures() -> list[str]:
        record = asdict(SITE.read_article(html, url, FETCHED).article)
        found = [f"{name} names no rule" for name in gate.unnamed(record)]
        if record[field] != value and field != "html":
            found.append(f"{field}: wanted {value!r}, got {record[field]!r}")
        if field == "html" and not record["html"]:
            found.append("html is missing")
        if record["rules"].get(field) not in (rule, None):
            found.append(f"{field} came from {record['rules'][field]}")
        return found

    present = failures()
    with without(field, rule):
        return present, failures()


def _into_the_body(pattern: str) -> Change:
    """Move what a pattern finds into a paragraph of the body."""

    def change(html: str) -> str:
        found = re.search(pattern, html, re.DOTALL)
        assert found, pattern
        begin = html.index(">", html.index('class="t-content__body')) + 1
        return f"{html[:begin]}<p>{found[1]}</p>{html[begin:]}"

    return change


def _renamed(old: str, new: str) -> Change:
    def change(html: str) -> str:
        assert old in html, old
        return html.replace(old, new)

    return change


def _cut_description(html: str) -> str:
    """Every source of the lead cut."""
    html = re.sub(r'(class="t-content__chapo">\s*.{8})[^<]*', r"\1……", html)
    html = re.sub(r'("description":"(?:[^"\\]|\\u....){8})(?:[^"\\]|\\.)*"', r'\1……"', html)
    return re.sub(r'((?:og:)?description" content="[^"]{8})[^"]*"', r'\1……"', html)


def _wrong_canonical(html: str) -> str:
    """Another article's address that agrees with everything the page says of itself."""
    return re.sub(r"(20\d{6}-)(?=[^/\"]{3})", r"\1x", html)


def _live_stream(html: str) -> str:
    """The page's live stream as if it were a recording of the article."""
    found = re.search(r'<script data-media-id="direct[^>]*>.*?</script>', html, re.DOTALL)
    assert found
    own = found[0].replace("direct_", "own_").replace('"type":"live"', '"type":"audio"')
    return html.replace("<h1 ", f"{own}<h1 ", 1)


#: Name to what springs the trap, and a word of the failure that must follow.
TRAPS: dict[str, tuple[Change, str]] = {
    "advertisement": (_into_the_body(r'm-block-ad__label__text">([^<]*)<'), "labels of the site"),
    "promotion": (_renamed("o-self-promo o-self-promo--app", "promo"), "labels of the site"),
    "unlock button": (
        _into_the_body(r'm-interstitial__unlock-btn__text">([^<]*)<'),
        "labels of the site",
    ),
    "live stream": (_live_stream, "audio"),
    "cut description": (_cut_description, "lead"),
    "wrong canonical": (_wrong_canonical, "url"),
    "related outside its block": (_renamed("t-content__related", "t-content__other"), "related"),
    "another h1 before": (
        _renamed('<h1 class="t-content__title', '<h1>Other</h1><h1 class="t-content__title'),
        "title",
    ),
}
_TRAPPED = ["cn-article-2023"]


def spring(name: str) -> tuple[list[str], list[str]]:
    """Failures of the gate on a page as it is, and with a trap sprung."""
    change, _ = TRAPS[name]
    return gate.run(_TRAPPED).failures(), gate.run(_TRAPPED, change).failures()

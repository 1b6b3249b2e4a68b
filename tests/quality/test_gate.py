"""The gate passes, and it would not if a rule were missing or a trap were sprung."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from fixtures.cases import EXPECTED, FETCHED, FORMS, KINDS, cases, expected
from fixtures.model import EDITIONS
from newscrawl.rfi import SITE, place
from newscrawl.rfi.derived import DERIVED
from newscrawl.rfi.rules import RULES
from tests.quality import gate
from tests.quality.sources import REMOVERS, other_address, single_source


def rules() -> list[tuple[str, str]]:
    """Every rule of every field."""
    claims = [("url", rule.name) for rule in place.CLAIMS]
    tables = [*RULES.items(), *DERIVED.items()]
    return claims + [(field, rule.name) for field, found in tables for rule in found]


def extract(html: str, url: str) -> dict[str, Any]:
    return asdict(SITE.read_article(html, url, FETCHED).article)


def without(monkeypatch: pytest.MonkeyPatch, field: str, rule: str) -> None:
    """Take a rule away."""
    table: dict[str, Any] = RULES if field in RULES else DERIVED
    if field == "url":
        kept = tuple(one for one in place.CLAIMS if one.name != rule)
        monkeypatch.setattr(place, "CLAIMS", kept)
    else:
        kept = tuple(one for one in table[field] if one.name != rule)
        monkeypatch.setitem(table, field, kept)


# -- the pages -------------------------------------------------------------------------------------


def test_every_edition_in_every_kind_and_every_kind_in_every_form() -> None:
    assert len(cases()) >= 200
    assert len({case.name for case in cases()}) == len(cases())
    kinds = {(case.article.edition.prefix, case.kind) for case in cases()}
    assert kinds == {(edition, kind) for edition in EDITIONS for kind in KINDS}
    forms = {(case.kind, case.article.form) for case in cases()}
    assert forms == {(kind, form) for kind in KINDS for form in FORMS}
    assert set(EDITIONS) == set(SITE.editions())
    assert all(case.article.edition.prefix == SITE.edition_of(case.article.url) for case in cases())


def test_the_expected_records_are_those_of_the_pages() -> None:
    records = expected()
    assert set(records) == {case.name for case in cases()}
    assert [file.stem for file in sorted(EXPECTED.glob("*.jsonl"))] == sorted(EDITIONS)
    different = [case.name for case in cases() if records[case.name] != case.truth]
    assert different == [], "see `python -m fixtures.cases --expect`, and read its difference"


# -- the gate --------------------------------------------------------------------------------------


def test_the_gate() -> None:
    scores = gate.run()
    assert scores.failures() == [], scores.wrong[:5]
    assert scores.false_strings == []


def test_the_gate_counts_every_field_of_the_article() -> None:
    left = {"html", "content_hash", "version", "fetched_at", "source", "rules"}
    record = extract(cases()[0].html, cases()[0].article.url)
    assert set(gate.FIELDS) == set(record) - left


@pytest.mark.parametrize(("field", "rule"), rules())
def test_a_rule_decides_where_its_source_stands_alone(
    monkeypatch: pytest.MonkeyPatch, field: str, rule: str
) -> None:
    case, html, value = single_source(field, rule)
    url = other_address(case) if field == "url" else case.article.url
    record = extract(html, url)
    assert record["rules"][field] == rule
    if field != "html":
        assert record[field] == value
    without(monkeypatch, field, rule)
    fallen = extract(html, url)
    assert fallen["rules"].get(field) != rule
    if (field, rule) == ("kind", "default"):  # the value stays: the gate misses the rule's name
        assert gate.unnamed(fallen) == ["kind"]
        assert gate.unnamed(record) == []
    else:
        assert fallen[field] != record[field], "the gate does not notice that the rule is gone"


def test_every_rule_has_a_page_of_its_own() -> None:
    assert {(field, rule) for field, found in REMOVERS.items() for rule in found} == set(rules())


# -- traps -----------------------------------------------------------------------------------------


def into_the_body(pattern: str) -> Callable[[str], str]:
    """Move what a pattern finds into a paragraph of the body."""

    def change(html: str) -> str:
        found = re.search(pattern, html, re.DOTALL)
        assert found, pattern
        begin = html.index(">", html.index('class="t-content__body')) + 1
        return f"{html[:begin]}<p>{found[1]}</p>{html[begin:]}"

    return change


def renamed(old: str, new: str) -> Callable[[str], str]:
    def change(html: str) -> str:
        assert old in html, old
        return html.replace(old, new)

    return change


def cut_description(html: str) -> str:
    """Every source of the lead cut."""
    html = re.sub(r'(class="t-content__chapo">\s*.{8})[^<]*', r"\1……", html)
    html = re.sub(r'("description":"(?:[^"\\]|\\u....){8})(?:[^"\\]|\\.)*"', r'\1……"', html)
    return re.sub(r'((?:og:)?description" content="[^"]{8})[^"]*"', r'\1……"', html)


def wrong_canonical(html: str) -> str:
    """Another article's address that agrees with everything the page says of itself."""
    return re.sub(r"(20\d{6}-)(?=[^/\"]{3})", r"\1x", html)


TRAPS: dict[str, tuple[str, Callable[[str], str], str]] = {
    "advertisement": (
        "cn-article-2023",
        into_the_body(r'm-block-ad__label__text">([^<]*)<'),
        "labels of the site",
    ),
    "promotion": (
        "cn-article-2023",
        renamed("o-self-promo o-self-promo--app", "promo"),
        "labels of the site",
    ),
    "unlock button": (
        "cn-article-2023",
        into_the_body(r'm-interstitial__unlock-btn__text">([^<]*)<'),
        "labels of the site",
    ),
    "live stream": (
        "cn-article-2023",
        lambda html: html.replace("<h1 ", f"{_live_script(html)}<h1 ", 1),
        "audio",
    ),
    "cut description": ("cn-article-2023", cut_description, "lead"),
    "wrong canonical": ("cn-article-2023", wrong_canonical, "url"),
    "related outside its block": (
        "cn-article-2023",
        renamed("t-content__related", "t-content__body-more"),
        "related",
    ),
    "another h1 before": (
        "cn-article-2023",
        renamed('<h1 class="t-content__title', '<h1>Other</h1><h1 class="t-content__title'),
        "title",
    ),
}


def _live_script(html: str) -> str:
    """The page's live stream as if it were a recording of the article."""
    found = re.search(r'<script data-media-id="direct[^>]*>.*?</script>', html, re.DOTALL)
    assert found
    return found[0].replace("direct_", "own_").replace('"type":"live"', '"type":"audio"')


@pytest.mark.parametrize("name", TRAPS)
def test_a_sprung_trap_fails_the_gate(name: str) -> None:
    page, change, where = TRAPS[name]
    assert gate.run([page]).failures() == []
    failures = gate.run([page], change).failures()
    assert any(where in failure for failure in failures), failures


# -- the measure itself ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("want", "got", "f1"),
    [
        ("a b c", "a b c", 1.0),
        ("a b c d", "a b", 2 * 2 / 6),
        ("两岸关系", "两岸", 2 * 2 / 6),
        ("កខគ", "កខគ", 1.0),
        ("a", "", 0.0),
        ("", "", 1.0),
    ],
)
def test_token_f1(want: str, got: str, f1: float) -> None:
    assert gate.token_f1(want, got) == pytest.approx(f1)


def test_pages_are_spread() -> None:
    counted = Counter(case.article.edition.prefix for case in cases())
    assert min(counted.values()) >= 12

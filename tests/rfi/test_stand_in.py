"""Every field of every stand-in article, in all forms and editions, against what is true of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from fixtures.listings import Listings
from fixtures.model import Article
from fixtures.site import StandInSite
from fixtures.truth import NOT_OF_THE_ARTICLE, truth
from fixtures.words import words
from newscrawl.items import ARTICLE_FIELDS
from newscrawl.rfi import SITE
from newscrawl.selector import Selector

FETCHED = datetime(2026, 7, 1, 12, tzinfo=UTC)
FIELDS = [name for name in ARTICLE_FIELDS if name not in NOT_OF_THE_ARTICLE]


@cache
def site() -> StandInSite:
    return StandInSite.load()


@cache
def extracted() -> list[tuple[Article, dict[str, Any], dict[str, Any]]]:
    """Article, its record, and what is true of it."""
    found = []
    for article in site().articles():
        html = site().answer(article.path).body.decode()
        record = asdict(SITE.read_article(html, article.url, FETCHED).article)
        related = [row.url for row in Listings(site()).related(article)]
        found.append((article, record, truth(article, related)))
    return found


@pytest.mark.parametrize("field", FIELDS)
def test_field(field: str) -> None:
    wrong = [
        (article.url, record[field], true[field])
        for article, record, true in extracted()
        if record[field] != true[field]
    ]
    assert wrong[:3] == []


def test_every_case_occurs() -> None:
    """The comparison above means something only where the cases are there."""
    articles = [article for article, _, _ in extracted()]
    assert len(articles) >= 400
    forms = Counter((article.edition.prefix, article.form) for article in articles)
    for edition in ("cn", "tw", "fr", "en", "fa"):
        for form in (2021, 2023, 2024, 2026):
            assert forms[edition, form] >= 5, (edition, form)
    kinds = Counter(true["kind"] for _, _, true in extracted())
    assert set(kinds) >= {"article", "episode", "video", "live", "wire"}
    for field in ("lead", "authors", "images", "modified_at"):
        filled = sum(bool(true[field]) for _, _, true in extracted())
        assert 0 < filled < len(articles), field


def test_text_is_what_the_html_gives_without_its_figures() -> None:
    for _, record, _ in extracted():
        root = Selector.from_html(record["html"]).first("body")
        assert root is not None
        for figure in root.css("figure"):
            figure.decompose()
        told = "".join(root.text(deep=True).split())
        assert told == "".join(record["text"].split()), record["url"]


def test_no_text_of_the_site_itself_leaks() -> None:
    for article, record, _ in extracted():
        labels = words(article.edition.prefix).labels
        for name in ("ad", "unlock", "more", "promo_app", "promo_letter", "share", "follow"):
            assert labels[name] not in record["text"], (name, record["url"])
        for markup in ("o-self-promo", "m-interstitial", "<script", "class=", "style="):
            assert markup not in record["html"], (markup, record["url"])


def test_an_embed_stands_as_a_link_in_a_figure() -> None:
    embeds = [(article, record) for article, record, _ in extracted() if article.embed]
    assert embeds
    for article, record in embeds:
        figures = Selector.from_html(record["html"]).nodes("figure a")
        assert article.embed in [link.attributes.get("href") for link in figures]
        assert str(article.embed) not in record["text"]


def test_subheads_are_headings_or_strong_and_blocks_of_their_own() -> None:
    for article, record, _ in extracted():
        blocks = record["text"].split("\n\n")
        page = Selector.from_html(record["html"])
        heads = [node.text(deep=True) for node in page.nodes("h2, h3, p > strong:first-child")]
        for head in article.story.heads[:2]:
            assert head in blocks
            assert any(head.startswith(text) for text in heads if text), (head, heads)


def test_every_field_that_is_not_null_names_its_rule() -> None:
    capture = {"version", "fetched_at", "source", "rules"}
    for _, record, _ in extracted():
        filled = {name for name in ARTICLE_FIELDS if record[name] not in (None, [], {}, "")}
        assert filled - capture == set(record["rules"]), record["url"]


def test_dateparser_never_runs_where_better_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("dateparser was asked")

    monkeypatch.setattr("dateparser.parse", never)
    article = site().articles("en")[0]
    html = site().answer(article.path).body.decode()
    assert SITE.read_article(html, article.url, FETCHED).article.published_at


def test_copies_below_several_paths_give_one_record() -> None:
    copies = [article for article in site().articles() if article.other_paths]
    assert len(copies) >= 5
    for article in copies:
        html = [site().answer(path).body.decode() for path in (article.path, *article.other_paths)]
        records = [asdict(SITE.read_article(page, article.url, FETCHED).article) for page in html]
        assert all(record == records[0] for record in records)
        elsewhere = SITE.canonical(article.other_paths[0])
        assert elsewhere
        found = SITE.read_article(html[1], elsewhere, FETCHED)
        assert found.article.url == article.url
        assert elsewhere in found.aliases

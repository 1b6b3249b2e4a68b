"""Pages that are cut, broken, wrong about themselves, or from somebody who means harm."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newscrawl
from fixtures.site import StandInSite
from newscrawl.items import ARTICLE_FIELDS
from newscrawl.rfi import SITE
from newscrawl.rfi.rules import RULES
from newscrawl.site import Extraction

URL = "https://www.rfi.fr/en/africa/20240131-rain-at-last"
FETCHED = datetime(2024, 2, 1, 12, tzinfo=UTC)
PAGE = """<!doctype html><html lang="en"><head><title>Rain at last - RFI</title>{head}</head><body>
<main data-nav-container role="main"><div class="t-content t-content--article" id="main-content">
<article data-article-content>{before}<h1>{title}</h1>
<p class="t-content__chapo">The lead.</p>{dates}
<div class="t-content__body">{body}</div></article></div></main></body></html>"""
DATES = """<div class="t-content__dates"><p class="m-pub-dates"><span class="m-pub-dates__date">
Issued on: <time datetime="2024-01-31T07:10:10+00:00">31/01/2024 - 08:10</time></span></p></div>"""


def page(**parts: str) -> str:
    given = {"head": "", "before": "", "title": "Rain at last", "dates": DATES}
    return PAGE.format(**{**given, "body": "<p>It rained.</p>", **parts})


def ld(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="application/ld+json">{text}</script>'


def read(html: str, url: str = URL) -> Extraction:
    return SITE.read_article(html, url, FETCHED)


def record(html: str) -> dict[str, Any]:
    return asdict(read(html).article)


NEWS = {"@type": "NewsArticle", "datePublished": "2024-01-31T07:00:00+00:00", "headline": "H"}


@pytest.mark.parametrize(
    "scripts",
    [
        ld(NEWS),
        ld([NEWS, {"@type": "BreadcrumbList"}]),
        ld({"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, NEWS]}),
        ld({"@type": "WebSite"}) + ld(NEWS),
        ld("{broken") + ld(NEWS),
        ld(json.dumps({"@type": "WebSite"}) + json.dumps(NEWS)),
        ld(json.dumps(NEWS)[:-1] + ",}"),
        ld("\n " + json.dumps(NEWS) + ";\n"),
        ld({**NEWS, "@type": ["Article", "NewsArticle"]}),
    ],
)
def test_linked_data_in_every_shape(scripts: str) -> None:
    found = record(page(head=scripts))
    assert found["published_at"] == "2024-01-31T07:00:00+00:00"
    assert found["rules"]["published_at"] == "jsonld.datePublished"


@pytest.mark.parametrize(
    "scripts",
    [
        ld("{broken"),
        ld('{"@type": "NewsArticle", "datePublished": '),
        ld({"@type": "NewsArticle", "datePublished": 7, "author": 8, "keywords": {"a": 1}}),
        ld({"@type": "NewsArticle", "datePublished": "31 of January", "image": [None, 3, {}]}),
        ld([[[[]]]]),
        ld("null"),
        ld("[" * 100_000),
        '<script id="datalayer" type="application/json">[1, 2]</script>',
        '<script id="datalayer" type="application/json">{"publication_date": 3}</script>',
    ],
)
def test_broken_data_falls_back_to_the_page(scripts: str) -> None:
    found = record(page(head=scripts))
    assert found["published_at"] == "2024-01-31T07:10:10+00:00"
    assert found["rules"]["published_at"] == "dom.datetime"
    assert found["title"] == "Rain at last"


def test_the_visible_time_is_of_paris() -> None:
    dates = '<p class="m-pub-dates"><span class="m-pub-dates__date">Issued on: {}</span></p>'
    winter = record(page(dates=dates.format("31/01/2024 - 08:10")))
    summer = record(page(dates=dates.format("01/07/2023 - 03:03")))
    assert winter["published_at"] == "2024-01-31T07:10:00+00:00"
    assert summer["published_at"] == "2023-07-01T01:03:00+00:00"
    assert winter["rules"]["published_at"] == "dom.visible"


def test_the_day_of_the_address_is_the_last_resort() -> None:
    found = record(page(dates=""))
    assert found["published_at"] == "2024-01-30T23:00:00+00:00"
    assert found["rules"]["published_at"] == "url.date"


@pytest.mark.parametrize("stamp", ["2024-02-03T12:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_a_future_time_is_refused_and_noted(stamp: str) -> None:
    extraction = read(page(head=ld({**NEWS, "datePublished": stamp})))
    assert extraction.article.published_at is None
    assert "future_date" in extraction.notes


def test_a_time_of_today_that_is_a_little_ahead_is_kept() -> None:
    found = record(page(head=ld({**NEWS, "datePublished": "2024-02-02T11:00:00+00:00"})))
    assert found["published_at"] == "2024-02-02T11:00:00+00:00"


@pytest.mark.parametrize(
    ("modified", "kept"),
    [
        ("2024-01-31T07:00:01+00:00", "2024-01-31T07:00:01+00:00"),
        ("2024-01-31T07:00:00+00:00", None),
        ("2024-01-31T06:59:58+00:00", None),
    ],
)
def test_a_change_is_later_than_the_publication(modified: str, kept: str | None) -> None:
    extraction = read(page(head=ld({**NEWS, "dateModified": modified})))
    assert extraction.article.modified_at == kept
    assert ("modified_not_later" in extraction.notes) == (modified < NEWS["datePublished"])


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("A. Writer", ["A. Writer"]),
        ({"@type": "Person", "name": "A. Writer"}, ["A. Writer"]),
        ([{"name": "A. Writer"}, {"name": "B. Writer"}], ["A. Writer", "B. Writer"]),
        ({"name": ["A. Writer", "B. Writer"]}, ["A. Writer", "B. Writer"]),
        ([{"name": "A. Writer"}, {"name": " A. Writer "}], ["A. Writer"]),
        ("https://www.facebook.com/RFI", []),
        (None, []),
        ({}, []),
    ],
)
def test_authors_in_every_shape(author: Any, names: list[str]) -> None:
    found = record(page(head=ld({**NEWS, "author": author})))
    assert [entry["name"] for entry in found["authors"]] == names


@pytest.mark.parametrize(
    ("name", "role"),
    [("AFP", "agency"), ("法新社", "agency"), ("RFI", "organisation"), ("法广", "organisation")],
)
def test_houses_are_marked_by_their_role(name: str, role: str) -> None:
    (author,) = record(page(head=ld({**NEWS, "author": [{"name": name}]})))["authors"]
    assert author["role"] == role


@pytest.mark.parametrize("keywords", ["rain, ships", ["rain", "ships"], ["rain, ships"]])
def test_keywords_are_a_string_or_a_list(keywords: Any) -> None:
    found = record(page(head=ld({**NEWS, "keywords": keywords})))
    assert [tag["name"] for tag in found["tags"]] == ["rain", "ships"]


def test_a_cut_lead_loses_to_the_whole_one() -> None:
    html = page(head=ld({**NEWS, "description": "The lead, whole."}))
    found = record(html.replace("The lead.", "The le……"))
    assert found["lead"] == "The lead, whole."
    assert found["rules"]["lead"] == "jsonld.description"


def test_a_cut_text_loses_to_the_whole_one_and_html_goes_with_it() -> None:
    whole = "It rained for a day.\n\nThen it stopped."
    cut = page(head=ld({**NEWS, "articleBody": whole}), body="<p>It rained for……</p>")
    found = record(cut)
    assert found["text"] == whole
    assert found["html"] == "<p>It rained for a day.</p><p>Then it stopped.</p>"
    assert found["rules"]["text"] == found["rules"]["html"] == "jsonld.articleBody"
    alone = record(page(body="<p>It rained for……</p>"))
    assert (alone["text"], alone["rules"]["text"]) == ("It rained for……", "dom.body")
    both = record(page(head=ld({**NEWS, "articleBody": whole})))
    assert (both["text"], both["rules"]["text"]) == ("It rained.", "dom.body")


def test_a_cut_title_loses_to_the_whole_one() -> None:
    found = record(page(title="Rain at……", head=ld({**NEWS, "headline": "Rain at last, again"})))
    assert found["title"] == "Rain at last, again"
    assert found["rules"]["title"] == "jsonld.headline"


def test_entities_in_linked_data_are_read() -> None:
    news = {**NEWS, "description": "A &amp; B &eacute;t&eacute;", "author": {"name": "O&#039;Hara"}}
    found = record(page(head=ld(news)).replace("The lead.", ""))
    assert found["lead"] == "A & B été"
    assert found["authors"][0]["name"] == "O'Hara"


def test_every_rule_carries_its_day() -> None:
    assert all(rule.since for rules in RULES.values() for rule in rules)


@pytest.mark.parametrize(
    "canonical",
    [
        "https://www.rfi.fr/en/africa/",  # the column
        "https://www.rfi.fr/en/africa/20240131-another-story",
        "https://www.rfi.fr/en/africa/20230101-rain-at-last",
        "https://www.example.org/en/africa/20240131-rain-at-last",
        "javascript:alert(1)",
    ],
)
def test_a_canonical_that_cannot_be_is_refused_and_noted(canonical: str) -> None:
    datalayer = '{"content_id": "WB1-RFI-EN-20240131", "page_name": "20240131-rain-at-last"}'
    head = f'<link rel="canonical" href="{canonical}"><script id="datalayer">{datalayer}</script>'
    extraction = read(page(head=head))
    assert extraction.article.url == URL
    assert extraction.article.rules["url"] == "url"
    assert "canonical_refused" in extraction.notes


def test_a_canonical_in_another_section_is_believed_and_the_address_is_an_alias() -> None:
    other = "https://www.rfi.fr/en/world/20240131-rain-at-last"
    extraction = read(page(head=f'<link rel="canonical" href="{other}">'))
    assert extraction.article.url == other
    assert URL in extraction.aliases


def test_the_live_stream_is_never_a_recording() -> None:
    live = {
        "mediaId": "direct_rfi_en",
        "type": "live",
        "sources": [{"name": "direct_rfi_en", "url": "https://live.example/x.mp3"}],
    }
    own = {
        "mediaId": "WB1",
        "title": "Listen",
        "sources": [{"url": "https://aod.example/x.mp3", "duration": "1:43"}],
        "emission": {"title": "Show"},
    }
    scripts = "".join(
        f'<script data-media-id="x" type="application/json">{json.dumps(item)}</script>'
        for item in (live, own, live)
    )
    found = record(page(before=scripts))
    (audio,) = found["audio"]
    assert audio == {
        "url": "https://aod.example/x.mp3",
        "duration_s": 103,
        "title": "Listen",
        "programme": "Show",
    }


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("<html><body><p>Access denied</p></body></html>", "no_frame"),
        (page()[: page().index("</main>")], "cut"),
        ("\x00\x01\x02\xff" * 100, "no_frame"),
    ],
)
def test_a_page_that_is_not_whole(html: str, fault: str) -> None:
    assert SITE.fault(html) == fault
    with pytest.raises(newscrawl.ExtractionError, match=fault):
        newscrawl.extract(html, URL)


def test_a_missing_end_behind_main_is_no_fault() -> None:
    assert SITE.fault(page().replace("</body></html>", "")) is None


@pytest.mark.parametrize(
    ("html", "url", "said"),
    [
        (page(), "https://www.example.org/x", "is not an address"),
        (page(title="", head=""), URL, "has no title"),
        ("<main><div id=main-content class=t-content--program></div></main>", URL, "no article"),
    ],
)
def test_extract_says_why_there_is_no_record(html: str, url: str, said: str) -> None:
    html = html.replace("<title>Rain at last - RFI</title>", "")
    with pytest.raises(newscrawl.ExtractionError, match=said):
        newscrawl.extract(html, url)


def test_extract_takes_bytes_of_any_encoding() -> None:
    url = "https://www.rfi.fr/cn/国际/20240131-下雨"
    html = page(title="下雨了", head='<meta charset="gb18030">')
    assert newscrawl.extract(html.encode("gb18030"), url).title == "下雨了"
    assert newscrawl.extract(html.encode(), url).title == "下雨了"


def test_scripts_do_not_reach_the_html() -> None:
    body = (
        '<p onclick="x()">A<script>alert(1)</script><img src=x onerror=alert(1)></p>'
        '<p><a href="javascript:alert(1)">B</a><svg onload=alert(1)></svg></p>'
        '<iframe src="javascript:alert(1)"></iframe><p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    )
    html = record(page(body=body))["html"]
    for evil in ("<script", "onclick", "onerror", "javascript:", "<svg", "onload"):
        assert evil not in html


def test_extraction_depends_on_the_page_and_its_address_alone() -> None:
    site = StandInSite.load()
    article = site.articles("cn")[3]
    html = site.answer(article.path).body.decode()
    one = asdict(SITE.read_article(html, article.url, datetime(2026, 7, 1, tzinfo=UTC)).article)
    two = asdict(SITE.read_article(html, article.url, datetime(2026, 9, 9, tzinfo=UTC)).article)
    assert {name for name in ARTICLE_FIELDS if one[name] != two[name]} == {"fetched_at"}


def _pieces() -> list[str]:
    site = StandInSite.load()
    article = site.articles("fr")[0]
    return site.answer(article.path).body.decode().split("<")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_page_in_disorder_gives_a_record_or_a_reason(data: st.DataObject) -> None:
    pieces = list(_PIECES)
    for _ in range(data.draw(st.integers(1, 6))):
        begin = data.draw(st.integers(0, len(pieces) - 1))
        end = data.draw(st.integers(begin, len(pieces)))
        action = data.draw(st.sampled_from(["drop", "double", "turn", "noise"]))
        part = pieces[begin:end]
        pieces[begin:end] = {
            "drop": [],
            "double": part[:50] * 2,
            "turn": part[::-1],
            "noise": [data.draw(st.text(max_size=20))],
        }[action] or ["p>"]
    try:
        article = newscrawl.extract("<".join(pieces), URL, FETCHED)
    except newscrawl.ExtractionError:
        return
    assert article.title
    assert article.text != ""


_PIECES = _pieces()


@pytest.mark.parametrize("field", ["url", "headline", "author", "keywords", "articleBody", "image"])
def test_half_a_surrogate_pair_is_no_character(field: str) -> None:
    data = '{"@type": "NewsArticle", "' + field + '": "\\ud800x", "extra": "\\u00e9"}'
    head = f'<script type="application/ld+json">{data}</script>'
    page = PAGE.format(head=head, before="", title="", dates=DATES, body="")
    article = SITE.read_article(page, URL, FETCHED).article
    json.dumps(asdict(article), ensure_ascii=False).encode()


def test_json_that_is_much_too_long_is_not_read() -> None:
    head = '<script type="application/ld+json">[%s{}]</script>' % ("{}," * 1_000_000)
    page = PAGE.format(head=head, before="", title="Rain", dates=DATES, body="<p>It rained.</p>")
    tracemalloc.start()
    article = SITE.read_article(page, URL, FETCHED).article
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert article.text == "It rained."
    assert peak < 60_000_000  # the objects alone would take more


def test_a_table_in_a_cell_is_text_of_the_cell() -> None:
    inner = "<table><tr><td>in</td></tr></table>"
    body = f"<table><tr><td>out {inner}</td></tr></table>"
    page = PAGE.format(head="", before="", title="Rain", dates=DATES, body=body)
    assert SITE.read_article(page, URL, FETCHED).article.text == "out in"


def test_lists_nested_beyond_all_sense_keep_their_text() -> None:
    body = "<ul><li>" * 350 + "deep"
    page = PAGE.format(head="", before="", title="Rain", dates=DATES, body=body)
    assert SITE.read_article(page, URL, FETCHED).article.text == "deep"

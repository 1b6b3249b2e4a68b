"""Rows, what is no row, and the next page."""

from __future__ import annotations

from datetime import date
from functools import cache
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.model import Column, encode
from fixtures.site import StandInSite
from newscrawl.rfi import SITE
from newscrawl.site import Listing
from tests import captures

HOME = "https://www.rfi.fr/es/"


@cache
def site() -> StandInSite:
    return StandInSite.load()


def read(path: str) -> Listing:
    html = site().answer(encode(path)).body.decode()
    assert SITE.is_listing(html)
    assert SITE.fault(html) is None
    return SITE.read_listing(html, "https://www.rfi.fr" + encode(path))


def pages(column: Column) -> list[Listing]:
    found = [read(column.path)]
    while found[-1].next_url is not None:
        found.append(read(path_of(found[-1].next_url)))
    return found


def path_of(url: str) -> str:
    return unquote(url).removeprefix("https://www.rfi.fr")


@pytest.mark.parametrize("column", site().columns(), ids=lambda column: column.path)
def test_all_articles_of_every_column_are_found_in_order(column: Column) -> None:
    rows = [row for page in pages(column) for row in page.rows if not row.pinned]
    canonical = {}
    for article in site().listed(column):
        for path in (article.path, *article.other_paths):
            canonical["https://www.rfi.fr" + encode(path)] = article.url
    found = list(dict.fromkeys(canonical[row.url] for row in rows))
    true = [article.url for article in site().listed(column)]
    kept_on_top = [url for url in found if true.index(url) > found.index(url) + 1][:1]
    assert [url for url in found if url not in kept_on_top] == [
        url for url in true if url not in kept_on_top
    ]
    titles = {article.url: article.title for article in site().listed(column)}
    assert all(row.title == titles[canonical[row.url]] for row in rows)
    assert all(row.date is not None for row in rows)


def test_both_types_of_rows_and_all_forms_occur() -> None:
    bodies = [site().answer(encode(column.path)).body.decode() for column in site().columns()]
    assert sum("m-podcast-item__infos" in html for html in bodies) >= 3
    cards = [html for html in bodies if "m-item-list-article" in html]
    assert sum("m-item-list-article__wrapper" in html for html in cards) >= 3  # 2024
    assert sum("m-item-list-article__wrapper" not in html for html in cards) >= 3


def test_what_is_no_article_is_left_out_and_counted() -> None:
    together: dict[str, int] = {}
    for column in site().columns():
        for reason, number in read(column.path).left_out.items():
            together[reason] = together.get(reason, 0) + number
    assert set(together) >= {"ad", "foreign", "not_article", "sponsored", "promo", "repeated"}


def test_pages_first_middle_last_single_empty_and_beyond() -> None:
    lists = {column.path: pages(column) for column in site().columns()}
    long = next(found for found in lists.values() if len(found) >= 3)
    assert [page.page for page in long] == list(range(1, len(long) + 1))
    assert long[-1].next_url is None
    assert any(len(found) == 1 and found[0].rows for found in lists.values())
    assert any(len(found) == 1 and not found[0].rows for found in lists.values())
    beyond = {
        site().answer(encode(f"{path}{len(found) + 1}/")).status for path, found in lists.items()
    }
    assert beyond == {200, 404}


def test_tag_and_author_pages_are_listings() -> None:
    paths = [path_of(url) for url in site().urls()]
    tag = next(path for path in paths if path.startswith("/en/tag/"))
    author = next(path for path in paths if path.startswith("/en/author/"))
    assert read(tag).rows
    assert read(author).rows


def test_the_index_of_columns_has_no_articles() -> None:
    index = read("/cn/专栏检索/")
    assert index.rows == []
    assert index.left_out["not_article"] >= 3


def test_real_cards_of_2024() -> None:
    html = captures.text(captures.CARDS_2024)
    listing = SITE.read_listing(f"<main><div id=main-content>{html}</div></main>", HOME)
    assert len(listing.rows) >= 4
    assert len({row.url for row in listing.rows}) == len(listing.rows)
    first = listing.rows[0]
    assert first.date == date(2024, 2, 2)
    assert first.title is not None
    assert "/am%C3%A9ricas/20240202-" in first.url
    assert all(SITE.classify(row.url) == "article" for row in listing.rows)


def test_real_cards_of_2021() -> None:
    """The sister site's page: its rows are seen, and are another host's."""
    html = captures.text(captures.HOME_2021)
    listing = SITE.read_listing(html, "https://www.rfi.fr/fr/")
    assert sum(listing.left_out.values()) + len(listing.rows) > 20


PAGER = """<main><div id="main-content"><div class="m-pagination-wrapper" id="pager">
<ol class="m-pagination">{}</ol></div></div></main>"""
COLUMN = "https://www.rfi.fr/cn/x/y/"


def pager(*hrefs: str, arrow: str | None = None) -> str:
    items = [f'<li><a class="m-pagination__item__link" href="{href}">n</a></li>' for href in hrefs]
    if arrow:
        icon = '<span class="a-svg a-svg--picto-chevron-right"></span>'
        items.append(f'<li><a class="m-pagination__item__link" href="{arrow}">{icon}</a></li>')
    return PAGER.format("".join(items))


@pytest.mark.parametrize(
    ("html", "at", "found"),
    [
        (pager(arrow="/cn/x/y/2/#pager"), COLUMN, COLUMN + "2/"),
        (pager("/cn/x/y/2/#pager", "/cn/x/y/3/#pager"), COLUMN, COLUMN + "2/"),
        (pager("/cn/x/y/", "/cn/x/y/3/"), COLUMN + "2/", COLUMN + "3/"),
        (pager("/cn/x/y/", arrow="/cn/x/y/"), COLUMN + "2/", None),
        (pager("/cn/x/y/", "/cn/x/y/2/"), COLUMN + "3/", None),
        (pager(arrow="/cn/x/other/2/"), COLUMN, None),
        (pager(arrow="https://www.example.org/cn/x/y/2/"), COLUMN, None),
        (pager(), COLUMN, None),
    ],
)
def test_next_page(html: str, at: str, found: str | None) -> None:
    assert SITE.read_listing(html, at).next_url == found


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_anything_can_be_read(text: str) -> None:
    listing = SITE.read_listing(text, COLUMN)
    assert isinstance(listing.rows, list)
    SITE.fault(text)
    SITE.is_listing(text)


FRAME = '<main><div class="t-content t-content--page-builder">{}</div></main>'
ARCHIVE_DAY = FRAME.format("""<ul class="o-archive-day__list">
<li class="o-archive-day__list__entry"><a class="a-archive-link" href="/en/africa/20211005-one">
<h2>One</h2></a></li>
<li class="o-archive-day__list__entry"><a class="a-archive-link" href="/en/podcasts/x/20211005-two">
<h2>Two</h2></a></li>
<li class="o-archive-day__list__entry"><a class="a-archive-link" href="http://en.rfi.fr/20171005-old">
<h2>Old</h2></a></li></ul>""")
NEWS_FEED = FRAME.format("""<div class="m-item-news-feed"><div class="news__metadata">
<time datetime="2021-10-04T23:54:09+02:00">23:54</time> <span>AFP</span></div>
<div class="news__content"><a href="/cn/SLUG"><p class="news__content__title">Rain</p></a></div>
</div>
<div class="m-item-news-feed"><div class="news__metadata">
<time datetime="2021-10-05T00:10:00+02:00">00:10</time></div><div class="news__content">
<a href="/fr/en-bref/20211005-pluie"><p class="news__content__title">Pluie</p></a></div></div>""")


def test_a_day_of_the_archive() -> None:
    listing = SITE.read_listing(
        ARCHIVE_DAY, "https://www.rfi.fr/en/archives/2021/10/05-October-2021/"
    )
    assert [(row.title, row.date) for row in listing.rows] == [
        ("One", date(2021, 10, 5)),
        ("Two", date(2021, 10, 5)),
    ]
    assert listing.left_out == {"old_address": 1}
    assert listing.page == 1


def test_the_news_feed() -> None:
    slug = "英国采购欧洲速度最快列车-合约金额近731亿元"
    listing = SITE.read_listing(NEWS_FEED.replace("SLUG", slug), "https://www.rfi.fr/cn/滚动新闻/")
    wire, brief = listing.rows
    assert (wire.title, wire.date) == ("Rain", date(2021, 10, 4))
    assert path_of(wire.url) == f"/cn/{slug}"
    assert (brief.title, brief.date) == ("Pluie", date(2021, 10, 5))


def test_the_index_of_columns_names_them_in_order() -> None:
    html = site().answer(encode("/cn/专栏检索/")).body.decode()
    index = SITE.read_index(html, "https://www.rfi.fr/cn/专栏检索/")
    columns = [c for c in site().columns() if c.edition.prefix == "cn" and c.in_container]
    assert list(index.columns.values()) == [column.name for column in columns]
    assert [path_of(url) for url in index.columns] == [column.path for column in columns]
    assert index.next_url is None


def test_an_index_of_several_pages() -> None:
    html = pager("/fr/podcasts/2/#pager").replace(
        "</div></div></main>", '</div><a href="/fr/podcasts/accents/">Accents</a></div></main>'
    )
    index = SITE.read_index(html, "https://www.rfi.fr/fr/podcasts/")
    assert index.next_url == "https://www.rfi.fr/fr/podcasts/2/"
    assert list(index.columns.values()) == ["Accents"]

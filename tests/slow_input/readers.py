"""Every function that takes foreign text, and every place of a page that it may stand in.

Each reader is a function of a text. What it may answer to nonsense is an :data:`ANSWERS` error;
any other is a failure. No watchdog is on.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from newscrawl import ExtractionError
from newscrawl.errors import CrawlError
from newscrawl.syndication import BadXml

Reader = Callable[[str], Any]
ANSWERS = (ExtractionError, CrawlError, BadXml)

URL = "https://www.rfi.fr/en/africa/20240131-rain-at-last"
NOW = datetime(2024, 2, 1, tzinfo=UTC)

#: An article page with a place for everything that the rules read.
_PAGE = """<html><head><title>{title}</title><link rel="canonical" href="{canonical}">
<link rel="alternate" hreflang="{language}" href="{alternate}">
<meta property="og:title" content="{meta}"><meta property="article:tag" content="{meta}">
<meta property="og:image" content="{image}">
<script type="application/ld+json">{json}</script><script id="datalayer">{datalayer}</script></head>
<main {main}><div id="main-content" class="t-content t-content--article">
<ol><li><a class="m-breadcrumb__list__item__link" href="{crumb}">{crumb}</a></li></ol>
<article data-article-content><h1>{h1}</h1><p class="t-content__chapo">{lead}</p>
<p class="t-content__dates m-pub-dates"><span class="m-pub-dates__date">{published}
<time datetime="{datetime}">{published}</time></span><span class="m-pub-dates__date">{modified}
<time datetime="{datetime}">{modified}</time></span></p>
<a class="m-from-author__name" href="{author}">{author}</a>
<span class="a-reading-time">{minutes}</span>
<div class="t-content__main-media"><figure><img src="{image}" srcset="{srcset}" alt="{alt}">
<figcaption><span class="a-media-legend">{caption}</span></figcaption></figure></div>
<script data-media-id="1">{media}</script>
<div class="t-content__body"><p>{body}</p>{markup}<a href="{href}" title="{alt}">x</a>
<figure><img data-srcset="{srcset}"></figure><iframe src="{href}"></iframe>
<table><tr><td>{body}</td></tr></table></div>
<div class="t-content__tags"><a href="{href}">{tag}</a></div>
<div class="t-content__related"><a href="{href}">x</a></div></article></div></main></html>"""
_PLAIN = {
    **dict.fromkeys(
        "title language meta main crumb h1 lead published modified author minutes alt caption body"
        " markup tag".split(),
        "x",
    ),
    **dict.fromkeys("canonical alternate image srcset href".split(), URL),
    **dict.fromkeys("json datalayer media".split(), "{}"),
    "datetime": "2024-01-31T07:10:10+00:00",
}
_RAW = frozenset(["main", "markup", "json", "datalayer", "media"])

_LISTING = """<html><main><div id="main-content" class="t-content"><h1>{title}</h1>
<div class="m-item-list-article"><p class="article__title"><a href="{href}">{title}</a></p>
<p class="article__date">{date}</p></div>
<div class="m-item-list-article"><a href="/en/africa/20240131-x">x<time datetime="{date}"></a></div>
<div class="m-pagination"><a href="{pager}">2</a></div></div></main></html>"""

_FEED = """<rss><channel><item><link>{link}</link><title>{title}</title>
<description>{description}</description><pubDate>{date}</pubDate><creator>{name}</creator>
<category>{name}</category><enclosure url="{media}" type="audio/x" length="{length}"/>
<thumbnail url="{media}"/></item></channel></rss>"""
_MAP = "<urlset><url><loc>{link}</loc><lastmod>{date}</lastmod></url></urlset>"


def readers() -> dict[str, Reader]:
    """All of them, by name; without those of a group that is not installed."""
    found = {**_functions(), **_places(), **_searching(), **_exporting(), **_archives()}
    return {name: reader for name, reader in found.items() if reader is not None}


def _functions() -> dict[str, Reader]:
    from newscrawl import durations, encoding, nesting, text
    from newscrawl.archives.answer import Answer
    from newscrawl.crawl.rate import retry_after
    from newscrawl.extracting.gathering import read_answer
    from newscrawl.extracting.pages import Sieve
    from newscrawl.loaders import clean, utc
    from newscrawl.rfi import SITE, dates, embedded, figures, page, people, urls

    garbled = b"\xff<html><body>"
    return {
        "visible time": dates.visible_time,
        "visible time behind a date": lambda given: dates.visible_time(f"31/01/2024 {given}"),
        "visible day": dates.visible_day,
        "first number": dates.first_number,
        "ascii digits": dates.ascii_digits,
        "JSON": embedded.documents,
        "JSON text": lambda given: embedded.documents(f'{{"a": "{given}"}}'),
        "JSON value": lambda given: embedded.documents(f'{{"a": {given}}}'),
        "entities": embedded.as_text,
        "duration": embedded.seconds,
        "duration behind P": lambda given: embedded.seconds(f"P{given}"),
        "rendition": lambda given: figures.size(f"/media/display/{given}"),
        "width": lambda given: figures.size(f"/media/display/a/w:{given}/p:16x9/"),
        "ratio": lambda given: figures.rendition(f"/media/display/a/w:9/p:{given}x9/"),
        "picture id": figures.picture_id,
        "canonical": urls.canonical,
        "canonical path": lambda given: urls.canonical(f"/en/{given}"),
        "old address": urls.moved_from,
        "segments": lambda given: urls.segments(f"https://www.rfi.fr/{given}"),
        "classify": lambda given: SITE.classify(f"https://www.rfi.fr/en/{given}"),
        "day of an address": lambda given: urls.date_of(f"https://www.rfi.fr/en/{given}"),
        "month of a map": lambda given: SITE.map_days(f"https://www.rfi.fr/{given}"),
        "people": lambda given: people.from_names([given]),
        "clean": clean,
        "time": utc,
        "fold": text.fold,
        "readable": text.readable,
        "is cut": text.is_cut,
        **({"normalised": text.normalised} if hasattr(text, "normalised") else {}),
        "fault": page.fault,
        "fault of a frame": lambda given: page.fault(f'<main {given} id="main-content">{given}'),
        "nesting": nesting.within_bounds,
        "charset of a header": lambda given: encoding.decode(garbled, f"text/html; {given}"),
        "charset name": lambda given: encoding.decode(garbled, f"text/html; charset={given}"),
        "charset of a meta": lambda given: encoding.decode(
            garbled + f"<meta {given} charset='{given}'>".encode()
        ),
        "sniffed": lambda given: encoding.decode(garbled + given.encode()),
        "punycode": lambda given: encoding.decode(
            b"\xff" + given.encode(), "text/html; charset=punycode"
        ),
        "retry-after": retry_after,
        "robots.txt": _robots,
        "sieve": Sieve(SITE),
        "content encodings": lambda given: Answer(
            URL, 200, [("Content-Encoding", given)], b"x", NOW
        ).decoded(),
        "answer": lambda given: read_answer(
            SITE, Answer(given, 302, [("Location", given), ("ETag", given)], b"", NOW)
        ),
        "revisit": lambda given: read_answer(
            SITE,
            Answer(URL, 200, [], b"", NOW, "revisit", given, given, given),
        ),
        "setting of a duration": lambda given: durations.parse_duration(given, "X"),
    }


def _places() -> dict[str, Reader]:
    """Places in pages, feeds and sitemaps."""
    from newscrawl.extracting.pages import read_page
    from newscrawl.rfi import SITE
    from newscrawl.syndication import read_feed, read_sitemap

    def page(**places: str) -> Any:
        return read_page(SITE, _PAGE.format(**_PLAIN | places), URL, NOW)

    def in_page(name: str) -> Reader:
        if name in _RAW:
            return lambda given: page(**{name: given})
        return lambda given: page(**{name: escape(given)})

    def linked(name: str) -> Reader:
        def reader(given: str) -> Any:
            value: Any = given
            for part in reversed(name.split(".")):
                value = {part: value}
            node = {"@type": "NewsArticle", **value}
            crumbs = {
                "@type": "BreadcrumbList",
                "itemListElement": [{"name": given, "item": given}],
            }
            return page(json=json.dumps([node, crumbs]).replace("<", "\\u003c"))

        return reader

    def listing(given: str, **places: str) -> None:
        plain = dict.fromkeys(("title", "date", "href", "pager"), "x")
        html = _LISTING.format(**plain | {name: escape(text) for name, text in places.items()})
        html = html.replace("<h1>", given + "<h1>")
        SITE.read_listing(html, "https://www.rfi.fr/en/podcasts/x/")
        SITE.read_index(html, "https://www.rfi.fr/en/podcasts/")

    def feed(form: str, **places: str) -> None:
        plain = dict.fromkeys("title description date name media length".split(), "x")
        texts = {name: _xml(text) for name, text in places.items()}
        body = form.format(**{**plain, "link": URL} | texts).encode()
        if form is _MAP:
            read_sitemap(body)
            return
        for item in read_feed(body):
            SITE.summarise(item, NOW)

    fields = "headline description datePublished dateModified keywords articleSection articleBody"
    fields += " url image.url author.name author.url author.jobTitle audio.duration"
    fields += " audio.contentUrl video.name video.duration"
    data = "content_id page_name publication_date publication_time canonical content_title"
    return {
        **{f"page: {name}": in_page(name) for name in _PLAIN},
        **{f"JSON-LD: {name}": linked(name) for name in fields.split()},
        **{
            f"data layer: {name}": (
                lambda given, name=name: page(datalayer=json.dumps({name: given}))
            )
            for name in data.split()
        },
        **{
            f"player: {name}": (
                lambda given, name=name: page(
                    media=json.dumps({"sources": [{"url": URL, name: given}], name: given})
                )
            )
            for name in ("duration", "title", "type", "url")
        },
        "page": lambda given: SITE.read_article(given, URL, NOW),
        "listing": listing,
        **{
            f"listing: {name}": (lambda given, name=name: listing("", **{name: given}))
            for name in ("title", "date", "href", "pager")
        },
        "feed": lambda given: read_feed(given.encode("utf-8", "replace")),
        "sitemap": lambda given: read_sitemap(given.encode("utf-8", "replace")),
        **{
            f"feed: {name}": (lambda given, name=name: feed(_FEED, **{name: given}))
            for name in "link title description date name media length".split()
        },
        **{
            f"sitemap: {name}": (lambda given, name=name: feed(_MAP, **{name: given}))
            for name in ("link", "date")
        },
    }


def _searching() -> dict[str, Reader]:
    from newscrawl.search.folding import fold
    from newscrawl.search.query import parse
    from newscrawl.search.snippets import mark, snippet
    from newscrawl.search.tokens import indexed

    query = parse('ete "a a" 1* 中 title:e')
    found: dict[str, Reader] = {
        "search: folding": fold,
        "search: index": indexed,
        "search: query": lambda given: parse(given).match(),
        "search: snippet": lambda given: snippet(given, query),
        "search: snippet of itself": lambda given: snippet(given, parse(given)),
        "search: mark": lambda given: mark(given[:50_000], query),
    }
    try:
        from newscrawl.stories.letters import letters

        letters("a")
    except (ImportError, CrawlError):
        return found
    return {**found, "stories: letters": letters}


def _exporting() -> dict[str, Reader]:
    from newscrawl.exports import fulltext, markup
    from newscrawl.exports.csv import defused
    from newscrawl.exports.names import safe_name

    def record(given: str) -> dict[str, Any]:
        part = {"url": given, "name": given, "title": given, "duration_s": 1, "programme": given}
        image = {"url": URL, "alt": given, "caption": given, "credit": given, "lead": True}
        moment = "2024-01-31T07:10:10+00:00"
        return {
            **dict.fromkeys("title surtitle lead column section".split(), given),
            **dict.fromkeys(("published_at", "modified_at", "fetched_at"), moment),
            **{name: [part] for name in ("authors", "tags", "audio", "videos")},
            "url": URL,
            "html": f"<p>{given}</p>",
            "images": [image],
            "language": "en",
            "related": [given],
            "alternates": {given: given},
            "reading_minutes": 1,
        }

    return {
        "markup: one line": markup.one_line,
        "markup: printable": markup.printable,
        "markup: address": lambda given: markup.whole(given, URL),
        "markup: body": lambda given: markup.body({"url": URL, "html": given}),
        "markup: text": markup.text,
        "full text": lambda given: fulltext.page(record(given)),
        "CSV": defused,
        "file name": safe_name,
    }


def _archives() -> dict[str, Reader]:
    def read(given: bytes, *, packed: bool) -> None:
        from newscrawl.archives.captures import Captures
        from newscrawl.archives.holdings import pieces_of
        from newscrawl.archives.reading import read_answers
        from newscrawl.extracting.gathering import read_answer
        from newscrawl.extracting.pages import Sieve
        from newscrawl.rfi import SITE

        with TemporaryDirectory() as folder:
            file = Path(folder) / "x.warc"
            file.write_bytes(gzip.compress(given) if packed else given)
            for piece in pieces_of(file):
                for _, answer in Captures(piece, Sieve(SITE)):
                    if not isinstance(answer, str):
                        read_answer(SITE, answer)
            list(read_answers(file))

    def record(given: str, place: str) -> bytes:
        fields = {
            "WARC-Type": "response",
            "WARC-Target-URI": URL,
            "WARC-Date": "2024-02-01T00:00:00Z",
            "WARC-Refers-To-Date": "2024-02-01T00:00:00Z",
            "Content-Type": "application/http; msgtype=response",
        }
        http = {"Content-Type": "text/html", "X": "x", "status": "200 OK"}
        (http if place in http else fields)[place] = given
        head = f"HTTP/1.1 {http.pop('status')}\r\n"
        answer = (head + _lines(http) + "\r\n" + "<p>x</p>").encode("utf-8", "replace")
        fields.setdefault("Content-Length", str(len(answer)))
        return b"WARC/1.0\r\n" + (_lines(fields) + "\r\n").encode() + answer + b"\r\n\r\n"

    places = "WARC-Type WARC-Target-URI WARC-Date WARC-Refers-To-Date Content-Length Content-Type X"
    found: dict[str, Reader] = {}
    for place in (*places.split(), "status"):
        for packed in (False, True):
            name = f"{'packed ' if packed else ''}archive: {place}"
            found[name] = lambda given, place=place, packed=packed: read(
                record(given, place), packed=packed
            )
    for packed in (False, True):
        name = f"{'packed ' if packed else ''}archive"
        found[name] = lambda given, packed=packed: read(
            b"WARC/1.0\r\n" + given.encode("utf-8", "replace"), packed=packed
        )
    return found


def _robots(text: str) -> None:
    from protego import Protego

    for whole in (text, f"User-agent: *\nDisallow: /{text}\nCrawl-delay: {text}"):
        rules = Protego.parse(whole)
        rules.can_fetch(URL, "newscrawl")
        rules.crawl_delay("newscrawl")


def _lines(fields: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items())


def _xml(text: str) -> str:
    return escape("".join(letter for letter in text if letter >= " " or letter in "\t\r\n"))

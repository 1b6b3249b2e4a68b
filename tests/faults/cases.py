"""The cases: what a hostile server does, what must come of it, and where it is counted.

Cases of one group share a crawl, each on an article of its own, and are judged one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from itertools import pairwise
from random import Random

from fixtures.model import HOST, Article, encode
from tests.faults import faults
from tests.faults.crawl import EDITION, Result, Scene
from tests.faults.faults import HTML, answer, encoded, first, page, redirect
from tests.faults.server import Fault, Peer

DEEP = 100_000
EVIL = "<script>alert(1)</script>'); DROP TABLE articles; --"


@dataclass(frozen=True)
class Case:
    """One way to be hostile."""

    name: str
    arrange: Callable[[Scene, Article], None]
    check: Callable[[Result, Article], None]
    ends: str
    """What comes of it, for people."""
    counted: str
    """The stat that counts it."""
    group: str = "pages"
    exit_code: int = 0
    hides: bool = False
    """Whether the site does not show its other articles then."""


#: Settings of a group's crawl, beside the usual ones.
SETTINGS = {
    "slow": ("DOWNLOAD_TIMEOUT=1", "RETRY_TIMES=1"),
    "robots.txt: endless drip": ("DOWNLOAD_TIMEOUT=1", "RETRY_TIMES=1"),
}

Build = Callable[[bytes, Article, Scene], Fault]


# -- one page is wrong ---------------------------------------------------------------------------


def owed(name: str, reason: str, build: Build, *, stat: str = "", group: str = "pages") -> Case:
    """A page that is tried again, and then owed."""

    def check(result: Result, article: Article) -> None:
        assert result.link(article) == ("owed", reason)
        assert article.url not in result.stored

    counted = stat or f"newscrawl/failed/{reason}"
    return Case(name, _at_article(build), check, f"owed ({reason})", counted, group)


def stored(
    name: str,
    build: Build,
    also: Callable[[Result, Article], None] | None = None,
    *,
    stat: str = "newscrawl/ledger/new",
    group: str = "pages",
) -> Case:
    """A page that is stored all the same."""

    def check(result: Result, article: Article) -> None:
        assert result.link(article)[0] == "stored"
        assert article.url in result.stored
        if also is not None:
            also(result, article)

    return Case(name, _at_article(build), check, "stored", stat, group)


def rejected(name: str, reason: str, build: Build) -> Case:
    """A whole page that gives no record."""

    def check(result: Result, article: Article) -> None:
        state, why = result.link(article)
        assert (state, str(why).split(" ")[0]) == ("rejected", reason)
        assert article.url not in result.stored

    return Case(
        name, _at_article(build), check, f"rejected ({reason})", f"newscrawl/rejected/{reason}"
    )


def left_out(name: str, build: Build, *, group: str = "redirects") -> Case:
    """A page that leads out of the site."""

    def check(result: Result, article: Article) -> None:
        assert result.link(article)[0] == "left out"
        assert article.url not in result.stored

    return Case(name, _at_article(build), check, "left out", "newscrawl/fence/refused", group)


def _at_article(build: Build) -> Callable[[Scene, Article], None]:
    def arrange(scene: Scene, article: Article) -> None:
        path = encode(article.path)
        scene.at(path, build(scene.body(path), article, scene))

    return arrange


def _in_body(body: bytes, markup: str) -> bytes:
    """A page with markup at the begin of its text."""
    return re.sub(
        rb'(<div class="t-content__body[^>]*>)',
        lambda match: match[1] + markup.encode(),
        body,
        count=1,
    )


def _in_head(body: bytes, markup: str) -> bytes:
    return body.replace(b"</head>", markup.encode() + b"</head>", 1)


def _linked_data(body: bytes, json: str) -> bytes:
    script = f'<script type="application/ld+json">{json}</script>'
    return body.replace(b"<title>", script.encode() + b"<title>", 1)


def _canonical(body: bytes, url: str) -> bytes:
    return re.sub(
        rb'(<link rel="canonical" href=")[^"]*', lambda match: match[1] + url.encode(), body
    )


def _evil(body: bytes, article: Article) -> bytes:
    """Script and SQL wherever a page has text."""
    text = escape(EVIL, quote=False).encode()
    for words in (article.title, article.lead or article.title):
        body = body.replace(words.encode(), text)
    body = re.sub(rb'(class="m-from-author__name">)[^<]*', rb"\1" + text, body)
    return _in_body(
        body,
        f"<p>{escape(EVIL)}</p><script>alert(1)</script><img src=x onerror=alert(1)>"
        '<p onclick="alert(1)">one <a href="javascript:alert(1)">two</a></p>'
        "<svg onload=alert(1)><script>alert(1)</script></svg><style>*{}</style>"
        '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
    )


def _text_is_data(result: Result, article: Article) -> None:
    assert result.record(article, "title") == EVIL
    assert EVIL in str(result.record(article, "text"))
    html = str(result.record(article, "html")).lower()
    for word in ("<script", "onerror=", "onclick=", "onload=", "javascript:", "<style", "<svg"):
        assert word not in html
    tables = {name for (name,) in _rows(result, "SELECT name FROM sqlite_master")}
    assert {"articles", "links", "runs"} <= tables


def _rows(result: Result, sql: str) -> list[tuple[object, ...]]:
    from tests.crawling import query

    return query(result.scene.data, sql)


def _no_control_characters(result: Result, article: Article) -> None:
    for field in ("title", "text", "html"):
        assert "\0" not in str(result.record(article, field))


def _says(words: str) -> Callable[[Result, Article], None]:
    def check(result: Result, article: Article) -> None:
        assert words in str(result.record(article, "text"))

    return check


def _own_title(result: Result, article: Article) -> None:
    assert result.record(article, "title") == article.title


def _date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _retry_in_two_seconds(peer: Peer) -> bool | None:
    return answer(429, ("Retry-After", _date(2)))(peer)


CAPTCHA = b"<html><head><title>One moment</title></head><body><form id=challenge>Are you human?"
CAPTCHA += b"<input name=answer></form></body></html>"


def _undeclared(body: bytes) -> Fault:
    """A page in another encoding that nothing names."""
    text = body.decode().replace('<meta charset="UTF-8" />', "")
    return page(text.encode("windows-1256", "ignore"), ("Content-Type", "text/html"))


STATUS = [
    owed("429 without Retry-After", "http_429", lambda *_: answer(429)),
    stored(
        "429 with Retry-After in seconds",
        lambda *_: first(answer(429, ("Retry-After", "1"))),
        stat="newscrawl/gate/retry_after",
    ),
    stored(
        "429 with Retry-After as a date",
        lambda *_: first(_retry_in_two_seconds),
        stat="newscrawl/gate/retry_after",
    ),
    stored(
        "429 with Retry-After in the past",
        lambda *_: first(answer(429, ("Retry-After", _date(-5000)))),
    ),
    stored(
        "429 with Retry-After below zero", lambda *_: first(answer(429, ("Retry-After", "-17")))
    ),
    stored(
        "429 with Retry-After in words", lambda *_: first(answer(429, ("Retry-After", "soon, ok?")))
    ),
    owed("503", "http_503", lambda *_: answer(503)),
    owed("403 once", "http_403", lambda *_: answer(403)),
]

CONNECTION = [
    owed("connection reset at once", "DownloadFailedError", lambda *_: faults.reset()),
    owed(
        "connection reset in the headers",
        "DownloadFailedError",
        lambda *_: faults.reset(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    ),
    owed(
        "connection reset in the body",
        "ResponseDataLossError",
        lambda body, *_: faults.reset_in_body(body),
    ),
    owed("no answer, ever", "DownloadTimeoutError", lambda *_: faults.silence, group="slow"),
    owed("a byte a second", "DownloadTimeoutError", lambda *_: faults.drip_page(), group="slow"),
    owed("no HTTP at all", "DownloadFailedError", lambda *_: faults.raw(b"SSH-2.0-x\r\n" * 9)),
    owed(
        "headers that begin with a continuation",
        "DownloadFailedError",
        lambda *_: faults.folded_first_header(),
    ),
    owed("chunks of no length", "ResponseDataLossError", lambda *_: faults.bad_chunks()),
    owed(
        "body shorter than its length",
        "ResponseDataLossError",
        lambda body, *_: faults.with_length(body, 2 * len(body)),
    ),
    owed("body longer than its length", "cut", lambda body, *_: faults.early(body)),
    owed("endless headers", "DownloadFailedError", lambda *_: faults.endless_headers()),
    owed("a header of 20 MB", "DownloadFailedError", lambda *_: faults.long_header()),
]

BODIES = [
    owed(
        "truncated gzip",
        "cut",
        lambda body, *_: encoded(faults.gzip.compress(body)[:5000], "gzip"),
        stat="newscrawl/fault/cut",
    ),
    owed("no bytes, 200", "empty", lambda *_: page(b""), stat="newscrawl/fault/empty"),
    owed("captcha, 200", "no_frame", lambda *_: page(CAPTCHA), stat="newscrawl/fault/no_frame"),
    stored(
        "wrong charset, declared",
        lambda body, *_: page(body, ("Content-Type", "text/html; charset=gb2312")),
        _own_title,
    ),
    owed(
        "another charset, undeclared",
        "garbled",
        lambda body, *_: _undeclared(body),
        stat="newscrawl/fault/garbled",
    ),
    stored(
        "NUL bytes in the page",
        lambda body, article, _: page(
            _in_body(body, "<p>on\0e</p>").replace(
                article.title.encode(), article.title.encode() + b"\0"
            )
        ),
        _no_control_characters,
    ),
    *(
        owed(f"{encoding} bomb", "IgnoreRequest", lambda *_, e=encoding: encoded(faults.bomb(e), e))
        for encoding in ("gzip", "gzip, gzip", "br", "zstd", "deflate")
    ),
    owed(
        "a page of 1 GB without a length",
        "DownloadCancelledError",
        lambda *_: faults.chunked_gigabyte(),
    ),
    owed(
        "a page of 1 GB with its length",
        "DownloadCancelledError",
        lambda *_: faults.declared_gigabyte(),
    ),
    owed(
        "JSON-LD of 50 MB",
        "DownloadCancelledError",
        lambda body, *_: page(_linked_data(body, '{"a": "%s"}' % ("x" * 50_000_000))),
    ),
    stored(
        "JSON-LD of 9 MB, three million objects",
        lambda body, *_: page(_linked_data(body, "[%s{}]" % ("{}," * 3_000_000))),
        _own_title,
    ),
    stored(
        "JSON-LD nested 100,000 deep",
        lambda body, *_: page(_linked_data(body, "[" * DEEP + "]" * DEEP)),
        _own_title,
    ),
    stored(
        "JSON-LD with half surrogate pairs",
        lambda body, *_: page(body.replace(b'"headline": "', b'"headline": "\\ud800')),
        _own_title,
    ),
    stored(
        "HTML nested 100,000 deep",
        lambda body, *_: page(_in_body(body, "<div>" * DEEP + "<p>deep down</p>")),
        _says("deep down"),
        stat="newscrawl/extract/pruned",
    ),
    stored(
        "lists nested 100,000 deep",
        lambda body, *_: page(_in_body(body, "<ul><li>" * DEEP + "deep down")),
        _says("deep down"),
        stat="newscrawl/extract/pruned",
    ),
    stored(
        "20,000 tables in each other",
        lambda body, *_: page(_in_body(body, "<table><tr><td>" * 20_000 + "deep down")),
        _says("deep down"),
        stat="newscrawl/extract/pruned",
    ),
    stored(
        "5,000 inline elements left open, 5,000 paragraphs",
        lambda body, *_: page(
            _in_body(body, f"<p>{''.join(f'<b a{n}=1>' for n in range(5000))}</p>" + "<p>x" * 5000)
        ),
        stat="newscrawl/extract/pruned",
    ),
    stored(
        "an element of 500,000 attributes",
        lambda body, *_: page(
            _in_body(body, "<p " + " ".join(f"a{n}=1" for n in range(500_000)) + ">")
        ),
        stat="newscrawl/extract/pruned",
    ),
    stored(
        "script and SQL in every field",
        lambda body, article, _: page(_evil(body, article)),
        _text_is_data,
    ),
    rejected(
        "a listing in place of the article",
        "is_listing",
        lambda body, article, scene: page(scene.body(scene.column_path)),
    ),
]

CANONICALS = [
    stored(
        f"canonical of {what}",
        lambda body, article, scene, url=url: page(_canonical(body, url(article, scene))),
        stat="newscrawl/extract/canonical_refused",
    )
    for what, url in {
        "another host": lambda article, scene: "https://www.example.org/fa/20240101-x",
        "the column": lambda article, scene: HOST + scene.column_path,
        "another article": lambda article, scene: scene.site.articles("fa", "محیط زیست")[3].url,
    }.items()
]


# -- out of the site -----------------------------------------------------------------------------

#: Where a hostile page would like the crawl to go; ``{port}`` is a port of this machine.
OUTSIDE = {
    "another host": "http://nowhere.invalid/",
    "a private address": "http://10.0.0.1/",
    "a link-local address": "http://169.254.169.254/latest/meta-data/",
    "this machine": "http://127.0.0.1:{port}/",
    "this machine by name": "http://localhost:{port}/",
    "this machine, IPv6": "http://[::1]:{port}/",
    "this machine, IPv4 in IPv6": "http://[::ffff:127.0.0.1]:{port}/",
    "this machine, decimal": "http://2130706433:{port}/",
    "this machine, hexadecimal": "http://0x7f000001:{port}/",
    "this machine, octal": "http://0177.0.0.1:{port}/",
    "this machine, short": "http://127.1:{port}/",
    "this machine, no scheme": "//127.0.0.1:{port}/",
    "this machine behind the site's name": "https://www.rfi.fr@127.0.0.1:{port}/",
    "the site with a password": "https://user:word@www.rfi.fr/fa/",
    "another port": "https://www.rfi.fr:{port}/fa/",
    "a name that begins like the site's": "https://www.rfi.fr.invalid/",
}
#: What is no address of the web: the answer is a redirect that leads nowhere.
NO_WEB = {
    "file:": "file:///etc/passwd",
    "data:": "data:text/html,<main>x</main>",
    "javascript:": "javascript:alert(1)",
    "ftp:": "ftp://www.rfi.fr/fa/",
}
#: Of these Scrapy does not even make a request.
NO_WEB_REASON = {"javascript:": "ValueError"}


def _to(target: str, scene: Scene) -> Fault:
    return redirect(target.replace("{port}", str(scene.port)))


def _refresh(body: bytes, scene: Scene) -> Fault:
    targets = [*OUTSIDE.values(), *NO_WEB.values()]
    tags = "".join(
        f'<meta http-equiv="refresh" content="0; url={target}">'.replace("{port}", str(scene.port))
        for target in targets
    )
    return page(_in_head(body, tags), HTML, ("Refresh", f"0; url=http://127.0.0.1:{scene.port}/"))


def _chain(scene: Scene, article: Article, hops: int, last: str) -> Fault:
    for number in range(hops):
        target = f"/fa/hop/{number + 1}" if number + 1 < hops else last
        scene.at(f"/fa/hop/{number}", redirect(HOST + target))
    return redirect(HOST + "/fa/hop/0")


REDIRECTS = [
    *(
        left_out(f"redirect to {what}", lambda _, __, scene, to=to: _to(to, scene))
        for what, to in OUTSIDE.items()
    ),
    *(
        left_out(
            f"503, then redirect to {what}",
            lambda _, __, scene, to=to: first(answer(503), *[_to(to, scene)] * 9),
        )
        for what, to in OUTSIDE.items()
    ),
    *(
        owed(
            f"redirect to {what}",
            NO_WEB_REASON.get(what, "http_302"),
            lambda _, __, scene, to=to: _to(to, scene),
            group="redirects",
        )
        for what, to in NO_WEB.items()
    ),
    *(
        owed(
            f"503, then redirect to {what}",
            NO_WEB_REASON.get(what, "http_302"),
            lambda _, __, scene, to=to: first(answer(503), *[_to(to, scene)] * 9),
            group="redirects",
        )
        for what, to in NO_WEB.items()
    ),
    owed(
        "redirect to no address",
        "ValueError",
        lambda *_: redirect("http://[x"),
        group="redirects",
    ),
    owed(
        "redirect loop",
        "IgnoreRequest",
        lambda _, article, __: redirect(HOST + encode(article.path)),
        group="redirects",
    ),
    owed(
        "chain of ten redirects",
        "IgnoreRequest",
        lambda _, article, scene: _chain(scene, article, 10, encode(article.path)),
        group="redirects",
    ),
    stored(
        "meta refresh and Refresh to all of these",
        lambda body, _, scene: _refresh(body, scene),
        group="redirects",
    ),
]


# -- the host, robots.txt, listings: a crawl each ------------------------------------------------


def alone(
    name: str,
    arrange: Callable[[Scene], None],
    check: Callable[[Result], None],
    ends: str,
    counted: str,
    exit_code: int = 0,
    *,
    hides: bool = False,
) -> Case:
    """A case that is a crawl of its own."""
    return Case(
        name,
        lambda scene, _: arrange(scene),
        lambda result, _: check(result),
        ends,
        counted,
        name,
        exit_code,
        hides,
    )


def _all_refused(scene: Scene) -> None:
    for article in scene.site.articles("fa", "دفتر دانش"):
        scene.at(article.path, answer(403))


def _at_second_article(fault: Fault) -> Callable[[Scene], None]:
    def arrange(scene: Scene) -> None:
        scene.at(scene.site.articles("fa", "دفتر دانش")[1].path, fault)

    return arrange


def _is_left(result: Result) -> None:
    assert "is asked before" in result.stderr
    ((until,),) = _rows(result, "SELECT not_before FROM hosts")
    assert until is not None
    days = (datetime.fromisoformat(str(until)) - datetime.now(UTC)).days
    assert days <= 30


def _is_refused(result: Result) -> None:
    assert "refused: www.rfi.fr answered 403" in result.stderr
    refused = [asked for asked in result.scene.hostile.requests if "/20" in asked.path]
    assert len(refused) <= 5 + 2


def _nothing_asked(result: Result) -> None:
    assert {asked.path for asked in result.scene.hostile.requests} == {"/robots.txt"}
    assert result.run["asked"] == 0


def _robots_unreachable(result: Result) -> None:
    _nothing_asked(result)
    assert "the robots.txt of www.rfi.fr could not be had" in result.stderr


def _robots(fault: Fault) -> Callable[[Scene], None]:
    return lambda scene: scene.at("/robots.txt", fault)


def _text(body: bytes) -> Fault:
    return page(body, ("Content-Type", "text/plain"))


def _all_stored(result: Result) -> None:
    assert result.stored == {a.url for a in result.scene.site.articles("fa", "دفتر دانش")}


_PAGER = re.compile(rb'<ol class="m-pagination">.*?</ol>', re.DOTALL)
_ROW_LINK = re.compile(rb'href="[^"]*/\d{8}-[^"]*"')
_SLUG = re.compile(rb"/(\d{8})-[^\"/]*")


def _with_next(body: bytes, url: str) -> bytes:
    link = f'<ol class="m-pagination"><a class="m-pagination__item__link" href="{url}">'
    link += '<span class="a-svg a-svg--picto-chevron-right"></span></a></ol>'
    return _PAGER.sub(lambda _: link.encode(), body)


def _calendar(change: Callable[[bytes, int], bytes]) -> Callable[[Scene], None]:
    """Every page of the column has a next one."""

    def arrange(scene: Scene) -> None:
        path, body = scene.column_path, scene.body(scene.column_path)

        def fault(peer: Peer) -> bool:
            rest = peer.asked.path.removeprefix(path).strip("/")
            if rest and not rest.isdigit():
                peer.site()
                return True
            number = int(rest or 1)
            peer.answer(_answer(change(_with_next(body, f"{path}{number + 1}/"), number)))
            return True

        scene.hostile.patterns.append((path, fault))

    return arrange


def _answer(body: bytes) -> object:
    from fixtures.site import Answer

    return Answer(200, [HTML], body)


def _turned(body: bytes, number: int) -> bytes:
    """The same links in another order on every page."""
    hrefs = list(dict.fromkeys(_ROW_LINK.findall(body)))
    mixed = dict(zip(hrefs, Random(number).sample(hrefs, len(hrefs)), strict=True))
    return _ROW_LINK.sub(lambda match: mixed[match[0]], body)


def _renamed(body: bytes, number: int) -> bytes:
    """Rows that lead to articles that nobody has seen, from the second page on."""
    if number == 1:
        return body
    return _SLUG.sub(lambda match: b"/%s-never-seen-%d" % (match[1], number), body)


def _few_pages(most: int) -> Callable[[Result], None]:
    def check(result: Result) -> None:
        path = result.scene.column_path
        pages = [
            asked.path
            for asked in result.scene.hostile.requests
            if asked.path.removeprefix(path).strip("/").isdigit() or asked.path == path
        ]
        assert len(pages) <= most

    return check


def _links_itself(scene: Scene) -> None:
    path = scene.column_path
    third = path + "3/"
    scene.at(third, page(_with_next(scene.body(third), third)))


def _more_rows(body: bytes, rows: str) -> bytes:
    """Rows behind those that a listing has."""
    head, _, tail = body.rpartition(b'<div class="m-podcast-item ')
    end = tail.index(b"</main>")
    inside = tail[:end].rindex(b"</div>")
    return head + _ + tail[:inside] + rows.encode("utf-8", "surrogatepass") + tail[inside:]


def _many_links(scene: Scene) -> None:
    """20,000 rows: out of the site, to static pages, to the same article in ever new forms."""
    path = scene.column_path
    body, article = scene.body(path), scene.site.articles("fa", "دفتر دانش")[0]
    targets = ("https://www.example.org/{n}", "/fa/about-{n}", "{url}?n={n}", "{url}/#{n}")
    rows = "".join(
        '<div class="m-podcast-item"><a class="m-podcast-item__infos__edition" href="'
        + targets[n % 4].format(n=n, url=article.url)
        + f'">{n}</a></div>'
        for n in range(20_000)
    )
    scene.at(path, page(_more_rows(body, rows)))


def _many_links_left_out(result: Result) -> None:
    _all_stored(result)
    assert result.stats["newscrawl/listing/left_out/foreign"] == 5000
    assert result.stats["newscrawl/listing/left_out/not_article"] == 5000
    assert result.stats["newscrawl/listing/left_out/repeated"] >= 10_000


#: Names that mean harm to a file system, a terminal, a log or a parser; all lead to no page.
NAMES = (
    "../../../etc/20240101-passwd",
    "..%2f..%2f..%2fetc%2f20240101-passwd",
    "%2e%2e%2f%2e%2e/20240101-passwd",
    "20240101-nul%00byte",
    "20240101-" + "long" * 5000,
    "20240101-new\nline%0a%0dX-Injected:%20yes",
    "20240101-\u202egnp.exe",
    "20240101-%1b[2J%1b]0;title%07",
    "20240101-%ff%fe%80",
    "20240101-[bold][/x]{0}%s%d$(id)`id`",
    "20240101-';DROP TABLE links;--",
    "20240101-\ud7ff\uffff",
)


def _hostile_names(scene: Scene) -> None:
    path = scene.column_path
    rows = "".join(
        '<div class="m-podcast-item"><a class="m-podcast-item__infos__edition" href="'
        + escape(f"{path}{name}")
        + f'">{number}</a></div>'
        for number, name in enumerate(NAMES)
    )
    scene.at(path, page(_more_rows(scene.body(path), rows)))


def _names_are_owed(result: Result) -> None:
    _all_stored(result)
    assert result.run["owed"] == 8
    assert result.stats["newscrawl/listing/left_out/not_article"] == 3  # they lead up and away
    assert result.stats["newscrawl/listing/left_out/foreign"] == 1  # much too long
    assert "x-injected" not in {
        name for asked in result.scene.hostile.requests for name in asked.headers
    }
    assert "\x1b" not in result.stderr
    assert "\x1b" not in result.log
    assert {path.parent.name for path in result.scene.data.rglob("*passwd*")} == set()


def _listing_leads_away(scene: Scene) -> None:
    scene.at(scene.column_path, redirect(f"http://127.0.0.1:{scene.port}/[/x]%1b[2J"))


def _walk_is_cut(result: Result) -> None:
    assert "could not be read" in result.stderr
    assert "\x1b" not in result.stderr
    assert _rows(result, "SELECT floor FROM columns") == [(None,)]


PATIENCE = [
    alone(
        "403 in a row",
        _all_refused,
        _is_refused,
        "the host is left alone, for longer each time",
        "newscrawl/verdict",
        1,
    ),
    alone(
        "Retry-After of 10^12 seconds",
        _at_second_article(answer(429, ("Retry-After", "1" + "0" * 12))),
        _is_left,
        "the host is left alone for a month at most, all is owed",
        "newscrawl/gate/retry_after",
        1,
    ),
    alone(
        "Retry-After of 400 digits",
        _at_second_article(answer(503, ("Retry-After", "9" * 400))),
        _is_left,
        "the host is left alone for a month at most, all is owed",
        "newscrawl/gate/retry_after",
        1,
    ),
    alone(
        "Retry-After: a date in ten years",
        _at_second_article(answer(503, ("Retry-After", _date(10 * 365 * 86400)))),
        _is_left,
        "the host is left alone for a month at most, all is owed",
        "newscrawl/gate/retry_after",
        1,
    ),
]

ROBOTS = [
    alone(
        "robots.txt: 503",
        _robots(answer(503)),
        _robots_unreachable,
        "nothing is asked for",
        "newscrawl/robots/unreachable",
        1,
    ),
    alone(
        "robots.txt: redirect to another port",
        lambda scene: scene.at("/robots.txt", redirect(f"http://127.0.0.1:{scene.port}/")),
        _robots_unreachable,
        "nothing is asked for",
        "newscrawl/robots/unreachable",
        1,
    ),
    alone(
        "robots.txt: 50 MB",
        _robots(_text(b"User-agent: *\n" + b"Disallow: /nowhere\n" * 2_600_000)),
        _robots_unreachable,
        "nothing is asked for",
        "newscrawl/robots/unreachable",
        1,
    ),
    alone(
        "robots.txt: 9 MB of rules",
        _robots(
            _text(
                b"User-agent: *\n"
                + b"".join(b"Disallow: /no*%d*where*\n" % n for n in range(370_000))
            )
        ),
        _all_stored,
        "the first 512 KB hold",
        "newscrawl/robots/cut",
    ),
    alone(
        "robots.txt: endless drip",
        _robots(faults.drip_robots()),
        _robots_unreachable,
        "nothing is asked for",
        "newscrawl/robots/unreachable",
        1,
    ),
    alone(
        "robots.txt: Crawl-delay of 10^300",
        _robots(_text(b"User-agent: *\nCrawl-delay: 1" + b"0" * 300 + b"\n")),
        _is_left,
        "the host is left alone for a month at most",
        "newscrawl/verdict",
        1,
    ),
]

LISTINGS = [
    alone(
        "a listing whose next page is itself",
        _links_itself,
        _all_stored,
        "the walk ends there",
        "newscrawl/ledger/new",
    ),
    alone(
        "a calendar without end, always the same rows",
        _calendar(_turned),
        _few_pages(6),
        "the walk ends after three pages without a new row",
        "newscrawl/ledger/new",
        hides=True,
    ),
    alone(
        "a calendar without end, always new rows",
        _calendar(_renamed),
        _few_pages(4),
        "max_pages bounds it; rows that lead nowhere are owed",
        "newscrawl/failed/http_404",
        hides=True,
    ),
    alone(
        "20,000 links on a page",
        _many_links,
        _many_links_left_out,
        "those that are no articles are left out, the others stored once",
        "newscrawl/listing/left_out/foreign",
    ),
    alone(
        "hostile names in links",
        _hostile_names,
        _names_are_owed,
        "a harmless address each, here of no page: owed; or no address of an article: left out",
        "newscrawl/failed/http_404",
    ),
    alone(
        "a listing that leads away",
        _listing_leads_away,
        _walk_is_cut,
        "the walk is cut, what it showed does not count as known",
        "newscrawl/walk/cut",
        1,
    ),
    alone(
        "captcha in place of a listing",
        lambda scene: scene.at(scene.column_path, page(CAPTCHA)),
        _walk_is_cut,
        "the walk is cut, what it showed does not count as known",
        "newscrawl/walk/cut",
        1,
    ),
]


def _feed(fault: Fault) -> Callable[[Scene], None]:
    return lambda scene: scene.at(f"/{EDITION}/rss", fault)


def _bomb() -> bytes:
    names = "abcdefghij"
    pairs = pairwise(names)
    entities = "".join(f'<!ENTITY {to} "{f"&{of};" * 10}">' for of, to in pairs)
    head = f'<!DOCTYPE rss [<!ENTITY a "rain">{entities}]>'
    return f"{head}<rss><channel><item><title>&j;</title></item></channel></rss>".encode()


def _items(item: bytes) -> bytes:
    count = 9_000_000 // len(item)
    return b"<rss><channel>" + item * count + b"</channel></rss>"


_FILE = b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]><rss><item>&a;</item></rss>'


def bad_feed(name: str, fault: Fault) -> Case:
    """A feed beside the column: it costs itself, and nothing is stored for it."""
    ends = "the feed is left; the columns are walked as ever"
    return alone(name, _feed(fault), _all_stored, ends, "newscrawl/feed/failed")


FEEDS = [
    bad_feed("feed: entities that would grow to ten billion words", page(_bomb())),
    bad_feed("feed: an entity that names a file", page(_FILE)),
    bad_feed("feed: elements 100,000 deep", page(b"<rss>" + b"<a>" * DEEP)),
    bad_feed("feed: 9 MB of empty items", page(_items(b"<item/>"))),
    bad_feed("feed: 9 MB of elements that are no items", page(_items(b"<a/>"))),
    bad_feed("feed: a gzip file that unpacks to 4 GB", page(faults.bomb("gzip"))),
    bad_feed("feed: captcha", page(CAPTCHA)),
    alone(
        "feed: redirect to another port",
        lambda scene: scene.at(f"/{EDITION}/rss", redirect(f"http://127.0.0.1:{scene.port}/")),
        _all_stored,
        "the feed is left; the columns are walked as ever",
        "newscrawl/fence/refused",
    ),
]
ARGUMENTS = {
    "a calendar without end, always new rows": ["-a", "max_pages=4"],
    **{case.group: ["-a", "sources=columns,feed"] for case in FEEDS},
}

#: Heading in the page of figures to its cases.
SECTIONS = {
    "The server refuses, or asks for patience": [*STATUS, *PATIENCE],
    "The connection breaks, or never ends": CONNECTION,
    "The page is not what it should be": [*BODIES, *CANONICALS],
    "Redirects and other ways out": REDIRECTS,
    "robots.txt": ROBOTS,
    "Listings": LISTINGS,
    "Feeds": FEEDS,
}
CASES = [case for cases in SECTIONS.values() for case in cases]

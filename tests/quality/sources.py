"""Pages on which one source alone tells a field: each rule has to earn its place.

For every rule there is a remover of what it reads, and what its source says when it stands alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from fixtures.cases import Case, cases
from fixtures.content import address
from fixtures.model import PARIS, Article
from fixtures.truth import image, truth

Change = Callable[[str], str]
_SCRIPT = re.compile(
    r'(<script (?:type="application/ld\+json"|id="datalayer" type="application/json")>)'
    r"(.*?)(</script>)",
    re.DOTALL,
)
_SHOWN = re.compile(r"(<time [^>]*>)\d\d/\d\d/\d{4} - \d\d:\d\d(</time>)")


def linked(*keys: str) -> Change:
    """Without some keys of the article's JSON-LD."""
    return _edit_script("application/ld+json", keys)


def datalayer(*keys: str) -> Change:
    """Without some keys of ``#datalayer``."""
    return _edit_script("datalayer", keys)


def breadcrumb_linked(html: str) -> str:
    """Without JSON-LD's breadcrumb."""
    return html.replace('"BreadcrumbList"', '"Nothing"')


def elements(query: str) -> Change:
    """Without the elements of a query."""

    def change(html: str) -> str:
        page = LexborHTMLParser(html)
        for node in page.css(query):
            node.decompose()
        return page.html or ""

    return change


def meta(name: str) -> Change:
    """Without a ``<meta>``."""
    return elements(f'meta[property="{name}"], meta[name="{name}"]')


def stamps(html: str) -> str:
    """Without the machine's form of the times shown."""
    return re.sub(r'(<time )datetime="[^"]*"', r"\1", html)


def shown(html: str) -> str:
    """Without the people's form of the times shown."""
    return _SHOWN.sub(r"\1\2", html)


def _edit_script(mark: str, keys: tuple[str, ...]) -> Change:
    def edit(value: Any) -> Any:
        if isinstance(value, list):
            return [edit(entry) for entry in value]
        is_other = value.get("@type") in ("BreadcrumbList", "WebSite")
        return value if is_other else {k: v for k, v in value.items() if k not in keys}

    def change(html: str) -> str:
        def one(match: re.Match[str]) -> str:
            if mark not in match[1]:
                return match[0]
            return match[1] + json.dumps(edit(json.loads(match[2]))) + match[3]

        return _SCRIPT.sub(one, html)

    return change


#: Field to rule to the remover of what the rule reads.
REMOVERS: dict[str, dict[str, Change]] = {
    "url": {
        "link.canonical": elements('link[rel="canonical"]'),
        "meta.og:url": meta("og:url"),
        "jsonld.url": linked("url"),
        "datalayer.canonical": datalayer("canonical"),
    },
    "content_id": {"datalayer.content_id": datalayer("content_id")},
    "title": {
        "dom.h1": elements("h1"),
        "jsonld.headline": linked("headline"),
        "datalayer.content_title": datalayer("content_title"),
        "meta.og:title": meta("og:title"),
        "dom.title": elements("head > title"),
    },
    "surtitle": {"dom.tag": elements(".t-content__section")},
    "lead": {
        "dom.chapo": elements(".t-content__chapo"),
        "jsonld.description": linked("description"),
        "meta.og:description": meta("og:description"),
        "meta.description": meta("description"),
    },
    "published_at": {
        "jsonld.datePublished": linked("datePublished"),
        "datalayer.publication": datalayer("publication_date", "publication_time"),
        "meta.article:published_time": meta("article:published_time"),
        "dom.datetime": stamps,
        "dom.visible": shown,
        "url.date": str,
    },
    "modified_at": {
        "jsonld.dateModified": linked("dateModified"),
        "meta.article:modified_time": meta("article:modified_time"),
        "dom.datetime": stamps,
        "dom.visible": shown,
    },
    "breadcrumb": {
        "jsonld.breadcrumb": breadcrumb_linked,
        "dom.breadcrumb": elements(".m-breadcrumb"),
    },
    "column": {
        "jsonld.breadcrumb": breadcrumb_linked,
        "dom.breadcrumb": elements(".m-breadcrumb"),
        "url.container": str,
    },
    "section": {
        "breadcrumb": lambda html: elements(".m-breadcrumb")(breadcrumb_linked(html)),
        "jsonld.articleSection": linked("articleSection"),
    },
    "text": {
        "dom.body": elements(".t-content__body"),
        "jsonld.articleBody": linked("articleBody"),
    },
    "html": {
        "dom.body": elements(".t-content__body"),
        "jsonld.articleBody": linked("articleBody"),
    },
    "authors": {
        "jsonld.author": linked("author"),
        "dom.author": elements(".m-from-author"),
        "datalayer.authors": datalayer("authors"),
    },
    "images": {
        "jsonld.image": linked("image"),
        "dom.figure": elements(".t-content__main-media"),
        "meta.og:image": meta("og:image"),
    },
    "audio": {
        "script.media": elements("article script[data-media-id]"),
        "jsonld.audio": linked("audio"),
    },
    "videos": {
        "script.video": elements("article script[data-media-video-id]"),
        "jsonld.video": linked("video"),
    },
    "tags": {
        "dom.tags": elements(".t-content__tags"),
        "datalayer.tags": datalayer("tags", "supertag"),
        "jsonld.keywords": linked("keywords"),
        "meta.article:tag": meta("article:tag"),
    },
    "alternates": {"dom.alternate": elements('link[rel="alternate"][hreflang]')},
    "related": {"dom.related": elements(".t-content__related")},
    "reading_minutes": {"dom.reading-time": elements(".a-reading-time")},
    "kind": {
        "dom.live": elements(".arena-liveblog"),
        "dom.class": str,
        "audio": elements("article script[data-media-id]"),
        "url.form": str,
        "default": str,
    },
}

#: Kind of page on which a rule of ``kind`` decides.
_KINDS = {
    "dom.live": "live",
    "dom.class": "gallery",
    "audio": "episode",
    "url.form": "wire",
    "default": "article",
}
_NAMES_ONLY = ("datalayer.tags", "jsonld.keywords", "meta.article:tag")


def single_source(field: str, rule: str) -> tuple[Case, str, Any]:
    """A case, its page with no source of the field but the rule's, and the value it says."""
    case = next(case for case in cases() if _suits(case, field, rule))
    html = case.html
    for other, remove in REMOVERS[field].items():
        if other != rule and field != "kind":
            html = remove(html)
    return case, html, says(field, rule, case)


def _suits(case: Case, field: str, rule: str) -> bool:
    if field == "kind":
        return case.kind == _KINDS[rule]
    if field == "section":
        return (case.kind == "wire") == (rule == "jsonld.articleSection")
    if (field, rule) == ("videos", "jsonld.video"):
        return bool(case.article.videos) and case.article.form == 2026
    if field in ("published_at", "modified_at") and case.kind != "video":
        return False  # not in an hour in which clocks change, and with a day in the address
    if rule == "jsonld.articleBody":
        # In JSON-LD the cells of a table's row are parted by blanks like words.
        return "article_body" in case.article.traits and "table" not in case.article.traits
    if field == "html":
        return True
    if field == "images" and case.article.form == 2021:
        return False  # the script of that year took the renditions from elsewhere
    if field == "column" and case.article.edition.prefix != "en":
        return False  # the name is not the segment of the address
    if field == "lead" and "cut_description" in case.article.traits:
        return False
    if field == "url":
        return case.kind == "episode"
    return case.truth.get(field) not in (None, [], {})


def says(field: str, rule: str, case: Case) -> Any:
    """What one source alone tells of a field."""
    article, true = case.article, case.truth
    if (field, rule) == ("published_at", "url.date"):
        midnight = datetime.combine(article.day, time(), PARIS)
        return midnight.astimezone(UTC).isoformat()
    if rule == "dom.visible":
        return true[field][:17] + "00+00:00"
    if (field, rule) == ("authors", "datalayer.authors"):
        return [{**author, "url": None} for author in true[field]]
    if rule in _NAMES_ONLY:
        return [{**tag, "url": None} for tag in true[field]]
    if field == "images":
        return _images(rule, article)
    if rule in ("jsonld.audio", "jsonld.video"):
        return [{**recording, "title": None, "programme": None} for recording in true[field]]
    if (field, rule) == ("column", "url.container"):
        return article.column.episodes.strip("/").split("/")[2]
    if field == "html":
        return None  # judged by being there at all
    return true[field]


def _images(rule: str, article: Article) -> list[dict[str, Any]]:
    assert article.image is not None
    rest = truth(replace(article, image=None), [])["images"]
    if rule == "dom.figure":
        return [image(article.image, 980, 551, lead=True), *rest]
    bare = {"alt": None, "caption": None, "credit": None}
    return [{**image(article.image, 1280, 720, lead=True), **bare}, *rest]


def other_address(case: Case) -> str:
    """The same article below another path: its canonical is then told by the page alone."""
    prefix = case.article.edition.prefix
    return address(f"/{prefix}/elsewhere/{case.article.day:%Y%m%d}-{case.article.slug}")

"""One article page, parsed once: what the rules look at."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from selectolax.lexbor import LexborNode

from newscrawl.rfi import urls
from newscrawl.rfi.body import Body, plain_body, read_body
from newscrawl.rfi.editions import HOST
from newscrawl.rfi.embedded import (
    ARTICLE_TYPES,
    all_documents,
    as_list,
    as_text,
    linked_data,
    of_type,
    script_data,
)
from newscrawl.selector import Selector, classes, inside, select

_MAIN = re.compile(r"<main[\s>]", re.IGNORECASE)
_MAIN_END = re.compile(r"</main\s*>", re.IGNORECASE)
_CONTENT = re.compile(r"""id=["']?main-content""", re.IGNORECASE)
_ARTICLE_CLASSES = frozenset(
    f"t-content--{kind}" for kind in ("article", "report", "video", "breaking", "diaporama")
)
#: Characters that could not be decoded in a page that is still to be read.
_MOST_GARBLED = 100
#: Parts of the page that speak of other articles.
_ELSEWHERE = frozenset(["t-content__related", "t-content__list-content", "o-aside-content"])


def fault(html: str) -> str | None:
    """Why a page cannot have been received whole, ``None`` when it was.

    A page is whole when its ``main`` closes; a missing ``<head>`` or ``</html>`` is no fault. One
    in an encoding that nobody named is ``garbled``.
    """
    if not html or html.isspace():
        return "empty"
    main = _place(html, "<main ", _MAIN)
    if main < 0 or _place(html, 'id="main-content', _CONTENT, main) < 0:
        return "no_frame"
    if html.count("\ufffd") > _MOST_GARBLED:
        return "garbled"
    return None if _place(html, "</main>", _MAIN_END, main) >= 0 else "cut"


def _place(html: str, written: str, mark: re.Pattern[str], begin: int = 0) -> int:
    """Where a page has a mark, -1 where it has none: looked for first as the site writes it, behind
    ``begin``, since a search that ignores case looks at every character by itself."""
    place = html.find(written, begin)
    if place >= 0:
        return place
    match = mark.search(html)
    return match.start() if match else -1


def content_of(page: Selector) -> LexborNode | None:
    """The element that holds what a page is about, and whose class names its template.

    Articles and shows carry ``id="main-content"`` on it; in pages made with the page builder that
    id marks an empty element inside.
    """
    for query in ("main .t-content", "#main-content", "main"):
        node = page.first(query)
        if node is not None:
            return node
    return None


_last: tuple[str, Selector] | None = None


def parsed(html: str) -> Selector:
    """A page parsed; the one parsed last is kept, since it is asked for twice: is it an article,
    and what does it say. It is known by being the same object: to compare, or to hash, takes as
    long as half of the parsing. Nobody changes the tree."""
    global _last
    if _last is None or _last[0] is not html:
        _last = html, Selector.from_html(html)
    return _last[1]


def is_listing(html: str) -> bool:
    """Whether a whole page has none of an article's marks."""
    return not Page(html, f"https://{HOST}/").is_article


class Page:
    """A parsed page and the address it came from."""

    def __init__(self, html: str, url: str) -> None:
        self.selector = parsed(html)
        self.url = urls.canonical(url) or url

    @property
    def is_article(self) -> bool:
        """Whether the page has the marks of an article."""
        if self.selector.first("article[data-article-content]") is not None:
            return True
        content = content_of(self.selector)
        return content is not None and bool(classes(content) & _ARTICLE_CLASSES)

    @cached_property
    def nodes(self) -> list[dict[str, Any]]:
        """All JSON-LD."""
        return linked_data(self.selector)

    @cached_property
    def news(self) -> dict[str, Any]:
        """The JSON-LD node of the article, ``{}`` where there is none."""
        return of_type(self.nodes, ARTICLE_TYPES)

    @cached_property
    def datalayer(self) -> dict[str, Any]:
        """``#datalayer``, ``{}`` where there is none."""
        found = script_data(self.selector, "script#datalayer")
        return found[0] if found else {}

    @cached_property
    def root(self) -> LexborNode | None:
        """The article, or what stands for it."""
        article = self.selector.first("article[data-article-content]")
        return article if article is not None else content_of(self.selector)

    @cached_property
    def body_node(self) -> LexborNode | None:
        """The element of the text."""
        return self.root.css_first(".t-content__body") if self.root is not None else None

    @cached_property
    def body(self) -> Body:
        """Text and HTML of the article."""
        if self.body_node is None:
            return Body()
        return read_body(self.body_node, self.url)

    @cached_property
    def linked_body(self) -> Body:
        """The same from JSON-LD, where the page carries the whole text there."""
        return plain_body(as_text(self.news.get("articleBody")) or "")

    @cached_property
    def lead_figure(self) -> LexborNode | None:
        """The picture above the text."""
        return self.own_first(".t-content__main-media figure, .t-content__main-media img")

    @cached_property
    def media(self) -> list[dict[str, Any]]:
        """Scripts of the article's own recordings; every page also carries the live stream."""
        return [item for item in self._scripts("script[data-media-id]") if not _is_live(item)]

    @cached_property
    def video_media(self) -> list[dict[str, Any]]:
        """Scripts of the article's own videos."""
        items = self._scripts("script[data-media-video-id], script[data-video-id]")
        return [item for item in items if not _is_live(item)]

    def meta(self, name: str) -> list[str]:
        """Contents of a ``<meta>`` of a property or name."""
        named = f'"{name}"]::attr(content)'
        return self.selector.css(f"meta[property={named}") or self.selector.css(
            f"meta[name={named}"
        )

    def own(self, query: str) -> list[LexborNode]:
        """Elements of the article itself, not of what stands around it."""
        if self.root is None:
            return []
        return [node for node in select(self.root, query) if not _is_elsewhere(node)]

    def own_first(self, query: str) -> LexborNode | None:
        """First of them."""
        found = self.own(query)
        return found[0] if found else None

    def _scripts(self, query: str) -> list[dict[str, Any]]:
        """JSON objects of the article's own scripts, each once."""
        texts = dict.fromkeys(node.text(deep=True) for node in self.own(query))
        return [document for document in all_documents(texts) if isinstance(document, dict)]


def _is_elsewhere(node: LexborNode) -> bool:
    return inside(node, lambda above: bool(classes(above) & _ELSEWHERE))


def _is_live(item: dict[str, Any]) -> bool:
    """The live stream stands on every page as ``direct_…``, type ``live``."""
    name = str(item.get("mediaId") or "")
    sources = [source for source in as_list(item.get("sources")) if isinstance(source, dict)]
    named_live = any(str(source.get("name") or "").startswith("direct_") for source in sources)
    return item.get("type") == "live" or name.startswith("direct_") or named_live

"""A publisher's parser for the site, written as those that fundus brings are written.

It reads what fundus' articles have (title, lead, text, authors, time, topics, pictures); fundus has
no tags with addresses, no breadcrumb, no recordings, no clean HTML.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fundus.parser import ArticleBody, BaseParser, Image, ParserProxy, attribute
from fundus.parser.utility import (
    extract_article_body_with_selector,
    generic_author_parsing,
    generic_date_parsing,
    generic_topic_parsing,
    image_extraction,
)
from lxml.cssselect import CSSSelector
from lxml.etree import XPath


class RfiParser(ParserProxy):
    """The site as it has been since 2021."""

    class V1(BaseParser):
        """Its only form."""

        _paragraphs = XPath(
            "//div[contains(@class, 't-content__body')]"
            "//*[self::p or self::li][not(ancestor::div[contains(@class, 'o-self-promo')])]"
        )
        _summary = CSSSelector("p.t-content__chapo")
        _heads = CSSSelector("div.t-content__body > h2, div.t-content__body > h3")

        @attribute
        def title(self) -> str | None:
            """JSON-LD's headline."""
            found: str | None = self.precomputed.ld.bf_search("headline")
            return found

        @attribute
        def body(self) -> ArticleBody | None:
            """Lead, heads and paragraphs."""
            return extract_article_body_with_selector(
                self.precomputed.doc,
                paragraph_selector=self._paragraphs,
                summary_selector=self._summary,
                subheadline_selector=self._heads,
            )

        @attribute
        def authors(self) -> list[str]:
            """Names."""
            return list(generic_author_parsing(self.precomputed.ld.bf_search("author")))

        @attribute
        def publishing_date(self) -> datetime | None:
            """JSON-LD's time."""
            found: datetime | None = generic_date_parsing(
                self.precomputed.ld.bf_search("datePublished")
            )
            return found

        @attribute
        def topics(self) -> list[str]:
            """Keywords."""
            return list(generic_topic_parsing(self.precomputed.ld.bf_search("keywords")))

        @attribute
        def images(self) -> list[Image]:
            """Pictures with their captions."""
            return list(image_extraction(self.precomputed.doc, paragraph_selector=self._paragraphs))


_PARSER = RfiParser()


def read_page(body: bytes, url: str) -> dict[str, Any]:
    """What is comparable of a page; an attribute that cannot be had is left empty."""
    found = _PARSER().parse(body.decode(), "suppress")
    article_body, moment = found["body"], found["publishing_date"]
    return {
        "title": found["title"],
        "published_at": moment.isoformat() if moment else None,
        "text": str(article_body) if article_body else None,
        "authors": len(found["authors"]),
        "images": len(found["images"]),
    }

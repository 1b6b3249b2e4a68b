"""An item and its loader, for the fields that matter most, read where the project reads them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from itemloaders import ItemLoader
from itemloaders.processors import Compose, Identity, Join, MapCompose, TakeFirst
from parsel import Selector
from w3lib.html import remove_tags

_BODY = "//div[contains(@class, 't-content__body')]"
_NOT = "".join(
    f"[not(ancestor-or-self::*[contains(@class, '{name}')])]"
    for name in ("o-self-promo", "m-interstitial", "t-copyright", "m-em-contributor", "m-em-flash")
)
#: Blocks of text; a paragraph of a list's item is part of the item.
_BLOCKS = (
    f"{_BODY}//*[self::p or self::h2 or self::h3 or self::li or self::tr"
    f" or contains(@class, 'a-chapter') or contains(@class, 'm-em-file__link')]{_NOT}"
)
#: The same as they stand in the page, for the HTML.
_TOP = (
    f"{_BODY}/*[self::p or self::h2 or self::h3 or self::ul or self::table"
    " or contains(@class, 'm-em-') or contains(@class, 'm-chapters')"
    f" or contains(@class, 'm-transcription')]{_NOT}"
)


def squeeze(text: str) -> str:
    """White space folded."""
    return " ".join(text.split())


def utc(text: str) -> str:
    """A time of the page, UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


class ArticleLoader(ItemLoader):
    """Cleans values as they come."""

    default_item_class = dict
    default_input_processor = MapCompose(remove_tags, squeeze)
    default_output_processor = TakeFirst()

    published_at_in = modified_at_in = MapCompose(utc)
    text_out = Join("\n\n")
    html_in = Identity()
    html_out = Join("")
    authors_in = images_in = audio_in = tags_in = Identity()
    authors_out = images_out = audio_out = tags_out = Identity()
    breadcrumb_out = Compose(lambda names: names[1:-1])


def load(page: Selector, url: str) -> dict[str, Any]:
    """The item of an article page."""
    news, trail = _linked(page)
    loader = ArticleLoader(selector=page)
    loader.add_value("url", url)
    loader.add_css("title", "h1.t-content__title")
    loader.add_css("title", 'meta[property="og:title"]::attr(content)')
    loader.add_css("surtitle", ".t-content__section .a-tag__wrapper")
    loader.add_css("lead", "p.t-content__chapo")
    loader.add_xpath("text", _BLOCKS)
    loader.add_xpath("html", _TOP)
    loader.add_value("published_at", news.get("datePublished"))
    loader.add_css("published_at", 'meta[property="article:published_time"]::attr(content)')
    loader.add_value("modified_at", news.get("dateModified"))
    loader.add_value("section", news.get("articleSection"))
    loader.add_value("breadcrumb", [entry["item"]["name"] for entry in trail])
    loader.add_value("authors", [_author(author) for author in news.get("author", [])])
    loader.add_value("images", [_image(figure) for figure in page.css("article figure")])
    loader.add_value("audio", _audio(page))
    loader.add_value("tags", [_tag(link) for link in page.css(".t-content__tags a")])
    loader.add_css("reading_minutes", ".a-reading-time", re=r"\d+")
    item: dict[str, Any] = loader.load_item()
    return item


def _linked(page: Selector) -> tuple[dict[str, Any], list[Any]]:
    """JSON-LD of the article, and the entries of its breadcrumb."""
    nodes: list[dict[str, Any]] = []
    for script in page.css('script[type="application/ld+json"]::text').getall():
        found = json.loads(script)
        nodes += found if isinstance(found, list) else [found]
    news = next((node for node in nodes if "datePublished" in node), {})
    trail = next((node for node in nodes if node.get("@type") == "BreadcrumbList"), {})
    return news, trail.get("itemListElement", [])


def _author(author: dict[str, Any]) -> dict[str, Any]:
    return {"name": squeeze(author["name"]), "url": author.get("url")}


def _image(figure: Selector) -> dict[str, Any]:
    sources = figure.css("img::attr(srcset)").get(default="").split(",")
    legends = [squeeze(remove_tags(text)) for text in figure.css(".a-media-legend").getall()]
    return {
        "url": sources[-1].split(" ")[0] or figure.css("img::attr(src)").get(),
        "alt": figure.css("img::attr(alt)").get(),
        "caption": legends[0] if legends else None,
        "credit": legends[1] if len(legends) > 1 else None,
    }


def _audio(page: Selector) -> list[dict[str, Any]]:
    found = []
    for script in page.css("article script[data-media-id]::text").getall():
        media = json.loads(script)
        for source in media["sources"][:1]:
            found.append(
                {"url": source["url"], "duration_s": source["duration"], "title": media["title"]}
            )
    return found


def _tag(link: Selector) -> dict[str, Any]:
    return {"name": squeeze(link.css("::text").get(default="")), "url": link.attrib.get("href")}

"""An item loader for the fields that matter most, with the rules that the project has for them.

Each field has the project's sources in its order, and the first that says something wins. As item
loaders are made, all of them are read.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from itemloaders import ItemLoader
from itemloaders.processors import Identity, Join, MapCompose, TakeFirst
from parsel import Selector, SelectorList
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


#: What the HTML of a text may hold.
_KEPT = "p h2 h3 blockquote ul ol li strong em a figure img figcaption table tbody tr td br".split()


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
    html_in = MapCompose(lambda html: remove_tags(html, keep=_KEPT))
    html_out = Join("")
    breadcrumb_in = authors_in = images_in = audio_in = tags_in = Identity()
    related_out = Identity()


def load(page: Selector, url: str) -> dict[str, Any]:
    """The item of an article page."""
    news, trail = _linked(page)
    layer = json.loads(page.css("script#datalayer::text").get(default="{}"))
    loader = ArticleLoader(selector=page)
    loader.add_css("url", 'link[rel="canonical"]::attr(href)')
    loader.add_css("url", 'meta[property="og:url"]::attr(content)')
    loader.add_value("url", [news.get("url"), layer.get("canonical"), url])
    loader.add_value("content_id", layer.get("content_id"))
    loader.add_css("title", "article h1")
    loader.add_value("title", [news.get("headline"), layer.get("content_title")])
    loader.add_css("title", 'meta[property="og:title"]::attr(content)')
    loader.add_css("title", "head > title::text")
    loader.add_css("surtitle", ".t-content__section .a-tag__wrapper")
    loader.add_css("lead", ".t-content__chapo")
    loader.add_value("lead", news.get("description"))
    loader.add_css("lead", 'meta[property="og:description"]::attr(content)')
    loader.add_css("lead", 'meta[name="description"]::attr(content)')
    loader.add_value("published_at", [news.get("datePublished"), _moment(layer)])
    loader.add_css("published_at", 'meta[property="article:published_time"]::attr(content)')
    loader.add_css("published_at", ".t-content__dates time::attr(datetime)")
    loader.add_value("modified_at", news.get("dateModified"))
    loader.add_css("modified_at", 'meta[property="article:modified_time"]::attr(content)')
    loader.add_value("section", news.get("articleSection"))
    loader.add_value("breadcrumb", [[entry["item"]["name"] for entry in trail][1:-1]])
    loader.add_value("breadcrumb", [_texts(page.css(".m-breadcrumb__list__item__link"))[1:]])
    loader.add_xpath("text", _BLOCKS)
    loader.add_xpath("html", _TOP)
    loader.add_value("authors", [[_author(author) for author in news.get("author", [])]])
    loader.add_value("authors", [_links(page.css("a.m-from-author__name"))])
    loader.add_value("images", [[_image(figure) for figure in page.css("article figure")]])
    loader.add_value("audio", [_audio(page)])
    loader.add_value("tags", [_links(page.css(".t-content__tags a")), layer.get("tags")])
    loader.add_css("tags", 'meta[property="article:tag"]::attr(content)')
    loader.add_css("related", ".t-content__related a::attr(href)")
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


def _moment(layer: dict[str, Any]) -> str | None:
    day, time = layer.get("publication_date"), layer.get("publication_time")
    return f"{day}T{time}+00:00" if day and time else None


def _author(author: dict[str, Any]) -> dict[str, Any]:
    return {"name": squeeze(author["name"]), "url": author.get("url")}


def _texts(nodes: SelectorList[Selector]) -> list[str]:
    return [squeeze(remove_tags(node)) for node in nodes.getall()]


def _links(nodes: SelectorList[Selector]) -> list[dict[str, Any]]:
    return [
        {"name": squeeze(remove_tags(node.get())), "url": node.attrib.get("href")} for node in nodes
    ]


def _image(figure: Selector) -> dict[str, Any]:
    sources = figure.css("img::attr(srcset)").get(default="").split(",")
    legends = _texts(figure.css(".a-media-legend"))
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

"""Pictures and embeds: their addresses, captions and credits.

A figure's caption has two spans of one class: the caption first, the credit second. The same
picture is offered in many widths; its address says which (``/w:1280/p:16x9/``).
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from newscrawl.items import Image
from newscrawl.numbers import whole_number
from newscrawl.text import fold

_PICTURE = re.compile(r"/media/display/([^/]++)/")
_RENDITION = re.compile(r"/media/display/[^/]++/w:(\d{1,5})/p:(\d{1,5})x(\d{1,5})/", re.ASCII)


def picture_id(url: str) -> str:
    """What all renditions of a picture share: its id, else the address itself."""
    match = _PICTURE.search(url)
    return match[1] if match else url


def rendition(url: str) -> tuple[int, str]:
    """Width in pixels and ratio (``16x9``) that an address names, ``(0, "")`` for none."""
    match = _RENDITION.search(url)
    return (int(match[1]), f"{match[2]}x{match[3]}") if match else (0, "")


def size(url: str) -> tuple[int | None, int | None]:
    """Width and height in pixels of the rendition that an address names."""
    match = _RENDITION.search(url)
    if match is None or int(match[2]) == 0:
        return None, None
    width = int(match[1])
    return width, whole_number(width * int(match[3]) // int(match[2]))


def addresses(node: LexborNode, base: str) -> list[str]:
    """Every rendition that a figure names, those of its ``img`` before those of its sources."""
    images = [node] if node.tag == "img" else node.css("img")
    found: list[str] = []
    for image in images:
        attributes = image.attributes
        found += [attributes.get("src") or "", *_srcset(attributes.get("srcset"))]
        found += [attributes.get("data-src") or "", *_srcset(attributes.get("data-srcset"))]
    if not images:
        for source in node.css("source"):
            found += _srcset(source.attributes.get("srcset"))
    return [url for text in found if text and (url := _absolute(text, base))]


def largest(urls: list[str]) -> str | None:
    """The widest rendition; of equals the first."""
    return max(urls, key=lambda url: rendition(url)[0]) if urls else None


def image_of(node: LexborNode, base: str, *, lead: bool) -> Image | None:
    """The picture of a figure element, ``None`` when it names none."""
    url = largest(addresses(node, base))
    if url is None:
        return None
    image = node if node.tag == "img" else node.css_first("img")
    alt = fold(image.attributes.get("alt") or "") if image is not None else ""
    caption, credit = captions(node)
    width, height = size(url)
    return Image(url, alt or None, caption, credit, width, height, lead)


def captions(node: LexborNode) -> tuple[str | None, str | None]:
    """Caption and credit of a figure."""
    legends = [fold(span.text(deep=True)) for span in node.css(".a-media-legend")]
    legends = [legend for legend in legends if legend]
    if not legends:
        caption = node.css_first("figcaption")
        text = fold(caption.text(deep=True)) if caption is not None else ""
        return (text or None), None
    if len(legends) == 1 and legends[0].startswith("©"):
        return None, legends[0]
    return legends[0], (legends[1] if len(legends) > 1 else None)


def figure_of(node: LexborNode, base: str) -> str | None:
    """Clean HTML of a figure, ``None`` when it names no picture."""
    image = image_of(node, base, lead=False)
    if image is None:
        return None
    alt = f' alt="{escape(image.alt)}"' if image.alt else ""
    words = " ".join(part for part in (image.caption, image.credit) if part)
    caption = f"<figcaption>{escape(words, quote=False)}</figcaption>" if words else ""
    return f'<figure><img src="{escape(image.url)}"{alt}>{caption}</figure>'


def link_of_embed(node: LexborNode, base: str) -> str | None:
    """A link to what an embed shows, inside a ``figure``; ``None`` when the page names nothing."""
    frames = [node, *node.css("iframe, embed, blockquote, a")]
    names = ("src", "data-src", "cite", "data-url", "href")
    for frame in frames:
        for name in names:
            url = _absolute((frame.attributes.get(name) or "").strip(), base)
            if url is not None:
                address = escape(url)
                return f'<figure><a href="{address}">{escape(url, quote=False)}</a></figure>'
    return None


def _srcset(text: str | None) -> list[str]:
    """Addresses of a ``srcset`` (blanks inside them are encoded, commas may not be)."""
    if not text:
        return []
    return [part.split()[0] for part in re.split(r",\s*+(?=https?:|/)", text) if part.split()]


def _absolute(url: str, base: str) -> str | None:
    if not url or url.startswith(("data:", "javascript:", "#")):
        return None
    try:
        joined = urljoin(base, url)
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) else None

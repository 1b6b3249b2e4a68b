"""Pictures of an article: the lead picture first, each in its largest rendition."""

from __future__ import annotations

from newscrawl.items import Image
from newscrawl.rfi.embedded import as_list, as_text
from newscrawl.rfi.figures import (
    addresses,
    captions,
    image_of,
    largest,
    picture_id,
    rendition,
    size,
)
from newscrawl.rfi.page import Page
from newscrawl.text import fold

#: The site's own pictures for pages that have none.
_DEFAULTS = ("https://static.rfi.fr/",)


def from_linked_data(page: Page) -> list[Image]:
    """JSON-LD names the largest rendition; caption and credit stand at the figure."""
    named = [_address(value) for value in as_list(page.news.get("image"))]
    return _with_lead(page, [url for url in named if url is not None])


def from_elements(page: Page) -> list[Image]:
    """Figure above the text, then figures in it."""
    figure = page.lead_figure
    return _with_lead(page, addresses(figure, page.url) if figure is not None else [])


def from_meta(page: Page) -> list[Image]:
    """``og:image``, the last resort."""
    return _with_lead(page, page.meta("og:image"))


def _with_lead(page: Page, lead: list[str]) -> list[Image]:
    """The lead picture, then those in the body; nothing where there is no lead to be had here.

    A page without a lead picture keeps the pictures of its body.
    """
    candidates = [
        url
        for url in lead
        if url.startswith(("http://", "https://")) and not url.startswith(_DEFAULTS)
    ]
    images = [_lead(page, candidates)] if candidates else []
    known = {picture_id(image.url) for image in images}
    for figure in page.body.figures:
        image = image_of(figure, page.url, lead=False)
        if image is not None and picture_id(image.url) not in known:
            known.add(picture_id(image.url))
            images.append(image)
    return images


def _lead(page: Page, candidates: list[str]) -> Image:
    """Crops of one picture differ in ratio: the one that the page shows is taken."""
    figure = page.lead_figure
    shown = addresses(figure, page.url) if figure is not None else []
    own_ids = {picture_id(url) for url in shown}
    own = [url for url in candidates if picture_id(url) in own_ids] or candidates
    ratio = next((crop for url in [*shown, *own] if (crop := rendition(url)[1])), "")
    same_crop = [url for url in [*own, *shown] if rendition(url)[1] == ratio]
    url = largest(same_crop) or own[0]
    image = Image(url, width=size(url)[0], height=size(url)[1], lead=True)
    if figure is not None:
        image.caption, image.credit = captions(figure)
        element = figure if figure.tag == "img" else figure.css_first("img")
        alt = element.attributes.get("alt") if element is not None else None
        image.alt = fold(alt or "") or None
    return image


def _address(value: object) -> str | None:
    """An image of JSON-LD: an address, or an object with one."""
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl")
    return as_text(value)

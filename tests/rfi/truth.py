"""What is true of a stand-in article, told from its content and not from its page."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from fixtures import body
from fixtures.content import address
from fixtures.listings import Listings
from fixtures.model import Article, Image, Recording
from fixtures.site import StandInSite
from fixtures.words import words

#: Fields whose truth lies in the capture or the rules, not in the article.
NOT_OF_THE_ARTICLE = ("html", "content_hash", "version", "fetched_at", "source", "rules")


def truth(article: Article, site: StandInSite) -> dict[str, Any]:
    """Field to value, as a record has them."""
    column = article.column
    in_container = column.in_container
    labels = words(article.edition.prefix).labels
    crumbs = [labels["column_index"], column.name] if in_container else [column.name]
    modified = article.modified_at
    later = modified if modified is not None and modified > article.published_at else None
    return {
        "url": article.url,
        "url_hash": sha256(article.url.encode()).hexdigest()[:32],
        "content_id": article.content_id,
        "kind": kind(article),
        "edition": article.edition.prefix,
        "language": article.edition.language,
        "column": column.name if in_container else None,
        "column_url": address(column.path) if in_container else None,
        "section": labels["column_index"] if in_container else column.name,
        "breadcrumb": [] if article.is_wire else crumbs,
        "title": article.title,
        "surtitle": article.story.surtitle,
        "lead": article.lead,
        "text": body.text(article),
        "authors": [
            {"name": author.name, "url": address(author.path), "role": author.role}
            for author in article.authors
        ],
        "published_at": article.published_at.isoformat(),
        "modified_at": later.isoformat() if later is not None else None,
        "images": images(article),
        "audio": [recording(item) for item in article.audio],
        "videos": [recording(item) for item in article.videos],
        "tags": [
            {"name": tag, "url": address(tag_path(article, tag))} for tag in article.story.tags
        ],
        "alternates": alternates(article),
        "related": [row.url for row in Listings(site).related(article)],
        "reading_minutes": article.minutes,
        "body_status": "full",
    }


def kind(article: Article) -> str:
    """The kind of page that an article has."""
    if article.is_live:
        return "live"
    if article.videos and not article.audio:
        return "video"
    if article.audio and article.column.in_container:
        return "episode"
    return "wire" if article.is_wire else "article"


def images(article: Article) -> list[dict[str, Any]]:
    """The picture above the text, and the one in it."""
    found = []
    if article.image is not None:
        found.append(image(article.image, 1280, 720, lead=True))
    if article.body_image is not None:
        found.append(image(article.body_image, 980, 551, lead=False))
    return found


def image(picture: Image, width: int, height: int, *, lead: bool) -> dict[str, Any]:
    """One picture in its largest rendition."""
    return {
        "url": picture.at(width),
        "alt": picture.alt,
        "caption": picture.caption,
        "credit": picture.credit or None,
        "width": width,
        "height": height,
        "lead": lead,
    }


def recording(item: Recording) -> dict[str, Any]:
    """Audio or video."""
    return {
        "url": item.url,
        "duration_s": item.duration_s,
        "title": item.title,
        "programme": item.programme,
    }


def alternates(article: Article) -> dict[str, str]:
    """The twin in the other script."""
    if article.twin_url is None:
        return {}
    other = "tw" if article.edition.prefix == "cn" else "cn"
    return {{"cn": "zh-Hans", "tw": "zh-Hant"}[other]: article.twin_url}


def tag_path(article: Article, tag: str) -> str:
    """Decoded path of a tag's page."""
    return f"/{article.edition.prefix}/{article.edition.tag}/{tag.replace(' ', '-')}/"

"""The record: what one article becomes. The one contract of the project.

Every field of :class:`Article` is described in ``docs/record.md``; the JSON Schema made from these
classes is ``docs/json/article.schema.json``. The order of the fields is the order in every output.
Absent values are ``None``, empty lists and maps stay empty; an empty string never occurs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


def _doc(description: str, **more: Any) -> dict[str, Any]:
    """Metadata that ``ItemAdapter.get_json_schema`` copies into the schema of a field."""
    return {"json_schema_extra": {"description": description, **more}}


_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"
_HASH = r"^[0-9a-f]{32}$"
_URL = r"^https?://"


@dataclass
class Author:
    """Somebody who signed the article."""

    name: str = field(metadata=_doc("name as written", minLength=1))
    url: str | None = field(default=None, metadata=_doc("absolute URL of the author's page"))
    role: str | None = field(
        default=None,
        metadata=_doc("agency, organisation, or the role as the page writes it", minLength=1),
    )


@dataclass
class Image:
    """One picture, in the largest rendition that the page names."""

    url: str = field(metadata=_doc("absolute URL", pattern=_URL))
    alt: str | None = field(default=None, metadata=_doc("alternative text", minLength=1))
    caption: str | None = field(default=None, metadata=_doc("caption", minLength=1))
    credit: str | None = field(default=None, metadata=_doc("credit line", minLength=1))
    width: int | None = field(default=None, metadata=_doc("pixels"))
    height: int | None = field(default=None, metadata=_doc("pixels"))
    lead: bool = field(default=False, metadata=_doc("true for the picture above the text"))


@dataclass
class Media:
    """One recording (audio or video); never the live stream."""

    url: str = field(metadata=_doc("absolute URL of the file", pattern=_URL))
    duration_s: int | None = field(default=None, metadata=_doc("seconds"))
    title: str | None = field(default=None, metadata=_doc("title of the recording", minLength=1))
    programme: str | None = field(default=None, metadata=_doc("show it belongs to", minLength=1))


@dataclass
class Tag:
    """One keyword."""

    name: str = field(metadata=_doc("keyword as written", minLength=1))
    url: str | None = field(default=None, metadata=_doc("absolute URL of the tag's page"))


@dataclass
class Article:
    """One article: the record of the project (closed: no other fields)."""

    __json_schema_extra__: ClassVar[dict[str, Any]] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Article",
        "description": "One article as newscrawl writes it; docs/record.md explains the fields",
        "if": {"properties": {"body_status": {"const": "full"}}},
        "then": {"properties": {"title": {"type": "string"}, "published_at": {"type": "string"}}},
    }

    url: str = field(metadata=_doc("canonical URL", pattern=r"^https://"))
    url_hash: str = field(
        metadata=_doc("first 32 hex digits of SHA-256 of url; the key", pattern=_HASH)
    )
    content_id: str | None = field(
        default=None, metadata=_doc("the publisher's own id", minLength=1)
    )
    kind: str = field(
        default="article",
        metadata=_doc(
            "kind of page", enum=["article", "episode", "video", "gallery", "live", "wire"]
        ),
    )
    edition: str = field(default="", metadata=_doc("edition of the canonical URL", minLength=1))
    language: str = field(default="", metadata=_doc("BCP 47 language tag", minLength=1))
    column: str | None = field(
        default=None, metadata=_doc("column or show it appeared in", minLength=1)
    )
    column_url: str | None = field(default=None, metadata=_doc("absolute URL of the column"))
    section: str | None = field(default=None, metadata=_doc("section", minLength=1))
    breadcrumb: list[str] = field(
        default_factory=list, metadata=_doc("breadcrumb without the home page")
    )
    title: str | None = field(default=None, metadata=_doc("headline", minLength=1))
    surtitle: str | None = field(
        default=None, metadata=_doc("the line above the headline", minLength=1)
    )
    lead: str | None = field(default=None, metadata=_doc("lead (chapo), whole", minLength=1))
    text: str | None = field(
        default=None, metadata=_doc("body, blocks parted by one blank line", minLength=1)
    )
    html: str | None = field(default=None, metadata=_doc("body as cleaned HTML", minLength=1))
    authors: list[Author] = field(default_factory=list, metadata=_doc("who signed it"))
    published_at: str | None = field(
        default=None, metadata=_doc("time of publication, UTC", pattern=_TIME)
    )
    modified_at: str | None = field(
        default=None,
        metadata=_doc("time of the last change, UTC; null unless later", pattern=_TIME),
    )
    images: list[Image] = field(default_factory=list, metadata=_doc("pictures, lead first"))
    audio: list[Media] = field(default_factory=list, metadata=_doc("recordings"))
    videos: list[Media] = field(default_factory=list, metadata=_doc("videos"))
    tags: list[Tag] = field(default_factory=list, metadata=_doc("keywords"))
    alternates: dict[str, str] = field(
        default_factory=dict, metadata=_doc("language to URL: the same story in other editions")
    )
    related: list[str] = field(
        default_factory=list, metadata=_doc("canonical URLs of related articles")
    )
    reading_minutes: int | None = field(default=None, metadata=_doc("minutes, as the page says"))
    body_status: str = field(
        default="none",
        metadata=_doc(
            "full: text of the page; summary: feed only; none: the page has no text",
            enum=["full", "summary", "none"],
        ),
    )
    content_hash: str = field(
        default="",
        metadata=_doc(
            "first 32 hex digits of SHA-256 of title, lead and text, white space folded",
            pattern=_HASH,
        ),
    )
    version: int = field(default=1, metadata=_doc("1, then +1 for each change of the story"))
    fetched_at: str = field(default="", metadata=_doc("time of the capture, UTC", pattern=_TIME))
    source: str = field(
        default="url",
        metadata=_doc(
            "how the page was found", enum=["column", "feed", "sitemap", "archive", "url"]
        ),
    )
    rules: dict[str, str] = field(
        default_factory=dict, metadata=_doc("field to the name of the rule that gave it")
    )


ARTICLE_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Article))
# Absent values are written as null, so every field stands in every record.
Article.__json_schema_extra__["required"] = list(ARTICLE_FIELDS)

#: Without these a page with a body is rejected.
REQUIRED_FIELDS: tuple[str, ...] = ("title", "url", "published_at")

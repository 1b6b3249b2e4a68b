"""What a feed says of one article, in whatever form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from newscrawl.exports import markup

_AUDIO = {".m4a": "audio/mp4", ".aac": "audio/aac", ".ogg": "audio/ogg", ".wav": "audio/wav"}


@dataclass(frozen=True)
class Recording:
    """A file to listen to or to look at."""

    url: str
    type: str | None
    medium: str
    title: str | None
    seconds: int | None


@dataclass(frozen=True)
class Picture:
    """A picture, with whom to thank for it."""

    url: str
    description: str | None
    credit: str | None
    width: int | None
    height: int | None
    lead: bool


@dataclass(frozen=True)
class Item:
    """Texts are plain, printable and on one line; addresses are whole."""

    guid: str
    link: str | None
    title: str
    summary: str | None
    """The lead, else how the text begins."""
    content: str
    """HTML; empty where the record has no text."""
    published: datetime | None
    updated: datetime
    authors: tuple[tuple[str, str | None], ...]
    categories: tuple[str, ...]
    pictures: tuple[Picture, ...]
    recordings: tuple[Recording, ...]

    @property
    def id(self) -> str:
        """The guid as an IRI."""
        return UUID(hex=self.guid).urn

    @property
    def audio(self) -> list[Recording]:
        """What podcast players play."""
        return [one for one in self.recordings if one.medium == "audio"]


def item_of(record: Mapping[str, Any]) -> Item:
    """The item of a record."""
    title = _line(record["title"]) or _line(record["lead"]) or record["url_hash"]
    return Item(
        guid=record["url_hash"],
        link=markup.whole(record["url"]),
        title=title,
        summary=_line(record["lead"]) or _line((record["text"] or "").partition("\n\n")[0]),
        content=_content(record),
        published=_moment(record["published_at"]),
        updated=updated(record),
        authors=tuple(
            (name, markup.whole(author["url"], record["url"]))
            for author in record["authors"]
            if (name := _line(author["name"]))
        ),
        categories=_categories(record),
        pictures=tuple(_pictures(record)),
        recordings=tuple(_recordings(record)),
    )


def updated(record: Mapping[str, Any]) -> datetime:
    """When the story last changed.

    The page may change without a word: the capture that showed another story tells then.
    """
    told = [record["published_at"], record["modified_at"]]
    if record["version"] > 1 or not any(told):
        told.append(record["fetched_at"])
    return max(datetime.fromisoformat(time).astimezone(UTC) for time in told if time)


def _content(record: Mapping[str, Any]) -> str:
    parts = markup.lead_picture(record), markup.lead(record), markup.body(record)
    html = "".join(parts)
    # Readers show an item in a page of their own language.
    return f'<div dir="auto">{html}</div>' if html else ""


def _categories(record: Mapping[str, Any]) -> tuple[str, ...]:
    names = [record["section"], *(tag["name"] for tag in record["tags"])]
    return tuple(dict.fromkeys(line for name in names if (line := _line(name))))


def _pictures(record: Mapping[str, Any]) -> list[Picture]:
    return [
        Picture(
            url,
            _line(image["caption"]) or _line(image["alt"]),
            _line(image["credit"]),
            image["width"],
            image["height"],
            image["lead"],
        )
        for image in record["images"]
        if (url := markup.whole(image["url"], record["url"]))
    ]


def _recordings(record: Mapping[str, Any]) -> list[Recording]:
    found = []
    for medium, field in (("audio", "audio"), ("video", "videos")):
        for media in record[field]:
            url = markup.whole(media["url"], record["url"])
            if url is not None:
                kind = _audio_type(url) if medium == "audio" else None
                title, seconds = _line(media["title"]), media["duration_s"]
                found.append(Recording(url, kind, medium, title, seconds))
    return found


def _audio_type(url: str) -> str:
    """By the ending of the file; the site's recordings are MP3."""
    ending = "." + urlsplit(url).path.rpartition(".")[2].lower()
    return _AUDIO.get(ending, "audio/mpeg")


def _line(text: str | None) -> str | None:
    return (markup.one_line(text) or None) if text else None


def _moment(time: str | None) -> datetime | None:
    return None if time is None else datetime.fromisoformat(time).astimezone(UTC)

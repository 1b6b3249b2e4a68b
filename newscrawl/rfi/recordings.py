"""Audio and video of an article; never the live stream that every page carries."""

from __future__ import annotations

from typing import Any

from newscrawl.items import Media
from newscrawl.rfi.embedded import as_list, as_text, seconds
from newscrawl.rfi.page import Page
from newscrawl.text import fold


def audio_scripts(page: Page) -> list[Media]:
    """``script[data-media-id]``: the player's own data, with title and show."""
    return _each_once(_of_script(item) for item in page.media)


def audio_linked(page: Page) -> list[Media]:
    """``audio`` of JSON-LD."""
    return _each_once(_of_linked(item) for item in as_list(page.news.get("audio")))


def video_scripts(page: Page) -> list[Media]:
    """``script[data-media-video-id]``."""
    return _each_once(_of_script(item) for item in page.video_media)


def video_linked(page: Page) -> list[Media]:
    """``video`` of JSON-LD."""
    return _each_once(_of_linked(item) for item in as_list(page.news.get("video")))


def _of_script(item: dict[str, Any]) -> Media | None:
    for source in as_list(item.get("sources")):
        if isinstance(source, dict) and _is_address(source.get("url")):
            return Media(
                source["url"].strip(),
                seconds(source.get("duration") or item.get("duration")),
                _text(item.get("title")) or _title_of(item.get("diffusion")),
                _title_of(item.get("emission")),
            )
    return None


def _of_linked(item: Any) -> Media | None:
    if not isinstance(item, dict):
        return None
    url = item.get("contentUrl") or item.get("url")
    if not _is_address(url):
        return None
    series = item.get("partOfSeries")
    return Media(
        str(url).strip(),
        seconds(item.get("duration")),
        _text(item.get("name")),
        _text(series.get("name")) if isinstance(series, dict) else None,
    )


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.strip().startswith(("http://", "https://"))


def _title_of(value: Any) -> str | None:
    return _text(value.get("title")) if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    return fold(as_text(value) or "") or None


def _each_once(found: Any) -> list[Media]:
    unique: dict[str, Media] = {}
    for media in found:
        if media is not None:
            unique.setdefault(media.url, media)
    return list(unique.values())

"""Arguments of a crawl (``-a name=value``), checked before anything starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from newscrawl.clock import PARIS, day_end, day_start, iso, paris_day
from newscrawl.errors import UsageProblem, nearest
from newscrawl.site import Site

MODES = ("update", "full", "refresh")
SOURCES = ("columns", "feed", "sitemap")
NAMES = ("editions", "columns", "since", "until", "max_pages", "mode", "sources", "urls")
#: Given by Scrapyd to every job.
_SCRAPYD = frozenset(["_job"])


@dataclass(frozen=True)
class Arguments:
    """What one run is asked to do."""

    editions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    max_pages: int | None = None
    mode: str = "update"
    sources: tuple[str, ...] = ("columns",)
    urls: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any], site: Site) -> Arguments:
        """Read and check; :class:`UsageProblem` names the argument that is wrong."""
        for name in given:
            if name not in NAMES and name not in _SCRAPYD:
                raise UsageProblem(f"unknown argument {name!r}{nearest(name, NAMES)}")
        since = _moment(given, "since", day_start)
        until = _moment(given, "until", day_end)
        if since and until and since > until:
            raise UsageProblem(f"since ({given['since']}) is after until ({given['until']})")
        return cls(
            editions=_editions(given, site),
            columns=_names(given, "columns"),
            since=since,
            until=until,
            max_pages=_max_pages(given),
            mode=_mode(given),
            sources=_sources(given),
            urls=_urls(given, site),
        )

    @property
    def since_day(self) -> date | None:
        """The first day asked for, in Paris."""
        return paris_day(self.since) if self.since else None

    @property
    def until_day(self) -> date | None:
        """The last day asked for, in Paris."""
        return paris_day(self.until) if self.until else None

    def covers(self, published_at: str | None) -> bool:
        """Whether a time of publication is asked for (unknown: yes)."""
        if published_at is None:
            return True
        if self.since and published_at < iso(self.since):
            return False
        return not (self.until and published_at > iso(self.until))

    def covers_day(self, day: date | None) -> bool:
        """Whether a day shown on a listing may be asked for (unknown: yes)."""
        if day is None:
            return True
        if self.since_day and day < self.since_day:
            return False
        return not (self.until_day and day > self.until_day)

    def covers_span(self, first: date, last: date) -> bool:
        """Whether some day of a span may be asked for."""
        if self.since_day and last < self.since_day:
            return False
        return not (self.until_day and first > self.until_day)


def _names(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if name not in given:
        return ()
    names = tuple(
        dict.fromkeys(part.strip() for part in str(given[name]).split(",") if part.strip())
    )
    if not names:
        raise UsageProblem(f"{name} is empty: give one or more, parted by commas, or leave it out")
    return names


def _editions(given: Mapping[str, Any], site: Site) -> tuple[str, ...]:
    names = _names(given, "editions")
    known = site.editions()
    for name in names:
        if name not in known:
            raise UsageProblem(f"unknown edition {name!r}{nearest(name, known)}")
    return names


def _mode(given: Mapping[str, Any]) -> str:
    mode = str(given.get("mode", "update"))
    if mode not in MODES:
        raise UsageProblem(f"unknown mode {mode!r}{nearest(mode, MODES)}")
    return mode


def _sources(given: Mapping[str, Any]) -> tuple[str, ...]:
    names = _names(given, "sources") or SOURCES[:1]
    for name in names:
        if name not in SOURCES:
            raise UsageProblem(f"unknown source {name!r}{nearest(name, SOURCES)}")
    return names


def _max_pages(given: Mapping[str, Any]) -> int | None:
    if "max_pages" not in given:
        return None
    text = str(given["max_pages"])
    if not text.isdecimal() or int(text) < 1:
        raise UsageProblem(f"max_pages is {text!r}: give a whole number from 1 up")
    return int(text)


def _moment(
    given: Mapping[str, Any], name: str, of_day: Callable[[date], datetime]
) -> datetime | None:
    return moment(name, str(given[name]), of_day) if name in given else None


def moment(name: str, text: str, of_day: Callable[[date], datetime]) -> datetime:
    """An ISO date (that day in Paris) or time (Paris unless it names its zone)."""
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return of_day(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageProblem(
            f"{name} is {text!r}: give a date or time as 2024-01-31 or 2024-01-31T12:00:00+01:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


def _urls(given: Mapping[str, Any], site: Site) -> tuple[str, ...]:
    if "urls" not in given:
        return ()
    urls = []
    for text in _url_texts(str(given["urls"]).strip()):
        old = site.moved_from(text)
        if old is not None:
            raise UsageProblem(
                f"urls: {text!r} is an old address of edition {old}, which has moved: open it in a"
                " browser, and give the address that it leads to"
            )
        canonical = site.canonical(text)
        if canonical is None or site.classify(canonical) != "article":
            raise UsageProblem(f"urls: {text!r} is not the address of an article of {site.host}")
        urls.append(canonical)
    if not urls:
        raise UsageProblem(
            "urls is empty: give addresses parted by commas, or @FILE with one a line"
        )
    return tuple(dict.fromkeys(urls))


def _url_texts(value: str) -> list[str]:
    if not value.startswith("@"):
        return [part.strip() for part in re.split(r",(?=\s*https?://)", value) if part.strip()]
    path = Path(value[1:]).expanduser()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"urls: cannot read {path} ({error})") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]

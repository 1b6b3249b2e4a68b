"""One feed: what it is called and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

#: Endings of the two files of a feed.
RSS = ".xml"
ATOM = ".atom.xml"
#: Minutes after which a reader may look again.
TTL = 60


@dataclass(frozen=True)
class Feed:
    """All that stands above the items of a feed."""

    edition: str
    language: str
    name: str
    """Of the column or section, or of the edition."""
    publisher: str
    link: str
    """The page of which it is a feed."""
    changed: datetime
    """The newest change of an item."""
    path: str
    """Of its files below the folder of all feeds, without their ending."""
    items: int
    base_url: str | None
    """Where the folder of all feeds will be found, ended by a slash."""

    @property
    def title(self) -> str:
        """As the site titles the page of a column."""
        return f"{self.name} - {self.publisher}"

    @property
    def description(self) -> str:
        """One line for people."""
        return f"{self.title} ({self.edition}): whole articles, newest first"

    @property
    def id(self) -> str:
        """An IRI that stays the same wherever the feed lies."""
        return uuid5(NAMESPACE_URL, f"newscrawl:{self.publisher}/{self.path}").urn

    def file(self, ending: str, above: str = "") -> str:
        """Address of a file of this feed, relative to the folder of all feeds."""
        return above + quote(self.path + ending)

    def address(self, ending: str) -> str | None:
        """Where a file of this feed will be found, ``None`` where that is not known."""
        return self.file(ending, self.base_url) if self.base_url else None

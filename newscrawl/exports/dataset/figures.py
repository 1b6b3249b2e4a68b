"""What a data set holds, counted while it is written."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from math import floor, log10
from typing import Any

from newscrawl.items import ARTICLE_FIELDS

#: Steps of the lengths of texts between one power of ten and the next.
STEPS = 16


class Figures:
    """Counts; what they are made of is not kept."""

    def __init__(self, stories: int) -> None:
        self.records = 0
        self.splits: dict[str, Counter[str]] = defaultdict(Counter)
        """Edition to split to records."""
        self.languages: dict[str, str] = {}
        """Edition to language."""
        self.months: dict[str, Counter[str]] = defaultdict(Counter)
        """Edition to month (``2024-06``) to records."""
        self.lengths: dict[str, Counter[int]] = defaultdict(Counter)
        """Edition to step (:func:`step_of`) to texts."""
        self.statuses: dict[str, Counter[str]] = defaultdict(Counter)
        """Edition to ``body_status`` to records."""
        self.columns: Counter[tuple[str, str]] = Counter()
        """Edition and column to records."""
        self.filled: Counter[str] = Counter()
        """Field to records that have it."""
        self.first = self.last = self.newest = ""
        """First and last publication, and the newest capture."""
        self._stories = array("L", bytes(array("L").itemsize * stories))

    def add(self, record: Mapping[str, Any], split: str, story: int) -> None:
        """Count one record."""
        edition, published = record["edition"], record["published_at"]
        self.records += 1
        self.splits[edition][split] += 1
        self.languages[edition] = record["language"]
        self.statuses[edition][record["body_status"]] += 1
        self._stories[story] += 1
        self.newest = max(self.newest, record["fetched_at"])
        if published:
            self.months[edition][published[:7]] += 1
            self.first = min(self.first or published, published)
            self.last = max(self.last, published)
        if record["text"]:
            self.lengths[edition][step_of(len(record["text"]))] += 1
        if record["column"]:
            self.columns[edition, record["column"]] += 1
        self.filled.update(("id", "story"))
        self.filled.update(name for name in ARTICLE_FIELDS if record[name] not in (None, [], {}))

    @property
    def editions(self) -> list[str]:
        """By their codes."""
        return sorted(self.splits)

    @property
    def whole(self) -> int:
        """Records with the text of their page."""
        return sum(statuses["full"] for statuses in self.statuses.values())

    @property
    def stories(self) -> int:
        """Stories of which there is a record."""
        return sum(count > 0 for count in self._stories)

    @property
    def shared(self) -> int:
        """Stories of which there are several records."""
        return sum(count > 1 for count in self._stories)

    @property
    def largest(self) -> int:
        """Records of the story that has most."""
        return max(self._stories, default=0)


def step_of(letters: int) -> int:
    """Number of the step that a length lies in.

    >>> step_of(1), step_of(100), step_of(1000)
    (0, 32, 48)
    """
    return floor(log10(letters) * STEPS + 1e-9)

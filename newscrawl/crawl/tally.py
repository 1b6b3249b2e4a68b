"""What a run asked for and what came of it: the sums that must balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

#: Ends of an article that was asked for. Each one asked ends as exactly one of these.
OUTCOMES = ("new", "changed", "refreshed", "known", "gone", "rejected", "left out", "owed")
#: Ends that leave the crawl with something to show.
FRUITFUL = ("new", "changed", "refreshed", "known")


def shown(outcomes: Counter[str]) -> dict[str, int]:
    """Ends as people are shown them: asked for in vain is failed, whatever the reason."""
    return {
        "new": outcomes["new"],
        "known": outcomes["known"] + outcomes["refreshed"],
        "changed": outcomes["changed"],
        "failed": outcomes["owed"] + outcomes["rejected"] + outcomes["gone"],
    }


@dataclass
class ColumnTally:
    """Counts of one column in one run."""

    edition: str
    name: str
    url: str
    pages: int = 0
    rows: int | None = None
    """Rows recognised on page 1; ``None`` when page 1 was not read."""
    outcomes: Counter[str] = field(default_factory=Counter)
    over: str | None = None
    """How the walk ended or was cut; ``unchanged`` after a 304, ``gone`` after a 404 on page 1."""
    problem: str | None = None
    open: int = 0
    """Articles asked for that have not ended yet."""

    @property
    def counts(self) -> dict[str, int]:
        """What people are shown, in the order of the tables."""
        return {"pages": self.pages, **shown(self.outcomes)}

    def summary(self) -> dict[str, Any]:
        """For ``runs.summary``."""
        return {
            "edition": self.edition,
            "column": self.name,
            "url": self.url,
            "pages": self.pages,
            "rows": self.rows,
            "over": self.over,
            "problem": self.problem,
            **{name.replace(" ", "_"): self.outcomes[name] for name in OUTCOMES},
        }


@dataclass
class SourceTally:
    """One feed, or the sitemaps of one edition, in one run."""

    kind: str
    edition: str
    url: str
    files: int = 0
    items: int = 0
    """Articles that it names."""
    unknown: int = 0
    problem: str | None = None

    def summary(self) -> dict[str, Any]:
        """For ``runs.summary``."""
        return asdict(self)


class Tally:
    """The sums of one run, per column and as a whole."""

    def __init__(self) -> None:
        self.asked = 0
        self.outcomes: Counter[str] = Counter()
        self.columns: dict[int | None, ColumnTally] = {}
        self.sources: list[SourceTally] = []
        self.summaries = 0
        """Records that feeds gave, because the pages could not be asked for."""
        self.changed_by_rules = 0
        """Of the changed ones, those that newer rules read otherwise."""
        self.fresh: Counter[str] = Counter()
        """Edition to its new articles, wherever they were found."""
        self.listing_requests = 0
        self.robots_failed: str | None = None
        self._open: dict[bytes, tuple[str, int | None]] = {}
        self.differences: list[str] = []

    def column(self, number: int | None) -> ColumnTally:
        """Counts of a column; what belongs to none is counted apart."""
        if number not in self.columns:
            self.columns[number] = ColumnTally("", "(no column)", "")
        return self.columns[number]

    def ask(self, key: bytes, url: str, column: int | None) -> None:
        """An article is asked for."""
        self.asked += 1
        self._open[key] = (url, column)
        self.column(column).open += 1

    def is_open(self, key: bytes) -> bool:
        """Whether an article was asked for and has not ended."""
        return key in self._open

    def settle(self, key: bytes, outcome: str) -> None:
        """An article asked for has ended."""
        if key not in self._open:
            self.differences.append(f"{key.hex()} ended twice, last as {outcome}")
            return
        _, column = self._open.pop(key)
        self.outcomes[outcome] += 1
        tally = self.column(column)
        tally.outcomes[outcome] += 1
        tally.open -= 1

    def close(self, walked: Iterable[int], *, cut: bool) -> None:
        """The run is over: what is still open is owed if the run was cut, else a difference.

        So is the walk of a column that has neither ended nor been cut.
        """
        for key, (url, _) in list(self._open.items()):
            if not cut:
                self.differences.append(f"{url} ended as nothing")
            self.settle(key, "owed")
        if not cut:
            adrift = [self.column(number) for number in walked if not self.column(number).over]
            self.differences += [f"the walk of {column.url} ended as nothing" for column in adrift]

    @property
    def counts(self) -> dict[str, int]:
        """The same for the whole run."""
        pages = sum(column.pages for column in self.columns.values())
        return {"pages": pages, **shown(self.outcomes)}

    @property
    def fruitful(self) -> int:
        """Articles that were stored, refreshed or known."""
        return sum(self.outcomes[name] for name in FRUITFUL)

    @property
    def editions(self) -> list[str]:
        """Editions of the columns and sources that the run was there for."""
        columns = {column.edition for column in self.columns.values() if column.edition}
        return sorted(columns | {source.edition for source in self.sources})

    def summary(self) -> dict[str, Any]:
        """For ``runs.summary``."""
        return {
            "asked": self.asked,
            **{name.replace(" ", "_"): self.outcomes[name] for name in OUTCOMES},
            "listing_requests": self.listing_requests,
            "differences": self.differences[:100],
            "summaries": self.summaries,
            "editions": self.editions,
            "fresh": dict(self.fresh),
            "sources": [source.summary() for source in self.sources],
            "columns": [column.summary() for column in self.columns.values()],
        }

"""Coverage: which share of a run's records has each field, and from its first rule.

A field that nearly every record of an edition had, and that suddenly few have, says that the site
has changed before any reader notices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newscrawl.items import ARTICLE_FIELDS, Article

#: Records that an edition needs, in this run and in those before, to be judged.
ENOUGH = 10
#: A share from which on a field, or a rule, counts as the usual case.
USUAL = 0.9


@dataclass(frozen=True)
class Cover:
    """One field on the pages of one place (a column or section of an edition).

    Counts are records, records that have the field, and records whose first rule gave it.
    """

    edition: str
    place: str
    field: str
    records: int
    filled: int
    first: int


class Coverage:
    """The sums of one run."""

    def __init__(self, rules: Mapping[str, tuple[str, ...]]) -> None:
        """``rules`` names the rules of each field, in order of trust."""
        self._first = {field: names[0] for field, names in rules.items() if names}
        self._records: Counter[tuple[str, str]] = Counter()
        self._filled: Counter[tuple[str, str, str]] = Counter()
        self._by_first: Counter[tuple[str, str, str]] = Counter()

    def add(self, article: Article) -> None:
        """Take a record into account."""
        group = (article.edition, article.column or article.section or "")
        self._records[group] += 1
        for field, rule in article.rules.items():
            self._filled[*group, field] += 1
            if rule == self._first.get(field):
                self._by_first[*group, field] += 1

    def covers(self) -> list[Cover]:
        """All fields of all groups that gave records."""
        return [
            Cover(
                *group, field, records, self._filled[*group, field], self._by_first[*group, field]
            )
            for group, records in sorted(self._records.items())
            for field in ARTICLE_FIELDS
            if field in self._first
        ]

    def by_edition(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Edition and field to its records, and those of them that have the field."""
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for cover in self.covers():
            records, filled = sums.get((cover.edition, cover.field), (0, 0))
            sums[cover.edition, cover.field] = records + cover.records, filled + cover.filled
        return sums

    def falls(self, before: Iterable[Cover], threshold: float, enough: int = ENOUGH) -> list[str]:
        """What has fallen by more than ``threshold`` (a share) against runs before.

        Editions with fewer than ``enough`` records, now or before, are not judged.

        Columns differ in what their pages have, and runs in the columns that bring something new:
        so the share that is expected is that of the same columns before.
        """
        usual = {(cover.edition, cover.place, cover.field): cover for cover in before}
        sums: dict[tuple[str, str], _Sums] = {}
        for cover in self.covers():
            old = usual.get((cover.edition, cover.place, cover.field))
            if old is not None:
                sums.setdefault((cover.edition, cover.field), _Sums()).add(cover, old)
        judged = {
            key: found
            for key, found in sums.items()
            if min(found.records, found.records_before) >= enough
        }
        told = (self._told(*key, found, threshold) for key, found in judged.items())
        return [problem for problem in told if problem is not None]

    def _told(self, edition: str, field: str, sums: _Sums, threshold: float) -> str | None:
        rule = self._first[field]
        was, now = sums.usual_filled / sums.records, sums.filled / sums.records
        if was >= USUAL and was - now > threshold:
            return (
                f"{field} of {edition} is in {now:.0%} of {sums.records} records, {was:.0%} before"
                f" (its first rule is {rule}): the site has changed"
            )
        was, now = sums.usual_first / sums.records, sums.first / sums.records
        if was >= USUAL and was - now > threshold:
            return (
                f"rule {rule} gives {field} of {edition} in {now:.0%} of {sums.records} records,"
                f" {was:.0%} before: others stand in for it;"
                f" scrapy doctor --edition {edition} shows them"
            )
        return None


@dataclass
class _Sums:
    """One field of one edition, over the groups that this run and those before have in common."""

    records: int = 0
    filled: int = 0
    first: int = 0
    records_before: int = 0
    usual_filled: float = 0.0
    usual_first: float = 0.0

    def add(self, cover: Cover, old: Cover) -> None:
        """Take a group in, as it is and as it was."""
        self.records += cover.records
        self.filled += cover.filled
        self.first += cover.first
        self.records_before += old.records
        self.usual_filled += cover.records * old.filled / old.records
        self.usual_first += cover.records * old.first / old.records

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
    """One field of one edition: records, records that have it, records whose first rule gave it."""

    edition: str
    field: str
    records: int
    filled: int
    first: int


class Coverage:
    """The sums of one run."""

    def __init__(self, rules: Mapping[str, tuple[str, ...]]) -> None:
        """``rules`` names the rules of each field, in order of trust."""
        self._first = {field: names[0] for field, names in rules.items() if names}
        self._records: Counter[str] = Counter()
        self._filled: Counter[tuple[str, str]] = Counter()
        self._by_first: Counter[tuple[str, str]] = Counter()

    def add(self, article: Article) -> None:
        """Take a record into account."""
        self._records[article.edition] += 1
        for field, rule in article.rules.items():
            self._filled[article.edition, field] += 1
            if rule == self._first.get(field):
                self._by_first[article.edition, field] += 1

    def covers(self) -> list[Cover]:
        """All fields of all editions that gave records."""
        return [
            Cover(
                edition,
                field,
                records,
                self._filled[edition, field],
                self._by_first[edition, field],
            )
            for edition, records in sorted(self._records.items())
            for field in ARTICLE_FIELDS
            if field in self._first
        ]

    def falls(self, before: Iterable[Cover], threshold: float) -> list[str]:
        """What has fallen by more than ``threshold`` (a share) against runs before."""
        usual = {(cover.edition, cover.field): cover for cover in before}
        found = []
        for cover in self.covers():
            old = usual.get((cover.edition, cover.field))
            if old is None or min(old.records, cover.records) < ENOUGH:
                continue
            was, now = old.filled / old.records, cover.filled / cover.records
            rule = self._first[cover.field]
            if was >= USUAL and was - now > threshold:
                found.append(
                    f"{cover.field} of {cover.edition} is in {now:.0%} of {cover.records} records,"
                    f" {was:.0%} before (its first rule is {rule}): the site has changed"
                )
                continue
            was, now = old.first / old.records, cover.first / cover.records
            if was >= USUAL and was - now > threshold:
                found.append(
                    f"rule {rule} gives {cover.field} of {cover.edition} in {now:.0%} of"
                    f" {cover.records} records, {was:.0%} before: others stand in for it;"
                    f" scrapy doctor --edition {cover.edition} shows them"
                )
        return found

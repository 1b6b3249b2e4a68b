"""What an extract did to the store, or would do: told to people and to programs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from newscrawl.extracting.pages import ERROR, said_of_errors
from newscrawl.items import ARTICLE_FIELDS

#: Addresses shown for each field that changes.
_EXAMPLES = 3
#: Ends of a capture, in the order of the report, and what they mean to people.
ENDS = {
    "new": "new articles",
    "changed_story": "changed stories (later versions)",
    "earlier": "changed stories (earlier than what is stored)",
    "changed_by_rules": "versions that other rules read otherwise",
    "remade": "stored versions that these rules read otherwise",
    "refreshed": "renewed, the story being the same",
    "unchanged": "unchanged",
    "forgotten": "forgotten, left out",
}


@dataclass
class FieldChange:
    """One field that newer rules read otherwise."""

    records: int = 0
    examples: list[str] = field(default_factory=list)

    def take(self, url: str) -> None:
        """One record more."""
        self.records += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(url)


@dataclass
class Report:
    """The sums of one extract into the store."""

    data_dir: str
    rules: str
    applied: bool = True
    """Whether it was written."""
    run: int | None = None
    ends: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    fields: dict[str, FieldChange] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Captures that gave a record."""
        return self.ends.total()

    @property
    def is_healthy(self) -> bool:
        """Whether there is a record, and no page met an error of the program."""
        return bool(self.records) and not self.left_out[ERROR]

    def take(self, url: str, end: str, fields: Iterable[str] = ()) -> None:
        """One capture more."""
        self.ends[end] += 1
        for name in fields:
            self.fields.setdefault(name, FieldChange()).take(url)

    def tell(self, *, as_json: bool) -> None:
        """Print it."""
        if as_json:
            from newscrawl.command import print_json

            print_json(self.as_json())
            return
        self._print()

    def as_json(self) -> dict[str, Any]:
        """In the shape of ``docs/json/extract.schema.json``."""
        return {
            "data_dir": self.data_dir,
            "rules": self.rules,
            "applied": self.applied,
            "run": self.run,
            "records": self.records,
            **{end: self.ends[end] for end in ENDS},
            "fields": {
                name: vars(self.fields[name]) for name in ARTICLE_FIELDS if name in self.fields
            },
            "left_out": dict(sorted(self.left_out.items())),
        }

    def _print(self) -> None:
        from rich.table import Table

        from newscrawl.console import console

        out = console(sys.stdout)
        sums = Table("records", "what", box=None, show_header=False)
        for end, what in ENDS.items():
            if self.ends[end]:
                sums.add_row(str(self.ends[end]), what)
        out.print(sums if sums.row_count else "no record")
        if self.fields:
            table = Table("field", "records", "for example", box=None)
            for name in (name for name in ARTICLE_FIELDS if name in self.fields):
                change = self.fields[name]
                table.add_row(name, str(change.records), "\n".join(change.examples))
            out.print(table)
        reasons = ", ".join(
            f"{reason} {number}" for reason, number in sorted(self.left_out.items())
        )
        if reasons:
            out.print(f"left out: {reasons}")
        if self.left_out[ERROR]:
            out.print(said_of_errors(self.left_out[ERROR]))
        if not self.applied:
            out.print("nothing was written: give --apply to let these rules change what is stored")

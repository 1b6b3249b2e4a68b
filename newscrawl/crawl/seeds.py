"""Seeds: which columns there are to walk, and what a healthy one shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from newscrawl.errors import UsageProblem, nearest


@dataclass(frozen=True)
class Column:
    """One listing to walk."""

    name: str
    path: str
    url: str
    """Canonical URL of its first page."""
    kind: str
    edition: str
    every_s: float | None = None
    """Seconds between two walks that a schedule aims at."""
    least: int | None = None
    """Rows on page 1 below which the column counts as broken."""
    expect: float | None = None
    """New articles a week that a healthy column shows."""
    source: str = "seen"
    """How the column is known: ``seen`` on the site, ``reported`` by others, ``inferred``."""


@dataclass(frozen=True)
class EditionSeeds:
    """The columns of one edition."""

    edition: str
    columns: tuple[Column, ...]
    file: str
    newest_s: float | None = None
    """Seconds that the newest article may be old before it is warned of."""
    fields: Mapping[str, float | None] = field(default_factory=dict)
    """Field to the share of a run's records that must have it; ``None``: every one of them."""


def select_columns(
    seeds: Mapping[str, EditionSeeds],
    editions: Iterable[str] | None,
    columns: Iterable[str] | None,
) -> list[Column]:
    """Columns of some editions (all), given by name, last segment of the path, or path (all)."""
    names = list(seeds) if editions is None else list(editions)
    for name in names:
        if name not in seeds:
            raise UsageProblem(f"edition {name!r} has no seed file{nearest(name, seeds)}")
    known = [column for name in names for column in seeds[name].columns]
    if columns is None:
        return known
    chosen: dict[str, Column] = {}
    for wanted in columns:
        found = [column for column in known if wanted in _names(column)]
        if not found:
            hint = nearest(wanted, (column.name for column in known))
            raise UsageProblem(f"unknown column {wanted!r}{hint}")
        chosen.update((column.url, column) for column in found)
    return list(chosen.values())


def _names(column: Column) -> tuple[str, ...]:
    return column.name, column.path.strip("/").rpartition("/")[2], column.path

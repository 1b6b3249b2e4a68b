"""Writing seed files, for a person to review."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import yaml

from newscrawl.crawl.seeds import Column, EditionSeeds


def discovered(edition: str, name: str, url: str) -> Column:
    """A column that the site itself lists."""
    path = unquote(urlsplit(url).path)
    return Column(name, path, url, "column", edition, source="seen")


def to_yaml(edition: str, columns: Iterable[Column], old: EditionSeeds | None = None) -> str:
    """A seed file with some columns, one a line; it expects what the ``old`` one did."""
    lines = [f"edition: {edition}", *_expectations(old), "columns:"]
    for column in columns:
        entry = {"name": column.name, "path": column.path, "kind": column.kind}
        entry["source"] = column.source
        numbers = {"every": column.every_s, "least": column.least, "expect": column.expect}
        whole = {name: int(n) if n == int(n) else n for name, n in numbers.items() if n is not None}
        text = yaml.safe_dump(
            {**entry, **whole},
            allow_unicode=True,
            default_flow_style=True,
            sort_keys=False,
            width=10_000,
        )
        lines.append(f"  - {text.strip()}")
    return "\n".join(lines) + "\n"


def _expectations(old: EditionSeeds | None) -> list[str]:
    lines = []
    if old is not None and old.newest_s is not None:
        lines.append(f"newest: {old.newest_s:.0f}s")
    if old is not None and old.fields:
        shares = {name: share for name, share in old.fields.items() if share is not None}
        wanted = yaml.safe_dump(shares or list(old.fields), default_flow_style=True, width=10_000)
        lines.append(f"fields: {wanted.strip()}")
    return lines

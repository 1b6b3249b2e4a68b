"""``scrapy history URL``: the versions of an article, and what changed from one to the next."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from newscrawl.command import StoreCommand, print_json, wants_json
from newscrawl.console import say

if TYPE_CHECKING:
    from newscrawl.comparing import Comparing

_CAUSES = {
    "full": "seen whole",
    "story": "the story changed",
    "rules": "newer rules read it otherwise",
}
_IN_FEED = "seen in a feed, without its text"
#: Fields whose texts are compared line by line.
_TEXTS = ("title", "lead", "text")


class Command(StoreCommand):
    """Reads the store, asks the site nothing."""

    options = ("--json",)
    most = 1

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "URL [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Show the versions of an article and what changed between them"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the versions."""
        from newscrawl.errors import CrawlError, UsageProblem
        from newscrawl.rfi import SITE
        from newscrawl.store.history import versions

        url = SITE.canonical(args[0]) if args else None
        if url is None:
            raise UsageProblem(f"name an article: scrapy history https://{SITE.host}/…")
        folder = self.data_dir
        found = versions(folder, bytes.fromhex(SITE.url_hash(url)))
        if not found:
            raise CrawlError(f"{url} is not stored in {folder}: crawl it with -a urls={url}")
        if wants_json(opts):
            print_json({"versions": found})
        else:
            say("\n".join(_told(found)))


def _told(found: list[dict[str, Any]]) -> Iterator[str]:
    """Newest last, each with what it changed."""
    from newscrawl.comparing import Comparing

    comparing = Comparing()
    yield found[-1]["record"]["url"]
    before: dict[str, Any] | None = None
    for version in found:
        record = version["record"]
        why = _CAUSES.get(version["cause"] or "", _IN_FEED if _is_summary(record) else "")
        yield f"\nversion {record['version']}, fetched {record['fetched_at']}: {why}".rstrip(": ")
        if before is None:
            yield f"  {record['title']}"
        else:
            yield from _changes(comparing, before, record)
        before = record
    if not comparing.is_whole:
        yield "\ntoo long, or too different, to compare it all: some that is the same is shown too"
    if found[-1]["gone_at"]:
        yield f"\ngone from the site since {found[-1]['gone_at']}; the record is kept"


def _is_summary(record: dict[str, Any]) -> bool:
    return bool(record["body_status"] == "summary")


def _changes(comparing: Comparing, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """What differs, as lines with - and +."""
    for name in _TEXTS:
        blocks = ((record[name] or "").split("\n\n") for record in (old, new))
        changes = [part for part in comparing.parts(*blocks) if not part[0]]
        if changes:
            yield f"  {name}:"
        for _, before, after in changes:
            yield from (f"    - {block}" for block in before)
            yield from (f"    + {block}" for block in after)
    if old["text"] is None and old["content_hash"] != new["content_hash"]:
        yield "  the texts are in the line files only (NEWSCRAWL_OUTPUTS without sqlite)"
    others = [
        name
        for name in new
        if name not in (*_TEXTS, "html", "content_hash", "version", "fetched_at", "source", "rules")
        and new[name] != old[name]
    ]
    if others:
        yield f"  also: {', '.join(others)}"

"""Full-text feeds of every column, RSS 2.0 and Atom, to be put on any web server.

An article that is in no column stands in the feed of its section. The newest articles of an edition
are a feed of their own, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from newscrawl.errors import UsageProblem
from newscrawl.exports import markup
from newscrawl.exports.feeds.atom_file import atom_file
from newscrawl.exports.feeds.feed import ATOM, RSS, Feed
from newscrawl.exports.feeds.index import write_opml, write_page
from newscrawl.exports.feeds.item import item_of, updated
from newscrawl.exports.feeds.rss_file import rss_file
from newscrawl.exports.names import file_names
from newscrawl.rfi import SITE
from newscrawl.store import newest
from newscrawl.store.selection import Selected

#: Feeds show the newest articles, not all.
WHOLE = False
ITEMS = 50
MOST = 1000

_ALL = "_all"
_SECTIONS = "sections"


@dataclass(frozen=True)
class _Place:
    """What becomes one feed: rows of the store, newest first."""

    kind: str
    """``column``, ``section`` or ``edition``."""
    edition: str
    name: str
    path: str
    rows: Sequence[newest.Row]


def options(base_url: str | None, items: str | None) -> dict[str, Any]:
    """Options as the command line gives them, for :func:`write`; raises :class:`UsageProblem`."""
    if items is not None and not (items.isdecimal() and 1 <= int(items[:9]) <= MOST):
        raise UsageProblem(f"--items is {items!r}: give a number from 1 to {MOST}")
    if base_url is not None:
        whole = markup.whole(base_url)
        if whole is None or urlsplit(whole).query or urlsplit(whole).fragment:
            raise UsageProblem(
                f"--base-url is {base_url!r}: give the address at which OUT will be found,"
                " as https://example.org/feeds/"
            )
        base_url = whole.rstrip("/") + "/"
    return {"base_url": base_url, "items": int(items) if items else ITEMS}


def write(
    selected: Selected,
    folder: Path,
    seen: Callable[[], None],
    *,
    base_url: str | None = None,
    items: int = ITEMS,
) -> None:
    """``<edition>/<column>.xml`` and ``.atom.xml``, at most ``items`` in each, and lists of them.

    Raises :class:`UsageProblem` where every version is asked for.
    """
    if selected.selection.versions:
        raise UsageProblem("a feed has one item an article: leave out --versions")
    publisher = SITE.name.upper()
    feeds: list[Feed] = []
    for place in _places(selected, items):
        records = selected.named(list(dict.fromkeys(row["url_hash"] for row in place.rows)))
        first = next(records, None)
        if first is not None:  # it may have been forgotten meanwhile
            feed = _feed(place, first, publisher, base_url)
            _write(folder, feed, _counted(chain([first], records), place, seen))
            feeds.append(feed)
    title = f"{publisher}: full-text feeds"
    write_page(folder / "index.html", feeds, title)
    write_opml(folder / "index.opml", feeds, title)


def _places(selected: Selected, number: int) -> Iterator[_Place]:
    """What becomes a feed, edition by edition: the newest of all of it, columns, sections."""
    editions = newest.editions(selected)
    folders = file_names(editions, taken=["index.html", "index.opml"])
    for edition, columns in editions.items():
        base = folders[edition]
        found: list[_Place] = []
        for column, file in file_names(columns, taken=[_ALL]).items():
            rows = newest.of_column(selected, edition, column, number)
            found.append(_Place("column", edition, column, f"{base}/{file}", rows))
        sections = newest.of_sections(selected, edition, number)
        nowhere = sections.pop(None, [])
        for section, file in file_names(name for name in sections if name).items():
            path = f"{base}/{_SECTIONS}/{file}"
            found.append(_Place("section", edition, section, path, sections[section]))
        every = [row for place in found for row in place.rows] + nowhere
        latest = nlargest(number, every, key=newest.age)
        for place in (_Place("edition", edition, edition, f"{base}/{_ALL}", latest), *found):
            if place.rows:
                yield place


def _counted(
    records: Iterable[dict[str, Any]], place: _Place, seen: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """Each record once: the newest of an edition stand in another feed, too, or in none."""
    for record in records:
        yield record
        if place.kind != "edition" or not (record["column"] or record["section"]):
            seen()


def _feed(place: _Place, first: dict[str, Any], publisher: str, base_url: str | None) -> Feed:
    return Feed(
        edition=markup.one_line(place.edition),
        language=markup.one_line(first["language"]),
        name=markup.one_line(place.name) or place.path,
        publisher=publisher,
        link=_page(place, first),
        changed=max(updated(row) for row in place.rows),
        path=place.path,
        items=len(place.rows),
        base_url=base_url,
    )


def _write(folder: Path, feed: Feed, records: Iterable[dict[str, Any]]) -> None:
    """Both files of a feed, an item at a time."""
    stem = folder / feed.path
    stem.parent.mkdir(parents=True, exist_ok=True)
    rss, atom = (stem.with_name(stem.name + ending) for ending in (RSS, ATOM))
    with rss_file(rss, feed) as add_to_rss, atom_file(atom, feed) as add_to_atom:
        for item in map(item_of, records):
            add_to_rss(item)
            add_to_atom(item)


def _page(place: _Place, newest_record: dict[str, Any]) -> str:
    """The page that lists what a feed holds, as the newest of its records tells."""
    home = f"https://{SITE.host}/"
    page = {
        "column": newest_record["column_url"],
        # A plain section lists the articles that lie below it.
        "section": urljoin(newest_record["url"], "./"),
        "edition": f"/{place.edition}/",
    }[place.kind]
    return markup.whole(page, home) or home

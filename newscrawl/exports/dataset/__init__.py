"""Records as a data set: a folder that ``datasets.load_dataset(DIR, "cn")`` loads as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from newscrawl.errors import UsageProblem
from newscrawl.exports.dataset.splits import split_of
from newscrawl.groups import need

if TYPE_CHECKING:
    from newscrawl.store.selection import Selected
    from newscrawl.stories.grouping import Stories

_PACKAGES = ("numpy", "rensa", "opencc", "pyarrow.parquet", "jinja2", "vl_convert")


def check() -> None:
    """Raise :class:`newscrawl.errors.UsageProblem` where the group ``dataset`` is missing."""
    for module in _PACKAGES:
        need(module, "dataset", "a data set")


def write(selected: Selected, folder: Path, seen: Callable[[], None]) -> None:
    """Find the stories of all the store, then write what is selected of it, and what tells of it.

    Raises :class:`newscrawl.errors.UsageProblem` where nothing is selected, or an increment.
    """
    from newscrawl.exports.dataset.card import write_card
    from newscrawl.exports.dataset.croissant import write_croissant
    from newscrawl.exports.dataset.figures import Figures
    from newscrawl.exports.dataset.shards import Shards

    selection = selected.selection
    if selection.changed_since:
        raise UsageProblem(
            "a data set is whole: leave --changed-since out"
            " (scrapy export parquet --changed-since gives increments)"
        )
    with _one_moment(selected):
        stories = _stories(selected)
        shards, figures = Shards(folder), Figures(len(stories))
        for record in selected:
            story = stories.of(record["url_hash"])
            split = split_of(story.name)
            name = record["url_hash"] + (f"-{record['version']}" if selection.versions else "")
            shards.add(record["edition"], split, {"id": name, "story": story.name} | record)
            figures.add(record, split, story.number)
            seen()
    if not figures.records:
        raise UsageProblem("nothing is chosen, and a data set of nothing cannot be loaded")
    files = shards.close()
    write_card(folder, figures, selection)
    write_croissant(folder, figures, files)


@contextmanager
def _one_moment(selected: Selected) -> Iterator[None]:
    """What a crawl stores meanwhile is not read: an article that has no story could not be put."""
    selected.connection.execute("BEGIN")
    try:
        yield
    finally:
        selected.connection.rollback()


def _stories(selected: Selected) -> Stories:
    """Of all the store, so that an article's story and split are the same in every selection."""
    from newscrawl.rfi.urls import classify
    from newscrawl.stories.grouping import Grouping

    grouping = Grouping(lambda url: classify(url) == "article")
    for record in selected.everything():
        grouping.add(record)
    return grouping.stories()

"""Rejected pages that must go: their lines and what was kept of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from newscrawl.durable import written_durably
from newscrawl.store.database import storage_failed
from newscrawl.store.links import key_of
from newscrawl.store.locks import held


def remove_rejected(folder: Path, unwanted: Callable[[bytes], bool]) -> int:
    """Remove the lines, and the pages, of addresses whose key is unwanted; gives their number."""
    if not folder.is_dir():
        return 0
    try:
        with held(folder):
            return sum(_remove(file, unwanted) for file in sorted(folder.glob("*.jsonl")))
    except OSError as error:
        raise storage_failed(error) from error


def _remove(file: Path, unwanted: Callable[[bytes], bool]) -> int:
    """The same for the lines of one file, which is rewritten aside and renamed."""
    pages = [page for line in _lines(file) if (page := _page_of(line, unwanted)) is not None]
    if not pages:
        return 0
    for page in pages:
        (file.parent / Path(page).name).unlink(missing_ok=True)
    with written_durably(file) as stream:
        for line in _lines(file):
            if _page_of(line, unwanted) is None:
                stream.write(line)
        empty = stream.tell() == 0
    if empty:
        file.unlink()
    return len(pages)


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        yield from stream


def _page_of(line: bytes, unwanted: Callable[[bytes], bool]) -> str | None:
    """Page of a line that must go, ``None`` for a line that stays."""
    try:
        entry = orjson.loads(line)
        url, page = str(entry["url"]), str(entry["page"])
    except (ValueError, KeyError, TypeError):
        return None
    return page if unwanted(key_of(url)) else None

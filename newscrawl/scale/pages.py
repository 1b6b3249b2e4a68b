"""The reader: pages of WARC files, each file read by one task."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from datatrove.data import Document
from datatrove.io import DataFolder, DataFolderLike, get_datafolder
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.logging import logger
from datatrove.utils.typeshelper import StatHints

from newscrawl.archives.answer import Answer
from newscrawl.archives.reading import read_answers
from newscrawl.clock import iso
from newscrawl.encoding import decode
from newscrawl.rfi import SITE

_SUFFIXES = (".warc", ".warc.gz")
#: What every address of the site has in it, those of its past too; most of the web has not.
_DOMAIN = ".".join(SITE.host.split(".")[-2:])


class ReadPages(PipelineStep):
    """Documents of the site's pages in a folder of WARC files.

    ``text`` is the page's HTML; ``metadata`` has ``url``, ``date`` (of the capture), and ``file``
    and ``offset`` (where it lies). datatrove's own WarcReader has the first two as well, but drops
    the status of an answer, what the server says of its encoding, and the rest of a file that ends
    in the middle.
    """

    type = "📖 - READER"
    name = "📰 Pages"

    def __init__(self, folder: DataFolderLike) -> None:
        super().__init__()
        self.folder = get_datafolder(folder)

    def run(
        self, data: Iterator[Document] | None = None, rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """Pages of every ``world_size``-th file, counted from ``rank``."""
        if data:
            yield from data
        for name in list(archives(self.folder))[rank::world_size]:
            logger.info(f"reading {name}")
            self.stat_update("archives")
            with _local(self.folder, name) as file, _heard(self._broken):
                for offset, answer in read_answers(file):
                    self.stat_update(StatHints.total, unit="capture")
                    with self.track_time():
                        page = self._page(name, offset, answer)
                    if page is not None:
                        self.stat_update(StatHints.forwarded)
                        yield page

    def _page(self, name: str, offset: int, answer: Answer) -> Document | None:
        reason = _left_out(answer)
        if reason is not None:
            self.stat_update(StatHints.dropped, f"{StatHints.dropped}_{reason}")
            return None
        html, _ = decode(*answer.decoded())
        place = {"url": answer.url, "date": iso(answer.captured_at), "file": name, "offset": offset}
        return Document(text=html, id=f"{name}#{offset}", metadata=place)

    def _broken(self, message: str) -> None:
        logger.warning(message)
        self.stat_update("archive_warnings")


def archives(folder: DataFolder) -> dict[str, int]:
    """Names of the WARC files below a folder, in order, with their sizes in bytes.

    Links to files are files; links to folders are not followed.
    """
    found = folder.find("", detail=True)
    return {name: found[name]["size"] for name in sorted(found) if name.endswith(_SUFFIXES)}


def _left_out(answer: Answer) -> str | None:
    """Why a capture is no page to read; asked before its body is unpacked."""
    if _DOMAIN not in answer.url.lower():
        return "foreign"
    if answer.type == "revisit":
        return "revisit"
    if answer.status != 200:
        return f"status_{answer.status}"
    return None


@contextmanager
def _local(folder: DataFolder, name: str) -> Iterator[Path]:
    """A file on this machine: a broken archive is read by jumping about in it."""
    if folder.is_local():
        yield Path(folder.resolve_paths(name))
        return
    with tempfile.TemporaryDirectory(prefix="newscrawl-") as place:
        path = Path(place) / Path(name).name
        folder.get(name, str(path))
        yield path


@contextmanager
def _heard(tell: Callable[[str], None]) -> Iterator[None]:
    """Hand on what the reading of archives warns of: a task's log is datatrove's."""

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tell(record.getMessage())

    teller = Teller(logging.WARNING)
    source = logging.getLogger("newscrawl.archives")
    source.addHandler(teller)
    try:
        yield
    finally:
        source.removeHandler(teller)

"""The reader: pages of archives, each file read by one task."""

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

from newscrawl import ExtractionError
from newscrawl.archives.answer import Answer
from newscrawl.archives.files import ANY_SUFFIXES
from newscrawl.archives.holdings import Piece
from newscrawl.clock import iso
from newscrawl.encoding import decode
from newscrawl.errors import UsageProblem
from newscrawl.extracting.pages import isolated
from newscrawl.rfi import SITE
from newscrawl.scale.answers import read_site
from newscrawl.text import shown
from newscrawl.watchdog import watched


class ReadPages(PipelineStep):
    """Documents of the site's pages in a folder of WARC, ARC and WACZ files.

    ``text`` is the page's HTML; ``metadata`` has ``url``, ``date`` (of the capture), and ``file``
    and ``offset`` (where it lies; a file in a WACZ has the names of both). datatrove's own
    WarcReader has the first two as well, but drops the status of an answer, what the server says of
    its encoding, and the rest of a file that ends in the middle.
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
            logger.info(shown(f"reading {name}"))
            self.stat_update("archives")
            with _local(self.folder, name) as file, _heard(self._broken):
                yield from self._pages(name, file)

    def _pages(self, name: str, file: Path) -> Iterator[Document]:
        try:
            for piece, offset, answer in read_site(SITE, file):
                self.stat_update(StatHints.total, unit="capture")
                if isinstance(answer, str):
                    reason = answer.replace(" ", "_")
                    self.stat_update(StatHints.dropped, f"{StatHints.dropped}_{reason}")
                    continue
                try:
                    with self.track_time(), isolated(answer.url), watched():
                        page = _page(name, piece, offset, answer)
                except ExtractionError as error:
                    logger.warning(str(error))
                    self.stat_update(StatHints.dropped, f"{StatHints.dropped}_{error.reason}")
                    continue
                self.stat_update(StatHints.forwarded)
                yield page
        except UsageProblem as error:  # a damaged zip: the next file is another one
            self._broken(str(error))

    def _broken(self, message: str) -> None:
        logger.warning(shown(message))
        self.stat_update("archive_warnings")


def archives(folder: DataFolder) -> dict[str, int]:
    """Names of the archives below a folder, in order, with their sizes in bytes.

    Links to files are files; links to folders are not followed.
    """
    found = folder.find("", detail=True)
    return {name: found[name]["size"] for name in sorted(found) if name.endswith(ANY_SUFFIXES)}


def _page(name: str, piece: Piece, offset: int, answer: Answer) -> Document:
    html, _ = decode(*answer.decoded())
    file = f"{name}/{piece.member}" if piece.member else name
    place = {"url": answer.url, "date": iso(answer.captured_at), "file": file, "offset": offset}
    return Document(text=html, id=f"{file}#{offset}", metadata=place)


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
    source = logging.getLogger("newscrawl")
    source.addHandler(teller)
    try:
        yield
    finally:
        source.removeHandler(teller)

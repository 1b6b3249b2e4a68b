"""An archive that answers requests by address.

Of several captures of a page the n-th answers the n-th request, then the last good one. A revisit
gives the body that it refers to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from newscrawl.archives.answer import Answer
from newscrawl.archives.reading import answer_at, open_archive, read_answers, warc_time


@dataclass
class _Captures:
    """Where the captures of one page lie, in the order of the archive."""

    places: list[tuple[Path, int, int, str]] = field(default_factory=list)
    """File, offset, status, type."""
    asked: int = 0


class Archive:
    """All captures of some files, to be asked for by address."""

    def __init__(self, files: list[Path], key: Callable[[str], str]) -> None:
        """``key`` folds the forms of an address into one."""
        self._key = key
        self._streams: dict[Path, IO[bytes]] = {}
        self._captures: dict[str, _Captures] = {}
        self._by_digest: dict[str, tuple[Path, int]] = {}
        self._by_time: dict[tuple[str, datetime], tuple[Path, int]] = {}
        for file in files:
            self._index(file)

    def answer(self, url: str) -> Answer | None:
        """The next answer of a page, ``None`` where the archive has none."""
        captures = self._captures.get(self._key(url))
        if captures is None:
            return None
        index = captures.asked
        captures.asked += 1
        if index < len(captures.places):
            return self._whole(*captures.places[index][:2])
        good = [place for place in captures.places if place[2] == 200 or place[3] == "revisit"]
        return self._whole(*(good or captures.places)[-1][:2])

    def close(self) -> None:
        """Close the files."""
        for stream in self._streams.values():
            stream.close()

    def _index(self, file: Path) -> None:
        for offset, answer in read_answers(file):
            place = (file, offset)
            captures = self._captures.setdefault(self._key(answer.url), _Captures())
            captures.places.append((*place, answer.status, answer.type))
            if answer.type != "revisit":
                self._by_time[self._key(answer.url), answer.captured_at] = place
                if answer.digest:
                    self._by_digest.setdefault(answer.digest, place)

    def _whole(self, file: Path, offset: int) -> Answer | None:
        answer = self._read(file, offset)
        if answer.type != "revisit" and answer.status != 304:
            return answer
        return self._referred(answer)

    def _referred(self, answer: Answer) -> Answer | None:
        """The record that a revisit (or a 304) stands for, seen at the revisit's time."""
        key = self._key(answer.url)
        place = None
        if answer.refers_to:
            place = self._by_time.get((key, warc_time(answer.refers_to)))
        if place is None and answer.digest:
            place = self._by_digest.get(answer.digest)
        if place is None:
            earlier = [
                (when, where)
                for (url, when), where in self._by_time.items()
                if url == key and when <= answer.captured_at
            ]
            place = max(earlier)[1] if earlier else None
        if place is None:
            return None
        whole = self._read(*place)
        if whole.status == 304:
            return None
        return Answer(answer.url, whole.status, whole.headers, whole.body, answer.captured_at)

    def _read(self, file: Path, offset: int) -> Answer:
        if file not in self._streams:
            self._streams[file] = open_archive(file)
        return answer_at(self._streams[file], offset)

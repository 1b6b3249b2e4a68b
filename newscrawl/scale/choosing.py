"""Which of several captures of a story stay: the same however many tasks there were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from struct import Struct
from typing import NamedTuple

import orjson
from datatrove.data import Document
from datatrove.io import DataFolder, DataFolderLike, get_datafolder
from datatrove.pipeline.base import PipelineStep

from newscrawl.scale.kept import VERSIONS

_CLUSTERS = Struct("<2I")
_REMOVED = Struct("<I")
#: Behind all times.
_NEVER = "9999"


class Capture(NamedTuple):
    """A record of the first stage as it was noted, and where it stands: its task and number."""

    url_hash: str
    fetched_at: str
    file: str
    offset: int
    content_hash: str
    published_at: str | None
    rank: int
    number: int


class ChooseRecords(PipelineStep):
    """Numbers the versions of each address, and picks one record of each cluster of near copies.

    datatrove keeps whichever of a cluster its union-find ends at, which depends on how the archives
    were parted among the tasks. Here it is the newest version of the story that came out first.
    """

    type = "🫂 - DEDUP"
    name = "📰 Choice"

    def __init__(
        self, notes: DataFolderLike, clusters: DataFolderLike, output: DataFolderLike
    ) -> None:
        super().__init__()
        self.notes = get_datafolder(notes)
        self.clusters = get_datafolder(clusters)
        self.output = get_datafolder(output)

    def run(
        self, data: Iterator[Document] | None = None, rank: int = 0, world_size: int = 1
    ) -> None:
        """Write for each task the numbers that go, and the versions beyond the first."""
        assert world_size == 1, "who chooses must know all records"
        with self.track_time("run"):
            captures = list(_noted(self.notes))
            versions = number_versions(captures)
            copies = near_copies(versions, dict(_clustered(self.clusters)))
        repeated = [one for one in captures if one not in versions]
        self.stat_update("records", value=len(captures))
        self.stat_update("repeated", value=len(repeated))
        self.stat_update("near_copies", value=len(copies))
        removed = {one: (one.number,) for one in (*repeated, *copies)}
        self._write("remove", _REMOVED, removed)
        later = {one: (one.number, version) for one, version in versions.items() if version > 1}
        self._write("versions", VERSIONS, later)

    def _write(self, what: str, form: Struct, rows: Mapping[Capture, tuple[int, ...]]) -> None:
        parted = defaultdict(list)
        for capture, row in rows.items():
            parted[capture.rank].append(row)
        for rank, found in parted.items():
            with self.output.open(f"{rank:06d}.{what}", "wb") as out:
                out.write(b"".join(form.pack(*row) for row in sorted(found)))


def number_versions(captures: list[Capture]) -> dict[Capture, int]:
    """Version of each capture that tells its story anew; the others repeat what was known.

    The order is that of the captures' times, then that of the archives.
    """
    versions: dict[Capture, int] = {}
    known: dict[str, tuple[int, str]] = {}
    for one in sorted(captures, key=lambda one: (one.fetched_at, one.file, one.offset)):
        version, story = known.get(one.url_hash, (0, ""))
        if story != one.content_hash:
            versions[one] = version + 1
            known[one.url_hash] = version + 1, one.content_hash
    return versions


def near_copies(
    versions: dict[Capture, int], cluster_of: dict[tuple[int, int], int]
) -> list[Capture]:
    """What goes of each cluster (``cluster_of`` maps task and number of a record to it)."""
    clusters = defaultdict(list)
    for one in versions:
        cluster = cluster_of.get((one.rank, one.number))
        if cluster is not None:
            clusters[cluster].append(one)
    gone = []
    for members in clusters.values():
        first = min(members, key=lambda one: (one.published_at or _NEVER, one.fetched_at, one))
        told = [one for one in members if one.url_hash == first.url_hash]
        newest = max(told, key=lambda one: versions[one])
        gone += [one for one in members if one is not newest]
    return gone


def _noted(folder: DataFolder) -> Iterator[Capture]:
    for name in folder.list_files():
        rank = int(name.removesuffix(".jsonl"))
        for number, line in enumerate(folder.read_bytes(name).splitlines()):
            yield Capture._make([*orjson.loads(line), rank, number])


def _clustered(folder: DataFolder) -> Iterator[tuple[tuple[int, int], int]]:
    """Task and number of each record that has a near copy, with its cluster."""
    for name in folder.list_files(glob_pattern="*.clusters"):
        rank = int(name.removesuffix(".clusters"))
        for number, cluster in _CLUSTERS.iter_unpack(folder.read_bytes(name)):
            yield (rank, number), cluster

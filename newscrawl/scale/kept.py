"""Records between two stages: a file of each task, and a short note of each record."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import orjson
from datatrove.data import Document
from datatrove.io import DataFolderLike, get_datafolder
from datatrove.pipeline.base import PipelineStep

#: What choosing among records needs to know of each; in this order in every line.
NOTED = ("url_hash", "fetched_at", "file", "offset", "content_hash", "published_at")
VERSIONS = struct.Struct("<2I")


class NoteRecords(PipelineStep):
    """Hands records on and notes :data:`NOTED` of each, one line of JSON."""

    type = "💽 - WRITER"
    name = "📰 Notes"

    def __init__(self, folder: DataFolderLike) -> None:
        super().__init__()
        self.folder = get_datafolder(folder)

    def run(
        self, data: Iterator[Document], rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """The same documents."""
        with self.folder.open(f"{rank:05d}.jsonl", "wb") as out:
            for record in data:
                known = {**record.metadata, "url_hash": record.id}
                out.write(orjson.dumps([known[name] for name in NOTED]) + b"\n")
                yield record


class ReadRecords(PipelineStep):
    """The records that a task of the first stage kept, with the versions that they have.

    datatrove's JsonlReader would not do: it parts the files that are there among the tasks, so a
    task that kept nothing would shift all others, and it leaves out documents without text. Either
    takes the numbers, by which the copies are named, from under the filter.
    """

    type = "📖 - READER"
    name = "📰 Records"

    def __init__(self, folder: DataFolderLike, chosen: DataFolderLike) -> None:
        super().__init__()
        self.folder = get_datafolder(folder)
        self.chosen = get_datafolder(chosen)

    def run(
        self, data: Iterator[Document] | None = None, rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """Documents in the order in which they were kept."""
        name = f"{rank:05d}.jsonl.gz"
        if not self.folder.isfile(name):
            return
        versions = self._versions(rank)
        with self.folder.open(name, "rb", compression="gzip") as lines:
            for number, line in enumerate(lines):
                kept = orjson.loads(line)
                kept["metadata"]["version"] = versions.get(number, 1)
                yield Document(kept.get("text", ""), kept["id"], metadata=kept["metadata"])

    def _versions(self, rank: int) -> dict[int, int]:
        name = f"{rank:06d}.versions"
        if not self.chosen.isfile(name):
            return {}
        return dict(VERSIONS.iter_unpack(self.chosen.read_bytes(name)))


class Publish(PipelineStep):
    """Moves the file of a task to where people look once it is whole."""

    type = "💽 - WRITER"
    name = "📰 Publish"

    def __init__(self, source: DataFolderLike, target: DataFolderLike, name: str) -> None:
        super().__init__()
        self.source = get_datafolder(source)
        self.target = get_datafolder(target)
        self.file = name

    def run(
        self, data: Iterator[Document], rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """The same documents; behind the last one the writer before has closed its file."""
        yield from data
        name = self.file.replace("${rank}", f"{rank:05d}")
        if self.source.isfile(name):
            self.source.fs.mv(self.source.resolve_paths(name), self.target.resolve_paths(name))

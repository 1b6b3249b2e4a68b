"""A disk as a loss of power may leave it, from what a command did to it.

Bytes, sizes and names are on the disk once they are synced: a file's bytes with the file, a name
with the folder that holds it. Of what was not synced yet everything, nothing, or a part may be
there. Names of one folder come in their order, as a journal keeps them, and a rename from one
folder to another is in both or in neither; bytes know no order.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: Lost with the power whatever is done: SQLite's shared memory.
_VOLATILE = "-shm"
#: What becomes of names, and of the bytes of each file, that were not synced.
NAMES = ("none", "all", "some")
BYTES = ("dropped", "all", "torn", "reordered", "zeros", "mixed")


@dataclass(frozen=True)
class Event:
    """One thing that was done: its letter as ``shim.c`` has it."""

    what: str
    inode: int
    offset: int
    path: str
    data: bytes


def read_journal(journal: Path) -> list[Event]:
    """All that was done, in order."""
    events, data, place = [], journal.read_bytes() if journal.exists() else b"", 0
    while place < len(data):
        end = data.index(b"\n", place)
        what, inode, offset, path_length, length = data[place:end].split(b" ")
        begin = end + 1 + int(path_length)
        place = begin + int(length)
        path = data[end + 1 : begin].decode()
        events.append(Event(what.decode(), int(inode), int(offset), path, data[begin:place]))
    return events


@dataclass(eq=False)
class File:
    """Bytes that are on the disk, and writes (offset, data; ``None``: cut there) that are not."""

    content: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        self.content = _applied(self.content, self.pending)
        self.pending = []

    def after(self, how: str, chance: random.Random) -> bytes:
        """What is there after a loss of power."""
        if how == "mixed":
            how = chance.choice(BYTES[:-1])
        writes = self.pending
        if how == "dropped":
            writes = []
        elif how == "torn" and writes:
            writes = writes[: chance.randrange(len(writes)) + 1]
            offset, data = writes[-1]
            if data is not None:
                writes = [*writes[:-1], (offset, data[: chance.randrange(len(data) + 1)])]
        elif how == "reordered":
            writes = [write for write in writes if chance.random() < 0.5]
        elif how == "zeros":
            writes = [(at, data and bytes(len(data))) for at, data in writes]
        return _applied(self.content, writes)


@dataclass(eq=False)
class Change:
    """A name given or taken away; of a rename from elsewhere both folders have it."""

    target: Folder | None
    name: str
    node: Node | None
    source: Folder | None = None
    old: str = ""

    def apply(self, folder: Folder) -> None:
        if folder is self.source:
            folder.names.pop(self.old, None)
        if folder is self.target:
            if self.node is None:
                folder.names.pop(self.name, None)
            else:
                folder.names[self.name] = self.node

    def folders(self) -> Iterator[Folder]:
        for folder in (self.source, self.target):
            if folder is not None:
                yield folder


@dataclass(eq=False)
class Folder:
    """Names that are on the disk, and changes of names that are not."""

    names: dict[str, Node] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)
    now: dict[str, Node] = field(default_factory=dict)
    """Names as programs see them."""

    def sync(self) -> None:
        if self.pending:
            settle(self.pending[-1])


Node = File | Folder


def settle(change: Change) -> None:
    """A change of names has come to the disk, with all that came before it in its folders."""
    for folder in change.folders():
        while change in folder.pending:
            first = folder.pending.pop(0)
            first.apply(folder)
            if first is not change and len(list(first.folders())) == 2:
                settle(first)


def _applied(content: bytes, writes: Sequence[tuple[int, bytes | None]]) -> bytes:
    if not writes:
        return content
    found = bytearray(content)
    for offset, data in writes:
        if data is None:
            found[offset:] = bytes(max(0, offset - len(found)))
        else:
            found.extend(bytes(max(0, offset - len(found))))
            found[offset : offset + len(data)] = data
    return bytes(found)


class Disk:
    """What is on a disk and what is not, while events come in."""

    def __init__(self, root: Path) -> None:
        """Begins with all that is there below a folder, as if it had been synced."""
        self.root = root
        self._inodes: dict[int, Node] = {}
        self._top = self._read(root)

    def _read(self, path: Path) -> Folder:
        folder = Folder()
        self._inodes[path.stat().st_ino] = folder
        for entry in path.iterdir():
            node: Node = self._read(entry) if entry.is_dir() else File(entry.read_bytes())
            self._inodes[entry.stat().st_ino] = node
            folder.names[entry.name] = folder.now[entry.name] = node
        return folder

    def take(self, event: Event) -> None:
        """One more thing was done."""
        if event.what in "CM":
            node: Node = File() if event.what == "C" else Folder()
            self._inodes[event.inode] = node
            self._change(event.path, node)
        elif event.what == "U":
            self._change(event.path, None)
        elif event.what == "R":
            self._rename(event.path, event.data.decode())
        elif event.what in "WTS" and event.inode in self._inodes:
            self._write(self._inodes[event.inode], event)

    @staticmethod
    def _write(node: Node, event: Event) -> None:
        if event.what == "S":
            node.sync()
        elif isinstance(node, File):
            node.pending.append((event.offset, event.data if event.what == "W" else None))

    def _change(self, path: str, node: Node | None) -> None:
        folder, name = self._place(path)
        _show(folder, name, node)
        folder.pending.append(Change(folder, name, node))

    def _rename(self, old: str, new: str) -> None:
        (source, name), (target, new_name) = self._place(old), self._place(new)
        node = source.now[name]
        _show(source, name, None)
        _show(target, new_name, node)
        change = Change(target, new_name, node, source, name)
        for folder in {id(folder): folder for folder in change.folders()}.values():
            folder.pending.append(change)

    def _place(self, path: str) -> tuple[Folder, str]:
        *above, name = Path(path).relative_to(self.root).parts
        folder = self._top
        for part in above:
            found = folder.now[part]
            assert isinstance(found, Folder)
            folder = found
        return folder, name

    def lose_power(self, chance: random.Random) -> str:
        """Write the root anew as it may be afterwards; gives how that was chosen. Ends this."""
        names, how = chance.choice(NAMES), chance.choice(BYTES)
        for folder in list(self._folders(self._top)):
            if folder.pending and names != "none":
                last = len(folder.pending) - 1 if names == "all" else None
                number = chance.randint(-1, len(folder.pending) - 1) if last is None else last
                if number >= 0:
                    settle(folder.pending[number])
        shutil.rmtree(self.root)
        self._write_out(self._top, self.root, how, chance)
        return f"unsynced names: {names}, bytes: {how}"

    def _folders(self, folder: Folder) -> Iterator[Folder]:
        yield folder
        for node in [*folder.now.values(), *folder.names.values()]:
            if isinstance(node, Folder):
                yield from self._folders(node)

    def _write_out(self, folder: Folder, path: Path, how: str, chance: random.Random) -> None:
        path.mkdir()
        for name, node in folder.names.items():
            if isinstance(node, Folder):
                self._write_out(node, path / name, how, chance)
            elif not name.endswith(_VOLATILE):
                (path / name).write_bytes(node.after(how, chance))


def _show(folder: Folder, name: str, node: Node | None) -> None:
    if node is None:
        folder.now.pop(name, None)
    else:
        folder.now[name] = node

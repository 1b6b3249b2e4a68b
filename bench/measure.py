"""One set at one size, in a process of its own; prints figures as JSON.

``python -m bench.measure fill|measure SET SIZE FOLDER``
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.sets import FINDABLE, SETS, KnownSet, StoreSet
from newscrawl.store.database import FILE

#: Links a transaction: those of a listing page, and a heap that no crawl makes at once.
PAGE, HEAP = 20, 1000
_LOOKUPS = 20_000
_INSERTS = 20_000
_SETTLED = 2_000
_SYNCS = 300
#: A page of links changes about as many pages of the database, each of 4 KB.
_SYNCED = 4096 * (PAGE + 1)


@dataclass(frozen=True)
class Figures:
    """Rates are links a second; memory is in MB of 10**6 bytes."""

    insert_page: float
    insert_heap: float
    known: float
    unknown: float
    settle: float | None
    """One a transaction; ``None`` where the set has no debts."""
    open_s: float
    peak_mb: float
    """Resident memory of the whole process at its peak."""
    own_mb: float
    """What opening and using the set added to the process."""
    bytes_a_link: float
    """On the disk, before anything is inserted."""
    syncs: float
    """What the disk allowed just then: see :func:`syncs`."""


def measure(name: str, size: int, folder: Path) -> Figures:
    """Open a filled set, look links up, and insert on top of what is there."""
    before = _peak_mb()
    on_disk = _bytes(folder) - _empty_bytes(name)
    began = time.perf_counter()
    known = SETS[name](folder)
    open_s = time.perf_counter() - began
    rate_known, rate_unknown = _look_ups(known, name, size)
    count = min(_INSERTS, max(size // 5, HEAP))
    insert_page = _inserts(known, range(size, size + count), PAGE)
    insert_heap = _inserts(known, range(size + count, size + 2 * count), HEAP)
    settle = None
    if isinstance(known, StoreSet):
        owed = range(size, size + min(_SETTLED, count))
        settle = _settles(known, owed)
    allowed = syncs(folder)
    peak = _peak_mb()
    known.close()
    return Figures(
        insert_page,
        insert_heap,
        rate_known,
        rate_unknown,
        settle,
        open_s,
        peak,
        peak - before,
        on_disk / size,
        allowed,
    )


def fill(name: str, size: int, folder: Path) -> float | None:
    """Fill a set; gives the bytes a link that the store would take if it were built anew."""
    SETS[name].fill(folder, size)
    if name != "store":
        return None
    with TemporaryDirectory(dir=folder.parent) as other:
        anew = Path(other) / FILE
        with closing(sqlite3.connect(folder / FILE)) as connection:
            connection.execute("VACUUM INTO ?", (str(anew),))
        return (_bytes(anew.parent) - _empty_bytes(name)) / size


def syncs(folder: Path) -> float:
    """What the disk allows: writes a second, each of one transaction's bytes and brought to it."""
    data = os.urandom(_SYNCED)
    path = folder / "syncs"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        began = time.perf_counter()
        for number in range(_SYNCS):
            os.pwrite(descriptor, data, number * _SYNCED)
            os.fdatasync(descriptor)
        return _SYNCS / (time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()


def _look_ups(known: KnownSet, name: str, size: int) -> tuple[float, float]:
    random = Random(size)
    findable = range(max(0, size - FINDABLE), size) if name == "filter" else range(size)
    old = [known.key(random.choice(findable)) for _ in range(_LOOKUPS)]
    new = [known.key(size + 10**9 + number) for number in range(_LOOKUPS)]
    return (
        _rate(_LOOKUPS, lambda: known.has(old), found=_LOOKUPS),
        _rate(_LOOKUPS, lambda: known.has(new), found=0),
    )


def _inserts(known: KnownSet, numbers: range, step: int) -> float:
    pages = [numbers[begin : begin + step] for begin in range(0, len(numbers), step)]
    return _rate(len(numbers), lambda: sum(map(known.add, pages)), found=len(numbers))


def _settles(known: StoreSet, numbers: range) -> float:
    return _rate(len(numbers), lambda: known.settle_each(numbers), found=len(numbers))


def _rate(count: int, work: Callable[[], int], *, found: int) -> float:
    """Links a second; the work must have found as many as it should."""
    began = time.perf_counter()
    told = work()
    seconds = time.perf_counter() - began
    if told != found:
        raise ValueError(f"{told} of {count} links were found, {found} should be")
    return count / seconds


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _empty_bytes(name: str) -> int:
    with TemporaryDirectory() as empty:
        SETS[name].fill(Path(empty), 0)
        return _bytes(Path(empty))


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024e-6
    raise OSError("/proc/self/status names no peak: this benchmark needs Linux")


def main(arguments: list[str]) -> None:
    """The command line that :mod:`bench.known_set` uses."""
    work, name, size, folder = arguments
    given = name, int(size), Path(folder)
    print(json.dumps(fill(*given) if work == "fill" else asdict(measure(*given))))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Records in the order of the archives: what changes is a version, what is the same is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from newscrawl.extracting.gathered import Gathered
from newscrawl.extracting.index import Known
from newscrawl.extracting.plan import Task
from newscrawl.extracting.revisits import NO_BODY, Revisits
from newscrawl.lines import to_line


class Merged:
    """The records of an extract as lines; ``written`` counts them."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._index = gathered.index
        self._revisits = Revisits(gathered)
        self.written = 0

    def lines(self, done: Iterable[Task]) -> Iterator[bytes]:
        """Every version once. A revisit whose body comes later takes its turn at the end."""
        try:
            for known, line in self._gathered.captures(done):
                if known.seen.is_revisit:
                    yield from self._revisit(known, is_last_turn=False)
                else:
                    yield from self._take(known, line)
            for known in self._index.waiting():
                yield from self._revisit(known, is_last_turn=True)
        finally:
            self._revisits.close()

    def summary(self) -> str:
        """One line for people."""
        left_out = sorted(self._gathered.left_out.items())
        reasons = ", ".join(f"{reason} {number}" for reason, number in left_out)
        return f"{self.written} records" + (f"; left out: {reasons}" if reasons else "")

    def _revisit(self, known: Known, *, is_last_turn: bool) -> Iterator[bytes]:
        found = self._revisits.resolve(known)
        if isinstance(found, Known):
            yield from self._take(found)
        elif found is None and not is_last_turn:
            self._index.wait(known)
        else:
            self._gathered.left_out[found or NO_BODY] += 1

    def _take(self, known: Known, line: bytes = b"") -> Iterator[bytes]:
        """The record, unless the last version of its article tells the same."""
        assert known.seen.key is not None
        assert known.seen.story is not None
        version = self._index.version(known.seen.key, known.seen.story)
        if version is None:
            self._gathered.left_out["repeated"] += 1
            return
        self.written += 1
        if version > 1 or not line:
            record = self._gathered.record(known)
            record["version"] = version
            line = to_line(record)
        yield line

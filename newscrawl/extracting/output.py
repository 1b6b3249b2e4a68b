"""Where records go: standard output, or a file that is written aside and renamed when whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import orjson

from newscrawl.errors import CrawlError, UsageProblem
from newscrawl.items import Article


class Output:
    """What ``-o`` names."""

    def __init__(self, name: str | None) -> None:
        self.path = None if name in (None, "-") else Path(str(name))
        self.is_parquet = self.path is not None and self.path.name.endswith(".parquet")

    def check(self) -> None:
        """Refuse, before anything is read, what cannot or must not be written."""
        if self.is_parquet:
            from newscrawl.groups import need

            need("pyarrow.parquet", "dataset", "a Parquet file")
        if self.path is not None and self.path.exists() and not _is_ours(self.path):
            raise UsageProblem(
                f"{self.path} exists and was not made by an extract: name another file, or remove"
                " it"
            )

    def write(self, lines: Iterator[bytes]) -> None:
        """Write records, given as lines."""
        with self._open() as out:
            if self.is_parquet:
                from newscrawl.exports.parquet import write_parquet

                write_parquet((Article(**orjson.loads(line)) for line in lines), out)
                return
            for line in lines:
                out.write(line)

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        if self.path is None:
            with _heard():
                yield sys.stdout.buffer
                sys.stdout.buffer.flush()
            return
        aside = self.path.with_name(self.path.name + ".part")
        try:
            with aside.open("wb") as out:
                yield out
            aside.replace(self.path)
        except OSError as error:
            raise UsageProblem(f"cannot write {self.path} ({error.strerror})") from None
        finally:
            aside.unlink(missing_ok=True)


@contextmanager
def _heard() -> Iterator[None]:
    """Whoever reads standard output may have had enough."""
    try:
        yield
    except BrokenPipeError:
        # Python would try to write the rest at its end, and fail once more.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise CrawlError("nobody reads standard output any more: stopped") from None


def _is_ours(path: Path) -> bool:
    """Whether a file begins like what an extract writes (an empty one does no harm)."""
    with path.open("rb") as file:
        begin = file.read(80)
    return not begin or begin.startswith((b'{"url":"https://', b"PAR1"))

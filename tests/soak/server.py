"""A generated stand-in site in a process of its own, with faults at first tries.

It remembers no request: only which faults it has played. ``python -m tests.soak.server --help``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from fixtures import body
from fixtures.loopback import Loopback, write_seeds, written
from fixtures.site import Answer, StandInSite
from tests.soak.faults import fault_of, wrong_status

#: Numbers of listing pages have three digits.
_PER_COLUMN = 20_000
_PIECES, _PIECE_S = 5, 0.1
_RESET = struct.pack("ii", 1, 0)


class SoakServer(Loopback):
    """Plays each article's fault at its first request."""

    def __init__(self, site: StandInSite, share: float) -> None:
        super().__init__(site)
        self.played: Counter[str] = Counter()
        self._share = share
        self._articles = {urlsplit(article.url).path for article in site.articles()}
        self._done: set[str] = set()

    async def reply(
        self, path: str, headers: Mapping[str, str], writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; ``False`` when the connection is over with it."""
        fault = self._fault(path)
        answer = self.site.answer(path, headers)
        whole = written(answer)
        middle = len(whole) // 2
        if fault == "unavailable":
            writer.write(written(Answer(503)))
        elif fault == "wrong_status":
            writer.write(written(Answer(wrong_status(path), answer.headers, answer.body)))
        elif fault == "empty":
            writer.write(written(Answer(200, answer.headers)))
        elif fault == "cut":
            half = answer.body[: answer.body.index(b"</main>")]
            writer.write(written(Answer(200, answer.headers, half)))
        elif fault == "slow":
            await _drip(whole, writer)
        elif fault == "truncated":
            writer.write(whole[:middle])
            return False
        elif fault in ("reset", "torn"):
            await _reset(whole[:middle] if fault == "torn" else b"", writer)
            return False
        else:
            writer.write(whole)
        return True

    def _fault(self, path: str) -> str | None:
        """The fault to play, once for each article that has one."""
        if path in self._done or path not in self._articles:
            return None
        fault = fault_of(path, self._share)
        if fault is not None:
            self._done.add(path)
            self.played[fault] += 1
        return fault


def prepare(site: StandInSite, folder: Path) -> None:
    """Write what a crawl needs, ``seeds/``, and what it must find, ``truth.txt``.

    A line of the truth is a canonical URL, a tab, and SHA-256 of the text in hexadecimal.
    """
    seeds = folder / "seeds"
    seeds.mkdir()
    write_seeds(site, seeds)
    with (folder / "truth.txt").open("w") as truth:
        for article in site.articles():
            truth.write(f"{article.url}\t{sha256(body.text(article).encode()).hexdigest()}\n")


async def _drip(whole: bytes, writer: asyncio.StreamWriter) -> None:
    size = -(-len(whole) // _PIECES)
    for begin in range(0, len(whole), size):
        await asyncio.sleep(_PIECE_S)
        writer.write(whole[begin : begin + size])
        await writer.drain()


async def _reset(first: bytes, writer: asyncio.StreamWriter) -> None:
    """Send some bytes, if any, and then a reset in place of an end."""
    writer.write(first)
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


def main() -> None:
    """First line of the output: the origin; at SIGTERM the last one: faults played, as JSON."""
    parser = argparse.ArgumentParser(description="Serve a generated stand-in site with faults.")
    parser.add_argument("folder", type=Path, help="where seeds/ and truth.txt are written")
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--faults", type=float, default=0.02)
    parser.add_argument("--weight", type=int, default=272_000, help="bytes added to every page")
    options = parser.parse_args()
    columns = max(3, -(-options.articles // _PER_COLUMN))
    site = StandInSite.generated(articles=options.articles, columns=columns, weight=options.weight)
    prepare(site, options.folder)
    soak = SoakServer(site, options.faults)
    asyncio.run(soak.serve())
    print(json.dumps(soak.played), flush=True)


if __name__ == "__main__":
    main()

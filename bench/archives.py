"""From WARC files to Parquet: pages a second on one processor and on all, beside other ways.

fundus reads its archives over HTTP, as it reads those of Common Crawl: here from this process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from bench.environments import FUNDUS, OTHERS, OWN, ROOT, processor, versions
from bench.goals import Goal, at_least, at_most
from bench.pages import EDITIONS, pages
from bench.processes import Failed, Used, measured
from bench.sections import rendered
from bench.spread import ratios, spread

ONE, ALL = "newscrawl, one processor", "newscrawl, all processors"
FUNDUS_PATH, WARCIO = "fundus' path for CC-NEWS", "warcio + trafilatura"
#: Wanted: pages a second beside fundus; from one processor to two; memory with four times as much.
FASTER, CORES, FLAT = 5.0, 1.8, 1.1
_FILES = 4


def run(articles: int, rounds: int) -> dict[str, Any]:
    """Archives of so many articles of each edition, read in turn."""
    with TemporaryDirectory(prefix="archives-") as place:
        folder = Path(place)
        count = articles * len(EDITIONS)
        with _served(folder) as origin:
            archives = _write(folder, articles)
            size = sum(path.stat().st_size for path in archives)
            ways = _ways(folder, archives, origin)
            used: dict[str, list[Used]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, way in ways.items():
                    used[name].append(way())
        quarter = _ours(folder, archives[:1], 1)
    speed = {name: [count / one.seconds for one in found] for name, found in used.items()}
    return {
        "pages": count,
        "files": _FILES,
        "rounds": rounds,
        "processors": os.cpu_count(),
        "ways": [
            {
                "way": name,
                "pages_s": spread(speed[name]),
                "mb_s": spread([size / 1e6 / one.seconds for one in found]),
                "cpu_ms": spread([1000 * one.cpu_s / count for one in found]),
                "all_mb": spread([one.all_mb for one in found]),
                "ours_beside": ratios(speed[ONE], speed[name]),
            }
            for name, found in used.items()
        ],
        "cores": ratios(speed[ALL], speed[ONE]) if ALL in speed else None,
        "quarter_mb": quarter.all_mb,
        "versions": versions("warcio", "pyarrow"),
    }


def _ways(folder: Path, archives: Sequence[Path], origin: str) -> dict[str, Callable[[], Used]]:
    """Those whose environment is there."""
    processors = len(os.sched_getaffinity(0))
    found: dict[str, Callable[[], Used]] = {ONE: lambda: _ours(folder, archives, 1)}
    if processors > 1:
        found[ALL] = lambda: _ours(folder, archives, processors)
    if FUNDUS.exists():
        addresses = [f"{origin}/{path.name}" for path in archives]
        found[FUNDUS_PATH] = partial(_peer, FUNDUS, "fundus", folder, addresses)
    if OTHERS.exists():
        found[WARCIO] = partial(_peer, OTHERS, "trafilatura", folder, list(map(str, archives)))
    return found


def _ours(folder: Path, archives: Sequence[Path], jobs: int) -> Used:
    out = folder / "out.parquet"
    out.unlink(missing_ok=True)
    return measured(
        [OWN, "-m", "scrapy", "extract", *archives, "-o", out, "--jobs", jobs],
        cwd=ROOT,
        output=folder / "told",
        cpu=processor(-1) if jobs == 1 else None,
    )


def _peer(interpreter: Path, name: str, folder: Path, archives: Sequence[str]) -> Used:
    out = folder / "out.jsonl"
    used = measured(
        [interpreter, "-m", "bench.peers.archives", name, out, *archives],
        cwd=ROOT,
        output=folder / "told",
        cpu=processor(-1),
    )
    if not out.stat().st_size:
        raise Failed(f"{name} gave no record")
    return used


def _write(folder: Path, articles: int) -> list[Path]:
    """Pages dealt out to archives, each record a gzip member as usual."""
    paths = [folder / f"part-{number}.warc.gz" for number in range(_FILES)]
    streams = [path.open("wb") for path in paths]
    try:
        writers = [WARCWriter(stream, gzip=True, warc_version="1.1") for stream in streams]
        heavy = (page for page in pages(articles) if page.form == "320 KB")
        for number, page in enumerate(heavy):
            head = StatusAndHeaders(
                "200 OK", [("Content-Type", "text/html; charset=UTF-8")], protocol="HTTP/1.1"
            )
            writer = writers[number % _FILES]
            writer.write_record(
                writer.create_warc_record(
                    page.url,
                    "response",
                    payload=BytesIO(page.body),
                    http_headers=head,
                    warc_headers_dict={"WARC-Date": "2026-07-01T12:00:00Z"},
                )
            )
    finally:
        for stream in streams:
            stream.close()
    return paths


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Files of a folder over HTTP on 127.0.0.1."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing to tell."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def goals(found: dict[str, Any]) -> list[Goal]:
    """Speed beside fundus, on more processors, and memory."""
    ways = {way["way"]: way for way in found["ways"]}
    flat = ways[ONE]["all_mb"]["median"] / found["quarter_mb"]
    told = []
    if FUNDUS_PATH in ways:
        faster = ways[FUNDUS_PATH]["ours_beside"]["median"]
        told.append(at_least("pages a second beside fundus", FASTER, faster))
    if found["cores"] is not None:
        named = f"from one processor to {found['processors']}"
        told.append(at_least(named, CORES, found["cores"]["median"]))
    told.append(at_most(f"memory with {found['files']} times as many pages", FLAT, flat))
    return told


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/benchmarks.md``."""
    return rendered("archives.md.j2", found=found, goals=goals(found))

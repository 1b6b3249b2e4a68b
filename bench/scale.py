"""What archives cost: rates of one core in each part of the pipeline, and what they make of a year.

``python -m bench.scale [--pages 1200] [--report FILE]`` prints them and writes their section of
``docs/scale.md``. Needs the group ``scale``. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashDedupSignature
from jinja2 import Environment, FileSystemLoader
from rich.console import Console
from rich.table import Table
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from bench.sections import write_section
from fixtures.build import ARCHIVE
from newscrawl.archives.reading import read_answers
from newscrawl.rfi import SITE
from newscrawl.scale.choosing import Capture, near_copies, number_versions
from newscrawl.scale.pages import ReadPages
from newscrawl.scale.records import ExtractRecords
from newscrawl.scale.shingles import NewsTokens, minhash_config
from newscrawl.scale.stages import parquet_writer
from newscrawl.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
#: CC-NEWS from August 2016 to September 2022: bytes of WARC, and years.
ALL_BYTES, ALL_YEARS = 25 * 2**40, 6 + 1 / 12
#: Pages of the site in a year of CC-NEWS. Nobody has counted them for this: put your own number in.
SITE_PAGES = 200_000
_ROUNDS = 3
_CORES = (1, 8, 64, 512)
#: What each page of the site goes through.
_EACH = ("extracting_pages", "signing_records", "writing_records")
_NETWORKS = {"1 Gbit/s": 125e6, "10 Gbit/s": 1250e6}


def run(pages: int) -> dict[str, Any]:
    """Rates of one core, the best of some rounds each, and what they make of a year."""
    with TemporaryDirectory(prefix="scale-") as place:
        folder = Path(place)
        own, foreign = folder / "own", folder / "foreign"
        sizes = [_archive(own, pages, foreign=False), _archive(foreign, pages, foreign=True)]
        records = list(ExtractRecords().run(ReadPages(str(own)).run()))
        passing = _best(lambda: _drain(ReadPages(str(foreign)).run()))
        extracting = _best(lambda: _drain(ExtractRecords().run(ReadPages(str(own)).run())))
        signing = _best(lambda: _sign(records, folder / "signatures"))
        writing = _best(lambda: _drain(parquet_writer(str(folder / "p")).run(iter(records))))
    config = minhash_config()
    rates = {
        "passing_mb": sizes[1] / passing / 1e6,
        "passing_pages": pages / passing,
        "extracting_mb": sizes[0] / extracting / 1e6,
        "extracting_pages": pages / extracting,
        "signing_records": len(records) / signing,
        "writing_records": len(records) / writing,
    }
    return {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "pages": pages,
        "kilobytes_a_page": sizes[1] / pages / 1e3,
        "rates": rates,
        "year": _year(rates),
        "signature_bytes": config.num_buckets * (8 * config.hashes_per_bucket + 4),
        "choice_bytes": _choice_bytes(20_000),
        "versions": {
            "newscrawl": VERSION,
            "datatrove": version("datatrove"),
            "Python": platform.python_version(),
            "processors": str(os.cpu_count()),
        },
    }


def _year(rates: dict[str, float]) -> dict[str, Any]:
    """Core hours of a year, and hours with some numbers of cores and widths of the network."""
    size = ALL_BYTES / ALL_YEARS
    passing = size / (rates["passing_mb"] * 1e6) / 3600
    each = sum(1 / rates[name] for name in _EACH)
    own = SITE_PAGES * each / 3600
    return {
        "tebibytes": size / 2**40,
        "passing_hours": passing,
        "own_hours": own,
        "cores": {cores: (passing + own) / cores for cores in _CORES},
        "networks": {
            name: {"hours": size / width / 3600, "cores": width / 1e6 / rates["passing_mb"]}
            for name, width in _NETWORKS.items()
        },
    }


def _archive(folder: Path, pages: int, *, foreign: bool) -> int:
    """Bytes of an archive of article pages of the stand-in, of the site or of another host."""
    folder.mkdir()
    bodies = [
        (answer.url, answer.decoded()[0])
        for _, answer in read_answers(ARCHIVE)
        if answer.status == 200 and SITE.classify(answer.url) == "article"
    ]
    path = folder / "pages.warc.gz"
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True, warc_version="1.1")
        for url, body in islice(cycle(bodies), pages):
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            if foreign:
                url = url.replace("www.rfi.fr", "news.example")
            record = writer.create_warc_record(
                url, "response", payload=BytesIO(body), http_headers=head
            )
            writer.write_record(record)
    return path.stat().st_size


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest round."""
    seconds = []
    for _ in range(_ROUNDS):
        gc.collect()
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _drain(documents: Iterator[Document]) -> None:
    for _ in documents:
        pass


def _sign(records: list[Document], folder: Path) -> None:
    step = MinhashDedupSignature(str(folder), config=minhash_config(), language=NewsTokens())
    step.run(iter(records), 0, 1)


def _choice_bytes(count: int) -> float:
    """Bytes of memory that choosing takes for each record, all of them with a near copy."""
    tracemalloc.start()
    captures = [
        Capture(f"{n:032x}", f"2026-01-01T00:00:{n:06}", f"f{n}", n, f"{n:032x}", f"{n}", 0, n)
        for n in range(count)
    ]
    cluster_of = {(0, n): n // 2 for n in range(count)}
    gone = near_copies(number_versions(captures), cluster_of)
    assert len(gone) == count // 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / count


def section(found: dict[str, Any]) -> str:
    """The section of ``docs/scale.md``."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), keep_trailing_newline=True, trim_blocks=True
    )
    return environment.get_template("scale.md.j2").render(found=found, site_pages=SITE_PAGES)


def _print(found: dict[str, Any]) -> None:
    rates = found["rates"]
    table = Table(title="one core, pages or records a second, MB of WARC a second", box=None)
    for heading in ("part", "a second", "MB/s"):
        table.add_column(heading, justify="left" if heading == "part" else "right")
    table.add_row("pages of others", f"{rates['passing_pages']:,.0f}", f"{rates['passing_mb']:.1f}")
    table.add_row(
        "pages of the site", f"{rates['extracting_pages']:,.0f}", f"{rates['extracting_mb']:.1f}"
    )
    table.add_row("signing", f"{rates['signing_records']:,.0f}", "")
    table.add_row("writing Parquet", f"{rates['writing_records']:,.0f}", "")
    out = Console(width=120)
    out.print(table)
    hours = ", ".join(f"{cores}: {spent:,.1f} h" for cores, spent in found["year"]["cores"].items())
    out.print(f"a year of CC-NEWS ({found['year']['tebibytes']:.1f} TiB), by cores: {hours}")


def main(given: Sequence[str] | None = None) -> int:
    """Print and write; exit 2 when the numbers make no sense."""
    parser = argparse.ArgumentParser(description="Benchmark of archives on many cores.")
    parser.add_argument("--pages", type=int, default=1200)
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "scale.md")
    options = parser.parse_args(given)
    if not 10 <= options.pages <= 100_000:
        parser.error("--pages from 10 to 100000")
    found = run(options.pages)
    _print(found)
    write_section(options.report, section(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Finding stories: what is found of planted copies, and what it costs on as many texts as wanted.

``python -m bench.stories [--articles 200000] [--planted 20]`` prints both, and writes its section
of ``docs/benchmarks.md``; ``--report FILE`` writes it elsewhere.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from rich.console import Console
from rich.table import Table

from bench.planted import ALIKE, COPIES, ORIGINAL, SCRIPTS, TOPICS, Planted, planted
from bench.prose import AGAIN, records
from bench.sections import write_section
from newscrawl.stories import alike, cut, letters
from newscrawl.stories.grouping import Grouping
from newscrawl.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
#: What the project wants of 200,000 articles.
MINUTES = 10
_OTHER_SCRIPT = "the other Chinese script"
KINDS = (*COPIES, _OTHER_SCRIPT)
_EDITIONS = {
    "Han": ("cn", "tw"),
    "Khmer": ("km",),
    "Persian": ("fa",),
    "Cyrillic": ("ru", "uk"),
    "Latin": ("fr", "en", "es", "pt", "br", "ha", "sw", "ma", "ff", "vi"),
}


def quality(numbers: int) -> dict[str, Any]:
    """Part of the planted copies that are found, by kind and by script, and what is found wrongly.

    ``precision`` and ``recall`` are of pairs of articles.
    """
    given = list(planted(numbers))
    grouping = Grouping()
    for one in given:
        grouping.add(one.record)
    stories = grouping.stories()
    found = [(one, stories.of(one.record["url_hash"]).number) for one in given]
    originals = {(one.edition, one.number): told for one, told in found if one.kind == ORIGINAL}
    shares = _shares(found, originals)
    right = _pairs((one.truth, told) for one, told in found)
    return {
        "articles": len(given),
        "scripts": {
            script: {kind: _mean(shares, editions, kind) for kind in (*KINDS, ALIKE)}
            for script, editions in {**_EDITIONS, "all": sum(_EDITIONS.values(), ())}.items()
        },
        "precision": right / _pairs(told for _, told in found),
        "recall": right / _pairs(one.truth for one in given),
    }


def _shares(
    found: Iterable[tuple[Planted, int]], originals: dict[tuple[str, int], int]
) -> dict[tuple[str, str], list[bool]]:
    """Edition and kind to whether each was told right: copies with, others apart."""
    shares = defaultdict(list)
    for one, told in found:
        key = (one.edition, one.kind)
        if one.kind in COPIES:
            shares[key].append(told == originals[one.edition, one.number])
        elif one.kind == ALIKE:
            shares[key].append(told != originals[one.edition, one.number - TOPICS])
        elif one.edition == SCRIPTS[1]:
            shares[one.edition, _OTHER_SCRIPT].append(told == originals[SCRIPTS[0], one.number])
    return shares


def _mean(
    shares: dict[tuple[str, str], list[bool]], editions: Iterable[str], kind: str
) -> float | None:
    all_ = [each for edition in editions for each in shares.get((edition, kind), ())]
    return sum(all_) / len(all_) if all_ else None


def _pairs(labels: Iterable[object]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())


def cost(size: int) -> dict[str, float]:
    """Seconds and memory for texts of a newsroom's variety; making them is not counted."""
    letters._table()
    grouping, sketching = Grouping(), 0.0
    for record in records(size):
        began = time.perf_counter()
        grouping.add(record)
        sketching += time.perf_counter() - began
    began = time.perf_counter()
    stories = grouping.stories()
    return {
        "articles": size,
        "sketching_s": sketching,
        "grouping_s": time.perf_counter() - began,
        "peak_mb": _peak_mb(),
        "found": (size - len(stories)) / sum(_is_again(number) for number in range(size)),
    }


def _is_again(number: int) -> bool:
    return number // len(sum(_EDITIONS.values(), ())) % AGAIN == AGAIN - 1


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024e-6
    raise OSError("/proc/self/status names no peak: this benchmark needs Linux")


def section(told: dict[str, Any], spent: dict[str, float]) -> str:
    """The section of ``docs/benchmarks.md``."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), keep_trailing_newline=True, trim_blocks=True
    )
    return environment.get_template("stories.md.j2").render(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        told=told,
        spent=spent,
        kinds=[*KINDS, ALIKE],
        alike=alike.LEAST,
        cut=cut.LEAST,
        minutes=MINUTES,
        again=AGAIN,
        versions={
            "processors": os.cpu_count(),
            "newscrawl": VERSION,
            "rensa": version("rensa"),
            "Python": platform.python_version(),
        },
    )


def _print(told: dict[str, Any], spent: dict[str, float]) -> None:
    table = Table(title=f"{told['articles']:,} planted articles: found", box=None)
    table.add_column("")
    for script in told["scripts"]:
        table.add_column(script, justify="right")
    for kind in (*KINDS, ALIKE):
        shares = [shares[kind] for shares in told["scripts"].values()]
        table.add_row(kind, *("" if share is None else f"{share:.3f}" for share in shares))
    out = Console(width=120)
    out.print(table)
    out.print(f"of pairs: recall {told['recall']:.3f}, precision {told['precision']:.3f}")
    out.print(
        f"{spent['articles']:,} articles: {spent['sketching_s']:.1f} s of hashing,"
        f" {spent['grouping_s']:.1f} s of grouping, {spent['peak_mb']:.0f} MB;"
        f" {spent['found']:.3f} of the copies found"
    )


def main(given: Sequence[str] | None = None) -> int:
    """Print and write; exit 2 when the numbers make no sense."""
    parser = argparse.ArgumentParser(description="Benchmark of finding stories.")
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--planted", type=int, default=20, help="stories of each edition")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args(given)
    if not 1000 <= options.articles <= 2_000_000 or not 1 <= options.planted <= TOPICS:
        parser.error(f"--articles from 1000 to 2000000, --planted from 1 to {TOPICS}")
    spent = cost(options.articles)
    told = quality(options.planted)
    _print(told, spent)
    write_section(options.report, section(told, spent))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Exports of a store: time and memory of each format, beside sqlite-utils and DuckDB."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.environments import OWN, ROOT, processor, versions
from bench.goals import Goal, at_least, at_most
from bench.processes import Used, measured
from bench.sections import rendered
from bench.spread import ratios, spread
from bench.stores import ORDER, make_store
from newscrawl.store.database import FILE

FORMATS = ("jsonl", "csv", "parquet", "rss", "dataset")
OURS = "newscrawl"
SQLITE_UTILS, DUCKDB = "sqlite-utils", "DuckDB"
#: What stands beside a format, and how many times its speed the project wants.
BESIDE = {"jsonl": (SQLITE_UTILS, 1.0), "csv": (SQLITE_UTILS, 1.0), "parquet": (DUCKDB, 0.5)}
#: Wanted: memory with four times as many articles.
FLAT = 1.1
_QUARTER = ORDER[: len(ORDER) // 4]
Way = Callable[[], Used]


def run(articles: int, rounds: int) -> dict[str, Any]:
    """A store of so many articles, written in every format in turn."""
    with TemporaryDirectory(prefix="exports-") as place:
        folder = Path(place)
        make_store(folder / "data", articles)
        ways: dict[tuple[str, str], Way] = {}
        for name in FORMATS:
            ways[name, OURS] = partial(_ours, folder, name)
            if name in BESIDE:
                ways[name, BESIDE[name][0]] = partial(_other, folder, name)
        used: dict[tuple[str, str], list[Used]] = {key: [] for key in ways}
        for _ in range(rounds):
            for key, way in ways.items():
                used[key].append(way())
        read_by = _told(folder, DUCKDB).read_text("utf-8").split("\n")[-2]
        quarter = {name: _ours(folder, name, "--edition", ",".join(_QUARTER)) for name in FORMATS}
    return {
        "articles": articles,
        "rounds": rounds,
        "duckdb_reads": read_by,
        "formats": [
            {
                "format": name,
                "quarter_mb": quarter[name].all_mb,
                **_figures(used[name, OURS]),
                "beside": _beside(used, name),
            }
            for name in FORMATS
        ],
        "versions": versions("sqlite-utils", "duckdb", "pyarrow", "datasets"),
    }


def _figures(used: list[Used]) -> dict[str, Any]:
    return {
        "seconds": spread([one.seconds for one in used]),
        "mb": spread([one.all_mb for one in used]),
    }


def _beside(used: dict[tuple[str, str], list[Used]], name: str) -> dict[str, Any] | None:
    """What stands beside a format, and its time by the project's: above 1 the project is faster."""
    if name not in BESIDE:
        return None
    other = BESIDE[name][0]
    theirs, ours = used[name, other], used[name, OURS]
    faster = ratios([one.seconds for one in theirs], [one.seconds for one in ours])
    return {"tool": other, **_figures(theirs), "faster": faster}


def _ours(folder: Path, name: str, *more: str) -> Used:
    out = folder / f"ours-{name}"
    settings = ("-s", f"NEWSCRAWL_DATA_DIR={folder / 'data'}")
    command = [OWN, "-m", "scrapy", "export", name, "-o", out, *more, *settings]
    used = _measured(folder, OURS, command)
    shutil.rmtree(out) if out.is_dir() else out.unlink()
    return used


def _other(folder: Path, name: str) -> Used:
    """The same table by another tool; sqlite-utils writes to its standard output."""
    database, out = folder / "data" / FILE, folder / "theirs"
    if name == "parquet":
        return _measured(folder, DUCKDB, [OWN, "-m", "bench.peers.duck", database, out])
    form = "--nl" if name == "jsonl" else "--csv"
    command = [OWN, "-m", "sqlite_utils", "rows", database, "articles", form]
    return _measured(folder, SQLITE_UTILS, command)


def _measured(folder: Path, who: str, command: list[Any]) -> Used:
    return measured(command, cwd=ROOT, output=_told(folder, who), cpu=processor(-1))


def _told(folder: Path, who: str) -> Path:
    """What a tool said, or wrote, last."""
    return folder / f"told-{who}"


def goals(found: dict[str, Any]) -> list[Goal]:
    """Speed where something stands beside a format, and memory of every one."""
    told = []
    for one in found["formats"]:
        name, other = one["format"], one["beside"]
        if other is not None:
            what = f"{name}: articles a second beside {other['tool']}"
            told.append(at_least(what, BESIDE[name][1], other["faster"]["median"]))
    for one in found["formats"]:
        what = f"{one['format']}: memory with four times as many articles"
        told.append(at_most(what, FLAT, one["mb"]["median"] / one["quarter_mb"]))
    return told


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/benchmarks.md``."""
    return rendered("exports.md.j2", found=found, goals=goals(found))

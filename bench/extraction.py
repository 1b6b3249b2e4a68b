"""From a page's bytes to its record: CPU time beside whatever else reads pages.

Each tool is a process of its own in its own environment (:mod:`bench.peers.worker`), all are given
the same pages, and take turns at reading some of them.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from bench.environments import FUNDUS, OTHERS, OWN, ROOT, processor, versions
from bench.goals import Goal, at_least, at_most
from bench.pages import EDITIONS, FORMS, TURN, Page, write_pages
from bench.processes import Failed
from bench.sections import rendered
from bench.spread import ratios, spread

OURS = "newscrawl"
#: Interpreter, and turns of all forms in a round: fewer for those that take their time.
TOOLS = {
    OURS: (OWN, 8),
    "parse only": (OWN, 8),
    "parsel + item loader": (OWN, 8),
    "fundus": (FUNDUS, 8),
    "trafilatura": (OTHERS, 4),
    "newspaper4k": (OTHERS, 1),
    "news-please": (OTHERS, 1),
}
#: What the project wants: at most so many times parsing, and so many times as fast as others.
PARSING = 3.0
FASTER = {"parsel + item loader": 5.0, "fundus": 4.0, "trafilatura": 12.0, "newspaper4k": 75.0}
_COMPARED = ("title", "published_at", "text")
_BLANKS = re.compile(r"\s+")


@dataclass
class Reader:
    """A tool that waits for orders."""

    process: subprocess.Popen[str]
    version: str
    found: dict[str, dict[str, Any]]
    failed: dict[str, str]
    turns: int

    def read(self) -> list[tuple[str, float]]:
        """Read the next pages; gives name and CPU seconds of each."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{self.turns * TURN}\n")
        self.process.stdin.flush()
        told: list[tuple[str, float]] = self._line()
        return told

    def _line(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"a tool ended before its time: {self.process.args!r}")
        return json.loads(line)

    @classmethod
    def of(cls, process: subprocess.Popen[str], turns: int) -> Reader:
        """Wait until it has read every page once."""
        reader = cls(process, "", {}, {}, turns)
        first = reader._line()
        reader.version, reader.found = first["version"], first["found"]
        reader.failed = first["failed"]
        return reader


def run(articles: int, rounds: int) -> dict[str, Any]:
    """``articles`` of each edition in each form, read in turn by all tools that are there.

    There are to be so many that what a tool remembers of one page is gone when it comes again.
    """
    with TemporaryDirectory(prefix="pages-") as place, ExitStack() as stack:
        pages = write_pages(Path(place), articles)
        readers = {
            name: stack.enter_context(_reading(name, Path(place)))
            for name, (interpreter, _) in TOOLS.items()
            if interpreter.exists()
        }
        taken = _take_turns(readers, pages, rounds)
    ms = {name: [figures["all"] for figures in told] for name, told in taken.items()}
    return {
        "pages": len(pages),
        "editions": list(EDITIONS),
        "bytes": {form: round(mean(_sizes(pages, form))) for form in FORMS},
        "rounds": rounds,
        "tools": [
            {
                "tool": name,
                "version": reader.version,
                "ms": spread(ms[name]),
                "ms_by_form": {
                    form: spread([figures[form] for figures in taken[name]]) for form in FORMS
                },
                "beside": ratios(ms[name], ms[OURS]),
                "agrees": _agreement(reader, readers[OURS]),
                "failed": len(reader.failed),
            }
            for name, reader in readers.items()
        ],
        "missing": [name for name in TOOLS if name not in readers],
        "versions": versions("selectolax", "parsel", "itemloaders"),
    }


def _sizes(pages: Sequence[Page], form: str) -> list[int]:
    return [len(page.body) for page in pages if page.form == form]


def _take_turns(
    readers: dict[str, Reader], pages: Sequence[Page], rounds: int
) -> dict[str, list[dict[str, float]]]:
    """Milliseconds a page of each round, in all and by form."""
    form_of = {page.name: page.form for page in pages}
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name, reader in readers.items():
            told = [(form_of[page], 1000 * seconds) for page, seconds in reader.read()]
            figures = {form: mean(ms for its, ms in told if its == form) for form in FORMS}
            taken[name].append({"all": mean(ms for _, ms in told), **figures})
    return taken


def _agreement(reader: Reader, ours: Reader) -> dict[str, int]:
    """Pages of which a tool says the same as the project, white space aside."""
    return {
        field: sum(
            _squeezed(record.get(field)) == _squeezed(ours.found[page].get(field))
            for page, record in reader.found.items()
        )
        for field in _COMPARED
    }


def _squeezed(value: Any) -> str | None:
    return _BLANKS.sub("", value) if isinstance(value, str) else None


@contextmanager
def _reading(name: str, folder: Path) -> Iterator[Reader]:
    interpreter, turns = TOOLS[name]
    process = subprocess.Popen(
        [interpreter, "-m", "bench.peers.worker", name, folder, str(processor(-1))],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Reader.of(process, turns)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.kill()
        process.wait()


def goals(found: dict[str, Any]) -> list[Goal]:
    """At most so many times parsing; so many times as fast as others."""
    beside = {tool["tool"]: tool["beside"]["median"] for tool in found["tools"]}
    return [
        at_most("CPU time beside parsing alone", PARSING, 1 / beside["parse only"]),
        *(
            at_least(f"{name}: its CPU time beside ours", wanted, beside[name])
            for name, wanted in FASTER.items()
            if name in beside
        ),
    ]


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/benchmarks.md``."""
    return rendered("extraction.md.j2", found=found, goals=goals(found))

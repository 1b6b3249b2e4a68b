"""``make quality``: the gate's figures, and general extractors on the same pages in the same run.

Writes ``docs/quality.md``. The real captures count in a row of their own where they are present.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from jinja2 import Environment, FileSystemLoader
from rich.console import Console
from rich.table import Table

from fixtures.cases import FETCHED, cases, expected
from newscrawl.rfi import SITE
from newscrawl.rfi.page import parsed
from newscrawl.version import VERSION
from tests.quality import gate
from tests.quality.captured import captured
from tests.quality.sensitivity import TRAPS, rules, spring, try_rule

ROOT = Path(__file__).resolve().parents[2]
#: Tool to the environment that it runs in.
ENVIRONMENTS = {
    "trafilatura": "others",
    "newspaper4k": "others",
    "news-please": "others",
    "fundus": "fundus",
}
COMPARED = ("title", "lead", "authors", "day", "published_at", "text")


@dataclass
class Page:
    """A page that all extractors get, and what is true of it."""

    name: str
    url: str
    html: str
    want: dict[str, Any]


@dataclass
class Result:
    """What one extractor came to: share of pages a field is exactly right on, F1, speed."""

    tool: str
    version: str
    ms: float
    exact: dict[str, float]
    f1: float
    records: int


def pages() -> list[Page]:
    """All cases."""
    wanted = expected()
    return [
        Page(case.name, case.article.url, case.html, _compared(wanted[case.name]))
        for case in cases()
    ]


def own(found: list[Page]) -> Result:
    """This project, timed like the others: once to warm up, once against the clock."""
    records, seconds = {}, 0.0
    for page in found:
        SITE.read_article(page.html, page.url, FETCHED)
        parsed.cache_clear()  # the parse counts, as it does for the others
        began = time.perf_counter()
        article = SITE.read_article(page.html, page.url, FETCHED).article
        seconds += time.perf_counter() - began
        records[page.name] = _compared(asdict(article))
    return _judge("newscrawl", VERSION, 1000 * seconds / len(found), found, records)


def other(tool: str, found: list[Page]) -> Result:
    """Another extractor, in its own environment."""
    python = ROOT / ".venv-quality" / ENVIRONMENTS[tool] / "bin" / "python"
    with TemporaryDirectory() as folder:
        for page in found:
            (Path(folder) / f"{page.name}.html").write_text(page.html, "utf-8")
        index = {page.name: page.url for page in found}
        (Path(folder) / "index.json").write_text(json.dumps(index), "utf-8")
        script = Path(__file__).with_name("others.py")
        done = subprocess.run(
            [python, script, tool, folder],
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
    head, *lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    records = {line.pop("name"): line for line in lines}
    return _judge(tool, head["version"], head["ms"], found, records)


def _compared(record: dict[str, Any]) -> dict[str, Any]:
    """The fields that general extractors know, in one shape."""
    published = record["published_at"]
    return {
        **{name: record[name] for name in ("title", "lead", "text", "published_at")},
        "authors": [author["name"] for author in record["authors"]],
        "day": published[:10] if published else None,
    }


def _judge(
    tool: str, version: str, ms: float, found: list[Page], records: dict[str, Any]
) -> Result:
    exact = {
        name: mean(_same(page.want[name], records[page.name].get(name)) for page in found)
        for name in COMPARED
    }
    f1 = mean(
        gate.token_f1(page.want["text"] or "", records[page.name].get("text") or "")
        for page in found
    )
    given = sum(bool(records[page.name].get("text")) for page in found)
    return Result(tool, version, ms, exact, f1, given)


def _same(want: Any, got: Any) -> bool:
    """Equal, blanks at the ends and between lines left out of account."""
    if isinstance(want, str) and isinstance(got, str):
        return want.split() == got.split()
    return (want or None) == (got or None)


def main() -> int:
    """Print and write; exit 1 when the gate fails."""
    scores = gate.run()
    found = pages()
    results = [own(found), *(other(tool, found) for tool in ENVIRONMENTS)]
    real = captured()
    on_real = [own(real), *(other(tool, real) for tool in ENVIRONMENTS)] if real else []
    failures = scores.failures()
    text = document(scores, results, on_real, len(found), len(real))
    (ROOT / "docs" / "quality.md").write_text(text, "utf-8")
    _print(results, f"{len(found)} stand-in pages")
    if on_real:
        _print(on_real, f"{len(real)} real page")
    print("\n".join(failures) or "the gate passes")
    return 1 if failures else 0


def document(
    scores: gate.Scores, results: list[Result], on_real: list[Result], count: int, real: int
) -> str:
    """``docs/quality.md``."""
    rows = [
        {
            "field": name,
            "share": scores.share(name),
            "lowest": min(scores.share(name, edition) for edition in scores.pages),
            "floor": floor,
        }
        for name, floor in gate.FLOORS["exact"].items()
    ]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), keep_trailing_newline=True, trim_blocks=True
    )
    return environment.get_template("quality.md.j2").render(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        count=count,
        real=real,
        compared=COMPARED,
        results=results,
        on_real=on_real,
        rows=rows,
        f1=scores.text_f1(),
        lowest_f1=min(scores.text_f1(edition) for edition in scores.pages),
        f1_floor=gate.FLOORS["text_f1"],
        labels=len(scores.false_strings),
        rules=[(*named, *_noticed(*try_rule(*named))) for named in rules()],
        traps=[(name, *_noticed(*spring(name))) for name in TRAPS],
    )


def _noticed(before: list[str], after: list[str]) -> tuple[str, str]:
    """How the gate judged a page as it should be, and with a rule gone or a trap sprung."""
    return "fails" if before else "passes", "fails" if after else "passes"


def _print(results: list[Result], title: str) -> None:
    table = Table(title=title, box=None)
    for heading in ("extractor", *COMPARED, "text F1", "ms", "ratio"):
        table.add_column(heading)
    for result in results:
        shares = [f"{result.exact[name]:.1%}" for name in COMPARED]
        speed = (f"{result.ms:.1f}", f"{result.ms / results[0].ms:.1f}")
        table.add_row(f"{result.tool} {result.version}", *shares, f"{result.f1:.3f}", *speed)
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(main())

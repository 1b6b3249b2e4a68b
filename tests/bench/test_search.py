"""The benchmark of searching runs and says what it measured; no time is judged."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from bench import search
from bench.sections import write_section
from tests.crawling import ROOT


def test_every_kind_is_measured_and_told(tmp_path: Path) -> None:
    figures, report = tmp_path / "figures.json", tmp_path / "report.md"
    given = ["--articles", "160", "--queries", "5", "--json", str(figures)]
    assert search.main([*given, "--report", str(report)]) == 0
    found = json.loads(figures.read_text("utf-8"))
    schema = json.loads((ROOT / "docs/json/search_bench.schema.json").read_text("utf-8"))
    jsonschema.validate(found, schema)
    assert len(found["kinds"]) == 5
    assert 500 < found["bytes_an_article"] < 20_000
    text = report.read_text("utf-8")
    assert text.startswith("# Benchmarks\n\n## Searching\n")
    assert text.count("| ") > 20


def test_queries_of_every_kind() -> None:
    kinds = {kind for kind, text in search.queries(3, 160) if text}
    assert len(kinds) == 5


@pytest.mark.parametrize("given", [["--articles", "9"], ["--queries", "1"], ["--articles", "x"]])
def test_numbers_that_make_no_sense(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        search.main(given)
    assert ended.value.code == 2


def test_a_section_takes_its_own_place(tmp_path: Path) -> None:
    path = tmp_path / "b.md"
    write_section(path, "## One\n\nfirst \\1\n")
    write_section(path, "## Two\n\nsecond\n\n### Part\n\nof two\n")
    write_section(path, "## One\n\nagain \\2\n")
    assert path.read_text("utf-8") == (
        "# Benchmarks\n\n## One\n\nagain \\2\n\n## Two\n\nsecond\n\n### Part\n\nof two\n"
    )

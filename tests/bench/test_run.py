"""The benchmarks run, in small, and say what they measured; no time is judged."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bench import exports, run
from bench.goals import at_least, at_most
from bench.processes import Failed, measured
from bench.spread import ratios, spread
from tests.crawling import ROOT

SCHEMA = json.loads((ROOT / "docs/json/bench.schema.json").read_text("utf-8"))


def figures_of(row: int, folder: Path) -> dict[str, Any]:
    """Figures of one row at tiny sizes; what is written of it is looked at too."""
    out, report = folder / "figures.json", folder / "report.md"
    given = ["--quick", "--only", str(row), "--json", str(out), "--report", str(report)]
    assert run.main(given) == 0
    found = json.loads(out.read_text("utf-8"))
    jsonschema.validate(found, SCHEMA)
    (told,) = found["rows"]
    text = report.read_text("utf-8")
    assert f"## {told['title']}\n" in text
    assert "None" not in text
    for goal in told["goals"]:
        assert f"| {goal['what']} | {goal['wanted']} | {goal['found']} |" in text
    figures: dict[str, Any] = told["figures"]
    return figures


def test_every_tool_reads_the_same_pages(tmp_path: Path) -> None:
    found = figures_of(1, tmp_path)
    tools = {tool["tool"]: tool for tool in found["tools"]}
    assert {"newscrawl", "parse only", "parsel + item loader"} <= set(tools)
    loader = tools["parsel + item loader"]
    assert loader["agrees"] == dict.fromkeys(("title", "published_at", "text"), found["pages"])
    assert all(tool["failed"] == 0 and tool["ms"]["least"] > 0 for tool in found["tools"])
    assert sorted([*tools, *found["missing"]]) == sorted(run_tools())


def run_tools() -> list[str]:
    from bench.extraction import TOOLS

    return list(TOOLS)


def test_three_crawlers_get_a_whole_site(tmp_path: Path) -> None:
    found = figures_of(2, tmp_path)
    assert [one["crawler"] for one in found["crawlers"]] == [
        "newscrawl",
        "bare Scrapy",
        "bare Scrapy, pages parsed",
        "plain project",
    ]
    assert all(one["pages_s"]["median"] > 1 for one in found["crawlers"])
    assert all(20 < one["peak_mb"]["median"] < 1000 for one in found["crawlers"])


def test_memory_at_two_sizes(tmp_path: Path) -> None:
    found = figures_of(3, tmp_path)
    assert all(len(one["peak_mb"]) == len(found["sizes"]) == 2 for one in found["crawlers"])


def test_an_update_asks_for_first_pages_alone(tmp_path: Path) -> None:
    found = figures_of(4, tmp_path)
    for way in found["ways"]:
        assert set(way["listings"].values()) == {found["columns"]}
        assert way["articles"] == 0
        assert way["first_s"]["newscrawl"]["median"] < way["seconds"]["newscrawl"]["median"]


def test_archives_are_read_by_every_way(tmp_path: Path) -> None:
    found = figures_of(6, tmp_path)
    assert found["ways"][0]["way"] == "newscrawl, one processor"
    assert all(way["pages_s"]["median"] > 1 for way in found["ways"])
    assert found["quarter_mb"] > 20


def test_every_format_is_written(tmp_path: Path) -> None:
    found = figures_of(7, tmp_path)
    beside = {one["format"]: one["beside"] for one in found["formats"]}
    assert list(beside) == ["jsonl", "csv", "parquet", "rss", "dataset"]
    assert [name for name, other in beside.items() if other] == ["jsonl", "csv", "parquet"]
    assert all(
        one["seconds"]["median"] > 0 and one["mb"]["median"] > 20 for one in found["formats"]
    )


def test_search_finds_what_others_do_not(tmp_path: Path) -> None:
    found = figures_of(8, tmp_path)
    chinese = {way["way"]: way["found_chinese"] for way in found["beside"]}
    assert chinese["newscrawl"] == 1
    assert chinese["FTS5, unicode61"] == 0


def test_a_row_that_cannot_be_measured_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(exports, "OWN", Path("/bin/false"))
    out = tmp_path / "figures.json"
    given = ["--quick", "--only", "7,8", "--json", str(out), "--report", str(tmp_path / "r.md")]
    assert run.main(given) == 1
    found = json.loads(out.read_text("utf-8"))
    jsonschema.validate(found, SCHEMA)
    assert [row["row"] for row in found["rows"]] == [8], "the others are measured all the same"
    assert [row["row"] for row in found["failed"]] == [7]
    assert "7. Exports could not be measured: " in capsys.readouterr().out


def test_rows_that_are_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main(["--only", "1,99"])
    assert ended.value.code == 2
    assert "--only takes rows of 1, 2" in capsys.readouterr().err


def test_memory_and_time_of_a_process(tmp_path: Path) -> None:
    code = "import time; b = bytearray(150_000_000); time.sleep(0.3)"
    used = measured([sys.executable, "-c", code], cwd=tmp_path, output=tmp_path / "out")
    assert 150 < used.peak_mb < 200
    assert 0.3 < used.seconds < 10
    assert used.cpu_s < used.seconds
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    used = measured([sys.executable, "-c", child], cwd=tmp_path, output=tmp_path / "out")
    assert used.peak_mb < 100 < used.all_mb


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such page')"]
    with pytest.raises(Failed, match="no such page"):
        measured(command, cwd=tmp_path, output=tmp_path / "out")


def test_figures_of_rounds() -> None:
    assert spread([3, 1, 2]) == {"median": 2, "least": 1, "most": 3}
    assert ratios([2, 6], [1, 2])["median"] == 2.5, "each by that of its own round"
    assert [at_least("x", 2, found).met for found in (1.9, 2.0)] == [False, True]
    assert [at_most("x", 2, found).met for found in (2.0, 2.1)] == [True, False]

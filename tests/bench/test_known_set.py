"""The benchmark of the known set runs and says what it measured; no time is judged."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from bench import known_set
from bench.sets import SETS
from tests.crawling import ROOT


def test_every_set_is_measured_and_told(tmp_path: Path) -> None:
    figures, report = tmp_path / "figures.json", tmp_path / "report.md"
    given = ["--sizes", "2000", "--rounds", "1", "--json", str(figures), "--report", str(report)]
    assert known_set.main(given) == 0
    found = json.loads(figures.read_text("utf-8"))
    schema = json.loads((ROOT / "docs/json/known_set.schema.json").read_text("utf-8"))
    jsonschema.validate(found, schema)
    assert {(result["set"], result["size"]) for result in found["results"]} == {
        (name, 2000) for name in SETS
    }
    (store,) = [result for result in found["results"] if result["set"] == "store"]
    assert 20 < store["bytes_a_link"] < 60
    text = report.read_text("utf-8")
    assert text.count("| 2,000 |") == 2 + len(SETS)
    assert "None" not in text


@pytest.mark.parametrize("sizes", ["", "ten", "0", "10,,20", "-5"])
def test_sizes_that_make_no_sense(sizes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        known_set.main([f"--sizes={sizes}"])
    assert ended.value.code == 2
    assert "--sizes are numbers of links" in capsys.readouterr().err

"""What is found of planted copies does not fall; no time is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import stories
from bench.planted import ALIKE, COPIES

#: Part of the planted that is told right, at least: found 1 to 0.99, and 0.97 apart.
FLOORS = {**dict.fromkeys(stories.KINDS, 0.97), "other edition": 1.0, ALIKE: 0.95}


def test_planted_copies_are_found_and_others_stay_apart() -> None:
    found = stories.quality(20)
    shares = found["scripts"]["all"]
    assert {kind: share for kind, share in shares.items() if share < FLOORS[kind]} == {}
    assert (
        min(found["scripts"][script][kind] for script in found["scripts"] for kind in COPIES)
        >= 0.95
    )
    assert (found["recall"] >= 0.98, found["precision"] >= 0.92) == (True, True), found


def test_it_is_measured_and_told(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    given = ["--articles", "2000", "--planted", "2", "--report", str(report)]
    assert stories.main(given) == 0
    text = report.read_text("utf-8")
    assert text.startswith("# Benchmarks\n\n## Stories\n")
    assert text.count("\n| ") == len(stories.KINDS) + 3
    assert 0.9 < stories.cost(1000)["found"] <= 1


@pytest.mark.parametrize("given", [["--articles", "9"], ["--planted", "0"], ["--planted", "145"]])
def test_numbers_that_make_no_sense(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        stories.main(given)
    assert ended.value.code == 2

"""Whatever the server does: the crawl ends by itself, loses nothing else, and counts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.cases import CASES, Case
from tests.faults.performance import Performance, perform
from tests.nightly import HARNESSES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


@pytest.fixture(scope="module")
def performed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Performance]:
    """Crawls that have been made, by group."""
    return {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(
    case: Case, performed: dict[str, Performance], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if case.group not in performed:
        group = [other for other in CASES if other.group == case.group]
        performed[case.group] = perform(group, tmp_path_factory.mktemp("faults") / "data")
    performance = performed[case.group]
    performance.judge(case)


def test_every_case_has_a_row_in_the_page() -> None:
    rows = [
        line.split("|")[1].strip() for line in PAGE.read_text("utf-8").splitlines() if "|" in line
    ]
    assert [case.name for case in CASES if case.name not in rows] == []


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_page_tells_of_every_harness() -> None:
    section = PAGE.read_text("utf-8").partition("## Harnesses")[2]
    kept = (Path(__file__).parent / "harnesses.md").read_text("utf-8").partition("## Harnesses")[2]
    assert section.startswith(kept), "tests/faults/harnesses.md stands in docs/reliability.md"
    for harness in HARNESSES:
        assert f"| `{harness.name}` |" in kept or harness.name in ("mutated_pages", "soak")

"""All harnesses work together: tiny sizes, one table."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.crawling import ROOT
from tests.nightly import HARNESSES, Harness, run


@pytest.mark.debian
def test_all_harnesses_in_one_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.nightly", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[-len(HARNESSES) :]]
    assert [row[0] for row in rows] == [harness.name for harness in HARNESSES]
    assert {row[3] for row in rows} == {"0"}


def test_what_fails_is_counted() -> None:
    says = "print('toy: 9 seeds, 2 failed, 1 s'); raise SystemExit(1)"
    ended = run(Harness("toy", (), ("-c", says)), quick=True)
    assert (ended.tried, ended.failed) == ("9 seeds", 2)
    ended = run(Harness("toy", (), ("-c", "raise SystemExit(3)"), "pages"), quick=True)
    assert ended.failed == 1

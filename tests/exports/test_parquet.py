"""A Parquet file holds the records as they are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from newscrawl.errors import UsageProblem
from newscrawl.exports.parquet import is_ours
from newscrawl.groups import need
from newscrawl.items import ARTICLE_FIELDS
from tests.crawling import ARCHIVE, ROOT, scrapy
from tests.exports.test_tables import plain


def test_extract_to_parquet_gives_the_same_records(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    for _ in range(2):  # an extract replaces its own
        done = scrapy("extract", str(ARCHIVE), "-o", str(out))
        assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.read_table(out)
    assert tuple(table.column_names) == ARTICLE_FIELDS
    lines = scrapy("extract", str(ARCHIVE)).stdout.splitlines()
    rows = [{name: plain(name, cell) for name, cell in row.items()} for row in table.to_pylist()]
    assert rows == [json.loads(line) for line in lines]
    assert len(rows) == 408
    assert is_ours(out)


def test_a_missing_group_is_named() -> None:
    with pytest.raises(UsageProblem, match=r"needs the group dataset: pip install -r"):
        need("no_such_module_anywhere", "dataset", "a Parquet file")


def test_a_missing_group_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    """The same as a user without pyarrow meets it."""
    import os
    import subprocess

    program = "import sys; sys.modules['pyarrow'] = None\n"
    program += "from scrapy.cmdline import execute; execute(['scrapy', *sys.argv[1:]])"
    done = subprocess.run(
        [sys.executable, "-c", program, "extract", str(ARCHIVE), "-o", str(tmp_path / "o.parquet")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "newscrawl: a Parquet file needs the group dataset:"
        " pip install -r requirements-dataset.txt\n"
    )
    assert list(tmp_path.iterdir()) == []

"""The benchmark of archives runs and says what it measured; no rate is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.scale


def test_rates_are_measured_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bench import scale

    report = tmp_path / "scale.md"
    assert scale.main(["--pages", "20", "--report", str(report)]) == 0
    assert "a year of CC-NEWS (4.1 TiB)" in capsys.readouterr().out
    text = report.read_text("utf-8")
    assert "\n## What a year of CC-NEWS costs\n" in text
    assert text.count("\n| ") == 3 * 2 + 4 + 4 + 2  # heads, and rows of rates, cores, networks
    assert "a record takes 3,480 bytes of signatures" in text
    with pytest.raises(SystemExit):
        scale.main(["--pages", "9"])

"""Archives to run on, and what one process makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.scale.planting import Planted, plant


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("archives") / "warc")


@pytest.fixture(scope="session")
def alone(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Output of one process that does one task after the other, and the process."""
    from tests.scale.runs import pipeline

    output = tmp_path_factory.mktemp("alone") / "out"
    done = pipeline(planted.folder, output, "--workers", "1")
    assert done.returncode == 0, done.stderr
    return output, done

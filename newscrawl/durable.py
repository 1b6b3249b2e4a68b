"""Files that keep their names through a loss of power."""

from __future__ import annotations

import os
from pathlib import Path


def rename_durably(source: Path, target: Path) -> None:
    """Rename, and bring the new name to the disk."""
    source.rename(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

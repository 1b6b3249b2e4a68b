"""The folders of a data dir."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from newscrawl.durable import sync_folder
from newscrawl.errors import UsageProblem
from newscrawl.store import database

LINES = "articles"
LOCKS = "locks"
REJECTED = "rejected"
LOGS = "logs"


def prepare_folder(folder: Path) -> None:
    """Make a data dir and its folders; :class:`UsageProblem` when they cannot be written."""
    try:
        for part in ("", LINES, LOCKS, REJECTED, LOGS):
            (folder / part).mkdir(parents=True, exist_ok=True)
            probe = folder / part / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        sync_folder(folder)
        with suppress(PermissionError):  # a parent that may be passed but not read
            sync_folder(folder.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise database.storage_failed(error) from error
        raise UsageProblem(
            f"the data dir: {error.filename or folder} cannot be written ({error.strerror}):"
            " mend its permissions, or set NEWSCRAWL_DATA_DIR to another folder"
        ) from error

"""Processes of a Ray that a run has started, found by the files that they hold open."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

#: 127.0.0.1, the same as an address of IPv6, and ::1, as the kernel writes them.
_LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
_LISTENS = "0A"


def folders(pid: int) -> list[Path]:
    """Where the Ray of a run keeps what passes."""
    return list(Path(tempfile.gettempdir()).glob(f"newscrawl-ray-{pid}-*"))


def of_run(pid: int) -> dict[int, str]:
    """Process to its name; the run itself is not one of them."""
    places = tuple(str(folder) for folder in folders(pid))
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        if places and int(path.name) != pid and any(f.startswith(places) for f in _open(path)):
            with suppress(OSError):
                found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
    return found


def heard_from_outside(pids: Iterable[int]) -> set[str]:
    """Addresses other than loopback at which some of these processes listen."""
    sockets = set()
    for pid in pids:
        sockets |= {re.sub(r"\D", "", f) for f in _open(Path(f"/proc/{pid}")) if "socket:" in f}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            part = line.split()
            if part[3] == _LISTENS and part[9] in sockets:
                found.add(part[1].split(":")[0])
    return found - _LOOPBACK


def end(pid: int) -> None:
    """End what a killed run has left: where nobody reaps the dead, Ray's agents wait for them."""
    for left in of_run(pid):
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)
    for folder in folders(pid):
        rmtree(folder, ignore_errors=True)


def _open(process: Path) -> list[str]:
    found = []
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                found.append(str(link.readlink()))
    return found

"""One process from its start to its end: time, processor time, and memory at its peak."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAUSE_S = 0.02


@dataclass(frozen=True)
class Used:
    """What a process needed; memory in MB of 10**6 bytes."""

    began: float
    """Moment of :func:`time.monotonic`, which all processes of a machine share."""
    seconds: float
    cpu_s: float
    """Of its children too, once they have ended."""
    peak_mb: float
    """Resident memory at its peak, of the process alone and not of its children."""
    all_mb: float
    """Of it and its children together, as often as they were looked at; what they share counts
    more than once."""


class Failed(RuntimeError):
    """A process that was to be measured failed; the end of its output says how."""


def measured(
    command: Sequence[object],
    *,
    cwd: Path,
    output: Path,
    cpu: int | None = None,
    more: Mapping[str, str] | None = None,
) -> Used:
    """Run a command with its output in a file, pinned to a processor if one is named."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    with output.open("wb") as file:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={**kept, **(more or {})},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        if cpu is not None:
            os.sched_setaffinity(process.pid, {cpu})
        peak, all_mb, status, usage = _watch(process.pid)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        end = output.read_text("utf-8", "replace")[-2000:]
        raise Failed(f"{command} ended with {process.returncode}:\n{end}")
    return Used(began, seconds, usage.ru_utime + usage.ru_stime, peak, all_mb)


def _watch(pid: int) -> tuple[float, float, int, resource.struct_rusage]:
    """``ru_maxrss`` would count the memory of this process too: it lasts beyond ``exec``."""
    peak = all_mb = 0.0
    while True:
        peak = max(peak, _mb(pid, "VmHWM"))
        all_mb = max(all_mb, sum(_mb(one, "VmRSS") for one in _family(pid)))
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return peak, all_mb, status, usage
        time.sleep(_PAUSE_S)


def _mb(pid: int, what: str) -> float:
    """Memory as Linux tells it of a process, 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = (line for line in status.splitlines() if line.startswith(what))
    return next((int(line.split()[1]) * 1024e-6 for line in lines), 0.0)


def _family(pid: int) -> list[int]:
    """A process and all that came of it."""
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:  # it has ended meanwhile
            continue
    return found

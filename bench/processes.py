"""One process from its start to its end: time, processor time, and memory at its peak."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAUSE_S = 0.01


@dataclass(frozen=True)
class Used:
    """What a process needed; memory in MB of 10**6 bytes, of it alone and not of its children."""

    began: float
    """Moment of :func:`time.monotonic`, which all processes of a machine share."""
    seconds: float
    cpu_s: float
    """Of its children too, once they have ended."""
    peak_mb: float


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
        peak, status, usage = _watch(process.pid)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        end = output.read_text("utf-8", "replace")[-2000:]
        raise Failed(f"{command} ended with {process.returncode}:\n{end}")
    return Used(began, seconds, usage.ru_utime + usage.ru_stime, peak)


def _watch(pid: int) -> tuple[float, int, resource.struct_rusage]:
    """``ru_maxrss`` would count the memory of this process too: it lasts beyond ``exec``."""
    peak = 0.0
    while True:
        peak = max(peak, _peak_mb(pid))
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return peak, status, usage
        time.sleep(_PAUSE_S)


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return next((int(line.split()[1]) * 1024e-6 for line in lines), 0.0)

"""``python -m tests.faults.child REPORT crawl rfi …``: Scrapy's command line, watched.

Writes to REPORT what the process looked up and connected to (one a line), and at its end the peak
of its memory. What the parent used before it started this process does not count, as it would in
``os.wait4``.
"""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import Any

#: Event to the place of what is reached among its arguments.
_WATCHED = {"socket.connect": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


def main() -> None:
    """Watch, then run."""
    report = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event in _WATCHED:
            target = args[_WATCHED[event]]
            os.write(report, f"{event.removeprefix('socket.')} {target!r}\n".encode())

    def sum_up() -> None:
        lines = Path("/proc/self/status").read_text().splitlines()
        kilobytes = next(line for line in lines if line.startswith("VmHWM")).split()[1]
        os.write(report, f"peak {kilobytes}\n".encode())

    atexit.register(sum_up)
    sys.addaudithook(watch)
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[1:]])


if __name__ == "__main__":
    main()

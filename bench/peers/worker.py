"""One tool that reads pages on demand; it runs in the environment that has the tool.

``python -m bench.peers.worker TOOL FOLDER [CPU]`` reads every page of the folder once, and says so
in a line of JSON. For every line with a number on its input it then reads as many pages, and writes
a line with the CPU seconds of each; pages follow each other in the order of the index, round and
round. It needs nothing but the tool and Python.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import itertools
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from bench.peers.tools import TOOLS


def main() -> None:
    """Serve until the input ends."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    if len(sys.argv) > 3:
        os.sched_setaffinity(0, {int(sys.argv[3])})
    warnings.simplefilter("ignore")
    tool = TOOLS[name]
    read = tool.make()
    index = json.loads((folder / "index.json").read_text("utf-8"))
    pages = [(page, (folder / f"{page}.html").read_bytes(), url) for page, url in index]
    found: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    for page, body, url in pages:
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                found[page] = read(body, url)
            except Exception as error:  # noqa: BLE001  (whatever it raises, it gives no record)
                failed[page] = f"{type(error).__name__}: {error}"
    version = importlib.metadata.version(tool.package)
    _tell({"tool": name, "version": version, "found": found, "failed": failed})
    turn = itertools.cycle(pages)
    for line in sys.stdin:
        seconds = []
        for page, body, url in itertools.islice(turn, int(line)):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
                began = time.process_time()
                try:
                    read(body, url)
                finally:
                    seconds.append((page, time.process_time() - began))
        _tell(seconds)


def _tell(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, default=vars), flush=True)


if __name__ == "__main__":
    main()

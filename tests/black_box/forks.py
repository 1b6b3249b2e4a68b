"""Commands without the start of Python: a process that has imported everything forks one each.

``python -m tests.black_box.forks`` is that process. It reads one JSON object a line (what to run)
and writes one JSON list a line: the number of the command with its process id once it has begun,
and with its wait status once it has ended. Killing a command does not touch it.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import sys
import time
import traceback
from typing import Any

#: What is imported before the first command: whatever a crawl would import.
_PACKAGES = (
    "scrapy.commands",
    "scrapy.downloadermiddlewares",
    "scrapy.extensions",
    "scrapy.spidermiddlewares",
    "scrapy.utils",
    "newscrawl",
)
_MODULES = ("aiohttp", "queuelib", "requests", "scrapy.squeues", "scrapy.pqueues", "spidermon")
_MODULES += ("scrapy.cmdline", "scrapy.crawler", "scrapy.shell", "tldextract", "urllib3")
#: What reads the environment when it is imported, needs a reactor, or is not for crawls.
_NOT = ("newscrawl.settings", "newscrawl.scale", "newscrawl.browse.plugins", "newscrawl.exports")
_NOT += ("scrapy.extensions.statsmailer", "scrapy.utils.test")


def main() -> None:
    """Import everything, then fork a child for each line until the input ends."""
    for name in [*_MODULES, *_PACKAGES]:
        module = importlib.import_module(name)
        if name in _PACKAGES:
            for found in pkgutil.walk_packages(module.__path__, f"{name}."):
                if not found.name.startswith(_NOT):
                    _import(found.name)
    assert "twisted.internet.reactor" not in sys.modules, "a fork would share the reactor"
    gc.collect()
    gc.freeze()
    _say(["ready"])
    serve()


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError:  # of a group that is not installed
        return


def serve() -> None:
    """Fork what is asked for, and tell how each has ended."""
    running: dict[int, int] = {}
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    rest = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        while running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            _say(["ended", running.pop(pid), status])
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                asked = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    os.close(woken)
                    os.close(waker)
                    _child(asked)
                running[pid] = asked["number"]
                _say(["began", asked["number"], pid])


def _child(asked: dict[str, Any]) -> None:
    """Become the command; never returns."""
    code = 70
    try:
        _become(asked)
        from scrapy.cmdline import execute

        try:
            execute(["scrapy", *asked["arguments"]])
            code = 0
        except SystemExit as exit_:
            code = _code(exit_.code)
    except BaseException:  # noqa: BLE001  (told as Python tells it)
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                code = code or 120  # as Python does
        os._exit(code)


def _become(asked: dict[str, Any]) -> None:
    os.setsid()
    os.environ.update(asked["environment"])
    time.tzset()
    for descriptor, name in ((0, os.devnull), (1, asked["stdout"]), (2, asked["stderr"])):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        opened = os.open(name, flags, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["scrapy", *asked["arguments"]]
    os.chdir(asked["folder"])
    if asked["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_bytes"],) * 2)
    if asked["kill_at"]:
        arm = ctypes.CDLL(None).black_box_arm
        arm(ctypes.c_long(asked["kill_at"]), asked["kill_when"])


def _code(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _say(words: list[Any]) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()

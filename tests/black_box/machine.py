"""The machine that commands run on: its clock, its disk, its calls that may be the last ones."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.crawling import ROOT

SHIM = Path(__file__).with_name("shim.c")
#: Seconds after which a command hangs.
LONGEST_S = 90.0
_DISK = "256m"
_ANSWER_S = 60.0


@dataclass(frozen=True)
class Mishap:
    """What happens to a command, besides what the site does."""

    kill_at: int = 0
    """The call to the file system at which the process dies (0: none)."""
    kill_when: int = 1
    """1 before the call, 2 halfway, 3 after it."""
    kill_at_request: int = 0
    """The request to the site at which it dies."""
    stop_at_request: int = 0
    """The request to the site at which it is told to stop (SIGTERM)."""
    room: int | None = None
    """Bytes that are left on the disk; ``None``: enough."""
    file_bytes: int = 0
    """The largest size of a file (0: any), where the disk cannot be made small."""
    busy_s: float = 0.0
    """Seconds for which another program is writing to the database."""

    def __bool__(self) -> bool:
        return self != Mishap()


CALM = Mishap()


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    arguments: tuple[str, ...]
    code: int
    """Exit code; below 0 the signal that killed it."""
    out: str
    err: str
    seconds: float
    hung: bool = False


@dataclass
class Started:
    """A command that is running."""

    number: int
    pid: int
    arguments: tuple[str, ...]
    began: float
    ended: queue.Queue[int] = field(default_factory=queue.Queue)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; nothing where it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Machine:
    """Starts commands at moments of its own clock."""

    def __init__(self, folder: Path, faketime: str, shim: Path, *, has_disk: bool) -> None:
        self.folder = folder
        self.disk = folder / "disk"
        self.has_disk = has_disk
        """Whether the disk is one that can be made small."""
        self.moment = datetime.now().astimezone()
        """The clock that commands see when they begin."""
        self.settings: dict[str, str] = {}
        self.transcript: list[str] = []
        self._number = 0
        self._began: queue.Queue[int] = queue.Queue()
        self._running: dict[int, Started] = {}
        environment = {
            **{name: text for name, text in os.environ.items() if "NEWSCRAWL" not in name},
            "LD_PRELOAD": f"{faketime} {shim}",
            "FAKETIME": "+0",
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.black_box.forks"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if json.loads(self._process.stdout.readline()) != ["ready"]:
            raise RuntimeError("the fork server did not start")
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self, *arguments: str, mishap: Mishap = CALM, shift_s: float = 0.0, **settings: str
    ) -> Started:
        """Begin ``scrapy …``; ``shift_s`` is how wrong the clock is that it sees."""
        self._number += 1
        number = self._number
        real = time.time()
        offset = self.moment.timestamp() + shift_s - real
        given = {**self.settings, **settings}
        asked = {
            "number": number,
            "arguments": arguments,
            "environment": {"FAKETIME": f"{offset:+.3f}", "TZ": "UTC", **given},
            "stdout": str(self.folder / f"{number}.out"),
            "stderr": str(self.folder / f"{number}.err"),
            "folder": str(ROOT),
            "file_bytes": mishap.file_bytes,
            "kill_at": mishap.kill_at,
            "kill_when": mishap.kill_when,
        }
        self.transcript.append(unquote(self._written(arguments, settings, mishap, shift_s)))
        started = Started(number, 0, arguments, time.monotonic())
        self._running[number] = started
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        started.pid = self._began.get(timeout=_ANSWER_S)
        return started

    def wait(self, started: Started) -> Done:
        """Wait until a command has ended; one that hangs is killed."""
        hung = False
        try:
            status = started.ended.get(timeout=LONGEST_S)
        except queue.Empty:
            hung = True
            started.kill()
            status = started.ended.get(timeout=_ANSWER_S)
        seconds = time.monotonic() - started.began
        out, err = (self._read(started.number, suffix) for suffix in ("out", "err"))
        done = Done(started.arguments, os.waitstatus_to_exitcode(status), out, err, seconds, hung)
        self.transcript.append(f"  -> {done.code} after {seconds:.2f} s  {_last_line(err)}")
        return done

    def run(self, *arguments: str, **more: Any) -> Done:
        """Run ``scrapy …`` to its end."""
        return self.wait(self.start(*arguments, **more))

    @contextmanager
    def room_left(self, room: int | None) -> Iterator[None]:
        """A disk with so many bytes left, until the block ends."""
        if room is None or not self.has_disk:
            yield
            return
        for _ in range(100):
            if self._shrink(room):
                break  # else somebody wrote just now
        try:
            yield
        finally:
            _remount(self.disk, _DISK)

    def _shrink(self, room: int) -> bool:
        found = os.statvfs(self.disk)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        return _remount(self.disk, str(used + room))

    def clear(self) -> None:
        """Forget everything: the disk is empty, no command has run."""
        for path in self.disk.iterdir():
            shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.glob("*.*"):
            path.unlink()
        self.transcript.clear()

    def close(self) -> None:
        """End the process that forks."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(_ANSWER_S)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            what, number, value = json.loads(line)
            if what == "began":
                self._began.put(value)
            else:
                self._running.pop(number).ended.put(value)

    def _read(self, number: int, suffix: str) -> str:
        path = self.folder / f"{number}.{suffix}"
        text = path.read_text("utf-8", "replace") if path.exists() else ""
        path.unlink(missing_ok=True)
        return text

    def _written(
        self, arguments: tuple[str, ...], settings: dict[str, str], mishap: Mishap, shift_s: float
    ) -> str:
        clock = f"{self.moment:%Y-%m-%d %H:%M}"
        wrong = f" (clock wrong by {shift_s / 86400:+.0f} days)" if shift_s else ""
        given = "".join(f" {name}={text}" for name, text in settings.items())
        happens = f"  # {mishap}" if mishap else ""
        return f"{clock}{wrong}{given} scrapy {' '.join(arguments)}{happens}"


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A machine below a folder; its disk is a tmpfs of its own where that may be mounted."""
    shim = folder / "shim.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(SHIM), "-ldl"], check=True
    )
    disk = folder / "disk"
    disk.mkdir()
    has_disk = os.geteuid() == 0 and _mount(disk)
    made = Machine(folder, faketime(), shim, has_disk=has_disk)
    try:
        yield made
    finally:
        made.close()
        if has_disk:
            subprocess.run(["umount", "--lazy", str(disk)], check=False)


def faketime() -> str:
    """The library of Debian's package ``libfaketime``."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found or shutil.which("gcc") is None:
        raise SystemExit("needs the Debian packages libfaketime and gcc")
    return str(found[0])


def _mount(disk: Path) -> bool:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _remount(disk: Path, size: str) -> bool:
    """``False`` where it holds more than that."""
    command = ["mount", "-o", f"remount,size={size}", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""

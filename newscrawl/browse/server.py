"""Serving a store: Datasette with our settings, read-only, on this machine alone."""

from __future__ import annotations

import socket
import sqlite3
import sys
import threading
import webbrowser
from collections.abc import Mapping
from contextlib import closing, redirect_stderr
from pathlib import Path
from typing import Any, TextIO, cast

import rich

from newscrawl.browse.metadata import SETTINGS, metadata
from newscrawl.console import Shown, say
from newscrawl.errors import CrawlError, UsageProblem
from newscrawl.groups import need
from newscrawl.store import search
from newscrawl.store.database import FILE, connect

HOST = "127.0.0.1"
_FOLDER = Path(__file__).resolve().parent
#: Seconds that entering what is due may hold the start up; the rest is done meanwhile.
_AT_START = 10.0
#: Seconds between two looks for what a crawl stored meanwhile.
_LOOK_AGAIN = 30.0


def serve(
    folder: Path,
    port: int,
    newest: Mapping[str, float | None],
    *,
    open_browser: bool,
    sql: bool = False,
) -> None:
    """Serve a data dir until the process is told to end. ``port`` 0 takes a free one;
    ``newest`` is how old the newest article of an edition may be, in seconds; with ``sql`` readers
    may ask in SQL of their own.

    Raises :class:`UsageProblem` without a database, without the group, and for a port in use.
    """
    if not (folder / FILE).exists():
        raise UsageProblem(
            f"there is no database in {folder}: crawl first, or set NEWSCRAWL_DATA_DIR"
        )
    uvicorn = need("uvicorn", "browse", "scrapy browse")
    app = application(folder, newest, sql=sql)
    with closing(_listen(port)) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}/"
        keeper = _Keeper(folder)
        keeper.start()
        say(f"looking at {folder}: {url} (Ctrl-C ends it)", flush=True)
        if open_browser:
            webbrowser.open(url)
        try:
            # Datasette prints there what a query complained of.
            with redirect_stderr(cast(TextIO, Shown(sys.stderr))):
                config = uvicorn.Config(
                    app, log_level="warning", lifespan="on", server_header=False
                )
                uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            pass
        finally:
            keeper.end()


def application(folder: Path, newest: Mapping[str, float | None], *, sql: bool = False) -> Any:
    """The ASGI app over a data dir."""
    module = need("datasette.app", "browse", "scrapy browse")
    # Datasette prints every refused query with rich, and with the texts it was about.
    rich.reconfigure(quiet=True)
    path = folder / FILE
    datasette = module.Datasette(
        [str(path)],
        metadata=metadata(path.stem, newest),
        settings=SETTINGS | {"default_allow_sql": sql},
        template_dir=str(_FOLDER / "templates"),
        plugins_dir=str(_FOLDER / "plugins"),
    )
    return datasette.app()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(64)
    except (OSError, OverflowError) as error:
        listening.close()
        raise UsageProblem(
            f"port {port} cannot be used ({error}): give another with --port, or 0 for a free one"
        ) from error
    return listening


class _Keeper(threading.Thread):
    """Keeps the search index up to date while the store is looked at."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._ended = threading.Event()
        self._told = False

    def start(self) -> None:
        """Enter what is due, for a while, then go on beside."""
        self._enter(_AT_START)
        super().start()

    def run(self) -> None:
        while not self._ended.is_set():
            left = self._enter(_AT_START)
            if not left and self._ended.wait(_LOOK_AGAIN):
                return

    def end(self) -> None:
        """Finish the step at hand."""
        self._ended.set()
        if self.is_alive():
            self.join(timeout=2 * _AT_START)

    def _enter(self, seconds: float) -> int:
        """Gives the number of articles that are still due; 0 where they cannot be entered."""
        try:
            with closing(connect(self._folder)) as connection:
                search.update(connection, seconds=seconds)
                return search.due(connection)
        except (CrawlError, sqlite3.Error) as error:
            if not self._told:
                say(f"newscrawl: search may miss what came last: {error}", error=True)
            self._told = True
            return 0

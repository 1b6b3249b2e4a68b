"""What the project's commands share: strict arguments, and errors in one line."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import NoReturn

from newscrawl.errors import CrawlError, UsageProblem, nearest

#: Options that Scrapy gives to every command.
GLOBAL = (
    "--logfile",
    "--loglevel",
    "--nolog",
    "--profile",
    "--pidfile",
    "--set",
    "--pdb",
    "--help",
)


def refuse_extra(args: list[str], options: tuple[str, ...], *, most: int = 0) -> None:
    """Refuse what Scrapy's parser hands on without a word: unknown options, extra arguments."""
    for arg in args:
        if arg.startswith("-") and arg != "-":
            name = arg.split("=")[0]
            raise UsageProblem(f"unknown option {name}{nearest(name, (*options, *GLOBAL))}")
    if len(args) > most:
        raise UsageProblem(f"unexpected argument {args[most]!r}")


def guarded(action: Callable[[], None]) -> None:
    """Run a command's step; a user's mistake ends it with one line and its exit code."""
    try:
        action()
    except CrawlError as error:
        leave(error)


def leave(error: CrawlError) -> NoReturn:
    """End the process with one line on stderr."""
    print(f"newscrawl: {error}", file=sys.stderr)
    sys.exit(error.exit_code)


def wants_json(opts: Namespace) -> bool:
    """Whether machines read the output."""
    return bool(opts.json)

"""What the project's commands share: strict arguments, and errors in one line."""

from __future__ import annotations

import sys
from abc import abstractmethod
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from scrapy.commands import ScrapyCommand

from newscrawl.console import say
from newscrawl.errors import CrawlError, UsageProblem, nearest

if TYPE_CHECKING:
    from newscrawl.crawl.seeds import EditionSeeds

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


class StoreCommand(ScrapyCommand):
    """A command that works on the store and asks the site nothing."""

    requires_project = True
    requires_crawler_process = False
    options: ClassVar[tuple[str, ...]] = ()
    """Long names of its options, for the nearest one to a mistaken one."""
    most: ClassVar[int] = 0
    """Arguments that it takes at most."""

    def run(self, args: list[str], opts: Namespace) -> None:
        """Do it; a user's mistake ends it with one line and its exit code."""
        guarded(lambda: self._checked(args, opts))

    @abstractmethod
    def act(self, args: list[str], opts: Namespace) -> None:
        """What the command does; sets ``exitcode`` where it is not 0."""

    @property
    def data_dir(self) -> Path:
        """The data dir that the settings name."""
        from newscrawl.crawl.conf import data_dir

        assert self.settings is not None
        return data_dir(self.settings)

    def seeds(self) -> dict[str, EditionSeeds]:
        """The seeds that the settings name, by edition."""
        from newscrawl.crawl.conf import seeds_dir
        from newscrawl.crawl.seed_reading import load_seeds
        from newscrawl.rfi import SITE

        assert self.settings is not None
        return load_seeds(seeds_dir(self.settings), SITE)

    def _checked(self, args: list[str], opts: Namespace) -> None:
        refuse_extra(args, self.options, most=self.most)
        self.act(args, opts)


def refuse_extra(args: list[str], options: tuple[str, ...], *, most: int = 0) -> None:
    """Refuse what Scrapy's parser hands on without a word: unknown options, extra arguments."""
    for arg in args:
        if arg.startswith("-") and arg != "-":
            name = arg.split("=")[0]
            raise UsageProblem(f"unknown option {name}{nearest(name, (*options, *GLOBAL))}")
    if len(args) > most:
        raise UsageProblem(f"unexpected argument {args[most]!r}")


def guarded(action: Callable[[], None]) -> None:
    """Run a command's step; a user's mistake, or a full disk, ends it with one line and its exit
    code."""
    try:
        action()
    except Exception as error:  # noqa: BLE001  (what is none of these is raised again)
        leave(explained(error))


def explained(error: Exception) -> CrawlError:
    """Returns the error for the user where the disk was full; raises any other again."""
    if isinstance(error, CrawlError):
        return error
    from newscrawl.store.database import is_full, storage_failed

    if is_full(error):
        return storage_failed(error)
    raise error


def leave(error: CrawlError) -> NoReturn:
    """End the process with one line on stderr."""
    say(f"newscrawl: {error}", error=True)
    sys.exit(error.exit_code)


def wants_json(opts: Namespace) -> bool:
    """Whether machines read the output."""
    return bool(opts.json)


def print_json(value: Any) -> None:
    """A report for machines, on standard output."""
    import orjson

    say(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())

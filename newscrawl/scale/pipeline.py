"""Archives to records to Parquet, near copies left out, on many cores or machines.

``python -m newscrawl.scale.pipeline --input FOLDER --output FOLDER [--tasks N] [--workers N]
[--executor local|ray|slurm] [--logging-dir FOLDER]``; what is done already is not done again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from newscrawl.console import say
from newscrawl.errors import CrawlError
from newscrawl.groups import need


def main(given: Sequence[str] | None = None) -> int:
    """Run the stages; exit code 1 when one of them failed, 2 for wrong use."""
    parser = _parser()
    options = parser.parse_args(given)
    if options.executor == "slurm" and not (options.partition and options.time):
        parser.error("--executor slurm needs --partition and --time")
    try:
        need("datatrove", "scale", "the pipeline")
        _run(options)
    except CrawlError as error:
        say(f"newscrawl: {error}", error=True)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m newscrawl.scale.pipeline",
        description="Archives to records to Parquet, on many cores or machines.",
    )
    parser.add_argument("--input", required=True, metavar="FOLDER", help="of WARC, ARC, WACZ files")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="of Parquet files")
    parser.add_argument("--tasks", type=_number, metavar="N", help="parts (one for each archive)")
    parser.add_argument(
        "--workers", type=_number, metavar="N", help="tasks at a time (one for each processor)"
    )
    parser.add_argument("--executor", choices=("local", "ray", "slurm"), default="local")
    parser.add_argument("--logging-dir", metavar="FOLDER", help="(_logs in the output)")
    slurm = parser.add_argument_group("with --executor slurm")
    slurm.add_argument("--partition", metavar="NAME")
    slurm.add_argument("--time", metavar="HH:MM:SS", help="limit of a task")
    slurm.add_argument("--sbatch", action="append", default=[], metavar="NAME=VALUE")
    return parser


def _number(text: str) -> int:
    """A count of tasks or workers."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 10000")
    return int(text)


def _run(options: argparse.Namespace) -> None:
    """Settle what is to be done, and do it where it was asked for."""
    from newscrawl.scale.plan import settle
    from newscrawl.scale.stages import stages

    source, output = _folder(options.input), _folder(options.output)
    work = f"{output}/_work"
    logs = _folder(options.logging_dir) if options.logging_dir else f"{output}/_logs"
    tasks = settle(source, output, work, options.tasks)
    todo = stages(source, output, work, tasks)
    workers = options.workers or len(os.sched_getaffinity(0))
    if options.executor == "slurm":
        from newscrawl.scale.slurm import submit

        submit(todo, logs, options)
        say(f"handed to Slurm; logs in {logs}")
    else:
        from newscrawl.extracting.pages import said_of_errors
        from newscrawl.scale.account import errors, summary
        from newscrawl.scale.running import run

        counted = run(todo, logs, workers, on_ray=options.executor == "ray")
        say(summary(counted))
        if found := errors(counted):
            raise CrawlError(said_of_errors(found))


def _folder(name: str) -> str:
    """Whole path of a folder: tasks may run elsewhere. Addresses (``s3://…``) stay."""
    return name.rstrip("/") if "://" in name else str(Path(name).expanduser().absolute())


if __name__ == "__main__":
    sys.exit(main())

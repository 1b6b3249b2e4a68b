"""A schedule's plan from settings and command line, and the lock that keeps it alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scrapy.settings import Settings

from newscrawl.clock import iso, now
from newscrawl.console import say
from newscrawl.crawl.conf import Conf
from newscrawl.crawl.seed_reading import load_seeds
from newscrawl.durations import parse_duration
from newscrawl.errors import Busy, StorageFailed, UsageProblem
from newscrawl.rfi import SITE
from newscrawl.schedule.memory import Memory
from newscrawl.schedule.rounds import Plan
from newscrawl.schedule.servers import parse_servers
from newscrawl.store.folder import LOCKS, make_folders
from newscrawl.store.locks import try_acquire

LOCK = "schedule"
_SPIDER = "rfi"
#: Settings that go along with every run when they are set at all; passwords are not among them.
_GO_ALONG = (
    "NEWSCRAWL_CONTACT",
    "NEWSCRAWL_MODE",
    "NEWSCRAWL_SEEDS",
    "NEWSCRAWL_ORIGIN",
    "NEWSCRAWL_REPLAY",
    "NEWSCRAWL_RECORD",
    "NEWSCRAWL_OUTPUTS",
    "NEWSCRAWL_STOP_AFTER",
    "NEWSCRAWL_FULL_EVERY",
    "NEWSCRAWL_RELOOK",
    "NEWSCRAWL_RELOOK_BUDGET",
    "NEWSCRAWL_JSONL_ROTATE",
    "NEWSCRAWL_MAX_WAIT",
    "NEWSCRAWL_REFUSALS",
    "NEWSCRAWL_LEASE_WAIT",
    "NEWSCRAWL_DRIFT",
)
#: Given on the command line for the schedule itself; Scrapyd sets the log of a job.
_STAY = ("NEWSCRAWL_DATA_DIR", "NEWSCRAWL_SHARE", "LOG_FILE")


def read_plan(
    settings: Settings,
    servers: list[str] | None,
    given: list[str],
    environment: Mapping[str, str],
) -> Plan:
    """Read and check everything; :class:`UsageProblem` names what is wrong.

    ``servers`` come from ``--server``, ``given`` are the ``NAME=VALUE`` of ``-s``.
    """
    conf = Conf.read(settings)
    project = str(settings["NEWSCRAWL_SCRAPYD_PROJECT"] or "").strip()
    if not project:
        raise UsageProblem("NEWSCRAWL_SCRAPYD_PROJECT is empty: name the project on the servers")
    timeout_s = parse_duration(
        str(settings["NEWSCRAWL_SCRAPYD_TIMEOUT"]), "NEWSCRAWL_SCRAPYD_TIMEOUT"
    )
    if timeout_s <= 0:
        raise UsageProblem("NEWSCRAWL_SCRAPYD_TIMEOUT is 0: give a duration as 60s")
    texts = servers or str(settings["NEWSCRAWL_SCRAPYD"] or "").split(",")
    if not (conf.contact or conf.replay or conf.origin):
        say(
            "newscrawl: no NEWSCRAWL_CONTACT is set here: unless the servers have it, their live"
            " crawls are refused",
            error=True,
        )
    seeds = load_seeds(conf.seeds, SITE)
    if not any(column.every_s for found in seeds.values() for column in found.columns):
        raise UsageProblem("the seeds do not say how often: give their files every: 6h")
    return Plan(
        seeds=seeds,
        servers=parse_servers(texts, conf.data_dir, environment),
        memory=Memory(conf.data_dir),
        host=SITE.host,
        lease="replay" if conf.replay else SITE.host,
        spider=_SPIDER,
        project=project,
        settings=_settings(given, environment),
        share=conf.share,
        timeout_s=timeout_s,
    )


@contextmanager
def alone(folder: Path, mode: int) -> Iterator[None]:
    """One schedule at a time works on a data dir; :class:`Busy` says that another one does.

    ``mode`` is that of a data dir that is new.
    """
    make_folders(folder, mode)
    path = folder / LOCKS / LOCK
    lock = try_acquire(path, {"since": iso(now())})
    if lock is None:
        raise Busy(f"another scrapy schedule holds {path}: stop it first, or leave it the work")
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"the data dir {folder} failed: {error}") from error
    finally:
        lock.release()


def _settings(given: list[str], environment: Mapping[str, str]) -> dict[str, str]:
    """What is set here for the runs, in the environment and with ``-s``, which wins."""
    found = {name: environment[name] for name in _GO_ALONG if environment.get(name)}
    for text in given:
        name, _, value = text.partition("=")
        if name not in _STAY and not name.startswith("NEWSCRAWL_SCRAPYD"):
            found[name] = value
    if found.get("NEWSCRAWL_SEEDS"):
        found["NEWSCRAWL_SEEDS"] = str(Path(found["NEWSCRAWL_SEEDS"]).expanduser().absolute())
    return found

"""``scrapy schedule``: sends what is due to Scrapyd servers, once or for ever."""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newscrawl.clock import iso, now
from newscrawl.command import StoreCommand, wants_json
from newscrawl.console import say
from newscrawl.errors import UsageProblem

if TYPE_CHECKING:
    from newscrawl.schedule.rounds import Outcome, Plan

#: Seconds that a loop sleeps at most: servers that were down are tried again, the sign of life
#: stays young.
_NAP_S = 60.0


class Command(StoreCommand):
    """Sends one run with all due editions to each server; asks the site nothing."""

    options = ("--once", "--loop", "--server", "--dry-run", "--json")

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "--once|--loop [--server URL ...] [--dry-run] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Send the editions that are due to Scrapyd servers"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--once", action="store_true", help="one round, for cron and timers")
        parser.add_argument(
            "--loop", action="store_true", help="a service: until it is told to end"
        )
        parser.add_argument(
            "--server",
            action="append",
            metavar="URL",
            help="a Scrapyd server, in place of NEWSCRAWL_SCRAPYD; may be given again",
        )
        parser.add_argument("--dry-run", action="store_true", help="tell only, ask no server")
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Play one round, or rounds until a signal."""
        if opts.loop and (opts.once or opts.dry_run):
            raise UsageProblem("--loop goes with neither --once nor --dry-run: leave one out")
        if not (opts.once or opts.loop or opts.dry_run):
            raise UsageProblem("say how often: scrapy schedule --once, or --loop")
        from newscrawl.crawl.conf import Conf
        from newscrawl.schedule.setup import alone, read_plan

        assert self.settings is not None
        plan = read_plan(self.settings, opts.server, opts.set, os.environ)
        if opts.dry_run:
            self._once(plan, opts)
            return
        with alone(self.data_dir, Conf.read(self.settings).mode):
            if opts.loop:
                self._loop(plan, opts)
            else:
                self._once(plan, opts)

    def _once(self, plan: Plan, opts: argparse.Namespace) -> None:
        from newscrawl.schedule.rounds import exit_code, play

        moment = now()
        outcomes = play(plan, moment, dry_run=opts.dry_run)
        if not opts.dry_run:
            plan.memory.live()
        self.exitcode = exit_code(outcomes)
        if wants_json(opts):
            _print_json(outcomes, moment, opts.dry_run)
        else:
            _print(outcomes, moment)

    def _loop(self, plan: Plan, opts: argparse.Namespace) -> None:
        from newscrawl.schedule.rounds import play

        told: dict[str, Any] = {}
        with _until_told():
            while True:
                moment = now()
                outcomes = play(plan, moment)
                plan.memory.live()
                news = [found for found in outcomes if _is_news(found, told)]
                if news and wants_json(opts):
                    _print_json(news, moment, False)
                elif news:
                    _print(news, moment)
                time.sleep(_nap_s(plan, outcomes))
        self.exitcode = 0


@contextmanager
def _until_told() -> Iterator[None]:
    """Ends quietly at SIGTERM or SIGINT, also in the middle of a question to a server."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _nap_s(plan: Plan, outcomes: list[Outcome]) -> float:
    """Until the next edition is due, or until it is worth another look."""
    from newscrawl.schedule.rounds import next_due

    moment = now()
    shortest = [found.every_s for outcome in outcomes for found in outcome.dues if found.every_s]
    naps = [_NAP_S, *shortest]
    following = next_due(outcomes, moment)
    if following is not None:
        naps.append((following - moment).total_seconds())
    return max(1.0, min(naps))


def _is_news(outcome: Outcome, told: dict[str, Any]) -> bool:
    """Whether a server's state differs from what was said last; remembers it."""
    state = (outcome.state, tuple(outcome.chosen), outcome.problem, outcome.job)
    if told.get(outcome.server.url) == state:
        return False
    told[outcome.server.url] = state
    return True


def _print_json(outcomes: list[Outcome], moment: datetime, dry_run: bool) -> None:
    """One line a round: a loop's output is JSON Lines."""
    import orjson

    from newscrawl.schedule.rounds import exit_code, next_due

    following = next_due(outcomes, moment)
    found = {
        "at": iso(moment),
        "dry_run": dry_run,
        "exit_code": exit_code(outcomes),
        "next_due": iso(following) if following else None,
        "servers": [outcome.as_json(moment) for outcome in outcomes],
    }
    say(orjson.dumps(found).decode(), flush=True)


def _print(outcomes: list[Outcome], moment: datetime) -> None:
    from newscrawl.schedule.rounds import next_due

    for outcome in outcomes:
        if outcome.problem and outcome.state not in ("going", "held"):
            say(f"newscrawl: {outcome.server.url}: {outcome.problem}", error=True)
        if outcome.state != "failed":
            say(f"{outcome.server.url}: {_told(outcome)}", flush=True)
    following = next_due(outcomes, moment)
    if following is not None:
        say(f"next due: {iso(following)}", flush=True)


def _told(outcome: Outcome) -> str:
    editions = ", ".join(outcome.chosen)
    if outcome.state == "sent":
        return f"{editions} sent as job {outcome.job}"
    if outcome.state == "planned":
        return f"{editions} would be sent"
    if outcome.state in ("going", "held"):
        return f"{editions} wait, {outcome.problem}"
    return "nothing is due"

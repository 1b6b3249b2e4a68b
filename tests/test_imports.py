"""What may be loaded where: the parts point one way."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.crawling import ROOT

COMMANDS = (
    "crawl",
    "columns",
    "status",
    "extract",
    "doctor",
    "history",
    "forget",
    "reconcile",
    "prune",
    "backup",
    "restore",
    "merge",
    "schedule",
    "search",
    "browse",
    "report",
    "export",
)


def loaded(code: str) -> set[str]:
    """Modules that a program has loaded at its end."""
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_package_itself_loads_next_to_nothing() -> None:
    assert not loaded("import newscrawl; newscrawl.extract") & {"twisted", "scrapy", "sqlite3"}


@pytest.mark.parametrize(
    "code",
    [
        "import newscrawl.rfi, newscrawl.loaders",
        "import newscrawl\n"
        "try: newscrawl.extract('<p>', 'https://www.rfi.fr/en/x/20240101-y')\n"
        "except newscrawl.ExtractionError: pass",
    ],
)
def test_extraction_needs_no_reactor_and_no_database(code: str) -> None:
    # Where Scrapy is installed, itemadapter looks at its item class: that needs no reactor.
    assert not loaded(code) & {"twisted.internet.reactor", "scrapy.crawler", "sqlite3"}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_load_the_heavy_parts_only_when_they_run(command: str) -> None:
    modules = loaded(f"import newscrawl.commands.{command}")
    assert not modules & {
        "newscrawl.crawl.run",
        "newscrawl.store",
        "newscrawl.rfi",
        "sqlite3",
        "rich",
    }


def test_spidermon_is_loaded_only_when_a_run_has_ended() -> None:
    parts = "newscrawl.spiders.rfi, newscrawl.extensions.finish, newscrawl.crawl.run"
    heavy = {"spidermon", "slack_sdk", "sentry_sdk", "premailer", "jinja2", "smtplib"}
    assert not loaded(f"import {parts}, newscrawl.monitors.watch") & heavy
    assert "spidermon" in loaded("import newscrawl.monitors.suite")

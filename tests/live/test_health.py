"""The watch over runs: warnings, notices once per change of state, the sign of life."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.site import Answer
from tests.crawling import ROOT, SEEDS, last_run, replay_settings, scrapy
from tests.live.conftest import LiveSite
from tests.monitors.services import Hook, hook, mailbox

FA = ("-a", "editions=fa")
COLUMN = "/fa/پادکست/دفتر-دانش/"


@pytest.fixture
def service() -> Iterator[Hook]:
    with hook() as found:
        yield found


def webhook(service: Hook) -> tuple[str, ...]:
    address = f"NEWSCRAWL_NOTIFY_URL={service.origin}/hook"
    return ("-s", "NEWSCRAWL_NOTIFY=webhook", "-s", address)


def states(service: Hook) -> list[tuple[str, str]]:
    return [(notice["before"], notice["state"]) for notice in service.notices]


def test_one_notice_per_change_of_state(live: LiveSite, service: Hook) -> None:
    watched = (*FA, *webhook(service), "-a", "mode=full")
    live.crawl(*watched)
    assert service.notices == [], "healthy from the start is no change"

    live.override(COLUMN, Answer(404))
    live.crawl(*watched, code=1)
    live.crawl(*watched, code=1)
    assert states(service) == [("healthy", "unhealthy")]
    assert "is gone: mend its seed" in service.notices[0]["problems"][0]

    # Another edition that is well does not say that this one is.
    live.crawl("-a", "editions=en", *webhook(service))
    assert states(service) == [("healthy", "unhealthy")]

    live.server.overrides.clear()
    live.crawl(*watched, "-s", "NEWSCRAWL_WARN_DISK=9000TB")
    live.crawl(*watched)
    changes = [("healthy", "unhealthy"), ("unhealthy", "warned"), ("warned", "healthy")]
    assert states(service) == changes
    assert "MB are free on the disk" in service.notices[1]["warnings"][0]


def test_a_notice_that_fails_changes_nothing_and_is_told_the_next_time(
    live: LiveSite, service: Hook
) -> None:
    watched = (*FA, *webhook(service), "-s", "NEWSCRAWL_WARN_DISK=9000TB")
    service.status = 500
    done = live.crawl(*watched)
    assert "warning: " in done.stderr
    log = max((live.data / "logs").glob("*.log"), key=lambda path: int(path.stem)).read_text()
    assert "the notice through webhook failed: " in log
    assert "'newscrawl/notify/failed/webhook': 1" in log
    assert service.origin not in log, "the address of a webhook is a secret"

    service.status = 200
    live.crawl(*watched)
    live.crawl(*watched)
    assert states(service) == [("healthy", "warned")] * 2, "once in vain, once told"


def test_mail_from_a_real_run(live: LiveSite) -> None:
    live.override("*", lambda asked: None if asked.path == "/robots.txt" else Answer(403))
    settings = {
        "NEWSCRAWL_NOTIFY": "email",
        "NEWSCRAWL_REFUSALS": "2",
        "SPIDERMON_SMTP_HOST": "127.0.0.1",
        "SPIDERMON_EMAIL_SENDER": "crawl@example.org",
        "SPIDERMON_EMAIL_TO": "a@example.org",
    }
    with mailbox() as box:
        done = scrapy(*live.arguments(*FA), SPIDERMON_SMTP_PORT=str(box.port), **settings)
    assert done.returncode == 1, done.stderr
    ((to, mail),) = box.mails
    assert to == ["a@example.org"]
    assert "unhealthy (was healthy)" in mail["Subject"]
    assert "refused: www.rfi.fr answered 403" in mail.get_content()


def test_replays_tell_only_when_asked_to(tmp_path: Path, service: Hook) -> None:
    alive = tmp_path / "alive"
    watched = (*FA, "-a", "max_pages=1", *webhook(service), "-s", "NEWSCRAWL_WARN_DISK=9000TB")
    settings = replay_settings(tmp_path / "data", NEWSCRAWL_ALIVE=str(alive))
    assert scrapy("crawl", "rfi", *settings, *watched).returncode == 0
    assert service.asked == []
    assert not alive.exists()
    done = scrapy("crawl", "rfi", *settings, *watched, "-s", "NEWSCRAWL_NOTIFY_REPLAY=1")
    assert done.returncode == 0, done.stderr
    assert states(service) == [("healthy", "warned")]


def test_the_sign_of_life(live: LiveSite, service: Hook) -> None:
    place = live.data.parent / "signs" / "alive"
    live.crawl(*FA, "-a", "max_pages=1", "-s", f"NEWSCRAWL_ALIVE={place}")
    assert place.read_text().endswith("+00:00 0\n")
    assert [path.name for path in place.parent.iterdir()] == ["alive"]
    live.crawl(*FA, "-a", "max_pages=1", "-s", f"NEWSCRAWL_ALIVE={service.origin}/ping")
    assert [path for path, _ in service.asked] == ["/ping"]


def test_without_spidermon_the_crawl_works_and_says_so(live: LiveSite, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking"
    lacking.mkdir()
    (lacking / "spidermon.py").write_text("raise ImportError('not here')\n")
    path = f"{lacking}:{ROOT}"
    done = scrapy(*live.arguments(*FA, "-a", "max_pages=1"), PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("needs the group monitor: pip install") == 1
    assert last_run(live.data)["warnings"] == []
    live.override(COLUMN, Answer(404))
    done = scrapy(*live.arguments(*FA, "-a", "mode=full"), PYTHONPATH=path)
    assert done.returncode == 1, "what is fatal needs no group"


def test_what_a_way_of_notice_lacks_is_said_before_the_run(tmp_path: Path) -> None:
    settings = replay_settings(tmp_path / "data")
    for way, needed in (("webhook", "NEWSCRAWL_NOTIFY_URL"), ("email", "SPIDERMON_SMTP_HOST")):
        done = scrapy("crawl", "rfi", *settings, "-s", f"NEWSCRAWL_NOTIFY={way}")
        assert done.returncode == 2
        assert (
            done.stderr == f"newscrawl: NEWSCRAWL_NOTIFY={way} needs {needed}: see docs/health.md\n"
        )


# -- what seeds expect ---------------------------------------------------------------------------


def seeded(folder: Path, expected: str) -> Path:
    """The seeds of the stand-in, with more expectations of one edition."""
    shutil.copytree(SEEDS, folder)
    path = folder / "fa.yaml"
    path.write_text(path.read_text("utf-8").replace("columns:", f"{expected}\ncolumns:"), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        ("fields: [title, text]", 0),
        ("fields: {lead: 5%, title: 1.0}", 0),
        ("fields: [audio]", 1),
        ("fields: {audio: 99%}", 1),
    ],
)
def test_fields_that_must_be_there(tmp_path: Path, expected: str, code: int) -> None:
    seeds = seeded(tmp_path / "seeds", expected)
    settings = replay_settings(tmp_path / "data", NEWSCRAWL_SEEDS=str(seeds))
    done = scrapy("crawl", "rfi", *settings, *FA)
    assert done.returncode == code, done.stderr
    assert ("unhealthy: audio of fa is in" in done.stderr) == bool(code)


def test_old_articles_are_no_news_on_a_stand_in(live: LiveSite, tmp_path: Path) -> None:
    seeds = seeded(tmp_path / "seeds", "newest: 1d")
    live.crawl(*FA, "-s", f"NEWSCRAWL_SEEDS={seeds}")
    assert live.run["warnings"] == []


def test_a_column_that_brings_less_than_its_seed_expects(live: LiveSite, tmp_path: Path) -> None:
    seeds = seeded(tmp_path / "seeds", "newest: 1d")
    path = seeds / "fa.yaml"
    path.write_text(path.read_text("utf-8").replace("least: 5", "least: 5, expect: 50", 1), "utf-8")
    given = (*FA, "-s", f"NEWSCRAWL_SEEDS={seeds}")
    live.crawl(*given)
    assert live.run["warnings"] == [], "nobody has watched it for a week"
    database = sqlite3.connect(live.data / "newscrawl.db")
    with database:
        database.execute("UPDATE runs SET started_at = '2024-01-01T00:00:00+00:00'")
    database.close()
    done = live.crawl(*given)
    (warning,) = live.run["warnings"]
    assert warning.endswith("brought 0 new in 7 days, its seed expects 50 a week")
    assert f"warning: {warning}" in done.stderr
    status = scrapy("status", "-s", f"NEWSCRAWL_DATA_DIR={live.data}")
    assert status.returncode == 0
    assert status.stdout.startswith(f"warned\nwarning: {warning}\n")


def summary(live: LiveSite) -> Any:
    return live.run["editions"], live.run["fresh"], live.run["replay"]


def test_what_later_runs_compare_with_is_kept(live: LiveSite) -> None:
    live.crawl(*FA)
    number = len(live.site.articles("fa"))
    assert summary(live) == (["fa"], {"fa": number}, False)
    live.crawl(*FA)
    assert summary(live) == (["fa"], {}, False)

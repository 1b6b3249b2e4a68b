"""``scrapy schedule`` with two real Scrapyd servers that want a password."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from newscrawl.schedule.client import Scrapyd
from newscrawl.schedule.servers import Server
from newscrawl.store.locks import acquire
from tests.crawling import ARCHIVE, ROOT, SEEDS, query, records, scrapy, start_scrapy
from tests.scrapyd_server import LOGIN, PASSWORD, Guarded, guarded_server, until

SCHEMA = json.loads((ROOT / "docs" / "json" / "schedule.schema.json").read_text("utf-8"))
EDITIONS = {"cn", "en", "fa", "fr", "tw"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Guarded, Guarded]]:
    folder = tmp_path_factory.mktemp("servers")
    with guarded_server(folder / "a") as one, guarded_server(folder / "b") as two:
        yield one, two


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds of the stand-in, due every two seconds."""
    folder = tmp_path_factory.mktemp("seeds")
    for path in SEEDS.glob("*.yaml"):
        text = path.read_text("utf-8")
        assert "every: 1d" in text
        (folder / path.name).write_text(text.replace("every: 1d", "every: 2s"), "utf-8")
    return folder


def options(folder: Path, *servers: str, seeds: Path = SEEDS) -> list[str]:
    settings = {
        "NEWSCRAWL_DATA_DIR": folder / "schedule",
        "NEWSCRAWL_SEEDS": seeds,
        "NEWSCRAWL_REPLAY": ARCHIVE,
    }
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    return ["schedule", *given, *(part for url in servers for part in ("--server", url))]


def once(
    folder: Path, *servers: str, code: int = 0, seeds: Path = SEEDS, **environment: str
) -> dict[str, Any]:
    """One round; gives what each server's URL got."""
    arguments = [*options(folder, *servers, seeds=seeds), "--once", "--json"]
    done = scrapy(*arguments, **{**LOGIN, **environment})
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    found = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert found["exit_code"] == code
    return {entry["server"]: entry for entry in found["servers"]}


@contextmanager
def held_lease(data: Path) -> Iterator[None]:
    """A replay elsewhere that holds a data dir, as a process of its own would."""
    (data / "locks").mkdir(parents=True, exist_ok=True)
    lock = acquire(data / "locks" / "replay", {"run": 7, "pid": 1, "since": "then"})
    try:
        yield
    finally:
        lock.release()


def ended(server: Guarded) -> bool:
    return not server.jobs("pending", "running")


def test_all_editions_go_to_two_servers_and_come_back_as_records(
    pair: tuple[Guarded, Guarded], tmp_path: Path
) -> None:
    data = [tmp_path / "one", tmp_path / "two"]
    places = [f"{server.url}/#{folder}" for server, folder in zip(pair, data, strict=True)]
    sent = once(tmp_path, *places)
    assert {entry["state"] for entry in sent.values()} == {"sent"}
    parts = [set(sent[server.url]["chosen"]) for server in pair]
    assert parts[0] | parts[1] == EDITIONS
    assert not parts[0] & parts[1]
    assert abs(len(parts[0]) - len(parts[1])) == 1

    for server, folder, part in zip(pair, data, parts, strict=True):
        job = sent[server.url]["job"]
        until(lambda server=server: ended(server), "the job did not end")
        log = server.log(job)
        assert "Traceback" not in log
        assert {record["edition"] for record in records(folder)} == part, log
        (line,) = [line for line in server.output.splitlines() if "Process started" in line]
        assert "NEWSCRAWL_SHARE=0.5" in line, "the host's rate is shared"
        assert query(folder, "SELECT exit_code FROM runs") == [(0,)]

    again = once(tmp_path, *places)
    assert {entry["state"] for entry in again.values()} == {"idle"}
    (tmp_path / "schedule" / "schedule.json").unlink()
    still = once(tmp_path, *places)
    assert {entry["state"] for entry in still.values()} == {"idle"}, "the stores know"
    assert [len(server.jobs()) for server in pair] == [1, 1]
    assert (tmp_path / "schedule" / "schedule.alive").exists()


def test_a_run_that_goes_on_is_not_doubled(pair: tuple[Guarded, Guarded], tmp_path: Path) -> None:
    server, _ = pair
    data = tmp_path / "data"
    place = f"{server.url}/#{data}"
    before = set(server.jobs())
    with held_lease(data):
        found = once(tmp_path, place, code=3)[server.url]
        assert found["state"] == "held"
        assert "run 7 of process 1, since then" in found["problem"]
        assert set(server.jobs()) == before

        job = waiting_job(server, data)
        until(lambda: server.jobs("running") == [job], "the job did not start")
        found = once(tmp_path, place)[server.url]
        assert found["state"] == "going"
        assert found["problem"].startswith(f"job {job} is running since 2")
    until(lambda: ended(server), "the job did not end")
    assert set(server.jobs()) - before == {job}
    assert records(data)


def waiting_job(server: Guarded, data: Path) -> str:
    """A job that someone else sent, and that waits for the lease."""
    settings = {
        "NEWSCRAWL_DATA_DIR": str(data),
        "NEWSCRAWL_REPLAY": str(ARCHIVE),
        "NEWSCRAWL_SEEDS": str(SEEDS),
        "NEWSCRAWL_LEASE_WAIT": "10m",
    }
    login = Server(server.url, data, LOGIN["SCRAPYD_USERNAME"], LOGIN["SCRAPYD_PASSWORD"])
    return Scrapyd(login, "newscrawl", 120).send("rfi", {"editions": "fa"}, settings)


def test_a_server_that_fails_keeps_no_other_from_its_run(
    pair: tuple[Guarded, Guarded], tmp_path: Path
) -> None:
    server, other = pair
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    before = set(other.jobs())
    mistaken = server.url.replace("http://", "http://newscrawl:wrong@")
    places = [f"{mistaken}/#{tmp_path}/a", f"{other.url}/#{tmp_path}/b", f"{nobody}/#{tmp_path}/c"]
    arguments = [*options(tmp_path, *places), "--once"]
    done = scrapy(*arguments, **LOGIN)
    assert done.returncode == 1, done.stderr
    assert f"newscrawl: {server.url}: wants another user and password (401)" in done.stderr
    assert f"newscrawl: {nobody}: cannot be reached: start Scrapyd there" in done.stderr
    assert "wrong" not in done.stdout + done.stderr
    (job,) = set(other.jobs()) - before
    assert re.search(rf"{other.url}: .* sent as job {job}", done.stdout)
    until(lambda: ended(other), "the job did not end")

    nope = scrapy(*arguments, "-s", "NEWSCRAWL_SCRAPYD_PROJECT=nope", **LOGIN)
    assert nope.returncode == 1
    assert f"{other.url}: project 'nope' not found" not in nope.stderr, "nothing was due there"
    (tmp_path / "b" / "newscrawl.db").unlink()
    (tmp_path / "schedule" / "schedule.json").unlink()
    nope = scrapy(*arguments, "-s", "NEWSCRAWL_SCRAPYD_PROJECT=nope", **LOGIN)
    assert f"{other.url}: project 'nope' not found: install or deploy it there" in nope.stderr


def test_a_job_that_left_no_run_is_told(
    pair: tuple[Guarded, Guarded], hasty: Path, tmp_path: Path
) -> None:
    server, _ = pair
    data = tmp_path / "schedule"
    once(tmp_path, server.url, seeds=hasty)
    until(lambda: ended(server), "the job did not end")
    assert records(data)

    missing = [*options(tmp_path, server.url, seeds=hasty), "--once"]
    missing += ["-s", f"NEWSCRAWL_REPLAY={tmp_path / 'missing.warc.gz'}"]
    until(lambda: "sent as job" in scrapy(*missing, **LOGIN).stdout, "it was never due again")
    until(lambda: ended(server), "the job did not end")
    lost = server.jobs("finished")[0]
    assert "missing.warc.gz" in server.log(lost)

    until(lambda: "sent as job" in (told := told_of(missing))[0] and lost in told[1], "not told")


def told_of(arguments: list[str]) -> tuple[str, str]:
    done = scrapy(*arguments, **LOGIN)
    assert done.returncode == (1 if "left no run in" in done.stderr else 0), done.stderr
    return done.stdout, done.stderr


def test_a_loop_sends_when_it_is_time_and_ends_when_it_is_told(
    pair: tuple[Guarded, Guarded], hasty: Path, tmp_path: Path
) -> None:
    _, server = pair
    before = set(server.jobs())
    process = start_scrapy(*options(tmp_path, server.url, seeds=hasty), "--loop", "--json", **LOGIN)
    try:
        until(lambda: len(set(server.jobs()) - before) >= 2, "it did not send twice")
        busy = scrapy(*options(tmp_path, server.url, seeds=hasty), "--once", **LOGIN)
        assert busy.returncode == 3
        assert "another scrapy schedule holds" in busy.stderr
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    rounds = [json.loads(line) for line in output.splitlines()]
    for found in rounds:
        jsonschema.Draft202012Validator(SCHEMA).validate(found)
    jobs = [entry["job"] for found in rounds for entry in found["servers"] if entry["job"]]
    assert len(set(jobs)) == len(jobs) >= 2
    until(lambda: ended(server), "the job did not end")
    unsaid = set(server.jobs()) - before - set(jobs)
    assert len(unsaid) <= 1, "the signal may come between sending and saying so"
    assert (tmp_path / "schedule" / "schedule.alive").exists()
    ((most,),) = query(tmp_path / "schedule", "SELECT count(*) FROM runs WHERE exit_code != 0")
    assert most == 0, "no run met another one"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_loop_ends_in_the_middle_of_a_question(number: int, tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        deaf.settimeout(120)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        process = start_scrapy(
            *options(tmp_path, url), "--loop", "-s", "NEWSCRAWL_SCRAPYD_TIMEOUT=30m"
        )
        try:
            connection, _ = deaf.accept()
            assert connection.recv(10)
            process.send_signal(number)
            _, errors = process.communicate(timeout=120)
            connection.close()
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


# -- without any server --------------------------------------------------------------------------


def test_a_dry_run_asks_nobody_and_writes_nothing(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        done = scrapy(*options(tmp_path, url), "--dry-run")
        assert done.returncode == 0, done.stderr
        assert f"{url}: cn, en, fa, fr, tw would be sent" in done.stdout
        with pytest.raises(BlockingIOError):
            server.accept()
    assert list(tmp_path.iterdir()) == []


def test_what_was_replayed_here_is_not_due(replayed: Path) -> None:
    settings = ["-s", f"NEWSCRAWL_DATA_DIR={replayed}", "-s", f"NEWSCRAWL_SEEDS={SEEDS}"]
    done = scrapy("schedule", "--dry-run", "-s", f"NEWSCRAWL_REPLAY={ARCHIVE}", *settings)
    assert done.returncode == 0, done.stderr
    assert "http://127.0.0.1:6800: nothing is due\nnext due: 2" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "say how often: scrapy schedule --once, or --loop"),
        (["--once", "--loop"], "leave one out"),
        (["--loop", "--dry-run"], "leave one out"),
        (["--onec"], "did you mean --once"),
        (["--once", "now"], "unexpected argument 'now'"),
        (["--once", "--server", "localhost:6800"], "server 1 cannot be used"),
        (["--once", "-s", "NEWSCRAWL_SCRAPYD="], "no Scrapyd server is named"),
        (["--once", "-s", "NEWSCRAWL_SCRAPYD_TIMEOUT=soon"], "NEWSCRAWL_SCRAPYD_TIMEOUT is 'soon'"),
        (["--once", "-s", "NEWSCRAWL_SCRAPYD_TIMEOUT=0"], "NEWSCRAWL_SCRAPYD_TIMEOUT is 0"),
        (["--once", "-s", "NEWSCRAWL_SCRAPYD_PROJECT="], "NEWSCRAWL_SCRAPYD_PROJECT is empty"),
        (["--once", "-s", "NEWSCRAWL_STOP_AFTER=x"], "NEWSCRAWL_STOP_AFTER is 'x'"),
    ],
)
def test_wrong_use(arguments: list[str], line: str, tmp_path: Path) -> None:
    done = scrapy(*options(tmp_path), *arguments)
    assert done.returncode == 2, done.stderr
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_seeds_that_do_not_say_how_often(tmp_path: Path) -> None:
    (tmp_path / "fa.yaml").write_text(
        "edition: fa\ncolumns:\n  - {name: x, path: /fa/x/, kind: section}\n", "utf-8"
    )
    done = scrapy(*options(tmp_path, seeds=tmp_path), "--once")
    assert done.returncode == 2
    assert "the seeds do not say how often" in done.stderr

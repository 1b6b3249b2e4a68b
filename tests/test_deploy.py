"""The files of ``deploy/``, and the project installed without a checkout."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.request import urlopen

import pytest

from newscrawl import settings
from tests.crawling import ROOT, query
from tests.scrapyd_server import BIN, guarded_server

DEPLOY = ROOT / "deploy"
DOCS = (ROOT / "docs" / "scrapyd.md").read_text("utf-8")
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def unit(path: Path) -> dict[str, list[str]]:
    """Every ``Name=value`` of a unit, in its order."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def environment_file() -> dict[str, str]:
    lines = (DEPLOY / "newscrawl.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


# -- Scrapyd ---------------------------------------------------------------------------------------


def test_scrapyd_wants_its_password_and_knows_the_project(tmp_path: Path) -> None:
    with guarded_server(tmp_path) as server:
        for path in ("", "listprojects.json", "schedule.json", "logs/"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{server.url}/{path}", timeout=120)
            assert caught.value.code == 401
            caught.value.close()
        assert server.get("listprojects.json")["projects"] == ["newscrawl"]
        assert server.get("listspiders.json?project=newscrawl")["spiders"] == ["rfi"]
        assert "max_proc=1," in server.output


def test_scrapyd_is_bound_and_bounded() -> None:
    shipped = configparser.ConfigParser()
    shipped.read(DEPLOY / "scrapyd.conf")
    scrapyd = shipped["scrapyd"]
    assert scrapyd["bind_address"] == "127.0.0.1"
    assert scrapyd["username"] == environment_file()["SCRAPYD_USERNAME"]
    assert scrapyd["password"] == "", "a password that everybody knows is none"
    assert scrapyd["jobstorage"].endswith("SqliteJobStorage")
    assert 1 <= scrapyd.getint("jobs_to_keep") <= 100
    assert not settings.TELNETCONSOLE_ENABLED
    assert not settings.REMOTE_CONTROL_ENABLED


def test_names_in_the_environment_file_are_settings() -> None:
    names = environment_file()
    assert names["SCRAPYD_PASSWORD"] == names["NEWSCRAWL_CONTACT"] == ""
    for name in names:
        assert hasattr(settings, name) or name.startswith(("SCRAPYD_", "SCRAPY_SETTINGS_MODULE"))


# -- units -----------------------------------------------------------------------------------------


@pytest.mark.debian
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    # The programs lie elsewhere here: systemd-analyze looks for them.
    for path in UNITS:
        text = path.read_text().replace("/srv/newscrawl/venv/bin", str(BIN))
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    own = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, own) == (0, []), done.stderr


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"])
def test_services_run_without_privileges(path: Path) -> None:
    found = unit(path)
    assert found["User"] == ["newscrawl"]
    assert found["NoNewPrivileges"] == ["yes"]
    assert found["ProtectSystem"] == ["strict"]
    assert found["CapabilityBoundingSet"] == [""]
    assert found["EnvironmentFile"] == ["/etc/newscrawl/newscrawl.env"]
    (command,) = found["ExecStart"]
    program, *arguments = shlex.split(command)
    assert (BIN / Path(program).name).exists()
    assert Path(program).parent == Path("/srv/newscrawl/venv/bin")
    if arguments[0] == "schedule":
        assert arguments[1] in ("--once", "--loop")


def test_scrapyd_does_not_start_without_a_password() -> None:
    ((command),) = unit(DEPLOY / "scrapyd.service")["ExecStartPre"]
    assert "$$SCRAPYD_PASSWORD" in command, "systemd itself would expand a single $"
    check = shlex.split(command.replace("$$", "$"))
    for password, code in (("", 2), ("a b", 0)):
        done = subprocess.run(check, env={"SCRAPYD_PASSWORD": password}, check=False)
        assert done.returncode == code


# -- logs ------------------------------------------------------------------------------------------


@pytest.mark.debian
def test_logrotate_turns_a_log_that_is_still_open(tmp_path: Path) -> None:
    logs = tmp_path / "log"
    logs.mkdir(mode=0o755)
    rules = tmp_path / "rules"
    rules.write_text((DEPLOY / "logrotate").read_text().replace("/var/log/newscrawl", str(logs)))
    rules.chmod(0o644)
    with (logs / "scrapyd.log").open("a") as log:
        print("before", file=log, flush=True)
        command = ["/usr/sbin/logrotate", "--force", "--state", tmp_path / "state", rules]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        print("after", file=log, flush=True)
    assert (logs / "scrapyd.log.1").read_text() == "before\n"
    assert (logs / "scrapyd.log").read_text() == "after\n"


# -- container -------------------------------------------------------------------------------------


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [BIN / "hadolint", "--no-color", DEPLOY / "Containerfile"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_container_does_what_the_readme_does() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    joined = text.replace("\\\n", " ")
    steps = [line for line in joined.splitlines() if line and not line.startswith("#")]
    words = [step.split()[0] for step in steps]
    assert words[0] == "FROM"
    assert words[-1] == "CMD"
    assert set(words) <= {
        "FROM",
        "RUN",
        "WORKDIR",
        "COPY",
        "USER",
        "ENV",
        "VOLUME",
        "EXPOSE",
        "CMD",
    }
    image = steps[0].split()[1]
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", image), "no latest, no registry"
    assert "RUN make setup && make crawl" in text
    assert words.index("USER") < [step.startswith("RUN make") for step in steps].index(True)
    for name in re.findall(r"\.\./app/(\S+)", text):
        assert (ROOT / name).exists(), name
    assert "SCRAPYD_PASSWORD=" not in text
    assert "was not built or run" in DOCS


# -- documentation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_file_is_in_the_docs(path: Path) -> None:
    assert path.name in DOCS or f"{path.stem}.*" in DOCS


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as pip installs it, from a copy of the files that git knows."""
    folder = tmp_path_factory.mktemp("installed")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in listed.split("\0"):
        top = name.split("/")[0]
        wanted = top in ("newscrawl", "seeds", "setup.py", "pyproject.toml", "README.md", "LICENSE")
        if wanted and (ROOT / name).is_file():
            (folder / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "copy" / name).write_bytes((ROOT / name).read_bytes())
    words = (
        "pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --target"
    )
    subprocess.run(
        [sys.executable, "-m", *words.split(), folder / "packages", "."],
        cwd=folder / "copy",
        check=True,
        timeout=300,
    )
    shutil.rmtree(folder / "copy")
    return folder / "packages"


def test_the_commands_run_in_an_empty_folder_without_a_checkout(
    installed: Path, replayed: Path, tmp_path: Path
) -> None:
    """As docs/scrapyd.md says: the package installed, the settings' name in the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    environment = {
        **kept,
        "PYTHONPATH": str(installed),
        "SCRAPY_SETTINGS_MODULE": "newscrawl.settings",
        "NEWSCRAWL_DATA_DIR": str(replayed),
        "NEWSCRAWL_CONTACT": "crawl@example.org",
    }
    backup = tmp_path / "backups" / "today"
    folder = tmp_path / "empty"
    folder.mkdir()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "408 new" in run("status")
    assert "408 articles" in run("backup", str(backup))
    assert "version 1" in run("history", story(replayed))
    columns = json.loads(run("columns", "--json"))["columns"]
    assert len({column["edition"] for column in columns}) == 16, "the seeds came along"
    assert "nothing is due" in run("schedule", "--dry-run")
    environment["NEWSCRAWL_DATA_DIR"] = str(tmp_path / "restored")
    assert "408 articles" in run("restore", str(backup))
    assert "408 new" in run("status")
    assert run("export", "jsonl", "-o", "-").count("\n") == 408
    run("report", "-o", str(tmp_path / "report.html"))
    assert "<svg" in (tmp_path / "report.html").read_text()
    assert "Dashboard" in _first_page(folder, environment)
    assert list(folder.iterdir()) == []


def _first_page(folder: Path, environment: dict[str, str]) -> str:
    """What ``scrapy browse`` shows first."""
    browsing = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "browse", "--port", "0"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert browsing.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/", browsing.stdout.readline())
        assert address
        with urlopen(address[0], timeout=60) as answer:
            return str(answer.read().decode())
    finally:
        browsing.send_signal(signal.SIGINT)
        browsing.communicate(timeout=60)


def story(data: Path) -> str:
    ((url,),) = query(data, "SELECT url FROM articles WHERE edition = 'en' ORDER BY url LIMIT 1")
    return str(url)

"""The lock of a host, which all data dirs of a user have in common."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from newscrawl.errors import Busy, UsageProblem
from newscrawl.store.locks import acquire_host, hosts_folder

HOST = "www.rfi.fr"
HOLDER = {"run": 7, "pid": 1, "since": "then", "data_dir": "/srv/one"}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_one_at_a_time_and_the_other_is_told_who(state: Path) -> None:
    lock = acquire_host(HOST, HOLDER)
    assert stat.S_IMODE((state / "newscrawl" / "hosts").stat().st_mode) == 0o700
    with pytest.raises(Busy, match=r"run 7 of process 1, since then, data dir /srv/one"):
        acquire_host(HOST, {"run": 8, "pid": 2, "since": "now"})
    acquire_host("mirror.example.org", HOLDER).release()
    lock.release()
    acquire_host(HOST, HOLDER).release()


@pytest.mark.parametrize("given", [None, "", "state", "./state"])
def test_without_a_folder_for_state_it_lies_in_the_home(
    given: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    if given is not None:
        monkeypatch.setenv("XDG_STATE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert hosts_folder() == tmp_path / ".local" / "state" / "newscrawl" / "hosts"


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageProblem, match="set XDG_STATE_HOME to a folder"):
        acquire_host(HOST, HOLDER)


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(UsageProblem, match="set XDG_STATE_HOME to a folder"):
        acquire_host(HOST, HOLDER)

"""A backup whose files and database are of different moments."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newscrawl.store import database
from newscrawl.upkeep import backup
from newscrawl.upkeep.compare import Comparison
from tests.store.test_store import capture, lines, open_store


class Later:
    """A database after whose backup something happens before the files are copied."""

    def __init__(self, connection: sqlite3.Connection, happens: Callable[[], object]) -> None:
        self._connection = connection
        self._happens = happens

    def backup(self, copy: sqlite3.Connection) -> None:
        self._connection.backup(copy)
        self._happens()

    def close(self) -> None:
        self._connection.close()


@pytest.mark.parametrize("outputs", [("jsonlines", "sqlite"), ("jsonlines",)])
def test_nothing_is_stored_twice_in_a_copy(
    tmp_path: Path, make_article: Any, monkeypatch: pytest.MonkeyPatch, outputs: tuple[str, ...]
) -> None:
    folder, copy = tmp_path / "data", tmp_path / "copy"
    store = open_store(folder, outputs)
    store.keep(capture(make_article(1)))

    def go_on() -> None:
        store.keep(capture(make_article(2)))
        store.publish()
        store.keep(capture(make_article(3)))
        store.publish()

    connection = database.read_only(folder)
    assert connection is not None
    monkeypatch.setattr(backup, "read_only", lambda _: Later(connection, go_on))
    assert backup.backup(folder, copy) == 1
    store.close()
    again = open_store(copy, outputs)
    for number in (1, 2, 3):
        again.keep(capture(make_article(number)))
    again.publish()
    again.close()
    assert sorted(line["title"] for line in lines(copy)) == ["Story 1", "Story 2", "Story 3"]
    with closing(database.connect(copy)) as database_:
        assert list(Comparison(database_, copy).findings()) == []

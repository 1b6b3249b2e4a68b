"""Texts of records whose bodies are not in the database: they are in the line files alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson

from newscrawl.store.folder import LINES
from newscrawl.store.linefiles import PART


class Bodies:
    """Reads ``text`` and ``html`` from the line of a version where its row has none."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db = connection
        self._folder = folder / LINES

    def complete(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record with its body, where a line has it."""
        if record["text"] is not None or record["html"] is not None:
            return record
        row = self._db.execute(
            'SELECT f.name, l."offset", l.length FROM lines l JOIN line_files f ON f.id = l.file'
            " WHERE l.url_hash = ? AND l.version = ?",
            (record["url_hash"], record["version"]),
        ).fetchone()
        line = None if row is None else self._read(row["name"], row["offset"], row["length"])
        if line is None or line.get("content_hash") != record["content_hash"]:
            return record
        return record | {"text": line["text"], "html": line["html"]}

    def _read(self, name: str, offset: int, length: int) -> dict[str, Any] | None:
        for path in (self._folder / name, self._folder / (name + PART)):
            try:
                with path.open("rb") as file:
                    file.seek(offset)
                    line = orjson.loads(file.read(length))
            except (OSError, orjson.JSONDecodeError):
                continue
            return line if isinstance(line, dict) else None
        return None

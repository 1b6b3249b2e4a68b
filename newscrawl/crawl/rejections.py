"""Pages that gave no record: one line each, and the page itself for study."""

from __future__ import annotations

import gzip
import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from newscrawl.clock import iso
from newscrawl.durable import written_durably
from newscrawl.store.locks import held

#: All kept pages together, in bytes; the oldest go first.
LIMIT = 100 * 1024 * 1024


class Rejections:
    """``rejected/`` of a data dir, for one run."""

    def __init__(self, data_dir: Path, run: int) -> None:
        self._folder = data_dir / "rejected"
        self._run = run

    def keep(
        self, url: str, reason: str, rule: str | None, fetched_at: datetime, body: bytes
    ) -> None:
        """Write a line, and the page as received (gzip) beside it."""
        with held(self._folder):  # whoever takes lines out rewrites the file
            self._keep(url, reason, rule, fetched_at, body)

    def _keep(
        self, url: str, reason: str, rule: str | None, fetched_at: datetime, body: bytes
    ) -> None:
        name = f"{self._run}-{sha256(url.encode()).hexdigest()[:16]}.html.gz"
        with written_durably(self._folder / name) as page:
            page.write(gzip.compress(body, mtime=0))
        line = {
            "url": url,
            "reason": reason,
            "rule": rule,
            "fetched_at": iso(fetched_at),
            "page": f"rejected/{name}",
        }
        with (self._folder / f"{self._run}.jsonl").open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._prune()

    def _prune(self) -> None:
        pages = [(page.stat(), page) for page in self._folder.glob("*.html.gz")]
        total = sum(stat.st_size for stat, _ in pages)
        for stat, page in sorted(pages, key=lambda pair: pair[0].st_mtime):
            if total <= LIMIT:
                return
            page.unlink()
            total -= stat.st_size

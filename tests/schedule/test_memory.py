"""What a schedule remembers from one process to the next."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newscrawl.schedule.memory import Memory, Sent

WHEN = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_what_was_sent_is_known_to_the_next_process(tmp_path: Path) -> None:
    Memory(tmp_path).note(["cn", "fa"], Sent("http://a", WHEN, "j1"))
    later = Memory(tmp_path)
    later.note(["cn"], Sent("http://b", WHEN, "j2"))
    found = Memory(tmp_path)
    assert found.sent("fa", "http://a") == Sent("http://a", WHEN, "j1")
    assert found.sent("cn", "http://b") == Sent("http://b", WHEN, "j2")
    assert found.sent("cn", "http://a") is None, "it belongs to another server now"
    assert [path.name for path in tmp_path.iterdir()] == ["schedule.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"sent": []}',
        '{"sent": {"cn": 1}}',
        '{"sent": {"cn": {"server": "http://a", "at": "soon", "job": "j"}}}',
    ],
)
def test_a_damaged_file_says_nothing_and_is_replaced(text: str, tmp_path: Path) -> None:
    (tmp_path / "schedule.json").write_text(text)
    memory = Memory(tmp_path)
    assert memory.sent("cn", "http://a") is None
    memory.note(["cn"], Sent("http://a", WHEN, "j"))
    assert Memory(tmp_path).sent("cn", "http://a") == Sent("http://a", WHEN, "j")


def test_a_time_without_a_zone_can_be_compared(tmp_path: Path) -> None:
    (tmp_path / "schedule.json").write_text(
        '{"sent": {"cn": {"server": "a", "at": "2026-07-01T12:00:00", "job": "j"}}}'
    )
    sent = Memory(tmp_path).sent("cn", "a")
    assert sent is not None
    assert sent.at.tzinfo is not None


def test_the_sign_of_life_is_renewed(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.live()
    alive = tmp_path / "schedule.alive"
    os.utime(alive, (0, 0))
    memory.live()
    assert alive.stat().st_mtime > 0

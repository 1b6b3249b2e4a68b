"""One page of each edition was read by a person who had only the page: the records agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.cases import expected
from fixtures.model import EDITIONS

READINGS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "fixtures" / "read_by_hand.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def test_every_edition_was_read() -> None:
    assert {reading["case"].split("-")[0] for reading in READINGS} == set(EDITIONS)
    assert len({reading["case"].split("-")[1] for reading in READINGS}) == 6


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading["case"])
def test_the_expected_record_says_what_was_read(reading: dict[str, Any]) -> None:
    record = expected()[reading["case"]]
    first = next(iter(record["images"]), {"caption": None, "credit": None})
    assert reading == {
        "case": reading["case"],
        **{
            name: record[name]
            for name in ("content_id", "kind", "title", "surtitle", "lead", "column", "breadcrumb")
        },
        "authors": [author["name"] for author in record["authors"]],
        "published_at": record["published_at"],
        "modified_at": record["modified_at"],
        "tags": [tag["name"] for tag in record["tags"]],
        "image_count": len(record["images"]),
        "first_image_caption": first["caption"],
        "first_image_credit": first["credit"],
        "audio_seconds": next((item["duration_s"] for item in record["audio"]), None),
        "video_seconds": next((item["duration_s"] for item in record["videos"]), None),
        "reading_minutes": record["reading_minutes"],
        "related_count": len(record["related"]),
        "blocks": record["text"].split("\n\n"),
    }

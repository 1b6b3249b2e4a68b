"""What a crawl costs and how it grows, at a tiny size."""

from __future__ import annotations

from bench import growth


def test_figures_and_section() -> None:
    found = growth.run(4)
    assert found["articles"] == 12
    assert (found["update_requests"], found["update_articles"]) == (found["columns_crawled"], 0)
    assert len(found["bytes"]) == 4
    assert all(size > 100 for size in found["bytes"].values())
    assert len(found["seeds"]) == 16
    section = growth.section(found)
    assert section.startswith("## What a crawl costs, and how it grows")
    assert f"| {found['bytes']['JSON Lines']:,.0f} |" in section

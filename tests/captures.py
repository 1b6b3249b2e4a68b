"""Real pages, kept beside the project and never in it. Tests skip where they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "rfi" / "captures"
ARTICLE = FOLDER / "rfi_tw_article_002.html"
HOME_2021 = FOLDER / "france24_fr_home_2021-10-04.html"
CARDS_2024 = FOLDER / "rfi_es_en_home_2024-02_cards.fragment.html"
LINKS_2021 = FOLDER / "rfi_fr_crawl_2021-12-09_links.tsv"


def text(path: Path) -> str:
    """Text of a capture; skips the test where it is absent."""
    if not path.exists():
        pytest.skip(f"no capture {path.name}")
    return path.read_text(encoding="utf-8")

"""Crawls that are tampered with: code that their process runs before anything else."""

from __future__ import annotations

from pathlib import Path

from tests.crawling import ROOT


def tampered(folder: Path, code: str, **environment: str) -> dict[str, str]:
    """Environment of a process that runs ``code`` when Python starts in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": f"{folder}:{ROOT}", **environment}


def other_rules(folder: Path, version: str = "next") -> dict[str, str]:
    """The rules of extraction have another version."""
    return tampered(folder, f"from newscrawl.rfi import RfiSite\nRfiSite.extractor = {version!r}\n")

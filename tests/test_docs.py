"""Every command, option, setting, stat and field is documented."""

from __future__ import annotations

import argparse
import importlib
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from itemadapter import ItemAdapter
from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings

from newscrawl import settings
from newscrawl.crawl import arguments
from newscrawl.items import ARTICLE_FIELDS, Article, Author, Image, Media, Tag

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COMMANDS = sorted(
    path.stem
    for path in (ROOT / "newscrawl" / "commands").glob("*.py")
    if "class Command(" in path.read_text("utf-8")
)
SETTINGS = sorted(name for name in vars(settings) if name.startswith("NEWSCRAWL_"))


def doc(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def stats_in_the_code() -> set[str]:
    """Names of stats as the code writes them, with ``<x>`` for what varies."""
    found = set()
    for path in (ROOT / "newscrawl").rglob("*.py"):
        for text in re.findall(r'f?"(newscrawl/[a-z_{][^"\n ]*)"', path.read_text("utf-8")):
            if "_value(" in path.read_text("utf-8") or "_count(" in path.read_text("utf-8"):
                found.add(re.sub(r"\{[^}]*\}", "<>", text))
    return found


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name: str) -> None:
    assert f"`{name}`" in doc("settings.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_and_options(name: str) -> None:
    text = doc("commands.md")
    assert f"## scrapy {name}" in text
    module = importlib.import_module(f"newscrawl.commands.{name}")
    command = module.Command()
    for option in _options(command) - _options(_Plain()):
        assert f"`{option}" in text, option


def test_global_options() -> None:
    text = doc("commands.md")
    for option in _options(_Plain()) - {"--help", "--set"}:
        assert f"`{option}`" in text, option


@pytest.mark.parametrize("name", arguments.NAMES)
def test_arguments_of_the_crawl(name: str) -> None:
    assert f"`{name}=" in doc("commands.md")


def test_stats() -> None:
    text = re.sub(r"<[^>]*>", "<>", doc("stats.md"))
    found = stats_in_the_code()
    assert len(found) > 15
    assert [name for name in sorted(found) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", ARTICLE_FIELDS)
def test_fields(name: str) -> None:
    assert f"`{name}`" in doc("record.md")


@pytest.mark.parametrize("part", [Author, Image, Media, Tag])
def test_fields_of_parts(part: type) -> None:
    for field in fields(part):
        assert f"`{field.name}`" in doc("record.md"), field.name


def test_the_schema_of_the_record_is_the_committed_one() -> None:
    committed = json.loads((DOCS / "json" / "article.schema.json").read_text("utf-8"))
    assert committed == ItemAdapter.get_json_schema(Article)


@pytest.mark.parametrize("path", [*sorted(DOCS.glob("*.md")), ROOT / "README.md"])
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


class _Plain(ScrapyCommand):
    """A command with nothing but Scrapy's own options."""

    def short_desc(self) -> str:
        return ""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        raise NotImplementedError


def _options(command: ScrapyCommand) -> set[str]:
    command.settings = Settings()
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    return {
        option
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--")
    }

"""Lists of all feeds: a page for people, and OPML for readers that take in many at once."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from itertools import groupby
from pathlib import Path

from newscrawl.exports.feeds.feed import ATOM, RSS, Feed
from newscrawl.exports.feeds.xml import Writer

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ font: 1rem/1.6 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }}
small {{ color: #666 }}</style>
</head>
<body>
<h1>{title}</h1>
"""


def write_page(path: Path, feeds: Sequence[Feed], title: str) -> None:
    """``index.html``: every feed by edition, with its number of items."""
    parts = [_HEAD.format(title=escape(title))]
    for edition, group in groupby(feeds, lambda feed: feed.edition):
        rows = "".join(_row(feed) for feed in group)
        parts.append(f"<h2>{escape(edition)}</h2>\n<ul>\n{rows}</ul>\n")
    parts.append("</body>\n</html>\n")
    path.write_text("".join(parts), encoding="utf-8", newline="\n")


def write_opml(path: Path, feeds: Sequence[Feed], title: str) -> None:
    """``index.opml``: the RSS of every feed, by edition."""
    from lxml import etree

    with etree.xmlfile(str(path), encoding="utf-8") as file:
        file.write_declaration()
        xml = Writer(file)
        with xml.inside("opml", version="2.0"):
            with xml.inside("head"):
                xml.leaf("title", title)
                if feeds:
                    newest = max(feed.changed for feed in feeds)
                    xml.leaf("dateModified", format_datetime(newest))
            with xml.inside("body"):
                for edition, group in groupby(feeds, lambda feed: feed.edition):
                    with xml.inside("outline", text=edition):
                        xml.newline()
                        for feed in group:
                            _outline(xml, feed)


def _row(feed: Feed) -> str:
    name, count = escape(feed.name), f"{feed.items} items, last changed {feed.changed:%Y-%m-%d}"
    rss, atom = (escape(feed.file(ending)) for ending in (RSS, ATOM))
    return (
        f'<li><a href="{rss}"><bdi lang="{escape(feed.language)}">{name}</bdi></a>'
        f' · <a href="{atom}">Atom</a> <small>{count}</small></li>\n'
    )


def _outline(xml: Writer, feed: Feed) -> None:
    xml.leaf(
        "outline",
        type="rss",
        version="RSS2",
        text=feed.title,
        title=feed.title,
        xmlUrl=feed.address(RSS) or feed.file(RSS),
        htmlUrl=feed.link,
        language=feed.language,
    )

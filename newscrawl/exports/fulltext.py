"""One file an article, in the form of full-text feeds: three lines to know it by, then its HTML.

The HTML is one line: date, picture, lead, body, authors, and what such feeds leave out. Facts that
are no text of the article stand in elements with a ``data-`` attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from newscrawl.clock import PARIS
from newscrawl.exports import markup
from newscrawl.exports.names import safe_name
from newscrawl.store.selection import Selected


def write(selected: Selected, folder: Path, seen: Callable[[], None]) -> None:
    """``<edition>/<year>/<month>/<url_hash>.txt``, or ``<url_hash>.<version>.txt`` of versions."""
    made: set[Path] = set()
    for record in selected:
        path = folder / _name(record, versions=selected.selection.versions)
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_text(page(record), encoding="utf-8", newline="\n")
        seen()


def page(record: Mapping[str, Any]) -> str:
    """What the file of a record says, five lines."""
    changed = record["modified_at"] or record["published_at"] or record["fetched_at"]
    milliseconds = int(datetime.fromisoformat(changed).timestamp()) * 1000
    place = record["column"] or record["section"]
    title = " - ".join(filter(None, (record["title"], place))) or record["url"]
    address = (markup.whole(record["url"]) or "").replace("(", "%28").replace(")", "%29")
    link = f"[{markup.markdown(title)}]({address})"
    return f"<!--{milliseconds}-->\n{link}\n------\n\n{_html(record)}\n"


def _name(record: Mapping[str, Any], *, versions: bool) -> Path:
    """Month of publication in UTC, as the record has it."""
    published = record["published_at"]
    month = f"{published[:4]}/{published[5:7]}" if published else "undated"
    version = f".{record['version']}" if versions else ""
    return Path(safe_name(record["edition"]), month, f"{record['url_hash']}{version}.txt")


def _html(record: Mapping[str, Any]) -> str:
    body = markup.body(record)
    parts = (
        _time("published", record["published_at"]),
        _time("modified", record["modified_at"]),
        markup.lead_picture(record),
        markup.lead(record),
        f'<div lang="{escape(record["language"])}">{body}</div>' if body else "",
        _links("authors", record, "name"),
        _links("tags", record, "name"),
        _links("audio", record, "title"),
        _links("videos", record, "title"),
        _fact("section", record["section"]),
        _fact("language", record["language"]),
    )
    return markup.one_line("".join(parts))


def _time(name: str, moment: str | None) -> str:
    """A time as the site shows it, with the zone that the site leaves out."""
    if moment is None:
        return ""
    paris = datetime.fromisoformat(moment).astimezone(PARIS)
    shown = f"{paris:%d/%m/%Y - %H:%M} UTC{paris.isoformat()[-6:]}"
    return f'<div data-{name}="{escape(moment)}">{shown}</div>'


def _links(name: str, record: Mapping[str, Any], words: str) -> str:
    parts = [
        markup.link(part, part[words] or part["url"], record["url"], part[words] or "")
        for part in record[name]
    ]
    return f"<div data-{name}>{', '.join(parts)}</div>" if parts else ""


def _fact(name: str, value: str | None) -> str:
    return f"<div data-{name}>{markup.text(value)}</div>" if value else ""

"""The pages of ours in Datasette: search, an article, its versions side by side."""

from __future__ import annotations

import asyncio
from typing import Any

from datasette import NotFound, Response
from markupsafe import Markup

from newscrawl.browse.differences import side_by_side
from newscrawl.browse.metadata import PLUGIN
from newscrawl.clock import now
from newscrawl.dashboard.page import DAYS, MOST_DAYS, SPANS
from newscrawl.dashboard.page import dashboard as draw_dashboard
from newscrawl.errors import CrawlError
from newscrawl.rfi.editions import EDITIONS
from newscrawl.search.query import Query, parse
from newscrawl.search.snippets import mark, snippet
from newscrawl.store import dashboard, history, search

_RIGHT_TO_LEFT = frozenset(["fa", "ar", "ur", "he"])
_SHOWN, _MOST_PAGES = 20, 100
#: Blocks of a text on its page: no article has so many, and a page of millions holds the server.
_MOST_BLOCKS = 2000


def database_name(datasette: Any) -> str:
    """Name under which Datasette has the store."""
    return str(datasette.get_database().name)


def direction(language: str | None) -> str:
    """``rtl`` or ``ltr``.

    >>> direction("fa"), direction("zh-Hans"), direction(None)
    ('rtl', 'ltr', 'ltr')
    """
    return "rtl" if (language or "").split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def web_only(url: str | None) -> str:
    """An address as it is if it leads to the web, else none.

    >>> web_only("https://www.rfi.fr/"), web_only("javascript:alert(1)")
    ('https://www.rfi.fr/', '')
    """
    return url if url is not None and url.lower().startswith(("https://", "http://")) else ""


async def search_page(datasette: Any, request: Any) -> Any:
    """What was looked for, and what was found."""
    text = request.args.get("q") or ""
    edition = request.args.get("edition") or None
    page = _number(request.args.get("page"))
    query = parse(text)
    context: dict[str, Any] = {"q": text, "edition": edition, "editions": EDITIONS, "page": page}
    try:
        found = await _execute(datasette, lambda db: _find(db, query, edition, page))
    except CrawlError as error:
        found = {"problem": str(error)}
    return await _page(datasette, request, "newscrawl_search.html", context | found)


async def dashboard_page(datasette: Any, request: Any) -> Any:
    """What came in, how fresh and how complete; ``days`` tells how far back."""
    days, moment = _number(request.args.get("days"), DAYS, MOST_DAYS), now()
    figures = await _execute(datasette, lambda db: dashboard.figures(db, moment, days))
    allowed = (datasette.plugin_config(PLUGIN) or {}).get("newest", {})
    try:
        drawn = await asyncio.to_thread(draw_dashboard, figures, moment, allowed)
    except CrawlError as error:
        drawn = Markup('<p class="problem">{}</p>').format(error)
    context = {"days": days, "spans": SPANS, "drawn": drawn}
    return await _page(datasette, request, "newscrawl_dashboard.html", context)


async def article_page(datasette: Any, request: Any) -> Any:
    """An article to read."""
    versions = await _versions(datasette, request)
    current = versions[-1]
    record = current["record"]
    blocks = record["text"].split("\n\n") if record["text"] else []
    context = {
        "article": record,
        "gone_at": current["gone_at"],
        "versions": versions,
        "blocks": blocks[:_MOST_BLOCKS],
        "left": len(blocks[_MOST_BLOCKS:]),
    }
    return await _page(datasette, request, "newscrawl_article.html", context)


async def versions_page(datasette: Any, request: Any) -> Any:
    """Two versions side by side: the last two, or those that ``old`` and ``new`` name."""
    versions = {one["record"]["version"]: one for one in await _versions(datasette, request)}
    numbers = sorted(versions)
    new = _number(request.args.get("new"), numbers[-1])
    old = _number(request.args.get("old"), max((n for n in numbers if n < new), default=new))
    if old not in versions or new not in versions:
        raise NotFound(f"this article has the versions {', '.join(map(str, numbers))}")
    context = {
        "article": versions[new]["record"],
        "numbers": numbers,
        "old": versions[old],
        "new": versions[new],
        "compared": await asyncio.to_thread(
            side_by_side, versions[old]["record"], versions[new]["record"]
        ),
    }
    return await _page(datasette, request, "newscrawl_versions.html", context)


def _find(connection: Any, query: Query, edition: str | None, page: int) -> dict[str, Any]:
    hits = search.find(connection, query, edition=edition, most=_SHOWN, skipped=(page - 1) * _SHOWN)
    return {
        "hits": [
            {
                "row": row,
                "title": mark(row["title"], query),
                "part": snippet(row["lead"], query) or snippet(row["text"], query),
            }
            for row in hits.rows
        ],
        "number": hits.number,
        "is_all": hits.number < search.RANKED,
        "more": hits.number > page * _SHOWN,
        "asked": bool(query),
        "due": search.due(connection),
    }


async def _versions(datasette: Any, request: Any) -> list[dict[str, Any]]:
    key = bytes.fromhex(request.url_vars["url_hash"])
    found = await _execute(datasette, lambda db: history.versions_in(db, key))
    if not found:
        raise NotFound("no such article is stored")
    return list(found)


async def _execute(datasette: Any, work: Any) -> Any:
    """Read in one of Datasette's threads, on its connection."""
    return await datasette.get_database().execute_fn(work)


async def _page(datasette: Any, request: Any, template: str, context: dict[str, Any]) -> Any:
    html = await datasette.render_template(template, context, request=request)
    return Response.html(html)


def _number(text: str | None, default: int = 1, most: int = _MOST_PAGES) -> int:
    """A number from 1 to the most, else the default."""
    if text is None or not text.isdecimal() or not 0 < len(text) < 6:
        return default
    return min(max(int(text), 1), max(most, default))

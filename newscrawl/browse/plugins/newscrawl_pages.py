"""Datasette's plugin: only its hooks; what they answer stands in :mod:`newscrawl.browse`."""

from __future__ import annotations

from typing import Any

from datasette import Response, hookimpl
from markupsafe import Markup

from newscrawl.browse import facets, limits, pages
from newscrawl.browse.policy import App, guarded


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Pages of ours."""
    return [
        (r"^/-/search$", pages.search_page),
        (r"^/-/dashboard$", pages.dashboard_page),
        (r"^/-/article/(?P<url_hash>[0-9a-f]{32})$", pages.article_page),
        (r"^/-/article/(?P<url_hash>[0-9a-f]{32})/versions$", pages.versions_page),
    ]


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """Ways to them from every page."""
    return [
        {"href": datasette.urls.path("/-/search"), "label": "Search"},
        {"href": datasette.urls.path("/-/dashboard"), "label": "Dashboard"},
    ]


@hookimpl
def prepare_connection(conn: Any, datasette: Any) -> None:
    """Bounds of every query."""
    limits.limit(conn, sql=datasette.setting("default_allow_sql"))


@hookimpl
def forbidden(message: str) -> Response | None:
    """Say how what is off is turned on."""
    if message != "execute-sql":
        return None
    return Response.text("Pages take no SQL: start scrapy browse --sql\n", status=403)


@hookimpl
def register_facet_classes() -> list[Any]:
    """Facets by author and tag."""
    return [facets.NamesFacet]


@hookimpl
def filters_from_request(request: Any, table: str) -> Any:
    """What such a facet leads to."""
    return facets.named_filters(request, table)


@hookimpl
def render_cell(row: Any, value: Any, column: str, table: str, datasette: Any) -> Markup | None:
    """In tables of articles the headline and the key lead to the article."""
    if table not in facets.TABLES or column not in ("title", "url_hash") or not value:
        return None
    if "url_hash" not in row.keys():  # noqa: SIM118 - a row of sqlite3 is no mapping
        return None
    href = datasette.urls.path(f"/-/article/{row['url_hash']}")
    return Markup('<a href="{}" dir="auto">{}</a>').format(href, value)


@hookimpl
def extra_template_vars(datasette: Any) -> dict[str, Any]:
    """For all templates of ours."""
    return {
        "store": pages.database_name(datasette),
        "direction": pages.direction,
        "sql": datasette.setting("default_allow_sql"),
    }


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    """Filters of our templates."""
    env.filters["web_only"] = pages.web_only


@hookimpl
def asgi_wrapper() -> Any:
    """Headers, and who may ask."""

    def wrap(app: App) -> App:
        return guarded(app)

    return wrap

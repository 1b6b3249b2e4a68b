"""What Datasette is told of the tables: titles, descriptions, facets, order, and what to hide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from newscrawl.items import Article

#: Name by which Datasette keeps what the pages of ours are told.
PLUGIN = "newscrawl"
#: Settings of Datasette; https://docs.datasette.io/en/stable/settings.html explains them.
SETTINGS: dict[str, Any] = {
    "allow_csv_stream": False,  # the whole store in one answer: scrapy export csv
    "allow_download": False,
    "default_page_size": 50,
    "facet_time_limit_ms": 1000,
    "sql_time_limit_ms": 5000,
    "suggest_facets": False,
    "truncate_cells_html": 300,
}
_FACETS = ["edition", "column", "section", "kind", {"names": "authors"}, {"names": "tags"}]
_HIDDEN = (
    "article_state",
    "article_changes",
    "article_columns",
    "hosts",
    "line_files",
    "lines",
    "forgotten",
)
_VERSIONS = {
    "cause": "why the version came: full, story or rules",
    "extractor": "version of the rules that made it",
    "replaced_at": "when the next version came",
}
_ARTICLES = {
    "gone_at": "since when the page is gone from the site",
    "updated_at": "when the row was last renewed",
}


def metadata(database: str, newest: Mapping[str, float | None]) -> dict[str, Any]:
    """Datasette's metadata for a store whose database has this name.

    ``newest`` is handed on to the dashboard.
    """
    record = {each.name: _description(each.metadata) for each in fields(Article)}
    tables: dict[str, Any] = {
        "articles": {
            "title": "Articles",
            "description": "The current version of every article",
            "columns": record | _ARTICLES,
            "facets": _FACETS,
            "sort_desc": "published_at",
            "label_column": "title",
        },
        "article_versions": {
            "title": "Earlier versions",
            "description": "What newer versions have replaced",
            "columns": record | _VERSIONS,
            "facets": ["edition", "cause"],
            "sort_desc": "replaced_at",
        },
        "column_articles": {
            "title": "Articles by the column that listed them",
            "facets": ["edition", "listed_in"],
        },
        "columns": {
            "title": "Columns",
            "description": "Every column walked, and how far",
            "facets": ["edition", "kind"],
            "label_column": "name",
        },
        "runs": {
            "title": "Runs",
            "description": "Every run, and how it ended",
            "facets": ["state", "exit_code"],
            "sort_desc": "id",
        },
        "links": {
            "title": "Links",
            "description": "Every address ever met; those owed have a url",
            "facets": ["state", "reason"],
        },
        "coverage": {
            "title": "Coverage",
            "description": "How many records of a run have a field, and how many by its first rule",
            "facets": ["edition", "field"],
            "sort_desc": "run",
        },
        "sources": {"title": "Feeds and sitemaps", "facets": ["edition", "kind"]},
    }
    tables |= {name: {"hidden": True} for name in _HIDDEN}
    return {
        "title": "newscrawl",
        "plugins": {PLUGIN: {"newest": dict(newest)}},
        "databases": {database: {"title": "The store", "tables": tables}},
    }


def _description(metadata: Any) -> str:
    return str(metadata["json_schema_extra"]["description"])

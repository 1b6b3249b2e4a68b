"""Facets and filters by what articles have several of: authors and tags, lists of objects.

Datasette's own facet of arrays reads arrays of plain strings only. A facet here is asked for as
``_facet_names=tags`` and counts articles by the ``name`` of each object; ``_named_tags=…`` gives
the articles that have such an object.
"""

from __future__ import annotations

from typing import Any

from datasette.database import QueryInterrupted
from datasette.facets import Facet
from datasette.filters import FilterArguments
from datasette.utils import path_with_added_args, path_with_removed_args

#: Fields of the record that are lists of objects with a name.
NAMED = ("authors", "tags")
TABLES = ("articles", "article_versions", "column_articles")
#: Datasette hands arguments that begin so on from page to page, and takes none for a filter.
_BEGIN = "_named_"

_NAMES = (
    "SELECT n.value ->> '$.name' AS value, count(DISTINCT i.url_hash) AS count"
    " FROM ({inner}) i, json_each(i.{field}) n GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"
)
_HAS = "EXISTS (SELECT 1 FROM json_each({field}) WHERE value ->> '$.name' = :{parameter})"


class NamesFacet(Facet):  # type: ignore[misc]  # Datasette has no types
    """Articles by the names in a field."""

    type = "names"

    async def facet_results(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Facets, and the fields for which there was not time enough."""
        found, late = [], []
        for one in self.get_configs():
            field = one["config"].get("simple")
            if field not in NAMED or self.table not in TABLES:
                continue
            try:
                found.append(await self._facet(field, hideable=one["source"] != "metadata"))
            except QueryInterrupted:
                late.append(field)
        return found, late

    async def _facet(self, field: str, *, hideable: bool) -> dict[str, Any]:
        most = self.get_facet_size()
        answer = await self.ds.execute(
            self.database,
            _NAMES.format(inner=self.sql, field=field, most=most + 1),
            self.params,
            truncate=False,
            custom_time_limit=self.ds.setting("facet_time_limit_ms"),
        )
        return {
            "name": field,
            "type": self.type,
            "results": [self._result(field, row) for row in answer.rows[:most]],
            "hideable": hideable,
            "toggle_url": self._path(path_with_removed_args, {"_facet_names": field}),
            "truncated": len(answer.rows) > most,
        }

    def _result(self, field: str, row: Any) -> dict[str, Any]:
        """One name; its link takes the filter in, or out where it is in."""
        key, value = _BEGIN + field, row["value"]
        selected = (key, value) in self.get_querystring_pairs()
        change = path_with_removed_args if selected else path_with_added_args
        return {
            "value": value,
            "label": value,
            "count": row["count"],
            "toggle_url": self.ds.absolute_url(self.request, self._path(change, {key: value})),
            "selected": selected,
        }

    def _path(self, change: Any, arguments: dict[str, str]) -> str:
        return str(self.ds.urls.path(change(self.request, arguments)))


def named_filters(request: Any, table: str) -> Any:
    """What ``_named_tags=…`` of a request asks for."""
    clauses: list[str] = []
    parameters: dict[str, str] = {}
    told: list[str] = []
    if table in TABLES:
        for field in NAMED:
            for value in request.args.getlist(_BEGIN + field):
                parameter = f"named_{len(clauses)}"
                clauses.append(_HAS.format(field=field, parameter=parameter))
                parameters[parameter] = value
                told.append(f'{field} have "{value}"')
    return FilterArguments(where_clauses=clauses, params=parameters, human_descriptions=told)

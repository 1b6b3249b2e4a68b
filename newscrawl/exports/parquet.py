"""Records as a Parquet file: one column per field of the record, lists and parts as they are."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from typing import IO, Any, Union, get_args, get_origin, get_type_hints

from newscrawl.groups import need
from newscrawl.items import ARTICLE_FIELDS, Article

#: Records written in one go (a row group).
BATCH = 1000


def write_parquet(records: Iterable[Article], out: IO[bytes]) -> None:
    """Write records, a batch at a time; needs the group ``dataset``."""
    arrow = need("pyarrow", "dataset", "a Parquet file")
    parquet = need("pyarrow.parquet", "dataset", "a Parquet file")
    columns = schema()
    with parquet.ParquetWriter(out, columns, compression="zstd") as writer:
        batch: list[dict[str, Any]] = []
        for record in records:
            batch.append(row(asdict(record)))
            if len(batch) == BATCH:
                writer.write_table(arrow.Table.from_pylist(batch, columns))
                batch.clear()
        if batch:
            writer.write_table(arrow.Table.from_pylist(batch, columns))


def schema() -> Any:
    """Arrow's schema of the record."""
    arrow = need("pyarrow", "dataset", "a Parquet file")
    hints = get_type_hints(Article)
    return arrow.schema([(name, _type(arrow, hints[name])) for name in ARTICLE_FIELDS])


def row(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record, maps as the pairs that Arrow asks for."""
    return {
        name: list(value.items()) if isinstance(value, dict) else value
        for name, value in fields.items()
    }


def _type(arrow: Any, hint: Any) -> Any:
    """Arrow's type for the type of a field."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is list:
        return arrow.list_(_type(arrow, get_args(hint)[0]))
    if get_origin(hint) is dict:
        key, value = get_args(hint)
        return arrow.map_(_type(arrow, key), _type(arrow, value))
    if is_dataclass(hint):
        parts = get_type_hints(hint).items()
        return arrow.struct([(name, _type(arrow, part)) for name, part in parts])
    return {str: arrow.string(), int: arrow.int64(), bool: arrow.bool_()}[hint]

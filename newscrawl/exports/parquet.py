"""Records as a Parquet file: typed columns, lists and parts as they are.

Maps are lists of pairs: Hugging Face's ``datasets`` reads no map column. Where few values come
again and again the column is a dictionary: pandas and polars then read it as categories.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Union, get_args, get_origin, get_type_hints

from newscrawl.groups import need
from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.version import VERSION

Record = Article | Mapping[str, Any]

TIMES = ("published_at", "modified_at", "fetched_at")
DICTIONARIES = ("kind", "edition", "language", "column", "section", "body_status", "source")
#: Entry in the file's metadata that says who made it; its value is the version.
MADE_BY = b"newscrawl"

#: Inside lists the same words come again and again, too.
_REPEATED = ("rules.list.element.key", "rules.list.element.value", "alternates.list.element.key")
#: Records turned into Arrow's form in one go, and bytes of that form that make a row group: large
#: enough to be read fast, small enough for the memory of whoever writes or reads it.
_BATCH = 500
_ROW_GROUP = 32 * 1024 * 1024


def check() -> None:
    """Raises :class:`newscrawl.errors.UsageProblem` where the group ``dataset`` is missing."""
    need("pyarrow.parquet", "dataset", "a Parquet file")


def write(records: Iterable[Record], out: IO[bytes]) -> None:
    """Write records, a row group at a time; needs the group ``dataset``."""
    arrow = need("pyarrow", "dataset", "a Parquet file")
    parquet = need("pyarrow.parquet", "dataset", "a Parquet file")
    made = schema()
    options = {"compression": "zstd", "use_dictionary": [*DICTIONARIES, *_REPEATED]}
    with parquet.ParquetWriter(out, made, **options) as writer:
        for tables in _row_groups(_tables(records, made)):
            table = arrow.concat_tables(tables)
            writer.write_table(table, row_group_size=table.num_rows)


def is_ours(path: Path) -> bool:
    """Whether a file is Parquet and says that newscrawl wrote it."""
    arrow = need("pyarrow", "dataset", "a Parquet file")
    parquet = need("pyarrow.parquet", "dataset", "a Parquet file")
    try:
        return MADE_BY in (parquet.read_schema(path).metadata or {})
    except arrow.ArrowInvalid:
        return False


def schema() -> Any:
    """Arrow's schema of the record; needs the group ``dataset``."""
    arrow = need("pyarrow", "dataset", "a Parquet file")
    hints = get_type_hints(Article)
    special = dict.fromkeys(TIMES, arrow.timestamp("us", tz="UTC"))
    special |= dict.fromkeys(DICTIONARIES, arrow.dictionary(arrow.int32(), arrow.string()))
    fields = [(name, special.get(name) or _type(arrow, hints[name])) for name in ARTICLE_FIELDS]
    return arrow.schema(fields, metadata={MADE_BY: VERSION.encode()})


def _row_groups(tables: Iterable[Any]) -> Iterator[list[Any]]:
    group: list[Any] = []
    for table in tables:
        group.append(table)
        if sum(one.nbytes for one in group) >= _ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


def _tables(records: Iterable[Record], made: Any) -> Iterator[Any]:
    arrow = need("pyarrow", "dataset", "a Parquet file")
    batch: list[dict[str, Any]] = []
    for record in records:
        batch.append(row(record))
        if len(batch) == _BATCH:
            yield arrow.Table.from_pylist(batch, made)
            batch.clear()
    if batch:
        yield arrow.Table.from_pylist(batch, made)


def row(record: Record) -> dict[str, Any]:
    """A record as Arrow takes it: times as times, maps as pairs."""
    row = asdict(record) if isinstance(record, Article) else dict(record)
    for name, value in row.items():
        if isinstance(value, dict):
            row[name] = [{"key": key, "value": given} for key, given in value.items()]
        elif name in TIMES and value is not None:
            row[name] = datetime.fromisoformat(value)
    return row


def _type(arrow: Any, hint: Any) -> Any:
    """Arrow's type for the type of a field."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is list:
        return arrow.list_(_type(arrow, get_args(hint)[0]))
    if get_origin(hint) is dict:
        key, value = (_type(arrow, part) for part in get_args(hint))
        return arrow.list_(arrow.struct([("key", key), ("value", value)]))
    if is_dataclass(hint):
        parts = get_type_hints(hint).items()
        return arrow.struct([(name, _type(arrow, part)) for name, part in parts])
    return {str: arrow.string(), int: arrow.int32(), bool: arrow.bool_()}[hint]

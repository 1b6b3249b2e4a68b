"""Rows for datatrove's ParquetWriter, with the columns of ``newscrawl/exports/parquet.py``."""

from __future__ import annotations

from typing import Any

from datatrove.data import Document

from newscrawl.exports import parquet
from newscrawl.scale.records import to_fields


def record_schema() -> Any:
    """The Arrow schema of the record."""
    return parquet.schema()


def to_row(_: object, document: Document) -> dict[str, Any]:
    """An adapter: the row of a document (datatrove gives the writer along)."""
    return parquet.row(to_fields(document))

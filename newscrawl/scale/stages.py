"""The four stages of the way from archives to Parquet; each is a list of datatrove's steps.

One stage begins when all tasks of the one before have ended. They share a folder for their work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datatrove.io import DataFolder, DataFolderLike, get_datafolder
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter

from newscrawl.scale.choosing import ChooseRecords
from newscrawl.scale.kept import NoteRecords, Publish, ReadRecords
from newscrawl.scale.pages import ReadPages
from newscrawl.scale.records import ExtractRecords
from newscrawl.scale.shingles import NewsTokens, minhash_config
from newscrawl.scale.table import record_schema, to_row

#: Name of a task's file of records.
PARQUET = "${rank}.parquet"


@dataclass(frozen=True)
class Stage:
    """Steps, and how many tasks part them among themselves."""

    name: str
    steps: Sequence[PipelineStep]
    tasks: int
    together: int = 1
    """Tasks that are one job of Ray or Slurm: a job takes seconds to begin."""


def stages(archives: str, output: str, work: str, tasks: int) -> list[Stage]:
    """All stages in order; the folders are local or any that fsspec knows (``s3://…``)."""
    config = minhash_config()
    return [
        Stage("1-records", records_steps(archives, work, config), tasks),
        Stage("2-pairs", pairs_steps(work, config), config.num_buckets, together=15),
        Stage("3-choice", choice_steps(work, config), 1),
        Stage("4-parquet", parquet_steps(work, output), tasks),
    ]


def records_steps(archives: str, work: str, config: MinhashConfig) -> list[PipelineStep]:
    """Read, extract, keep the records, and sign them."""
    return [
        ReadPages(archives),
        ExtractRecords(),
        JsonlWriter(_in(work, "records"), output_filename="${rank}.jsonl.gz"),
        NoteRecords(_in(work, "notes")),
        MinhashDedupSignature(_in(work, "signatures"), config=config, language=NewsTokens()),
    ]


def pairs_steps(work: str, config: MinhashConfig) -> list[PipelineStep]:
    """Find records that share the signature of a bucket: one task for each bucket."""
    folders = _in(work, "signatures"), _in(work, "pairs")
    return [MinhashDedupBuckets(*folders, config=config)]


def choice_steps(work: str, config: MinhashConfig) -> list[PipelineStep]:
    """Join pairs to clusters and choose: one task, which holds a note of every record."""
    return [
        MinhashDedupCluster(
            _in(work, "pairs"), _in(work, "clusters"), config=config, save_cluster_id=True
        ),
        ChooseRecords(_in(work, "notes"), _in(work, "clusters"), _in(work, "chosen")),
    ]


def parquet_steps(work: str, output: str) -> list[PipelineStep]:
    """Write what was chosen, as many tasks as in the first stage."""
    part = _in(work, "parquet")
    return [
        ReadRecords(_in(work, "records"), _in(work, "chosen")),
        MinhashDedupFilter(_in(work, "chosen")),
        parquet_writer(part),
        Publish(part, output, PARQUET),
    ]


def parquet_writer(folder: DataFolderLike) -> ParquetWriter:
    """datatrove's writer, for rows as ``scrapy extract -o OUT.parquet`` writes them."""
    return ParquetWriter(
        folder, PARQUET, "zstd", adapter=to_row, schema=record_schema(), max_file_size=-1
    )


def _in(work: str, name: str) -> DataFolder:
    return get_datafolder(f"{work.rstrip('/')}/{name}")

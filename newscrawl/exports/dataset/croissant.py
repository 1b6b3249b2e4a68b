"""The data set described in Croissant: ``metadata.json``, for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pyarrow import types

from newscrawl.exports.dataset.card import ALL, LICENCE, NAME, described
from newscrawl.exports.dataset.figures import Figures
from newscrawl.exports.dataset.shards import DATA, Shard, schema
from newscrawl.rfi.editions import HOST
from newscrawl.version import VERSION

FILE = "metadata.json"
_CROISSANT = "http://mlcommons.org/croissant/"
#: The vocabulary of Croissant 1.0, word for word as its readers expect it.
_WORDS = (
    "citeAs column extract field fileProperty fileObject fileSet format includes isLiveDataset"
    " jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate"
    " separator source subField transform equivalentProperty"
)
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": _CROISSANT,
    "rai": f"{_CROISSANT}RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{word: f"cr:{word}" for word in _WORDS.split()},
}
_PARQUET = "application/x-parquet"
_COLLECTION = (
    f"Public pages of {HOST}, asked for within its robots.txt, one at a time, by a program that"
    " says who it is; fields read by rules written for the site. README.md tells more."
)
_LIMITS = (
    "Years and editions are not evenly covered; translations that do not name each other are not"
    " recognised as one story; broadcasts are not transcribed. README.md tells more."
)
_PEOPLE = (
    "Names authors and people in the news, with what was said of their health, faith, origin or"
    " opinions; nothing was made anonymous."
)


def write_croissant(folder: Path, figures: Figures, files: Iterable[Shard]) -> None:
    """Write ``metadata.json``; the address of each file is its place in the folder."""
    files = list(files)
    described_ = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": f"{_CROISSANT}1.0",
        "name": NAME,
        "description": f"{figures.records} records of articles of Radio France Internationale.",
        "license": LICENCE,
        "creator": {"@type": "sc:Organization", "name": "Radio France Internationale"},
        "inLanguage": sorted(set(figures.languages.values())),
        "keywords": ["news", *figures.editions],
        "datePublished": figures.newest,
        # Numbers of the day, as a version must have three.
        "version": ".".join(str(int(part)) for part in figures.newest[:10].split("-")),
        "isLiveDataset": False,
        "citeAs": (
            f"Radio France Internationale, {HOST}: {figures.records} records of articles, captured"
            f" until {figures.newest[:10]} with newscrawl {VERSION}"
        ),
        "rai:dataCollection": _COLLECTION,
        "rai:dataLimitations": _LIMITS,
        "rai:personalSensitiveInformation": _PEOPLE,
        "distribution": [*map(_file, files), *_sets(figures)],
        "recordSet": list(_record_sets(figures)),
    }
    text = json.dumps(described_, ensure_ascii=False, indent=1)
    (folder / FILE).write_text(text + "\n", "utf-8")


def _file(shard: Shard) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": shard.path,
        "name": shard.path,
        "description": f"{shard.rows} records: {shard.edition}, {shard.split}",
        "contentUrl": shard.path,
        "contentSize": f"{shard.bytes} B",
        "encodingFormat": _PARQUET,
        "sha256": shard.sha256,
    }


def _sets(figures: Figures) -> Iterator[dict[str, Any]]:
    for name, folder in _configurations(figures):
        yield {
            "@type": "cr:FileSet",
            "@id": f"files-{name}",
            "name": f"files-{name}",
            "encodingFormat": _PARQUET,
            "includes": f"{DATA}/{folder}/*.parquet",
        }


def _record_sets(figures: Figures) -> Iterator[dict[str, Any]]:
    meanings = dict(described())
    for name, _ in _configurations(figures):
        yield {
            "@type": "cr:RecordSet",
            "@id": name,
            "name": name,
            "description": "All editions." if name == ALL else f"The edition {name}.",
            "key": {"@id": f"{name}/id"},
            "field": [_field(name, column, meanings[column.name]) for column in schema()],
        }


def _configurations(figures: Figures) -> list[tuple[str, str]]:
    """Name and folder of each."""
    return [(ALL, "*"), *((edition, edition) for edition in figures.editions)]


def _field(name: str, column: Any, meaning: str) -> dict[str, Any]:
    """A column; what the parts of lists are is told by their own columns' types."""
    kind, path = column.type, f"{name}/{column.name}"
    described_: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": path,
        "name": column.name,
        "description": meaning,
    }
    repeated = types.is_list(kind)
    if repeated:
        kind = kind.value_type
        described_["repeated"] = True
    if types.is_struct(kind):
        described_["subField"] = [_part(name, column.name, part) for part in kind]
        return described_
    return described_ | {"dataType": _type(kind), "source": _source(name, column.name)}


def _part(name: str, column: str, part: Any) -> dict[str, Any]:
    source = _source(name, column)
    return {
        "@type": "cr:Field",
        "@id": f"{name}/{column}/{part.name}",
        "name": part.name,
        "dataType": _type(part.type),
        "source": source | {"transform": {"jsonPath": part.name}},
    }


def _source(name: str, column: str) -> dict[str, Any]:
    return {"fileSet": {"@id": f"files-{name}"}, "extract": {"column": column}}


def _type(kind: Any) -> str:
    if types.is_timestamp(kind):
        return "sc:DateTime"
    if types.is_boolean(kind):
        return "sc:Boolean"
    return "sc:Integer" if types.is_integer(kind) else "sc:Text"

"""Seed files: which columns there are to walk.

``docs/seeds.md`` describes the format. A mistake is refused with file, line and remedy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NoReturn

import yaml

from newscrawl.durations import parse_duration
from newscrawl.errors import UsageProblem, nearest
from newscrawl.site import Site

KINDS = ("column", "show", "section")
SOURCES = ("seen", "reported", "inferred")
_FILE_KEYS = ("edition", "source", "every", "newest", "fields", "columns")
_COLUMN_KEYS = ("name", "path", "kind", "source", "every", "least", "expect")


@dataclass(frozen=True)
class Column:
    """One listing to walk."""

    name: str
    path: str
    url: str
    """Canonical URL of its first page."""
    kind: str
    edition: str
    every_s: float | None = None
    """Seconds between two walks that a schedule aims at."""
    least: int | None = None
    """Rows on page 1 below which the column counts as broken."""
    expect: float | None = None
    """New articles a week that a healthy column shows."""
    source: str = "seen"
    """How the column is known: ``seen`` on the site, ``reported`` by others, ``inferred``."""


@dataclass(frozen=True)
class EditionSeeds:
    """The columns of one edition."""

    edition: str
    columns: tuple[Column, ...]
    file: str
    newest_s: float | None = None
    """Seconds that the newest article may be old before it is warned of."""
    fields: Mapping[str, float | None] = field(default_factory=dict)
    """Field to the share of a run's records that must have it; ``None``: every one of them."""


def load_seeds(folder: Path | None, site: Site) -> dict[str, EditionSeeds]:
    """All seed files of a folder, by edition; ``None`` means those shipped with the project."""
    seeds: dict[str, EditionSeeds] = {}
    for file in _files(folder, site):
        found = _Reader(file, site).read()
        if found.edition in seeds:
            raise UsageProblem(
                f"{file}: edition {found.edition} has a seed file already"
                f" ({seeds[found.edition].file}); put all its columns into one"
            )
        seeds[found.edition] = found
    return seeds


def select_columns(
    seeds: Mapping[str, EditionSeeds],
    editions: Iterable[str] | None,
    columns: Iterable[str] | None,
) -> list[Column]:
    """Columns of some editions (all), given by name, last segment of the path, or path (all)."""
    names = list(seeds) if editions is None else list(editions)
    for name in names:
        if name not in seeds:
            raise UsageProblem(f"edition {name!r} has no seed file{nearest(name, seeds)}")
    known = [column for name in names for column in seeds[name].columns]
    if columns is None:
        return known
    chosen: dict[str, Column] = {}
    for wanted in columns:
        found = [column for column in known if wanted in _names(column)]
        if not found:
            hint = nearest(wanted, (column.name for column in known))
            raise UsageProblem(f"unknown column {wanted!r}{hint}")
        chosen.update((column.url, column) for column in found)
    return list(chosen.values())


def _names(column: Column) -> tuple[str, ...]:
    return column.name, column.path.strip("/").rpartition("/")[2], column.path


def _files(folder: Path | None, site: Site) -> list[Any]:
    place: Path | Traversable = _shipped(site) if folder is None else folder
    if not place.is_dir():
        raise UsageProblem(f"{place} is not a folder: set NEWSCRAWL_SEEDS to one with seed files")
    files = sorted(
        (file for file in place.iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    if not files:
        raise UsageProblem(f"{place} holds no seed file (*.yaml): set NEWSCRAWL_SEEDS to another")
    return files


def _shipped(site: Site) -> Path | Traversable:
    """In a checkout ``seeds/<site>``; in an egg or wheel the same files as package data."""
    checkout = Path(__file__).resolve().parents[2] / "seeds" / site.name
    if checkout.is_dir():
        return checkout
    return resources.files("newscrawl") / "_seeds" / site.name


class _Reader:
    """One seed file, read with the line of every word at hand."""

    def __init__(self, file: Path | Traversable, site: Site) -> None:
        self._file = file
        self._site = site

    def read(self) -> EditionSeeds:
        root = self._compose()
        top = self._mapping(root, _FILE_KEYS, ("edition", "columns"))
        edition = self._text(top["edition"], "edition")
        known = self._site.editions()
        if edition not in known:
            self._refuse(top["edition"], f"unknown edition {edition!r}{nearest(edition, known)}")
        every = self._duration(top.get("every"))
        if "source" in top:
            self._text(top["source"], "source")
        return EditionSeeds(
            edition,
            tuple(self._columns(top["columns"], edition, every)),
            str(self._file),
            self._duration(top.get("newest"), "newest"),
            self._fields(top.get("fields")),
        )

    def _compose(self) -> yaml.Node:
        try:
            text = self._file.read_text(encoding="utf-8")
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except UnicodeDecodeError:
            raise UsageProblem(f"{self._file}: not UTF-8; save it as UTF-8") from None
        except OSError as error:
            raise UsageProblem(f"{self._file}: cannot be read ({error.strerror})") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f":{mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or "not YAML"
            raise UsageProblem(f"{self._file}{where}: {problem}; mend the YAML there") from None
        if root is None:
            raise UsageProblem(f"{self._file}: empty; give edition and columns, or delete it")
        return root

    def _columns(self, node: yaml.Node, edition: str, every: float | None) -> Iterator[Column]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._refuse(node, "columns must be a list with at least one column")
        seen: dict[str, int] = {}
        for item in node.value:
            column = self._column(item, edition, every)
            for word in (column.name, column.url):
                if word in seen:
                    self._refuse(item, f"twice the same column: {word} stands at line {seen[word]}")
                seen[word] = item.start_mark.line + 1
            yield column

    def _column(self, node: yaml.Node, edition: str, every: float | None) -> Column:
        fields = self._mapping(node, _COLUMN_KEYS, ("name", "path", "kind"))
        path = self._text(fields["path"], "path")
        source = fields.get("source")
        least = self._number(fields.get("least"), "least")
        return Column(
            name=self._text(fields["name"], "name"),
            path=path,
            url=self._url(fields["path"], path, edition),
            kind=self._one_of(fields["kind"], "kind", KINDS),
            edition=edition,
            every_s=self._duration(fields.get("every")) or every,
            least=None if least is None else int(least),
            expect=self._number(fields.get("expect"), "expect"),
            source=self._one_of(source, "source", SOURCES) if source else "seen",
        )

    def _url(self, node: yaml.Node, path: str, edition: str) -> str:
        if not (path.startswith(f"/{edition}/") and path.endswith("/") and path.count("/") > 1):
            self._refuse(node, f"bad path {path!r}; it begins with /{edition}/ and ends with /")
        url = self._site.canonical(f"https://{self._site.host}{path}")
        if url is None or self._site.classify(url) != "listing":
            self._refuse(node, f"bad path {path!r}; it is not the path of a listing")
        return url

    def _mapping(
        self, node: yaml.Node, allowed: tuple[str, ...], needed: tuple[str, ...]
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._refuse(node, f"expected keys ({', '.join(allowed)}), each with a value")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in allowed:
                self._refuse(key, f"unknown key {name!r}{nearest(name, allowed)}")
            if name in found:
                self._refuse(key, f"{name} stands twice; keep one")
            found[name] = value
        for name in needed:
            if name not in found:
                self._refuse(node, f"{name} is missing; add it")
        return found

    def _text(self, node: yaml.Node, name: str) -> str:
        is_text = isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str"
        if not is_text or not node.value.strip():
            self._refuse(node, f"{name} must be text; put it into quotes if need be")
        return str(node.value)

    def _one_of(self, node: yaml.Node, name: str, known: tuple[str, ...]) -> str:
        value = self._text(node, name)
        if value not in known:
            self._refuse(node, f"unknown {name} {value!r}{nearest(value, known)}")
        return value

    def _fields(self, node: yaml.Node | None) -> dict[str, float | None]:
        """A list of fields that every record must have, or fields with their least shares."""
        if node is None:
            return {}
        if isinstance(node, yaml.SequenceNode):
            pairs: list[tuple[yaml.Node, float | None]] = [(name, None) for name in node.value]
        elif isinstance(node, yaml.MappingNode):
            pairs = [(name, self._share(share)) for name, share in node.value]
        else:
            self._refuse(node, "fields must be a list of fields, or fields with their least shares")
        known = self._site.rules()
        fields = {self._text(name, "a field"): (name, share) for name, share in pairs}
        for name, (where, _) in fields.items():
            if name not in known:
                self._refuse(where, f"unknown field {name!r}{nearest(name, known)}")
        return {name: share for name, (_, share) in fields.items()}

    def _share(self, node: yaml.Node) -> float:
        text = str(node.value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1
        if not 0 < share <= 1:
            self._refuse(node, f"a field's share is {text!r}; give one as 90% or 0.9")
        return share

    def _duration(self, node: yaml.Node | None, name: str = "every") -> float | None:
        if node is None:
            return None
        try:
            return parse_duration(str(node.value), name)
        except UsageProblem as error:
            self._refuse(node, str(error))

    def _number(self, node: yaml.Node | None, name: str) -> float | None:
        if node is None:
            return None
        text = str(node.value)
        whole = text.isdecimal()
        if not (whole or (name == "expect" and text.replace(".", "", 1).isdecimal())):
            self._refuse(node, f"{name} is {text!r}; give a number from 0 up")
        return float(text)

    def _refuse(self, node: yaml.Node, problem: str) -> NoReturn:
        raise UsageProblem(f"{self._file}:{node.start_mark.line + 1}: {problem}")

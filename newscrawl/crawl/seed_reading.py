"""Reading seed files. ``docs/seeds.md`` describes their format."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from newscrawl.crawl.lined_yaml import LinedYaml
from newscrawl.crawl.seeds import Column, EditionSeeds
from newscrawl.errors import UsageProblem, nearest
from newscrawl.site import Site

KINDS = ("column", "show", "section")
SOURCES = ("seen", "reported", "inferred")
_FILE_KEYS = ("edition", "source", "every", "newest", "fields", "columns")
_COLUMN_KEYS = ("name", "path", "kind", "source", "every", "least", "expect")


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
    """One seed file: an edition and its columns."""

    def __init__(self, file: Path | Traversable, site: Site) -> None:
        self._yaml = LinedYaml(file)
        self._site = site

    def read(self) -> EditionSeeds:
        root = self._yaml.compose("edition and columns")
        top = self._yaml.mapping(root, _FILE_KEYS, ("edition", "columns"))
        edition = self._yaml.text(top["edition"], "edition")
        known = self._site.editions()
        if edition not in known:
            self._yaml.refuse(
                top["edition"], f"unknown edition {edition!r}{nearest(edition, known)}"
            )
        every = self._yaml.duration(top.get("every"))
        if "source" in top:
            self._yaml.text(top["source"], "source")
        return EditionSeeds(
            edition,
            tuple(self._columns(top["columns"], edition, every)),
            str(self._yaml.file),
            self._yaml.duration(top.get("newest"), "newest"),
            self._fields(top.get("fields")),
        )

    def _columns(self, node: yaml.Node, edition: str, every: float | None) -> Iterator[Column]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._yaml.refuse(node, "columns must be a list with at least one column")
        seen: dict[str, int] = {}
        for item in node.value:
            column = self._column(item, edition, every)
            for word in (column.name, column.url):
                if word in seen:
                    self._yaml.refuse(
                        item, f"twice the same column: {word} stands at line {seen[word]}"
                    )
                seen[word] = item.start_mark.line + 1
            yield column

    def _column(self, node: yaml.Node, edition: str, every: float | None) -> Column:
        fields = self._yaml.mapping(node, _COLUMN_KEYS, ("name", "path", "kind"))
        path = self._yaml.text(fields["path"], "path")
        source = fields.get("source")
        least = self._yaml.number(fields.get("least"), "least", whole=True)
        return Column(
            name=self._yaml.text(fields["name"], "name"),
            path=path,
            url=self._url(fields["path"], path, edition),
            kind=self._yaml.one_of(fields["kind"], "kind", KINDS),
            edition=edition,
            every_s=self._yaml.duration(fields.get("every")) or every,
            least=None if least is None else int(least),
            expect=self._yaml.number(fields.get("expect"), "expect"),
            source=self._yaml.one_of(source, "source", SOURCES) if source else "seen",
        )

    def _url(self, node: yaml.Node, path: str, edition: str) -> str:
        if not (path.startswith(f"/{edition}/") and path.endswith("/") and path.count("/") > 1):
            self._yaml.refuse(
                node, f"bad path {path!r}; it begins with /{edition}/ and ends with /"
            )
        url = self._site.canonical(f"https://{self._site.host}{path}")
        if url is None or self._site.classify(url) != "listing":
            self._yaml.refuse(node, f"bad path {path!r}; it is not the path of a listing")
        return url

    def _fields(self, node: yaml.Node | None) -> dict[str, float | None]:
        """A list of fields that every record must have, or fields with their least shares."""
        if node is None:
            return {}
        if isinstance(node, yaml.SequenceNode):
            pairs: list[tuple[yaml.Node, float | None]] = [(name, None) for name in node.value]
        elif isinstance(node, yaml.MappingNode):
            pairs = [(name, self._share(share)) for name, share in node.value]
        else:
            self._yaml.refuse(
                node, "fields must be a list of fields, or fields with their least shares"
            )
        known = self._site.rules()
        fields = {self._yaml.text(name, "a field"): (name, share) for name, share in pairs}
        for name, (where, _) in fields.items():
            if name not in known:
                self._yaml.refuse(where, f"unknown field {name!r}{nearest(name, known)}")
        return {name: share for name, (_, share) in fields.items()}

    def _share(self, node: yaml.Node) -> float:
        text = str(node.value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1
        if not 0 < share <= 1:
            self._yaml.refuse(node, f"a field's share is {text!r}; give one as 90% or 0.9")
        return share

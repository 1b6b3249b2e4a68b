"""Seed files: what ships, and what is refused with file, line and remedy."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from newscrawl.crawl.seed_reading import load_seeds
from newscrawl.crawl.seed_writing import to_yaml
from newscrawl.crawl.seeds import select_columns
from newscrawl.errors import UsageProblem
from newscrawl.rfi import SITE, urls
from newscrawl.rfi.editions import EDITIONS
from tests import captures

HEAD = "edition: cn\ncolumns:\n"
ROW = "  - {name: 科技时空, path: /cn/专栏检索/科技时空/, kind: column}\n"


def test_all_editions_ship() -> None:
    seeds = load_seeds(None, SITE)
    assert set(seeds) == set(SITE.editions())
    assert len(seeds) == 16
    columns = [column for edition in seeds.values() for column in edition.columns]
    assert len(columns) > 300
    assert len({column.url for column in columns}) == len(columns)
    assert Counter(column.source for column in columns).keys() >= {"seen", "reported"}


def test_the_columns_that_are_known_to_be_there() -> None:
    seeds = load_seeds(None, SITE)
    names = {column.name for column in seeds["cn"].columns}
    assert names >= {"科技时空", "要闻解说", "要闻分析", "法国世界报", "环保天地", "环境与发展"}
    assert all(column.every_s for edition in seeds.values() for column in edition.columns)


def write(folder: Path, text: str, name: str = "cn.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("edition: cm\ncolumns:\n" + ROW, 1, "unknown edition 'cm'; did you mean"),
        (HEAD + "  - {nam: x, path: /cn/x/, kind: column}\n", 3, "unknown key 'nam'"),
        ("edition: cn\ncolums: []\n", 2, "unknown key 'colums'; did you mean columns?"),
        (HEAD + "  - {name: x, kind: column}\n", 3, "path is missing; add it"),
        (HEAD + "  - {name: x, path: cn/x/, kind: column}\n", 3, "it begins with /cn/"),
        (HEAD + "  - {name: x, path: /cn/x, kind: column}\n", 3, "ends with /"),
        (HEAD + "  - {name: x, path: /tw/x/, kind: column}\n", 3, "it begins with /cn/"),
        (HEAD + "  - {name: x, path: /cn/x/20240101-y/, kind: column}\n", 3, "not the path of"),
        (HEAD + "  - {name: x, path: /cn/x/, kind: colum}\n", 3, "did you mean column?"),
        (HEAD + ROW + ROW, 4, "twice the same column: 科技时空 stands at line 3"),
        (HEAD + ROW + ROW.replace("name: 科技时空", "name: b"), 4, "twice the same column"),
        (HEAD + ROW.replace("kind", "every: soon, kind"), 3, "every"),
        (HEAD + ROW.replace("kind", "least: -1, kind"), 3, "give a number from 0 up"),
        (HEAD + ROW.replace("kind", "least: 1.5, kind"), 3, "least"),
        (HEAD + ROW.replace("kind", "source: rumour, kind"), 3, "unknown source 'rumour'"),
        (HEAD + ROW.replace("科技时空,", "12,"), 3, "put it into quotes"),
        ("edition: cn\ncolumns: []\n", 2, "at least one column"),
        ("edition: cn\ncolumns: x\n", 2, "must be a list"),
        ("edition: cn\n", 1, "columns is missing"),
        ("edition: cn\nedition: cn\ncolumns:\n" + ROW, 2, "stands twice"),
        ("- a\n", 1, "expected keys"),
        ("edition: cn\ncolumns:\n\t- x\n", 3, "mend the YAML"),
        (HEAD + "  - !!python/object/apply:os.system [x]\n", 3, "expected keys"),
    ],
)
def test_mistakes_are_refused_with_file_and_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(UsageProblem) as caught:
        load_seeds(write(tmp_path, text), SITE)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'cn.yaml'}:{line}: "), message
    assert said in message


def test_an_edition_in_two_files(tmp_path: Path) -> None:
    write(tmp_path, HEAD + ROW, "a.yaml")
    write(tmp_path, HEAD + ROW, "b.yaml")
    with pytest.raises(UsageProblem, match=r"has a seed file already \(.*a\.yaml\)"):
        load_seeds(tmp_path, SITE)


@pytest.mark.parametrize("content", [b"", b"# nothing\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cn.yaml").write_bytes(content)
    with pytest.raises(UsageProblem, match=r"cn\.yaml: empty"):
        load_seeds(tmp_path, SITE)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "cn.yaml").write_bytes("edition: 中".encode("gb18030"))
    with pytest.raises(UsageProblem, match="save it as UTF-8"):
        load_seeds(tmp_path, SITE)


def test_a_folder_without_seeds(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="holds no seed file"):
        load_seeds(tmp_path, SITE)
    with pytest.raises(UsageProblem, match="is not a folder"):
        load_seeds(tmp_path / "none", SITE)


def test_columns_are_chosen_by_name_segment_or_path() -> None:
    seeds = load_seeds(None, SITE)
    for word in ("科技时空", "/cn/专栏检索/科技时空/"):
        (column,) = select_columns(seeds, ["cn"], [word])
        assert column.name == "科技时空"
    with pytest.raises(UsageProblem, match="unknown column '科技时'; did you mean 科技时空"):
        select_columns(seeds, ["cn"], ["科技时"])
    assert len(select_columns(seeds, ["cn", "tw"], None)) == sum(
        len(seeds[name].columns) for name in ("cn", "tw")
    )


#: Listings below an edition that are no columns: indexes of shows, front pages, partners.
_NO_COLUMNS = (
    "partenaires hors-antenne-magazine parceiras radios-asociadas 法广合作伙伴 法廣合作夥伴 /fa/hp/"
).split()


def test_every_column_that_the_site_linked_in_2021_ships() -> None:
    links = captures.text(captures.LINKS_2021).splitlines()[1:]
    addresses = {address for line in links for address in line.split("\t")[:2]}
    known = {
        column.url for edition in load_seeds(None, SITE).values() for column in edition.columns
    }
    missing = set()
    for address in addresses:
        url = re.sub(r"/\d{1,3}/$", "/", SITE.canonical(address) or "")
        path = urls.segments(url)
        if not path or path[0] not in EDITIONS or SITE.classify(url) != "listing":
            continue
        containers = EDITIONS[path[0]].containers
        is_section = len(path) == 2 and path[1] not in containers
        if is_section or (len(path) == 3 and path[1] in containers):
            missing |= {url} - known
    missing = {unquote(url) for url in missing}
    assert {url for url in missing if not any(word in url for word in _NO_COLUMNS)} == set()


def test_what_an_edition_expects(tmp_path: Path) -> None:
    head = "edition: cn\nnewest: 2d\nfields: {lead: 80%, text: 0.9}\ncolumns:\n"
    seeds = load_seeds(write(tmp_path, head + ROW), SITE)["cn"]
    assert seeds.newest_s == 2 * 86400
    assert seeds.fields == {"lead": 0.8, "text": 0.9}
    again = write(tmp_path, to_yaml("cn", seeds.columns, seeds))
    assert load_seeds(again, SITE)["cn"].fields == seeds.fields
    assert load_seeds(again, SITE)["cn"].newest_s == seeds.newest_s
    listed = replace(seeds, newest_s=None, fields={"lead": None, "tags": None})
    again = write(tmp_path, to_yaml("cn", listed.columns, listed))
    assert load_seeds(again, SITE)["cn"].fields == {"lead": None, "tags": None}


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("newest: soon", "newest is 'soon'"),
        ("fields: lead", "fields must be a list of fields, or fields with their least shares"),
        ("fields: [led]", "unknown field 'led'; did you mean lead"),
        ("fields: {lead: 120%}", "a field's share is '120%'; give one as 90% or 0.9"),
        ("fields: {lead: most}", "a field's share is 'most'"),
        ("fields: {lead: 0}", "a field's share is '0'"),
    ],
)
def test_expectations_that_are_none(tmp_path: Path, expected: str, said: str) -> None:
    text = f"edition: cn\n{expected}\ncolumns:\n{ROW}"
    with pytest.raises(UsageProblem, match=re.escape(said)) as caught:
        load_seeds(write(tmp_path, text), SITE)
    assert "cn.yaml:2: " in str(caught.value)

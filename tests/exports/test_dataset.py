"""``scrapy export dataset``: it loads, no story has two sides, and what tells of it is true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet
import pytest
import yaml

from bench.planted import COPIES, ORIGINAL, planted
from newscrawl.errors import UsageProblem
from newscrawl.exports import dataset, parquet
from newscrawl.exports.dataset import shards
from newscrawl.exports.dataset.splits import SPLITS, split_of
from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.store.database import up_to_date
from newscrawl.store.selection import Selected, Selection
from tests.crawling import query
from tests.exports.test_export import export, exported
from tests.store.test_store import capture, open_store

#: What a column may be called by somebody who means harm.
HOSTILE = "a|b\n\n# <script>alert(1)</script> [x](javascript:y) `z` \u202e ---"
_PLANTED = 4

LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
folder, cache, names = sys.argv[1], sys.argv[2], sys.argv[3:]
found = {}
for name in names or get_dataset_config_names(folder):
    loaded = load_dataset(folder, name, cache_dir=cache)
    found[name] = {split: rows.to_list() for split, rows in loaded.items()}
print(json.dumps(found, default=lambda value: value.isoformat()))
"""


@pytest.fixture(scope="module")
def store(replayed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in's articles, planted copies in all editions, and the odd ones."""
    data = tmp_path_factory.mktemp("dataset") / "data"
    shutil.copytree(replayed, data)
    store = open_store(data)
    for one in planted(_PLANTED):
        store.keep(capture(_article(one.record, one.edition)))
    for one in planted(1):
        if one.kind == ORIGINAL:
            changed = one.record | {"title": "Another title", "lead": "Another lead."}
            store.keep(capture(_article(changed, one.edition)))
    for article in _odd():
        store.keep(capture(article))
    store.publish()
    store.close()
    return data


def _article(record: dict[str, Any], edition: str, **more: Any) -> Article:
    text = f"{record['title']}|{record['lead']}|{record['text']}"
    fields = {"body_status": "full", "fetched_at": "2026-06-29T06:00:00+00:00"} | more
    return Article(
        **record,
        edition=edition,
        language=edition,
        html=record["text"] and f"<p>{record['text']}</p>",
        content_hash=sha256(text.encode()).hexdigest()[:32],
        **fields,
    )


def _odd() -> Iterator[Article]:
    base = {"lead": None, "text": None, "alternates": {}, "published_at": None}
    for number, (title, status) in enumerate([("Only heard", "none"), (None, "summary")]):
        url = f"https://www.rfi.fr/ha/odd/{number}"
        named = {"url": url, "url_hash": sha256(url.encode()).hexdigest()[:32], "title": title}
        yield _article(base | named, "ha", body_status=status, column=HOSTILE)


@pytest.fixture(scope="module")
def folder(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set of the current versions."""
    out = tmp_path_factory.mktemp("whole") / "set"
    done = export(store, "dataset", "-o", str(out))
    assert done.returncode == 0, done.stderr
    return out


def rows(folder: Path) -> list[dict[str, Any]]:
    """All rows of a data set, each with its ``split``."""
    return [
        {"split": path.name.split("-")[0]} | row
        for path in sorted(folder.glob("data/*/*.parquet"))
        for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()
    ]


def load(folder: Path, cache: Path, *names: str) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """What ``datasets`` loads, without a network, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder), str(cache), *names],
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_each_configuration_loads_with_the_records_of_the_store(
    store: Path, folder: Path, tmp_path: Path
) -> None:
    found = load(folder, tmp_path)
    records = {record["url_hash"]: record for record in exported(store)}
    by_edition = query(store, "SELECT edition, count(*) FROM articles GROUP BY 1")
    sizes = {name: sum(map(len, splits.values())) for name, splits in found.items()}
    assert sizes == {**dict(by_edition), "all": len(records)}
    assert len(by_edition) == 16
    for splits in found.values():
        assert all(splits.values())
        assert list(splits) == [name for name in SPLITS if name in splits]
    for split, loaded in found["all"].items():
        for row in loaded:
            assert (row.pop("id"), split_of(row.pop("story"))) == (row["url_hash"], split)
            for name in ("alternates", "rules"):
                row[name] = {pair["key"]: pair["value"] for pair in row[name]}
            assert row == records.pop(row["url_hash"])
    assert records == {}


def test_no_story_stands_on_two_sides(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert export(store, "dataset", "-o", str(out), "--versions").returncode == 0
    found = rows(out)
    sides, stories = defaultdict(set), {}
    for row in found:
        sides[row["story"]].add(row["split"])
        stories.setdefault(row["url_hash"], set()).add(row["story"])
        assert row["id"] == f"{row['url_hash']}-{row['version']}"
    assert len({row["id"] for row in found}) == len(found)
    assert {len(side) for side in sides.values()} == {1}
    assert {len(story) for story in stories.values()} == {1}
    assert sum(row["version"] == 2 for row in found) == 16
    originals = {
        (one.edition, one.number): stories[one.record["url_hash"]]
        for one in planted(_PLANTED)
        if one.kind == ORIGINAL
    }
    copies = [one for one in planted(_PLANTED) if one.kind in COPIES]
    together = [
        stories[one.record["url_hash"]] == originals[one.edition, one.number] for one in copies
    ]
    assert sum(together) >= 0.97 * len(copies)
    named = [(row, url) for row in found for url in (pair["value"] for pair in row["alternates"])]
    pairs = [
        (row["story"], stories.get(sha256(url.encode()).hexdigest()[:32])) for row, url in named
    ]
    assert sum(other is not None for _, other in pairs) > 150
    assert [pair for pair in pairs if pair[1] not in (None, {pair[0]})] == []


def test_a_selection_moves_nothing_and_leaves_empty_splits_out(
    store: Path, folder: Path, tmp_path: Path
) -> None:
    whole = {row["id"]: (row["story"], row["split"]) for row in rows(folder)}
    out = tmp_path / "set"
    done = export(store, "dataset", "-o", str(out), "--edition", "ha,vi", "--full")
    assert done.returncode == 0, done.stderr
    found = rows(out)
    assert {row["edition"] for row in found} == {"ha", "vi"}
    assert {row["body_status"] for row in found} == {"full"}
    assert {row["id"]: (row["story"], row["split"]) for row in found}.items() <= whole.items()
    loaded = load(out, tmp_path / "cache", "vi")
    assert 1 <= len(loaded["vi"]) < len(SPLITS)
    text = (out / "README.md").read_text("utf-8")
    assert "editions: ha, vi; only articles with their text" in text
    assert "- config_name: vi" in text
    assert "- config_name: cn" not in text


def test_the_same_store_gives_the_same_bytes(store: Path, folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "set"
    assert export(store, "dataset", "-o", str(again)).returncode == 0
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert names == [path.relative_to(again) for path in sorted(again.rglob("*")) if path.is_file()]
    assert [
        name for name in names if (folder / name).read_bytes() != (again / name).read_bytes()
    ] == []
    assert len(names) > 16


def test_the_card(store: Path, folder: Path) -> None:
    _, top, text = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    head = yaml.safe_load(top)
    assert head["configs"][0]["config_name"] == "all"
    assert (head["license"], head["license_link"]) == ("other", "LICENSE.md")
    assert head["size_categories"] == ["n<1K"]
    assert {"zh", "fa", "km", "fr"} <= set(head["language"])
    assert "belong to RFI" in (folder / "LICENSE.md").read_text("utf-8")
    headings = ["Source and terms", "Contents", "Fields", "Collection", "Near-copies and splits"]
    headings += ["Known gaps", "Personal data", "Dates", "How to cite", "Contact"]
    assert re.findall(r"^## (.*)$", text, re.M) == headings
    fields = re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| +[\d.]+ % \|$", text, re.M)
    assert tuple(fields) == ("id", "story", *ARTICLE_FIELDS)
    counts = re.findall(r"^\| `cn` \| zh-Hans \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", text, re.M)
    ((number,),) = query(store, "SELECT count(*) FROM articles WHERE edition = 'cn'")
    (told,) = [[int(part) for part in row] for row in counts]
    assert (sum(told[:3]), told[3]) == (number, number)
    for picture in re.findall(r"!\[[^]]*\]\(([^)]*)\)", text):
        assert (folder / picture).read_text("utf-8").startswith("<svg ")


def test_what_pages_say_is_text_in_the_card(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    (line,) = [line for line in text.splitlines() if "alert" in line]
    assert line.startswith("| `ha` | a\\|b \\# &#60;script&#62;")
    assert "](javascript" not in text
    assert "\u202e" not in text
    assert len(re.findall(r"(?<!\\)\|", line)) == 4


def test_croissant(folder: Path) -> None:
    described = json.loads((folder / "metadata.json").read_text("utf-8"))
    for file in described["distribution"]:
        if file["@type"] == "cr:FileObject":
            data = (folder / file["contentUrl"]).read_bytes()
            assert (sha256(data).hexdigest(), f"{len(data)} B") == (
                file["sha256"],
                file["contentSize"],
            )
    read = mlcroissant.Dataset(jsonld=str(folder / "metadata.json"))
    issues = read.metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())
    assert len(read.metadata.record_sets) == 17
    found = {record["km/id"].decode() for record in read.records(record_set="km")}
    assert found == {row["id"] for row in rows(folder) if row["edition"] == "km"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--changed-since", "2024-01-01"), "leave --changed-since out"),
        (("--since", "2040-01-01"), "nothing is chosen"),
    ],
)
def test_refused(store: Path, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = export(store, "dataset", "-o", str(tmp_path / "set"), *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_stored_meanwhile_comes_with_the_next(tmp_path: Path, make_article: Any) -> None:
    data = tmp_path / "data"
    store = open_store(data)
    for number in range(3):
        store.keep(capture(make_article(number)))

    def seen() -> None:
        for number in range(10, 60):
            store.keep(capture(make_article(number)))

    for times, expected in enumerate((3, 53)):
        out = tmp_path / str(times)
        out.mkdir()
        with up_to_date(data) as connection:
            dataset.write(Selected(connection, data, Selection()), out, seen)
        assert len(rows(out)) == expected
    store.close()


def test_files_do_not_grow_without_end(
    tmp_path: Path, make_article: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD", 100_000)
    monkeypatch.setattr(shards, "_WAITING", 200_000)
    made = shards.Shards(tmp_path)
    for number in range(400):
        # Digits of hashes: text that does not shrink.
        text = "".join(sha256(f"{number} {part}".encode()).hexdigest() for part in range(40))
        article = replace(make_article(number, text=text), edition=("fr", "cn")[number % 4 == 0])
        record = {name: getattr(article, name) for name in ARTICLE_FIELDS}
        made.add(article.edition, "train", {"id": str(number), "story": "s"} | record)
    files = made.close()
    assert len(files) > 4
    assert [file.path for file in files] == sorted(file.path for file in files)
    assert max(file.bytes for file in files) < 500_000
    assert sum(file.rows for file in files) == 400
    found = rows(tmp_path)
    assert sorted(int(row["id"]) for row in found) == list(range(400))
    assert files[-1].path.endswith(f"-of-{sum(file.edition == 'fr' for file in files):05}.parquet")
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("edition", ["../../x", "", "all", "a/b", ".", "x\n", "*"])
def test_an_edition_that_names_no_folder_is_refused(tmp_path: Path, edition: str) -> None:
    with pytest.raises(UsageProblem, match="names no folder"):
        shards.Shards(tmp_path).add(edition, "train", {})


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(UsageProblem, match="needs the group dataset"):
        dataset.check()


def test_the_splits_have_their_shares() -> None:
    drawn = [split_of(f"{number:032x}") for number in range(4000)]
    shares = {name: 100 * drawn.count(name) / len(drawn) for name in SPLITS}
    assert all(abs(shares[name] - share) < 1.5 for name, share in SPLITS.items()), shares


def test_the_schema_is_the_records_own() -> None:
    assert shards.schema().names == ["id", "story", *parquet.schema().names]


def test_the_moment_that_is_read_ends(store: Path) -> None:
    """A reader that stays in its moment keeps the log of the database from being emptied."""
    with up_to_date(store) as connection:
        selected = Selected(connection, store, Selection(editions=("km",)))
        with dataset._one_moment(selected):
            assert connection.in_transaction
        assert not connection.in_transaction

"""CSV and Parquet, read back by what data teams read them with, as ``docs/exports.md`` says."""

from __future__ import annotations

import csv
import io
import pickle
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from newscrawl.exports import parquet
from newscrawl.exports.csv import defused
from newscrawl.items import ARTICLE_FIELDS, Article, Author, Image, Media, Tag
from newscrawl.version import VERSION
from tests.crawling import ROOT
from tests.exports.test_export import export, exported
from tests.store.test_store import capture, open_store

_BLOCK = re.compile(r"```python\n# ([^\n]*)\n(.*?)```", re.S)
SNIPPETS = dict(_BLOCK.findall((ROOT / "docs" / "exports.md").read_text("utf-8")))

#: Texts that a spreadsheet runs, or that a reader takes for something else.
TEXTS = """=1+1|+33 1|-5 degrees|@SUM(A1)|=HYPERLINK("http://x.example","y")|'=1|''-x| =1| '+|'t is
＝1|－1|＠x|NA|null|None|nan|NaN|#N/A|true|007|1e5|2024-01-01|1,5|"quoted"|"|a;b|"",""|[]|{}
دفتر دانش|ក្រុង|文字，全|🙂|a\u2028b\u0085c|\ufeffmark|back\\slash|\\N|x\ty|# no comment""".replace(
    "\n", "|"
).split("|")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records with everything that a record may hold, and with what readers stumble over."""
    data = tmp_path_factory.mktemp("tables")
    store = open_store(data)
    for number, text in enumerate([*TEXTS, "\t=1", "\r\n+1", "long, " * 100_000]):
        store.keep(capture(_article(number, text)))
    store.publish()
    store.close()
    return data


def _article(number: int, text: str) -> Article:
    many = number % 3
    return Article(
        url=f"https://www.rfi.fr/en/africa/20240101-story-{number}",
        url_hash=f"{number:032x}",
        edition="en",
        language="en",
        column=text[:50] if many else None,
        title=text,
        lead=f"one\r\ntwo\rthree\n{text}" if many else None,
        text=f"{text}\n\n{text}",
        breadcrumb=[text] * many,
        authors=[Author(text, None, "agency")] * many,
        images=[Image("https://s.rfi.fr/x.jpg", None, text, None, 1280, None, True)] * many,
        audio=[Media("https://a.example/x.mp3", 90, None, text)] * many,
        tags=[Tag(text, "https://www.rfi.fr/x/")] * many,
        alternates={"fr": "https://www.rfi.fr/fr/x", "zh-Hans": text} if many else {},
        rules={"title": "dom.h1"},
        reading_minutes=3 if many else None,
        published_at=f"2024-01-01T10:00:{number:02}+00:00",
        modified_at="2024-03-31T01:00:00+00:00" if many else None,
        fetched_at="2024-10-27T00:30:00+00:00",
        body_status="full",
        content_hash=f"{number:032x}",
    )


def run(snippet: str, folder: Path, before: str = "") -> list[dict[str, Any]]:
    """What a snippet of the docs gives, in a process of its own, in the folder of the file."""
    name = "records" if snippet.startswith("csv") else "rows"
    program = f"{before}\n{SNIPPETS[snippet]}\nimport pickle, sys\n"
    program += f"pickle.dump({name}, sys.stdout.buffer)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "TZ": "Asia/Phnom_Penh"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: list[dict[str, Any]] = pickle.loads(done.stdout)
    return found


def same(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    assert [tuple(row) for row in found] == [ARTICLE_FIELDS] * len(wanted)
    for row, record in zip(found, wanted, strict=True):
        assert row == record


@pytest.mark.parametrize("reader", ["pandas", "polars", "DuckDB"])
def test_csv_gives_equal_records(store: Path, tmp_path: Path, reader: str) -> None:
    done = export(store, "csv", "-o", str(tmp_path / "articles.csv"))
    assert done.returncode == 0, done.stderr
    cells = SNIPPETS["csv: what the cells mean"]
    same(run(f"csv: {reader}", tmp_path, cells), exported(store))


def test_csv_is_rfc_4180_and_holds_no_formula(store: Path) -> None:
    command = [sys.executable, "-m", "scrapy", "export", "csv", "-o", "-"]
    command += ["-s", f"NEWSCRAWL_DATA_DIR={store}"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    assert text.startswith(",".join(ARTICLE_FIELDS) + "\r\n")
    outside = re.sub(r'"(?:[^"]|"")*"', "", text)
    assert "\n" not in outside.replace("\r\n", "")
    assert '"' not in outside
    csv.field_size_limit(10_000_000)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(row) for row in rows} == {len(ARTICLE_FIELDS)}
    assert len(rows) == len(TEXTS) + 4
    cells = [cell for row in rows for cell in row if cell]
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@＝＋－＠")] == []
    assert [cell for cell in cells if cell[0] in "\t\r\n"] == []
    assert defused("'t is") == "'t is"


@pytest.mark.parametrize("reader", ["pandas", "polars", "DuckDB", "pyarrow", "datasets"])
def test_parquet_gives_equal_records(store: Path, tmp_path: Path, reader: str) -> None:
    done = export(store, "parquet", "-o", str(tmp_path / "articles.parquet"))
    assert done.returncode == 0, done.stderr
    rows = run(f"parquet: {reader}", tmp_path)
    assert {row["fetched_at"].utcoffset() is not None for row in rows} == {True}
    same([{name: plain(name, cell) for name, cell in row.items()} for row in rows], exported(store))


def plain(name: str, value: Any) -> Any:
    """A cell as the record has it: each reader has its own null, list and time."""
    if hasattr(value, "tolist"):  # NumPy's array
        value = value.tolist()
    if isinstance(value, list):
        value = [
            {n: plain(n, v) for n, v in p.items()} if isinstance(p, dict) else p for p in value
        ]
        pairs = name in ("alternates", "rules")
        return {pair["key"]: pair["value"] for pair in value} if pairs else value
    if value is None or value != value:  # NaN and NaT are not themselves
        return None
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def test_parquet_is_typed(store: Path, tmp_path: Path) -> None:
    outs = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for out in outs:
        assert export(store, "parquet", "-o", str(out)).returncode == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    file = pyarrow.parquet.ParquetFile(outs[0])
    types = {field.name: str(field.type) for field in file.schema_arrow}
    assert types["published_at"] == "timestamp[us, tz=UTC]"
    assert types["edition"].startswith("dictionary<values=string")
    assert types["tags"] == "list<element: struct<name: string, url: string>>"
    assert types["rules"] == "list<element: struct<key: string, value: string>>"
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.metadata.metadata[b"newscrawl"] == VERSION.encode()


def test_parquet_has_row_groups_of_a_bounded_size(
    make_article: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_ROW_GROUP", 2_000_000)
    articles = [make_article(number, text="x" * 1000) for number in range(3100)]
    with (tmp_path / "x.parquet").open("wb") as out:
        parquet.write(iter(articles), out)
    file = pyarrow.parquet.ParquetFile(tmp_path / "x.parquet")
    rows = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert rows == [1000, 1000, 1000, 100]
    assert file.read(["url_hash"])["url_hash"].to_pylist() == [one.url_hash for one in articles]


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_only_files_of_ours_are_replaced(store: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / f"out.{name}"
    if name == "csv":
        out.write_text("url,title\nhttps://example.org/,x\n")
    else:
        pyarrow.parquet.write_table(pyarrow.table({"url": ["x"]}), out)
    mine = out.read_bytes()
    done = export(store, name, "-o", str(out))
    assert (done.returncode, out.read_bytes() == mine) == (2, True)
    assert "was not made by an export" in done.stderr
    out.unlink()
    for _ in range(2):
        assert export(store, name, "-o", str(out)).returncode == 0
    if name == "parquet":
        out.write_bytes(b"PAR1 and then none")
        assert export(store, name, "-o", str(out)).returncode == 2


def test_whoever_has_read_enough_may_close_the_pipe(store: Path) -> None:
    command = f"{sys.executable} -m scrapy export csv -o - -s NEWSCRAWL_DATA_DIR={store}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} | head -c 9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "url,url_h")
    assert "Error" not in done.stderr

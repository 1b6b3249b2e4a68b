"""``scrapy browse`` over real sockets: pages, headers, and that nothing is written or harmed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from newscrawl.browse.differences import side_by_side
from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.store.database import connect, transaction
from newscrawl.store.records import insert, keep_version
from newscrawl.store.records import replace as replace_row
from tests.browse.conftest import CHANGED, HARM, SCRIPT, Browsing, browse
from tests.crawling import scrapy
from tests.search.stand_in import fill, stand_in_records

PAGES = [
    "/",
    "/-/dashboard",
    "/-/dashboard?days=366",
    "/-/search",
    "/-/search?q=harmful",
    f"/-/search?q={quote(SCRIPT)}",
    f"/-/article/{HARM}",
    f"/-/article/{CHANGED}/versions",
    "/newscrawl/articles",
    f"/newscrawl/articles/{HARM}",
    "/newscrawl/articles?edition=en",
    "/newscrawl/article_versions",
    "/newscrawl",
]


@pytest.mark.parametrize("path", PAGES)
def test_what_articles_say_stays_text(browsing: Browsing, path: str) -> None:
    text = browsing.page(path)
    assert "<script>document.title" not in text
    assert "<img src=x" not in text
    assert not re.search(r"(?:href|src)=\"javascript:", text, re.IGNORECASE)
    assert 'onerror="y' not in text


@pytest.mark.parametrize("path", [*PAGES, "/-/search?q=harm&page=2", "/none", "/-/article/none"])
def test_headers(browsing: Browsing, path: str) -> None:
    _, headers, _ = browsing.get(path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    scripts = policy.split("script-src")[1]
    ours = path == "/" or (path.startswith("/-/") and path != "/-/article/none")
    assert scripts.strip() == ("'none'" if ours else "'self' 'unsafe-inline'")
    assert "img-src 'self' http: https:" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_of_ours_have_no_script_and_ask_nothing_elsewhere(browsing: Browsing) -> None:
    for path in PAGES[:8]:
        text = browsing.page(path)
        assert "<script" not in text
        assert not re.findall(r"<link[^>]+href=\"http", text)


@pytest.mark.parametrize("name", ["attacker.example", "127.0.0.1.attacker.example:80", ""])
def test_who_asks_by_another_name_is_refused(browsing: Browsing, name: str) -> None:
    status, _, text = browsing.get("/newscrawl/articles.json", Host=name)
    assert status == 400
    assert "title" not in text
    assert browsing.get("/", Host="localhost:1")[0] == 200


def test_search(browsing: Browsing) -> None:
    text = browsing.page("/-/search?q=候鸟驿站")
    assert text.count('<a class="headline"') == 5
    assert "<mark>候鸟驿站</mark>" in text
    assert "5 found" in text
    assert "0 found" in browsing.page("/-/search?q=候鸟驿站&edition=tw")
    first = browsing.page("/-/search?q=de")
    second = browsing.page("/-/search?q=de&page=2")
    assert 'class="more"' in first
    assert set(re.findall(r"/-/article/(\w+)", first)).isdisjoint(
        re.findall(r"/-/article/(\w+)", second)
    )
    for odd in ("page=x", "page=999999999999", "page=-1", "q=%00", "edition=%22", "q=%22%22"):
        assert browsing.get("/-/search?q=de&" + odd)[0] == 200


def test_an_article_right_to_left(browsing: Browsing) -> None:
    text = browsing.page(f"/-/article/{CHANGED}")
    assert '<article lang="fa" dir="rtl">' in text
    assert "عنوان تازه" in text
    assert '<article lang="en" dir="ltr">' in browsing.page(f"/-/article/{HARM}")
    assert browsing.get(f"/-/article/{'0' * 32}")[0] == 404
    assert browsing.get("/-/article/none")[0] == 404


def test_versions_side_by_side(browsing: Browsing) -> None:
    text = browsing.page(f"/-/article/{CHANGED}/versions")
    assert "<del>کهنه</del>" in text
    assert "<ins>تازه</ins>" in text
    assert "<ins>یک بند تازه</ins>" in text
    assert text.count('<tr class="same">') >= 3
    assert browsing.get(f"/-/article/{CHANGED}/versions?old=7")[0] == 404
    assert "only one version" in browsing.page(f"/-/article/{HARM}/versions")


def test_differences_of_scripts_without_blanks() -> None:
    old = dict.fromkeys(ARTICLE_FIELDS) | {"title": "松岭候鸟驿站", "tags": [1]}
    rows = side_by_side(old, old | {"title": "松岭新驿站", "tags": [2]}).rows
    assert [[piece.text for piece in row.new if piece.found] for row in rows] == [["新"], ["[2]"]]
    assert [[piece.text for piece in row.old if piece.found] for row in rows] == [["候鸟"], ["[1]"]]


def test_tables_facets_and_order(browsing: Browsing) -> None:
    found = browsing.json("/newscrawl/articles.json?_size=100&_col=published_at&_shape=objects")
    times = [row["published_at"] for row in found["rows"] if row["published_at"]]
    assert times == sorted(times, reverse=True)
    assert {"edition", "column", "section", "kind"} <= set(found["facet_results"])
    page = browsing.page("/newscrawl/articles")
    assert "canonical URL" in page, "the record's own descriptions"
    assert f"/-/article/{HARM}" in page
    tables = {
        table["name"]: table["hidden"] for table in browsing.json("/newscrawl.json")["tables"]
    }
    assert not tables["articles"]
    assert tables["search"]
    assert tables["search_data"]
    assert tables["links"] is False
    assert tables["lines"]
    assert browsing.get("/newscrawl.db")[0] in (403, 404)


def test_facets_by_author_and_tag(browsing: Browsing) -> None:
    def counted(path: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
        found = browsing.json(f"/newscrawl/articles.json?{path}&_shape=objects")
        facets = {name: each["results"] for name, each in found["facet_results"].items()}
        return found["filtered_table_rows_count"], facets

    everything, facets = counted("_facet_size=max")
    by_tag = {one["value"]: one["count"] for one in facets["tags"]}
    assert SCRIPT in by_tag
    assert SCRIPT in {one["value"] for one in facets["authors"]}
    most = facets["tags"][0]
    assert 1 < most["count"] < everything
    rows = browsing.json("/newscrawl/articles.json?_size=max&_shape=array&_col=tags")
    held = [json.loads(row["tags"]) for row in rows]
    assert most["count"] == sum(any(tag["name"] == most["value"] for tag in tags) for tags in held)
    number, narrowed = counted("_named_tags=" + quote(most["value"]))
    assert number == most["count"]
    assert narrowed["tags"][0]["selected"]
    assert "_named_tags" not in narrowed["tags"][0]["toggle_url"]
    author = narrowed["authors"][0]
    both, _ = counted(f"_named_tags={quote(most['value'])}&_named_authors={quote(author['value'])}")
    assert both == author["count"] <= number
    assert counted("_named_tags=nobody")[0] == 0
    assert "title" not in counted("_facet_names=title")[1]
    page = browsing.page("/newscrawl/articles?_named_tags=" + quote(most["value"]))
    assert f"tags have &#34;{most['value']}&#34;" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
        },
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"},
    ],
)
def test_what_the_page_of_another_site_asks_is_refused(
    browsing: Browsing, headers: dict[str, str]
) -> None:
    for path in ("/", "/newscrawl/articles.json", f"/-/article/{HARM}/versions"):
        status, _, text = browsing.get(path, **headers)
        assert status == 403
        assert "Harm" not in text


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_what_the_reader_asks_is_answered(browsing: Browsing, site: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": "document"}
    assert browsing.get("/newscrawl/articles", **headers)[0] == 200
    assert browsing.get("/-/static/app.css", **headers)[0] == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/newscrawl?sql=select 1", 403),
        ("/newscrawl.json?sql=select 1", 403),
        ("/newscrawl.csv?sql=select 1", 403),
        ("/newscrawl/articles.json?_where=1=1", 403),
        ("/_internal?sql=select 1", 403),
        ("/newscrawl.db", 403),
        ("/newscrawl/articles.csv?_stream=on", 400),
    ],
)
def test_sql_and_the_whole_store_at_once_are_off(browsing: Browsing, path: str, code: int) -> None:
    assert browsing.get(path)[0] == code
    assert "SQL" not in browsing.page("/")
    assert "<textarea" not in browsing.page("/newscrawl")


def test_how_sql_is_turned_on_is_told(browsing: Browsing) -> None:
    assert "scrapy browse --sql" in browsing.get("/newscrawl?sql=select 1")[2]


@pytest.fixture(scope="module")
def with_sql(browsed_folder: Path) -> Iterator[Browsing]:
    # Datasette prints what the queries of readers complain of.
    with browse(browsed_folder, "--sql", is_quiet=False) as found:
        yield found


def test_sql_where_it_was_asked_for(with_sql: Browsing) -> None:
    assert "All tables, and SQL" in with_sql.page("/")
    assert with_sql.json("/newscrawl.json?sql=select 1&_shape=array") == [{"1": 1}]
    assert with_sql.get("/newscrawl/articles.json?_where=1=1")[0] == 200
    assert with_sql.get("/newscrawl.db")[0] == 403


@pytest.mark.parametrize("sql", ["DELETE FROM articles", "INSERT INTO search_due VALUES (1, 'x')"])
def test_nothing_can_be_written(with_sql: Browsing, sql: str) -> None:
    status, _, _ = with_sql.get(f"/newscrawl.json?sql={quote(sql)}")
    assert status == 400


_MANY = (
    "WITH RECURSIVE c(x) AS (SELECT {0} UNION ALL SELECT {0} FROM c LIMIT {1}) SELECT {2} FROM c"
)


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT zeroblob(300000000)", 400),
        ("SELECT hex(randomblob(90000000))", 400),
        (_MANY.format("randomblob(1000000)", 300, "x"), 400),
        (_MANY.format("hex(zeroblob(500000))", 95, ", ".join(["group_concat(x)"] * 8)), 500),
        (_MANY.format("1", 10**12, "count(*)"), 400),
    ],
)
def test_sql_takes_no_memory_and_no_time_without_end(
    with_sql: Browsing, sql: str, code: int
) -> None:
    before = _peak(with_sql)
    status, _, text = with_sql.get(f"/newscrawl.json?sql={quote(sql)}")
    assert status == code, text
    assert _peak(with_sql) < max(before, 800_000)
    assert with_sql.get("/")[0] == 200


def _peak(browsing: Browsing) -> int:
    """Memory that the server has held at most, in KB."""
    status = Path(f"/proc/{browsing.process.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0])


def test_pages_over_long_texts_end_before_they_fill_the_memory(tmp_path: Path) -> None:
    fill(tmp_path / "data", stand_in_records()[:3], indexed=False)
    with closing(connect(tmp_path / "data")) as connection, transaction(connection):
        connection.execute("UPDATE articles SET text = ?", ("x" * 20_000_000,))
    with browse(tmp_path / "data", is_quiet=False) as found:
        status, _, text = found.get("/newscrawl/articles.json")
        assert (status, "fewer rows or columns" in text) == (400, True)
        assert len(found.json("/newscrawl/articles.json?_size=1&_shape=array")) == 1
        assert found.json("/newscrawl/articles.json?_col=title")["filtered_table_rows_count"] == 3


def test_versions_that_are_costly_to_compare_do_not_hold_the_server(tmp_path: Path) -> None:
    folder, random = tmp_path / "data", Random(1)
    signs = ["".join(random.choice("的是了不") for _ in range(2400)) for _ in range(200)]
    texts = ["\n\n".join(signs[:100]), "\n\n".join(signs[100:])]
    more = ["\n\n".join(random.choice("ab") for _ in range(9000)) for _ in range(2)]
    fill(folder, [], indexed=False)
    with closing(connect(folder)) as connection, transaction(connection):
        for key, (old, new) in ((HARM, texts), (CHANGED, more)):
            record = stand_in_records()[0] | {"url_hash": key, "content_id": None}
            article = Article(**record | {"url": f"{record['url']}{key}", "text": old})
            insert(connection, article, bodies=True)
            keep_version(connection, key, "2026-07-01T00:00:00+00:00")
            changed = replace(article, text=new, version=2)
            replace_row(connection, changed, bodies=True, updated_at="2026-07-01T00:00:00+00:00")
    with browse(folder) as found, ThreadPoolExecutor() as pool:
        pages = [pool.submit(found.page, f"/-/article/{key}/versions") for key in (HARM, CHANGED)]
        assert found.get("/")[0] == 200
        for page in pages:
            assert "Too long, or too different" in page.result(timeout=30)
        assert "more blocks are not shown" in pages[1].result()
        assert "more blocks are not shown" in found.page(f"/-/article/{CHANGED}")


def test_mistakes(tmp_path: Path) -> None:
    def told(*arguments: str) -> str:
        done = scrapy("browse", *arguments, "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}")
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1
        return str(done.stderr)

    assert "there is no database in" in told()
    assert "is no port" in told("--port", "http")
    assert "did you mean --port" in told("--prt")


def test_a_port_in_use(browsing: Browsing) -> None:
    port = browsing.url.rsplit(":", 1)[1]
    done = scrapy("browse", "--port", port, "-s", f"NEWSCRAWL_DATA_DIR={browsing.folder}")
    assert done.returncode == 2
    assert f"port {port} cannot be used" in done.stderr
    assert done.stderr.count("\n") == 1

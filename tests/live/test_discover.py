"""The site's index of columns against the seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

from fixtures.site import Answer
from newscrawl.crawl.seed_reading import load_seeds
from newscrawl.rfi import SITE
from tests.crawling import ROOT, SEEDS, scrapy
from tests.live.conftest import LiveSite


def discover(live: LiveSite, seeds: Path, *more: str, code: int = 0) -> Any:
    given = (*live.arguments()[2:], "-s", f"NEWSCRAWL_SEEDS={seeds}")
    done = scrapy("columns", "--discover", *given, *more)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def seeds_of(folder: Path, lines: list[str]) -> Path:
    folder.mkdir()
    (folder / "cn.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_nothing_to_say(live: LiveSite) -> None:
    done = discover(live, SEEDS)
    assert "cn: 5 listed, 0 new, 0 gone" in done.stdout
    assert len(live.asked()) == 1 + 5
    assert not (live.data / "discovered").exists()


def test_new_and_gone_columns_and_a_seed_file_to_review(live: LiveSite, tmp_path: Path) -> None:
    whole = (SEEDS / "cn.yaml").read_text("utf-8").splitlines()
    lacking = [line for line in whole if "法国风光" not in line]
    gone = "  - {name: 旧专栏, path: /cn/专栏检索/旧专栏/, kind: column, source: seen}"
    seeds = seeds_of(tmp_path / "seeds", [*lacking, gone])
    report = json.loads(discover(live, seeds, "--json").stdout)
    schema = json.loads((ROOT / "docs/json/discovered.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    (found,) = report["editions"]
    assert [column["name"] for column in found["new"]] == ["法国风光"]
    assert [column["name"] for column in found["gone"]] == ["旧专栏"]

    written = load_seeds(Path(found["seed_file"]).parent, SITE)["cn"]
    paths = {column.path for column in written.columns}
    assert paths == {column.path for column in load_seeds(SEEDS, SITE)["cn"].columns}
    told = discover(live, seeds).stdout
    assert "new: 法国风光  /cn/专栏检索/法国风光/" in told
    assert "gone: 旧专栏" in told


def test_an_unlisted_column_whose_page_is_there_is_not_gone(live: LiveSite) -> None:
    index = live.site.answer("/cn/专栏检索/").body.decode()
    cut = index.replace("/cn/%E4%B8%93%E6%A0%8F%E6%A3%80%E7%B4%A2/%E7%A7%91", "/cn/x/%E7%A7%91")
    live.override("/cn/专栏检索/", Answer(200, [("Content-Type", "text/html")], cut.encode()))
    done = discover(live, SEEDS, "--edition", "cn")
    assert "cn: 4 listed, 0 new, 0 gone" in done.stdout


def test_no_index_could_be_read(live: LiveSite) -> None:
    live.override("/cn/专栏检索/", Answer(404))
    done = discover(live, SEEDS, "--edition", "cn", code=1)
    assert "http_404" in done.stdout


def test_an_edition_whose_index_is_not_known(live: LiveSite, tmp_path: Path) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "uk.yaml").write_text((ROOT / "seeds/rfi/uk.yaml").read_text("utf-8"), "utf-8")
    done = discover(live, folder, code=1)
    assert "where its columns are listed is not known" in done.stdout

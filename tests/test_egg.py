"""The egg that Scrapyd takes: what is in it, and that the project works from inside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.crawling import ARCHIVE, ROOT, SEEDS


@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the tracked files, as scrapyd-deploy does."""
    folder = tmp_path_factory.mktemp("egg")
    source = folder / "source"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    for name in (Path(part.decode()) for part in names if part):
        if (ROOT / name).is_file() and name.parts[0] in ("newscrawl", "seeds", *_FILES):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "setup.py", "-q", "bdist_egg", "-d", str(folder)],
        cwd=source,
        capture_output=True,
        check=True,
    )
    (built,) = folder.glob("*.egg")
    return built


_FILES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "scrapy.cfg")


def test_what_is_in_the_egg(egg: Path) -> None:
    names = set(zipfile.ZipFile(egg).namelist())
    seeds = {name for name in names if name.startswith("newscrawl/_seeds/rfi/")}
    shipped = {f"newscrawl/_seeds/rfi/{path.name}" for path in (ROOT / "seeds/rfi").glob("*.yaml")}
    assert shipped <= seeds
    assert len(shipped) == 16
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "newscrawl").rglob("*.py")}
    assert modules <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"newscrawl", "EGG-INFO"}
    entry_points = zipfile.ZipFile(egg).read("EGG-INFO/entry_points.txt").decode()
    assert "settings = newscrawl.settings" in entry_points


def run(egg: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an empty folder with nothing of the project but the egg."""
    program = "import sys; sys.path[:0] = [sys.argv.pop(1)]\n"
    program += "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f)]\n"
    return subprocess.run(
        [sys.executable, "-I", "-c", program + command[0], str(egg), *command[1:]],
        cwd=folder,
        env={"SCRAPY_SETTINGS_MODULE": "newscrawl.settings", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_seeds_are_found_inside_the_egg(egg: Path, tmp_path: Path) -> None:
    program = (
        "import newscrawl; from newscrawl.rfi import SITE\n"
        "from newscrawl.crawl.seed_reading import load_seeds\n"
        "print(newscrawl.__file__); print(*load_seeds(None, SITE))"
    )
    done = run(egg, tmp_path, program)
    assert done.returncode == 0, done.stderr
    where, editions = done.stdout.splitlines()
    assert where.startswith(str(egg))
    assert len(editions.split()) == 16


def test_a_crawl_from_inside_the_egg(egg: Path, tmp_path: Path) -> None:
    done = run(
        egg,
        tmp_path,
        "from scrapy.cmdline import execute; execute(['scrapy', *sys.argv[1:]])",
        *("crawl", "rfi", "-a", "editions=fa"),
        *("-s", f"NEWSCRAWL_REPLAY={ARCHIVE}", "-s", f"NEWSCRAWL_SEEDS={SEEDS}"),
    )
    assert done.returncode == 0, done.stderr
    assert "70 new" in done.stderr
    assert list((tmp_path / "data" / "articles").glob("*.jsonl"))

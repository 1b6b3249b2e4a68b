"""What is to be read, in which order, and where the part of each piece lies.

A part is named by all that it depends on: the archive (name, size, time of change), the stretch of
it, and the rules. So a command that is given again finds what is done and has not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from newscrawl.archives.files import check_any
from newscrawl.archives.holdings import Piece, pieces_of
from newscrawl.errors import UsageProblem
from newscrawl.extracting.parts import SUFFIX
from newscrawl.version import VERSION


@dataclass(frozen=True)
class Task:
    """One piece and its part."""

    piece: Piece
    part: Path


def plan(files: Sequence[Path], folder: Path, rules: str) -> list[Task]:
    """All pieces of some archives, in order; ``folder`` is where their parts lie."""
    tasks = []
    for file in files:
        stat = file.stat()
        for piece in pieces_of(file):
            traits = (file.resolve(), stat.st_size, stat.st_mtime_ns, rules, VERSION)
            place = (piece.member, piece.begin, piece.end)
            name = sha256(repr((*map(str, traits), *place)).encode()).hexdigest()[:32]
            tasks.append(Task(piece, folder / (name + SUFFIX)))
    return tasks


def archives_of(arguments: Sequence[str], lists: Sequence[str] = ()) -> list[Path]:
    """The archives that arguments and lists of paths name, in order, each once."""
    texts = [*arguments, *(line for name in lists for line in _lines(Path(name)))]
    found: dict[Path, Path] = {}
    for text in texts:
        for file in check_any(text):
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _lines(file: Path) -> list[str]:
    """Paths in a list: one a line, as they are or as patterns; what follows ``#`` is a comment."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"--cc-news {file}: the list cannot be read ({error})") from None
    paths = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    for path in paths:
        if "://" in path:
            raise UsageProblem(
                f"--cc-news {file}: {path} is an address: download it first, and name the file"
            )
    if not paths:
        raise UsageProblem(f"--cc-news {file}: the list names no file: one path or pattern a line")
    return paths

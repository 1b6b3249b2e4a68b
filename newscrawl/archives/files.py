"""Which files a setting or an argument names, and whether they are archives."""

from __future__ import annotations

import glob
import zlib
from pathlib import Path

from newscrawl.errors import UsageProblem

_SUFFIXES = (".warc", ".warc.gz")
#: Of all that can be read.
ANY_SUFFIXES = (*_SUFFIXES, ".wacz", ".arc", ".arc.gz")


def archive_files(text: str, suffixes: tuple[str, ...] = _SUFFIXES) -> list[Path]:
    """Files that a setting names: paths parted by commas, patterns, or folders.

    Raises :class:`UsageProblem` for what is not there.
    """
    files: list[Path] = []
    for part in (part.strip() for part in text.split(",")):
        path = Path(part).expanduser()
        if path.is_dir():
            found = [file for file in sorted(path.iterdir()) if file.name.endswith(suffixes)]
        elif path.exists():
            found = [path]
        else:
            found = [Path(name) for name in sorted(glob.glob(str(path)))]  # noqa: PTH207
        if not found:
            raise UsageProblem(f"no archive at {part}: give a WARC file, a folder or a pattern")
        files += found
    return files


def check_archives(text: str) -> list[Path]:
    """The same, refusing files that are no WARC. An empty file is none but does no harm."""
    files = archive_files(text)
    for file in files:
        begin = begin_of(file)
        if begin and not begin.startswith(b"WARC/"):
            raise UsageProblem(f"{file} is not a WARC file: name a .warc or .warc.gz archive")
    return files


def check_any(text: str) -> list[Path]:
    """The same for what may also be an ARC file, or a WACZ with archives in it."""
    from newscrawl.archives import wacz

    path = Path(text)
    found = path.is_file()  # whatever its name: commas and brackets too
    files = [path] if found else archive_files(text, ANY_SUFFIXES)
    for file in files:
        begin = begin_of(file)
        if wacz.is_zip(begin):
            wacz.members(file, quiet=True)
        elif begin and not begin.startswith((b"WARC/", b"filedesc://")):
            raise UsageProblem(
                f"{file} is not a WARC file: name a .warc, .warc.gz, .arc.gz or .wacz archive"
            )
    return files


def begin_of(file: Path) -> bytes:
    """First bytes of a file, unpacked; :class:`UsageProblem` where it cannot be read."""
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise UsageProblem(f"{file} cannot be read ({error.strerror or error})") from None
    if not head.startswith(b"\x1f\x8b"):
        return head
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 64) or b"?"
    except zlib.error:
        return b"?"

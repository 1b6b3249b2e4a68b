"""WACZ: archives packed in a zip, unpacked one at a time into a file without a name."""

from __future__ import annotations

import logging
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from newscrawl.archives.unpacking import copy_bounded
from newscrawl.errors import UsageProblem

logger = logging.getLogger(__name__)

#: How a zip begins, and an empty one.
MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_SUFFIXES = (".warc", ".warc.gz", ".arc", ".arc.gz")


def is_zip(begin: bytes) -> bool:
    """Whether a file that begins so is a zip."""
    return begin.startswith(MAGIC)


def members(file: Path, *, quiet: bool = False) -> list[str]:
    """Names of the archives in a WACZ; :class:`UsageProblem` where there are none to read.

    Archives that are left out are warned of, unless ``quiet``.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            found = [info for info in packed.infolist() if _is_archive(info)]
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise UsageProblem(f"{file} is a damaged zip ({error}): download it again") from None
    names = [info.filename for info in found if _is_readable(info)]
    if not names:
        raise UsageProblem(f"{file} is no WACZ: it holds no archive/….warc.gz")
    for info in found:
        if not quiet and not _is_readable(info):
            shown = _shown(info.filename)
            logger.warning("%s in %s is left out: an odd name or a password", shown, file)
    return names


def unpack(file: Path, name: str) -> IO[bytes]:
    """An archive of a WACZ, as far as it unpacks; no name that the zip gives is ever a path."""
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    try:
        with zipfile.ZipFile(file) as packed, packed.open(name) as source:
            if not copy_bounded(source, unpacked, packed.getinfo(name).compress_size):
                logger.warning("%s in %s unpacks without end: cut", _shown(name), file)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        logger.warning("%s in %s is broken: %s", _shown(name), file, error)
    unpacked.seek(0)
    return unpacked


def _is_archive(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and info.filename.lower().endswith(_SUFFIXES)


def _is_readable(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    return parts[0] == "archive" and ".." not in parts and not info.flag_bits & 1


def _shown(name: object) -> str:
    return ascii(str(name)[:80])

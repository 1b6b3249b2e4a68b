"""Unpacking gzip members: by ISA-L where the group ``dataset`` is installed, else by zlib.

To pass over what is not wanted costs little but this, and ISA-L does it in half the time or less.
"""

from __future__ import annotations

import zlib
from typing import Any, cast

try:
    from isal import isal_zlib
except ImportError:
    isal_zlib = None  # type: ignore[assignment]

#: What damaged data leads to; :func:`unpack` makes it :class:`zlib.error`.
_DAMAGE = (zlib.error,) if isal_zlib is None else (zlib.error, cast(Any, isal_zlib).error)


def unpacker() -> Any:
    """An object that unpacks one member, as those of :func:`zlib.decompressobj` do."""
    return (isal_zlib or zlib).decompressobj(zlib.MAX_WBITS | 16)


def unpack(member: Any, packed: bytes, most: int) -> bytes:
    """Some more bytes of a member; raises :class:`zlib.error` for damage."""
    try:
        data: bytes = member.decompress(packed, most)
    except _DAMAGE as error:
        raise zlib.error(str(error)) from None
    return data

"""Addresses of the site: one canonical form for all that lead to the same page.

The same page is linked relative and absolute, as raw Unicode and percent-encoded in either case,
with ``#pager``, ``utm_…`` and ``xtor`` behind it, with and without its slash. None of the site's
pages depends on a query, so all of it is noise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from newscrawl.rfi.editions import EDITIONS, HOST
from newscrawl.text import normalised

#: Hosts whose pages have the site's paths: the site, its short name, its AMP and mobile twins.
_HOSTS = frozenset([HOST, "rfi.fr", "amp.rfi.fr", "m.rfi.fr"])
#: Hosts of before, mobile (m.) and tablet (t.) ones among them, and the edition of each.
_OLD_HOSTS = {
    f"{device}{name}.rfi.fr": edition
    for name, edition in {
        **{prefix: prefix for prefix in EDITIONS if prefix not in ("fr", "tw", "ff", "uk")},
        "trad.cn": "tw",
    }.items()
    for device in ("", "m.", "t.")
} | {"www.chinese.rfi.fr": "cn"}
_PORTS = {"http": (None, 80), "https": (None, 443)}
_SAFE = "-._~!$&'()*+,=:@"
#: Characters of an address: nine for each letter of some scripts, and servers refuse longer ones.
_LONGEST = 8000
_DATED = re.compile(r"(\d{4})(\d\d)(\d\d)-.")
_SPONSORED = frozenset(["sponsored-content", "sponsored-contents"])
#: A wire item has neither section nor date: it is told from a static page by its length.
_WIRE_HYPHENS = 4
_WIRE_IDEOGRAPHS = 12
#: Addresses, and characters of each, of which the reading is kept: a page names few, and is asked
#: about each many times. Longer ones, up to the bound above, would fill the memory.
_KEPT, _SHORT = 512, 2000


def canonical(url: str, base: str | None = None) -> str | None:
    """Canonical form of any address of the site, ``None`` for what is not the site's.

    >>> canonical("/cn/专栏检索/科技时空/20240220-chatgpt后/?utm_source=x#pager")
    ... # doctest: +ELLIPSIS
    'https://www.rfi.fr/cn/%E4%B8%93%E6%A0%8F%E6%A3%80%E7%B4%A2/.../20240220-chatgpt%E5%90%8E'
    >>> canonical("https://www.example.org/") is None
    True
    """
    if len(url) > _LONGEST:
        return None
    return _canonical(url, base) if len(url) <= _SHORT else _canonical.__wrapped__(url, base)


@lru_cache(_KEPT)
def _canonical(url: str, base: str | None) -> str | None:
    try:
        parts = urlsplit(urljoin(base or f"https://{HOST}/", url.strip()))
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if host not in _HOSTS or port not in _PORTS.get(parts.scheme, ()):
        return None
    return f"https://{HOST}{_path(parts.path)}"


def moved_from(url: str) -> str | None:
    """Edition that an address of the old site belonged to, ``None`` for any other address.

    Until about 2019 most editions had a host of their own (``docs/site.md``); where their pages lie
    today is known to the site alone.

    >>> moved_from("http://cn.rfi.fr/中国/20171030-x"), moved_from("http://trad.cn.rfi.fr/")
    ('cn', 'tw')
    >>> moved_from("https://www.rfi.fr/emission/20170626-x"), moved_from("https://www.rfi.fr/fr/")
    ('fr', None)
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host in _HOSTS:
        path = segments(url)
        return "fr" if len(path) > 1 and path[0] == "emission" else None
    return _OLD_HOSTS.get(host)


def segments(url: str) -> tuple[str, ...]:
    """Decoded segments of an address's path, without empty ones; bytes that are no text as U+FFFD.

    >>> segments("https://www.rfi.fr/tw/%E4%BD%9C%E8%80%85/x/")
    ('tw', '作者', 'x')
    """
    return _segments(url) if len(url) <= _SHORT else _segments.__wrapped__(url)


@lru_cache(_KEPT)
def _segments(url: str) -> tuple[str, ...]:
    decoded = (_decode(part) for part in urlsplit(url).path.split("/") if part)
    return tuple(
        part.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for part in decoded
    )


def url_hash(url: str) -> str:
    """First 32 hex digits of SHA-256 of a canonical URL."""
    return sha256(url.encode()).hexdigest()[:32]


def classify(url: str) -> str:
    """``article``, ``listing``, ``static``, ``feed``, ``sitemap``, ``robots`` or ``foreign``.

    Expects a canonical URL; see :class:`newscrawl.site.Site`.
    """
    parts = urlsplit(url)
    if parts.hostname != HOST:
        return "foreign"
    path = segments(url)
    if path == ("robots.txt",):
        return "robots"
    if path and path[-1] == "rss":
        return "feed"
    if path and path[0] == "sitemaps":
        return "sitemap"
    if not path or path[0] not in EDITIONS:
        return "static"
    if is_sponsored(url):
        return "static"
    if _is_dated(path[-1]):
        return "article"
    if parts.path.endswith("/"):
        return "listing"
    return "article" if _is_wire(path) else "static"


def is_sponsored(url: str) -> bool:
    """Whether an address lies under the site's sponsored content."""
    return len(path := segments(url)) > 1 and path[1] in _SPONSORED


def edition_of(url: str) -> str | None:
    """Edition that an address belongs to."""
    path = segments(url)
    return path[0] if path and path[0] in EDITIONS else None


def date_of(url: str) -> date | None:
    """Day of publication (Paris) that an article's address names.

    >>> date_of("https://www.rfi.fr/en/africa/20240131-story")
    datetime.date(2024, 1, 31)
    """
    path = segments(url)
    match = _DATED.match(path[-1]) if path else None
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def last_segment(url: str) -> str:
    """Decoded last segment of an address."""
    path = segments(url)
    return path[-1] if path else ""


def _path(path: str) -> str:
    parts = _resolved([_decode(part) for part in path.split("/")])
    encoded = "/" + "/".join(map(_encode, parts))
    if not parts:
        return "/"
    return encoded + ("/" if _wants_slash(parts, path.endswith("/")) else "")


def _decode(part: str) -> str:
    return _decoded(part) if len(part) <= _SHORT else _decoded.__wrapped__(part)


@lru_cache(_KEPT)  # containers and columns recur
def _decoded(part: str) -> str:
    encoded = part.encode("utf-8", "surrogatepass")
    text = unquote_to_bytes(encoded).decode("utf-8", "surrogateescape")
    return normalised(text)


def _encode(part: str) -> str:
    return _encoded(part) if len(part) <= _SHORT else _encoded.__wrapped__(part)


@lru_cache(_KEPT)
def _encoded(part: str) -> str:
    return quote(part, safe=_SAFE, errors="surrogateescape")


def _resolved(parts: list[str]) -> list[str]:
    """Without empty and dot segments."""
    resolved: list[str] = []
    for part in parts:
        if part == "..":
            resolved[-1:] = []
        elif part not in ("", "."):
            resolved.append(part)
    return resolved


def _wants_slash(parts: list[str], has_one: bool) -> bool:
    """Articles and feeds end without a slash, listings with one.

    Below an edition's root a bare word may be a section or a static page: it stays as it is.
    """
    if _is_dated(parts[-1]) or parts[-1] == "rss" or "." in parts[-1]:
        return False
    if parts[0] not in EDITIONS:
        return has_one
    if len(parts) == 2:
        return has_one and not _is_wire(parts)
    return True


def _is_dated(segment: str) -> bool:
    return _DATED.match(segment) is not None


def _is_wire(path: Sequence[str]) -> bool:
    """Whether ``/{edition}/{slug}`` has the long slug of a wire item."""
    if len(path) != 2:
        return False
    slug = path[1]
    ideographs = sum("\u3400" <= character <= "\u9fff" for character in slug)
    return ideographs >= _WIRE_IDEOGRAPHS or slug.count("-") >= _WIRE_HYPHENS

"""The Scrapyd servers that a schedule sends to, and which editions are whose. No network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from newscrawl.errors import UsageProblem

#: Names of this machine.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """One Scrapyd server."""

    url: str
    """Without user, password and final slash: this is what people see."""
    data_dir: Path
    """Absolute, on the server's machine."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_servers(
    texts: Iterable[str], data_dir: Path, environment: Mapping[str, str]
) -> list[Server]:
    """Servers given as ``http://[user:password@]host[:port][/path][#/absolute/data/dir]``.

    ``data_dir`` is that of servers which name none. User and password may also come from
    ``SCRAPYD_USERNAME`` and ``SCRAPYD_PASSWORD`` of the environment, which Scrapyd reads as well.
    :class:`UsageProblem` says what is wrong, never with a password in it.
    """
    servers: list[Server] = []
    for number, text in enumerate((text.strip() for text in texts), 1):
        if text:
            servers.append(_server(text, number, data_dir, environment))
            _refuse_twice(servers)
    if not servers:
        raise UsageProblem(
            "no Scrapyd server is named: give --server URL, or set NEWSCRAWL_SCRAPYD"
        )
    return servers


def shard(editions: Iterable[str], servers: Sequence[Server]) -> dict[str, list[str]]:
    """URL of a server to its editions.

    The same editions and servers always give the same parts, in whatever order they come; parts
    differ by one edition at most. An edition whose server is down waits for it: another one would
    not know what is stored already.
    """
    names = sorted(editions)
    most = -(-len(names) // len(servers))
    parts: dict[str, list[str]] = {server.url: [] for server in servers}
    for name in names:
        open_parts = [url for url, part in parts.items() if len(part) < most]
        parts[max(open_parts, key=lambda url: _score(name, url))].append(name)
    return parts


def _score(edition: str, url: str) -> bytes:
    return sha256(f"{edition} {url}".encode()).digest()


def _server(text: str, number: int, data_dir: Path, environment: Mapping[str, str]) -> Server:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _bad(number, "its host or port is wrong") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise _bad(number, "it is no http address of a server")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    address = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    username, password = _login(parts, environment)
    return Server(address, _data_dir(parts, address, data_dir), username, password)


def _login(parts: SplitResult, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    if parts.username:
        return unquote(parts.username), unquote(parts.password or "")
    username = environment.get("SCRAPYD_USERNAME")
    return (username, environment.get("SCRAPYD_PASSWORD", "")) if username else (None, None)


def _data_dir(parts: SplitResult, address: str, default: Path) -> Path:
    folder = Path(unquote(parts.fragment)) if parts.fragment else default
    if folder.is_absolute():
        return folder
    if parts.fragment or parts.hostname not in LOOPBACK:
        raise UsageProblem(
            f"the data dir of {address} is relative ({folder}), and its jobs run in folders of"
            " their own: give an absolute path, as NEWSCRAWL_DATA_DIR or behind # in the address"
        )
    return folder.absolute()


def _refuse_twice(servers: list[Server]) -> None:
    *others, last = servers
    for other in others:
        if other.url == last.url:
            raise UsageProblem(f"{last.url} is named twice: leave one out")
        same_host = urlsplit(other.url).hostname == urlsplit(last.url).hostname
        if same_host and other.data_dir == last.data_dir:
            raise UsageProblem(
                f"{other.url} and {last.url} would share the data dir {last.data_dir}, where one"
                f" run at a time may be: give each its own, as {last.url}#/absolute/data/dir"
            )


def _bad(number: int, problem: str) -> UsageProblem:
    return UsageProblem(
        f"server {number} cannot be used: {problem};"
        " write it as http://127.0.0.1:6800/ or http://user:password@host:6800/#/absolute/data/dir"
    )

"""What pages may do, and who may ask for them: headers of answers, the Host of requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

#: Pictures and recordings come from the publisher; scripts only from this server, and into pages of
#: ours none at all.
_COMMON = (
    "default-src 'none'; img-src 'self' http: https: data:; media-src http: https:;"
    " style-src 'self' 'unsafe-inline'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'; script-src "
)
#: Datasette's own pages have short scripts inside them.
_DATASETTE = _COMMON + "'self' 'unsafe-inline'"
_OURS = _COMMON + "'none'"
#: Pages of ours; Datasette's own stand beside some of them.
OUR_PATHS = ("/-/search", "/-/article", "/-/dashboard")
#: Another name that leads here is somebody else's page asking through the reader's browser.
_HOSTS = (b"127.0.0.1", b"localhost", b"[::1]")
#: What browsers say of who asks: our own page, or the reader.
_SITES = (b"same-origin", b"none")
#: An article may name a page of this server as its picture; only Datasette's own are pictures.
_FILES = ("/-/static/", "/favicon.ico")
_NEVER = (b"image", b"audio", b"video", b"track", b"iframe", b"frame", b"embed", b"object")


def guarded(app: App) -> App:
    """An ASGI app with our headers, for requests that name this machine."""

    async def guard(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if problem := _problem(headers, scope["path"]):
            await _refuse(send, problem)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    *_headers(scope["path"], message),
                ]
            await send(message)

        await app(scope, receive, send_with_headers)

    return guard


def _headers(path: str, start: Message) -> list[tuple[bytes, bytes]]:
    # What says that a page of ours is not there is Datasette's.
    ours = start["status"] == 200 and (path == "/" or path.startswith(OUR_PATHS))
    policy = _OURS if ours else _DATASETTE
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]


def _problem(headers: dict[bytes, bytes], path: str) -> tuple[int, str] | None:
    """Why a request is refused; browsers alone send the headers that say whose page asks."""
    if headers.get(b"host", b"").rsplit(b":", 1)[0] not in _HOSTS:
        return 400, "Ask by the name of this machine: http://127.0.0.1"
    if headers.get(b"sec-fetch-site", b"none") not in _SITES:
        return 403, "Another site asked for this: type the address, or paste it"
    if headers.get(b"sec-fetch-dest") in _NEVER and not path.startswith(_FILES):
        return 403, "This is a page, and no picture or recording"
    return None


async def _refuse(send: Send, problem: tuple[int, str]) -> None:
    status, told = problem
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [(b"content-type", b"text/plain; charset=utf-8")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": f"{told}\n".encode()})

"""Talking to one Scrapyd server: what is going there, and sending a run. Errors in one line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newscrawl.errors import CrawlError
from newscrawl.groups import need
from newscrawl.schedule.servers import LOOPBACK, Server

if TYPE_CHECKING:
    import requests

#: Bytes that an answer of Scrapyd has at most.
_MOST = 8 * 1024 * 1024


class ServerProblem(CrawlError):
    """A server did not do what it was asked; the message does not name the server."""


@dataclass(frozen=True)
class Job:
    """A job that a server has not ended yet."""

    id: str
    state: str
    """``pending`` or ``running``."""
    since: str | None = None
    """Start of a running job, in the server's own words."""


class Scrapyd:
    """One server and one project on it, through the library of scrapyd-client."""

    def __init__(self, server: Server, project: str, timeout_s: float) -> None:
        """``timeout_s`` bounds each of its answers. A missing group raises at once."""
        self._project = project
        self._timeout_s = timeout_s
        library = need("scrapyd_client.pyclient", "scrapyd", "scrapy schedule")
        self._errors = need("scrapyd_client.exceptions", "scrapyd", "scrapy schedule")
        self._client = library.ScrapydClient(server.url, server.username, server.password)
        # The library waits for ever and follows redirects with the password.
        self._client._get = lambda name, params=None: self._ask("GET", name, params=params)
        self._client._post = lambda name, data: self._ask("POST", name, data=data)

    def going(self, spider: str) -> list[Job]:
        """Jobs of a spider that wait or run."""
        answer = self._guarded(lambda: self._client.jobs(self._project))
        try:
            return [
                Job(str(job["id"]), state, job.get("start_time"))
                for state in ("running", "pending")
                for job in answer[state]
                if job["spider"] == spider
            ]
        except (KeyError, TypeError, AttributeError):
            raise _no_scrapyd() from None

    def send(self, spider: str, arguments: Mapping[str, str], settings: Mapping[str, str]) -> str:
        """Schedule one run; gives the id of its job."""
        fields = [
            *arguments.items(),
            *(("setting", f"{name}={value}") for name, value in settings.items()),
        ]
        job = self._guarded(lambda: self._client.schedule(self._project, spider, fields))
        return str(job)

    def _guarded(self, step: Callable[[], Any]) -> Any:
        """Do one step; whatever goes wrong becomes one line that says what to do."""
        import requests

        try:
            return step()
        except requests.Timeout:
            raise ServerProblem(
                f"no answer within {self._timeout_s:g} s: see how the server does; what it took"
                " all the same is found by the next schedule"
            ) from None
        except requests.exceptions.SSLError:
            raise ServerProblem("its certificate is not trusted: mend it, or the address") from None
        except requests.RequestException:
            raise ServerProblem(
                "cannot be reached: start Scrapyd there, or mend the address"
            ) from None
        except self._errors.ErrorResponse as error:
            raise self._refused(str(error)) from None
        except (KeyError, TypeError):
            raise _no_scrapyd() from None

    def _refused(self, message: str) -> ServerProblem:
        if "not found" in message and message.startswith(("project", "spider")):
            return ServerProblem(f"{message}: install or deploy it there (docs/scrapyd.md)")
        told = " ".join(message.split()) or "without a reason"
        return ServerProblem(f"refused: {told[-300:]}; see the log of the server")

    def _ask(self, method: str, name: str, **given: Any) -> Any:
        import requests

        with requests.Session() as session:
            # A proxy of the environment is for servers out there.
            session.trust_env = urlsplit(self._client.url).hostname not in LOOPBACK
            response = session.request(
                method,
                f"{self._client.url}/{name}.json",
                auth=self._client.auth,
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
                **given,
            )
            _check(response.status_code)
            return self._read(self._body(response))

    def _body(self, response: requests.Response) -> bytes:
        import requests

        deadline = time.monotonic() + self._timeout_s
        body = b""
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if len(body) > _MOST:
                raise _no_scrapyd()
            if time.monotonic() > deadline:
                raise requests.Timeout
        return body

    def _read(self, body: bytes) -> Any:
        try:
            answer = json.loads(body)
            status = answer["status"]
        except (ValueError, KeyError, TypeError):
            raise _no_scrapyd() from None
        if status == "error":
            raise self._errors.ErrorResponse(str(answer.get("message", "")))
        if status != "ok":
            raise _no_scrapyd()
        return answer


def _check(code: int) -> None:
    if code in (401, 403):
        raise ServerProblem(
            f"wants another user and password ({code}): set SCRAPYD_USERNAME and"
            " SCRAPYD_PASSWORD, or give them in the address"
        )
    if code == 429 or code == 503:
        raise ServerProblem(f"is busy ({code}): it is tried again at the next schedule")
    if code >= 500:
        raise ServerProblem(f"failed ({code}): see the log of the server")
    if code != 200:
        raise _no_scrapyd()


def _no_scrapyd() -> ServerProblem:
    return ServerProblem("what answers there is not Scrapyd: mend the address")

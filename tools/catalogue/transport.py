"""HTTP, once: the only module that knows httpx. Every outcome is a value, a Reply or a Failure.

What a hostile or ailing server can cost is bounded here: time (httpx's time-outs bound one read, so a server that
drips a byte at a time would hold us for ever: a watchdog shuts the socket at an own deadline), memory (bodies are
inflated by hand under a cap, a megabyte of gzip holds a gigabyte of zeros), and trust (redirects stay within the
origin, so no header of ours, the token above all, reaches anyone else). One connection at a time, an own
User-Agent: httpx's is blocked by some.
"""

import logging
import socket
import threading
import time
import zlib
from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx

from tools.catalogue.answers import Reason
from tools.catalogue.environment import Service, SettingsError
from tools.catalogue.pace import Pace
from tools.catalogue.policy import CONNECT, DEADLINE, LARGEST, LONGEST_WAIT, PASSING, REDIRECTS, SILENCE
from tools.catalogue.replies import Failure, Reply, retry_after
from tools.catalogue.text import clean

PRODUCT = "aigc-ref-catalogue"
USER_AGENT = f"{PRODUCT}/1 (refresh of a curated catalogue; a few requests a day)"

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """Carries a Failure out of a request under way: from the reading of a body, or from the guard of a connection."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Transport:
    """Requests to one service, in order, at its pace. Counts them."""

    def __init__(
        self,
        service: Service,
        pace: Pace,
        *,
        contact: str | None = None,
        largest: int | None = None,
        guard: Callable[[str], None] | None = None,
    ) -> None:
        """`contact` goes into the User-Agent; `guard` gets the address of each connection, and raises to refuse it."""
        self.url = service.url
        self.pace = pace
        self.requests = 0
        self._deadline = DEADLINE
        self._largest = largest or LARGEST
        self._guard = guard
        self._socket: socket.socket | None = None
        try:
            self._client = httpx.Client(
                headers={"User-Agent": user_agent(contact), "Accept-Encoding": "gzip"},
                timeout=httpx.Timeout(SILENCE, connect=CONNECT),
                limits=httpx.Limits(max_connections=1),
                trust_env=not service.loopback,  # proxies and certificates as the environment says
            )
        except (ImportError, ValueError):
            # The variable's value is not shown: it may hold a password.
            raise SettingsError(
                "a proxy variable (HTTPS_PROXY, ALL_PROXY …) cannot be used; for SOCKS: pip install 'httpx[socks]'"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def abort(self) -> None:
        """End the request under way, from another thread: it becomes a Failure."""
        if self._socket is not None:
            try:
                socket.socket.shutdown(
                    self._socket, socket.SHUT_RDWR
                )  # the base class's: SSLSocket's own drops its state
            except OSError:
                self._socket = None  # closed already

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        passing: frozenset[Reason] = PASSING,
        telling: Container[int] = (),
    ) -> Reply | Failure:
        """A reply that says something (200, 304, 400, 404, 410, 451, and `telling`), or why there is none.

        What fails for a passing reason is asked for once more, as late as the service wants it.
        """
        outcome = self._paced(method, url, headers, content, telling)
        if (
            isinstance(outcome, Failure)
            and outcome.reason in passing
            and self.pace.hold(outcome.retry_after, limited=outcome.reason is Reason.RATE_LIMITED)
        ):
            return self._paced(method, url, headers, content, telling)
        return outcome

    def _paced(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, telling: Container[int]
    ) -> Reply | Failure:
        for _ in range(REDIRECTS + 1):
            reply = self.once(method, url, headers, content)
            if isinstance(reply, Failure) or reply.status not in {301, 302, 307, 308}:
                return reply if isinstance(reply, Failure) else judged(reply, telling)
            target = urljoin(url, reply.headers.get("location", ""))
            if method != "GET" or _origin(target) != _origin(self.url):
                return Failure(Reason.REFUSED, f"redirects to {clean(target, 100)}, which is not followed")
            url = target
        return Failure(Reason.REFUSED, "redirects in a circle")

    def once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        read: bool = True,
    ) -> Reply | Failure:
        """One request at the service's pace: whatever it replies, redirects as well; without its body unless `read`."""
        if self.pace.remaining > LONGEST_WAIT:
            until = datetime.now(UTC) + timedelta(seconds=self.pace.remaining)
            return Failure(Reason.COOLING_DOWN, f"asked to be left alone until {until:%Y-%m-%d %H:%M} UTC")
        self.pace.wait()
        if self.pace.stop.is_set():
            return Failure(Reason.INTERRUPTED, "the run was interrupted")
        if not self.pace.budget.take():
            return Failure(Reason.OVER_BUDGET, "the run's budget or deadline is used up")
        self.requests += 1
        start = time.monotonic()
        try:
            outcome = self._send(method, url, headers, content, read=read)
        finally:
            self.pace.done()
        _log(method, url, outcome, time.monotonic() - start)
        return outcome

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, *, read: bool
    ) -> Reply | Failure:
        end = time.monotonic() + self._deadline
        watchdog = threading.Timer(self._deadline, self.abort)
        watchdog.daemon = True
        watchdog.start()
        try:
            with self._client.stream(
                method, url, headers=dict(headers), content=content, extensions={"trace": self._remember_socket}
            ) as response:
                return Reply(response.status_code, response.headers, self._body(response) if read else b"")
        except RefusedError as error:
            return error.failure
        except httpx.TimeoutException:
            return Failure(Reason.TIMED_OUT, "no answer in time")
        except httpx.ConnectError as error:
            return Failure(Reason.UNREACHABLE, _words(error))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if time.monotonic() >= end:
                return Failure(Reason.TIMED_OUT, f"took longer than {self._deadline:g} s")
            if self.pace.stop.is_set():
                return Failure(Reason.INTERRUPTED, "the run was interrupted")
            return Failure(Reason.SERVER_ERROR, _words(error))
        finally:
            watchdog.cancel()

    def _remember_socket(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._guard and event.endswith("connect_tcp.complete"):
                self._guard(info["return_value"].get_extra_info("server_addr")[0])

    def _body(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in {"identity", "gzip"}:
            raise RefusedError(Failure(Reason.MALFORMED, f"encoded as {clean(encoding, 20)}, which was not asked for"))
        inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == "gzip" else None
        body = bytearray()
        for chunk in response.iter_raw():
            try:
                body += inflate.decompress(chunk, self._largest + 1 - len(body)) if inflate else chunk
            except zlib.error:
                raise RefusedError(Failure(Reason.MALFORMED, "holds broken gzip")) from None
            if len(body) > self._largest:
                raise RefusedError(Failure(Reason.MALFORMED, f"is larger than {self._largest} bytes"))
        if inflate and not inflate.eof and body:
            raise RefusedError(Failure(Reason.MALFORMED, "ends in the middle of its gzip"))
        return bytes(body)


def user_agent(contact: str | None) -> str:
    """Who asks, and whom to write to.

    >>> user_agent("curator@example.org")
    'aigc-ref-catalogue/1 (refresh of a curated catalogue; a few requests a day; curator@example.org)'
    """
    return f"{USER_AGENT[:-1]}; {contact})" if contact else USER_AGENT


def _log(method: str, url: str, outcome: Reply | Failure, seconds: float) -> None:
    """One line a request. Headers are not part of it, and so no token is."""
    said = f"{outcome.status}, {len(outcome.body)} bytes" if isinstance(outcome, Reply) else outcome.detail
    log.info("%s %s: %s, %.2f s", method, clean(url, 300), clean(said, 200), seconds)


def judged(reply: Reply, telling: Container[int] = ()) -> Reply | Failure:
    """The reply, or the refusal that its status stands for. 404 and 451 are answers, and 400 explains itself.

    `telling` are more statuses that are answers, of a service for which they mean something of their own.
    """
    remaining, wait = reply.headers.get("x-ratelimit-remaining"), retry_after(reply.headers)
    match reply.status:
        case 200 | 304 | 400 | 404 | 410 | 451:
            return reply
        case 401 if 401 not in telling:
            return Failure(Reason.UNAUTHORIZED, "401: the token is not valid")
        case 429:
            return Failure(Reason.RATE_LIMITED, "429: too many requests", wait)
        case 403 if remaining == "0" or wait is not None:
            return Failure(Reason.RATE_LIMITED, "403: rate limit used up", wait)
        case status if status in telling:
            return reply
        case status if status >= 500:
            return Failure(Reason.SERVER_ERROR, f"answers {status}", wait)
        case status:
            return Failure(Reason.REFUSED, f"answers {status}")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None


def _words(error: Exception) -> str:
    return clean(str(error), 200) or type(error).__name__

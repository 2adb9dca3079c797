"""Whether the catalogue's web addresses still answer, asked as a polite stranger asks.

One request at a time to a host and a second between two; several hosts at once. robots.txt is read first and obeyed.
HEAD asks, and only where that is refused GET does, whose body is not read. What says no to us (401, 403, 429, a
robots.txt, a wall against bots) is blocked, which tells nothing about its being there; 404 and 410 are strikes, as
everywhere. Redirects are followed by hand, each hop like a first request.

Addresses that another service vouches for (a paper's page on arXiv, a repository's on GitHub) are not asked here.
No request goes into a private network: the names are looked up before, and the address that was reached is checked
before anything is sent. AIGC_LINKS_URL stands in for the whole web: `$AIGC_LINKS_URL/https://example.org/page`.
"""

import ipaddress
import queue
import socket
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason
from tools.catalogue.environment import Service
from tools.catalogue.facts import LinkFacts
from tools.catalogue.pace import Budget, Pace
from tools.catalogue.policy import policy_of
from tools.catalogue.replies import Failure, Reply
from tools.catalogue.source import Source
from tools.catalogue.text import clean, web_address
from tools.catalogue.transport import PRODUCT, RefusedError, Transport

NAME = "links"  # in the table of `policy`
HOSTS_AT_ONCE = 8
HOPS = 6
UNREACHABLE_HOSTS = 5  # so many without one that answers: there is no network, and the rest need not be tried
ROBOTS_BYTES = 500 * 2**10  # RFC 9309 asks for no more
PARKING = ("sedoparking.com", "parkingcrew.net", "bodis.com", "hugedomains.com", "afternic.com", "dan.com", "above.com")
PERMANENT, TEMPORARY = {301, 308}, {302, 303, 307}


@dataclass(slots=True)
class _Host:
    """One host's conversation: its requests come one after the other, whoever asks."""

    transport: Transport
    guarded: bool
    """Whether its name must be looked up before it is asked."""
    turn: threading.Lock = field(default_factory=threading.Lock)
    robots: RobotFileParser | Failure | None = None


@dataclass
class LinkChecker(Source[LinkFacts]):
    stop: threading.Event
    budget: Budget = field(default_factory=Budget)
    web: Service | None = None
    """A stand-in for the whole web."""
    contact: str | None = None
    _hosts: dict[str, _Host] = field(default_factory=dict, init=False)
    _opening: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def transports(self) -> list[Transport]:
        return [host.transport for host in list(self._hosts.values())]

    def query_all(self, keys: Sequence[str]) -> Iterator[list[Answer[LinkFacts]]]:
        """An answer for every address, one at a time, in the order in which they come."""
        by_host: defaultdict[str, list[str]] = defaultdict(list)
        for key in keys:
            by_host[_origin(key)].append(key)
        inbox: queue.Queue[Answer[LinkFacts]] = queue.Queue()
        network = _Network()

        def ask_all(addresses: list[str]) -> None:
            for place, address in enumerate(addresses):
                answer = network.without(address) or self._guarded(address)
                inbox.put(answer)
                network.heard(answer)
                if isinstance(answer, NotAnswered) and answer.reason in _CONCERNS_THE_HOST:
                    for other in addresses[place + 1 :]:
                        inbox.put(NotAnswered(other, answer.reason, answer.detail))
                    return

        with ThreadPoolExecutor(HOSTS_AT_ONCE, thread_name_prefix="links") as pool:
            for addresses in by_host.values():
                pool.submit(ask_all, addresses)
            for _ in keys:
                yield [inbox.get()]
        for host in self._hosts.values():
            host.transport.__exit__(None, None, None)

    def _guarded(self, address: str) -> Answer[LinkFacts]:
        try:
            return self._ask(address)
        except Exception as error:  # noqa: BLE001  # an answer is owed for every address; a thread's exception is lost
            return NotAnswered(address, Reason.MALFORMED, f"{type(error).__name__}: {clean(str(error), 100)}")

    def _ask(self, address: str) -> Answer[LinkFacts]:
        url, moved_to, moving = address, None, True
        for _ in range(HOPS):
            reply = self._reply(url)
            if isinstance(reply, Failure):
                if reply.detail == _ROBOTS:
                    return Blocked(address, reply.detail)
                return NotAnswered(address, reply.reason, reply.detail)
            if reply.status not in PERMANENT | TEMPORARY:
                return _answer(address, url, moved_to, reply)
            target = web_address(urljoin(url, reply.headers.get("location", "")))
            if not isinstance(target, str):
                where = clean(reply.headers.get("location", ""), 100)
                return NotAnswered(address, Reason.REFUSED, f"redirects to {where!r}, which is no web address")
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http":
                return NotAnswered(address, Reason.REFUSED, f"redirects from https to {clean(target, 100)}")
            moving = moving and reply.status in PERMANENT  # what lies behind a temporary hop is not the new address
            moved_to = target if moving else moved_to
            url = target
        return NotAnswered(address, Reason.REFUSED, "redirects in a circle")

    def _reply(self, url: str) -> Reply | Failure:
        """HEAD's reply or, where that is an error, GET's: many servers answer HEAD wrongly."""
        host = self._host(url)
        with host.turn:
            if (refusal := self._robots(host, url)) is not None:
                return refusal
            reply = host.transport.once("HEAD", self._address(url), {"Accept": "*/*"}, read=False)
            if isinstance(reply, Failure):
                if reply.reason is not Reason.SERVER_ERROR:
                    return reply
            elif reply.status < 400 or reply.status == 429:
                return reply
            return host.transport.once("GET", self._address(url), {"Accept": "*/*"}, read=False)

    def _robots(self, host: _Host, url: str) -> Failure | None:
        if host.robots is None and host.guarded:
            host.robots = private_name(urlsplit(url).hostname or "")
        if host.robots is None:
            host.robots = self._read_robots(host, url)
        if isinstance(host.robots, Failure):
            return host.robots
        return None if host.robots.can_fetch(PRODUCT, url) else Failure(Reason.REFUSED, _ROBOTS)

    def _read_robots(self, host: _Host, url: str) -> RobotFileParser | Failure:
        """The host's rules: none where it has no such file, a failure where it cannot be asked (RFC 9309, 2.3.1)."""
        rules = RobotFileParser()
        address = f"{_origin(url)}/robots.txt"
        for _ in range(HOPS):
            reply = host.transport.once("GET", self._address(address), {"Accept": "text/plain, */*"})
            if isinstance(reply, Failure):
                if reply.reason is Reason.MALFORMED:
                    break  # too large or broken: no rules that could be read
                return reply
            target = urljoin(address, reply.headers.get("location", ""))
            if reply.status not in PERMANENT | TEMPORARY or _origin(target) != _origin(url):
                break
            address = target
        if isinstance(reply, Reply) and reply.status >= 500:
            return Failure(Reason.SERVER_ERROR, f"its robots.txt answers {reply.status}")
        text = reply.body.decode("utf-8", "replace") if isinstance(reply, Reply) and reply.status == 200 else ""
        rules.parse(text.splitlines())
        return rules

    def _host(self, url: str) -> _Host:
        origin = _origin(url)
        with self._opening:
            if origin not in self._hosts:
                service = self.web or Service(origin, loopback=False)
                pace = (
                    Pace.none(self.stop, self.budget)
                    if self.web
                    else Pace(policy_of(NAME), self.stop, budget=self.budget)
                )
                guarded = not self.web and not _proxied()  # a proxy looks names up by itself
                guard = refuse_private if guarded else None
                transport = Transport(service, pace, contact=self.contact, largest=ROBOTS_BYTES, guard=guard)
                self._hosts[origin] = _Host(transport, guarded)
            return self._hosts[origin]

    def _address(self, url: str) -> str:
        return f"{self.web.url}/{quote(url, safe=':/?&=%~+,;@!$()*')}" if self.web else url


_ROBOTS = "its robots.txt asks not to be visited"
_CONCERNS_THE_HOST = {Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.COOLING_DOWN, Reason.OVER_BUDGET, Reason.INTERRUPTED}


class _Network:
    """Whether there is one: shared by the threads, so that a machine without a network does not wait for each host."""

    def __init__(self) -> None:
        self._silent: set[str] = set()
        self._answered = False

    def heard(self, answer: Answer[LinkFacts]) -> None:
        if isinstance(answer, NotAnswered) and answer.reason is Reason.UNREACHABLE:
            self._silent.add(_origin(answer.key))
        elif not isinstance(answer, NotAnswered):
            self._answered = True

    def without(self, address: str) -> NotAnswered | None:
        if self._answered or len(self._silent) < UNREACHABLE_HOSTS:
            return None
        return NotAnswered(address, Reason.UNREACHABLE, f"{len(self._silent)} other hosts could not be reached")


def _answer(address: str, url: str, moved_to: str | None, reply: Reply) -> Answer[LinkFacts]:
    match reply.status:
        case 404:
            return Missing(address)
        case 410:
            return Missing(address, gone=True)
        case _ if "cf-mitigated" in reply.headers:
            return Blocked(address, "a wall against bots stands before it")
        case 401 | 402 | 403 | 405 | 406 | 407 | 429 | 451 | 999 as status:
            return Blocked(address, f"answers {status} to us")
        case status if 200 <= status < 300:
            facts = LinkFacts(status=status, moved_to=moved_to, leads_to=_leads_to(address, url))
            return Found(address, facts)
        case status if status >= 500:
            return NotAnswered(address, Reason.SERVER_ERROR, f"answers {status}")
        case status:
            return NotAnswered(address, Reason.REFUSED, f"answers {status}")


def _leads_to(address: str, url: str) -> str | None:
    """What a redirect that ends well may hide: the front page of a site that dropped the page, a seller of domains.

    >>> _leads_to("https://example.org/papers/7", "https://www.example.org/")
    'the front page of www.example.org'
    """
    asked, reached = urlsplit(address), urlsplit(url)
    host = reached.hostname or ""
    if any(host == parking or host.endswith(f".{parking}") for parking in PARKING):
        return f"{host}, where domains are sold"
    if asked.path.strip("/") and not reached.path.strip("/") and not reached.query:
        return f"the front page of {host}"
    return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _proxied() -> bool:
    return any(scheme in urllib.request.getproxies() for scheme in ("http", "https", "all"))


def private_name(host: str) -> Failure | None:
    """Why a host must not be asked: it lies within a private network, or its name leads nowhere.

    >>> private_name("127.0.0.1")
    Failure(reason=<Reason.REFUSED: 'refused'>, detail='leads into a private network (127.0.0.1)', retry_after=None)
    """
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        return Failure(Reason.UNREACHABLE, clean(str(error), 200))
    for address in sorted(found):
        try:
            refuse_private(address)
        except RefusedError as error:
            return error.failure
    return None


def refuse_private(address: str) -> None:
    """Raises RefusedError for an address that is not one of the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    if not (mapped or found).is_global or found.is_multicast:
        raise RefusedError(Failure(Reason.REFUSED, f"leads into a private network ({address})"))

"""How a service is asked. A source writes one method, `query`, and the base class asks for many keys with it.

    class Packages(Source[PackageFacts]):
        def query(self, key: str) -> Answer[PackageFacts] | Failure: ...

Where one request answers for many keys (arXiv, GraphQL) it writes `query_all` instead.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Generic

from tools.catalogue.answers import Answer, NotAnswered, Reason
from tools.catalogue.facts import Facts
from tools.catalogue.replies import Failure

if TYPE_CHECKING:
    from tools.catalogue.transport import Transport

OF_ONE_KEY = frozenset({Reason.REFUSED, Reason.MALFORMED, Reason.IMPLAUSIBLE})
"""Reasons for which a single key may have no answer while its service is well."""


class Source(Generic[Facts]):
    transport: "Transport"
    exhausted: Failure | None = None
    """Set by `query` where an answer says that it is the last one: a limit that is used up."""

    def query(self, key: str) -> Answer[Facts] | Failure:
        """The answer for one key, or a Failure where the service will say no more about any."""
        raise NotImplementedError

    def query_all(self, keys: Sequence[str]) -> Iterator[list[Answer[Facts]]]:
        """An answer for every key, a batch at a time. After a failure that concerns them all, nothing more is asked."""
        for place, key in enumerate(keys):
            answer = self.query(key)
            if isinstance(answer, Failure):
                yield not_answered(keys[place:], answer)
                return
            yield [answer]
            if self.exhausted and place + 1 < len(keys):
                yield not_answered(keys[place + 1 :], self.exhausted)
                return

    @property
    def transports(self) -> Sequence["Transport"]:
        return [self.transport]

    @property
    def requests(self) -> int:
        return sum(transport.requests for transport in self.transports)

    def abort(self) -> None:
        """End the requests under way, from another thread."""
        for transport in self.transports:
            with suppress(OSError):
                transport.abort()


def failed(key: str, failure: Failure) -> NotAnswered | Failure:
    """A failure of the service as it is; one that may be about this key alone, as the key's."""
    return NotAnswered(key, failure.reason, failure.detail) if failure.reason in OF_ONE_KEY else failure


def not_answered(keys: Iterable[str], failure: Failure) -> list[Answer[Facts]]:
    return [NotAnswered(key, failure.reason, failure.detail) for key in keys]

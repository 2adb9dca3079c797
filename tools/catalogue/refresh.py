"""A run: ask both services at once, merge each batch as it comes, keep it.

One thread a service asks in order and puts its answers into a queue; this thread alone merges and writes. The lock is
written at most once a second and at the end, however the run ends, so an interruption costs nothing that was fetched.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol

from tools.catalogue import lock as lock_files
from tools.catalogue.answers import Answer, Missing, NotAnswered, Reason
from tools.catalogue.facts import Facts, PaperFacts, Record, RepositoryFacts
from tools.catalogue.lock import Lock
from tools.catalogue.merge import merge
from tools.catalogue.transport import Transport

WRITE_EVERY = 1.0  # seconds; a thousand records take 30 ms to write
MANY = 10

Progress = Callable[[str, int, int], None]
"""Called with a service's title, the keys answered for and the keys asked for."""


class Source(Protocol[Facts]):
    """A service: answers for keys, in batches."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def transport(self) -> Transport: ...

    def answers(self, keys: Sequence[str]) -> Iterator[list[Answer[Facts]]]: ...


@dataclass(slots=True)
class Job(Generic[Facts]):
    """What to ask of one service, where its answers go, and what came of it."""

    source: Source[Facts]
    keys: Sequence[str]
    records: dict[str, Record[Facts]]
    empty: Facts
    answers: dict[str, Answer[Facts]] = field(default_factory=dict)
    before: dict[str, Record[Facts]] = field(default_factory=dict)
    heard: int = 0
    """Keys that the service has answered for."""

    def take(self, batch: list[Answer[Facts]], now: datetime) -> None:
        for answer in plausible(batch):
            key = answer.key
            self.answers[key] = answer
            self.heard += not isinstance(answer, NotAnswered)
            known = self.records.get(key) or Record(data=self.empty)
            self.before.setdefault(key, known)
            merged = merge(key, known, answer, self.source.name, now)
            if merged.checked:
                self.records[key] = merged


def plausible(batch: list[Answer[Facts]]) -> list[Answer[Facts]]:
    """The batch, unless most of it vanished at once: that is an outage (arXiv is known for valid, empty feeds)."""
    missing = sum(isinstance(answer, Missing) for answer in batch)
    if missing <= MANY or missing * 2 <= len(batch):
        return batch
    detail = f"{missing} of {len(batch)} not found at once"
    return [NotAnswered(a.key, Reason.IMPLAUSIBLE, detail) if isinstance(a, Missing) else a for a in batch]


def run(resources: Path, lock: Lock, jobs: Sequence[Job[Any]], stop: threading.Event, progress: Progress) -> bool:
    """Carry the jobs out; False if a person interrupted. The lock beside `resources` holds the outcome.

    Raises:
        LockError: If the lock cannot be written. Nothing is asked any more then.
    """
    inbox: queue.Queue[tuple[Job[Any], list[Answer[Any]] | BaseException | None]] = queue.Queue()
    for job in jobs:
        threading.Thread(target=_work, args=(job, inbox, stop), daemon=True, name=job.source.title).start()
    working, written, interrupted = len(jobs), time.monotonic(), False
    try:
        while working:
            try:
                job, batch = inbox.get()
            except KeyboardInterrupt:
                interrupted = True
                _stop(jobs, stop)
                continue
            if isinstance(batch, BaseException):
                raise batch
            if batch is None:
                working -= 1
                continue
            job.take(batch, datetime.now(UTC).replace(microsecond=0))
            progress(job.source.title, job.heard, len(job.keys))
            if time.monotonic() - written > WRITE_EVERY:
                lock_files.write(resources, lock)
                written = time.monotonic()
    finally:
        _stop(jobs, stop)
        lock_files.write(resources, lock)
    return not interrupted


def _work(job: Job[Any], inbox: queue.Queue[Any], stop: threading.Event) -> None:
    try:
        for batch in job.source.answers(job.keys) if job.keys else ():
            inbox.put((job, batch))
            if stop.is_set():
                break
    except BaseException as error:  # noqa: BLE001  # a defect of ours, raised again where a person sees it
        inbox.put((job, error))
    inbox.put((job, None))


def _stop(jobs: Sequence[Job[Any]], stop: threading.Event) -> None:
    stop.set()
    for job in jobs:
        with suppress(OSError):
            job.source.transport.abort()


def paper_job(source: Source[PaperFacts], keys: Sequence[str], lock: Lock) -> Job[PaperFacts]:
    return Job(source, keys, lock.papers, PaperFacts())


def repository_job(source: Source[RepositoryFacts], keys: Sequence[str], lock: Lock) -> Job[RepositoryFacts]:
    return Job(source, keys, lock.repositories, RepositoryFacts())

"""A run: ask all services at once, merge each batch as it comes, keep it.

One thread a service asks in order and puts its answers into a queue; this thread alone merges and writes. The lock is
written at most once a second and at the end, however the run ends, so an interruption costs nothing that was fetched.

A Missing is held back until its service has said all: where a good part vanished at once, that is an outage (arXiv
is known for valid, empty feeds), and none of it counts.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic

from tools.catalogue import lock as lock_files
from tools.catalogue.answers import Answer, Missing, NotAnswered, Reason
from tools.catalogue.facts import Facts, Record
from tools.catalogue.history import Point, appended
from tools.catalogue.lock import Lock
from tools.catalogue.merge import merge
from tools.catalogue.part import Part
from tools.catalogue.source import Source

WRITE_EVERY = 1.0  # seconds; a thousand records take 30 ms to write
MANY = 10
SHARE = 0.2  # of all that answered; a catalogue does not lose a fifth of itself in a day

Progress = Callable[[str, int, int], None]
"""Called with a part's label, the keys answered for and the keys asked for."""


@dataclass(slots=True)
class Job(Generic[Facts]):
    """What to ask of one service, where its answers go, and what came of it."""

    part: Part[Facts]
    source: Source[Facts]
    keys: Sequence[str]
    records: dict[str, Record[Facts]]
    history: dict[str, Sequence[Point]] = field(default_factory=dict)
    answers: dict[str, Answer[Facts]] = field(default_factory=dict)
    before: dict[str, Record[Facts]] = field(default_factory=dict)
    heard: int = 0
    """Keys that the service has answered for."""
    requests: int = 0
    _missing: list[Answer[Facts]] = field(default_factory=list, init=False)

    def take(self, batch: Sequence[Answer[Facts]], now: datetime) -> None:
        """Merge what is settled."""
        for answer in batch:
            if isinstance(answer, Missing):
                self._missing.append(answer)
            else:
                self._merge(answer, now)

    def finish(self, now: datetime) -> None:
        """The service has said all that it will: now what it did not know counts, or is taken for an outage."""
        missing, self._missing = self._missing, []
        answered = self.heard + len(missing)
        if len(missing) > MANY and len(missing) > SHARE * answered:
            detail = f"{len(missing)} of {answered} not found at once"
            missing = [NotAnswered(answer.key, Reason.IMPLAUSIBLE, detail) for answer in missing]
        for answer in missing:
            self._merge(answer, now)

    def _merge(self, answer: Answer[Facts], now: datetime) -> None:
        key = answer.key
        self.answers[key] = answer
        self.heard += not isinstance(answer, NotAnswered)
        known = self.records.get(key) or self.part.record(data=self.part.facts())
        self.before.setdefault(key, known)
        merged = merge(self.part, key, known, answer, now)
        if merged.checked:
            self.records[key] = merged
        if merged.data is not known.data:
            for name, point in self.part.points(key, merged.data, now.date()).items():
                self.history[name] = appended(self.history.get(name, ()), point)


Queue = Sequence[Job[Any]]
"""Jobs at one service: its thread does them one after the other."""


def run(resources: Path, lock: Lock, queues: Sequence[Queue], stop: threading.Event, progress: Progress) -> bool:
    """Carry the jobs out; False if a person interrupted. The lock beside `resources` holds the outcome.

    Raises:
        LockError: If the lock cannot be written. Nothing is asked any more then.
    """
    inbox: queue.Queue[tuple[Job[Any] | None, list[Answer[Any]] | BaseException | None]] = queue.Queue()
    for waiting in queues:
        name = waiting[0].part.label if waiting else "nothing"
        threading.Thread(target=_work, args=(waiting, inbox, stop), daemon=True, name=name).start()
    working, written, interrupted = len(queues), time.monotonic(), False
    try:
        while working:
            try:
                job, batch = inbox.get()
            except KeyboardInterrupt:
                interrupted = True
                _stop(queues, stop)
                continue
            if isinstance(batch, BaseException):
                raise batch
            if job is None:
                working -= 1
                continue
            now = datetime.now(UTC).replace(microsecond=0)
            if batch is None:
                if not interrupted:
                    job.finish(now)
            else:
                job.take(batch, now)
            progress(job.part.label, job.heard, len(job.keys))
            if time.monotonic() - written > WRITE_EVERY:
                lock_files.write(resources, lock)
                written = time.monotonic()
    finally:
        _stop(queues, stop)
        lock_files.write(resources, lock)
    return not interrupted


def _work(jobs: Queue, inbox: queue.Queue[Any], stop: threading.Event) -> None:
    for job in jobs:
        before = job.source.requests
        try:
            for batch in job.source.query_all(job.keys) if job.keys else ():
                inbox.put((job, batch))
                if stop.is_set():
                    break
        except BaseException as error:  # noqa: BLE001  # a defect of ours, raised again where a person sees it
            inbox.put((job, error))
        job.requests = job.source.requests - before
        inbox.put((job, None))
    inbox.put((None, None))


def _stop(queues: Sequence[Queue], stop: threading.Event) -> None:
    stop.set()
    for jobs in queues:
        for job in jobs:
            job.source.abort()

"""Duties to done: take the most urgent ones, compute them, commit each result with its duty.

One thread decides; the computing goes on elsewhere. A process that dies, a page that hangs, a disk that fills
up: each ends in another attempt later, or - after the last one - in a page set aside with its reason. A clean
stop gives all leases back; an unclean one loses only the computing.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event

from intake import duties
from intake.duties import Wanted
from intake.errors import DiskFull
from intake.model import BatchId, Work, WorkKind
from intake.muscle import Muscle, Threads, WorkerDied
from intake.station import Station
from intake.steps import STEPS, Job
from ocr.errors import EngineMissing, EngineTimeout, SourceError

_log = logging.getLogger(__name__)
_POLL_S = 0.2
_PAUSE_S = 2.0
_DESK_THREADS = 2


@dataclass(slots=True, kw_only=True)
class Worker:
    """Works through a station's duties: all of them, or those of ``batches``.

    When a reader dies, what waited in its process is blamed with what killed it. So each suspect's next attempt
    is made alone, with nothing beside it on ``muscle``: only a page that really kills readers is ever set aside.

    Reading runs on ``muscle``; sorting and sealing run in threads beside the vault, so that a receipt never
    waits behind a backlog of pages.
    """

    station: Station
    muscle: Muscle
    batches: Collection[BatchId] | None = None
    kinds: Collection[WorkKind] = tuple(WorkKind)
    on_done: Callable[[Work], None] = lambda _work: None
    paused: bool = False
    desk: Muscle = field(default_factory=lambda: Threads(_DESK_THREADS))
    _done: queue.SimpleQueue[tuple[Work, Job, Future[object]]] = field(default_factory=queue.SimpleQueue)
    _held: dict[int, Work] = field(default_factory=dict)
    _owner: str = field(default_factory=duties.this_owner)
    _renew_at: float = 0.0

    def run(self, stop: Event) -> None:
        """Work until ``stop`` is set, then give back what is not done."""
        duties.release_the_dead(self.station.store.database)
        while not stop.is_set():
            self._turn()
        self._give_back()

    def drain(self, stop: Event) -> None:
        """Work until nothing is left to do (or ``stop`` is set), counting what waits for another attempt."""
        duties.release_the_dead(self.station.store.database)
        while not stop.is_set() and (self._held or self._is_owing()):
            self._turn()
        self._give_back()

    def close(self) -> None:
        self.desk.close()

    def _is_owing(self) -> bool:
        """Whether anything is left that another attempt may still bring to an end."""
        attempts = self.station.home.settings.work.attempts
        return self.station.ledger.is_owing(self.kinds, self.batches, attempts)

    def _turn(self) -> None:
        """One round: keep the leases, take what there is room for, settle what came back."""
        try:
            self._renew()
            self._take()
            self._settle_one()
            self.paused = False
        except DiskFull:
            self.paused = True
            _log.warning("disk full: paused")
            time.sleep(_PAUSE_S)
        except Exception:  # noqa: BLE001
            # A bug in one duty must not stop the counter: its lease ends, and it is tried and counted again.
            _log.exception("a duty could not be settled")

    # --- taking ----------------------------------------------------------------------------------------

    def _take(self) -> None:
        self._take_remote()
        desk = self._wanted(remote=False, hands=self.desk.size)
        if desk.count > 0:
            self._begin_all(desk, self.desk)

    def _take_remote(self) -> None:
        """What the muscle has room for; a suspect in its turn, while the muscle is idle, and nothing beside it."""
        hands = self.muscle.size + 1  # one task more than the muscle has hands, so that no hand waits for us
        wanted = self._wanted(remote=True, hands=hands)
        if wanted.count <= 0 or any(map(duties.is_suspect, self._held.values())):
            return
        first = duties.most_urgent(self.station.store.database, wanted, self.station.clock.now())
        if first is None:
            return
        if not duties.is_suspect(first):
            self._begin_all(replace(wanted, suspects=False), self.muscle)
        elif wanted.count == hands:
            self._begin_all(replace(wanted, count=1, suspects=True), self.muscle)

    def _wanted(self, *, remote: bool, hands: int) -> Wanted:
        """As many duties as ``hands`` can hold beside those they hold already."""
        kinds = tuple(kind for kind in self.kinds if STEPS[kind].remote is remote)
        room = hands - sum(work.kind in kinds for work in self._held.values())
        lease = timedelta(seconds=self.station.home.settings.work.lease_s)
        return Wanted(kinds=kinds, count=room, owner=self._owner, lease=lease, batches=self.batches)

    def _begin_all(self, wanted: Wanted, muscle: Muscle) -> None:
        for work in duties.take(self.station.store.database, wanted, self.station.clock.now()):
            self._begin(work, muscle)

    def _begin(self, work: Work, muscle: Muscle) -> None:
        self._held[work.id] = work
        try:
            job = STEPS[work.kind].prepare(self.station, work)
        except Exception as error:  # noqa: BLE001  # whatever it is, the duty stays and the clerk sees it
            self._failed(work, None, error)
            return
        if job is None:
            self._held.pop(work.id)
            return
        future = muscle.submit(job.task)
        future.add_done_callback(lambda done: self._done.put((work, job, done)))

    # --- settling --------------------------------------------------------------------------------------

    def _settle_one(self) -> None:
        try:
            work, job, future = self._done.get(timeout=_POLL_S)
        except queue.Empty:
            return
        try:
            STEPS[work.kind].finish(self.station, work, job, future.result())
        except Exception as error:  # noqa: BLE001
            self._failed(work, job, error)
            return
        self._held.pop(work.id, None)
        self.on_done(work)

    def _failed(self, work: Work, job: Job | None, error: Exception) -> None:
        """Another attempt later, or the end of attempts; a full disk counts as none."""
        self._held.pop(work.id, None)
        if isinstance(error, DiskFull):
            duties.free(self.station.store.database, work, self.station.clock.now())
            raise error
        if isinstance(error, SourceError):
            STEPS[work.kind].set_aside(self.station, work, error.reason, str(error))
            self.on_done(work)
            return
        _log.warning("%s %s failed: %s", work.kind, work.subject, type(error).__name__)
        given = self.station.home.settings.work
        wait = duties.wait_after(work.attempts, timedelta(seconds=given.retry_after_s))
        attempts = duties.fail(self.station.store.database, work, _fault(error), self.station.clock.now() + wait)
        last = attempts >= given.attempts and not isinstance(error, EngineMissing)
        if last and STEPS[work.kind].set_aside(self.station, work, _reason(error), _fault(error)):
            self.on_done(work)

    # --- leases ----------------------------------------------------------------------------------------

    def _renew(self) -> None:
        now = time.monotonic()
        if now >= self._renew_at:
            lease_s = self.station.home.settings.work.lease_s
            until = self.station.clock.now() + timedelta(seconds=lease_s)
            duties.renew(self.station.store.database, tuple(self._held), until)
            self._renew_at = now + lease_s / 3

    def _give_back(self) -> None:
        duties.release(self.station.store.database, self._owner)
        self._held.clear()


def _reason(error: Exception) -> str:
    """The key of ``[reason]`` for what ended the last attempt."""
    if isinstance(error, WorkerDied):
        return "worker_died"
    return error.reason if isinstance(error, EngineTimeout) else "failed"


def _fault(error: Exception) -> str:
    """What the clerk's screen and the log may show: the kind of fault, no text of any page."""
    return f"{type(error).__name__}: {error}"[:300]

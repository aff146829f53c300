"""The station at work: running beside the scanners, doing one job without a server, and how it stands.

What the commands and the clerk's page call; each function takes an open station.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from intake import inbox, tasks
from intake.errors import Broken, StationBusy
from intake.inbox import Inbox
from intake.labels import explain, say
from intake.manifest import Files, dump, manifest
from intake.model import Batch, BatchId, BatchKind, Dossier, Priority, WorkKind
from intake.muscle import Cluster, Muscle, Threads
from intake.process import Order, capture, stacks
from intake.sealing import Decision, draft_pdf, seal
from intake.station import Station
from intake.vault import make_dir, publish
from intake.worker import Worker

_LOCK = ".running"


# --- beside the scanners -----------------------------------------------------------------------------------


def run(station: Station, on_start: Callable[[], None], stop: threading.Event | None = None) -> None:
    """Tend the lanes and do the duties until SIGTERM, SIGINT or ``stop``; then stop cleanly, losing nothing.

    Raises StationBusy if another station runs on this home, EngineMissing if the recogniser is not installed,
    BadSettings if the second reader is switched on and not installed.
    """
    tasks.require_reader(station.home.settings.reading.second_reader)
    stop, wake = stop or threading.Event(), threading.Event()
    with _only_one(station.home.root), _muscle(station) as muscle, _stopping(stop, wake):
        lanes = Inbox(station=station)
        lanes.prepare()
        tender = threading.Thread(target=inbox.tend, args=(lanes, stop, wake), name="inbox")
        tender.start()
        worker = Worker(station=station, muscle=muscle)
        on_start()
        try:
            worker.run(stop)
        finally:
            stop.set()
            wake.set()
            tender.join()
            worker.close()


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Hold the home's lock. The kernel lets go of it when the process ends, however it ends."""
    with (root / _LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise StationBusy(say("run.busy", home=root, pid=file.read().strip() or "?")) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def _muscle(station: Station) -> Iterator[Muscle]:
    given = station.home.settings.work
    cluster = Cluster(given.workers, given.memory_mb)
    try:
        yield cluster
    finally:
        cluster.close()


@contextmanager
def _stopping(stop: threading.Event, wake: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop``."""

    def on_signal(_number: int, _frame: object) -> None:
        stop.set()
        wake.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_batch(station: Station, lane: str) -> BatchId:
    """Open a batch in a lane: what comes from now on belongs to it, until it is closed by word."""
    batch = Batch(
        id=station.clock.mint_batch(),
        kind=BatchKind.COUNTER,
        lane=lane,
        priority=Priority.COUNTER,
        opened_at=station.clock.now(),
        closed_at=None,
    )
    station.store.open_batch(batch)
    return batch.id


def return_set_aside(station: Station) -> int:
    """Put set-aside files back into their lanes, to begin anew; how many. Pages and sources elsewhere stay."""
    returned = 0
    for aside in station.ledger.set_asides():
        if aside.page is not None or aside.lane not in station.home.settings.inbox.lanes or aside.blob is None:
            continue
        name = f"{aside.id}-{Path(aside.source).name}"
        publish(station.lane_dir(aside.lane) / name, station.vault.chunks(aside.blob))
        station.store.mark_returned(aside.id, station.clock.now())
        returned += 1
    return returned


# --- one job ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run made, in numbers."""

    dossiers: int
    pages: int
    set_aside: int


def process(station: Station, order: Order, decision: Decision | None, console: Console) -> Outcome:
    """Sources to dossiers in ``order.into``, sealed by ``decision`` if given. See :mod:`intake.process`."""
    tasks.require_reader(station.home.settings.reading.second_reader)
    found = stacks(order.sources, without=order.into)
    make_dir(order.into)
    batches = [capture(station, stack, order.lane) for stack in found]
    _drain(station, batches, console)
    if decision is not None:
        for dossier in station.ledger.dossiers(batches):
            if dossier.sealed is None:
                seal(station, dossier.id, decision)
        publish_now(station, *batches)
    return _write(station, batches, order.into)


def publish_now(station: Station, *batches: BatchId) -> None:
    """Make the papers of newly sealed dossiers without waiting for a running station."""
    nothing_remote = Threads(1)
    worker = Worker(station=station, muscle=nothing_remote, batches=batches, kinds=(WorkKind.SEAL,))
    try:
        worker.drain(threading.Event())
    finally:
        worker.close()
        nothing_remote.close()


def _drain(station: Station, batches: Sequence[BatchId], console: Console) -> None:
    """Do all duties of some batches, showing how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _muscle(station) as muscle, Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(say("process.reading"), total=None)

        def show(_work: object) -> None:
            pages = station.ledger.progress(batches)
            progress.update(bar, completed=pages.done, total=pages.known)

        worker = Worker(station=station, muscle=muscle, batches=batches, on_done=show)
        try:
            worker.drain(threading.Event())
        finally:
            worker.close()
    if station.ledger.unfinished(batches):
        raise Broken(say("process.unfinished", faults="; ".join(fault.fault for fault in station.ledger.faults())))


def _write(station: Station, batches: Sequence[BatchId], into: Path) -> Outcome:
    """The PDFs and the manifest; the manifest last, so that whoever finds one finds all it names."""
    files = {dossier.id: _write_dossier(station, dossier, into) for dossier in station.ledger.dossiers(batches)}
    written = manifest(station.ledger, batches, files)
    publish(into / "manifest.json", (dump(written).encode(),))
    return Outcome(dossiers=len(files), pages=len(written["pages"]), set_aside=len(written["set_aside"]))


def _write_dossier(station: Station, dossier: Dossier, into: Path) -> Files:
    publication, receipt = station.ledger.publication(dossier.id), station.ledger.receipt(dossier.id)
    if publication is None or receipt is None:
        name = Path(f"{dossier.id}-de-xuat.pdf")
        publish(into / name, (draft_pdf(station, dossier),))
        return Files(pdf=name, slip=None)
    names = []
    for path, blob in station.copies(receipt.number, publication):
        publish(into / path.name, station.vault.chunks(blob))
        names.append(Path(path.name))
    return Files(pdf=names[0], slip=names[1])


# --- how it stands ---------------------------------------------------------------------------------------


class Status(TypedDict):
    counts: dict[str, int]
    notes: list[str]


def status(station: Station) -> Status:
    """Counts, and in sentences what a person should look at."""
    notes = [f"{aside.source}: {explain(aside.reason)}" for aside in station.ledger.set_asides()]
    notes += [f"{fault.kind} {fault.subject}: {fault.fault} (×{fault.attempts})" for fault in station.ledger.faults()]
    notes += [say("status.stray", name=name) for name in _strays(station)]
    if not station.has_room():
        notes.append(say("status.disk_low"))
    return Status(counts=asdict(station.ledger.counts()), notes=notes)


def _strays(station: Station) -> list[str]:
    """What lies in the inbox but in no lane."""
    if not station.home.inbox.is_dir():
        return []
    lanes = station.home.settings.inbox.lanes
    return sorted(path.name for path in station.home.inbox.iterdir() if path.name not in lanes)

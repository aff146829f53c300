from __future__ import annotations

from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import update

from intake import duties, schema
from intake import worker as worker_module
from intake.duties import Wanted
from intake.errors import DiskFull
from intake.inbox import Inbox
from intake.model import Work, WorkKind
from intake.muscle import Task, WorkerDied
from intake.station import Station
from intake.steps import STEPS
from intake.worker import Worker
from ocr.errors import EngineMissing, EngineTimeout
from tests.crash.scene import Inline, jpeg


class Failing:
    """A muscle on which every reading ends in the given error."""

    size = 1

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.tried = 0

    def submit(self, task: Task) -> Future[object]:
        if task.function.__name__ != "read_page":
            return Inline().submit(task)
        self.tried += 1
        future: Future[object] = Future()
        future.set_exception(self.error)
        return future

    def close(self) -> None:
        pass


@pytest.fixture
def page(station: Station, inbox: Inbox) -> None:
    (station.lane_dir("may-1") / "a.jpg").write_bytes(jpeg(1))
    for now_s in (0.0, 3.0):
        inbox.look(now_s)


def run(station: Station, muscle: object) -> None:
    Worker(station=station, muscle=muscle, desk=Inline()).drain(Event())


@pytest.mark.parametrize(
    ("error", "reason"),
    [(WorkerDied("gone"), "worker_died"), (EngineTimeout("slow"), "engine_timeout"), (ValueError("a bug"), "failed")],
)
def test_a_page_that_fails_three_times_is_set_aside_with_its_reason(
    error: Exception, reason: str, station: Station, page: None
) -> None:
    muscle = Failing(error)
    run(station, muscle)
    assert muscle.tried == 3
    assert [aside.reason for aside in station.ledger.set_asides()] == [reason]
    assert station.ledger.counts().waiting == 0


def test_a_missing_engine_sets_nothing_aside(station: Station, page: None) -> None:
    run(station, Failing(EngineMissing("tesseract")))
    assert station.ledger.set_asides() == ()
    (fault,) = station.ledger.faults()
    assert (fault.kind, fault.attempts) == (WorkKind.READ, 3)
    assert duties.retry_faults(station.store.database, station.clock.now()) == 1
    run(station, Inline())
    assert station.ledger.counts().read == 1


def test_a_clock_put_back_holds_no_duty_up(station: Station, page: None) -> None:
    """A station whose clock battery is flat starts in the past after a power cut."""
    database = station.store.database
    wanted = Wanted(kinds=tuple(WorkKind), count=1, owner="other:1:1", lease=timedelta(seconds=60))
    tomorrow = station.clock.now() + timedelta(days=1)
    (leased,) = duties.take(database, wanted, tomorrow)
    assert [work.id for work in duties.take(database, wanted, station.clock.now())] == [leased.id]
    duties.fail(database, leased, "failed", retry_at=tomorrow)
    assert [work.id for work in duties.take(database, wanted, station.clock.now())] == [leased.id]
    assert duties.take(database, wanted, station.clock.now()) == ()


def test_a_full_disk_counts_no_attempt_and_pauses(
    station: Station, page: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_PAUSE_S", 0.0)
    worker = Worker(station=station, muscle=Failing(DiskFull("full")), desk=Inline())
    for _ in range(6):
        worker._turn()
    assert worker.paused
    assert station.ledger.faults() == ()
    worker.muscle = Inline()
    worker.drain(Event())
    assert not worker.paused
    assert station.ledger.counts().read == 1


def test_a_bug_while_settling_does_not_stop_the_loop(
    station: Station, page: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(station=station, muscle=Inline(), desk=Inline())
    with monkeypatch.context() as broken:
        broken.setattr(duties, "take", lambda *_args: 1 / 0)
        worker._turn()
    worker.drain(Event())
    assert station.ledger.counts().read == 1


def test_a_stop_gives_back_what_is_held(station: Station, page: None) -> None:
    worker = Worker(station=station, muscle=Inline(), desk=Inline())
    worker._take()
    stop = Event()
    stop.set()
    worker.run(stop)
    worker.close()
    wanted = duties.Wanted(kinds=tuple(WorkKind), count=9, owner="other", lease=timedelta(seconds=9))
    assert duties.take(station.store.database, wanted, station.clock.now())


class Endless:
    """A muscle whose tasks do not end."""

    size = 2

    def submit(self, task: Task) -> Future[object]:
        return Future()

    def close(self) -> None:
        pass


def test_a_page_that_may_have_killed_a_reader_is_read_alone(station: Station, inbox: Inbox) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (station.lane_dir("may-1") / name).write_bytes(jpeg(1))
    for now_s in (0.0, 3.0):
        inbox.look(now_s)
    Worker(station=station, muscle=Inline(), desk=Inline(), kinds=(WorkKind.ADOPT,)).drain(Event())
    database, now = station.store.database, station.clock.now
    wanted = Wanted(kinds=(WorkKind.READ,), count=2, owner="other:1:1", lease=timedelta(seconds=9))
    busy = Worker(station=station, muscle=Endless(), desk=Inline())
    (blamed, bystander) = duties.take(database, wanted, now())
    busy._take()
    assert len(busy._held) == 1
    for work in (blamed, bystander):
        busy._failed(work, None, WorkerDied("gone"))
    busy._take()
    assert len(busy._held) == 1, "it waits until the muscle is free"
    busy._held.clear()
    for _ in range(2):
        busy._take()
        assert list(busy._held) == [blamed.id], "nothing runs beside it"


def test_a_suspect_of_the_archive_holds_no_page_of_the_counter_up(station: Station, inbox: Inbox) -> None:
    for name in ("a.jpg", "b.jpg"):
        (station.lane_dir("may-1") / name).write_bytes(jpeg(1))
    for now_s in (0.0, 3.0):
        inbox.look(now_s)
    Worker(station=station, muscle=Inline(), desk=Inline(), kinds=(WorkKind.ADOPT,)).drain(Event())
    database = station.store.database
    busy = Worker(station=station, muscle=Endless(), desk=Inline())
    wanted = Wanted(kinds=(WorkKind.READ,), count=1, owner="other:1:1", lease=timedelta(seconds=9))
    (archived,) = duties.take(database, wanted, station.clock.now())
    with database.writing() as connection:
        connection.execute(update(schema.work).where(schema.work.c.id == archived.id).values(priority=99))
    busy._failed(archived, None, WorkerDied("gone"))
    for _ in range(2):
        busy._take()
        assert len(busy._held) == 1
        assert archived.id not in busy._held


def test_leases_are_kept_while_work_goes_on(station: Station, page: None) -> None:
    worker = Worker(station=station, muscle=Inline(), desk=Inline())
    worker._take()
    worker._renew_at = 0.0
    worker._renew()
    wanted = duties.Wanted(kinds=tuple(WorkKind), count=9, owner="other", lease=timedelta(seconds=9))
    assert duties.take(station.store.database, wanted, station.clock.now() + timedelta(seconds=30)) == ()


def test_duties_of_a_dead_process_are_free_at_once(station: Station, page: None) -> None:
    here = duties.this_owner()
    host = here.split(":")[0]
    for owner in (f"{host}:999999999:1", f"{host}:1:1"):
        wanted = duties.Wanted(kinds=tuple(WorkKind), count=9, owner=owner, lease=timedelta(hours=1))
        assert duties.take(station.store.database, wanted, station.clock.now())
        duties.release_the_dead(station.store.database)
    mine = duties.Wanted(kinds=tuple(WorkKind), count=9, owner=here, lease=timedelta(hours=1))
    assert duties.take(station.store.database, mine, station.clock.now())
    duties.release_the_dead(station.store.database)
    assert duties.take(station.store.database, mine, station.clock.now()) == ()


def test_an_owner_of_another_machine_is_left_to_its_lease(station: Station, page: None) -> None:
    wanted = duties.Wanted(kinds=tuple(WorkKind), count=9, owner="elsewhere:1:1", lease=timedelta(hours=1))
    duties.take(station.store.database, wanted, station.clock.now())
    duties.release_the_dead(station.store.database)
    assert duties.take(station.store.database, wanted, station.clock.now()) == ()


def test_waits_double_and_end_at_ten_minutes() -> None:
    first = timedelta(seconds=5)
    waits = [duties.wait_after(attempts, first).total_seconds() for attempts in (0, 1, 2, 50)]
    assert waits == [5, 10, 20, 600]


def test_adoption_is_one_file_of_a_lane_at_a_time(station: Station, inbox: Inbox) -> None:
    for lane in ("may-1", "may-2"):
        for name in ("a.jpg", "b.jpg"):
            (station.lane_dir(lane) / name).write_bytes(jpeg(1))
    for now_s in (0.0, 3.0):
        inbox.look(now_s)
    wanted = duties.Wanted(kinds=(WorkKind.ADOPT,), count=9, owner="me", lease=timedelta(hours=1))
    taken = duties.take(station.store.database, wanted, station.clock.now())
    assert len(taken) == 2


def test_what_is_done_is_told(station: Station, page: None) -> None:
    told: list[Work] = []
    Worker(station=station, muscle=Inline(), desk=Inline(), on_done=told.append).drain(Event())
    assert [work.kind for work in told] == [WorkKind.ADOPT, WorkKind.READ]
    assert set(STEPS) == set(WorkKind)
    assert Path(station.home.root).is_dir()

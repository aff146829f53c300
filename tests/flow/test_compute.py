"""Reading on Dask, with real processes that are really killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from distributed import Scheduler

from intake import duties
from intake.config import open_home
from intake.model import Batch, BatchId, BatchKind, Priority, Work, WorkKind
from intake.muscle import Cluster, Task, WorkerDied
from intake.process import Stack, capture
from intake.station import Station, open_station
from intake.store import FileClaim
from intake.worker import Worker
from tests.crash.scene import jpeg

pytestmark = pytest.mark.slow

SETTINGS = "[work]\nretry_after_s = 0.01\nlease_s = 5\n"


def die(_seconds: float = 0.0) -> None:
    """What a page that crashes its decoder does."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    time.sleep(60)


def slow(seconds: float, pid_file: Path) -> int:
    pid_file.write_text(str(os.getpid()))
    time.sleep(seconds)
    return os.getpid()


def note(mark: str, log: Path) -> None:
    with log.open("a") as file:
        file.write(f"{mark}\n")
    time.sleep(0.05)


def wait_for(gate: Path) -> None:
    while not gate.exists():
        time.sleep(0.01)


def tasks_known(dask_scheduler: Scheduler) -> int:
    return len(dask_scheduler.tasks)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    muscle = Cluster(workers=2, memory_mb=1500)
    yield muscle
    muscle.close()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "intake.toml").write_text(SETTINGS, encoding="utf-8")
    with open_station(open_home(home)) as opened:
        yield opened


def papers(folder: Path, *marks: int) -> tuple[tuple[str, Path], ...]:
    folder.mkdir(exist_ok=True)
    for mark in marks:
        (folder / f"{mark}.jpg").write_bytes(jpeg(mark))
    return tuple((f"{mark}.jpg", folder / f"{mark}.jpg") for mark in marks)


def test_a_killed_process_fails_its_own_task_and_no_other(cluster: Cluster, tmp_path: Path) -> None:
    bystander = cluster.submit(Task(function=slow, arguments=(1.5, tmp_path / "pid")))
    victim = cluster.submit(Task(function=die, arguments=(0.0,)))
    with pytest.raises(WorkerDied):
        victim.result(timeout=30)
    assert bystander.result(timeout=30)


def test_a_task_that_hangs_is_ended_with_its_process(cluster: Cluster) -> None:
    with pytest.raises(WorkerDied):
        cluster.submit(Task(function=hang, arguments=(), limit_s=1.0)).result(timeout=30)


def test_an_error_of_the_task_itself_comes_back_as_it_is(cluster: Cluster) -> None:
    with pytest.raises(ZeroDivisionError):
        cluster.submit(Task(function=divmod, arguments=(1, 0))).result(timeout=30)


def test_a_page_whose_reader_is_killed_is_read_by_another(cluster: Cluster, station: Station, tmp_path: Path) -> None:
    batch = capture(station, Stack(folder=tmp_path, files=papers(tmp_path / "in", 1, 2, 3, 4)), "may-quet-1")
    kills = 0

    def kill_a_reader(work: Work) -> None:
        nonlocal kills
        if work.kind is WorkKind.READ and kills == 0:
            kills += 1
            os.kill(cluster.worker_pids()[0], signal.SIGKILL)

    worker = Worker(station=station, muscle=cluster, batches=(batch,), on_done=kill_a_reader)
    worker.drain(threading.Event())
    worker.close()
    assert kills == 1
    assert station.ledger.counts().read == 4
    assert station.ledger.counts().set_aside == 0
    assert station.ledger.unfinished((batch,)) == 0


def test_a_page_that_kills_three_readers_is_set_aside_and_the_rest_go_on(
    cluster: Cluster, station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadly page is one that asks the reader for something it dies of."""
    batch = capture(station, Stack(folder=tmp_path, files=papers(tmp_path / "in", 1, 2, 3)), "may-quet-1")
    deadly = []

    class Deadly:
        """Hands the second page's reading to a function that kills its process."""

        size = cluster.size

        def submit(self, task: Task):
            is_page = task.function.__name__ == "read_page"
            blob = next((p.page for p in station.ledger.pages(batch) if p.page.seq == 2), None)
            if is_page and blob is not None and str(task.arguments[0]).find(blob.blob) >= 0:
                deadly.append(task)
                return cluster.submit(Task(function=die, arguments=(0.0,)))
            return cluster.submit(task)

        def close(self) -> None:
            pass

    worker = Worker(station=station, muscle=Deadly(), batches=(batch,))
    worker.drain(threading.Event())
    worker.close()
    assert len(deadly) == 3
    (aside,) = station.ledger.set_asides()
    assert (aside.reason, aside.source) == ("worker_died", "2.jpg")
    assert station.ledger.counts().read == 2
    assert station.ledger.balance((batch,)).holds
    assert [len(dossier.documents) for dossier in station.ledger.dossiers()] != []


def test_counter_work_overtakes_archive_work(cluster: Cluster, tmp_path: Path) -> None:
    """Both cores are busy with archive pages; the counter's page goes before all that still wait."""
    log, gate = tmp_path / "log", tmp_path / "gate"
    tasks = [Task(function=wait_for, arguments=(gate,), priority=Priority.COUNTER) for _ in range(cluster.size)]
    tasks += [Task(function=note, arguments=(f"archive {n}", log), priority=Priority.ARCHIVE) for n in range(12)]
    tasks.append(Task(function=note, arguments=("counter", log), priority=Priority.COUNTER))
    futures = [cluster.submit(task) for task in tasks]
    while cluster._client.run_on_scheduler(tasks_known) < len(tasks):
        time.sleep(0.01)
    gate.touch()
    for future in futures:
        future.result(timeout=30)
    order = log.read_text().splitlines()
    assert order.index("counter") < 6


def test_duties_of_the_counter_are_taken_before_those_of_the_archive(station: Station, tmp_path: Path) -> None:
    now = station.clock.now()
    for name, priority in (("archive", Priority.ARCHIVE), ("counter", Priority.COUNTER)):
        batch = Batch(
            id=BatchId(name), kind=BatchKind(name), lane=name, priority=priority, opened_at=now, closed_at=now
        )
        claim = FileClaim(
            id=station.clock.mint_claim(),
            lane=name,
            untrusted_source="x.jpg",
            path=str(tmp_path),
            batch=batch.id,
            at=now,
        )
        station.store.capture(batch, "", (claim,))
    wanted = duties.Wanted(kinds=tuple(WorkKind), count=1, owner="me", lease=timedelta(seconds=5))
    (first,) = duties.take(station.store.database, wanted, station.clock.now())
    assert first.priority == Priority.COUNTER

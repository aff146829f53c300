from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from intake import duties, steps, vault
from intake.duties import Wanted
from intake.errors import DiskFull
from intake.inbox import Inbox
from intake.model import DossierId, Priority, Work, WorkKind
from intake.process import Stack, capture
from intake.sealing import Decision, seal
from intake.station import Station
from intake.steps import STEPS, Vanished
from intake.worker import Worker
from tests.crash.scene import jpeg, tiff
from tests.intake.conftest import drain


def land(station: Station, name: str, data: bytes) -> Path:
    path = station.lane_dir("may-1") / name
    path.write_bytes(data)
    return path


def take_in(inbox: Inbox) -> None:
    inbox.look(0.0)
    inbox.look(100.0)


def only_work(station: Station, kind: WorkKind) -> Work:
    wanted = Wanted(kinds=(kind,), count=1, owner=duties.this_owner(), lease=timedelta(0))
    (work,) = duties.take(station.store.database, wanted, station.clock.now())
    return work


def reasons(station: Station) -> list[str]:
    return [aside.reason for aside in station.ledger.set_asides()]


def test_a_file_becomes_pages_a_picture_words_a_dossier_and_papers(
    station: Station, inbox: Inbox, worker: Worker
) -> None:
    land(station, "a.tif", tiff(1, 2))
    take_in(inbox)
    drain(worker)
    assert list((station.lane_dir("may-1") / ".adopting").iterdir()) == []
    assert station.ledger.counts().read == 2
    station.store.close_batch(station.ledger.batches()[0].id, station.clock.now())
    drain(worker)
    (dossier,) = station.ledger.dossiers()
    receipt = seal(station, dossier.id, Decision(clerk="Lê Thị Thử", act="test"))
    drain(worker)
    papers = station.ledger.publication(dossier.id)
    assert papers is not None
    for path, blob in station.copies(receipt.number, papers):
        assert path.read_bytes() == station.vault.read(blob)
    assert station.ledger.counts().waiting == 0


def test_each_step_may_run_again_after_its_row_was_stored(station: Station, inbox: Inbox, worker: Worker) -> None:
    """A crash after the row and before the unlink: the duty is gone, or finds that all is done."""
    land(station, "a.jpg", jpeg(1))
    take_in(inbox)
    work = only_work(station, WorkKind.ADOPT)
    adopt = STEPS[WorkKind.ADOPT]
    job = adopt.prepare(station, work)
    assert job is not None
    result = job.task.function(*job.task.arguments)
    for _ in range(2):
        adopt.finish(station, work, job, result)
    assert adopt.prepare(station, work) is None
    assert adopt.set_aside(station, work, "truncated", "")
    assert station.ledger.counts().pages == 1
    assert reasons(station) == []


def test_a_cut_file_is_set_aside_with_its_bytes(station: Station, inbox: Inbox, worker: Worker) -> None:
    data = jpeg(1)[:-300]
    land(station, "a.jpg", data)
    take_in(inbox)
    drain(worker)
    (aside,) = station.ledger.set_asides()
    assert (aside.reason, aside.source) == ("truncated", "a.jpg")
    assert aside.blob is not None
    assert station.vault.read(aside.blob) == data
    assert list((station.lane_dir("may-1") / ".adopting").iterdir()) == []


def test_an_empty_file_and_one_of_no_known_kind_are_kept_and_named(
    station: Station, inbox: Inbox, worker: Worker
) -> None:
    land(station, "empty.jpg", b"")
    land(station, "letter.docx", b"PK\x03\x04 no picture")
    take_in(inbox)
    drain(worker)
    assert sorted(reasons(station)) == ["empty", "unknown_format"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_a_link_is_moved_aside_and_never_followed(
    kind: str, station: Station, inbox: Inbox, worker: Worker, tmp_path: Path
) -> None:
    target = {"file": tmp_path / "secret.jpg", "folder": tmp_path, "dangling": tmp_path / "nowhere"}[kind]
    (tmp_path / "secret.jpg").write_bytes(jpeg(9))
    (station.lane_dir("may-1") / "x.jpg").symlink_to(target)
    take_in(inbox)
    drain(worker)
    (aside,) = station.ledger.set_asides()
    assert (aside.reason, aside.blob) == ("symlink", None)
    assert aside.kept_at is not None
    assert Path(aside.kept_at).readlink() == target
    assert station.ledger.counts().pages == 0


def test_a_pipe_is_moved_aside_unopened(station: Station, inbox: Inbox, worker: Worker) -> None:
    os.mkfifo(station.lane_dir("may-1") / "pipe.jpg")
    take_in(inbox)
    drain(worker)
    (aside,) = station.ledger.set_asides()
    assert aside.reason == "special"
    assert Path(str(aside.kept_at)).is_fifo()


def test_a_file_somebody_still_writes_is_kept_where_its_writer_reaches_it(
    station: Station, inbox: Inbox, worker: Worker
) -> None:
    path = station.lane_dir("may-1") / "slow.jpg"
    with path.open("wb") as writer:
        writer.write(jpeg(1)[:500])
        writer.flush()
        inbox.look(0.0)
        inbox.look(2000.0)
        drain(worker)
        (aside,) = station.ledger.set_asides()
        assert aside.reason == "still_open"
        writer.write(jpeg(1)[500:])
    assert Path(str(aside.kept_at)).read_bytes() == jpeg(1)


def test_a_claimed_file_that_somebody_took_away_is_named(station: Station, inbox: Inbox, worker: Worker) -> None:
    land(station, "a.jpg", jpeg(1))
    take_in(inbox)
    shutil.rmtree(station.lane_dir("may-1") / ".adopting")
    with pytest.raises(Vanished):
        STEPS[WorkKind.ADOPT].prepare(station, only_work(station, WorkKind.ADOPT))
    drain(worker)
    assert reasons(station) == ["vanished"]


def test_bytes_that_cannot_be_read_stay_a_file(
    station: Station, inbox: Inbox, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(station, "a.jpg", jpeg(1)[:-300])
    take_in(inbox)
    work = only_work(station, WorkKind.ADOPT)

    def refuse(_path: Path, _suffix: str) -> None:
        raise PermissionError("not yours")

    monkeypatch.setattr(station.vault, "put_file", refuse)
    assert STEPS[WorkKind.ADOPT].set_aside(station, work, "truncated", "")
    (aside,) = station.ledger.set_asides()
    assert aside.blob is None
    assert Path(str(aside.kept_at)).is_file()


def test_a_full_disk_sets_nothing_aside(station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    land(station, "a.jpg", jpeg(1)[:-300])
    take_in(inbox)

    def full(_path: Path, _suffix: str) -> None:
        raise DiskFull("full")

    monkeypatch.setattr(station.vault, "put_file", full)
    with pytest.raises(DiskFull):
        STEPS[WorkKind.ADOPT].set_aside(station, only_work(station, WorkKind.ADOPT), "truncated", "")
    assert reasons(station) == []


def test_sources_of_a_process_run_are_only_read(station: Station, worker: Worker, tmp_path: Path) -> None:
    good, bad, link = tmp_path / "1.jpg", tmp_path / "2.jpg", tmp_path / "3.jpg"
    good.write_bytes(jpeg(1))
    bad.write_bytes(b"no picture")
    link.symlink_to(good)
    files = tuple((path.name, path) for path in (good, bad, link))
    batch = capture(station, Stack(folder=tmp_path, files=files), "may-1")
    drain(worker)
    assert good.read_bytes() == jpeg(1)
    assert bad.exists()
    assert link.is_symlink()
    assert sorted(reasons(station)) == ["symlink", "unknown_format"]
    assert station.ledger.balance((batch,)).captured == 3


def test_sorting_and_sealing_are_never_given_up(station: Station) -> None:
    now = station.clock.now()
    facts = {"priority": Priority.COUNTER, "attempts": 9, "not_before": now, "lease_until": None, "fault": None}
    work = Work(id=1, kind=WorkKind.SORT, subject="x", **facts)
    assert not STEPS[WorkKind.SORT].set_aside(station, work, "failed", "")
    assert not STEPS[WorkKind.SEAL].set_aside(station, replace(work, subject=DossierId("y")), "failed", "")


def test_a_page_can_be_set_aside_for_good(station: Station, inbox: Inbox, worker: Worker) -> None:
    land(station, "a.jpg", jpeg(1))
    take_in(inbox)
    worker.kinds = (WorkKind.ADOPT,)
    drain(worker)
    assert STEPS[WorkKind.READ].set_aside(station, only_work(station, WorkKind.READ), "worker_died", "thrice")
    assert reasons(station) == ["worker_died"]


def test_what_is_already_put_away_is_left_alone(station: Station, tmp_path: Path) -> None:
    claim = station.clock.mint_claim()
    steps._put_away(station, claim, None)
    steps._put_away(station, claim, tmp_path / "elsewhere")
    steps._put_away(station, claim, station.lane_dir("may-1") / ".adopting" / f"{claim}~gone.jpg")
    assert vault.leftovers(tmp_path) == ()

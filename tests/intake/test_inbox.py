from __future__ import annotations

import logging
import os
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from watchdog.events import FileClosedEvent, FileClosedNoWriteEvent, FileOpenedEvent

from intake import inbox as inbox_module
from intake.errors import DiskFull
from intake.inbox import Inbox, is_watching, natural, tend, watch
from intake.model import ClaimId, WorkKind
from intake.station import Station
from intake.steps import STEPS
from intake.store import FileClaim
from intake.vault import is_held_open
from intake.worker import Worker
from tests.crash.scene import jpeg
from tests.intake.conftest import drain
from tests.intake.test_steps import only_work


def lane(station: Station, name: str = "may-1") -> Path:
    return station.lane_dir(name)


def claimed(station: Station, name: str = "may-1") -> list[str]:
    return [path.name.partition("~")[2] for path in sorted((lane(station, name) / ".adopting").iterdir())]


def test_a_file_present_at_start_is_claimed_when_it_stood_still(station: Station, inbox: Inbox) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    assert inbox.look(0.0) == 0
    assert [waiting.name for waiting in inbox.waiting] == ["a.jpg"]
    assert inbox.look(1.0) == 0
    assert inbox.look(2.1) == 1
    assert claimed(station) == ["a.jpg"]
    assert inbox.waiting == ()


def test_a_slow_writer_that_pauses_is_waited_for(station: Station, inbox: Inbox) -> None:
    path, data = lane(station) / "a.jpg", jpeg(1)
    path.write_bytes(data[:200])
    for now in (0.0, 30.0, 60.0):
        assert inbox.look(now) == 0
    path.write_bytes(data)
    assert inbox.look(70.0) == 0, "it has just changed"
    assert inbox.look(73.0) == 1


def test_a_file_that_never_gets_whole_is_claimed_when_patience_ends(station: Station, inbox: Inbox) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1)[:200])
    inbox.look(0.0)
    assert inbox.look(89.0) == 0
    assert inbox.look(91.0) == 1


def test_a_file_that_is_open_for_writing_is_left_alone(station: Station, inbox: Inbox) -> None:
    path = lane(station) / "a.jpg"
    with path.open("wb") as writer:
        writer.write(jpeg(1))
        writer.flush()
        assert is_held_open(path)
        inbox.look(0.0)
        assert inbox.look(500.0) == 0
    assert inbox.look(501.0) == 1


def test_a_rename_into_place_begins_the_wait_anew(station: Station, inbox: Inbox, tmp_path: Path) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1)[:100])
    inbox.look(0.0)
    (tmp_path / "new").write_bytes(jpeg(1))
    (tmp_path / "new").rename(lane(station) / "a.jpg")
    assert inbox.look(1.9) == 0
    assert inbox.look(3.0) == 0
    assert inbox.look(4.0) == 1


def test_a_temporary_name_waits_for_its_rename(station: Station, inbox: Inbox) -> None:
    for name in ("a.jpg.part", ".b.jpg", "~$c.jpg", "d.TMP"):
        (lane(station) / name).write_bytes(jpeg(1))
    inbox.look(0.0)
    assert inbox.look(50.0) == 0
    (lane(station) / "a.jpg.part").rename(lane(station) / "a.jpg")
    assert inbox.look(51.0) == 0
    assert inbox.look(54.0) == 1
    assert claimed(station) == ["a.jpg"]


def test_litter_and_our_own_temporary_files_are_never_touched(station: Station, inbox: Inbox) -> None:
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", ".tmp-1-abc"):
        (lane(station) / name).write_bytes(b"x")
    inbox.look(0.0)
    assert inbox.look(500.0) == 0
    assert inbox.waiting == ()


def test_same_names_and_same_bytes_in_two_lanes_stay_apart(station: Station, inbox: Inbox, worker: Worker) -> None:
    for name in ("may-1", "may-2"):
        (lane(station, name) / "scan.jpg").write_bytes(jpeg(7))
    inbox.look(0.0)
    assert inbox.look(3.0) == 2
    drain(worker)
    pages = [page.page for batch in station.ledger.batches() for page in station.ledger.pages(batch.id)]
    assert sorted(page.lane for page in pages) == ["may-1", "may-2"]
    assert len({page.id for page in pages}) == 2
    assert len({page.blob for page in pages}) == 1


def test_the_same_file_twice_is_two_pages(station: Station, inbox: Inbox, worker: Worker) -> None:
    for start in (0.0, 100.0):
        (lane(station) / "scan.jpg").write_bytes(jpeg(7))
        inbox.look(start)
        inbox.look(start + 3)
        drain(worker)
    assert station.ledger.counts().pages == 2


def test_pages_are_claimed_in_order_of_time_then_number(station: Station, inbox: Inbox) -> None:
    for name, at in (("p10.jpg", 5), ("p9.jpg", 5), ("older.jpg", 1)):
        (lane(station) / name).write_bytes(jpeg(1))
        os.utime(lane(station) / name, (at, at))
    inbox.look(0.0)
    inbox.look(3.0)
    assert claimed(station) == ["older.jpg", "p9.jpg", "p10.jpg"]
    assert natural("a10b") > natural("a9b")


def test_an_unfinished_file_holds_back_those_behind_it_for_a_while_only(station: Station, inbox: Inbox) -> None:
    (lane(station) / "1.jpg").write_bytes(jpeg(1)[:100])
    (lane(station) / "2.jpg").write_bytes(jpeg(2))
    for name, at in (("1.jpg", 1), ("2.jpg", 2)):
        os.utime(lane(station) / name, (at, at))
    inbox.look(0.0)
    assert inbox.look(5.0) == 0
    assert inbox.look(11.0) == 1
    assert claimed(station) == ["2.jpg"]


def test_folders_in_a_lane_are_looked_through_but_not_without_end(station: Station, inbox: Inbox) -> None:
    (lane(station) / "2026-11" / "x").mkdir(parents=True)
    (lane(station) / "2026-11" / "x" / "a.jpg").write_bytes(jpeg(1))
    deep = lane(station).joinpath(*["d"] * 12)
    deep.mkdir(parents=True)
    (deep / "lost.jpg").write_bytes(jpeg(1))
    inbox.look(0.0)
    assert inbox.look(3.0) == 1
    assert claimed(station) == ["2026-11_x_a.jpg"]


@pytest.mark.parametrize(
    "name", [b"caf\xe9.jpg", b"two\nlines.jpg", b"x" * 250 + b".jpg", b"y" * 255, b"-rf.jpg", "Giấy.jpg".encode()]
)
def test_odd_names_are_taken_and_readable(name: bytes, station: Station, inbox: Inbox, worker: Worker) -> None:
    (lane(station) / os.fsdecode(name)).write_bytes(jpeg(1))
    inbox.look(0.0)
    assert inbox.look(3.0) == 1
    drain(worker)
    (batch,) = station.ledger.batches()
    (page,) = station.ledger.pages(batch.id)
    assert page.page.origin.untrusted_name.encode()
    assert station.ledger.counts().set_aside == 0


def test_a_disk_below_its_reserve_pauses_and_goes_on(
    station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    inbox.look(0.0)
    with monkeypatch.context() as full:
        full.setattr(station.vault, "free_bytes", lambda: 10)
        assert inbox.look(3.0) == 0
        assert inbox.paused
    assert inbox.look(4.0) == 1
    assert not inbox.paused


def test_a_database_without_room_pauses_and_the_claimed_file_is_found_again(
    station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    inbox.look(0.0)
    with monkeypatch.context() as full:

        def refuse(_claim: FileClaim) -> None:
            raise DiskFull("full")

        full.setattr(station.store, "claim_file", refuse)
        inbox.look(3.0)
        assert inbox.paused
    assert claimed(station) == ["a.jpg"]
    inbox.look(4.0)
    assert station.ledger.counts().waiting == 1


def test_a_file_gone_before_the_rename_is_nobodys_loss(
    station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lane(station) / "a.jpg"
    path.write_bytes(jpeg(1))
    inbox.look(0.0)
    proper = inbox_module.move_into

    def late(source: Path, target: Path) -> None:
        source.unlink()
        proper(source, target)

    monkeypatch.setattr(inbox_module, "move_into", late)
    inbox.look(3.0)
    assert claimed(station) == []
    assert station.ledger.counts().waiting == 0


def test_a_file_gone_between_listing_and_looking_is_passed_over(
    station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    proper = Path.lstat

    def gone(path: Path) -> os.stat_result:
        if path.name == "a.jpg":
            raise FileNotFoundError(path)
        return proper(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "lstat", gone)
        assert inbox.look(0.0) == 0
    assert inbox.waiting == ()


def test_a_file_too_large_is_claimed_unread(station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with (lane(station) / "huge.tif").open("wb") as file:
        file.truncate(station.limits.max_bytes + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _path: pytest.fail("read"))
    inbox.look(0.0)
    assert inbox.look(3.0) == 1


def test_wholeness_is_judged_once_a_change(station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1)[:100])
    looks = []
    proper = inbox_module._reaches_its_end
    monkeypatch.setattr(inbox_module, "_reaches_its_end", lambda *args: looks.append(1) or proper(*args))
    for now in (0.0, 3.0, 6.0, 9.0):
        inbox.look(now)
    assert looks == [1]


# --- after a crash ---------------------------------------------------------------------------------------


def test_a_claim_without_a_row_gets_one(station: Station, inbox: Inbox, worker: Worker) -> None:
    claim = station.clock.mint_claim()
    (lane(station) / ".adopting" / f"{claim}~a.jpg").write_bytes(jpeg(1))
    for now in (0.0, 1.0):
        inbox.look(now)
    assert station.ledger.counts().waiting == 1
    drain(worker)
    (page,) = station.ledger.pages(station.ledger.batches()[0].id)
    assert page.page.origin.untrusted_name == "a.jpg"


def test_an_adopted_file_that_was_not_unlinked_goes(station: Station, inbox: Inbox, worker: Worker) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    inbox.look(0.0)
    inbox.look(3.0)
    (path,) = (lane(station) / ".adopting").iterdir()
    drain(worker)
    path.write_bytes(jpeg(1))
    inbox.look(6.0)
    assert not path.exists()
    assert station.ledger.counts().pages == 1


def test_a_link_that_was_not_moved_aside_is_moved(station: Station, inbox: Inbox) -> None:
    (lane(station) / "x").symlink_to("/nowhere")
    inbox.look(0.0)
    (path,) = (lane(station) / ".adopting").iterdir()
    work = only_work(station, WorkKind.ADOPT)
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr("intake.steps._put_away", lambda *_args: None)
        STEPS[work.kind].set_aside(station, work, "symlink", "")
    assert path.is_symlink()
    inbox.look(3.0)
    assert not path.is_symlink()
    assert (lane(station) / ".set-aside" / path.name).is_symlink()


# --- batches ---------------------------------------------------------------------------------------------


def test_a_lane_closes_its_batch_only_when_nothing_waits(station: Station, inbox: Inbox, worker: Worker) -> None:
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    inbox.look(0.0)
    inbox.look(3.0)
    drain(worker)
    station.clock.read.__self__.at = station.clock.now() + timedelta(minutes=5)
    (lane(station) / "b.jpg").write_bytes(jpeg(2)[:50])
    inbox.look(6.0)
    assert station.ledger.batches(open_only=True)
    (lane(station) / "b.jpg").unlink()
    inbox.look(9.0)
    assert not station.ledger.batches(open_only=True)


# --- the thread ------------------------------------------------------------------------------------------


def test_a_lane_that_fails_does_not_stop_the_others(
    station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (lane(station, "may-2") / "a.jpg").write_bytes(jpeg(1))
    proper = Inbox._recover

    def broken(self: Inbox, name: str) -> int:
        if name == "may-1":
            raise OSError("the share has gone")
        return proper(self, name)

    monkeypatch.setattr(Inbox, "_recover", broken)
    with caplog.at_level(logging.WARNING):
        inbox.look(0.0)
        assert inbox.look(3.0) == 1
    assert "may-1" in caplog.text


def test_a_lane_whose_folder_was_removed_is_made_again(station: Station, inbox: Inbox) -> None:
    shutil.rmtree(lane(station))
    inbox.look(0.0)
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    inbox.look(1.0)
    assert inbox.look(4.0) == 1


@pytest.mark.parametrize("polling", [False, True])
def test_the_tending_thread_survives_a_failed_round_and_a_dead_observer(
    polling: bool, station: Station, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = station.home.settings
    given = settings.inbox.model_copy(update={"rescan_s": 0.01, "settle_s": 0.01, "polling": polling})
    station.home = type(station.home)(
        root=station.home.root,
        file=station.home.file,
        settings=settings.model_copy(update={"inbox": given}),
        given=frozenset(),
    )
    rounds: list[str] = []
    stop, wake = threading.Event(), threading.Event()
    alive = iter([False, True, True, True])

    def look(_self: Inbox, _now: float) -> int:
        rounds.append("look")
        if len(rounds) == 1:
            raise RuntimeError("a bug")
        if len(rounds) == 3:
            stop.set()
        return 0

    monkeypatch.setattr(Inbox, "look", look)
    monkeypatch.setattr(inbox_module, "is_watching", lambda _observer: next(alive))
    inbox.waiting = (inbox_module.Waiting(lane="may-1", name="x", still_s=0.0),)
    tend(inbox, stop, wake)
    assert len(rounds) == 3


def test_watching_wakes_and_notices_its_own_death(station: Station, inbox: Inbox) -> None:
    wake = threading.Event()
    observer = watch(inbox, wake)
    assert is_watching(observer)
    (lane(station) / "a.jpg").write_bytes(jpeg(1))
    assert wake.wait(10)
    observer.stop()
    observer.join()
    assert not is_watching(observer)


def test_reading_a_file_is_no_reason_to_look() -> None:
    wake = threading.Event()
    waker = inbox_module._Waker(wake)
    for event in (FileOpenedEvent("a.jpg"), FileClosedNoWriteEvent("a.jpg")):
        waker.on_any_event(event)
    assert not wake.is_set()
    waker.on_any_event(FileClosedEvent("a.jpg"))
    assert wake.is_set()


def test_claims_mint_in_the_order_of_claiming(station: Station) -> None:
    minted = [station.clock.mint_claim() for _ in range(50)]
    assert minted == sorted(set(minted))
    assert all(isinstance(claim, str) and len(ClaimId(claim)) == 18 for claim in minted)

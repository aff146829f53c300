"""A disk that fills up, a real one: a small tmpfs. Intake pauses, loses nothing, and goes on by itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from intake import worker as worker_module
from intake.config import open_home
from intake.errors import DiskFull
from intake.inbox import Inbox
from intake.station import open_station
from intake.worker import Worker
from tests.crash import scene, trial

pytestmark = pytest.mark.slow
SIZE_MB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes; only root can mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path, leave_bytes: int) -> Path:
    """Take all room but so many bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.truncate(0)
        free = shutil.disk_usage(disk).free - leave_bytes
        while free > 0:
            free -= file.write(b"\0" * min(free, 1 << 16))
    return filler


@pytest.mark.parametrize("leave_kb", [0, 8, 40, 150, 400, 900])
def test_a_full_disk_pauses_intake_and_loses_nothing(
    small_disk: Path, leave_kb: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at different moments of the job, by how much room is left at its start."""
    monkeypatch.setattr(worker_module, "_PAUSE_S", 0.0)
    home = small_disk / "home"
    scene.lay_out(home)
    with open_station(open_home(home)):
        pass  # a station that has been running: its database is there
    filler = fill(small_disk, leave_kb * 1024)
    paused = _try(home)
    filler.unlink()
    scene.play(home, scene.START)
    verdict = trial.judge(home)
    assert verdict.clean, verdict
    assert paused or leave_kb == 900


def _try(home: Path) -> bool:
    """Work for a while on a full disk; whether the station paused."""
    scene.use_mark_reader()
    try:
        with open_station(open_home(home), scene.clock_at(scene.START - timedelta(hours=2))) as station:
            lanes = Inbox(station=station)
            lanes.prepare()
            worker = Worker(station=station, muscle=scene.Inline(), desk=scene.Inline())
            paused = False
            for turn in range(4):
                lanes.look(turn * 100.0)
                paused |= lanes.paused
                for _ in range(12):
                    worker._turn()
                    paused |= worker.paused
            return paused
    except DiskFull:
        return True


def test_a_disk_below_its_reserve_takes_no_new_files_and_says_so(small_disk: Path) -> None:
    home = small_disk / "home"
    scene.lay_out(home)
    settings = (home / "intake.toml").read_text().replace("min_free_mb = 0", "min_free_mb = 10")
    (home / "intake.toml").write_text(settings)
    with open_station(open_home(home)) as station:
        filler = fill(small_disk, 5_000_000)
        lanes = Inbox(station=station)
        lanes.prepare()
        for now_s in (0.0, 100.0):
            lanes.look(now_s)
        assert lanes.paused
        assert station.ledger.counts().waiting == 0
        left = {path.name for path in (home / "inbox" / "may-1").iterdir() if path.is_file()}
        assert left == {"a1.tif", "a2.jpg", "same.jpg"}
        filler.unlink()
        lanes.look(200.0)
        assert not lanes.paused
        assert station.ledger.counts().waiting == 6

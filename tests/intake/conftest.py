"""A station on a temporary folder, with real SQLite, a clock that moves only when told, and marks for an engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from intake.config import open_home
from intake.inbox import Inbox
from intake.station import Station, open_station
from intake.worker import Worker
from tests.crash import scene


@contextmanager
def opened_at(home: Path) -> Iterator[Station]:
    """A station in a new folder, for as long as a test or a whole module needs it."""
    home.mkdir()
    (home / "intake.toml").write_text(scene.SETTINGS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched, open_station(open_home(home), scene.clock_at(scene.START)) as opened:
        patched.setattr("intake.tasks._reader", scene.mark_reader)
        opened.__dict__.update(catalogue=scene.shipped_catalogue(), sorter=scene.shipped_sorter())
        yield opened


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    with opened_at(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def inbox(station: Station) -> Inbox:
    lanes = Inbox(station=station)
    lanes.prepare()
    return lanes


@pytest.fixture
def worker(station: Station) -> Worker:
    return Worker(station=station, muscle=scene.Inline(), desk=scene.Inline())


def drain(worker: Worker) -> None:
    worker.drain(Event())

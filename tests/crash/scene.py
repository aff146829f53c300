"""The whole main job in one process and one thread, small and quick: what the crash suite kills and restarts.

Everything is real - inbox, vault, store, worker, sorting, sealing, PDFs - but the recogniser, which answers with
the mark that is printed on each page, so that a page that ended up elsewhere is seen at once.
"""

from __future__ import annotations

import io
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event

import cv2
import numpy as np
from PIL import Image

from intake import tasks
from intake.catalogue import load
from intake.clock import Clock
from intake.config import open_home
from intake.inbox import Inbox
from intake.model import Catalogue
from intake.muscle import Task
from intake.sealing import Decision, seal
from intake.sorting import Sorter
from intake.station import open_station
from intake.worker import Worker
from ocr import Pixels, Recipe
from ocr.reader import Reader
from ocr.text import Box, Line, PageText, Word

LANES = ("may-1", "may-2")
SETTINGS = """
[inbox]
lanes = ["may-1", "may-2"]
min_free_mb = 0
[work]
retry_after_s = 0.001
"""
_BLOCK = 24


@dataclass(slots=True)
class Inline:
    """A muscle that computes at once, in the caller: every kill point is in one thread, in one order."""

    size: int = 1

    def submit(self, task: Task) -> Future[object]:
        future: Future[object] = Future()
        try:
            future.set_result(task.function(*task.arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        pass


class MarkReader:
    """Reads the mark of a made page (see :func:`page`) as one word."""

    def recognise(self, page: Pixels, dpi: int, timeout_s: float) -> PageText:
        word = Word(text="mark", box=Box(left=1, top=1, width=20, height=10), confidence=0.9)
        return PageText(lines=(Line(words=(word,)),))


def page(mark: int) -> Image.Image:
    """A small page of text-like bars whose pattern spells ``mark`` in binary."""
    canvas = np.full((420, 300), 255, np.uint8)
    for bit in range(8):
        wide = 180 if mark >> bit & 1 else 72
        canvas[36 + bit * 42 : 36 + bit * 42 + _BLOCK, 48 : 48 + wide] = 0
    return Image.fromarray(canvas)


def jpeg(mark: int) -> bytes:
    out = io.BytesIO()
    page(mark).save(out, "JPEG", dpi=(72, 72))
    return out.getvalue()


def tiff(*marks: int) -> bytes:
    out = io.BytesIO()
    first, *rest = [page(mark) for mark in marks]
    first.save(out, "TIFF", save_all=True, append_images=rest, dpi=(72, 72))
    return out.getvalue()


PAPERS: dict[str, dict[str, bytes]] = {
    "may-1": {"a1.tif": tiff(1, 2), "a2.jpg": jpeg(3), "same.jpg": jpeg(7)},
    "may-2": {"b1.jpg": jpeg(4), "b2.jpg": jpeg(5)[:-400], "same.jpg": jpeg(7)},
}
"""Two lanes: a file of two pages, a page cut short, and the same bytes in both lanes."""


def lay_out(home: Path) -> None:
    """Put the papers into the lanes of a new home."""
    home.mkdir()
    (home / "intake.toml").write_text(SETTINGS, encoding="utf-8")
    for lane, files in PAPERS.items():
        folder = home / "inbox" / lane
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)


@dataclass(slots=True)
class Ticking:
    """A clock that moves only when told, and chance that counts."""

    at: datetime
    step: timedelta = timedelta(milliseconds=1)
    drawn: int = field(default=0)

    def read(self) -> datetime:
        self.at += self.step
        return self.at

    def entropy(self) -> int:
        self.drawn += 1
        return self.drawn


def clock_at(started: datetime) -> Clock:
    """A clock that starts there and moves a millisecond a look."""
    ticking = Ticking(at=started)
    return Clock(read=ticking.read, entropy=ticking.entropy)


def mark_reader() -> Reader:
    """A reader of :func:`page`, in this thread alone: children are forked from it."""
    cv2.setNumThreads(1)
    recipe = Recipe(engine="marks", engine_version="1", languages="vie", prep_version="1")
    return Reader(MarkReader(), recipe)


def use_mark_reader() -> None:
    """Let this process read pages with :class:`MarkReader`."""
    tasks._reader = mark_reader


@cache
def shipped_catalogue() -> Catalogue:
    """Loaded once; whoever forks many children calls this first."""
    return load()


@cache
def shipped_sorter() -> Sorter:
    return Sorter(shipped_catalogue())


def play(home: Path, started: datetime) -> None:
    """Take the papers in, read and sort them, seal every dossier; goes on from wherever it was."""
    use_mark_reader()
    ticking = Ticking(at=started)
    with open_station(open_home(home), Clock(read=ticking.read, entropy=ticking.entropy)) as station:
        station.__dict__.update(catalogue=shipped_catalogue(), sorter=shipped_sorter())
        lanes, seconds = Inbox(station=station), 0.0
        lanes.prepare()
        worker = Worker(station=station, muscle=Inline(), desk=Inline())
        for _ in range(4):  # seen, settled and claimed, patience over for the cut one, quiet
            lanes.look(seconds)
            worker.drain(Event())
            seconds += 100.0
            ticking.at += timedelta(seconds=100)
        lanes.look(seconds)
        worker.drain(Event())
        for dossier in station.ledger.dossiers():
            if dossier.sealed is None:
                seal(station, dossier.id, Decision(clerk="Lê Thị Thử", act="crash suite"))
        worker.drain(Event())


START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

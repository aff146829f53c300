"""What one page costs in this process: the recogniser, everything around it, the fast lane, and the clerk's desk."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

from intake import tasks
from intake.catalogue import load
from intake.config import open_home
from intake.sealing import bind
from intake.sorting import Sorter
from intake.station import open_station
from ocr import Engine, Pixels
from ocr.decode import frame
from ocr.limits import Limits
from ocr.reader import Reader, default_reader
from ocr.text import PageText
from tests.bench.pages import Sheet

RUNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Medians over the pages of a set. ``around_share`` is all but the recogniser over the recogniser."""

    of: str
    pages: int
    recogniser_s: float
    around_s: float
    around_share: float
    glance_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A step of the clerk's desk, the median of some runs."""

    what: str
    milliseconds: float


class TimedEngine:
    """An engine with a stop-watch; anything else that is asked of it goes through."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds = 0.0

    def recognise(self, page: Pixels, dpi: int, timeout_s: float) -> PageText:
        began = time.perf_counter()
        try:
            return self._engine.recognise(page, dpi, timeout_s)
        finally:
            self.seconds += time.perf_counter() - began

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


def around_recogniser(sheets: Sequence[Sheet]) -> Iterator[Around]:
    """For each set: ``tasks.read_page``, decoding and the upright picture's file included, with the engine timed."""
    reader = default_reader()
    engine = TimedEngine(reader.engine)
    timed = dataclasses.replace(reader, engine=engine)
    for name in dict.fromkeys(sheet.of for sheet in sheets):
        files = [sheet.file for sheet in sheets if sheet.of == name]
        with patch.object(tasks, "_reader", lambda: timed):
            costs = [_cost(engine, file) for file in files]
        recogniser_s, around_s = (statistics.median(times) for times in zip(*costs, strict=True))
        yield Around(
            of=name,
            pages=len(files),
            recogniser_s=recogniser_s,
            around_s=around_s,
            around_share=sum(around for _, around in costs) / sum(own for own, _ in costs),
            glance_s=_glance_s(reader, files),
        )


def _cost(engine: TimedEngine, file: Path) -> tuple[float, float]:
    """Seconds of the recogniser and of everything else on one page."""
    engine.seconds, began = 0.0, time.perf_counter()
    tasks.read_page(file, 0, Limits())
    return engine.seconds, time.perf_counter() - began - engine.seconds


def _glance_s(reader: Reader, files: Sequence[Path]) -> float | None:
    """From the file to the named document; None for a reader without a fast lane."""
    glance = getattr(reader, "glance", None)
    if glance is None:
        return None
    return statistics.median(
        median(lambda file=file: glance(frame(file.read_bytes(), 0, Limits())), 1) for file in files
    )


def desk(home: Path, picture: Path) -> Iterator[Part]:
    """Examining, sorting and binding, on what a run of ``intake process --seal`` left in ``home``."""
    yield Part(what="examine one file", milliseconds=1000 * median(partial(tasks.examine, picture, Limits())))
    yield Part(what="load the catalogue", milliseconds=1000 * median(load))
    with open_station(open_home(home)) as station:
        sorter = Sorter(station.catalogue)
        batch = station.ledger.batches()[0].id
        texts = [page.reading.text for page in station.ledger.pages(batch) if page.reading]
        seconds = median(lambda: [sorter.classify(text) for text in texts])
        yield Part(what="classify one page", milliseconds=1000 * seconds / len(texts))
        dossier = station.ledger.dossiers()[0]
        pages = sum(len(document.pages) for document in dossier.documents)
        seconds = median(lambda: bind(station, dossier.id))
        yield Part(what=f"slip and dossier of one receipt, {pages} pages", milliseconds=1000 * seconds)


def median(function: Callable[[], object], runs: int = RUNS) -> float:
    """Median seconds of a few calls."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return statistics.median(times)

"""What one page costs in this process: the recogniser, everything around it, the fast lane, and the clerk's desk."""

from __future__ import annotations

import dataclasses
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from intake import tasks
from intake.catalogue import load
from intake.config import open_home
from intake.sealing import bind
from intake.sorting import Sorter
from intake.station import open_station
from ocr import Engine, Pixels
from ocr.decode import glimpse
from ocr.limits import Limits
from ocr.reader import Reader, default_reader
from ocr.tesseract import TesseractEngine
from ocr.text import PageText
from tests.bench.pages import Sheet

RUNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Medians over the pages of a set. ``around_share`` is all but the recogniser over the recogniser.

    ``tesseract_s`` is what the Tesseract program takes for the very pictures that the recogniser was given.
    """

    of: str
    pages: int
    recogniser_s: float
    around_s: float
    around_share: float
    tesseract_s: float
    glance_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """Most memory of a process that reads one page twice, imports and models included."""

    what: str
    megabytes: float


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
        self.given: list[tuple[Pixels, int]] = []

    def recognise(self, page: Pixels, dpi: int, timeout_s: float) -> PageText:
        self.given = [(page, dpi)]
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
        recogniser_s, around_s, tesseract_s = (statistics.median(times) for times in zip(*costs, strict=True))
        yield Around(
            of=name,
            pages=len(files),
            recogniser_s=recogniser_s,
            around_s=around_s,
            around_share=sum(around for _, around, _ in costs) / sum(own for own, _, _ in costs),
            tesseract_s=tesseract_s,
            glance_s=_glance_s(reader, files),
        )


def _cost(engine: TimedEngine, file: Path) -> tuple[float, float, float]:
    """Seconds of the recogniser, of everything else, and of the Tesseract program in the recogniser's place."""
    engine.seconds, began = 0.0, time.perf_counter()
    tasks.read_page(file, 0, Limits())
    own, around = engine.seconds, time.perf_counter() - began - engine.seconds
    began = time.perf_counter()
    for page, dpi in engine.given:
        TesseractEngine().recognise(page, dpi, 120.0)
    return own, around, time.perf_counter() - began


def _glance_s(reader: Reader, files: Sequence[Path]) -> float:
    """From the file to the named document."""
    return statistics.median(
        median(lambda file=file: reader.glance(glimpse(file.read_bytes(), 0, Limits())), 1) for file in files
    )


_PEAK = """
import re, sys
from pathlib import Path
from intake import tasks
from ocr.limits import Limits
for _ in range(2):
    tasks.read_page(Path(sys.argv[1]), 0, Limits())
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""
"""The kernel's own mark: ru_maxrss remembers the size of whoever forked."""
_KEEPING = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(16 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}
"""As the station's readers run; without Dask, which takes some 60 MB of its own."""


def peaks(page: Path, scratch: Path) -> Iterator[Peak]:
    """A page of A4 at 300 dpi, and one of A3 at 600 dpi made of two of them."""
    yield Peak(what="A4, 300 dpi, colour", megabytes=_peak(page))
    with Image.open(page) as one:
        pair = Image.new("RGB", (one.width * 2, one.height), "white")
        pair.paste(one, (0, 0))
        pair.paste(one, (one.width, 0))
    large = scratch / "a3.jpg"
    pair.resize((pair.width * 2, pair.height * 2), Image.Resampling.BICUBIC).save(large, quality=85, dpi=(600, 600))
    yield Peak(what="A3, 600 dpi, colour", megabytes=_peak(large))


def _peak(page: Path) -> float:
    run = subprocess.run(
        [sys.executable, "-c", _PEAK, str(page)], capture_output=True, text=True, check=True, env=os.environ | _KEEPING
    )
    return float(run.stdout)


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

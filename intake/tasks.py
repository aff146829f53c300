"""What runs on the readers: functions of bytes and numbers, at home in any process on any machine.

They know no database and no vault; what they return is all that is kept. A source is a path where reader and
vault share a disk, bytes where they do not.
"""

from __future__ import annotations

import ctypes
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import cv2

from intake import codes, layered
from intake.errors import BadSettings
from intake.labels import say
from ocr import Glance, Recipe, decode
from ocr.limits import FileFacts, Limits
from ocr.reader import Reader, default_reader
from ocr.second import PACKAGE, SecondMissing
from ocr.text import PageText

Source = Path | bytes
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """A page as read. ``image`` is the upright picture as a file of type ``suffix``; sizes in its pixels."""

    image: bytes
    suffix: str
    width: int
    height: int
    dpi: float
    skew_deg: float
    turn_deg: int
    blank: bool
    sharpness: float
    text: PageText
    dossier_code: str | None
    recipe: Recipe
    seconds: float


def examine(source: Source, limits: Limits) -> FileFacts:
    """What a file is and how many pages it has; raises the SourceError tree of :mod:`ocr.errors`."""
    return decode.examine(_bytes(source), limits)


def require_reader(second: bool = False) -> None:
    """See that pages can be read here before any work begins; raises EngineMissing where they cannot.

    Raises BadSettings where a ``second`` reader is switched on and not installed.
    """
    try:
        default_reader(second)
    except SecondMissing as missing:
        raise BadSettings(say("settings.no_second_reader", package=PACKAGE)) from missing


def read_page(source: Source, index: int, limits: Limits, second: bool = False) -> PageResult:
    """Read page ``index`` (from 0) of a file, with a ``second`` reader if told so.

    Raises SourceError or EngineError of :mod:`ocr.errors`.
    """
    started = time.perf_counter()
    reader = _reader_with_second() if second else _reader()
    data = _bytes(source)
    reading = reader.read(decode.frame(data, index, limits))
    own = decode.as_delivered(data) if reading.as_scanned else None
    image, suffix = layered.picture_file(reading.upright, own)
    height, width = reading.upright.pixels.shape[:2]
    return PageResult(
        image=image,
        suffix=suffix,
        width=width,
        height=height,
        dpi=reading.upright.dpi or _dpi_as_a4(width, height),
        skew_deg=reading.skew_deg,
        turn_deg=reading.turn_deg,
        blank=reading.blank,
        sharpness=reading.sharpness,
        text=reading.text,
        dossier_code=codes.find_dossier_code(code.untrusted_text for code in reading.codes),
        recipe=reading.recipe,
        seconds=time.perf_counter() - started,
    )


def glance_page(source: Source, index: int, limits: Limits) -> Glance:
    """Head and title of page ``index``, read in passing: a third of a second for A4 in colour at 300 dpi.

    For the clerk who is waiting; :func:`read_page` follows. Raises as it does.
    """
    return _reader().glance(decode.glimpse(_bytes(source), index, limits))


def bounded(seconds: float, function: Callable[..., T], *arguments: object) -> T:
    """Call a function; end this whole process if it takes longer.

    Only a signal reaches a thread that hangs inside a decoder. The process is one of many: whoever started it
    starts another and is told that the task died.
    """
    with _alarm(seconds):
        return function(*arguments)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bytes(source: Source) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def _dpi_as_a4(width: int, height: int) -> float:
    """The resolution at which a picture of unknown size fills an A4 sheet (8.27 x 11.69 inches)."""
    return max(min(width, height) / 8.27, max(width, height) / 11.69)


@cache
def _reader() -> Reader:
    return _opened(second=False)


@cache
def _reader_with_second() -> Reader:
    return _opened(second=True)


def _opened(*, second: bool) -> Reader:
    cv2.setNumThreads(1)  # one page, one core: the readers are as many as the cores
    reader = default_reader(second)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)  # glibc would keep the 25 MB that loading the models took for a moment
    return reader

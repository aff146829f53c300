"""The sets of pages that accuracy is measured on, each page read once a process however many tests ask.

Only words, turn and seconds are kept: a reading's picture is 26 MB.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ocr.decode import Limits, frame
from ocr.reader import Reader, default_reader
from ocr.text import Line, nfc
from tests.accuracy.made_scans import Kind, made
from tests.accuracy.scoring import Judged, Score, judged, score, total

DATA = Path(__file__).parents[3] / "shared" / "data"
SCANS, FORMS, DESKEW = DATA / "scans", DATA / "forms", DATA / "deskew"
TRANSCRIPTS = Path(__file__).with_name("forms")
MADE_PAGES: dict[Kind, int] = {"clean": 8, "office": 12, "photocopy": 10}
"""Made pages of each kind in a run, all four layouts and eight settings of type among them."""

_PAGE_NUMBER = re.compile(r"\W*\d{1,3}\W*")
_NOT_PRINT = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A page to be read: the file, what is printed on it, and the true skew where it is known."""

    name: str
    file: bytes
    truth: str
    skew_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """What the reader made of a source. ``skew_error_deg`` is None where the true skew is not known."""

    name: str
    lines: tuple[Line, ...]
    truth: str
    skew_error_deg: float | None
    seconds: float

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def score(self) -> Score:
        return score(self.text, self.truth)

    @property
    def judged(self) -> list[Judged]:
        return judged([(word.text, word.confidence) for line in self.lines for word in line.words], self.truth)


@cache
def reader() -> Reader:
    return default_reader()


@cache
def pages_of(name: str) -> tuple[ReadPage, ...]:
    """The set ``name`` as read: nd96, hand, forms, clean, office or photocopy."""
    return tuple(_read(source) for source in _SETS[name]())


def score_of(name: str) -> Score:
    return total(page.score for page in pages_of(name))


def turned_pages() -> list[tuple[bytes, float]]:
    """The pages of ``deskew`` with the turn of their print, counter-clockwise positive."""
    rows = csv.DictReader((DESKEW / "angles.csv").read_text(encoding="utf-8").splitlines())
    here = [(DESKEW / row["file"], -float(row["angle_deg_clockwise"])) for row in rows]
    return [(path.read_bytes(), angle_deg) for path, angle_deg in here if path.is_file()]


def is_page_number(line: str) -> bool:
    """nd96 has one at the top of a page, which its truth leaves out."""
    return _PAGE_NUMBER.fullmatch(line) is not None


def _read(source: Source) -> ReadPage:
    raster = frame(source.file, 0, Limits())
    began = time.perf_counter()
    reading = reader().read(raster)
    seconds = time.perf_counter() - began
    lines = list(reading.text.lines)
    while source.name.startswith("nd96") and lines and is_page_number(lines[0].text):
        lines.pop(0)
    skew_error_deg = None if source.skew_deg is None else abs(reading.skew_deg - source.skew_deg)
    return ReadPage(
        name=source.name, lines=tuple(lines), truth=source.truth, skew_error_deg=skew_error_deg, seconds=seconds
    )


def _nd96() -> Iterator[Source]:
    for path in sorted((SCANS / "nd96").glob("*.png")):
        yield Source(name=f"nd96/{path.stem}", file=path.read_bytes(), truth=printed(path.with_suffix(".txt")))


def _hand() -> Iterator[Source]:
    for path in sorted((SCANS / "hand").glob("*.[jp][pn]g")):
        yield Source(name=f"hand/{path.stem}", file=path.read_bytes(), truth=printed(path.with_suffix(".txt")))


def _forms() -> Iterator[Source]:
    for path in sorted(TRANSCRIPTS.glob("*.txt")):
        picture = (FORMS / f"{path.stem}.png").read_bytes()
        yield Source(name=f"forms/{path.stem}", file=picture, truth=printed(path))


def _made(kind: Kind) -> Iterator[Source]:
    for seed in range(MADE_PAGES[kind]):
        scan = made(kind, seed)
        yield Source(name=f"{kind}/{seed}", file=scan.file, truth=scan.truth, skew_deg=scan.skew_deg)


def printed(path: Path) -> str:
    """A transcript without what was written by hand or stamped, and without what a seal hides."""
    return _NOT_PRINT.sub(" ", nfc(path.read_text(encoding="utf-8")))


_SETS: dict[str, Callable[[], Iterator[Source]]] = {
    "nd96": _nd96,
    "hand": _hand,
    "forms": _forms,
    "clean": lambda: _made("clean"),
    "office": lambda: _made("office"),
    "photocopy": lambda: _made("photocopy"),
}

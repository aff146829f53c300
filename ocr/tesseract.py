"""Tesseract through pytesseract. One process a page, one thread a process, the picture handed over as a file.

pytesseract given a PIL image writes a PNG first, which costs more than the recognition; given a path it
passes the path on. A PGM in shared memory costs nothing.
"""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path

import cv2
import pytesseract

from ocr import Pixels
from ocr.errors import EngineError, EngineMissing, EngineTimeout
from ocr.layout import reading_order
from ocr.text import Box, Line, PageText, Word, nfc

LANGUAGE = "vie"
_OPTIONS = "--oem 1 --psm 3 --dpi {dpi} -c tessedit_do_invert=0"
"""LSTM only; full page layout; no second try on white-on-black, which doubles the time of pages with frames."""
_SHARED_MEMORY = Path("/dev/shm")
_WORD_LEVEL = "5"
_COLUMNS = 12


class TesseractEngine:
    """Printed Vietnamese by Debian's tesseract-ocr-vie. Cheap to construct; see :class:`ocr.Engine`."""

    def __init__(self, language: str = LANGUAGE) -> None:
        self._language = language
        # OpenMP threads of several Tesseracts fight over the same cores: 520 s instead of 17 s in one report
        os.environ["OMP_THREAD_LIMIT"] = "1"

    @property
    def name(self) -> str:
        return "tesseract"

    @property
    def languages(self) -> str:
        return self._language

    @property
    def version(self) -> str:
        """Version of the program, asked for once a process; raises EngineMissing."""
        return _installed(self._language)

    def recognise(self, page: Pixels, dpi: int, timeout_s: float) -> PageText:
        """Words of a cleaned grey page in reading order, boxes in its pixels.

        Raises EngineTimeout when Tesseract needs longer than ``timeout_s`` (it is then killed), EngineMissing
        without the program or its language, EngineError when it fails on this page.
        """
        _installed(self._language)
        folder = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None
        with tempfile.TemporaryDirectory(prefix="motcua-ocr-", dir=folder) as place:
            path = Path(place) / "page.pgm"
            if not cv2.imwrite(str(path), page):
                raise EngineError(f"no room for the page at {folder or tempfile.gettempdir()}")
            return reading_order(_lines(self._run(path, dpi, timeout_s)))

    def _run(self, path: Path, dpi: int, timeout_s: float) -> str:
        try:
            table = pytesseract.image_to_data(
                str(path), lang=self._language, config=_OPTIONS.format(dpi=dpi), timeout=timeout_s
            )
        except pytesseract.TesseractError as error:
            raise EngineError(f"tesseract: status {error.status}") from error
        except RuntimeError as error:  # pytesseract's way to say that the time is over
            raise EngineTimeout(f"longer than {timeout_s:.0f} s") from error
        return str(table)


@functools.cache
def _installed(language: str) -> str:
    """The version; raise EngineMissing unless the program and the language are there."""
    try:
        version, languages = pytesseract.get_tesseract_version(), pytesseract.get_languages()
    except (pytesseract.TesseractNotFoundError, SystemExit) as error:
        raise EngineMissing("tesseract is not installed (Debian: tesseract-ocr)") from error
    if language not in languages:
        raise EngineMissing(f"language {language} is not installed (Debian: tesseract-ocr-{language})")
    return str(version)


def _lines(table: str) -> list[Line]:
    """Lines of Tesseract's TSV: level, page, block, paragraph, line, word, left, top, width, height, conf, text."""
    lines: dict[tuple[int, int, int], list[Word]] = {}
    for row in table.split("\n")[1:]:
        cells = row.split("\t")
        if len(cells) != _COLUMNS or cells[0] != _WORD_LEVEL or not cells[11].strip():
            continue
        block, paragraph, line, _, left, top, width, height = (int(cell) for cell in cells[2:10])
        word = Word(
            text=nfc(cells[11].strip()),
            box=Box(left=left, top=top, width=max(1, width), height=max(1, height)),
            confidence=min(1.0, max(0.0, float(cells[10]) / 100)),
        )
        lines.setdefault((block, paragraph, line), []).append(word)
    return [Line(words=tuple(words), block=block) for (block, _, _), words in lines.items()]

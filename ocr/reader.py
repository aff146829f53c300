"""One page, start to end: codes, pose, upright image, blank or not, cleaned copy, text."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np

from ocr import Engine, Glance, Raster, Reading, Recipe
from ocr.blank import is_blank, sharpness_of
from ocr.clean import PREP_VERSION, Cleaned, cleaned
from ocr.codes import read_codes
from ocr.errors import EngineMissing
from ocr.image import AS_IT_IS, Pose, grey_of, pose_of, straightened, two_levels
from ocr.line_engine import LineEngine, open_line_engine
from ocr.tesseract import LANGUAGE, TesseractEngine
from ocr.text import Line, PageText

_LOG = logging.getLogger(__name__)
_BASE_TIMEOUT_S, _TIMEOUT_S_PER_MEGAPIXEL = 20.0, 20.0
"""An ordinary page takes one second for its one megapixel; only a page that hangs the engine comes near this."""
_TITLE_ZONE = 0.55
"""The upper part of a page that holds head and title, or what goes on without one."""
_STRIP_SHARE = 0.3
_MIN_STRIP_WORDS, _STRIP_WINS = 3, 1.25


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads pages by one recipe. Holds no state: safe to build in every worker, to share between threads.

    ``recipe`` names how; the same recipe on the same raster gives the same reading.
    """

    engine: Engine
    recipe: Recipe

    def read(self, raster: Raster) -> Reading:
        """What the page says. ``raster`` is not changed; boxes of words are in pixels of ``Reading.upright``.

        A blank page is not sent to the engine and has no text. Raises EngineTimeout (may pass on another try),
        EngineMissing or EngineError.
        """
        blank, sharpness = is_blank(raster), round(sharpness_of(raster), 3)
        pose, level = (AS_IT_IS, straightened(raster, AS_IT_IS)) if blank else self._upright(raster)
        as_scanned = level.pixels is raster.pixels
        del raster  # a page of A3 in colour is 209 MB; where it was turned, only the turned one is needed from here on
        return Reading(
            upright=two_levels(level),
            as_scanned=as_scanned,
            skew_deg=round(pose.skew_deg, 3),
            turn_deg=pose.turn_deg,
            blank=blank,
            sharpness=sharpness,
            text=PageText() if blank else self._text(level),
            codes=read_codes(grey_of(level.pixels)),
            recipe=self.recipe,
        )

    def glance(self, raster: Raster) -> Glance:
        """Enough of a first page to name the document, for the clerk who is waiting: what stands in its upper part.

        Made for :func:`ocr.decode.glimpse`, a page at about 150 dpi; takes any. Nothing of it is kept: :meth:`read`
        follows in its turn. Raises as ``read`` does.
        """
        pose, level = self._upright(raster)
        rows = round(level.pixels.shape[0] * _TITLE_ZONE)
        top = Raster(pixels=level.pixels[:rows], dpi=level.dpi)
        return Glance(text=self._text(top), turn_deg=pose.turn_deg, skew_deg=round(pose.skew_deg, 3))

    def _upright(self, raster: Raster) -> tuple[Pose, Raster]:
        """How the page lies, and the page put right; the engine is asked where shapes do not tell up from down."""
        pose = pose_of(raster.pixels)
        level = straightened(raster, pose)
        if not pose.sure and self._upside_down(level):
            pose = pose.flipped
            level = straightened(raster, pose)
        return pose, level

    def _text(self, level: Raster) -> PageText:
        ready = cleaned(level.pixels, level.dpi)
        found = self.engine.recognise(ready.pixels, ready.dpi, _timeout_s(ready))
        lines = (
            tuple(replace(word, box=ready.to_upright(word.box, level.pixels)) for word in line.words)
            for line in found.lines
        )
        return PageText(
            lines=tuple(Line(words=words, block=line.block) for words, line in zip(lines, found.lines, strict=True))
        )

    def _upside_down(self, level: Raster) -> bool:
        """Whether the engine reads the fullest strip of the page clearly better on its head. Asks it twice."""
        ready = cleaned(level.pixels, level.dpi)
        strip = _fullest_strip(ready)
        as_is, on_head = (
            self.engine.recognise(np.ascontiguousarray(part), ready.dpi, _timeout_s(ready))
            for part in (strip, strip[::-1, ::-1])
        )
        return len(on_head.words) >= _MIN_STRIP_WORDS and _sense(on_head) > _STRIP_WINS * _sense(as_is)


def default_reader(second: bool = False) -> Reader:
    """The line engine, or pytesseract's where the line engine cannot run; raises EngineMissing where neither can.

    With ``second``, the line engine with a second reader and nothing instead; raises SecondMissing where its package
    is not installed. Loads models: some 100 ms, once a process.
    """
    engine = open_line_engine(second=True) if second else _line_engine() or TesseractEngine()
    return Reader(
        engine=engine,
        recipe=Recipe(engine=engine.name, engine_version=engine.version, languages=LANGUAGE, prep_version=PREP_VERSION),
    )


def _line_engine() -> LineEngine | None:
    try:
        return open_line_engine()
    except EngineMissing as missing:
        _LOG.warning("read by pytesseract instead: %s", missing)
        return None


def _timeout_s(ready: Cleaned) -> float:
    return _BASE_TIMEOUT_S + _TIMEOUT_S_PER_MEGAPIXEL * ready.pixels.size / 1e6


def _sense(text: PageText) -> float:
    """How much was read with confidence: letters weighted by the square of their word's confidence."""
    return sum(len(word.text) * word.confidence**2 for word in text.words)


def _fullest_strip(ready: Cleaned) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The band of full width with the most ink."""
    ink = np.concatenate(([0], np.cumsum((ready.pixels < 128).sum(axis=1))))
    tall = max(1, round(len(ready.pixels) * _STRIP_SHARE))
    top = int(np.argmax(ink[tall:] - ink[:-tall]))
    return ready.pixels[top : top + tall]

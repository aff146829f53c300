"""One page, start to end: codes, pose, upright image, blank or not, cleaned copy, text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ocr import Engine, Raster, Reading, Recipe
from ocr.blank import is_blank, sharpness_of
from ocr.clean import PREP_VERSION, Cleaned, cleaned
from ocr.codes import read_codes
from ocr.image import Pose, pose_of, straightened, two_levels
from ocr.tesseract import LANGUAGE, TesseractEngine
from ocr.text import Line, PageText, Word

_BASE_TIMEOUT_S, _TIMEOUT_S_PER_MEGAPIXEL = 20.0, 20.0
"""An ordinary page takes one second for its one megapixel; only a page that hangs the engine comes near this."""
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
        codes = read_codes(raster.pixels)
        blank = is_blank(raster)
        pose = Pose(turn_deg=0, skew_deg=0.0, sure=True) if blank else pose_of(raster.pixels)
        level = straightened(raster, pose)
        if not pose.sure and self._upside_down(level):
            pose = pose.flipped
            level = straightened(raster, pose)
        return Reading(
            upright=two_levels(level),
            skew_deg=round(pose.skew_deg, 3),
            turn_deg=pose.turn_deg,
            blank=blank,
            sharpness=round(sharpness_of(raster), 3),
            text=PageText() if blank else self._text(level),
            codes=codes,
            recipe=self.recipe,
        )

    def _text(self, level: Raster) -> PageText:
        ready = cleaned(level.pixels, level.dpi)
        found = self.engine.recognise(ready.pixels, ready.dpi, _timeout_s(ready))
        lines = (
            tuple(
                Word(text=word.text, box=ready.to_upright(word.box, level.pixels), confidence=word.confidence)
                for word in line.words
            )
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


def default_reader() -> Reader:
    """Tesseract with Debian's Vietnamese model; raises EngineMissing. Asks for the version once a process."""
    engine = TesseractEngine()
    return Reader(
        engine=engine,
        recipe=Recipe(engine=engine.name, engine_version=engine.version, languages=LANGUAGE, prep_version=PREP_VERSION),
    )


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

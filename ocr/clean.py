"""The picture the engine sees: seals dropped, paper evened out, letters at the height it reads best.

The page people see is not touched. No specks are filtered: at this scale most fade by themselves, and a
filter that takes them takes dots and tone marks of Vietnamese too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr import Pixels
from ocr.image import letter_boxes, letter_mask, reduced
from ocr.text import Box

PREP_VERSION = "1"
"""Part of every recipe: raise it with any change here that can change what is read."""

_LETTER_PX = 11.5
"""Height of letters at which Tesseract's Vietnamese model errs least (11 to 13 measured, README of the scans)."""
_USUAL_TO_MEDIAN = 0.85
_SCALES = (0.15, 2.5)
_READABLE_PX = (5.0, 90.0)
_COLOUR_SPREAD = 40
_COLOUR_SHARE = 0.0005
_PAPER_SIDE = 600
_PAPER_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A grey page for the engine; ``scale`` is its size relative to the upright image."""

    pixels: Pixels
    scale: float
    dpi: int

    def to_upright(self, box: Box, upright: Pixels) -> Box:
        """A box of the cleaned picture in pixels of the upright page, inside its bounds."""
        height, width = upright.shape[:2]
        left, top = int(box.left / self.scale), int(box.top / self.scale)
        right = min(width, max(left + 1, round(box.right / self.scale)))
        bottom = min(height, max(top + 1, round(box.bottom / self.scale)))
        left, top = min(left, right - 1), min(top, bottom - 1)
        return Box(left=left, top=top, width=right - left, height=bottom - top)


def cleaned(pixels: Pixels, dpi: float | None) -> Cleaned:
    """Prepare an upright page, grey or RGB; ``dpi`` of the page where it is known."""
    even = even_paper(one_channel(pixels))
    scale = _scale(even)
    if scale != 1.0:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        even = np.asarray(cv2.resize(even, None, fx=scale, fy=scale, interpolation=how), np.uint8)
    return Cleaned(pixels=even, scale=scale, dpi=max(70, round((dpi or 300.0) * scale)))


def one_channel(pixels: Pixels) -> Pixels:
    """Grey pages as they are; of a page with colour the red channel, in which a red seal is paper-white."""
    if pixels.ndim == 2:
        return pixels
    sample = pixels[::4, ::4].astype(np.int16)
    coloured = (sample.max(axis=2) - sample.min(axis=2) > _COLOUR_SPREAD).mean()
    if coloured > _COLOUR_SHARE:
        return np.ascontiguousarray(pixels[..., 0])
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def even_paper(grey: Pixels) -> Pixels:
    """The page divided by its own paper, so that shadows and tinted paper turn white and ink stays."""
    shrink = min(1.0, _PAPER_SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    side = max(3, round(max(small.shape) * _PAPER_SHARE) | 1)
    paper = cv2.GaussianBlur(
        cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), (0, 0), side / 2
    )
    full = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(full, 1), scale=255), np.uint8)


def _scale(grey: Pixels) -> float:
    """The factor that brings the page's letters to _LETTER_PX; 1.0 where no letters are found."""
    mask = letter_mask(reduced(grey))
    _, usual = letter_boxes(mask)
    height = usual * _USUAL_TO_MEDIAN * max(grey.shape) / max(mask.shape)
    if not _READABLE_PX[0] <= height <= _READABLE_PX[1]:
        return 1.0
    return float(np.clip(_LETTER_PX / height, *_SCALES))

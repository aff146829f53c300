"""The picture the engine sees: seals dropped, paper evened out, letters at the height it reads best.

The page people see is not touched. At this scale most specks fade by themselves; :mod:`ocr.specks` is asked only for
pages on which they abound.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr import Pixels
from ocr.letters import letter_boxes, letter_mask, reduced
from ocr.specks import is_speckled, without_dark_specks, without_light_specks
from ocr.text import Box

PREP_VERSION = "2"
"""Part of every recipe: raise it with any change here that can change what is read."""

X_PX = 11.5
"""About how tall small letters are on a cleaned page: the line network takes strips of that size."""
_USUAL_TO_X = 0.85
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
    grey = one_channel(pixels)
    scale = _scale(even_paper(reduced(grey)), max(grey.shape))
    page = even_paper(_scaled(grey, scale))
    if is_speckled(page):
        fewer = without_dark_specks(even_paper(grey), X_PX / scale)
        page = without_light_specks(page) if fewer is None else even_paper(_scaled(fewer, scale))
    return Cleaned(pixels=page, scale=scale, dpi=max(70, round((dpi or 300.0) * scale)))


def _scaled(grey: Pixels, scale: float) -> Pixels:
    if scale == 1.0:
        return grey
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def one_channel(pixels: Pixels) -> Pixels:
    """Grey pages as they are; of a page with colour the red channel, in which a red seal is paper-white."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = cv2.split(np.ascontiguousarray(pixels[::4, ::4]))
    spread = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    if (np.asarray(spread) > _COLOUR_SPREAD).mean() > _COLOUR_SHARE:
        return np.asarray(cv2.extractChannel(pixels, 0), np.uint8)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def even_paper(grey: Pixels) -> Pixels:
    """The page divided by its own paper, so that shadows and tinted paper turn white and ink stays."""
    shrink = min(1.0, _PAPER_SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    side = max(3, round(max(small.shape) * _PAPER_SHARE) | 1)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    paper = cv2.blur(cv2.blur(closed, (side, side)), (side, side))
    full = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(full, 1), scale=255), np.uint8)


def _scale(small: Pixels, side: int) -> float:
    """The factor that brings letters to X_PX on a page whose longest side is ``side``; 1.0 where none are found."""
    _, usual = letter_boxes(letter_mask(small))
    height = usual * _USUAL_TO_X * side / max(small.shape)
    if not _READABLE_PX[0] <= height <= _READABLE_PX[1]:
        return 1.0
    return float(np.clip(X_PX / height, *_SCALES))

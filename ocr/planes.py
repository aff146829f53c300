"""Whole planes of pixels at once: what a page is taken apart with. All are 8 bits a sample; masks are 0 and 255."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from ocr import Pixels
from ocr.text import Box

Reals = NDArray[np.float32]
_STRIP_PX = 240
_LEAST_KNOWN = 0.02
"""Share of known pixels about one from which their mean tells what is there."""


def filled(pixels: Pixels, holes: Pixels) -> Pixels:
    """``pixels`` with ``holes`` (not 0) bridged by a smooth blend of what lies around them, near or far."""
    kept = inverse(over(holes, 0))
    blend = sized(_pulled(_quarter(cv2.copyTo(pixels, kept)), _quarter(kept) / np.float32(255)), pixels)
    return np.asarray(cv2.copyTo(pixels, kept, blend), np.uint8)


def _quarter(pixels: MatLike) -> Reals:
    """Means of blocks of 4 x 4, few rows at once; an incomplete last row or column is left out."""
    height, width = (max(1, side // 4) for side in pixels.shape[:2])
    parts = [pixels[top : min(top + 256, height * 4), : width * 4] for top in range(0, height * 4, 256)]
    small = [
        cv2.resize(p.astype(np.float32), (width, max(1, len(p) // 4)), interpolation=cv2.INTER_AREA) for p in parts
    ]
    return np.asarray(np.concatenate(small), np.float32)


def _pulled(known: Reals, weight: Reals) -> Pixels:
    """Sums of known pixels divided by their weights; where there are none, those of ever wider surroundings."""
    value = np.full_like(known, 255)
    missing = np.full(weight.shape, 255, np.uint8)
    for reach in (1, 3, 9, 27, 81, 243):
        sums, weights = (plane if reach == 1 else cv2.blur(plane, (reach, reach)) for plane in (known, weight))
        found = missing & np.where(weights > _LEAST_KNOWN, np.uint8(255), np.uint8(0))
        cv2.copyTo(cv2.divide(sums, weights if known.ndim == 2 else cv2.merge([weights] * 3)), found, value)
        missing &= inverse(found)
        if not cv2.countNonZero(missing):
            break
    return np.asarray(np.clip(value + 0.5, 0, 255).astype(np.uint8))


def reduced(pixels: Pixels, factor: int) -> Pixels:
    """Means of whole blocks of ``factor`` x ``factor``; an incomplete last row or column is left out.

    Itself, not a copy, for a factor of 1. INTER_AREA is quick for 2 alone; a mean of all blocks, few rows at once, is
    for other factors.
    """
    if factor == 1:
        return pixels
    height, width = (max(1, side // factor) for side in pixels.shape[:2])
    if factor == 2:
        whole = pixels[: height * factor, : width * factor]
        return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    small = np.empty((height, width, *pixels.shape[2:]), np.uint8)
    for top, bottom in strips(height, _STRIP_PX // factor):
        part = pixels[top * factor : bottom * factor, : width * factor]
        means = cv2.blur(part, (factor, factor), anchor=(0, 0))
        cv2.resize(means, (width, bottom - top), small[top:bottom], interpolation=cv2.INTER_NEAREST)
    return small


def sized(pixels: Pixels, like: Pixels, how: int = cv2.INTER_LINEAR) -> Pixels:
    """``pixels`` at the size of ``like``."""
    return np.asarray(cv2.resize(pixels, (like.shape[1], like.shape[0]), interpolation=how), np.uint8)


def enlarged(pixels: Pixels, factor: int, top: int, bottom: int) -> Pixels:
    """Rows ``top`` to ``bottom`` of ``pixels`` made ``factor`` times as large, without making the rest."""
    first, last = max(0, top // factor - 1), min(len(pixels), -(-bottom // factor) + 1)
    part = pixels[first:last]
    wide = cv2.resize(part, (part.shape[1] * factor, len(part) * factor))
    return np.asarray(wide[top - first * factor : bottom - first * factor], np.uint8)


def strips(height: int, of: int = _STRIP_PX) -> Iterator[tuple[int, int]]:
    """First row and the one past the last of each strip of a page; the first is a multiple of 2, 3, 4 and 5."""
    for top in range(0, height, of):
        yield top, min(height, top + of)


def grey_of(pixels: Pixels) -> Pixels:
    """Luminance; a grey page is itself."""
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def cut(pixels: Pixels, box: Box) -> Pixels:
    """The part of a page that ``box`` frames, not copied."""
    return pixels[box.top : box.bottom, box.left : box.right]


def extremes(pixels: MatLike) -> tuple[Pixels, Pixels]:
    """The brightest and the darkest channel of each pixel."""
    red, green, blue = cv2.split(pixels)
    brightest, darkest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return np.asarray(brightest, np.uint8), np.asarray(darkest, np.uint8)


def over(pixels: MatLike, level: int) -> Pixels:
    """255 where a pixel is above ``level``."""
    return np.asarray(cv2.threshold(pixels, level, 255, cv2.THRESH_BINARY)[1], np.uint8)


def inverse(pixels: Pixels) -> Pixels:
    """Light for dark."""
    return np.asarray(cv2.bitwise_not(pixels), np.uint8)


def grown(pixels: MatLike, side: int) -> Pixels:
    """The brightest within ``side`` pixels."""
    return np.asarray(cv2.dilate(pixels, square(side)), np.uint8)


def closed(found: Pixels, reach: int) -> Pixels:
    """``found`` with gaps narrower than ``reach`` pixels filled."""
    if not cv2.countNonZero(found):
        return found
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_CLOSE, square(reach)), np.uint8)


def square(side: int) -> Pixels:
    """A kernel of ones."""
    return np.ones((side, side), np.uint8)


def odd_px(pixels: float) -> int:
    """The nearest odd number from 3 on, as kernels want it."""
    return max(3, round(pixels)) | 1

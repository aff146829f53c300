"""Whole planes of pixels at once: what a page is taken apart with. All are 8 bits a sample; masks are 0 and 255."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from ocr import Pixels
from ocr.text import Box

Reals = NDArray[np.float32]


def filled(pixels: Pixels, holes: Pixels) -> Pixels:
    """``pixels`` with ``holes`` (not 0) bridged by a smooth blend of what lies around them, near or far."""
    kept = inverse(over(holes, 0))
    shape = max(1, pixels.shape[1] // 4), max(1, pixels.shape[0] // 4)
    known, weight = (
        np.asarray(cv2.resize(part.astype(np.float32), shape, interpolation=cv2.INTER_AREA), np.float32)
        for part in (cv2.copyTo(pixels, kept), kept)
    )
    blend = sized(_pulled(known, weight / np.float32(255)), pixels)
    return np.asarray(cv2.copyTo(pixels, kept, blend), np.uint8)


def _pulled(known: Reals, weight: Reals) -> Pixels:
    """Sums of known pixels divided by their weights; where there are none, those of ever wider surroundings."""
    value = np.full_like(known, 255)
    missing = np.ones(weight.shape, bool)
    for reach in (1, 3, 9, 27, 81, 243):
        sums, weights = cv2.blur(known, (reach, reach)), cv2.blur(weight, (reach, reach))
        found = missing & (weights > 0.02)
        value[found] = sums[found] / (weights[found] if known.ndim == 2 else weights[found][:, None])
        missing &= ~found
        if not missing.any():
            break
    return np.asarray(np.clip(value + 0.5, 0, 255).astype(np.uint8))


def reduced(pixels: Pixels, factor: int) -> Pixels:
    """Means of whole blocks of ``factor`` x ``factor``; an incomplete last row or column is left out.

    Itself, not a copy, for a factor of 1.
    """
    if factor == 1:
        return pixels
    height, width = (max(1, side // factor) for side in pixels.shape[:2])
    whole = pixels[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def sized(pixels: Pixels, like: Pixels, how: int = cv2.INTER_LINEAR) -> Pixels:
    """``pixels`` at the size of ``like``."""
    return np.asarray(cv2.resize(pixels, (like.shape[1], like.shape[0]), interpolation=how), np.uint8)


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

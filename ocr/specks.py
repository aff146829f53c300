"""Specks of a poor photocopy, told from the dots and marks of Vietnamese by what is measured on the page.

A filter by size alone takes dots and tone marks too (2 to 3 % of characters of a clean page), so nothing is done
unless specks abound. On a grey copy the toner of print has faded while specks are black: they are taken by their
darkness. On a black-and-white one only their mass is left to go by, and as little is taken as helps.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels

_MANY = 0.25
"""So many specks a letter make a page speckled: clean pages and scans measure up to 0.1, poor copies over 1."""
_INK, _FAINT_INK = 205, 180
_SPECK_MASS = 2.0
"""Of a page whose small letters are 11.5 px tall, in pixels of full black: a full stop has 4."""
_SPECK_SIDE, _SPECK_AREA = 5, 4
_IN_A_ROW = 14
"""So many dots on one level are a leader; of 2,500 specks on a page six are."""
_LETTER_SIDE = 7
_DARKER = 0.75
"""How dark a speck is against the darkest tenth of print, both 0 for black."""
_BLACK = 30
_SIDE_SHARE = 0.3
"""Longest side of a speck, in heights of small letters."""


def is_speckled(cleaned: Pixels) -> bool:
    """Whether specks abound on a cleaned page. Dots that stand in a row lead from a label to its blank and are none."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((cleaned < _INK).astype(np.uint8), connectivity=8)
    sides, areas = stats[1:, 2:4].max(axis=1), stats[1:, cv2.CC_STAT_AREA]
    feet = stats[1:, 1] + stats[1:, 3]
    small = (sides <= _SPECK_SIDE) & (areas <= _SPECK_AREA)
    level = np.convolve(np.bincount(feet[small], minlength=len(cleaned) + 2), (1, 1, 1), "same")
    specks = small & (level[feet] < _IN_A_ROW)
    return bool(specks.sum() > _MANY * max(1, (sides >= _LETTER_SIDE).sum()))


def without_dark_specks(even: Pixels, x_px: float) -> Pixels | None:
    """A grey page (paper 255) without specks darker than its print; None where print itself is black."""
    print_level = (
        float(np.percentile(cv2.blur(even, (5, 5))[even < _FAINT_INK], 10)) if (even < _FAINT_INK).any() else 0
    )
    if print_level < _BLACK:
        return None
    count, labels, sides, _ = _pieces(even, round(print_level * _DARKER))
    chosen = np.zeros(count, bool)
    chosen[1:] = sides <= max(3, _SIDE_SHARE * x_px)
    spots = cv2.dilate(chosen[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    around = cv2.medianBlur(even, 9)
    return cv2.medianBlur(np.where(spots, around, even), 3)  # type: ignore[return-value]


def without_light_specks(cleaned: Pixels) -> Pixels:
    """A cleaned page without pieces lighter than a full stop."""
    count, labels, sides, masses = _pieces(cleaned, _INK)
    chosen = np.zeros(count, bool)
    chosen[1:] = (masses < _SPECK_MASS) & (sides <= _SPECK_SIDE)
    spots = cv2.dilate(chosen[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = cv2.dilate((~chosen[labels] & (labels > 0)).astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
    return np.where(spots & ~kept, np.uint8(255), cleaned)


def _pieces(page: Pixels, ink: int) -> tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """How many labels there are, the labels, and the longest side and mass of each piece (label 0 left out)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((page < ink).astype(np.uint8), connectivity=8)
    darkness = np.subtract(255, page, dtype=np.float32)
    masses = np.bincount(labels.ravel(), weights=darkness.ravel(), minlength=count) / 255
    return count, np.asarray(labels, np.int32), np.asarray(stats[1:, 2:4].max(axis=1), np.int32), masses[1:]

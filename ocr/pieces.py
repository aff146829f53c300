"""Pieces of ink on a page, without its rules and frames, chained from left to right into lines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]

TALLEST_X = 2.3
"""A letter with two storeys of marks grown to it is so many x tall; taller pieces are no letters of ordinary print."""
_INK = (110, 200)
"""Bounds of the grey below which something is ink; paper is 255."""
_RULE_LONG_X, _RULE_TALL_X, _SURE_RULE_X = 6.0, 4.0, 8.0
_BOX_TALL_X, _BOX_WIDE_X, _SERIF_X, _STEM_X = 2.5, 2.2, 0.8, 0.35
"""Low uprights are sides of boxes if both ends lie on level strokes, higher ones rules unless both ends have serifs."""
_LARGE_X = 1.7
"""A chain of pieces of this height is of larger print, capitals without marks being 1.5 x tall."""
_LOWEST_X = 0.55
_BIG_LETTER_X = 6.0
_WIDEST_X = 12.0
_MIN_AREA_PX = 6
_GAP_X = 2.4
"""Wider gaps part lines: columns, and words that a frame holds apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Joined pieces of ink without rules: row n of the arrays is label n + 1 of ``labels``."""

    labels: Ints
    left: Ints
    top: Ints
    width: Ints
    height: Ints
    area: Ints
    uprights: Pixels
    rules: Pixels

    @property
    def right(self) -> Ints:
        return self.left + self.width

    @property
    def bottom(self) -> Ints:
        return self.top + self.height

    @staticmethod
    def of(small: Pixels, x: float) -> Pieces:
        split, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        ink = np.asarray(small < np.clip(split, *_INK), np.uint8)
        long = _opened(ink, round(_RULE_LONG_X * x), 1)
        sides = _boxed(_opened(ink, 1, round(_BOX_TALL_X * x)), ink, x)
        tall = _opened(ink, 1, round(_SURE_RULE_X * x)) | sides
        rules = _grown(long, 1, 3) | _grown(tall, 3, 1)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ink & (1 - rules), connectivity=8)
        left, top, width, height, area = (np.ascontiguousarray(column, np.int32) for column in stats[1:].T)
        return Pieces(
            labels=np.asarray(labels, np.int32),
            left=left,
            top=top,
            width=width,
            height=height,
            area=area,
            uprights=tall,
            rules=rules,
        )


def _boxed(uprights: Pixels, ink: Pixels, x: float) -> Pixels:
    """Uprights thinner than stems of large print that are no strokes of it: by their ends."""
    stem = max(3, round(_STEM_X * x))
    thin = uprights & (1 - _grown(_opened(uprights, stem, 1), 3, 3))
    sides = np.zeros_like(ink)
    if not cv2.countNonZero(thin):
        return sides
    thick = _opened(ink, stem, 1)
    level, serif = (_grown(_opened(ink, round(wide * x), 1), 3, 7) > 0 for wide in (_BOX_WIDE_X, _SERIF_X))
    labels = cv2.connectedComponents(thin, connectivity=8)[1]
    rows, columns = np.nonzero(thin)
    label = np.asarray(labels[rows, columns] - 1, np.int32)
    area = np.bincount(label)
    tops, bottoms = np.full(len(area), len(ink)), np.zeros(len(area), np.int64)
    np.minimum.at(tops, label, rows)
    np.maximum.at(bottoms, label, rows)
    across = np.asarray(np.bincount(label, weights=columns) / area, np.int64)
    kept = np.bincount(label, weights=thick[rows, columns]) <= 0.5 * area
    boxed, stroke = (ends[tops, across] & ends[bottoms, across] for ends in (level, serif))
    kept &= boxed | (~stroke & (bottoms - tops >= _RULE_TALL_X * x - 1))
    sides[rows[kept[label]], columns[kept[label]]] = 1
    return sides


def _opened(ink: Pixels, wide: int, tall: int) -> Pixels:
    """What of the ink holds a rectangle of this size."""
    return np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((tall, wide), np.uint8)), np.uint8)


def _grown(ink: Pixels, wide: int, tall: int) -> Pixels:
    return np.asarray(cv2.dilate(ink, np.ones((tall, wide), np.uint8)), np.uint8)


def chained(pieces: Pieces, x: float) -> Ints:
    """The number of the chain each piece stands in, from 1; 0 for marks, specks and drawings.

    Taller pieces than letters are two lines grown together or letters of a larger print: they chain among themselves,
    unless they lie over two chains of ordinary letters.
    """
    low, high = _LOWEST_X * x, TALLEST_X * x
    sized = (pieces.width <= _WIDEST_X * x) & (pieces.area >= _MIN_AREA_PX)
    letters = sized & (pieces.height >= low) & (pieces.height <= high)
    chain = _linked(pieces, letters, _GAP_X * x)
    tall = sized & (pieces.height > high) & (pieces.height <= _BIG_LETTER_X * x)
    crossed = _crossed(pieces, chain, np.asarray(np.nonzero(tall)[0], np.int32), x)
    big = tall.copy()
    for at, over in crossed.items():
        big[at] = not over
    if (tall & ~big).any():
        joined = np.array([at for at, over in crossed.items() if len(over) == 1], np.int64)
        letters[joined] = True
        chain = _linked(pieces, letters, _GAP_X * x)
    if big.any():
        big |= _in_large_chains(pieces, chain, x)
        larger = _linked(pieces, big, float(np.median(pieces.height[big])) * _GAP_X * 0.6)
        chain = np.where(larger > 0, larger + chain.max(initial=0), chain)
    numbers = np.unique(chain[chain > 0])
    return np.asarray(np.where(chain > 0, np.searchsorted(numbers, chain) + 1, 0), np.int32)


def _in_large_chains(pieces: Pieces, chain: Ints, x: float) -> Flags:
    """Pieces in chains whose usual piece is too tall for ordinary print."""
    large = [
        number
        for number in range(1, int(chain.max(initial=0)) + 1)
        if np.median(pieces.height[chain == number]) > _LARGE_X * x
    ]
    return np.isin(chain, large)


def _crossed(pieces: Pieces, chain: Ints, tall: Ints, x: float) -> dict[int, list[int]]:
    """For each tall piece the chains whose small letters it reaches over."""
    count = int(chain.max(initial=0)) + 1
    left, right = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(left, chain, pieces.left)
    np.maximum.at(right, chain, pieces.right)
    feet = np.array([0.0, *(np.median(pieces.bottom[chain == number]) for number in range(1, count))])
    left[0], right[0] = np.inf, -np.inf
    found: dict[int, list[int]] = {}
    for at in tall:
        beside = (left - _GAP_X * x < pieces.left[at]) & (pieces.right[at] < right + _GAP_X * x)
        over = (pieces.top[at] < feet - 0.4 * x) & (pieces.bottom[at] > feet - 0.6 * x)
        found[int(at)] = [int(number) for number in np.nonzero(beside & over)[0]]
    return found


def _linked(pieces: Pieces, which: Flags, gap: float) -> Ints:
    """Chains by drawing the middle half of each piece, drawn out to the right by ``gap``, and joining what touches.

    The middle half of any letter lies in the band of small letters, which lines above and below never reach.
    """
    band = np.zeros(pieces.labels.shape, np.uint8)
    chosen = np.nonzero(which)[0]
    starts = np.asarray(pieces.top + pieces.height * 0.25, np.int32)
    ends = np.maximum(starts + 1, np.asarray(np.ceil(pieces.top + pieces.height * 0.75), np.int32))
    rights = np.asarray(pieces.right + gap, np.int32)
    for at in chosen:
        band[starts[at] : ends[at], pieces.left[at] : rights[at]] = 1
    band[pieces.uprights > 0] = 0
    joined = np.asarray(cv2.connectedComponents(band, connectivity=4)[1], np.int32)
    tall, wide = pieces.labels.shape
    across = np.minimum(pieces.left[chosen] + pieces.width[chosen] // 2, wide - 1)
    chain = np.zeros(len(pieces.left), np.int32)
    chain[chosen] = joined[np.minimum(starts[chosen], tall - 1), across]
    numbers = np.unique(chain[chain > 0])
    chain[chain > 0] = np.searchsorted(numbers, chain[chain > 0]) + 1
    return chain

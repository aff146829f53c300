"""Is there anything on this page, and is it sharp? A blank page is a flag for a person, never a deletion.

A back that bears half a seal, a signature or a page number is not blank (peers drop those silently: a
threshold on the share of dark pixels cannot tell them from dirt). So pieces of ink are judged one by one, by
their size on paper: bleed-through is too pale, specks too small, streaks too thin, edges and punch holes give
themselves away by place and shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from ocr import Pixels, Raster
from ocr.image import grey_of, paper_of
from ocr.letters import Labels, labelled

_WORK_SIDE = 1200
_SHEET_MM = 297.0
"""Assumed longest side where the resolution is unknown."""
_FAINT, _STRONG = 36, 60
"""Darkness against the paper, of 255, in the channel that shows it best. Show-through stays under 36."""
_DARK = 110
_COLOUR = 30
"""Spread of a piece's darkness between channels from which it is ink: shadows and dust are grey."""
_PAPER_MM, _PAPER_STEP = 8.0, 4
_JOIN_MM = 0.4
_EDGE_MM = 4.0
_SPECK_MM = 1.6
"""The figure of a page number in 8 points is 1.9 mm tall."""
_GRAINS_MM = 5.0
"""Grains that lie together over this length are a dry seal or a faded stroke, not dirt."""
_STREAK_MM = (1.7, 60.0)
_FOLD_MM, _PALE = 8.0, 0.15
"""A straight line as thin as a streak and longer than this, with less strong ink in it, is a piece of a fold."""
_HOLE_MM, _HOLE_FROM_EDGE_MM = (3.5, 9.5), 22.0
_SPECK_OFF = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
_RIM_FROM, _RIM_PARTS, _WHOLE_RIM = 0.7, 24, 0.95
"""Discs and rings have ink in every direction so far out on the circle around them; two figures have not."""
_MIN_STRONG_MM2 = 0.1
_SOLID = 0.45


def is_blank(page: Raster) -> bool:
    """True when nothing on the page was put there by a printer, a pen or a stamp."""
    small = _reduced(page.pixels)
    scale = max(small.shape[:2]) / max(page.pixels.shape[:2])
    px_mm = (page.dpi * scale / 25.4) if page.dpi else max(small.shape[:2]) / _SHEET_MM
    return not any(_is_ink(piece) for piece in _pieces(_ink_of(small, px_mm), px_mm))


def _reduced(pixels: Pixels) -> Pixels:
    """At _WORK_SIDE: whole steps average, which is quick, the rest is bilinear."""
    steps = max(1, max(pixels.shape[:2]) // _WORK_SIDE)
    height, width = (side // steps for side in pixels.shape[:2])
    if steps > 1:
        whole = pixels[: height * steps, : width * steps]
        pixels = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    scale = min(1.0, _WORK_SIDE / max(height, width))
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ink:
    """Darkness of each pixel against its paper in the channel that shows it best, and its spread over the channels."""

    darkness: Pixels
    colour: Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """One joined piece of ink; lengths in millimetres of paper, ``inset`` its distance from the nearest edge.

    ``thick`` is the shorter side of the rectangle around it at its own angle, ``rim`` the share of directions
    in which it reaches far out on the circle around it.
    """

    width: float
    height: float
    thick: float
    area: float
    strong: float
    rim: float
    inset: float
    colour: float

    @property
    def fill(self) -> float:
        return self.area / (self.width * self.height)


def _is_ink(piece: _Piece) -> bool:
    long, short = max(piece.width, piece.height), min(piece.width, piece.height)
    if long < _SPECK_MM or piece.strong < _MIN_STRONG_MM2:
        return False
    if piece.thick < _STREAK_MM[0] and (
        long > _STREAK_MM[1] or (long > _FOLD_MM and piece.strong < _PALE * piece.area)
    ):
        return False
    at_edge = piece.inset <= _EDGE_MM + 0.5 and (piece.fill >= _SOLID or short < _EDGE_MM)
    if at_edge:
        return piece.colour >= _COLOUR and short < long * _SOLID + _EDGE_MM
    return not _is_hole(piece)


def _is_hole(piece: _Piece) -> bool:
    """A disc or a ring the size of a punch hole, where holes are punched."""
    low, high = _HOLE_MM
    sized = low <= piece.width <= high and low <= piece.height <= high
    return sized and piece.rim >= _WHOLE_RIM and piece.inset < _HOLE_FROM_EDGE_MM


def _ink_of(small: Pixels, px_mm: float) -> _Ink:
    """Against the paper around, and, where it is a good deal darker than the sheet, against that: a red seal is dark
    in green, and the middle of a photo has no paper around it."""
    local = cv2.subtract(_paper_around(small, px_mm), small)
    sheet = paper_of(small)
    overall = cv2.subtract(np.full_like(small, sheet if small.ndim == 3 else sheet[0]), small)
    darkness = cv2.max(local, cv2.threshold(overall, _DARK, 255, cv2.THRESH_TOZERO)[1])
    if darkness.ndim == 2:
        return _Ink(darkness=np.asarray(darkness, np.uint8), colour=np.zeros_like(small))
    red, green, blue = cv2.split(darkness)
    most, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return _Ink(darkness=np.asarray(most, np.uint8), colour=np.asarray(cv2.subtract(most, least), np.uint8))


def _paper_around(small: Pixels, px_mm: float) -> Pixels:
    """The paper under every pixel: whatever is narrower than _PAPER_MM closed over, at a quarter of the size."""
    height, width = small.shape[:2]
    size = (max(1, width // _PAPER_STEP), max(1, height // _PAPER_STEP))
    coarse = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    side = max(3, round(_PAPER_MM * px_mm / _PAPER_STEP) | 1)
    closed = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(cv2.resize(closed, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _pieces(ink: _Ink, px_mm: float) -> Iterator[_Piece]:
    faint = np.asarray(cv2.threshold(ink.darkness, _FAINT, 1, cv2.THRESH_BINARY)[1], np.uint8)
    band = max(1, round(_EDGE_MM * px_mm))
    faint[:band], faint[-band:], faint[:, :band], faint[:, -band:] = 0, 0, 0, 0
    at = np.flatnonzero(faint.view(np.bool_))
    join = max(1, round(_JOIN_MM * px_mm))
    labels, stats = labelled(np.asarray(cv2.dilate(faint, np.ones((join + 1, join + 1), np.uint8)), np.uint8))
    mine, dark, tint = labels.ravel()[at], ink.darkness.ravel()[at], ink.colour.ravel()[at]
    sums = (None, dark > _STRONG, tint, _in_a_stroke(faint, at, px_mm))
    counts = np.stack([np.bincount(mine, weights=each, minlength=len(stats)) for each in sums], axis=1)
    big = (stats[:, 2:4].max(axis=1) >= _GRAINS_MM * px_mm) | (counts[:, 3] > 0)
    for label in np.flatnonzero(big & (counts[:, 1] > 0)):
        yield _piece(labels, stats[label], (int(label), counts[label]), px_mm)


def _in_a_stroke(faint: Pixels, at: NDArray[np.int64], px_mm: float) -> NDArray[np.bool_]:
    """Which pixels of faint ink are in one unbroken stroke longer than a speck, and not in a row of specks."""
    strokes, stats = labelled(faint)
    long = stats[:, 2:4].max(axis=1) >= _SPECK_MM * px_mm
    return np.asarray(long[strokes.ravel()[at]], np.bool_)


def _piece(labels: Labels, stat: NDArray[np.int32], label: tuple[int, NDArray[np.float64]], px_mm: float) -> _Piece:
    """``label`` is its number, its pixels of faint ink and of strong ink, and the sum of their colour."""
    left, top, width, height = (int(value) for value in stat[:4])
    number, (area, heavy, colour, _) = label
    own = np.asarray(labels[top : top + height, left : left + width] == number, np.uint8)
    hull = cv2.convexHull(np.argwhere(own)[:, ::-1].astype(np.int32))
    tall, wide = labels.shape
    inset = min(left, top, wide - left - width, tall - top - height)
    return _Piece(
        width=width / px_mm,
        height=height / px_mm,
        thick=min(cv2.minAreaRect(hull)[1]) / px_mm,
        area=area / px_mm**2,
        strong=heavy / px_mm**2,
        rim=_rim(own, hull),
        inset=max(0, inset) / px_mm,
        colour=colour / max(area, 1),
    )


def _rim(own: Pixels, hull: MatLike) -> float:
    """The share of directions from the middle in which the piece reaches far out; specks on a disc do not count."""
    framed = cv2.copyMakeBorder(own, 3, 3, 3, 3, cv2.BORDER_CONSTANT)
    core = np.asarray(cv2.morphologyEx(framed, cv2.MORPH_OPEN, _SPECK_OFF)[3:-3, 3:-3], np.uint8)
    if core.sum() > own.sum() * 0.6:
        own, hull = core, cv2.convexHull(np.argwhere(core)[:, ::-1].astype(np.int32))
    (x, y), radius = cv2.minEnclosingCircle(hull)
    down, across = np.nonzero(own)
    far = np.hypot(across - x, down - y) > _RIM_FROM * radius
    parts = np.arctan2(down[far] - y, across[far] - x) * (_RIM_PARTS / (2 * np.pi))
    return len(np.unique(np.floor(parts))) / _RIM_PARTS


_SHARP_SLOPE = 0.4
"""Steepest edge of a good scan at 300 dpi, in contrasts a pixel."""
_MIN_CONTRAST = 40.0
_SAMPLE, _STRIP_ROWS = 4, 64


def sharpness_of(page: Raster) -> float:
    """0 (nothing but blur) to 1 (edges as a good scanner draws them at 300 dpi); 1.0 for a page without ink."""
    pixels = page.pixels
    sample = np.ascontiguousarray(pixels[::_SAMPLE, ::_SAMPLE])
    dark, light = (float(value) for value in np.percentile(grey_of(sample), (0.5, 95)))
    if light - dark < _MIN_CONTRAST:
        return 1.0
    tops = range(0, len(pixels), 2 * _STRIP_ROWS)  # every second strip: as good, in half the time
    slopes = np.concatenate([_slopes(pixels[top : top + _STRIP_ROWS]) for top in tops])
    steepest = float(np.percentile(slopes, 99.5))
    fineness = (page.dpi or 300.0) / 300.0
    return min(1.0, steepest / (light - dark) * fineness / _SHARP_SLOPE)


def _slopes(strip: Pixels) -> NDArray[np.float32]:
    """Steepness, in grey levels a pixel, at every _SAMPLE-th pixel of a strip of the page."""
    grey = grey_of(strip)
    across, down = (
        cv2.Sobel(grey, cv2.CV_16S, x, y)[::_SAMPLE, ::_SAMPLE].astype(np.float32) for x, y in ((1, 0), (0, 1))
    )
    return np.asarray(cv2.magnitude(across, down) / 8, np.float32).ravel()

"""Is there anything on this page, and is it sharp? A blank page is a flag for a person, never a deletion.

A back that bears half a seal, a signature or a page number is not blank (peers drop those silently: a
threshold on the share of dark pixels cannot tell them from dirt). So pieces of ink are judged one by one, by
their size on paper: bleed-through is too pale, specks too small, streaks too thin, edges and punch holes give
themselves away by place and shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels, Raster
from ocr.image import grey_of, paper_of

_WORK_SIDE = 1200
_SHEET_MM = 297.0
"""Assumed longest side where the resolution is unknown."""
_FAINT, _STRONG = 40, 64
"""Darkness against the paper, of 255, in the channel that shows it best. Show-through stays under 40."""
_DARK = 110
_PAPER_MM = 8.0
_JOIN_MM = 0.4
_EDGE_MM = 4.0
_SPECK_MM = 1.7
"""The figure of a page number in 8 points is 1.9 mm tall."""
_GRAINS_MM = 5.0
"""Grains that lie together over this length are a dry seal or a faded stroke, not dirt."""
_STREAK_MM = (1.2, 60.0)
_HOLE_MM, _HOLE_FROM_EDGE_MM = (3.5, 9.5), 22.0
_MIN_STRONG_MM2 = 0.25
_SOLID = 0.45


def is_blank(page: Raster) -> bool:
    """True when nothing on the page was put there by a printer, a pen or a stamp."""
    scale = min(1.0, _WORK_SIDE / max(page.pixels.shape[:2]))
    small = cv2.resize(page.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    px_mm = (page.dpi * scale / 25.4) if page.dpi else max(small.shape[:2]) / _SHEET_MM
    darkness = _darkness(np.asarray(small, np.uint8), px_mm)
    return not any(_is_ink(piece) for piece in _pieces(darkness, px_mm))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """One joined piece of ink; lengths in millimetres of paper, ``inset`` its distance from the nearest edge."""

    width: float
    height: float
    area: float
    strong: float
    hull: float
    inset: float

    @property
    def fill(self) -> float:
        return self.area / (self.width * self.height)


def _is_ink(piece: _Piece) -> bool:
    long, short = max(piece.width, piece.height), min(piece.width, piece.height)
    speck = long < _SPECK_MM or piece.strong < _MIN_STRONG_MM2
    streak = short < _STREAK_MM[0] and long > _STREAK_MM[1]
    edge = piece.inset <= _EDGE_MM + 0.5 and (piece.fill >= _SOLID or short < _EDGE_MM)
    return not (speck or streak or edge or _is_hole(piece))


def _is_hole(piece: _Piece) -> bool:
    """A disc or a ring the size of a punch hole, where holes are punched."""
    low, high = _HOLE_MM
    sized = low <= piece.width <= high and low <= piece.height <= high
    square = abs(piece.width - piece.height) <= 0.2 * max(piece.width, piece.height)
    round_hull = abs(piece.hull / (piece.width * piece.height) - np.pi / 4) < 0.09
    return bool(sized and square and round_hull and piece.inset < _HOLE_FROM_EDGE_MM)


def _darkness(pixels: Pixels, px_mm: float) -> Pixels:
    """How much darker than its paper each pixel is, in the channel that shows it best: a red seal is dark in green."""
    channels = pixels if pixels.ndim == 3 else pixels[..., None]
    side = max(3, round(_PAPER_MM * px_mm) | 1)
    darkness = np.zeros(pixels.shape[:2], np.uint8)
    for value, sheet in zip(np.moveaxis(channels, 2, 0), paper_of(pixels), strict=False):
        plane = np.ascontiguousarray(value)
        paper = cv2.morphologyEx(plane, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
        local = cv2.subtract(paper, plane)
        overall = cv2.subtract(np.full_like(plane, sheet), plane)
        darkness = np.maximum(darkness, np.maximum(local, np.where(overall > _DARK, overall, 0)))
    return darkness


def _pieces(darkness: Pixels, px_mm: float) -> list[_Piece]:
    faint, strong = darkness > _FAINT, darkness > _STRONG
    band = max(1, round(_EDGE_MM * px_mm))
    for part in (np.s_[:band], np.s_[-band:], np.s_[:, :band], np.s_[:, -band:]):
        faint[part] = False
    join = max(1, round(_JOIN_MM * px_mm))
    joined = cv2.dilate(faint.astype(np.uint8), np.ones((join + 1, join + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    area = np.bincount(labels[faint], minlength=count)
    heavy = np.bincount(labels[faint & strong], minlength=count)
    big = (stats[:, 2:4].max(axis=1) >= _GRAINS_MM * px_mm) | _holds_a_stroke(
        faint, np.asarray(labels, np.int32), px_mm
    )
    found = (at for at in np.nonzero(big & (heavy > 0))[0] if at)
    numbered = np.asarray(labels, np.int32)
    return [
        _piece(numbered, np.asarray(stats[at], np.int32), (int(at), int(area[at]), int(heavy[at])), px_mm)
        for at in found
    ]


def _holds_a_stroke(faint: NDArray[np.bool_], labels: NDArray[np.int32], px_mm: float) -> NDArray[np.bool_]:
    """For each joined piece, whether one unbroken stroke in it is longer than a speck; else it is specks in a row."""
    _, strokes, stats, _ = cv2.connectedComponentsWithStats(faint.astype(np.uint8), connectivity=8)
    long = stats[:, 2:4].max(axis=1) >= _SPECK_MM * px_mm
    long[0] = False
    held = np.zeros(int(labels.max()) + 1, np.bool_)
    held[np.unique(labels[long[strokes]])] = True
    return held


def _piece(labels: NDArray[np.int32], stat: NDArray[np.int32], counts: tuple[int, int, int], px_mm: float) -> _Piece:
    """``counts`` are the label and its pixels of faint and of strong ink."""
    left, top, width, height = (int(value) for value in stat[:4])
    label, area, heavy = counts
    own = np.asarray(labels[top : top + height, left : left + width] == label, np.uint8)
    hull = cv2.convexHull(np.argwhere(own)[:, ::-1].astype(np.int32))
    tall, wide = labels.shape
    inset = min(left, top, wide - left - width, tall - top - height)
    return _Piece(
        width=width / px_mm,
        height=height / px_mm,
        area=area / px_mm**2,
        strong=heavy / px_mm**2,
        hull=cv2.contourArea(hull) / px_mm**2,
        inset=max(0, inset) / px_mm,
    )


_SHARP_SLOPE = 0.4
"""Steepest edge of a good scan at 300 dpi, in contrasts a pixel."""
_MIN_CONTRAST = 40.0


def sharpness_of(page: Raster) -> float:
    """0 (nothing but blur) to 1 (edges as a good scanner draws them at 300 dpi); 1.0 for a page without ink."""
    grey = grey_of(page.pixels)
    dark, light = (float(value) for value in np.percentile(grey[::4, ::4], (0.5, 95)))
    if light - dark < _MIN_CONTRAST:
        return 1.0
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    steepest = float(np.percentile(cv2.magnitude(across, down)[::2, ::2], 99.5))
    fineness = (page.dpi or 300.0) / 300.0
    return min(1.0, steepest / (light - dark) * fineness / _SHARP_SLOPE)

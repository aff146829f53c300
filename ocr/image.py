"""Geometry of a page, as pure arrays: which way up, how much askew, and both put right in one interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels, Raster

cv2.setNumThreads(1)  # pages run side by side in worker processes; threads inside one only fight over the cores

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

MAX_SKEW_DEG = 15.0
_WORK_SIDE = 1800
"""Longest side of the picture that is measured (about 150 dpi on A4): marks still stand apart from letters."""
_MARGIN = 0.015
_LETTER_SIDE = 0.08
"""A component longer than this share of the page is a rule, a frame, a picture or the scanner's edge."""
_COARSE_STEP_DEG, _FINE_STEP_DEG = 0.25, 0.02
_MIN_POINTS = 200
_MIN_SPREAD = 0.12
"""Print narrower than this share of the page's longer side says nothing of the page: a seal sits as it was struck."""
_MIN_PEAK = 1.6
"""Pages of print measure 2.5 to 8, a lone half seal on an empty back up to 1.3."""
_MIN_AXIS_RATIO = 1.2
_SMALLEST_LETTER_PX = 5
"""On the reduced page; the dots of a dotted line have 3 or 4."""
_STRIPS, _MAX_MARKS = 8, 4000
_MIN_STRIP_LETTERS = 15
_MIN_UPRIGHT, _MAX_LEAN = 5.0, 4.0
"""Pages of Vietnamese print measure 7 to 20; feet and tops alone, without marks, never suffice."""
_MARK_SIDE, _MARK_REACH = 0.6, 0.7
"""Shares of the usual letter: how tall a mark is at most, and how far from its letter."""
_LEAVE_DEG = 0.05
"""Skew not worth an interpolation: two pixels across an A4 page at 300 dpi."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How the print lies on the sheet.

    ``turn_deg`` is the clockwise turn (0, 90, 180, 270) that sets it upright, ``skew_deg`` what is left after
    it, counter-clockwise positive, 0.0 where no angle stands out. ``sure`` is False where up and down could
    not be told apart by shapes alone: the turn may then be 180 degrees off, and a recogniser should decide.
    """

    turn_deg: int
    skew_deg: float
    sure: bool

    @property
    def flipped(self) -> Pose:
        """The same lines read the other way up; skew does not change under half a turn."""
        return Pose(turn_deg=(self.turn_deg + 180) % 360, skew_deg=self.skew_deg, sure=self.sure)


def pose_of(pixels: Pixels) -> Pose:
    """Measure turn and skew of a grey or RGB page; a page without lines of print is left alone (0, 0.0, sure)."""
    small = reduced(grey_of(pixels))
    letters = letter_mask(small)
    level, level_peak = _skew(letters)
    side, side_peak = _skew(np.rot90(letters, -1))
    if max(level_peak, side_peak) < _MIN_PEAK:
        return Pose(turn_deg=0, skew_deg=0.0, sure=True)
    sideways = side_peak > level_peak * _MIN_AXIS_RATIO
    lying, skew = (np.ascontiguousarray(np.rot90(small, -1)), side) if sideways else (small, level)
    upright = _uprightness(letter_mask(rotated(lying, -skew, paper_of(lying))))
    sure = abs(upright) >= _MIN_UPRIGHT
    pose = Pose(turn_deg=90 if sideways else 0, skew_deg=skew, sure=sure)
    return pose.flipped if sure and upright < 0 else pose


def straightened(raster: Raster, pose: Pose) -> Raster:
    """The page upright and level: quarter turns move pixels, the skew costs one cubic interpolation.

    The canvas grows so that no corner is lost; what was outside the sheet is paper-coloured. Black and white
    pages come back in greys (see :func:`two_levels`): thresholding is left for when it is wanted.
    """
    turned = np.ascontiguousarray(np.rot90(raster.pixels, -pose.turn_deg // 90))
    if abs(pose.skew_deg) >= _LEAVE_DEG:
        turned = rotated(turned, -pose.skew_deg, paper_of(turned))
    return Raster(pixels=turned, dpi=raster.dpi, bilevel=raster.bilevel)


def two_levels(raster: Raster) -> Raster:
    """A bilevel page back to black and white after an interpolation; other pages unchanged."""
    if not raster.bilevel:
        return raster
    pixels = np.where(raster.pixels > 127, np.uint8(255), np.uint8(0))
    return Raster(pixels=pixels, dpi=raster.dpi, bilevel=True)


def grey_of(pixels: Pixels) -> Pixels:
    """One channel, by luminance."""
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def paper_of(pixels: Pixels) -> tuple[int, int, int]:
    """The colour of the sheet, three values (equal on a grey page): what most of the lighter half is."""
    sample = pixels[:: max(1, pixels.shape[0] // 256), :: max(1, pixels.shape[1] // 256)]
    flat = sample.reshape(-1, 1 if sample.ndim == 2 else 3)
    red, green, blue = np.broadcast_to(np.percentile(flat, 75, axis=0), 3)
    return round(float(red)), round(float(green)), round(float(blue))


def rotated(pixels: Pixels, angle_deg: float, fill: tuple[int, int, int]) -> Pixels:
    """Turned counter-clockwise by ``angle_deg`` about its middle, canvas grown so that no corner is lost."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    wide, tall = ceil(width * cos + height * sin), ceil(width * sin + height * cos)
    turn[:, 2] += ((wide - width) / 2, (tall - height) / 2)
    warped = cv2.warpAffine(pixels, turn, (wide, tall), flags=cv2.INTER_CUBIC, borderValue=fill)
    return np.asarray(warped, np.uint8)


# --- measuring -----------------------------------------------------------------------------------------


def reduced(grey: Pixels) -> Pixels:
    """The page at no more than _WORK_SIDE."""
    scale = _WORK_SIDE / max(grey.shape)
    if scale >= 1:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def letter_mask(small: Pixels) -> Pixels:
    """1 where a letter-sized piece of ink lies on a :func:`reduced` page; rules and edges are left out."""
    paper = cv2.blur(small, (61, 61)).astype(np.int16)
    ink = np.asarray(small < paper * 0.85 - 4, np.uint8)
    edge = round(max(small.shape) * _MARGIN)
    ink[:edge], ink[-edge:], ink[:, :edge], ink[:, -edge:] = 0, 0, 0, 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    keep = (longest < _LETTER_SIDE * max(small.shape)) & (stats[:, cv2.CC_STAT_AREA] >= 4)
    keep[0] = False
    return np.asarray(keep[labels], np.uint8)


def _skew(mask: Pixels) -> tuple[float, float]:
    """Angle in degrees, counter-clockwise positive, and how far it stands out (1.0: not at all).

    Lower edges of ink are projected along each angle; print lines up on its baselines at the right one.
    """
    y, x = np.nonzero(mask[:-1] & (1 - mask[1:]))
    if len(y) < _MIN_POINTS or np.ptp(np.percentile(x, (10, 90))) < _MIN_SPREAD * max(mask.shape):
        return 0.0, 0.0
    coarse = np.arange(-MAX_SKEW_DEG - 1, MAX_SKEW_DEG + 1.01, _COARSE_STEP_DEG)
    scores = _profile_energy(x, y, coarse)
    peak = coarse[int(scores.argmax())]
    fine = np.arange(peak - _COARSE_STEP_DEG * 2, peak + _COARSE_STEP_DEG * 2, _FINE_STEP_DEG)
    fine_scores = _profile_energy(x, y, fine)
    best = _middle_of_peak(fine, fine_scores, float(np.median(scores)))
    if abs(best) > MAX_SKEW_DEG + 0.5:
        return 0.0, 0.0
    return best, float(fine_scores.max() / np.median(scores))


def _profile_energy(x: _Ints, y: _Ints, angles: _Floats) -> _Floats:
    """Sum of squares of the projection profile along each angle."""
    slopes = np.tan(np.radians(angles))
    base = ceil(float(abs(slopes).max()) * float(x.max() + 1)) + 1
    profiles = (np.bincount((y + x * slope + base).astype(np.int64)) for slope in slopes)
    return np.array([float(profile @ profile) for profile in profiles])


def _middle_of_peak(angles: _Floats, scores: _Floats, floor: float) -> float:
    """Centre of gravity of the upper half of the peak, finer than the step."""
    weight = np.clip(scores - (floor + scores.max()) / 2, 0, None)
    return float((angles * weight).sum() / weight.sum()) if weight.any() else float(angles[scores.argmax()])


def letter_boxes(mask: Pixels) -> tuple[NDArray[np.int32], float]:
    """Boxes (left, top, width, height, area) of letters without dots and marks, and their usual height in pixels.

    The usual height is weighted by height squared: the dotted lines of a form outnumber its letters.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = np.asarray(stats[1:], np.int32)
    heights = np.sort(boxes[(boxes[:, 3] >= _SMALLEST_LETTER_PX) & (boxes[:, 3] < 60), 3]).astype(np.float64)
    if not len(heights):
        return boxes[:0], 0.0
    weight = np.cumsum(heights**2)
    usual = float(heights[np.searchsorted(weight, weight[-1] * 0.4)])
    tall = (boxes[:, 3] >= usual * 0.7) & (boxes[:, 3] < usual * 3)
    return boxes[tall & (boxes[:, 2] < boxes[:, 3] * 4)], usual


def _uprightness(mask: Pixels) -> float:
    """Above 0 for print that stands upright, below 0 on its head, in standard errors of what chance would give."""
    boxes, usual = letter_boxes(mask)
    if len(boxes) < _MIN_STRIP_LETTERS:
        return 0.0
    lean = _lean(boxes, mask.shape[1])
    return float(np.clip(lean, -_MAX_LEAN, _MAX_LEAN)) + _marks(mask, boxes, usual)


def _marks(mask: Pixels, boxes: NDArray[np.int32], usual: float) -> float:
    """Letters with a mark only above against letters with one only below: Vietnamese has three to one, and more."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sides = stats[1:, 2:4]
    small = stats[1:][(sides < (usual * 1.3, usual * _MARK_SIDE)).all(axis=1) & (sides >= 2).all(axis=1)][:_MAX_MARKS]
    x, y = (small[:, 0] + small[:, 2] / 2)[:, None], (small[:, 1] + small[:, 3] / 2)[:, None]
    left, top, width, height = boxes[:_MAX_MARKS, :4].T
    beside = (x > left - usual * 0.1) & (x < left + width + usual * 0.1)
    above, below = top - y, y - top - height
    reach = usual * _MARK_REACH
    has_above = (beside & (above > 0) & (above < reach)).any(axis=0)
    has_below = (beside & (below > 0) & (below < reach)).any(axis=0)
    up, down = int((has_above & ~has_below).sum()), int((has_below & ~has_above).sum())
    return float((up - down) / max(1, up + down) ** 0.5)


def _lean(boxes: NDArray[np.int32], page_width: int) -> float:
    """How much more the feet of letters gather than their tops, in standard errors over strips across the page.

    Letters share their feet; their tops differ by ascenders, capitals and two storeys of marks.
    """
    left, top, width, height = boxes[:, :4].T
    strip = (left + width // 2) * _STRIPS // page_width
    leans = np.array(
        [
            np.log(_peakedness((top + height)[strip == at]) / _peakedness(top[strip == at]))
            for at in range(_STRIPS)
            if (strip == at).sum() >= _MIN_STRIP_LETTERS
        ]
    )
    if len(leans) < 2:
        return 0.0
    return float(leans.mean() / max(leans.std(ddof=1) / len(leans) ** 0.5, 1e-3))


def _peakedness(edges: NDArray[np.int32]) -> float:
    """How strongly positions gather: energy of their histogram, two pixels a bin, sliding."""
    histogram = np.bincount(edges, minlength=int(edges.max()) + 2).astype(np.float64)
    paired = histogram[:-1] + histogram[1:]
    return float((paired**2).sum() / len(edges))

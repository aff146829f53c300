"""Geometry of a page, as pure arrays: which way up, how much askew, and both put right in one interpolation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import cv2
import numpy as np

from ocr import Pixels, Raster
from ocr.crop import Quad, painted, sheet_of
from ocr.letters import letters_of, reduced
from ocr.skew import fine_skew, rough_skew
from ocr.upright import SURE, uprightness
from ocr.warp import Colour, Matrix, moved, resampled

cv2.setNumThreads(1)  # pages run side by side in worker processes; threads inside one only fight over the cores

_MIN_PEAK = 1.6
"""Pages of print measure 2.5 to 8, a lone half seal on an empty back up to 1.3."""
_MIN_AXIS_RATIO = 1.2
_PLAIN_PEAK = 3.5
"""Print that lies on its side measures up to 1.5 along the other axis: nobody need look there."""
_QUARTERS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_LEAVE_DEG = 0.05
"""Skew not worth an interpolation: two pixels across an A4 page at 300 dpi."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How the print lies in the picture.

    ``turn_deg`` is the clockwise turn (0, 90, 180, 270) that sets it upright, ``skew_deg`` what is left after
    it, counter-clockwise positive, 0.0 where no angle stands out. ``sure`` is False where up and down could
    not be told apart by shapes alone: the turn may then be 180 degrees off, and a recogniser should decide.
    ``sheet`` is where the sheet lies if it is not the whole picture; ``skew_deg`` counts from the picture, too.
    """

    turn_deg: int
    skew_deg: float
    sure: bool
    sheet: Quad | None = None

    @property
    def flipped(self) -> Pose:
        """The same lines read the other way up; skew does not change under half a turn."""
        return replace(self, turn_deg=(self.turn_deg + 180) % 360)


AS_IT_IS = Pose(turn_deg=0, skew_deg=0.0, sure=True)


def pose_of(pixels: Pixels) -> Pose:
    """Measure sheet, turn and skew of a grey or RGB page; without lines of print the sheet alone decides.

    Where there is no print and no sheet to be seen the page is left alone: :data:`AS_IT_IS`.
    """
    small = reduced(pixels)
    found = sheet_of(small)
    if found is None:
        return _print_of(grey_of(small))
    page = resampled(grey_of(small), found.squared(), _whole(found.size), paper_of(small))
    pose = _print_of(page)
    sheet = found.scaled(max(pixels.shape[:2]) / max(small.shape[:2]))
    return replace(pose, skew_deg=pose.skew_deg + sheet.angle_deg, sheet=sheet)


def _print_of(small: Pixels) -> Pose:
    """Turn and skew of a reduced grey page by its lines of print."""
    outline = letters_of(small).outline()
    side = max(small.shape)
    rough, lying = rough_skew(outline.feet(lying=False), side), False
    if rough.peak < _PLAIN_PEAK:
        aside = rough_skew(outline.feet(lying=True), side)
        lying = aside.peak > rough.peak * _MIN_AXIS_RATIO
        rough = aside if lying else rough
    if rough.peak < _MIN_PEAK:
        return AS_IT_IS
    skew = fine_skew(outline.feet(lying=lying), rough)
    if skew.peak < _MIN_PEAK:
        return AS_IT_IS
    upright = uprightness(outline.boxes(skew.deg, lying=lying))
    sure = abs(upright) >= SURE
    pose = Pose(turn_deg=90 if lying else 0, skew_deg=skew.deg, sure=sure)
    return pose.flipped if sure and upright < 0 else pose


def straightened(raster: Raster, pose: Pose) -> Raster:
    """The sheet alone, upright and level, at the picture's own scale.

    Quarter turns and straight crops move pixels; everything else is one interpolation (:mod:`ocr.warp`). The
    canvas grows so that no corner is lost; what was outside the sheet is paper-coloured. Black and white
    pages come back in greys (see :func:`two_levels`): thresholding is left for when it is wanted.
    """
    pixels, sheet = raster.pixels, pose.sheet
    if abs(pose.skew_deg) < _LEAVE_DEG and (sheet is None or sheet.flat):
        part = pixels if sheet is None else pixels[sheet.slices(pixels.shape)]
        return replace(raster, pixels=_quarter_turned(part, pose.turn_deg))
    first, size = (np.eye(3), _size(pixels)) if sheet is None else (sheet.squared(), _whole(sheet.size))
    skew = pose.skew_deg - (0.0 if sheet is None else sheet.angle_deg)
    matrix, canvas = _levelling(size, pose.turn_deg, skew)
    fill = paper_of(pixels if sheet is None else pixels[sheet.slices(pixels.shape)])
    level = resampled(pixels, matrix @ first, canvas, fill)
    if sheet is not None:
        painted(level, moved(matrix @ first, np.array(sheet.corners)), fill)
    return replace(raster, pixels=level)


def _levelling(size: tuple[int, int], turn_deg: int, skew_deg: float) -> tuple[Matrix, tuple[int, int]]:
    """From a picture of ``size`` to its canvas, turned about the middle, and that canvas's size."""
    width, height = size
    angle = np.radians(turn_deg + skew_deg)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    wide = ceil(round(width * abs(cosine) + height * abs(sine), 6))
    tall = ceil(round(width * abs(sine) + height * abs(cosine), 6))
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    to_middle, from_middle = np.eye(3), np.eye(3)
    to_middle[:2, 2] = -(width - 1) / 2, -(height - 1) / 2
    from_middle[:2, 2] = (wide - 1) / 2, (tall - 1) / 2
    return from_middle @ turn @ to_middle, (wide, tall)


def _quarter_turned(pixels: Pixels, turn_deg: int) -> Pixels:
    if turn_deg == 0:
        return np.ascontiguousarray(pixels)
    return np.asarray(cv2.rotate(pixels, _QUARTERS[turn_deg]), np.uint8)


def _size(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _whole(size: tuple[float, float]) -> tuple[int, int]:
    return max(1, round(size[0])), max(1, round(size[1]))


def two_levels(raster: Raster) -> Raster:
    """A bilevel page back to black and white after an interpolation; other pages unchanged."""
    if not raster.bilevel:
        return raster
    pixels = np.asarray(cv2.threshold(raster.pixels, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
    return Raster(pixels=pixels, dpi=raster.dpi, bilevel=True)


def grey_of(pixels: Pixels) -> Pixels:
    """One channel, by luminance."""
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def paper_of(pixels: Pixels) -> Colour:
    """The colour of the sheet, three values (equal on a grey page): what most of the lighter half is."""
    sample = pixels[:: max(1, pixels.shape[0] // 256), :: max(1, pixels.shape[1] // 256)]
    flat = sample.reshape(-1, 1 if sample.ndim == 2 else 3)
    red, green, blue = np.broadcast_to(np.percentile(flat, 75, axis=0), 3)
    return round(float(red)), round(float(green)), round(float(blue))


def rotated(pixels: Pixels, angle_deg: float, fill: Colour) -> Pixels:
    """Turned counter-clockwise by ``angle_deg`` about its middle, canvas grown so that no corner is lost."""
    matrix, canvas = _levelling(_size(pixels), 0, -angle_deg)
    return resampled(pixels, matrix, canvas, fill)

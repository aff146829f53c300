"""Where the sheet lies in the picture: a card on the scanner's bed, black bars of a copier, a page on a table.

Paper is lighter than what lies around it, in its least channel: wood, skin and cloth are coloured, paper hardly.
What is dark and reaches the picture's border is taken for surroundings, the hull of the rest for the sheet, and
only when that is a rectangle, or a quadrangle with all its corners in sight, is anything cropped. Whenever a
doubt is left the whole picture is the page: a dark band at the edge harms nobody, a lost line does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels
from ocr.warp import Colour, Matrix

_Points = NDArray[np.float64]

_WORK_SIDE = 900
_MIN_SHARE, _MAX_SHARE = 0.03, 0.997
"""Of the picture: an identity card on A3 glass covers 4 %; more than the upper bound leaves nothing to crop."""
_MIN_CONTRAST = 35
"""Between sheet and surroundings, of 255: the grey underside of a lid against paper has 45."""
_MIN_FIT, _MIN_FLAT_FIT = 0.965, 0.98
_MAX_OTHERS, _MAX_LIGHT = 0.004, 0.04
"""Light pieces beside the sheet: of the picture, for one piece (a second card); of the surroundings, for all."""
_MAX_TEXTURE = 60
_MIN_SIDE, _BORDER_PX = 0.08, 2.5
_SQUARE_DEG = 0.7
"""Sides of a sheet on glass are square to each other; in a photograph they need not be."""
_MAX_RATIO = 1.8
_PROBES, _STEPS_PX, _OFF_LINE_PX = 48, np.arange(-4, 4.01, 0.5), 2.5
"""Across each side brightness is probed from inside out, in pixels at _WORK_SIDE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quad:
    """The four corners of the sheet in pixels of the picture, clockwise from its upper left one as it lies there.

    Corners may lie outside the picture, where the scanner cut them off. ``flat`` tells a sheet on glass (its own
    shape, any angle) from a photographed one, whose corners are pulled square by a homography.
    """

    corners: tuple[tuple[float, float], ...]
    flat: bool

    @property
    def angle_deg(self) -> float:
        """How far the sheet itself lies askew, counter-clockwise positive, within 45 degrees."""
        upper_left, upper_right, lower_right, lower_left = np.array(self.corners)
        across, down = (upper_right - upper_left) + (lower_right - lower_left), (lower_left - upper_left)
        down = down + (lower_right - upper_right)
        tilt = np.arctan2(-across[1], across[0]) if self.flat else np.arctan2(-across[1] + down[0], across[0] + down[1])
        return float(np.degrees(tilt))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the sheet in pixels of the picture; the longer of opposite sides."""
        corners = np.array(self.corners)
        top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
        return float(max(top, bottom)), float(max(left, right))

    def squared(self) -> Matrix:
        """From the picture to the sheet alone, its upper left corner at the origin."""
        width, height = self.size
        square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        return np.asarray(cv2.getPerspectiveTransform(np.array(self.corners, np.float32), square), np.float64)

    def scaled(self, factor: float) -> Quad:
        """The same sheet in a picture enlarged by ``factor`` (pixel centres at half)."""
        moved = tuple(((x + 0.5) * factor - 0.5, (y + 0.5) * factor - 0.5) for x, y in self.corners)
        return Quad(corners=moved, flat=self.flat)

    def slices(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of a picture of ``shape`` that hold all of the sheet."""
        (left, top), (right, bottom) = np.min(self.corners, axis=0), np.max(self.corners, axis=0)
        rows = slice(max(0, int(top)), min(shape[0], ceil(bottom) + 1))
        return rows, slice(max(0, int(left)), min(shape[1], ceil(right) + 1))


def sheet_of(pixels: Pixels) -> Quad | None:
    """The sheet in a grey or RGB picture, None where the picture is the page or there is any doubt."""
    light, factor = _lightness(pixels)
    for level in _levels(light):
        sheet = _sheet_above(light, level)
        if sheet is not None:
            return sheet.scaled(factor)
    return None


def painted(picture: Pixels, corners: _Points, fill: Colour) -> None:
    """Colour, in place, everything outside the quadrangle ``corners`` (x, y)."""
    height, width = picture.shape[:2]
    frame = np.array([[-8, -8], [width + 8, -8], [width + 8, height + 8], [-8, height + 8]])
    rings = [np.round(ring * 16).astype(np.int32) for ring in (frame, np.clip(corners, -8, (width + 8, height + 8)))]
    cv2.fillPoly(picture, rings, fill if picture.ndim == 3 else fill[:1], lineType=cv2.LINE_8, shift=4)


# --- surroundings ----------------------------------------------------------------------------------------


def _lightness(pixels: Pixels) -> tuple[Pixels, float]:
    """Least channel of the picture at no more than _WORK_SIDE, and how much smaller it is."""
    steps = max(1, -(-max(pixels.shape[:2]) // _WORK_SIDE))
    height, width = (side // steps for side in pixels.shape[:2])
    small = pixels[: height * steps, : width * steps]
    small = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    if small.ndim == 3:
        red, green, blue = cv2.split(small)
        small = np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)
    return np.asarray(cv2.medianBlur(small, 3), np.uint8), float(steps)


def _levels(light: Pixels) -> Iterator[int]:
    """Values that may part the sheet from its surroundings: Otsu's for all, then for what is lighter than that."""
    counts = cv2.calcHist([light], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    level, contrast = _parted(counts, 0)
    if contrast >= _MIN_CONTRAST:
        yield level
    level, contrast = _parted(counts, level + 1)
    if contrast >= _MIN_CONTRAST:
        yield level


def _parted(counts: NDArray[np.float64], start: int) -> tuple[int, float]:
    """The value that parts a histogram from ``start`` on best (Otsu 1979), and how far apart the two means are."""
    values = np.arange(start, 256)
    below = np.cumsum(counts[start:])
    mass = np.cumsum(counts[start:] * values)
    above = below[-1] - below
    good = (below > 0) & (above > 0)
    if not good.any():
        return start, 0.0
    apart = np.zeros(len(values))
    apart[good] = (mass[-1] - mass[good]) / above[good] - mass[good] / below[good]
    best = int((below * above * apart**2).argmax())
    return start + best, float(apart[best])


def _sheet_above(light: Pixels, level: int) -> Quad | None:
    around = _surroundings(light, level)
    if around is None:
        return None
    inside = np.asarray(1 - around, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4, ltype=cv2.CV_32S)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = int(areas.argmax())
    if np.delete(areas, largest).max(initial=0) > _MAX_OTHERS * light.size:
        return None
    hull = _hull(np.asarray(labels == largest + 1, np.uint8))
    if not _MIN_SHARE < cv2.contourArea(hull.astype(np.float32)) / light.size < _MAX_SHARE:
        return None
    sides = _edges(light, _sides(hull, light.shape))
    if sides is None:
        return None
    sheet = _on_glass(hull, sides, light.shape) or _photographed(hull, sides, light.shape)
    return sheet if sheet is not None and _nothing_is_lost(sheet, light, level) else None


def _surroundings(light: Pixels, level: int) -> Pixels | None:
    """1 where it is dark and joined to the picture's border over some length; None where nothing is."""
    edge = np.concatenate((light[0], light[-1], light[:, 0], light[:, -1]))
    if (edge <= level).sum() < _MIN_SIDE * min(light.shape):
        return None
    dark = np.asarray(light <= level, np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4, ltype=cv2.CV_32S)
    long = stats[:, 2:4].max(axis=1) >= _MIN_SIDE * max(light.shape)
    rim = np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1]))
    touching = np.bincount(rim, minlength=len(stats)) >= _MIN_SIDE * min(light.shape)
    outer = long & touching
    outer[0] = False
    if not outer.any():
        return None
    return np.asarray(outer.view(np.uint8)[labels], np.uint8)


def _edges(light: Pixels, sides: _Sides) -> _Sides | None:
    """The sides moved, within a fraction of a pixel, to where it grows dark; None unless it does so at once at each.

    A shadow or a vignette fades, and is no edge.
    """
    moved = []
    for start, end in zip(sides.start, sides.end, strict=True):
        length = float(np.linalg.norm(end - start))
        along = (end - start) / length
        outward = np.array([along[1], -along[0]])
        far = np.linspace(0.04, 0.96, _PROBES) * length
        places = (start + far[:, None] * along)[:, None] + _STEPS_PX[:, None] * outward
        x, y = (places[..., axis].astype(np.float32) for axis in (0, 1))
        seen = np.asarray(cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float64)
        inner, outer = float(np.median(seen[:, 0])), float(np.median(seen[:, -1]))
        if inner - outer < _MIN_CONTRAST:
            return None
        offset = _line(far, _falls(seen, (inner + outer) / 2))
        moved.append([start + offset(0.0) * outward, end + offset(length) * outward])
    ends = np.reshape(moved, (-1, 2, 2))
    return _sides_of(ends[:, 0], ends[:, 1]) if moved else None


def _falls(seen: _Points, level: float) -> _Points:
    """Where, along each row of _STEPS_PX, values fall below ``level`` for good; NaN where they never do."""
    light = seen >= level
    last = seen.shape[1] - 1 - np.argmax(light[:, ::-1], axis=1)
    rows, good = np.arange(len(seen)), light.any(axis=1) & (last < seen.shape[1] - 1)
    upper, lower = seen[rows, last], seen[rows, np.minimum(last + 1, seen.shape[1] - 1)]
    part = (upper - level) / np.maximum(upper - lower, 1e-6)
    return np.where(good, _STEPS_PX[last] + part * (_STEPS_PX[1] - _STEPS_PX[0]), np.nan)


def _line(far: _Points, offset: _Points) -> np.poly1d:
    """The straight line through most of the points: ink that crosses the edge is left out."""
    good = np.abs(offset - np.nanmedian(offset)) < _OFF_LINE_PX if np.isfinite(offset).any() else np.isfinite(offset)
    if good.sum() < len(far) / 4:
        return np.poly1d([0.0])
    line = np.poly1d(np.polyfit(far[good], offset[good], 1))
    near = good & (np.abs(offset - line(far)) < 1)
    return np.poly1d(np.polyfit(far[near], offset[near], 1)) if near.sum() > len(far) / 4 else line


def _nothing_is_lost(sheet: Quad, light: Pixels, level: int) -> bool:
    """Whether what would be cropped is dark, and, where the sheet runs out of the picture, featureless as well."""
    outside = np.ones(light.shape, np.uint8)
    cv2.fillConvexPoly(outside, np.round(np.array(sheet.corners)).astype(np.int32), 0)
    outside = np.asarray(cv2.erode(outside, np.ones((7, 7), np.uint8), borderValue=1), np.uint8)
    cropped = light[outside.view(np.bool_)]
    if not len(cropped):
        return True
    corners = np.array(sheet.corners)
    whole = (corners > -_BORDER_PX).all() and (corners < np.array(light.shape[::-1]) + _BORDER_PX).all()
    texture = float(np.subtract(*np.percentile(cropped, (95, 5))))
    return bool((cropped > level).mean() <= _MAX_LIGHT and (whole or texture <= _MAX_TEXTURE))


# --- shape -----------------------------------------------------------------------------------------------


def _hull(mask: Pixels) -> _Points:
    """Corners of the convex hull, clockwise, as x and y."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(largest, clockwise=False)  # OpenCV thinks of y as upward
    return np.asarray(cv2.approxPolyDP(hull, 1.2, closed=True)[:, 0], np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """Sides of the hull that are edges of the sheet, not of the picture: start, end, direction."""

    start: _Points
    end: _Points
    deg: NDArray[np.float64]
    length: NDArray[np.float64]


def _sides(hull: _Points, shape: tuple[int, ...]) -> _Sides:
    start, end = hull, np.roll(hull, -1, axis=0)
    reach = np.array([shape[1] - 1, shape[0] - 1])
    low = (np.maximum(start, end) < _BORDER_PX).any(axis=1)
    high = (np.minimum(start, end) > reach - _BORDER_PX).any(axis=1)
    real = ~(low | high) & (np.linalg.norm(end - start, axis=1) >= 0.25 * _MIN_SIDE * max(shape))
    return _sides_of(start[real], end[real])


def _sides_of(start: _Points, end: _Points) -> _Sides:
    along = end - start
    deg = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    return _Sides(start=start, end=end, deg=deg, length=np.linalg.norm(along, axis=1))


def _on_glass(hull: _Points, sides: _Sides, shape: tuple[int, ...]) -> Quad | None:
    """A rectangle at any angle, perhaps cut off by the picture's border."""
    if not len(sides.deg) or sides.length.max() < _MIN_SIDE * max(shape):
        return None
    lead = sides.deg[int(sides.length.argmax())]
    off = (sides.deg - lead + 45) % 90 - 45
    square = np.abs(off) < _SQUARE_DEG
    if sides.length[square].sum() < 0.85 * sides.length.sum():
        return None
    angle = float(lead + np.average(off[square], weights=sides.length[square]))
    angle = (angle + 45) % 90 - 45
    corners = _rectangle(hull, sides, angle)
    return Quad(corners=corners, flat=True) if _fits(hull, corners, shape) >= _MIN_FLAT_FIT else None


def _rectangle(hull: _Points, sides: _Sides, angle_deg: float) -> tuple[tuple[float, float], ...]:
    """The rectangle with sides along ``angle_deg`` (clockwise in pixels).

    A side lies where the edges seen there lie on average; where the sheet runs out of the picture, as far as the
    hull goes.
    """
    cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    turn = np.array([[cosine, sine], [-sine, cosine]])
    level, middles = hull @ turn.T, (sides.start + sides.end) / 2 @ turn.T
    facing = np.round((sides.deg - angle_deg) / 90).astype(np.intp) % 4  # clockwise: 0 the upper side, 1 the right one
    limits = []
    for at, (axis, furthest) in enumerate(((1, np.min), (0, np.max), (1, np.max), (0, np.min))):
        mine = (facing == at) & (np.abs((sides.deg - angle_deg + 45) % 90 - 45) < _SQUARE_DEG)
        if mine.any():
            limits.append(float(np.average(middles[mine, axis], weights=sides.length[mine])))
        else:
            limits.append(float(furthest(level[:, axis])) + (-0.5 if furthest is np.min else 0.5))
    top, right, bottom, left = limits
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ turn
    return tuple((float(x), float(y)) for x, y in corners)


def _fits(hull: _Points, corners: tuple[tuple[float, float], ...], shape: tuple[int, ...]) -> float:
    """How much of the quadrangle, as far as the picture shows it, the hull fills."""
    height, width = shape[:2]
    frame = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]], np.float32)
    shown, _ = cv2.intersectConvexConvex(np.array(corners, np.float32), frame)
    middle = hull.mean(axis=0)
    grown = hull + 0.5 * np.sign(hull - middle)
    return float(cv2.contourArea(grown.astype(np.float32))) / max(float(shown), 1.0)


def _photographed(hull: _Points, sides: _Sides, shape: tuple[int, ...]) -> Quad | None:
    """A quadrangle with all four corners and sides in the picture."""
    order = np.argsort(sides.length)[::-1][:4]
    if len(order) < 4:
        return None
    order = order[np.argsort(sides.deg[order])]
    lines = [(sides.start[at], sides.end[at]) for at in order]
    crossings = [_crossing(lines[at - 1], lines[at]) for at in range(4)]
    if any(crossing is None for crossing in crossings):
        return None
    corners = _from_upper_left(np.array(crossings))
    inside = (corners >= 0).all() and (corners <= np.array([shape[1] - 1, shape[0] - 1])).all()
    if not inside or not cv2.isContourConvex(corners.astype(np.float32)) or not _sane(corners):
        return None
    quad = tuple((float(x), float(y)) for x, y in corners)
    return Quad(corners=quad, flat=False) if 1 / _MIN_FIT > _fits(hull, quad, shape) >= _MIN_FIT else None


def _crossing(one: tuple[_Points, _Points], other: tuple[_Points, _Points]) -> _Points | None:
    (a, b), (c, d) = one, other
    first, second = b - a, d - c
    across = first[0] * second[1] - first[1] * second[0]
    if abs(across) < 0.3 * np.linalg.norm(first) * np.linalg.norm(second):
        return None  # less than 17 degrees apart: not two sides that meet
    along = ((c - a)[0] * second[1] - (c - a)[1] * second[0]) / across
    return np.asarray(a + along * first, np.float64)


def _from_upper_left(corners: _Points) -> _Points:
    """The same corners, clockwise from the upper left one."""
    middle = corners.mean(axis=0)
    around = np.argsort(np.arctan2(*(corners - middle).T[::-1]))
    clockwise = corners[around]
    return np.roll(clockwise, -int(clockwise.sum(axis=1).argmin()), axis=0)


def _sane(corners: _Points) -> bool:
    """Whether opposite sides are near enough in length to be a page seen from above."""
    top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    pairs = ((top, bottom), (left, right))
    return all(1 / _MAX_RATIO < one / max(other, 1.0) < _MAX_RATIO for one, other in pairs)

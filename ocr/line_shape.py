"""The shape of a line of print, from its pieces of ink: its foot, how that falls, the height of its small letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.pieces import TALLEST_X, Ints, Pieces

_MIN_SLOPE_LETTERS, _MIN_SLOPE_PX, _MAX_SLOPE = 8, 100, 0.03
_STEADY_PX = 2
_LEVEL = 0.002
_BRACKET_X = 1.8
"""Brackets are as tall as this and narrow, and hang below the foot: "(Đã ký)"."""
_CAPITAL_X, _ASCENDER, _FEW_RISE, _MIN_CAPITALS = 1.4, 1.25, 0.1, 4
"""Capitals are so many x tall; in a line of them hardly any letter rises above the others as b, d, h, k and t do."""
_HOVER_WIDE_X, _HOVER_X = 4.0, (0.7, 1.75)
_SHORT_X, _LEAST_X = 8.0, 0.75
_TALL_X, _TALLER = 1.6, 1.15
_PART_X, _PART_REACH_X = 1.3, (-0.7, 2.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of print: from ``left`` to ``right``, its foot at ``foot`` (where left) falling by ``slope`` a pixel.

    ``above`` and ``below`` are how far its ink, marks included, reaches from the foot.
    """

    left: float
    right: float
    foot: float
    slope: float
    x: float
    above: float = 0.0
    below: float = 0.0
    big: bool = False


def hovers(line: TextLine, others: Sequence[TextLine]) -> bool:
    """Whether a short line is but the tall marks over letters of another one."""
    if any(_part_of(line, other) for other in others if other.x > _PART_X * line.x):
        return True
    if line.right - line.left > _HOVER_WIDE_X * line.x:
        return False
    low, high = _HOVER_X
    return any(
        other.left - other.x < line.left
        and line.right < other.right + other.x
        and other.right - other.left > 2 * (line.right - line.left)
        and low * other.x < other.foot + other.slope * (line.left - other.left) - line.foot < high * other.x
        for other in others
    )


def _part_of(line: TextLine, larger: TextLine) -> bool:
    """Whether a line is but marks or stops of a line of larger print."""
    low, high = _PART_REACH_X
    within = larger.left - larger.x < line.left and line.right < larger.right + larger.x
    narrow = line.right - line.left < _HOVER_WIDE_X * larger.x
    return within and narrow and low * larger.x < larger.foot - line.foot < high * larger.x


def measured(pieces: Pieces, members: Ints, x: float) -> tuple[TextLine, Ints] | None:
    """The line that a chain makes; None for what is too little to be one."""
    bottoms, tops = pieces.bottom[members], pieces.top[members]
    tallest = float(np.median(bottoms - tops))
    if len(members) == 1 and _no_letter(pieces, int(members[0]), x):
        return None
    left, right = float(pieces.left[members].min()), float(pieces.right[members].max())
    middles = (pieces.left + pieces.width / 2)[members]
    level = bottoms - _tilt(middles, bottoms) * (middles - left)
    standing = (pieces.height[members] < _BRACKET_X * x) | (pieces.width[members] > 0.5 * pieces.height[members])
    told = level[standing] if standing.any() else level
    counted = np.convolve(np.bincount(np.maximum(told.round(), 0).astype(np.int64)), (1, 2, 1), "same")
    foot = int(counted.argmax())
    steady = np.abs(level - foot) <= _STEADY_PX
    slope, start = _fitted(middles[steady], bottoms[steady].astype(np.float64), float(foot))
    line = TextLine(left=left, right=right, foot=start + slope * left, slope=slope, x=x, big=tallest > TALLEST_X * x)
    return _profiled(pieces, line, members, tallest if line.big else max(_TALL_X * x, _TALLER * tallest)), members


def _tilt(middles: NDArray[np.float64], bottoms: Ints) -> float:
    """About how the feet fall: the usual slope between letters half a line apart, whatever hangs below."""
    if len(middles) < 2 * _MIN_SLOPE_LETTERS or np.ptp(middles) < _MIN_SLOPE_PX:
        return 0.0
    order = np.argsort(middles)
    half = len(order) // 2
    first, second = order[: len(order) - half], order[half:]
    apart = np.maximum(middles[second] - middles[first], 1.0)
    slope = float(np.median((bottoms[second] - bottoms[first]) / apart))
    return slope if _LEVEL < abs(slope) <= _MAX_SLOPE else 0.0


def _no_letter(pieces: Pieces, alone: int, x: float) -> bool:
    """A piece by itself that is too little, or too thin for its height, to be a letter: specks, edges, strokes."""
    thin = pieces.height[alone] > TALLEST_X * x and pieces.width[alone] < 0.3 * pieces.height[alone]
    return bool(thin or pieces.area[alone] < 0.25 * x * x)


def _fitted(at: NDArray[np.float64], bottoms: NDArray[np.float64], foot: float) -> tuple[float, float]:
    """Slope and start of the straight line on which feet stand; level where there are too few to tell."""
    if len(at) < _MIN_SLOPE_LETTERS or np.ptp(at) < _MIN_SLOPE_PX:
        return 0.0, float(bottoms.mean()) if len(bottoms) else foot
    slope, start = np.polyfit(at, bottoms, 1)
    return (float(slope), float(start)) if abs(slope) <= _MAX_SLOPE else (0.0, float(bottoms.mean()))


def _profiled(pieces: Pieces, line: TextLine, members: Ints, tall: float) -> TextLine:
    """Foot and x where the ink of the line's rows ends and begins most suddenly."""
    reach = round(tall * 1.3) + 3
    wide = max(1, round(line.right - line.left))
    own = np.zeros(len(pieces.left) + 1, np.uint8)
    own[members + 1] = 255
    top = max(0, int(line.foot - reach + min(0, line.slope * wide)) - 1)
    bottom = int(line.foot + reach + max(0, line.slope * wide)) + 2
    left = int(line.left)
    ink = own[pieces.labels[top:bottom, left : left + wide + 1]]
    turn = np.array([[1, 0, line.left - left], [line.slope, 1, line.foot - reach - top]])
    rows = cv2.warpAffine(ink, turn, (wide, 2 * reach), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    rise = np.diff(rows.sum(axis=1, dtype=np.float64))
    near = slice(max(0, reach - 4), reach + 3)
    foot = near.start + int(rise[near].argmin()) + 1
    measured = replace(line, foot=line.foot + foot - reach)
    first, last = max(1, foot - round(tall)), foot - max(3, round(tall * 0.33))
    if last <= first:
        return measured
    x = foot - (first + int(rise[first - 1 : last - 1].argmax()))
    heights = pieces.height[members]
    letters = heights[heights > 0.7 * x]
    rising = float((letters > _ASCENDER * x).mean()) if len(letters) else 0.0
    capitals = len(letters) >= _MIN_CAPITALS and rising < _FEW_RISE
    return replace(measured, x=float(x / _CAPITAL_X if capitals else x))


def usual_x(lines: Sequence[TextLine], otherwise: float) -> float:
    """The height of small letters in the middle of the page's print, by length of line."""
    widths = np.array([line.right - line.left for line in lines if not line.big])
    heights = np.array([line.x for line in lines if not line.big])
    if not len(heights):
        return otherwise
    order = np.argsort(heights)
    return float(heights[order][np.searchsorted(np.cumsum(widths[order]), widths.sum() / 2)])


def settled(lines: Sequence[TextLine], x: float) -> list[TextLine]:
    """Lines with too little ink to measure x take the page's usual one."""
    usual = usual_x(lines, x)
    return [
        replace(line, x=usual)
        if not line.big and (line.right - line.left < _SHORT_X * x or line.x < _LEAST_X * usual)
        else line
        for line in lines
    ]

"""How much a page of print lies askew: along the right angle its lines fall on top of their own baselines.

The feet of letters are projected along each angle; the sum of squares of the profile peaks where they gather
(Postl's criterion). Sought from coarse to fine: every half degree on a sample, tenths around the best, then as
finely as the peak is wide on all points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ocr.letters import Points

_Floats = NDArray[np.float64]

MAX_SKEW_DEG = 15.0
_SAMPLE = 5000
_SEEK_DEG = np.arange(-MAX_SKEW_DEG - 1, MAX_SKEW_DEG + 1.01, 0.5)
_SEEK_BIN_PX = 3.0
"""Half a step turns a line of print by three pixels at its ends."""
_NEAR_DEG = np.linspace(-1.2, 1.2, 25)
_FLOOR_DEG = np.linspace(-MAX_SKEW_DEG - 1, MAX_SKEW_DEG + 1, 13)
_FINE_ANGLES = 19
_MIN_POINTS = 200
_MIN_SPREAD = 0.12
"""Print narrower than this share of the page's longer side says nothing of the page: a seal sits as it was struck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """``deg``, counter-clockwise positive, and ``peak``: how far the angle stands out of all others (1.0: not at all).

    ``low_deg`` to ``high_deg`` is where the upper half of the peak lies. It is wide on a page that was bent or
    fed unevenly: there every paragraph has a skew of its own, and the middle serves them best. ``floor`` is what
    one pair of points measures along an angle that means nothing.
    """

    deg: float
    peak: float
    low_deg: float
    high_deg: float
    floor: float


NO_SKEW = Skew(deg=0.0, peak=0.0, low_deg=0.0, high_deg=0.0, floor=0.0)


def rough_skew(feet: tuple[Points, Points], side: int) -> Skew:
    """The angle to a tenth of a degree on a sample of the ``feet`` (x, y) of a page whose longer side is ``side``."""
    step = max(1, len(feet[0]) // _SAMPLE)
    x, y = feet[0][::step], feet[1][::step]
    if len(x) < _MIN_POINTS or np.ptp(np.percentile(x, (10, 90))) < _MIN_SPREAD * side:
        return NO_SKEW
    seek = _gathering(x, y, _SEEK_DEG, _SEEK_BIN_PX)
    near = _SEEK_DEG[int(seek.argmax())] + _NEAR_DEG
    scores = _gathering(x, y, near, 1.0)
    best, floor = int(scores.argmax()), _floor(x, y)
    under = np.flatnonzero(scores < (floor + scores[best]) / 2)
    low, high = near[max(under[under < best], default=0)], near[min(under[under > best], default=-1)]
    return Skew(deg=near[best], peak=scores[best] / floor, low_deg=low, high_deg=high, floor=floor / len(x) ** 2)


def fine_skew(feet: tuple[Points, Points], rough: Skew) -> Skew:
    """The angle to about a hundredth of a degree, on all points, near a ``rough`` one; NO_SKEW past MAX_SKEW_DEG."""
    if rough.peak == 0:
        return NO_SKEW
    x, y = feet
    angles = np.linspace(rough.low_deg, rough.high_deg, _FINE_ANGLES)
    scores, floor = _gathering(x, y, angles, 1.0), rough.floor * len(x) ** 2
    weight = np.clip(scores - (floor + scores.max()) / 2, 0, None)
    deg = float((angles * weight).sum() / weight.sum()) if weight.any() else rough.deg
    if abs(deg) > MAX_SKEW_DEG + 0.5:
        return NO_SKEW
    return replace(rough, deg=deg, peak=float(scores.max()) / floor)


def _floor(x: Points, y: Points) -> float:
    """What the profile measures along an angle that means nothing."""
    return max(1.0, float(np.median(_gathering(x, y, _FLOOR_DEG, 1.0))))


def _gathering(x: Points, y: Points, angles_deg: _Floats, bin_px: float) -> _Floats:
    """Sum of squares of the projection profile along each angle, less what as many scattered points would give."""
    slopes = (np.tan(np.radians(angles_deg)) / bin_px).astype(np.float32)
    across = y / np.float32(bin_px)
    base = np.float32(float(abs(slopes).max()) * float(x.max() + 1) + 1)
    across = across + (base - across.min())
    profiles = (np.bincount((across + x * slope).astype(np.intp)) for slope in slopes)
    return np.array([float(profile @ profile) for profile in profiles]) - len(x)

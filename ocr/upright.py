"""Whether lines of Vietnamese print stand upright or on their heads, by shapes alone.

Letters share their feet and differ in their tops; and marks are set above letters three times as often as below.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ocr.letters import Points, is_letter, usual_height

SURE = 5.0
"""Pages of Vietnamese print measure 7 to 20; feet and tops alone, without marks, never suffice."""
_MAX_LEAN = 4.0
_STRIPS = 8
_MIN_STRIP_LETTERS = 15
_MARK_WIDTH, _MARK_HEIGHT, _MARK_REACH = 1.3, 0.6, 0.7
"""Shares of the usual letter: how wide and tall a mark is at most, and how far from its letter."""
_MIN_MARK_PX = 2
_MAX_LETTERS = 3.0


def uprightness(boxes: Points) -> float:
    """Above 0 for print that stands upright, below 0 on its head, in standard errors of what chance would give.

    ``boxes`` are left, top, width, height of all letter-sized pieces of a level page at about 150 dpi; an
    amount of SURE or more decides.
    """
    usual = usual_height(boxes[:, 3].astype(np.float64))
    letters = boxes[is_letter(boxes, usual)]
    if len(letters) < _MIN_STRIP_LETTERS:
        return 0.0
    return float(np.clip(_lean(letters), -_MAX_LEAN, _MAX_LEAN)) + _marks(boxes, letters, usual)


def _marks(boxes: Points, letters: Points, usual: float) -> float:
    """Letters with a mark only above against letters with one only below: Vietnamese has three to one, and more."""
    sides = boxes[:, 2:4]
    small = (sides < (usual * _MARK_WIDTH, usual * _MARK_HEIGHT)).all(axis=1) & (sides >= _MIN_MARK_PX).all(axis=1)
    middles = boxes[small, :2] + sides[small] * np.float32(0.5)
    up = down = 0
    for marks, near in _bands(middles, letters, usual):
        x, y = marks[:, :1], marks[:, 1:]
        left, top, width, height = near.T
        beside = (x > left - usual * 0.1) & (x < left + width + usual * 0.1)
        above, below = top - y, y - top - height
        has_above = (beside & (above > 0) & (above < usual * _MARK_REACH)).any(axis=0)
        has_below = (beside & (below > 0) & (below < usual * _MARK_REACH)).any(axis=0)
        up += int((has_above & ~has_below).sum())
        down += int((has_below & ~has_above).sum())
    return float((up - down) / max(1, up + down) ** 0.5)


def _bands(middles: Points, letters: Points, usual: float) -> Iterator[tuple[Points, Points]]:
    """Letters band by band down the page, each with the marks that can reach them: all pairs would be millions."""
    letters, middles = letters[np.argsort(letters[:, 1])], middles[np.argsort(middles[:, 1])]
    tall, reach = usual * 4, usual * _MARK_REACH
    starts = np.arange(letters[0, 1], letters[-1, 1] + tall, tall)
    first = np.searchsorted(letters[:, 1], starts)
    low = np.searchsorted(middles[:, 1], starts - reach)
    high = np.searchsorted(middles[:, 1], starts + tall + usual * _MAX_LETTERS + reach)
    for at in range(len(starts) - 1):
        yield middles[low[at] : high[at]], letters[first[at] : first[at + 1]]


def _lean(letters: Points) -> float:
    """How much more the feet of letters gather than their tops, in standard errors over strips across the page.

    Letters share their feet; their tops differ by ascenders, capitals and two storeys of marks.
    """
    left, top, width, height = letters.T
    middle = left + width / 2
    strip = ((middle - middle.min()) * (_STRIPS / (np.ptp(middle) + 1))).astype(np.intp)
    groups = [strip == at for at in range(_STRIPS)]
    leans = np.array(
        [
            np.log(_peakedness((top + height)[group]) / _peakedness(top[group]))
            for group in groups
            if group.sum() >= _MIN_STRIP_LETTERS
        ]
    )
    if len(leans) < 2:
        return 0.0
    return float(leans.mean() / max(leans.std(ddof=1) / len(leans) ** 0.5, 1e-3))


def _peakedness(edges: Points) -> float:
    """How strongly positions gather: energy of their histogram, two pixels a bin, sliding."""
    places: NDArray[np.intp] = np.round(edges - edges.min()).astype(np.intp)
    histogram = np.bincount(places, minlength=int(places.max()) + 2).astype(np.float64)
    paired = histogram[:-1] + histogram[1:]
    return float((paired**2).sum() / len(edges))

"""Whose a mark is, and where a line ends: full stops, dashes, and what a stamp has swallowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ocr.line_shape import TextLine
from ocr.pieces import TALLEST_X, Flags, Ints, Pieces

_MARK_REACH_X, _END_GAP_X = 1.5, 1.3
_BELOW_COUNTS = 2.5
"""Below the foot only dots and commas hang, close to it; above stand two storeys of marks."""
_DOT_PX = 3
"""Smallest piece that may be a full stop on the reduced page."""
_STAMP_REACH_X, _STAMP_GAP_X = 16.0, 1.5


def owners(pieces: Pieces, lines: Sequence[TextLine], members: Sequence[Ints]) -> Ints:
    """For each piece the number of its line from 1, 0 for nobody's: chained pieces their own, marks the nearest."""
    owner = np.zeros(len(pieces.left), np.int32)
    middle_x, middle_y = pieces.left + pieces.width / 2, pieces.top + pieces.height / 2
    nearest = np.full(len(owner), np.inf)
    for number, line in enumerate(lines, start=1):
        foot = line.foot + line.slope * (middle_x - line.left)
        reach = _MARK_REACH_X * line.x
        off = np.maximum(foot - line.x - middle_y, (middle_y - foot) * _BELOW_COUNTS)
        inside = (middle_x > line.left - reach) & (middle_x < line.right + reach) & (pieces.height < TALLEST_X * line.x)
        better = inside & (off < reach) & (np.maximum(off, 0) < nearest)
        owner[better], nearest[better] = number, np.maximum(off[better], 0)
    for number, own in enumerate(members, start=1):
        owner[own] = number
    return owner


def with_ends(line: TextLine, pieces: Pieces, own: Flags) -> TextLine:
    """The line drawn out to the full stop, dash or quotation mark at its ends."""
    foot = line.foot + line.slope * (pieces.left - line.left)
    level = (pieces.bottom > foot - 1.6 * line.x) & (pieces.top < foot + 0.4 * line.x)
    near = np.nonzero(own & level & (pieces.area >= _DOT_PX))[0]
    left, right, gap = line.left, line.right, _END_GAP_X * line.x
    for at in near[np.argsort(pieces.left[near])]:
        if right < pieces.right[at] and pieces.left[at] - right < gap:
            right = float(pieces.right[at])
    for at in near[np.argsort(-pieces.right[near])]:
        if pieces.left[at] < left and left - pieces.right[at] < gap:
            left = float(pieces.left[at])
    solid = np.nonzero(own & (pieces.area >= _DOT_PX))[0]
    return replace(
        line,
        left=left,
        foot=line.foot + line.slope * (left - line.left),
        right=right,
        above=float((foot - pieces.top)[solid].max(initial=0.0)),
        below=float((pieces.bottom - foot)[solid].max(initial=0.0)),
    )


def through_stamps(line: TextLine, pieces: Pieces, owned: Ints, own: int) -> TextLine:
    """The line drawn out through a stamp or a seal of its own colour that has swallowed its beginning or its end."""
    reach = round(_STAMP_REACH_X * line.x)
    left, right = int(line.left), int(line.right)
    start, end = max(0, left - reach), min(owned.shape[1], right + reach)
    rows = slice(max(0, round(line.foot - line.x)), max(1, round(line.foot)))
    strange = (pieces.labels[rows, start:end] > 0) & ((owned[rows, start:end] == 0) | (owned[rows, start:end] == own))
    inked = strange.any(axis=0)
    tall = np.concatenate(([False], pieces.height > TALLEST_X * line.x))
    stamped = (tall[pieces.labels[rows, start:end]] & strange).any(axis=0)
    gap = round(_STAMP_GAP_X * line.x)
    to_right = _run(inked[right - start :], stamped[right - start :], gap)
    to_left = _run(inked[: left - start][::-1], stamped[: left - start][::-1], gap)
    return replace(line, left=line.left - to_left, right=line.right + to_right, foot=line.foot - line.slope * to_left)


def _run(inked: Flags, stamped: Flags, gap: int) -> int:
    """How far ink goes on without a wider gap, if a stamp begins at once; 0 otherwise."""
    if not stamped[:gap].any():
        return 0
    places = np.nonzero(inked)[0]
    breaks = np.nonzero(np.diff(places) > gap)[0]
    return int(places[breaks[0]] if len(breaks) else places[-1]) + 1

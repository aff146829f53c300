"""Lines of print into the order in which people read them: rows from top to bottom, but the foot of a paper by column.

Vietnamese papers end in two columns: to whom copies go on the left ("Nơi nhận"), who signs on the right; newspapers and
gazettes run in two throughout. Forms and tables stand side by side too and are read row by row. What tells them apart:
a foot says so or has lines set about a common middle, those of a form begin at a common edge. The head is put right in
:mod:`ocr.layout`, by its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median, pstdev

from rapidfuzz.distance import Levenshtein

from ocr.text import Line, fold

_SAME_ROW = 0.35
"""Lines whose feet differ by less, in heights of a line, stand in one row."""
_GUTTER = 1.2
"""Least width of the paper between two columns, in heights of a line."""
_MIN_PAIRED_ROWS = 2
_CENTRED = 0.5
_FULL_ROWS, _FULL_WIDTH = 8, 10.0
"""Rows, and their usual width in heights of a line, of print that runs in two columns."""
_PARAGRAPH_GAP = 1.5
_FOOT, _FOOT_SLIPS = "noinhan", 2


def in_columns(lines: Sequence[Line]) -> list[Line]:
    """The same lines in reading order, ``block`` numbering paragraphs and columns from 0."""
    rows = _rows(lines)
    ordered: list[list[Line]] = []
    at = 0
    while at < len(rows):
        sides, taken = _columns_from(rows, at)
        ordered += sides or [[line] for line in rows[at]]
        at += max(1, taken)
    return _numbered(ordered)


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that stand on one level together, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=_foot):
        if rows and _foot(line) - _foot(rows[-1][-1]) < _SAME_ROW * min(line.box.height, rows[-1][-1].box.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.box.left) for row in rows]


def _foot(line: Line) -> float:
    """Where most of its words end: descenders and marks of single words do not count."""
    return median(word.box.bottom for word in line.words)


def _columns_from(rows: Sequence[Sequence[Line]], start: int) -> tuple[list[list[Line]], int]:
    """The two columns that begin at row ``start`` and how many rows they take; none and 0 where there are none."""
    if len(rows[start]) < 2:
        return [], 0
    best: tuple[list[list[Line]], int] = ([], 0)
    for before, after in pairwise(rows[start]):
        height = median(line.box.height for line in rows[start])
        gutter, end = (before.box.right, after.box.left), start
        while end < len(rows) and (narrowed := _narrowed(gutter, rows[end], _GUTTER * height)):
            gutter, end = narrowed, end + 1
        cut = sum(gutter) / 2
        left = [line for row in rows[start:end] for line in row if line.box.right <= cut]
        right = [line for row in rows[start:end] for line in row if line.box.left >= cut]
        paired = sum(row[0].box.right <= cut and row[-1].box.left >= cut for row in rows[start:end])
        if paired >= _MIN_PAIRED_ROWS and end - start > best[1] and _are_columns(left, right, paired):
            best = ([left, right], end - start)
    return best


def _narrowed(gutter: tuple[int, int], row: Sequence[Line], least: float) -> tuple[int, int] | None:
    """What is left of the gutter beside this row; None where a line crosses it or it gets too narrow."""
    low, high = gutter
    middle = (low + high) / 2
    for line in row:
        if line.box.left < middle < line.box.right:
            return None
        if line.box.right <= middle:
            low = max(low, line.box.right)
        else:
            high = min(high, line.box.left)
    return (low, high) if high - low >= least else None


def _are_columns(left: Sequence[Line], right: Sequence[Line], paired: int) -> bool:
    if any(_opens_a_foot(line) for line in left) or _is_centred(left) or _is_centred(right):
        return True
    height = median(line.box.height for line in left)
    wide = min(median(line.box.width for line in side) for side in (left, right))
    return paired >= _FULL_ROWS and wide >= _FULL_WIDTH * height


def _opens_a_foot(line: Line) -> bool:
    """Whether a line says "Nơi nhận", perhaps misread: whom copies go to, by Nghị định 30/2020/NĐ-CP, Phụ lục I."""
    said = "".join(char for char in fold(line.text) if char.isalpha())
    return Levenshtein.distance(said, _FOOT, score_cutoff=_FOOT_SLIPS) <= _FOOT_SLIPS


def _is_centred(side: Sequence[Line]) -> bool:
    """Whether the lines are set about a common middle rather than from a common edge."""
    boxes = [line.box for line in side]
    edges, middles = pstdev(box.left for box in boxes), pstdev(box.left + box.width / 2 for box in boxes)
    return len(boxes) >= _MIN_PAIRED_ROWS and edges > boxes[0].height and middles < _CENTRED * edges


def _numbered(runs: Sequence[Sequence[Line]]) -> list[Line]:
    """Each run a column or a row; a new block where one begins beside the last, or after more than the usual paper."""
    flat = [(line, at) for at, run in enumerate(runs) for line in run]
    if not flat:
        return []
    steps = [b.box.bottom - a.box.bottom for (a, _), (b, _) in pairwise(flat) if b.box.top > a.box.top]
    usual = median(steps) if steps else 0.0
    numbered, block = [replace(flat[0][0], block=0)], 0
    for (before, _), (line, _) in pairwise(flat):
        step = line.box.bottom - before.box.bottom
        block += not 0 < step <= _PARAGRAPH_GAP * usual
        numbered.append(replace(line, block=block))
    return numbered

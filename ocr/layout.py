"""Reading order where the engine's own is wrong: the two-column head of Vietnamese official papers.

By Nghị định 30/2020/NĐ-CP (Phụ lục I) the agency, number and subject stand in a column on the left, the
national name, motto, place and date in one on the right. They share visual rows, and an engine joins each row
into one line: "ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI ...". Here each column is read to its end, left first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rapidfuzz.distance import Levenshtein

from ocr.text import Line, PageText, Word, fold

_NATION = ("cong", "hoa", "xa", "hoi", "chu", "nghia", "viet", "nam")
_NATION_FOUND, _SURE_LETTERS = 5, 2
_SEARCHED_LINES = 12
_ROW_OVERLAP = 0.6
_HEAD_IN_HEIGHTS = 14
"""The head ends at most this many letter heights below the national name."""
_GAP_IN_HEIGHTS = 1.1
_GAP_REACH, _COLUMN_SLACK, _CENTRE_SLACK = 0.16, 0.04, 0.09
"""Shares of the inked width: how far a gap may lie from the edge of the right column, and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The right column, measured on the national name; pixels."""

    left: float
    centre: float
    top: float
    height: float
    width: float
    """Inked width of the page."""

    @property
    def limit(self) -> float:
        return self.top + _HEAD_IN_HEIGHTS * self.height


def reading_order(lines: list[Line]) -> PageText:
    """The engine's lines with broken rows rejoined and a two-column head put right.

    Blocks are numbered anew from 0 in reading order. No word is added or dropped.
    """
    lines = _rejoined(lines)
    head = _head_of(lines)
    if head is None:
        return PageText(lines=_renumbered(lines))
    left: list[Line] = []
    right: list[Line] = []
    by_top = sorted(lines, key=lambda line: line.box.top)
    for at, line in enumerate(by_top):
        parts = _parts(line, head)
        if parts is None or line.box.top > head.limit:
            rest = {id(later) for later in by_top[at:]}
            break
        left.extend(Line(words=words, block=-2) for words in parts[:1] if words)
        right.extend(Line(words=words, block=-1) for words in parts[1:] if words)
    else:
        rest = set()
    if not left or not right:
        return PageText(lines=_renumbered(lines))
    return PageText(lines=_renumbered([*left, *right, *(line for line in lines if id(line) in rest)]))


def _rejoined(lines: list[Line]) -> list[Line]:
    """One line a printed row: Tesseract now and then breaks a row and puts its right half first."""
    rows: list[Line] = []
    for line in lines:
        if rows and _same_row(rows[-1], line):
            words = sorted((*rows[-1].words, *line.words), key=lambda word: word.box.left)
            rows[-1] = Line(words=tuple(words), block=line.block)
        else:
            rows.append(line)
    return rows


def _same_row(before: Line, after: Line) -> bool:
    """Whether ``after`` stands left of ``before`` on the same row: no column is read from right to left."""
    a, b = before.box, after.box
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return b.right <= a.left and shared >= _ROW_OVERLAP * min(a.height, b.height)


def _head_of(lines: list[Line]) -> _Head | None:
    """Where the national name stands, None on a page without it at its top."""
    for line in sorted(lines, key=lambda each: each.box.top)[:_SEARCHED_LINES]:
        meant = [_national(word) for word in line.words]
        if _in_turn(meant) < _NATION_FOUND:
            continue
        named = [word for word, syllable in zip(line.words, meant, strict=True) if syllable]
        name = [word for word in named if word.box.left >= _start(line, named)]
        left, right = name[0].box.left, name[-1].box.right
        inked = [each.box for each in lines]
        return _Head(
            left=left,
            centre=(left + right) / 2,
            top=median(word.box.top for word in name),
            height=median(word.box.height for word in name),
            width=max(box.right for box in inked) - min(box.left for box in inked),
        )
    return None


def _in_turn(meant: Sequence[str | None]) -> int:
    """How many syllables of the national name stand in their order among as many words as it has."""
    most = 0
    for start in range(len(meant)):
        reached = -1
        count = 0
        for syllable in meant[start : start + len(_NATION)]:
            if syllable is not None and _NATION.index(syllable) > reached:
                reached = _NATION.index(syllable)
                count += 1
        most = max(most, count)
    return most


def _national(word: Word) -> str | None:
    """The syllable of the national name a word stands for, one misread letter allowed in three or more."""
    text = fold(word.text)
    near = (each for each in _NATION if Levenshtein.distance(text, each, score_cutoff=1) <= (len(each) > _SURE_LETTERS))
    return text if text in _NATION else next(near, None)


def _start(line: Line, named: list[Word]) -> float:
    """Left edge of the national name: after the last wide gap before it ('UBND XÃ ...' shares the word 'xã')."""
    last = [word.box.left for word in named][-_NATION_FOUND]
    starts = [end for _, end, _ in _gaps(line) if end <= last]
    return max(starts, default=line.words[0].box.left)


def _gaps(line: Line) -> list[tuple[int, int, int]]:
    """Start, end and width of the wide gaps between words; specks read as '_' or '.' do not fill a gap."""
    height = median(word.box.height for word in line.words)
    solid = [word.box for word in line.words if any(map(str.isalnum, word.text))]
    gaps = ((before.right, after.left, after.left - before.right) for before, after in pairwise(solid))
    return [gap for gap in gaps if gap[2] >= _GAP_IN_HEIGHTS * height]


def _parts(line: Line, head: _Head) -> tuple[tuple[Word, ...], tuple[Word, ...]] | None:
    """The line's words in the left and the right column; None for a line that runs across both."""
    cut = _cut(line, head)
    if cut is not None:
        return (
            tuple(word for word in line.words if word.box.left < cut),
            tuple(word for word in line.words if word.box.left >= cut),
        )
    box = line.box
    if box.right <= head.left + _COLUMN_SLACK * head.width:
        return line.words, ()
    centred = abs((box.left + box.right) / 2 - head.centre) <= _CENTRE_SLACK * head.width
    if box.left >= head.left - _GAP_REACH * head.width and (centred or box.bottom <= head.top):
        return (), line.words
    return None


def _cut(line: Line, head: _Head) -> int | None:
    """Where the right column begins in this line: the end of the widest gap near the column's edge."""
    reach = _GAP_REACH * head.width
    near = [gap for gap in _gaps(line) if gap[0] - reach / 2 <= head.left <= gap[1] + reach]
    return max(near, key=lambda gap: gap[2])[1] if near else None


def _renumbered(lines: list[Line]) -> tuple[Line, ...]:
    numbers: dict[int, int] = {}
    return tuple(Line(words=line.words, block=numbers.setdefault(line.block, len(numbers))) for line in lines)

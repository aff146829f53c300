"""Where the lines of print lie on a level page, and each of them as a strip for the recogniser.

Pieces of ink as tall as letters are chained from left to right into lines; rules and frames are taken out first and
part what stands on both sides of them (cells of a table, the boxes of an identity number). Each line gets its own foot
and height of small letters from the profile of its rows. Marks belong to the nearest line, so that a strip can be
cleared of what hangs down from the line above: a dot below "ộ" would otherwise become a mark on the letter beneath it.

Lengths are in pixels of the picture given, unless a name says otherwise; ``x`` is the height of small letters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ocr import Pixels
from ocr.line_ends import owners, through_stamps, with_ends
from ocr.line_shape import TextLine, hovers, measured, settled, usual_x
from ocr.pieces import Ints, Pieces, chained
from ocr.window import Window

_WORK_X_PX = (10.0, 14.0)
"""Height of small letters on the page on which lines are found: reduced to the first where above the second."""
_MARGIN_X = 0.1
_X_SLACK = 0.12
"""How far the first guess of x may be off before lines are looked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a strip reaches above and below the foot, and at most where ink reaches further; how far at the sides."""

    above_x: tuple[float, float]
    below_x: tuple[float, float]
    side_x: float


TIGHT = Reach(above_x=(2.25, 2.6), below_x=(0.7, 0.9), side_x=0.2)
"""Both of Tesseract's models err least so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines of a page from top to bottom, and which ink of the reduced page belongs to which.

    ``owner`` holds 0 for nobody's and n for line n - 1; ``scale`` leads from the page to it. ``lines`` are measured on
    the page itself.
    """

    lines: tuple[TextLine, ...]
    owner: Ints
    rules: Pixels
    scale: float

    def unruled(self, page: Pixels) -> Pixels:
        """The page with rules and frames painted over in paper; where they cross letters a few pixels go too."""
        height, width = page.shape
        rules = self.rules if self.scale == 1 else cv2.resize(self.rules, (width, height))
        return np.where(rules > 0, np.uint8(255), page)

    def window(self, at: int, reach: Reach = TIGHT) -> Window:
        """The part of the page that holds line ``at`` with all its marks."""
        line = self.lines[at]
        left, right = line.left - reach.side_x * line.x, line.right + reach.side_x * line.x
        above = float(np.clip(line.above / line.x + _MARGIN_X, *reach.above_x)) * line.x
        below = float(np.clip(line.below / line.x + _MARGIN_X, *reach.below_x)) * line.x
        return Window(left=left, top=line.foot - above, width=right - left, height=above + below, slope=line.slope)

    def strip(self, page: Pixels, at: int, height: int) -> Pixels:
        """Line ``at`` of the grey page as a strip ``height`` tall, level, cleared of its neighbours' ink."""
        window = self.window(at)
        strip = self.cut(page, at, window, height)
        margin = round(TIGHT.side_x * self.lines[at].x * height / window.height)
        edge = max(0, margin - 1)
        strip[:, :edge] = strip[:, strip.shape[1] - edge :] = 255
        return strip

    def cut(self, page: Pixels, at: int, window: Window, height: int) -> Pixels:
        """``window`` of the grey page as a strip ``height`` tall, cleared of all ink that belongs to other lines."""
        strip = window.taken(page, height)
        foreign = window.scaled(self.scale).taken_mask((self.owner != 0) & (self.owner != at + 1), strip.shape)
        if foreign is not None:
            strip[foreign] = 255
        return strip


def find_lines(page: Pixels, x_px: float) -> Lines:
    """The lines of a level grey page (paper 255), whose usual small letters are about ``x_px`` tall."""
    scale = 1.0 if x_px <= _WORK_X_PX[1] else _WORK_X_PX[0] / x_px
    small = page if scale == 1 else np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    x = x_px * scale
    pieces = Pieces.of(np.asarray(small, np.uint8), x)
    kept = _kept(pieces, x)
    usual = usual_x([line for line, _ in kept], x)
    if abs(usual / x - 1) > _X_SLACK:
        x, kept = usual, _kept(pieces, usual)
    shaped = settled([line for line, _ in kept], x)
    owner = owners(pieces, shaped, [members for _, members in kept])
    ended = tuple(with_ends(line, pieces, owner == at) for at, line in enumerate(shaped, start=1))
    table = np.concatenate(([0], owner)).astype(np.int32)
    owned = table[pieces.labels]
    through = tuple(through_stamps(line, pieces, owned, at) for at, line in enumerate(ended, start=1))
    lines = tuple(_enlarged(line, 1 / scale) for line in through)
    return Lines(lines=lines, owner=owned, rules=pieces.rules, scale=scale)


def _kept(pieces: Pieces, x: float) -> list[tuple[TextLine, Ints]]:
    """Lines from top to bottom, each with the pieces chained in it."""
    chain = chained(pieces, x)
    members = (np.asarray(np.nonzero(chain == number)[0], np.int32) for number in range(1, chain.max(initial=0) + 1))
    lines = [measured(pieces, own, x) for own in members]
    found = sorted((line for line in lines if line is not None), key=lambda line: (line[0].foot, line[0].left))
    return [line for line in found if not hovers(line[0], [other for other, _ in found])]


def _enlarged(line: TextLine, by: float) -> TextLine:
    lengths = ("left", "right", "foot", "x", "above", "below")
    return replace(line, **{name: getattr(line, name) * by for name in lengths})

"""What on a page is paper, what is print in flat ink, and what is neither: seals, pens in colour, photos, shades.

Pure arrays. Nearly all is measured on the page reduced to some 100 dpi; only the print itself is looked for at full
resolution, where it is darker than midway between the paper and the darkest ink about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from ocr import Pixels
from ocr.planes import (
    Reals,
    closed,
    cut,
    enlarged,
    extremes,
    filled,
    grey_of,
    grown,
    inverse,
    odd_px,
    over,
    reduced,
    sized,
    square,
    strips,
)
from ocr.text import Box

_SMALL_DPI, _CLOSE_DPI = 100.0, 150.0
"""Of the reduced page; and at which a page is compared with its layers and it is told how dark ink is."""
_PAPER_REACH_IN, _PAPER_REACH_PX, _INK_REACH_IN = 0.5, 13, 0.3
"""How far from print there is paper to see, and how far from a faint stroke ink that tells how dark print is here."""
_OWN, _USUAL, _OWN_IN = 0.4, 0.085, 0.03
"""Ink is darker than midway between paper and print: its own darkest within so far, so that a hairline or a tone mark
counts though it is paler than stems, and a little of the darkest about."""
_FAINTEST, _FAINT_SHARE, _GRAINY = (24.0, 60.0), 0.25, 0.04
"""Ink is darker than paper by that share of the page's contrast, within these levels. Grain beyond the last share of
the contrast frays letters, and is smoothed."""
_COLOUR = 32
"""Spread between red, green and blue, against the paper's own, from which something has a colour."""
_BLACK, _BLACKISH, _BLACKISH_SPREAD = 0.35, 0.5, 48
"""In a coloured place black is whose brightest channel is below the first share of paper, or below the second and
neutral or reddish: what black over red ink is, and blue or green ink is not."""
_THICK_IN, _PHOTO_RIM_IN = 0.07, 0.3
"""Thicker than any stroke of print; black so thick among colours is hair or cloth of a photo that reaches so far."""
_PAPER_OFF, _INK_OFF, _OFF_SHARE = 40, 60, 64
"""Grey levels by which paper and ink may differ from the page, and how much (of 255) of a spot must do so."""
_MOTTLED, _MOTTLED_IN = 48, 0.08
"""Mean difference over an area so wide from which ink on paper is no likeness at all; print has half of that."""
_TONE, _WIDE, _HOLE_IN2 = 0.75, 5.0, 2.0
"""Thick parts darker than that share of paper, looked for so many times as far, are shown as they are; with the bright
places in them up to that size, which are faces."""
_COLOUR_MIN_IN2, _SHADE_MIN_IN2 = 0.0012, 0.004
_GAP_IN, _RIM_IN, _MERGE_IN, _AROUND_IN = 0.06, 0.03, 0.2, 0.3
_TILE_IN, _LEAST_INK = 0.25, 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """``small`` is the page (grey or RGB) reduced some ``step`` times, to 100 dpi; ``tint`` is its paper alone,
    smooth, and ``paper`` that in grey. ``close`` is the page in grey reduced ``close_step`` times, to 150 dpi.

    ``ink`` is 255 where the page in grey lies below ``below`` (of ``close``, a row and a column more): our own copy,
    from which what turns out not to be print is wiped; no ink is paler than ``faintest`` levels under paper. ``cover``
    is how much ink was found in each pixel of ``small``, ``plain`` is ``small`` with the print's place filled in.
    """

    pixels: Pixels
    ink: Pixels
    dpi: float
    step: int
    close_step: int
    small: Pixels
    close: Pixels
    plain: Pixels
    tint: Pixels
    paper: Pixels
    below: Pixels
    faintest: float
    grainy: bool
    cover: Pixels

    @staticmethod
    def of(pixels: Pixels, dpi: float) -> Sheet:
        step, close_step = max(1, round(dpi / _SMALL_DPI)), max(1, round(dpi / _CLOSE_DPI))
        small = reduced(pixels, step)
        rows = (pixels[top:bottom] for top, bottom in strips(len(pixels) // close_step * close_step))
        close = np.concatenate([reduced(grey_of(part), close_step) for part in rows])
        tint = _smooth_paper(small, _PAPER_REACH_IN * dpi / step)
        paper = grey_of(tint)
        levels = _levels(close, paper, dpi, _grain(pixels))
        ink = _ink(pixels, levels, close_step)
        cover = reduced(ink, step)
        return Sheet(
            pixels=pixels,
            ink=ink,
            dpi=dpi,
            step=step,
            close_step=close_step,
            small=small,
            close=close,
            plain=filled(small, grown(cover, 3)),
            tint=tint,
            paper=paper,
            below=levels.below,
            faintest=levels.faintest,
            grainy=levels.grainy,
            cover=cover,
        )

    def px(self, inches: float) -> int:
        """Odd number of pixels of ``small``."""
        return odd_px(inches * self.dpi / self.step)

    def grey(self) -> Pixels:
        """The page in grey, as print is looked for in it; our own copy."""
        rows = [_grey_rows(self.pixels, self.grainy, top, bottom) for top, bottom in strips(len(self.pixels))]
        return np.concatenate(rows)

    def part(self, small: Pixels, box: Box) -> Pixels:
        """The part of ``small`` that ``box`` of the page frames, not copied. Boxes lie on whole steps."""
        top, left = box.top // self.step, box.left // self.step
        return small[top : -(-box.bottom // self.step), left : -(-box.right // self.step)]

    def plain_without(self, odd: Pixels, boxes: tuple[Box, ...]) -> Pixels:
        """``plain`` with the places ``odd`` (not 0), which lie in ``boxes``, filled in as well."""
        plain, rim = self.plain.copy(), self.px(_AROUND_IN) * self.step
        for box in boxes:
            top, left = max(0, box.top - rim), max(0, box.left - rim)
            wide = Box(left=left, top=top, width=box.right + rim - left, height=box.bottom + rim - top)
            holes = grown(self.part(self.cover, wide), 3) | self.part(odd, wide)
            self.part(plain, wide)[:] = filled(self.part(self.small, wide), holes)
        return plain


def _smooth_paper(small: Pixels, reach_px: float) -> Pixels:
    """The page without its print: dark parts within reach closed over, smoothed; shadows and tints of paper stay."""
    least = reduced(small, max(1, round(reach_px / _PAPER_REACH_PX)))
    shut = cv2.morphologyEx(least, cv2.MORPH_CLOSE, square(_PAPER_REACH_PX))
    return sized(np.asarray(cv2.GaussianBlur(shut, (0, 0), _PAPER_REACH_PX / 4), np.uint8), small)


# --- where ink is -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levels:
    below: Pixels
    faintest: float
    grainy: bool


def _levels(close: Pixels, paper: Pixels, dpi: float, grain: float) -> _Levels:
    """The level below which there is ink, for ``close``. A page of much grain for its contrast is smoothed."""
    step = max(1, round(dpi / _CLOSE_DPI))
    calm = close if step > 1 else np.asarray(cv2.GaussianBlur(close, (3, 3), 0), np.uint8)
    own = np.asarray(cv2.erode(calm, square(odd_px(_OWN_IN * dpi / step))), np.uint8)
    about = cv2.subtract(paper, _darkest_about(own, paper, dpi))
    contrast = float(np.percentile(about[::4, ::4], 99))
    faintest = float(np.clip(_FAINT_SHARE * contrast, *_FAINTEST))
    base = cv2.addWeighted(paper, 1 - _OWN, about, -_USUAL, 0)
    midway = cv2.addWeighted(sized(np.asarray(base, np.uint8), close), 1, own, _OWN, 0)
    least = sized(np.asarray(cv2.addWeighted(paper, 1, paper, 0, -faintest), np.uint8), close)
    below = cv2.copyMakeBorder(cv2.min(midway, least), 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    return _Levels(below=np.asarray(below, np.uint8), faintest=faintest, grainy=grain > _GRAINY * contrast)


def _darkest_about(own: Pixels, paper: Pixels, dpi: float) -> Pixels:
    """The darkest ink within reach, smoothed, at the size of ``paper``."""
    reach = odd_px(_INK_REACH_IN * dpi / max(1, round(dpi / _SMALL_DPI)))
    darkest = cv2.erode(sized(own, paper, cv2.INTER_NEAREST), square(reach))
    return np.asarray(cv2.blur(darkest, (reach, reach)), np.uint8)


def _grain(pixels: Pixels) -> float:
    """How far a pixel is from the mean about it, where nothing is printed: of three rows in every 48."""
    threes = np.stack([pixels[at : len(pixels) - 2 + at : 48] for at in range(3)], axis=1)
    grey = grey_of(threes.reshape(-1, *pixels.shape[1:]))
    calm = cv2.GaussianBlur(grey, (3, 3), 0)
    return float(np.percentile(cv2.absdiff(grey[1::3, ::4], calm[1::3, ::4]), 75))


def _grey_rows(pixels: Pixels, grainy: bool, top: int, bottom: int) -> Pixels:
    if not grainy:
        return grey_of(pixels[top:bottom])
    first, last = max(0, top - 1), min(len(pixels), bottom + 1)
    calm = cv2.GaussianBlur(grey_of(pixels[first:last]), (3, 3), 0)
    return np.asarray(calm[top - first : bottom - first], np.uint8)


def _ink(pixels: Pixels, levels: _Levels, close_step: int) -> Pixels:
    height, width = pixels.shape[:2]
    ink = np.empty((height, width), np.uint8)
    for top, bottom in strips(height):
        below = enlarged(levels.below, close_step, top, bottom)[:, :width]
        cv2.compare(_grey_rows(pixels, levels.grainy, top, bottom), below, cv2.CMP_LT, ink[top:bottom])
    return ink


# --- how dark the ink is --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Inks:
    """Ink in tiles of a quarter inch: its ``area``, and light it takes from the paper and paper's own, a channel each.

    Light taken, spread over the ink's area, is the ink's colour: so print looks as dark as it did with its soft edges.
    """

    area: Reals
    taken: Reals
    paper: Reals

    def colour(self, where: NDArray[np.bool_]) -> Reals:
        """Mean colour of the ink in the tiles ``where``; black where there is none."""
        area = self.area[where].sum()
        if area <= 0:
            return np.zeros(self.taken.shape[2], np.float32)
        of_paper = (self.paper[where] * self.area[where][:, None]).sum(axis=0)
        return np.asarray(np.clip((of_paper - self.taken[where].sum(axis=0)) / area, 0, 255), np.float32)

    def levels(self) -> Reals:
        """Grey level of the ink in each tile, of all ink where a tile has next to none."""
        usual = self.colour(np.ones(self.area.shape, bool)).mean()
        level = (self.paper - self.taken / np.maximum(self.area, 1e-6)[..., None]).mean(axis=2)
        return np.asarray(np.where(self.area > _LEAST_INK, np.clip(level, 0, 255), usual), np.float32)


def inks_of(sheet: Sheet, odd: Pixels) -> Inks:
    """The ink of the page outside the places ``odd``."""
    apart = inverse(grown(odd, 3)) if cv2.countNonZero(odd) else None
    return _inks(sheet, sheet.small, sheet.plain, apart)


def _inks(sheet: Sheet, small: Pixels, plain: Pixels, apart: Pixels | None = None) -> Inks:
    side = max(4, sheet.px(_TILE_IN))
    height, width = sheet.cover.shape
    size = -(-width // side), -(-height // side)
    asked, cover = over(grown(sheet.cover, 3), 0), sheet.cover
    if apart is not None:
        asked, cover = asked & apart, cover & apart
    taken = cv2.subtract(plain, small, np.zeros_like(small), asked)
    area, light, paper = (_tiles(part, size) for part in (cover, taken, plain))
    return Inks(area=area[..., 0] / np.float32(255), taken=light, paper=paper)


def _tiles(plane: MatLike, size: tuple[int, int]) -> Reals:
    """Means of tiles and those about them, tiles high x tiles wide x channels."""
    fine = reduced(reduced(np.asarray(plane, np.uint8), 2), 2).astype(np.float32)
    means = cv2.blur(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), (3, 3))
    return np.asarray(means, np.float32).reshape(size[1], size[0], -1)


# --- what is neither paper nor print -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OddPlaces:
    """Places of ``Sheet.small`` (255) that flat ink on plain paper does not show.

    In the ``coloured`` ones of them black print may stand over the colour; the others are shades and photos.
    """

    all: Pixels
    coloured: Pixels

    @property
    def share(self) -> float:
        return cv2.countNonZero(self.all) / self.all.size


def odd_places(sheet: Sheet) -> OddPlaces:
    """Where the page is in colour, or thicker than strokes, or else unlike its ink on plain paper."""
    colours = _spots(_coloured(sheet), sheet, _COLOUR_MIN_IN2)
    shades = _spots(_unexplained(sheet), sheet, _SHADE_MIN_IN2) | _tones(sheet)
    shades = closed(shades, sheet.px(_MERGE_IN))
    rim = sheet.px(_RIM_IN)
    brightest = sheet.small if sheet.small.ndim == 2 else extremes(sheet.small)[0]
    dark = _thick(sheet, inverse(over(brightest, int(sheet.paper.max()) // 2)))
    photo = grown(dark & colours, sheet.px(_PHOTO_RIM_IN))
    return OddPlaces(all=grown(colours | shades, rim), coloured=grown(colours, rim) & inverse(photo))


def boxes_of(sheet: Sheet, odd: OddPlaces) -> tuple[Box, ...]:
    """Rectangles of the page, on whole steps, that hold all odd places; near ones share one."""
    rows = (spot.box for spot in _parts(closed(odd.all, sheet.px(_MERGE_IN))))
    step = sheet.step
    return tuple(
        Box(left=box.left * step, top=box.top * step, width=box.width * step, height=box.height * step) for box in rows
    )


def leave_only_black(sheet: Sheet, odd: OddPlaces, box: Box, grey: Pixels | None = None) -> None:
    """Wipe the odd places of ``box`` out of the sheet's ink and of ``grey``, but for black print over colour."""
    for top, bottom in strips(box.height):
        strip = Box(left=box.left, top=box.top + top, width=box.width, height=bottom - top)
        wiped, coloured = (
            _as_in(sheet.part(part, strip), strip, cv2.INTER_NEAREST) for part in (odd.all, odd.coloured)
        )
        if sheet.pixels.ndim == 3:
            wiped &= inverse(_black(sheet, strip) & coloured)
        cut(sheet.ink, strip)[:] &= inverse(wiped)
        if grey is not None:
            cut(grey, strip)[:] |= wiped


def _black(sheet: Sheet, box: Box) -> Pixels:
    """What in ``box`` is black though it may lie over colour."""
    crop = cut(sheet.pixels, box)
    brightest, darkest = extremes(crop)
    paper = sheet.part(sheet.paper, box)
    levels = (np.asarray(cv2.addWeighted(paper, share, paper, 0, 0), np.uint8) for share in (_BLACK, _BLACKISH))
    black, blackish = (cv2.compare(brightest, _as_in(level, box), cv2.CMP_LT) for level in levels)
    neutral = inverse(over(cv2.subtract(brightest, darkest), _BLACKISH_SPREAD - 1))
    reddish = cv2.compare(crop[..., 0], brightest, cv2.CMP_EQ)
    return np.asarray(cv2.bitwise_or(black, cv2.bitwise_and(blackish, cv2.bitwise_or(neutral, reddish))), np.uint8)


def _as_in(small: Pixels, box: Box, how: int = cv2.INTER_LINEAR) -> Pixels:
    return np.asarray(cv2.resize(small, (box.width, box.height), interpolation=how), np.uint8)


def _thick(sheet: Sheet, dark: MatLike) -> Pixels:
    """The parts of ``dark`` that are thicker than any stroke."""
    return np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, square(sheet.px(_THICK_IN))), np.uint8)


def _coloured(sheet: Sheet) -> Pixels:
    if sheet.small.ndim == 2:
        return np.zeros_like(sheet.small)
    brightest, darkest = extremes(cv2.divide(sheet.small, sheet.tint, scale=255))
    return over(cv2.subtract(brightest, darkest), _COLOUR)


def _tones(sheet: Sheet) -> Pixels:
    """Parts darker than paper and thicker than print: photos in grey, dark fields; small holes in them filled."""
    wide = _smooth_paper(sheet.paper, _WIDE * _PAPER_REACH_IN * sheet.dpi / sheet.step)
    level = cv2.addWeighted(wide, _TONE, wide, 0, 0)
    dark = _thick(sheet, cv2.compare(grey_of(sheet.small), level, cv2.CMP_LT))
    spots = _spots(dark, sheet, _SHADE_MIN_IN2)
    outlines, tree = cv2.findContours(spots, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    largest = _HOLE_IN2 * (sheet.dpi / sheet.step) ** 2
    for at, outline in enumerate(outlines):
        if tree[0, at, 3] >= 0 and cv2.contourArea(outline) < largest:
            cv2.drawContours(spots, outlines, at, 255, cv2.FILLED)
    return spots


def _unexplained(sheet: Sheet) -> Pixels:
    """Where the page is not its ink on plain paper. Edges of letters, soft in every scan, only count as a crowd."""
    plain = grey_of(sheet.plain)
    usual = sized(_inks(sheet, grey_of(sheet.small), plain).levels().astype(np.uint8), sheet.close)
    paper = sized(plain, sheet.close)
    wrong, error = np.empty_like(paper), np.empty_like(paper)
    height, step = len(paper), sheet.close_step
    least = min(_PAPER_OFF, round(1.25 * sheet.faintest))
    for top, bottom in strips(height):
        first, last = max(0, top - 1), min(height, bottom + 1)
        ink = reduced(sheet.ink[first * step : last * step], step)
        planes = _unlike(sheet.close[first:last], (paper[first:last], usual[first:last]), ink, least)
        wrong[top:bottom], error[top:bottom] = (plane[top - first : bottom - first] for plane in planes)
    width = sheet.px(_MOTTLED_IN)
    share, error = sized(wrong, sheet.paper), sized(error, sheet.paper)
    return over(share, _OFF_SHARE) | over(cv2.blur(error, (width, width)), _MOTTLED)


def _unlike(grey: Pixels, plain: tuple[Pixels, Pixels], ink: Pixels, least: int) -> tuple[Pixels, Pixels]:
    """Where rows in ``grey`` are neither of the ``plain`` ones, paper and usual ink; and how far from ink on paper.

    From ``least`` on a place differs from paper.
    """
    paper, usual = plain
    inside = over(cv2.erode(ink, square(3)), 254)
    outside = inverse(over(grown(ink, 3), 0))
    wrong = over(cv2.absdiff(grey, paper), least) & outside
    wrong |= over(cv2.absdiff(grey, usual), _INK_OFF) & inside
    made = cv2.subtract(paper, cv2.multiply(cv2.subtract(paper, usual), ink, scale=1 / 255))
    return wrong, np.asarray(cv2.absdiff(grey, made), np.uint8)


def _spots(found: Pixels, sheet: Sheet, least_in2: float) -> Pixels:
    """``found`` with small gaps closed, without what is too small to be meant."""
    kept = np.zeros_like(found)
    for part in _parts(closed(found, sheet.px(_GAP_IN))):
        if part.area >= least_in2 * (sheet.dpi / sheet.step) ** 2:
            cut(kept, part.box)[part.shape] = 255
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Pixels that hang together: their box, and which of it they are."""

    box: Box
    area: int
    shape: NDArray[np.bool_]


def _parts(found: Pixels) -> Iterator[_Part]:
    if not cv2.countNonZero(found):
        return
    x, y, wide, high = cv2.boundingRect(found)
    _, labels, facts, _ = cv2.connectedComponentsWithStats(found[y : y + high, x : x + wide])
    for label, (left, top, width, height, area) in enumerate(facts[1:].tolist(), start=1):
        shape = labels[top : top + height, left : left + width] == label
        yield _Part(box=Box(left=x + left, top=y + top, width=width, height=height), area=area, shape=shape)

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
)
from ocr.text import Box

_SMALL_DPI, _LOOK_DPI = 100.0, 150.0
"""Of the reduced page, and at which a page is compared with its layers."""
_PAPER_REACH_IN, _PAPER_REACH_PX, _INK_REACH_IN = 0.5, 13, 0.3
"""How far from print there is paper to see, and how far from a faint stroke ink that tells how dark print is here."""
_OWN, _USUAL, _OWN_IN = 0.4, 0.1, 0.023
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
_GAP_IN, _RIM_IN, _MERGE_IN = 0.06, 0.03, 0.2
_TILE_IN, _LEAST_INK = 0.25, 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """``small`` is the page (grey or RGB) reduced ``step`` times; ``tint`` is its paper alone,
    smooth, and ``paper`` that in grey.

    ``print`` is the page in grey and ``ink`` 255 where that lies below ``below``: our own copies, from which what
    turns out not to be print is wiped; no ink is paler than ``faintest`` levels under paper. ``cover`` is how much
    ink was found in each pixel of ``small``, ``plain`` is ``small`` with the print's place filled in.
    """

    pixels: Pixels
    print: Pixels
    ink: Pixels
    dpi: float
    step: int
    small: Pixels
    plain: Pixels
    tint: Pixels
    paper: Pixels
    below: Pixels
    faintest: float
    cover: Pixels

    @staticmethod
    def of(pixels: Pixels, dpi: float) -> Sheet:
        step = max(1, round(dpi / _SMALL_DPI))
        grey = grey_of(pixels) if pixels.ndim == 3 else pixels.copy()
        small = reduced(pixels, step)
        tint = _smooth_paper(small, _PAPER_REACH_IN * dpi / step)
        paper = grey_of(tint)
        levels = _levels(grey, paper, dpi)
        ink = np.asarray(cv2.compare(levels.print, levels.below, cv2.CMP_LT), np.uint8)
        cover = reduced(ink, step)
        return Sheet(
            pixels=pixels,
            print=levels.print,
            ink=ink,
            dpi=dpi,
            step=step,
            small=small,
            plain=filled(small, grown(cover, 3)),
            tint=tint,
            paper=paper,
            below=levels.below,
            faintest=levels.faintest,
            cover=cover,
        )

    def px(self, inches: float) -> int:
        """Odd number of pixels of ``small``."""
        return odd_px(inches * self.dpi / self.step)

    def of_small(self, small: Pixels, box: Box, how: int = cv2.INTER_LINEAR) -> Pixels:
        """What ``small`` shows in ``box`` of the page, at the page's resolution. Boxes lie on whole steps."""
        top, left = box.top // self.step, box.left // self.step
        part = small[top : -(-box.bottom // self.step), left : -(-box.right // self.step)]
        return np.asarray(cv2.resize(part, (box.width, box.height), interpolation=how), np.uint8)

    def plain_without(self, odd: Pixels) -> Pixels:
        """``plain`` with the places ``odd`` (not 0) filled in as well."""
        return filled(self.small, grown(self.cover, 3) | odd)


def _smooth_paper(small: Pixels, reach_px: float) -> Pixels:
    """The page without its print: dark parts within reach closed over, smoothed; shadows and tints of paper stay."""
    shrink = min(1.0, _PAPER_REACH_PX / reach_px)
    least = cv2.resize(small, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    shut = cv2.morphologyEx(least, cv2.MORPH_CLOSE, square(_PAPER_REACH_PX))
    return sized(np.asarray(cv2.GaussianBlur(shut, (0, 0), _PAPER_REACH_PX / 4), np.uint8), small)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levels:
    print: Pixels
    below: Pixels
    faintest: float


def _levels(grey: Pixels, paper: Pixels, dpi: float) -> _Levels:
    """The level below which there is ink, at the page's size. A page of much grain for its contrast is smoothed."""
    calm = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    own = np.asarray(cv2.erode(calm, square(odd_px(_OWN_IN * dpi))), np.uint8)
    about = cv2.subtract(paper, _darkest_about(own, paper, dpi))
    contrast = float(np.percentile(about[::4, ::4], 99))
    grain = float(np.percentile(cv2.absdiff(grey[::12, ::12], calm[::12, ::12]), 75))
    faintest = float(np.clip(_FAINT_SHARE * contrast, *_FAINTEST))
    base = cv2.addWeighted(paper, 1 - _OWN, about, -_USUAL, 0)
    midway = cv2.addWeighted(sized(np.asarray(base, np.uint8), grey), 1, own, _OWN, 0)
    least = sized(np.asarray(cv2.addWeighted(paper, 1, paper, 0, -faintest), np.uint8), grey)
    return _Levels(
        print=calm if grain > _GRAINY * contrast else grey,
        below=np.asarray(cv2.min(midway, least), np.uint8),
        faintest=faintest,
    )


def _darkest_about(own: Pixels, paper: Pixels, dpi: float) -> Pixels:
    """The darkest ink within reach, smoothed, at the size of ``paper``."""
    step = max(1, round(dpi / _SMALL_DPI))
    height, width = paper.shape
    reach = odd_px(_INK_REACH_IN * dpi / step)
    darkest = cv2.erode(own[step // 2 :: step, step // 2 :: step][:height, :width], square(reach))
    return np.asarray(cv2.blur(darkest, (reach, reach)), np.uint8)


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


def inks_of(sheet: Sheet, odd: Pixels | None = None) -> Inks:
    """The ink of the page outside the places ``odd``."""
    side = max(4, sheet.px(_TILE_IN))
    height, width = sheet.cover.shape
    size = -(-width // side), -(-height // side)
    asked = over(grown(sheet.cover, 3), 0)
    cover = sheet.cover
    if odd is not None:
        apart = inverse(grown(odd, 3))
        asked, cover = asked & apart, cover & apart
    taken = cv2.copyTo(cv2.subtract(sheet.plain, sheet.small), asked)
    area, light, paper = (_tiles(part, size) for part in (cover, taken, sheet.plain))
    return Inks(area=area[..., 0] / np.float32(255), taken=light, paper=paper)


def _tiles(plane: MatLike, size: tuple[int, int]) -> Reals:
    """Means of tiles and those about them, tiles high x tiles wide x channels."""
    fine = reduced(np.asarray(plane, np.uint8), 4).astype(np.float32)
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


def leave_only_black(sheet: Sheet, odd: OddPlaces, box: Box) -> None:
    """Wipe the odd places of ``box`` out of the sheet's print, but for black print over colour."""
    wiped = sheet.of_small(odd.all, box, cv2.INTER_NEAREST) > 0
    if sheet.pixels.ndim == 3:
        crop = cut(sheet.pixels, box)
        brightest, darkest = extremes(crop)
        paper = sheet.of_small(sheet.paper, box).astype(np.float32)
        plain = (cv2.subtract(brightest, darkest) < _BLACKISH_SPREAD) | (crop[..., 0] == brightest)
        black = (brightest < _BLACK * paper) | ((brightest < _BLACKISH * paper) & plain)
        wiped &= ~(black & (sheet.of_small(odd.coloured, box, cv2.INTER_NEAREST) > 0))
    cut(sheet.print, box)[wiped] = 255
    cut(sheet.ink, box)[wiped] = 0


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
    factor = max(1, round(sheet.dpi / _LOOK_DPI))
    grey, ink = reduced(sheet.print, factor), reduced(sheet.ink, factor)
    paper = sized(grey_of(sheet.plain), grey)
    usual = sized(inks_of(sheet).levels().astype(np.uint8), grey)
    inside = over(cv2.erode(ink, square(3)), 254)
    outside = inverse(over(grown(ink, 3), 0))
    wrong = over(cv2.absdiff(grey, paper), min(_PAPER_OFF, round(1.25 * sheet.faintest))) & outside
    wrong |= over(cv2.absdiff(grey, usual), _INK_OFF) & inside
    made = cv2.subtract(paper, cv2.multiply(cv2.subtract(paper, usual), ink, scale=1 / 255))
    width = sheet.px(_MOTTLED_IN)
    share, error = (
        cv2.resize(part, sheet.paper.shape[::-1], interpolation=cv2.INTER_AREA)
        for part in (wrong, cv2.absdiff(grey, made))
    )
    return over(share, _OFF_SHARE) | over(cv2.blur(error, (width, width)), _MOTTLED)


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

"""One page as layers: sharp print in flat ink over a coarse picture of the paper, colour patches where needed.

Mixed raster content (ITU-T T.44) within what PDF/A-1 allows: print is a 1-bit stencil, coded CCITT G4; paper is a
JPEG of some 100 dpi with the print's place filled in; seals, pens in colour, photos and shades, which flat ink
does not show, are JPEG patches of 200 dpi, black print still sharp above them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels, Raster
from ocr.fax import group4
from ocr.matter import Inks, OddPlaces, Sheet, boxes_of, inks_of, leave_only_black, odd_places
from ocr.planes import cut, enlarged, filled, grown, reduced, strips
from ocr.text import Box

_COARSEST_DPI, _STENCIL_DPI, _WORK_DPI = 150.0, 250.0, 300.0
"""Below the first there are no layers; below the second a stencil is twice as fine as the page, or stairs show.
A page of 450 dpi or more is taken apart at about the third, to save memory, its stencil again twice as fine."""
_SMALLEST_IN = 0.5
_PATCH_DPI = 200.0
"""The law's floor for scans."""
_PAPER_JPEG = (45, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
_PATCH_JPEG = (75, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
"""Quality and sampling: seals are thin red lines, of which halved colour makes pink ones."""
_MOST_ODD = 0.4
_ONE_INK, _INK_STEP = 56, 40
"""Grey levels within which all print of a page is one ink; else the steps in which it is told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stencil:
    """Print of one colour all over the page: ``g4`` is CCITT group 4, black where ink is, of ``width`` x ``height``."""

    rgb: tuple[int, int, int]
    width: int
    height: int
    g4: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG, grey or RGB, of ``width`` x ``height`` pixels that fills ``box`` of the page."""

    box: Box
    width: int
    height: int
    grey: bool
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """A page of ``width`` x ``height`` pixels: ``paper`` first, ``patches`` over it, ``stencils`` over both.

    A page of 450 dpi or more has been reduced to about 300: ``dpi`` says to what.
    """

    width: int
    height: int
    dpi: float
    paper: Picture
    patches: tuple[Picture, ...]
    stencils: tuple[Stencil, ...]

    @property
    def size(self) -> int:
        """Bytes of all codings."""
        return sum(len(part.jpeg) for part in (self.paper, *self.patches)) + sum(len(s.g4) for s in self.stencils)


def layers_of(raster: Raster) -> Layers | None:
    """The page in layers; None where it would lose by them: mostly picture, too coarse, a scrap, or 1-bit already.

    The same raster gives the same layers, and is not changed. A4 in colour at 300 dpi takes about 70 ms.
    """
    dpi = raster.dpi or _dpi_as_a4(raster.pixels)
    if raster.bilevel or dpi < _COARSEST_DPI or min(raster.pixels.shape[:2]) < _SMALLEST_IN * dpi:
        return None
    factor = max(1, round(dpi / _WORK_DPI))
    sheet = Sheet.of(reduced(raster.pixels, factor), dpi / factor)
    finer = 2 if factor > 1 or dpi < _STENCIL_DPI else 1
    odd = odd_places(sheet)
    if odd.share > _MOST_ODD:
        return None
    boxes = boxes_of(sheet, odd)
    grey = sheet.grey() if finer > 1 else None
    for box in boxes:
        leave_only_black(sheet, odd, box, grey)
    paper = sheet.plain_without(odd.all, boxes) if boxes else sheet.plain
    height, width = sheet.ink.shape
    return Layers(
        width=width,
        height=height,
        dpi=sheet.dpi,
        paper=_picture(paper, Box(left=0, top=0, width=width, height=height), _PAPER_JPEG),
        patches=tuple(_patch(sheet, paper, odd, box) for box in boxes),
        stencils=tuple(_stencils(_bits(sheet, grey), inks_of(sheet, odd.all))),
    )


# --- pictures ----------------------------------------------------------------------------------------------


def _patch(sheet: Sheet, paper: Pixels, odd: OddPlaces, box: Box) -> Picture:
    """``box`` at some 200 dpi, print filled in; around the odd places the paper's own picture: no seam shows."""
    scale = min(1.0, _PATCH_DPI / sheet.dpi)
    size = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    shown, holes = (
        np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        for part in (cut(sheet.pixels, box), grown(cut(sheet.ink, box), 3))
    )
    plain, inside = (
        cv2.resize(sheet.part(part, box), size, interpolation=how)
        for part, how in ((paper, cv2.INTER_LINEAR), (odd.all, cv2.INTER_NEAREST))
    )
    return _picture(np.asarray(cv2.copyTo(filled(shown, holes), inside, plain), np.uint8), box, _PATCH_JPEG)


def _picture(pixels: Pixels, box: Box, coding: tuple[int, int]) -> Picture:
    grey = pixels.ndim == 2
    options = [cv2.IMWRITE_JPEG_QUALITY, coding[0], cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, coding[1]]
    done, jpeg = cv2.imencode(".jpg", pixels if grey else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ValueError(f"no JPEG of {pixels.shape}")
    height, width = pixels.shape[:2]
    return Picture(box=box, width=width, height=height, grey=grey, jpeg=jpeg.tobytes())


# --- stencils ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bits:
    """Ink of the whole page, eight pixels a byte, ``width`` a row."""

    rows: Pixels
    width: int

    def within(self, tiles: NDArray[np.bool_]) -> Pixels:
        """The ink in some tiles of the page alone."""
        across = np.arange(self.width) * tiles.shape[1] // self.width
        down = np.arange(len(self.rows)) * tiles.shape[0] // len(self.rows)
        mask = np.packbits(tiles[:, across], axis=1)[down]
        return np.asarray(self.rows & mask, np.uint8)


def _bits(sheet: Sheet, grey: Pixels | None) -> _Bits:
    """The sheet's ink; from the page in ``grey``, if given, at twice its resolution."""
    height, width = sheet.ink.shape
    if grey is None:
        return _Bits(rows=np.packbits(sheet.ink, axis=1), width=width)
    rows = [np.packbits(_finer_ink(sheet, grey, top, bottom), axis=1) for top, bottom in strips(height)]
    return _Bits(rows=np.concatenate(rows), width=width * 2)


def _stencils(bits: _Bits, inks: Inks) -> Iterator[Stencil]:
    """One a shade of ink; most pages have one."""
    shades = _shades(inks)
    for shade in np.unique(shades):
        where = shades == shade
        rows = bits.rows if where.all() else bits.within(where)
        if rows.any():
            yield Stencil(rgb=_rgb(inks, where), width=bits.width, height=len(rows), g4=group4(rows, bits.width))


def _shades(inks: Inks) -> Pixels:
    """A number for each tile, the same where print is about as dark."""
    levels = inks.levels()
    order = np.argsort(levels, axis=None)
    ink = np.cumsum(inks.area.ravel()[order])
    darkest, lightest = levels.ravel()[order[np.searchsorted(ink, ink[-1] * np.array([0.01, 0.98]))]]
    if lightest - darkest <= _ONE_INK:
        return np.zeros(levels.shape, np.uint8)
    return np.asarray(np.round(np.maximum(levels - darkest, 0) / _INK_STEP), np.uint8)


def _rgb(inks: Inks, where: NDArray[np.bool_]) -> tuple[int, int, int]:
    colour = inks.colour(where)
    red, green, blue = (round(float(part)) for part in (colour if len(colour) == 3 else colour.repeat(3)))
    return red, green, blue


def _finer_ink(sheet: Sheet, grey: Pixels, top: int, bottom: int) -> Pixels:
    """Ink of some rows of the page at twice its resolution."""
    fine = enlarged(grey, 2, top * 2, bottom * 2)
    below = enlarged(sheet.below, sheet.close_step * 2, top * 2, bottom * 2)[:, : fine.shape[1]]
    return np.asarray(cv2.compare(fine, below, cv2.CMP_LT), np.uint8)


def _dpi_as_a4(pixels: Pixels) -> float:
    """The resolution at which a page of unknown size fills an A4 sheet (8.27 x 11.69 inches)."""
    short, long = sorted(pixels.shape[:2])
    return float(max(short / 8.27, long / 11.69))

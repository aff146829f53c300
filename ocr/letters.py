"""Pieces of ink the size of letters, on a page reduced to about 150 dpi: what turn and skew are measured by.

A page is labelled once. Everything after that works on the outlines of the pieces, which are turned as points,
so that no picture has to be turned and labelled again to look at the page along another angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels

Points = NDArray[np.float32]
Labels = NDArray[np.uint16] | NDArray[np.int32]

WORK_SIDE = 1800
"""Longest side of the picture that is measured (about 150 dpi on A4): marks still stand apart from letters."""
_NEAR_ENOUGH = 0.1
_PAPER_SIDE = 61
_DARKER = np.clip(np.ceil(np.arange(256) * 0.85 - 4), 0, 255).astype(np.uint8)
"""For every value of the paper around, the value below which a pixel is ink."""
_MARGIN = 0.015
_LETTER_SIDE = 0.08
"""A component longer than this share of the page is a rule, a frame, a picture or the scanner's edge."""
_MIN_AREA = 4
_SMALLEST_LETTER_PX, _TALLEST_LETTER_PX = 5, 60
"""On the reduced page; the dots of a dotted line have 3 or 4."""
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def reduced(pixels: Pixels) -> Pixels:
    """The page, grey or RGB, at about WORK_SIDE, a tenth more or less; smaller pages as they are.

    Whole steps average, which is quick; where none comes near enough the rest is bilinear, which loses nothing
    within a factor of two.
    """
    height, width = pixels.shape[:2]
    steps = round(max(height, width) / WORK_SIDE)
    if abs(max(height, width) / max(steps, 1) / WORK_SIDE - 1) > _NEAR_ENOUGH:
        steps = max(height, width) // WORK_SIDE
    if steps > 1:
        wide, tall = width // steps, height // steps
        whole = pixels[: tall * steps, : wide * steps]
        pixels = np.asarray(cv2.resize(whole, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
    scale = WORK_SIDE / max(pixels.shape[:2])
    if scale >= 1 - _NEAR_ENOUGH:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Border pixels of the pieces of a page ``height`` pixels tall: where they are and the piece each belongs to.

    ``foot`` is ink with paper below it, ``right`` ink with paper on its right. Lines of print line up on their
    feet. ``lying`` asks for the page as it is after a clockwise quarter turn.
    """

    x: Points
    y: Points
    height: int
    piece: NDArray[np.int32]
    foot: NDArray[np.bool_]
    right: NDArray[np.bool_]

    def feet(self, *, lying: bool) -> tuple[Points, Points]:
        """Their x and y."""
        x, y = self._places(lying=lying)
        chosen = self.right if lying else self.foot
        return x[chosen], y[chosen]

    def boxes(self, skew_deg: float, *, lying: bool) -> Points:
        """Left, top, width, height of each piece once the page is level; ``skew_deg`` counter-clockwise positive."""
        sine, cosine = np.float32(np.sin(np.radians(skew_deg))), np.float32(np.cos(np.radians(skew_deg)))
        order = np.argsort(self.piece, kind="stable")
        piece, (x, y) = self.piece[order], self._places(lying=lying)
        along, across = (x * cosine - y * sine)[order], (y * cosine + x * sine)[order]
        starts = np.flatnonzero(np.diff(piece, prepend=-1))
        left, top = np.minimum.reduceat(along, starts), np.minimum.reduceat(across, starts)
        right, foot = np.maximum.reduceat(along, starts), np.maximum.reduceat(across, starts)
        return np.stack((left, top, right - left + 1, foot - top + 1), axis=1)

    def _places(self, *, lying: bool) -> tuple[Points, Points]:
        return (self.height - 1 - self.y, self.x) if lying else (self.x, self.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Letter-sized pieces of a reduced page: ``labels`` number every piece of ``ink``, ``kept`` says which count."""

    ink: Pixels
    labels: Labels
    kept: NDArray[np.bool_]

    def mask(self) -> Pixels:
        """1 on letters, else 0."""
        return np.asarray(np.take(self.kept.view(np.uint8), self.labels), np.uint8)

    def outline(self) -> Outline:
        width = self.ink.shape[1]
        border = cv2.subtract(self.ink, cv2.erode(self.ink, _CROSS))
        at = np.flatnonzero(border.view(np.bool_))
        piece = self.labels.ravel()[at]
        mine = self.kept[piece]
        at, piece = at[mine], piece[mine]
        flat = self.ink.ravel()
        y, x = np.divmod(at, width)
        return Outline(
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            height=len(self.ink),
            piece=piece.astype(np.int32),
            foot=flat[at + width] == 0,
            right=flat[at + 1] == 0,
        )


def letters_of(small: Pixels) -> Letters:
    """Find them on a grey :func:`reduced` page; rules, frames, pictures and what touches the margin are left out."""
    paper = cv2.LUT(cv2.blur(small, (_PAPER_SIDE, _PAPER_SIDE)), _DARKER)
    ink = np.asarray(cv2.compare(small, paper, cv2.CMP_LT), np.uint8) & np.uint8(1)
    edge = max(1, round(max(small.shape) * _MARGIN))
    ink[:edge], ink[-edge:], ink[:, :edge], ink[:, -edge:] = 0, 0, 0, 0
    labels, stats = labelled(ink)
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    kept = (longest < _LETTER_SIDE * max(small.shape)) & (stats[:, cv2.CC_STAT_AREA] >= _MIN_AREA)
    kept[0] = False
    return Letters(ink=ink, labels=labels, kept=kept)


def labelled(ink: Pixels) -> tuple[Labels, NDArray[np.int32]]:
    """Number of the piece at every pixel, and left, top, width, height, area of each piece (0: the paper).

    16-bit numbers take a third of the time of 32-bit ones; a page of dust has too many pieces for them.
    """
    try:
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_16U)
    except cv2.error:
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
        return np.asarray(labels, np.int32), np.asarray(stats, np.int32)
    return np.asarray(labels, np.uint16), np.asarray(stats, np.int32)


def letter_mask(small: Pixels) -> Pixels:
    """1 where a letter-sized piece of ink lies on a grey :func:`reduced` page; rules and edges are left out."""
    return letters_of(small).mask()


def letter_boxes(mask: Pixels) -> tuple[NDArray[np.int32], float]:
    """Boxes (left, top, width, height, area) of letters without dots and marks, and their usual height in pixels."""
    boxes = labelled(mask)[1][1:]
    usual = usual_height(boxes[:, 3].astype(np.float64))
    return boxes[is_letter(boxes, usual)], usual


def usual_height(heights: NDArray[np.float64]) -> float:
    """The letters' usual height, 0.0 without letters.

    Weighted by height squared: the dotted lines of a form outnumber its letters.
    """
    letters = np.sort(heights[(heights >= _SMALLEST_LETTER_PX) & (heights < _TALLEST_LETTER_PX)])
    if not len(letters):
        return 0.0
    weight = np.cumsum(letters**2)
    return float(letters[np.searchsorted(weight, weight[-1] * 0.4)])


def is_letter(boxes: NDArray[np.int32] | Points, usual: float) -> NDArray[np.bool_]:
    """Which boxes (left, top, width, height) are letters rather than dots, marks and rules."""
    width, height = boxes[:, 2], boxes[:, 3]
    return np.asarray(
        (height >= max(usual * 0.7, 1)) & (height < usual * 3) & (width < height * 4),
        np.bool_,
    )

"""A level strip cut out of a page, its rows falling as the line does: pixels one way, boxes the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels
from ocr.text import Box

_Flags = NDArray[np.bool_]

_PAPER = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A parallelogram of the page: level at its left edge, its rows falling by ``slope``."""

    left: float
    top: float
    width: float
    height: float
    slope: float

    def scaled(self, by: float) -> Window:
        return replace(self, left=self.left * by, top=self.top * by, width=self.width * by, height=self.height * by)

    def between(self, left: float, right: float) -> Window:
        """The part from one column of the page to another."""
        return replace(self, left=left, top=self.top + self.slope * (left - self.left), width=right - left)

    def placed(self, box: Box, height: int) -> Box:
        """A box of the window taken ``height`` pixels tall, in pixels of the page."""
        ratio = self.height / height
        fall = self.slope * (box.left + box.width / 2) * ratio
        left, top = self.left + box.left * ratio, self.top + box.top * ratio + fall
        return Box(
            left=max(0, round(left)),
            top=max(0, round(top)),
            width=max(1, round(box.width * ratio)),
            height=max(1, round(box.height * ratio)),
        )

    def taken(self, page: Pixels, height: int) -> Pixels:
        """The window, ``height`` pixels tall. Reduced by area where it is larger: thin strokes fade, never vanish."""
        ratio = self.height / height
        width = max(1, round(self.width / ratio))
        if ratio <= 1:
            return _warped(page, self.matrix(ratio), (width, height), cv2.INTER_CUBIC)
        size = max(1, round(self.width)), max(1, round(self.height))
        full = _warped(page, self.matrix(1.0), size, cv2.INTER_LINEAR)
        return np.asarray(cv2.resize(full, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

    def taken_mask(self, mask: _Flags, shape: tuple[int, ...]) -> _Flags | None:
        """The part of ``mask`` in the window, grown by a pixel and brought to ``shape``; None where it is empty."""
        fall = self.slope * self.width
        top, bottom = max(0, int(self.top + min(0.0, fall))), int(self.top + self.height + max(0.0, fall)) + 2
        left, right = max(0, int(self.left)), int(self.left + self.width) + 2
        if not mask[top:bottom, left:right].any():
            return None
        grown = cv2.dilate(mask[top:bottom, left:right].astype(np.uint8), np.ones((2, 2), np.uint8))
        absent = np.asarray(1 - grown, np.uint8) * np.uint8(_PAPER)
        moved = replace(self, left=self.left - left, top=self.top - top)
        size = (shape[1], shape[0])
        return _warped(absent, moved.matrix(self.height / shape[0]), size, cv2.INTER_NEAREST) < _PAPER

    def matrix(self, step: float) -> NDArray[np.float64]:
        """From pixels of the window, ``step`` pixels of the page apart, to the page (2 x 3, affine)."""
        return np.array([[step, 0, self.left], [self.slope * step, step, self.top]])


def _warped(page: Pixels, matrix: NDArray[np.float64], size: tuple[int, int], how: int) -> Pixels:
    flags = how | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(page, matrix, size, flags=flags, borderValue=_PAPER), np.uint8)

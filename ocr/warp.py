"""One interpolation from a page's own pixels to the picture people see, whatever the turn, skew and crop.

Cubic where the eye and the recogniser look, in brightness; bilinear at half size in colour, which is all that
4:2:0 JPEG (what scanners send, and what a page is kept as) holds of it. That halves the time of three cubic
channels. Worked in strips: a sheet of A3 at 600 dpi has 209 MB, and only one copy of it may be made.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels

Matrix = NDArray[np.float64]
"""3 x 3, from pixels (x, y, 1) of the source to pixels of the result; may be a homography."""
Colour = tuple[int, int, int]

_STRIP_ROWS = 512
_REACH = 4
"""Pixels beyond its own that a cubic takes part in, and one for rounding."""
_HALF = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])
"""Pixel centres of a picture to those of its half."""


def resampled(pixels: Pixels, matrix: Matrix, size: tuple[int, int], fill: Colour) -> Pixels:
    """``pixels`` (grey or RGB) through ``matrix`` onto a canvas of ``size`` (width, height), ``fill`` around."""
    back = np.asarray(np.linalg.inv(matrix), np.float64)
    if pixels.ndim == 2:
        return _through(pixels, back, (size, cv2.INTER_CUBIC), fill[0])
    width, height = size
    out = np.empty((height, width, 3), np.uint8)
    ycc = [int(value) for value in cv2.cvtColor(np.full((1, 1, 3), fill, np.uint8), cv2.COLOR_RGB2YCrCb)[0, 0]]
    for top in range(0, height, _STRIP_ROWS):
        rows = min(_STRIP_ROWS, height - top)
        part, to_part = _source_of(pixels, back @ _shift(0, top), (width, rows))
        if part.size:
            _strip(part, to_part, ycc, out[top : top + rows])
        else:
            out[top : top + rows] = fill
    return out


def _source_of(pixels: Pixels, back: Matrix, size: tuple[int, int]) -> tuple[Pixels, Matrix]:
    """The part of the page that a strip of ``size`` is made of, and the way from the strip to that part."""
    width, height = size
    corners = moved(back, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))
    left, top = (max(0, int(low) - _REACH) // 2 * 2 for low in corners.min(axis=0))
    right, bottom = (max(0, int(high) + _REACH) for high in corners.max(axis=0))
    return pixels[top:bottom, left:right], _shift(-left, -top) @ back


def _strip(part: Pixels, back: Matrix, fill: list[int], out: Pixels) -> None:
    """Fill ``out`` from ``part``; ``fill`` in YCrCb."""
    rows, width = out.shape[:2]
    light = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)
    planes = [_through(light, back, ((width, rows), cv2.INTER_CUBIC), fill[0])]
    half_back = _HALF @ back @ np.linalg.inv(_HALF)
    halves = ((width + 1) // 2, (rows + 1) // 2)
    for plane, value in zip(_chroma(part), fill[1:], strict=True):
        small = _through(plane, half_back, (halves, cv2.INTER_LINEAR), value)
        double = cv2.resize(small, (halves[0] * 2, halves[1] * 2), interpolation=cv2.INTER_LINEAR)
        planes.append(np.asarray(double[:rows, :width], np.uint8))
    cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB, dst=out)


def moved(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n x 2) through a matrix."""
    through = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    return np.asarray(through[:, :2] / through[:, 2:], np.float64)


def _through(plane: Pixels, back: Matrix, how: tuple[tuple[int, int], int], fill: int) -> Pixels:
    """One channel; ``back`` leads from the result to the source, ``how`` is the result's size and the interpolation."""
    size, interpolation = how
    flags = interpolation | cv2.WARP_INVERSE_MAP
    if np.abs(back[2, :2]).max() < 1e-12:
        affine = (back / back[2, 2])[:2]
        return np.asarray(cv2.warpAffine(plane, affine, size, flags=flags, borderValue=fill), np.uint8)
    return np.asarray(cv2.warpPerspective(plane, back, size, flags=flags, borderValue=fill), np.uint8)


def _chroma(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Cr and Cb at half size, averaged."""
    height, width = (max(1, side // 2) for side in pixels.shape[:2])  # a last odd row or column is left to the fill
    half = cv2.resize(pixels[: height * 2, : width * 2], (width, height), interpolation=cv2.INTER_AREA)
    _, red, blue = cv2.split(cv2.cvtColor(half, cv2.COLOR_RGB2YCrCb))
    return np.asarray(red, np.uint8), np.asarray(blue, np.uint8)


def _shift(right: float, down: float) -> Matrix:
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])

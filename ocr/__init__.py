"""Image in, upright image and Vietnamese text out. Knows nothing of intake.

The one entrance is :class:`Reader`; everything it returns is frozen and free of file handles.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ocr.text import PageText

Pixels = NDArray[np.uint8]
"""Height x width (grey) or height x width x 3 (RGB order), 8 bits a sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """One page as pixels. ``dpi`` is None where the file does not say and nothing could be concluded."""

    pixels: Pixels
    dpi: float | None
    bilevel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A QR or bar code on the page. ``untrusted_text`` is whatever somebody printed: check before use."""

    kind: str
    untrusted_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a page was read. Two readings with the same ``id`` of the same bytes are the same reading."""

    engine: str
    engine_version: str
    languages: str
    prep_version: str

    @property
    def id(self) -> str:
        parts = "|".join((self.engine, self.engine_version, self.languages, self.prep_version))
        return hashlib.sha256(parts.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one page says.

    ``upright`` is the page as people see it: turned and deskewed in one interpolation from the original
    pixels. ``turn_deg`` is the clockwise turn applied (0, 90, 180, 270). ``skew_deg`` is the turn of the
    print on the sheet *before* correction, after that turn, counter-clockwise positive. ``sharpness`` is 0 to 1.
    ``as_scanned`` tells that nothing was turned, levelled or cropped: ``upright`` is the scan, pixel for pixel.
    """

    upright: Raster
    as_scanned: bool
    skew_deg: float
    turn_deg: int
    blank: bool
    sharpness: float
    text: PageText
    codes: tuple[Code, ...]
    recipe: Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What stands in the upper part of a page, read in passing; ``turn_deg`` and ``skew_deg`` as in Reading."""

    text: PageText
    turn_deg: int
    skew_deg: float


class Engine(Protocol):
    """A recogniser of printed Vietnamese."""

    def recognise(self, page: Pixels, dpi: int, timeout_s: float) -> PageText:
        """Words of a page as :func:`ocr.clean.cleaned` makes it, boxes in its pixels, lines in reading order.

        Raises :class:`ocr.errors.EngineTimeout` (may pass on another try), ``EngineMissing`` or ``EngineError``.
        """
        ...

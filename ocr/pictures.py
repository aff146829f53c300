"""Picture files through Pillow: sizes from headers, a full decode as proof, pixels as the reader wants them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pillow_heif
from PIL import Image, ImageOps

from ocr import Pixels, Raster
from ocr.codes import read_separator
from ocr.errors import SourceError, TruncatedFile
from ocr.formats import prove_jpeg, prove_png, tiff_sizes, webp_size
from ocr.limits import FrameFacts, Limits

Image.MAX_IMAGE_PIXELS = None  # Limits.admit_pixels comes first; Pillow's own warning would fire below our limit
pillow_heif.register_heif_opener(thumbnails=False)

_PILLOW = {"jpeg": "JPEG", "png": "PNG", "tiff": "TIFF", "bmp": "BMP", "webp": "WEBP", "heic": "HEIF"}
_DECODER_FAULTS = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, LookupError, TypeError, AttributeError),
    *(ArithmeticError, RuntimeError),
)
"""What Pillow's decoders let through on hostile bytes. Not MemoryError: that one may pass on another try."""
_LOOK_SIDE = 1800
"""Longest side, in pixels, of the picture in which a separator code is looked for (about 150 dpi on A4)."""
_BELIEVABLE_DPI = (90.0, 1300.0)
_DEFAULT_DPI = (72.0, 96.0)
_CAMERA_SIDE = 1000
_PAPER_LONG_SIDE_IN = {"A4": 297 / 25.4, "A3": 420 / 25.4, "A5": 210 / 25.4}
_PAPER_ASPECT, _ASPECT_SLACK = 2**0.5, 0.03
_SCAN_DPI = (100, 150, 200, 240, 300, 400, 600)


@contextmanager
def _decoding(what: str) -> Iterator[None]:
    """Turn whatever a decoder throws at hostile bytes into TruncatedFile."""
    try:
        yield
    except SourceError:
        raise
    except _DECODER_FAULTS as error:
        raise TruncatedFile(f"{what}: {type(error).__name__}: {error}") from error


def examine_picture(data: bytes, kind: str, limits: Limits) -> tuple[FrameFacts, ...]:
    """Decode every frame to its end; raise a SourceError for the file, or note one as ``fault`` of a frame."""
    sizes = _header_sizes(data, kind, limits)
    if len(sizes) == 1:
        limits.admit_pixels(*sizes[0])
        return (_frame_facts(data, kind, 0, limits),)
    return tuple(_frame_facts_or_fault(data, kind, index, limits) for index in range(len(sizes)))


def picture(data: bytes, kind: str, index: int, limits: Limits) -> Raster:
    """Frame ``index`` upright by its EXIF tag, on white, 8 bits a sample; raises a SourceError."""
    with _decoding(kind), _open(data, kind, index, limits) as image:
        stated = image.info.get("dpi")
        image.load()
        bilevel = image.mode == "1"
        pixels = _pixels(ImageOps.exif_transpose(image))
    return Raster(pixels=pixels, dpi=_dpi(stated, pixels), bilevel=bilevel or _two_levels(pixels))


def _header_sizes(data: bytes, kind: str, limits: Limits) -> tuple[tuple[int, int], ...]:
    """Sizes by the headers, completeness by the format's chain, all before Pillow sees the bytes."""
    if kind == "tiff":
        return tiff_sizes(data, limits.max_frames)
    if kind == "webp":
        limits.admit_pixels(*webp_size(data))
    with _decoding(kind), Image.open(io.BytesIO(data), formats=[_PILLOW[kind]]) as image:
        count = 1 if kind == "jpeg" else int(getattr(image, "n_frames", 1))
        limits.admit_frames(count)
        size = image.size
    limits.admit_pixels(*size)
    if kind == "jpeg":
        limits.admit_pixels(*prove_jpeg(data))
    elif kind == "png":
        prove_png(data)
    return (size,) * count


@contextmanager
def _open(data: bytes, kind: str, index: int, limits: Limits) -> Iterator[Image.Image]:
    """Frame ``index``, opened and admitted, not decoded. Extra pictures inside a camera's JPEG are previews."""
    if kind == "webp":
        limits.admit_pixels(*webp_size(data))
    with Image.open(io.BytesIO(data), formats=[_PILLOW[kind]]) as image:
        if index:
            image.seek(index)
        limits.admit_pixels(*image.size)
        yield image


def _frame_facts_or_fault(data: bytes, kind: str, index: int, limits: Limits) -> FrameFacts:
    try:
        return _frame_facts(data, kind, index, limits)
    except SourceError as error:
        return FrameFacts(width=0, height=0, fault=error.reason)


def _frame_facts(data: bytes, kind: str, index: int, limits: Limits) -> FrameFacts:
    with _decoding(kind), _open(data, kind, index, limits) as image:
        width, height = image.size
        image.load()
        small = max(1, round(max(width, height) / _LOOK_SIDE))
        look = np.asarray(image.convert("L").reduce(small))
    return FrameFacts(width=width, height=height, separator=read_separator(look))


# --- samples -------------------------------------------------------------------------------------------


def _pixels(image: Image.Image) -> Pixels:
    """Grey or RGB, 8 bits a sample, transparency laid on white."""
    if image.mode in {"L", "1"} and "transparency" not in image.info:
        return np.array(image.convert("L"))
    if image.mode.startswith(("I", "F")):
        return _deep_grey(np.asarray(image))
    if "A" in image.getbands() or "transparency" in image.info or image.mode in {"La", "RGBa"}:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
        return colour_or_grey(np.array(page.convert("RGB")))
    return colour_or_grey(np.array(image.convert("RGB")))


def _deep_grey(samples: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Pixels:
    """16 bits to 8 by dropping the low ones; 32-bit and float samples by their own range."""
    values = samples.astype(np.float64)
    if samples.dtype == np.uint16 or values.max(initial=0) <= 255:
        top = 65535.0 if samples.dtype == np.uint16 else 255.0
        return np.asarray(np.clip(values * 255 / top, 0, 255), np.uint8)
    low, high = values.min(), values.max()
    return np.asarray((values - low) * (255 / max(high - low, 1e-9)), np.uint8)


def colour_or_grey(rgb: Pixels) -> Pixels:
    """One channel where all three are equal everywhere, else the picture as it is."""
    if np.array_equal(rgb[..., 0], rgb[..., 1]) and np.array_equal(rgb[..., 1], rgb[..., 2]):
        return np.ascontiguousarray(rgb[..., 0])
    return rgb


def _two_levels(pixels: Pixels) -> bool:
    """Whether a grey picture has only black and white in it."""
    if pixels.ndim != 2:
        return False
    counts = cv2.calcHist([pixels], [0], None, [256], [0, 256]).ravel()
    return bool(counts[0] + counts[255] == pixels.size)


def _dpi(stated: object, pixels: Pixels) -> float | None:
    """The file's word where it is believable, else what the shape of the paper says, else None.

    72 and 96 are what programs write when they do not know; a page over 1000 pixels tall was not scanned so.
    """
    long, short = max(pixels.shape[:2]), min(pixels.shape[:2])
    if isinstance(stated, tuple) and len(stated) == 2:
        across, down = (float(value) for value in stated)
        unsaid = min(abs(down - default) for default in _DEFAULT_DPI) < 0.5 and long > _CAMERA_SIDE
        if _BELIEVABLE_DPI[0] <= down <= _BELIEVABLE_DPI[1] and abs(across - down) < 2 and not unsaid:
            return round(down, 2)
    return _dpi_of_paper(long, short)


def _dpi_of_paper(long: int, short: int) -> float | None:
    """Resolution at which the picture would be an A4 sheet, else A3, else A5; None for other shapes."""
    if abs(long / max(short, 1) / _PAPER_ASPECT - 1) > _ASPECT_SLACK:
        return None
    for inches in _PAPER_LONG_SIDE_IN.values():
        dpi = long / inches
        if _SCAN_DPI[0] * 0.97 <= dpi <= _SCAN_DPI[-1] * 1.03:
            nearest = min(_SCAN_DPI, key=lambda known: abs(known - dpi))
            return float(nearest) if abs(nearest / dpi - 1) <= 0.02 else round(dpi, 1)
    return None

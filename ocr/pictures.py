"""Picture files: sizes from headers, a full decode as proof, pixels as the reader wants them.

Pillow reads the headers, proves files and decodes whatever is unusual. The ordinary JPEG of a scanner, grey or
YCbCr of 8 bits, goes through OpenCV's libjpeg straight into the array that is used: half the time, and none of
Pillow's four bytes a pixel beside it. A page of A3 at 600 dpi has 209 MB; it must not lie in memory twice.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pillow_heif
from PIL import Image

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
_GLIMPSE_SIDE = 1650
"""A4 at 300 dpi at a half, A3 at 600 dpi at a quarter: about 150 dpi, at which print is still read."""
_STRIP_ROWS = 512
_SAMPLE_STEP = 16
_GREY_JPEG = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_COLOUR_JPEG = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_ORIENTATION = 0x0112
_MIRRORS = {2: 1, 4: 0, 5: 1, 7: 1}
_TURNS = {
    3: cv2.ROTATE_180,
    5: cv2.ROTATE_90_COUNTERCLOCKWISE,
    6: cv2.ROTATE_90_CLOCKWISE,
    7: cv2.ROTATE_90_CLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
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
        stated, tag = image.info.get("dpi"), _orientation(image)
        bilevel = image.mode == "1"
        pixels = _jpeg_pixels(data, image, 1) if kind == "jpeg" else None
        if pixels is None:
            image.load()
            tag = _orientation(image)  # some formats keep it behind the picture
            pixels = _pixels(image)
    pixels = _upright(pixels, tag)
    return Raster(pixels=pixels, dpi=_dpi(stated, pixels.shape), bilevel=bilevel or _two_levels(pixels))


def glimpse_of(data: bytes, kind: str, index: int, limits: Limits) -> Raster:
    """Like :func:`picture`, at a half, a quarter or an eighth: the smallest that still has _GLIMPSE_SIDE pixels.

    A JPEG comes out of its decoder so small, in half the time of the whole; other formats are decoded and reduced.
    ``dpi`` is the reduced picture's.
    """
    with _decoding(kind), _open(data, kind, index, limits) as image:
        stated, tag, size = image.info.get("dpi"), _orientation(image), image.size
        steps = _glimpse_steps(size)
        pixels = _jpeg_pixels(data, image, steps) if kind == "jpeg" else None
    if pixels is None:
        return shrunk_to_glimpse(picture(data, kind, index, limits))
    pixels = _upright(pixels, tag)
    dpi = _dpi(stated, (pixels.shape[0] * steps, pixels.shape[1] * steps))
    return Raster(pixels=pixels, dpi=None if dpi is None else dpi / steps)


def own_jpeg(data: bytes) -> bytes | None:
    """An examined JPEG that may be handed on as it is; None where a tag turns it, it is CMYK or has an appendix."""
    with _decoding("jpeg"), Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        plain = image.mode in {"L", "RGB"} and _orientation(image) == 1
    return data if plain and data.endswith(b"\xff\xd9") else None


def shrunk_to_glimpse(page: Raster) -> Raster:
    """A decoded page at the size of :func:`glimpse_of`, by averages."""
    steps = _glimpse_steps(page.pixels.shape[:2])
    if steps == 1:
        return page
    height, width = (side // steps for side in page.pixels.shape[:2])
    whole = page.pixels[: height * steps, : width * steps]
    small = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return Raster(pixels=small, dpi=None if page.dpi is None else page.dpi / steps)


def _glimpse_steps(size: tuple[int, ...]) -> int:
    return next((steps for steps in (8, 4, 2) if max(size) >= steps * _GLIMPSE_SIDE), 1)


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
        if kind == "jpeg":
            image.draft("L", (width // 2, height // 2))  # decodes every bit all the same, into a quarter of the pixels
        image.load()
        small = max(1, round(max(image.size) / _LOOK_SIDE))
        look = np.asarray(image.convert("L").reduce(small))
    return FrameFacts(width=width, height=height, separator=read_separator(look))


# --- samples -------------------------------------------------------------------------------------------


def _jpeg_pixels(data: bytes, image: Image.Image, steps: int) -> Pixels | None:
    """As stored, at one part in ``steps``, by OpenCV; None for a JPEG that is not plain grey or YCbCr."""
    modes = {"L": _GREY_JPEG, "RGB": _COLOUR_JPEG}
    if image.mode not in modes or image.info.get("adobe_transform", 1) != 1:
        return None
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), modes[image.mode][steps] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    if decoded is None or decoded.shape[:2] != tuple(-(-side // steps) for side in image.size[::-1]):
        return None  # libjpeg gave up: let Pillow say what is wrong
    pixels = np.asarray(decoded, np.uint8)
    if steps > 1 and pixels.ndim == 3:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels), np.uint8)
    return pixels if pixels.ndim == 2 else colour_or_grey(pixels)


def _pixels(image: Image.Image) -> Pixels:
    """Grey or RGB, 8 bits a sample, transparency laid on white."""
    if image.mode in {"L", "1"} and "transparency" not in image.info:
        return np.array(image.convert("L"))
    if image.mode.startswith(("I", "F")):
        return _deep_grey(np.asarray(image))
    if "A" in image.getbands() or "transparency" in image.info or image.mode in {"La", "RGBa"}:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
        return colour_or_grey(_rgb(page))
    return colour_or_grey(_rgb(image))


def _rgb(image: Image.Image) -> Pixels:
    """In strips: Pillow makes two copies of whatever it hands over."""
    width, height = image.size
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _STRIP_ROWS):
        strip = image.crop((0, top, width, min(top + _STRIP_ROWS, height)))
        out[top : top + _STRIP_ROWS] = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))
    return out


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(_ORIENTATION, 1))


def _upright(pixels: Pixels, tag: int) -> Pixels:
    """The picture as its EXIF orientation (1 to 8; CIPA DC-008, 4.6.4) wants it seen."""
    if tag in _MIRRORS:
        pixels = np.asarray(cv2.flip(pixels, _MIRRORS[tag]), np.uint8)
    if tag in _TURNS:
        pixels = np.asarray(cv2.rotate(pixels, _TURNS[tag]), np.uint8)
    return pixels


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
    strips = (rgb[top : top + _STRIP_ROWS] for top in range(0, len(rgb), _STRIP_ROWS))
    if _coloured(rgb[::_SAMPLE_STEP, ::_SAMPLE_STEP]) or any(_coloured(strip) for strip in strips):
        return rgb
    return np.ascontiguousarray(rgb[..., 0])


def _coloured(rgb: Pixels) -> bool:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    return not (np.array_equal(red, green) and np.array_equal(green, blue))


def _two_levels(pixels: Pixels) -> bool:
    """Whether a grey picture has only black and white in it."""
    if pixels.ndim != 2 or cv2.inRange(pixels[::_SAMPLE_STEP, ::_SAMPLE_STEP], 1, 254).any():
        return False
    counts = cv2.calcHist([pixels], [0], None, [256], [0, 256]).ravel()
    return bool(counts[0] + counts[255] == pixels.size)


def _dpi(stated: object, shape: tuple[int, ...]) -> float | None:
    """The file's word where it is believable, else what the shape of the paper says, else None.

    72 and 96 are what programs write when they do not know; a page over 1000 pixels tall was not scanned so.
    """
    long, short = max(shape[:2]), min(shape[:2])
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

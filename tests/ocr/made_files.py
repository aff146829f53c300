"""Files of every kind the counter takes, small and made by hand, for the tests of decoding."""

from __future__ import annotations

import io
import struct

import pillow_heif
from PIL import Image
from reportlab.lib.utils import ImageReader

from ocr.decode import Limits
from tests.ocr.made_pages import letter, pdf_of, saved, words

LIMITS = Limits()
SMALL = (420, 594)


def small_page(mode: str = "RGB") -> Image.Image:
    return letter(size=(840, 1188)).resize(SMALL).convert(mode)


def heic(page: Image.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(page).save(out, quality=80)
    return out.getvalue()


def multi_tiff(count: int = 3, **options: object) -> bytes:
    pages = [small_page("L") for _ in range(count)]
    return saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], **options)


FILES = {
    "jpeg": (lambda: saved(small_page(), "JPEG"), ".jpg"),
    "png": (lambda: saved(small_page(), "PNG"), ".png"),
    "tiff": (lambda: saved(small_page(), "TIFF", compression="tiff_lzw"), ".tif"),
    "bmp": (lambda: saved(small_page(), "BMP"), ".bmp"),
    "webp": (lambda: saved(small_page(), "WEBP"), ".webp"),
    "heic": (lambda: heic(small_page()), ".heic"),
    "pdf": (lambda: pdf_of(words), ".pdf"),
}


def tiff_by_hand(order: str, pages: list[tuple[int, int, int | None]]) -> bytes:
    """Uncompressed grey pages of (width, height, where the next directory is said to be)."""
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8))
    for number, (width, height, onward) in enumerate(pages):
        tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: height, 279: 0}
        start = len(out)
        strip = start + 2 + 12 * len(tags) + 4
        body = bytes(min(width * height, 64))
        tags |= {273: strip, 279: len(body)}
        out += struct.pack(order + "H", len(tags))
        for tag, value in sorted(tags.items()):
            out += struct.pack(order + "HHII", tag, 4, 1, value)
        end = strip + len(body)
        last = number == len(pages) - 1
        out += struct.pack(order + "I", onward if onward is not None else (0 if last else end))
        out += body
    return bytes(out)


def reader(page: Image.Image) -> ImageReader:
    return ImageReader(io.BytesIO(saved(page, "JPEG")))

"""Files of every kind the counter takes, small and made by hand, for the tests of decoding."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import numpy as np
import pikepdf
import pillow_heif
import zxingcpp
from PIL import Image
from reportlab.lib.utils import ImageReader

from ocr.decode import Limits
from tests.ocr.made_pages import letter, pdf_of, picture_of, rewritten, saved, words

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


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
        archive.writestr("inside.pdf", pdf_of(words))
    return out.getvalue()


def png_bomb(side: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg_bomb() -> bytes:
    data = bytearray(saved(small_page("L"), "JPEG"))
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, 65000, 65000)
    return bytes(data)


def webp_bomb() -> bytes:
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", (16383 - 1) | (16383 - 1) << 14) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def image_pdf(**header: int) -> bytes:
    """A page whose picture claims another size than it has."""

    def lie(pdf: pikepdf.Pdf) -> None:
        picture = picture_of(pdf.pages[0])
        for name, value in header.items():
            picture[f"/{name}"] = value

    return rewritten(pdf_of(lambda canvas: canvas.drawImage(reader(small_page()), 0, 0, 595, 842)), lie)


def code_of(text: str, kind: str = "QRCode", scale: int = 6) -> Image.Image:
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    return Image.fromarray(np.asarray(zxingcpp.write_barcode_to_image(code, scale=scale)))

"""Bytes to pages, with limits before decoding: what kind of file, how many pages, each one as pixels.

The kind is decided from the bytes, never from the name. :func:`examine` proves that a file decodes to its
end; :func:`frame` gives one page of an examined file.
"""

from __future__ import annotations

import io

from PIL import Image

from ocr import Raster
from ocr.formats import SUFFIXES, kind_of
from ocr.limits import FileFacts, FrameFacts, Limits
from ocr.pdf import examine_pdf, pdf_page
from ocr.pictures import examine_picture, glimpse_of, own_jpeg, picture, shrunk_to_glimpse

__all__ = ["FileFacts", "FrameFacts", "Limits", "as_delivered", "encode", "examine", "frame", "glimpse"]

_JPEG_QUALITY = 85
_JPEG_SUBSAMPLING = "4:2:0"


def examine(data: bytes, limits: Limits) -> FileFacts:
    """What the file is and whether every page of it decodes to its end.

    Raises the :class:`ocr.errors.SourceError` tree for a file that cannot be taken: EmptyFile,
    UnknownFormat, TruncatedFile, EncryptedFile, PictureTooLarge. In a file of several pages a page that
    cannot be read is reported in its ``fault`` and the others stay good; a file of one page raises.
    """
    kind = kind_of(data)
    limits.admit_bytes(len(data))
    frames = examine_pdf(data, limits) if kind == "pdf" else examine_picture(data, kind, limits)
    return FileFacts(kind=kind, suffix=SUFFIXES[kind], frames=frames)


def frame(data: bytes, index: int, limits: Limits) -> Raster:
    """Page ``index`` (from 0) of a file that :func:`examine` accepted, as grey or RGB pixels.

    EXIF orientation and /Rotate are applied, transparency lies on white. Raises SourceError for a page with
    a fault; a page that the file does not have is a TruncatedFile.
    """
    kind = kind_of(data)
    limits.admit_bytes(len(data))
    return pdf_page(data, index, limits) if kind == "pdf" else picture(data, kind, index, limits)


def glimpse(data: bytes, index: int, limits: Limits) -> Raster:
    """The same page as :func:`frame` gives, at a half, a quarter or an eighth: about 150 dpi, ``dpi`` stated so.

    For whoever waits for the name of a document. A JPEG is decoded straight to that size in a quarter of the
    memory; pages of other formats are decoded and reduced. Raises as :func:`frame` does.
    """
    kind = kind_of(data)
    limits.admit_bytes(len(data))
    if kind == "pdf":
        return shrunk_to_glimpse(pdf_page(data, index, limits))
    return glimpse_of(data, kind, index, limits)


def as_delivered(data: bytes) -> bytes | None:
    """The file itself where it is one plain JPEG of a page, whose bytes need no second coding; else None."""
    return own_jpeg(data) if kind_of(data) == "jpeg" else None


def encode(raster: Raster) -> tuple[bytes, str]:
    """The page as a file to keep and its suffix: 1-bit PNG for black and white, JPEG for the rest.

    The same raster gives the same bytes. An A4 page at 300 dpi takes about 60 KB as PNG, 500 KB as JPEG.
    """
    image = Image.fromarray(raster.pixels)
    dpi = {} if raster.dpi is None else {"dpi": (raster.dpi, raster.dpi)}
    out = io.BytesIO()
    if raster.bilevel:
        image.convert("1", dither=Image.Dither.NONE).save(out, "PNG", **dpi)
        return out.getvalue(), ".png"
    image.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=_JPEG_SUBSAMPLING, optimize=True, **dpi)
    return out.getvalue(), ".jpg"

"""One scanned page as a PDF page: the upright picture at its true size, the invisible words beneath the eye.

JPEG and layers go in as they are; a 1-bit picture becomes CCITT G4 (a tenth of anything else, and lossless);
whatever else comes is kept lossless with Flate. PDF/A-1: no transparency, and only grey and RGB, which sRGB's
profile covers.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from intake import layered
from intake.model import PageReading
from intake.textlayer import PageFrame, content
from ocr.fax import fax

_INCH_PT = 72.0
_LONGEST_PT = 14400.0
"""PDF 1.4, appendix C: no side may be longer (or shorter than 3)."""
_SHORTEST_PT = 3.0
_JPEG, _PNG = b"\xff\xd8", b"\x89PNG"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """A page in points, and the points a pixel of the reading takes."""

    scale: float
    width: float
    height: float


def add_leaf(pdf: Pdf, reading: PageReading, picture: bytes) -> None:
    """Append the page to ``pdf``; its font is left out (see :data:`intake.textlayer.RESOURCE`).

    ``picture`` may have fewer pixels than the reading (a smaller copy): size and words follow the reading.
    """
    size = _size(reading)
    draw = layered.drawn(size.width, size.height, size.scale)
    words = content(reading.text, PageFrame(scale=size.scale, height=size.height))
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, round(size.width, 3), round(size.height, 3)]),
        Resources=Dictionary(XObject=Dictionary(P=_image(pdf, picture))),
        Contents=Stream(pdf, draw + words),
    )
    pdf.pages.append(Page(pdf.make_indirect(page)))


def _size(reading: PageReading) -> _Size:
    scale = _INCH_PT / reading.dpi
    scale = min(scale, _LONGEST_PT / max(reading.width, reading.height))
    scale = max(scale, _SHORTEST_PT / min(reading.width, reading.height))
    return _Size(scale=scale, width=reading.width * scale, height=reading.height * scale)


def _image(pdf: Pdf, picture: bytes) -> Stream:
    """The picture as an object on the unit square; the classes open headers only and decode when asked."""
    if picture.startswith(layered.MAGIC):
        return layered.unpack(pdf, picture)
    if picture.startswith(_JPEG):
        opened: Image.Image = JpegImageFile(io.BytesIO(picture))
        if opened.mode in ("L", "RGB"):
            return _object(pdf, picture, opened, Filter=Name.DCTDecode)
    elif picture.startswith(_PNG):
        opened = PngImageFile(io.BytesIO(picture))
    else:
        opened = Image.open(io.BytesIO(picture))
    if opened.mode == "1":
        return _fax(pdf, opened)
    plain = _opaque(opened)
    return _object(pdf, plain.tobytes(), plain)


def _object(pdf: Pdf, data: bytes, like: Image.Image, **extra: object) -> Stream:
    space = Name.DeviceRGB if like.mode == "RGB" else Name.DeviceGray
    bits = 1 if like.mode == "1" else 8
    facts = {"Type": Name.XObject, "Subtype": Name.Image, "Width": like.width, "Height": like.height}
    return Stream(pdf, data, **(facts | {"ColorSpace": space, "BitsPerComponent": bits} | extra))


def _opaque(picture: Image.Image) -> Image.Image:
    """Grey or RGB on white paper: PDF/A-1 has no transparency, and CMYK would want another profile."""
    if picture.mode in ("L", "RGB"):
        return picture
    if picture.has_transparency_data:
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")
    return picture.convert("L" if picture.mode.startswith("I") else "RGB")


def _fax(pdf: Pdf, picture: Image.Image) -> Stream:
    """CCITT group 4; a picture's ones are white, which the code keeps as it finds them."""
    how = Dictionary(K=-1, Columns=picture.width, Rows=picture.height, BlackIs1=True)
    return _object(pdf, fax(picture), picture, Filter=Name.CCITTFaxDecode, DecodeParms=how)

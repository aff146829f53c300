"""The upright page as a file to keep: in layers where that pays, packed as a PDF of one page; else as before.

All that is to be seen is one form, drawn on the unit square: a dossier's page takes it over as it would a picture.
"""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream

from intake import pdfa
from ocr import Pixels, Raster, decode
from ocr.layers import Layers, Picture, Stencil, layers_of

MAGIC = b"%PDF"
_INCH_PT = 72.0
_DENSE = 0.03
"""Bytes a pixel (260 KB for A4 at 300 dpi) past which a page is no print on paper but noise, dither or picture."""
_RGB = pypdfium2.raw.FPDFBitmap_BGR
_SLACK = 0.05
"""pypdfium2 rounds a bitmap's sides up, and would stretch the page over a pixel more."""
_HAIR = 0.03
"""Of a pixel. Readers widen a picture to whole pixels; rounding would make them take one more, and stretch it."""
_KEYS = ("Subtype", "Width", "Height", "ColorSpace", "BitsPerComponent", "ImageMask", "Filter", "DecodeParms")


def picture_file(raster: Raster, jpeg: bytes | None = None) -> tuple[bytes, str]:
    """The page as a file to keep and its suffix: layers as ``.pdf``, else what :func:`ocr.decode.encode` makes.

    Measured, not guessed: 1-bit pages stay lossless, and a page that is mostly picture or would not become
    smaller stays JPEG: its own ``jpeg`` where one shows just this raster. The same raster gives the same bytes.
    """
    layers = layers_of(raster)
    if layers is not None and layers.size <= _DENSE * layers.width * layers.height:
        return pack(layers), ".pdf"
    return (jpeg, ".jpg") if jpeg else decode.encode(raster)


def pack(layers: Layers) -> bytes:
    """The layers as a PDF of one page in its true size."""
    width, height = (side * _INCH_PT / layers.dpi for side in (layers.width, layers.height))
    with Pdf.new() as pdf:
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, round(width, 3), round(height, 3)]),
            Resources=Dictionary(XObject=Dictionary(P=_form(pdf, layers))),
            Contents=Stream(pdf, drawn(width, height, _INCH_PT / layers.dpi)),
        )
        pdf.pages.append(Page(pdf.make_indirect(page)))
        out = io.BytesIO()
        pdfa.write(pdf, out)
    return out.getvalue()


def drawn(width: float, height: float, pixel: float) -> bytes:
    """The operators that draw /P over a page of ``width`` x ``height`` points, but for a hair of its ``pixel``."""
    hair = _HAIR * pixel
    return f"q {width - 2 * hair:.5f} 0 0 {height - 2 * hair:.5f} {hair:.5f} {hair:.5f} cm /P Do Q\n".encode()


def unpack(pdf: Pdf, packed: bytes) -> Stream:
    """What :func:`pack` made, as a form of ``pdf`` that fills the unit square; nothing stays tied to ``packed``."""
    with Pdf.open(io.BytesIO(packed)) as source:
        form = source.pages[0].obj.Resources.XObject.P
        images = {name: _copied(pdf, image) for name, image in form.Resources.XObject.items()}
        return _as_form(pdf, form.read_bytes(), images)


def pixels_of(picture: bytes, width: int) -> Pixels:
    """A packed page as RGB, ``width`` pixels wide; pdfium is not thread-safe, so call it from one thread at a time."""
    with pypdfium2.PdfDocument(picture) as document:
        page = document[0]
        scale = (width - _SLACK) / page.get_width()
        bitmap = page.render(scale=scale, rev_byteorder=True, force_bitmap_format=_RGB)
        return np.array(bitmap.to_numpy(), np.uint8)


# --- the form ----------------------------------------------------------------------------------------------


def _form(pdf: Pdf, layers: Layers) -> Stream:
    images: dict[str, Stream] = {}
    rows: list[str] = []
    for at, picture in enumerate((layers.paper, *layers.patches)):
        images[f"/C{at}"] = _colours(pdf, picture)
        rows.append(f"q {_place(picture, layers)} cm /C{at} Do Q")
    for at, stencil in enumerate(layers.stencils):
        images[f"/S{at}"] = _mask(pdf, stencil)
        red, green, blue = (f"{part / 255:.4f}" for part in stencil.rgb)
        rows.append(f"{red} {green} {blue} rg /S{at} Do")
    return _as_form(pdf, "\n".join(rows).encode(), images)


def _as_form(pdf: Pdf, content: bytes, images: dict[str, Stream]) -> Stream:
    facts = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": Array([0, 0, 1, 1])}
    return Stream(pdf, content, **facts, Resources=Dictionary(XObject=Dictionary(images)))


def _place(picture: Picture, layers: Layers) -> str:
    """The matrix that puts the unit square on the picture's box, y upwards; a hair smaller, see :data:`_HAIR`."""
    box = picture.box
    left, right = ((edge + inward) / layers.width for edge, inward in ((box.left, _HAIR), (box.right, -_HAIR)))
    top, bottom = ((edge + inward) / layers.height for edge, inward in ((box.top, _HAIR), (box.bottom, -_HAIR)))
    return f"{right - left:.8f} 0 0 {bottom - top:.8f} {left:.8f} {1 - bottom:.8f}"


def _colours(pdf: Pdf, picture: Picture) -> Stream:
    space = Name.DeviceGray if picture.grey else Name.DeviceRGB
    facts = _facts(picture.width, picture.height, 8)
    return Stream(pdf, picture.jpeg, **facts, ColorSpace=space, Filter=Name.DCTDecode)


def _mask(pdf: Pdf, stencil: Stencil) -> Stream:
    """Ink is the code's black, which reads as 0: what a stencil paints."""
    how = Dictionary(K=-1, Columns=stencil.width, Rows=stencil.height)
    facts = _facts(stencil.width, stencil.height, 1)
    return Stream(pdf, stencil.g4, **facts, ImageMask=True, Filter=Name.CCITTFaxDecode, DecodeParms=how)


def _facts(width: int, height: int, bits: int) -> dict[str, object]:
    kind = {"Type": Name.XObject, "Subtype": Name.Image}
    return kind | {"Width": width, "Height": height, "BitsPerComponent": bits}


def _copied(pdf: Pdf, image: Object) -> Stream:
    facts = {key: image[f"/{key}"] for key in _KEYS if f"/{key}" in image}
    if "DecodeParms" in facts:
        facts["DecodeParms"] = Dictionary(dict(facts["DecodeParms"].items()))
    return Stream(pdf, image.read_raw_bytes(), Type=Name.XObject, **facts)

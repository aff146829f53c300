"""CCITT group 4 (ITU-T T.6): lossless, and for print in two tones a tenth of anything else that PDF/A-1 allows."""

from __future__ import annotations

import io

from PIL import Image

from ocr import Pixels

_STRIP_OFFSETS, _STRIP_SIZES, _ROWS_A_STRIP = 273, 279, 278


def group4(bits: Pixels, width: int) -> bytes:
    """CCITT group 4 of rows packed eight pixels a byte; 1 is black."""
    return fax(Image.frombytes("1", (width, len(bits)), bits.tobytes()))


def fax(picture: Image.Image) -> bytes:
    """CCITT group 4 of a picture of mode '1', its ones as black: taken out of the one-strip TIFF that Pillow writes."""
    out = io.BytesIO()
    picture.save(out, "TIFF", compression="group4", tiffinfo={_ROWS_A_STRIP: picture.height})
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        tags = dict(tiff.tag_v2)  # type: ignore[attr-defined]
    (start,), (length,) = tags[_STRIP_OFFSETS], tags[_STRIP_SIZES]
    return out.getvalue()[start : start + length]

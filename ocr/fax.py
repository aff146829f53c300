"""CCITT group 4 (ITU-T T.6): lossless, and for print in two tones a tenth of anything else that PDF/A-1 allows."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ocr import Pixels

_STRIP_OFFSETS, _STRIP_SIZES, _ROWS_A_STRIP = 273, 279, 278
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES = 256, 257, 258, 259, 262, 277
_GROUP4, _ONE_IS_WHITE = 4, 1
_CHUNK = 1 << 16


def group4(bits: Pixels, width: int) -> bytes:
    """CCITT group 4 of rows packed eight pixels a byte; 1 is black.

    The rows go to Pillow's TIFF encoder as they are: by way of a picture of mode '1', a byte a pixel, it takes
    three times as long and eight times the memory. There is no public way to it.
    """
    height, row_bytes = bits.shape
    tags = {_WIDTH: width, _HEIGHT: height, _BITS: 1, _COMPRESSION: _GROUP4, _PHOTOMETRIC: _ONE_IS_WHITE}
    tags |= {_SAMPLES: 1, _ROWS_A_STRIP: height}
    rows = Image.frombuffer("L", (row_bytes, height), np.ascontiguousarray(bits), "raw", "L", 0, 1)
    encoder = Image._getencoder("L", "libtiff", ("L", 0, "", sorted(tags.items()), {}))  # noqa: SLF001 - see above
    encoder.setimage(rows.im, (0, 0, row_bytes, height))
    out = io.BytesIO()
    ended = 0
    while not ended:
        _, ended, data = encoder.encode(_CHUNK)
        out.write(data)
    if ended < 0:
        raise ValueError(f"no CCITT group 4 of {width} x {height} pixels: {ended}")
    return _only_strip(out)


def fax(picture: Image.Image) -> bytes:
    """CCITT group 4 of a picture of mode '1', its ones as black: taken out of the one-strip TIFF that Pillow writes."""
    out = io.BytesIO()
    picture.save(out, "TIFF", compression="group4", tiffinfo={_ROWS_A_STRIP: picture.height})
    return _only_strip(out)


def _only_strip(out: io.BytesIO) -> bytes:
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        tags = dict(tiff.tag_v2)  # type: ignore[attr-defined]
    (start,), (length,) = tags[_STRIP_OFFSETS], tags[_STRIP_SIZES]
    return out.getvalue()[start : start + length]

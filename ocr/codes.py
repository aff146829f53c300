"""QR and bar codes on a page. Anyone can print a code: what it says is bounded and cleaned, never believed."""

from __future__ import annotations

import re
import unicodedata

import zxingcpp

from ocr import Code, Pixels
from ocr.text import nfc

MAX_CODES = 32
MAX_TEXT = 2048
"""Characters kept of one code. A QR of version 40 can carry 4,296; a citizen card's has under 200."""

_Format = zxingcpp.BarcodeFormat
_QR = zxingcpp.BarcodeFormats(_Format.QRCode)
_PAPER = zxingcpp.BarcodeFormats([_Format.QRCode, _Format.Code128, _Format.Code39, _Format.DataMatrix])
_SEPARATOR = re.compile(r"MOTCUA-SEP(?::([A-Z0-9-]{1,40}))?")


def read_codes(pixels: Pixels) -> tuple[Code, ...]:
    """QR, Code 128, Code 39 and Data Matrix on an upright grey or RGB page, each text once, in reading order.

    Squares are found any way round, bars only when they stand upright: looking for lying ones takes thrice the time.
    """
    return _read(pixels, _PAPER, rotate=False)


def read_separator(pixels: Pixels) -> str | None:
    """:func:`separator_of` of a page, looking for QR codes only: some milliseconds at 100 dpi."""
    return separator_of(_read(pixels, _QR))


def separator_of(codes: tuple[Code, ...]) -> str | None:
    """The dossier a separator sheet names, '' for a plain separator, None for ordinary paper.

    A page that carries two different separator codes is ordinary paper: nobody can tell which one is meant.
    """
    found = {
        match[1] or ""
        for code in codes
        if code.kind == "QRCode" and (match := _SEPARATOR.fullmatch(code.untrusted_text))
    }
    return found.pop() if len(found) == 1 else None


def _read(pixels: Pixels, formats: zxingcpp.BarcodeFormats, *, rotate: bool = True) -> tuple[Code, ...]:
    found = zxingcpp.read_barcodes(
        pixels, formats=formats, try_rotate=rotate, try_invert=False, text_mode=zxingcpp.TextMode.Plain
    )
    placed = sorted(found, key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    codes = (Code(kind=code.format.name, untrusted_text=_bounded(code.text)) for code in placed[:MAX_CODES])
    return tuple(dict.fromkeys(code for code in codes if code.untrusted_text))


def _bounded(text: str) -> str:
    """NFC, at most MAX_TEXT characters, no control or format characters (line ends become spaces)."""
    spaced = " ".join(text[: MAX_TEXT * 2].splitlines())
    kept = "".join(c for c in nfc(spaced) if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    return kept[:MAX_TEXT].strip()

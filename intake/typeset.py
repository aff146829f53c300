"""What every printed sheet shares: the typeface, paper sizes, paragraph styles, QR codes. ReportLab behind a door.

The same words give the same bytes: ReportLab runs with ``invariant`` and nothing here asks clock or chance.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

import pikepdf
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Group, Rect
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, TableStyle

import templates
from intake.errors import BadSettings
from intake.labels import say
from ocr.text import nfc

MM = 72 / 25.4
"""Points in a millimetre."""
_VIETNAMESE = "ĂÂĐÊÔƠƯăâđêôơưẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
_NO_GLYPH = "□"
A4_PT = (210 * MM, 297 * MM)
A5_PT = (148 * MM, 210 * MM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """Names under which ReportLab knows the four faces."""

    regular: str
    bold: str
    italic: str
    bold_italic: str


@cache
def serif() -> Typeface:
    """The typeface of ``templates/print/fonts.toml``, registered. Raises BadSettings naming the missing file."""
    spec = tomllib.loads(templates.text("print/fonts.toml"))
    faces = {name: _register(spec[name], spec["folders"]) for name in ("regular", "bold", "italic", "bold_italic")}
    return Typeface(**faces)


def _register(file: str, folders: Sequence[str]) -> str:
    for path in (Path(folder) / file for folder in folders):
        if not path.is_file():
            continue
        font = TTFont(path.stem, str(path))
        # Debian's fonts-liberation 1.07 has the same file names and no Vietnamese beyond Latin-1.
        if all(ord(letter) in font.face.charToGlyph for letter in _VIETNAMESE):
            pdfmetrics.registerFont(font)
            return path.stem
    raise BadSettings(say("print.no_font", file=file))


def printable(text: str, font: str) -> str:
    """``text`` as the face can print it: NFC, spaces for control characters, a box for what it has no glyph for.

    A character without a glyph would show nothing and break PDF/A; titles come from recognition and may hold any.
    """
    face = pdfmetrics.getFont(font)
    glyphs = face.face.charToGlyph if isinstance(face, TTFont) else ()
    return "".join(" " if char.isspace() else char if ord(char) in glyphs else _NO_GLYPH for char in nfc(text))


def width_of(text: str, font: str, size: float) -> float:
    """Width of one unbroken line in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def balanced(text: str, font: str, size: float, width: float) -> list[str]:
    """``text`` broken into as few lines as ``width`` points allow, of lengths as equal as they can be."""
    lines: list[str] = simpleSplit(text, font, size, width)
    longest_word = max((width_of(word, font, size) for word in text.split()), default=width)
    while width > longest_word:
        width *= 0.97
        narrower: list[str] = simpleSplit(text, font, size, width)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


Alignment = Literal[0, 1, 2, 4]
"""ReportLab's TA_LEFT, TA_CENTER, TA_RIGHT, TA_JUSTIFY."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """How a paragraph looks: face, size, alignment (a ReportLab constant), gap below in points."""

    font: str
    size: float
    align: Alignment = TA_LEFT
    after: float = 0

    def paragraph(self, text: str) -> Paragraph:
        """Plain ``text``, never markup: names and titles come from people."""
        style = ParagraphStyle(
            name=self.font,
            fontName=self.font,
            fontSize=self.size,
            leading=self.size * 1.22,
            alignment=self.align,
            spaceAfter=self.after,
            splitLongWords=1,
        )
        return Paragraph(escape(printable(text, self.font)), style)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Paper in points: its size and the margins top, right, bottom, left."""

    size: tuple[float, float]
    margins: tuple[float, float, float, float]

    @property
    def width(self) -> float:
        """Of the text column."""
        return self.size[0] - self.margins[1] - self.margins[3]


def bare(gap_above_second: float = 0) -> TableStyle:
    """A table without padding, aligned to the top; ReportLab's default names Helvetica, which is not embedded."""
    start, end = (0, 0), (-1, -1)
    return TableStyle(
        [
            ("LEFTPADDING", start, end, 0),
            ("RIGHTPADDING", start, end, 0),
            ("TOPPADDING", start, end, 0),
            ("BOTTOMPADDING", start, end, 0),
            ("TOPPADDING", (0, 1), end, gap_above_second),
            ("VALIGN", start, end, "TOP"),
            ("FONTNAME", start, end, serif().regular),
        ]
    )


Footer = Callable[[Canvas, int], None]
"""Draws what every page carries; gets the page number from 1."""


def typeset(story: Sequence[Flowable], sheet: Sheet, footer: Footer) -> pikepdf.Pdf:
    """Lay ``story`` out on as many sheets as it takes. ``story`` is used up."""
    top, _, bottom, left = sheet.margins
    frame = Frame(
        left,
        bottom,
        sheet.width,
        sheet.size[1] - top - bottom,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    out = io.BytesIO()
    # A canvas starts every page in its initial font; ReportLab's Helvetica cannot be embedded.
    document = BaseDocTemplate(out, pagesize=sheet.size, invariant=1, initialFontName=serif().regular)
    page = PageTemplate(frames=[frame], onPage=lambda canvas, doc: footer(canvas, doc.page))
    document.addPageTemplates([page])
    document.build(list(story))
    out.seek(0)
    pdf = pikepdf.open(out)
    _tag_fonts(pdf)
    return pdf


def _tag_fonts(pdf: pikepdf.Pdf) -> None:
    """Name each subset after its glyphs: ReportLab calls the first one of every document AAAAAA, and a dossier
    binds two documents, while PDF wants different subsets in one file to have different tags (PDF 1.4, 5.5.3).
    """
    for font in pdf.objects:
        if isinstance(font, pikepdf.Dictionary) and font.get("/Subtype") == "/TrueType":
            glyphs = hashlib.sha256(font.FontDescriptor.FontFile2.read_bytes()).digest()
            tag = "".join(chr(ord("A") + byte % 26) for byte in glyphs[:6])
            name = pikepdf.Name(f"/{tag}+{str(font.BaseFont).partition('+')[2]}")
            font.BaseFont = name
            font.FontDescriptor.FontName = name


@dataclass(frozen=True, slots=True, kw_only=True)
class QrMark:
    """A QR code of ``text``, ``side`` points wide with its quiet zone; ``level`` of error correction L M Q H."""

    text: str
    side: float
    level: str = "M"

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw with the lower left corner at x, y (points).

        The widget's squares are drawn by hand because ReportLab's own renderer names Times-Roman, a font that
        cannot be embedded, in every drawing.
        """
        widget = QrCodeWidget(self.text, barLevel=self.level, barWidth=self.side, barHeight=self.side, barBorder=4)
        canvas.saveState()
        canvas.setFillGray(0)
        drawing: Group = widget.draw()  # type: ignore[no-untyped-call]
        for square in drawing.contents:
            if isinstance(square, Rect) and square.fillColor is not None:
                canvas.rect(x + square.x, y + square.y, square.width, square.height, stroke=0, fill=1)
        canvas.restoreState()


class QrBlock(Flowable):
    """A QR code standing in the text, in the middle of its column."""

    def __init__(self, mark: QrMark) -> None:
        super().__init__()
        self.mark = mark
        self.room = mark.side

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - ReportLab's names
        self.room = aW
        return aW, self.mark.side

    def draw(self) -> None:
        self.mark.draw(self.canv, (self.room - self.mark.side) / 2, 0)

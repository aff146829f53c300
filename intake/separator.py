"""Separator sheets: laid between dossiers in one stack, found again by their QR code whichever way they lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field
from reportlab.lib.enums import TA_CENTER
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Spacer

import templates
from intake import pdfa, wording
from intake.errors import BadInput
from intake.labels import say
from intake.typeset import A4_PT, MM, QrBlock, QrMark, Sheet, Type, serif, typeset
from intake.wording import Words

CODE = "MOTCUA-SEP"
"""What a plain sheet's QR says; one for a named dossier says ``MOTCUA-SEP:<id>``."""
_ID = re.compile(r"[A-Z0-9-]{1,40}")
"""What :func:`ocr.codes.separator_of` takes for an id. Capitals keep the QR alphanumeric: bigger squares."""
_SHEET = Sheet(size=A4_PT, margins=(22 * MM, 15 * MM, 15 * MM, 15 * MM))
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
"""A separator is of no day; the date PDF/A wants is fixed so that its bytes stay the same."""


class SeparatorWords(Words):
    """``templates/print/separator.toml``."""

    title: str
    for_one: str
    for_any: str
    how: tuple[str, ...]
    qr_mm: float = Field(ge=40, le=150)


def separator_words(overlay: Path | None = None) -> SeparatorWords:
    """The words on a separator, shipped or the office's own. Raises BadSettings."""
    name = "print/separator.toml"
    return wording.parse(SeparatorWords, templates.text(name, overlay), name)


def sheets(ids: Sequence[str], words: SeparatorWords | None = None) -> bytes:
    """A PDF/A-1b with one A4 sheet an id; '' makes a plain sheet that only says "here begins another dossier".

    Letters become capitals. Raises BadInput for an id that the reader would not take (A-Z, 0-9, -; up to 40).
    """
    spoken = words or separator_words()
    names = [_checked(name) for name in ids] or [""]
    story = [flowable for name in names for flowable in _sheet(name, spoken)][:-1]
    pdf = typeset(story, _SHEET, _nothing)
    return pdfa.finish(pdf, pdfa.DocumentFacts(title=spoken.title, at=_NO_DATE))


def _checked(name: str) -> str:
    capitals = name.strip().upper()
    if capitals and not (name.isascii() and _ID.fullmatch(capitals)):
        raise BadInput(say("print.bad_separator", id=name))
    return capitals


def _sheet(name: str, words: SeparatorWords) -> list[Flowable]:
    face = serif()
    title = Type(font=face.bold, size=44, align=TA_CENTER, after=8)
    whom = Type(font=face.bold, size=24, align=TA_CENTER, after=14)
    how = Type(font=face.regular, size=14, align=TA_CENTER, after=6)
    mark = QrMark(text=f"{CODE}:{name}" if name else CODE, side=words.qr_mm * MM, level="H")
    said = words.for_one.format(id=name) if name else words.for_any
    top: list[Flowable] = [title.paragraph(words.title), whom.paragraph(said)]
    return [*top, QrBlock(mark), Spacer(1, 14), *(how.paragraph(line) for line in words.how), PageBreak()]


def _nothing(canvas: Canvas, page: int) -> None:
    """A separator has no footer."""

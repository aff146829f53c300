"""The first sheets of a dossier file: what it is, what lies in it, what is missing, who decided.

Page numbers are those of the scanned pages (1 is the first page captured), which are also the labels the PDF shows:
the cover may grow a second sheet without any number moving.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import pikepdf
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Spacer, Table, TableStyle

import templates
from intake import wording
from intake.clock import VIETNAM
from intake.model import Dossier, Office, Receipt
from intake.typeset import A4_PT, MM, Alignment, QrBlock, QrMark, Sheet, Type, bare, serif, typeset
from intake.wording import Words

_SHEET = Sheet(size=A4_PT, margins=(16 * MM, 15 * MM, 16 * MM, 22 * MM))
_BODY_PT, _SMALL_PT = 12.0, 9.5
_QR_PT = 24 * MM


class FactNames(Words):
    procedure: str
    official_code: str
    number: str
    applicant: str
    received: str
    due: str
    sealed: str
    balance: str


class Values(Words):
    procedure: str
    moment: str
    sealed: str
    unsealed: str
    balance: str


class ContentsWords(Words):
    title: str
    no: str
    paper: str
    count: str
    pages: str
    untitled: str
    read_only: str
    loose: str
    loose_blank: str
    slip: str
    slip_pages: str


class MissingWords(Words):
    title: str
    none: str
    unknown: str


class OutlineWords(Words):
    cover: str
    slip: str
    document: str
    loose: str
    blank: str


class PageLabels(Words):
    cover: str
    slip: str


class DossierWords(Words):
    """``templates/print/dossier.toml``."""

    title: str
    unknown: str
    legal_note: str
    operator_note: str
    due_trace: str
    page: str
    facts: FactNames
    values: Values
    contents: ContentsWords
    missing: MissingWords
    outline: OutlineWords
    labels: PageLabels


def dossier_words(overlay: Path | None = None) -> DossierWords:
    """The words of cover and bookmarks, shipped or the office's own. Raises BadSettings."""
    name = "print/dossier.toml"
    return wording.parse(DossierWords, templates.text(name, overlay), name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the contents: a paper and the numbers of its scanned pages (from 1, ascending)."""

    title: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverFacts:
    """All the cover says. ``loose`` are pages in no document and not blank, ``blank`` those flagged blank.

    ``slip`` tells whether the receipt slip is bound in; without it, and without a number, this is a draft.
    """

    dossier: Dossier
    receipt: Receipt
    office: Office
    entries: tuple[Entry, ...]
    loose: tuple[int, ...]
    blank: tuple[int, ...]
    slip: bool
    words: DossierWords


def cover(facts: CoverFacts) -> pikepdf.Pdf:
    """The cover with its contents, on as many A4 sheets as it takes."""
    story = [*_head(facts), *_about(facts), *_contents(facts), *_missing(facts), *_reckoning(facts), *_notes(facts)]
    return typeset(story, _SHEET, _Foot(facts=facts))


def ranges(pages: Iterable[int]) -> str:
    """'1–3, 7' for 1, 2, 3, 7."""
    runs = groupby(enumerate(sorted(pages)), key=lambda pair: pair[1] - pair[0])
    spans = [[page for _, page in run] for _, run in runs]
    return ", ".join(f"{span[0]}–{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def _head(facts: CoverFacts) -> list[Flowable]:
    face = serif()
    plain = Type(font=face.regular, size=_BODY_PT, align=TA_CENTER)
    bold = Type(font=face.bold, size=_BODY_PT, align=TA_CENTER, after=16)
    title = Type(font=face.bold, size=22, align=TA_CENTER, after=14)
    office, words = facts.office, facts.words
    return [plain.paragraph(office.authority), bold.paragraph(office.centre), title.paragraph(words.title)]


def _about(facts: CoverFacts) -> list[Flowable]:
    face = serif()
    name, value = Type(font=face.regular, size=_BODY_PT, after=4), Type(font=face.bold, size=_BODY_PT, after=4)
    rows = [[name.paragraph(label), value.paragraph(text or facts.words.unknown)] for label, text in _known(facts)]
    columns = [38 * MM, _SHEET.width - 38 * MM - _QR_PT - 4]
    table = Table(rows, colWidths=columns, style=bare())
    mark = QrBlock(QrMark(text=facts.receipt.number, side=_QR_PT)) if facts.receipt.number else None
    whole = Table([[table, mark]], colWidths=[sum(columns) + 4, _QR_PT], style=bare())
    return [whole, Spacer(1, 12)]


def _known(facts: CoverFacts) -> list[tuple[str, str]]:
    receipt, names, values = facts.receipt, facts.words.facts, facts.words.values
    procedure = receipt.procedure_name
    if receipt.procedure_code:
        procedure = values.procedure.format(name=procedure, code=receipt.procedure_code)
    balance = receipt.balance
    sealed = facts.dossier.sealed
    by = values.sealed.format(clerk=sealed.clerk, moment=_moment(facts, sealed.at)) if sealed else values.unsealed
    counts = {"captured": balance.captured, "kept": balance.kept, "blank": balance.blank}
    counts |= {"set_aside": balance.set_aside, "separators": balance.separators}
    return [
        (names.procedure, procedure),
        (names.official_code, receipt.official_code or ""),
        (names.number, receipt.number),
        (names.applicant, receipt.applicant.name),
        (names.received, _moment(facts, receipt.issued_at) if receipt.number else ""),
        (names.due, _moment(facts, receipt.due.at) if receipt.number and receipt.due.at else ""),
        (names.sealed, by),
        (names.balance, values.balance.format(**counts)),
    ]


def _moment(facts: CoverFacts, at: datetime) -> str:
    return facts.words.values.moment.format(at=at.astimezone(VIETNAM))


def _contents(facts: CoverFacts) -> list[Flowable]:
    words = facts.words.contents
    papers = [(str(no), entry.title, entry.pages) for no, entry in enumerate(facts.entries, start=1)]
    papers += [("", title, pages) for title, pages in ((words.loose, facts.loose), (words.loose_blank, facts.blank))]
    rows = [(no, title, str(len(pages)), ranges(pages)) for no, title, pages in papers if pages]
    if facts.slip:
        rows.append(("", words.slip, "", words.slip_pages))
    return [*_heading(words.title), _grid((words.no, words.paper, words.count, words.pages), rows), Spacer(1, 12)]


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    face = serif()
    aligns: tuple[Alignment, ...] = (TA_CENTER, TA_LEFT, TA_CENTER, TA_CENTER)
    bold = Type(font=face.bold, size=_BODY_PT - 1, align=TA_CENTER)
    plain = [Type(font=face.regular, size=_BODY_PT - 1, align=align) for align in aligns]
    body = [[kind.paragraph(cell) for kind, cell in zip(plain, row, strict=True)] for row in rows]
    columns = [12 * MM, _SHEET.width - 68 * MM, 20 * MM, 36 * MM]
    start, end = (0, 0), (-1, -1)
    lines = TableStyle(
        [
            ("GRID", start, end, 0.4, (0, 0, 0)),
            ("TOPPADDING", start, end, 2),
            ("BOTTOMPADDING", start, end, 3),
            ("VALIGN", start, end, "TOP"),
            ("FONTNAME", start, end, face.regular),
        ]
    )
    return Table([[bold.paragraph(cell) for cell in header], *body], colWidths=columns, style=lines, repeatRows=1)


def _missing(facts: CoverFacts) -> list[Flowable]:
    words, dossier = facts.words.missing, facts.dossier
    item = Type(font=serif().regular, size=_BODY_PT - 0.5, after=2)
    if dossier.procedure is None:
        texts = [words.unknown]
    else:
        texts = [f"– {title}" for title in dossier.missing] or [words.none]
    return [*_heading(words.title), *(item.paragraph(text) for text in texts), Spacer(1, 12)]


def _reckoning(facts: CoverFacts) -> list[Flowable]:
    """How the day of the result was reckoned, so that anybody can check it; nothing on a draft."""
    if facts.dossier.sealed is None:
        return []
    item = Type(font=serif().regular, size=_SMALL_PT, after=1)
    return [
        *_heading(facts.words.due_trace),
        *(item.paragraph(f"– {step}") for step in facts.receipt.due.trace),
        Spacer(1, 12),
    ]


def _heading(text: str) -> list[Flowable]:
    """A heading and room for some lines below it on the same sheet."""
    return [CondPageBreak(30 * MM), Type(font=serif().bold, size=_BODY_PT, after=5).paragraph(text)]


def _notes(facts: CoverFacts) -> list[Flowable]:
    note = Type(font=serif().italic, size=_SMALL_PT, align=TA_JUSTIFY, after=4)
    return [note.paragraph(facts.words.legal_note), note.paragraph(facts.words.operator_note)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Foot:
    """The receipt number on every sheet of the cover, should they come apart."""

    facts: CoverFacts

    def __call__(self, canvas: Canvas, page: int) -> None:
        canvas.setFont(serif().regular, _SMALL_PT)
        number = self.facts.receipt.number or self.facts.words.values.unsealed
        text = self.facts.words.page.format(number=number, page=page)
        canvas.drawCentredString(_SHEET.size[0] / 2, 9 * MM, text)

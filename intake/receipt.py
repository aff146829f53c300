"""Receipt -> the slip a citizen takes home: Giấy tiếp nhận hồ sơ và hẹn trả kết quả, as PDF/A-1b.

The form's wording and order are the template's (see :mod:`intake.slipform`); this module fills in the facts and
lays them out. A fact nobody knows is a dotted line to write on: the machine never guesses on a paper that binds
the office (DOMAIN 1.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from intake import pdfa
from intake.clock import VIETNAM
from intake.model import Office, Receipt, ReceiptLine
from intake.slipform import Layout, PaperSize, Phrase, Row, SlipForm, Slot, Style
from intake.typeset import A4_PT, A5_PT, MM, Alignment, QrMark, Sheet, Type, balanced, bare, serif, typeset, width_of
from ocr.text import nfc

_SIZES = {PaperSize.A4: A4_PT, PaperSize.A5: A5_PT}
_LAST_SLOT = re.compile(r"\{(\w+)\}[\s.;]*$")
"""A fact that ends its line, but for a full stop: where it is unknown, dots run to the margin."""
_SHORTEST_LEADER = 12
"""Dots; a leader shorter than this is no place to write on, so it gets a line of its own."""


def slip(receipt: Receipt, office: Office, form: SlipForm) -> bytes:
    """The slip on ``form.paper``, on as many sheets as the papers take. Same arguments, same bytes.

    Raises BadSettings where the typeface or the colour profile is not installed.
    """
    press = _Press(receipt=receipt, form=form, facts=_facts(receipt, office))
    pages = len(typeset(press.story(), press.sheet, press.footer(1)).pages)
    pdf = typeset(press.story(), press.sheet, press.footer(pages))
    return pdfa.finish(pdf, _about(receipt, office, form))


def _about(receipt: Receipt, office: Office, form: SlipForm) -> pdfa.DocumentFacts:
    return pdfa.DocumentFacts(
        title=f"{form.name} {receipt.number}",
        at=receipt.issued_at.astimezone(VIETNAM),
        author=f"{office.authority} - {office.centre}",
        subject="; ".join(form.legal_basis),
        keywords=", ".join(filter(None, (receipt.number, receipt.official_code))),
    )


# --- facts -------------------------------------------------------------------------------------------------


def _facts(receipt: Receipt, office: Office) -> dict[Slot, str]:
    """Every known fact; an unknown one is not in the mapping."""
    facts = _office_facts(office) | _person_facts(receipt) | _balance_facts(receipt)
    facts |= _moment_facts("issued", receipt.issued_at)
    if receipt.due.at is not None:
        facts |= _moment_facts("due", receipt.due.at)
    facts |= {
        Slot.NUMBER: receipt.number,
        Slot.SEQ: str(receipt.seq),
        Slot.YEAR: str(receipt.year),
        Slot.OFFICIAL_CODE: receipt.official_code or "",
        Slot.PROCEDURE: receipt.procedure_name,
        Slot.PROCEDURE_CODE: receipt.procedure_code or "",
        Slot.LIMIT: receipt.limit_text,
        Slot.CLERK: receipt.clerk,
        # Our number is an entry of the register only where the office named the register it keeps with us.
        Slot.ENTRY: str(receipt.seq) if office.register_book else "",
    }
    return {slot: nfc(fact.strip()) for slot, fact in facts.items() if fact.strip()}


def _office_facts(office: Office) -> dict[Slot, str]:
    return {
        Slot.AUTHORITY: office.authority,
        Slot.CENTRE: office.centre,
        Slot.PLACE: office.place,
        Slot.OFFICE_ADDRESS: office.address,
        Slot.OFFICE_PHONE: office.phone,
        Slot.WEBSITE: office.website,
        Slot.BOOK: office.register_book,
    }


def _person_facts(receipt: Receipt) -> dict[Slot, str]:
    person = receipt.applicant
    return {
        Slot.APPLICANT: person.name,
        Slot.ID_NUMBER: person.id_number,
        Slot.ADDRESS: person.address,
        Slot.PHONE: person.phone,
        Slot.EMAIL: person.email,
        Slot.AUTHORISED: person.authorised,
    }


def _balance_facts(receipt: Receipt) -> dict[Slot, str]:
    balance = receipt.balance
    return {
        Slot.CAPTURED: str(balance.captured),
        Slot.KEPT: str(balance.kept),
        Slot.BLANK: str(balance.blank),
        Slot.SET_ASIDE: str(balance.set_aside),
        Slot.SEPARATORS: str(balance.separators),
    }


def _moment_facts(which: str, at: datetime) -> dict[Slot, str]:
    """Clock and calendar of Vietnam, two digits as on the form."""
    local = at.astimezone(VIETNAM)
    parts = {"hour": "%H", "minute": "%M", "day": "%d", "month": "%m", "year": "%Y"}
    return {Slot(f"{which}_{part}"): local.strftime(code) for part, code in parts.items()}


# --- layout ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """A sentence with its facts in place; ``open`` if its last fact is unknown and dots shall run to the margin."""

    text: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Press:
    """One slip on the way to paper."""

    receipt: Receipt
    form: SlipForm
    facts: Mapping[Slot, str]

    @property
    def layout(self) -> Layout:
        return self.form.layout[self.form.paper]

    @property
    def sheet(self) -> Sheet:
        margins = self.layout.margins_mm
        bottom = margins.bottom + max(self.form.ours.qr_mm, 0) + 2
        points = (margins.top * MM, margins.right * MM, bottom * MM, margins.left * MM)
        return Sheet(size=_SIZES[self.form.paper], margins=points)

    def story(self) -> list[Flowable]:
        *rows, last = [self._row(row) for row in self.form.row]
        head = [*self._head(), self._title(), Spacer(1, self.layout.spacing_pt)]
        # Nobody signs a sheet that holds nothing but signatures: the last line of the form goes with them.
        signed = KeepTogether([*last, Spacer(1, self.layout.spacing_pt), self._signatures()])
        return [*head, *(flowable for row in rows for flowable in row), signed]

    def type(self, style: Style = Style.REGULAR, align: Alignment = TA_LEFT, after: float = 0) -> Type:
        face = serif()
        fonts = {Style.REGULAR: face.regular, Style.BOLD: face.bold, Style.ITALIC: face.italic}
        return Type(font=fonts[style], size=self.layout.font_pt, align=align, after=after)

    def fill(self, wording: str) -> _Filled:
        """Put the facts in; unknown ones become the form's blanks, or leave the end open."""
        ending = _LAST_SLOT.search(wording)
        if ending is not None and self._leads_to_margin(Slot(ending[1])):
            return _Filled(text=self._put(wording[: ending.start()]), open=True)
        return _Filled(text=self._put(wording), open=False)

    def _leads_to_margin(self, slot: Slot) -> bool:
        return slot not in self.facts and slot not in self.form.blanks

    def _put(self, wording: str) -> str:
        parts = ((literal, name) for literal, name, _, _ in Formatter().parse(wording))
        return "".join(literal + (self._fact(Slot(name)) if name else "") for literal, name in parts)

    def _fact(self, slot: Slot) -> str:
        return self.facts.get(slot) or self.form.blank(slot)

    # rows

    def _row(self, row: Row) -> list[Flowable]:
        if row.kind == "papers":
            return self._papers()
        kind = self.type(row.style, after=self.layout.spacing_pt)
        cells = [self.fill(cell) for cell in row.cells]
        widths = self._side_by_side(cells, kind)
        if len(cells) == 1 or widths is None:
            return [kind.paragraph(_dotted(cell, kind, self.sheet.width)) for cell in cells]
        rooms = [*(width - kind.size for width in widths[:-1]), widths[-1]]
        made = [kind.paragraph(_dotted(cell, kind, room)) for cell, room in zip(cells, rooms, strict=True)]
        return [Table([made], colWidths=widths, style=bare(), spaceAfter=self.layout.spacing_pt, hAlign="LEFT")]

    def _side_by_side(self, cells: Sequence[_Filled], kind: Type) -> list[float] | None:
        """Column widths if every cell stays on one line beside the others: equal columns, else snug ones."""
        leader = width_of("." * 2 * _SHORTEST_LEADER, kind.font, kind.size)
        gap = 2 * kind.size
        needs = [width_of(cell.text, kind.font, kind.size) + (leader if cell.open else 0) + gap for cell in cells]
        equal = self.sheet.width / len(cells)
        if max(needs) <= equal:
            return [equal] * len(cells)
        slack = self.sheet.width - sum(needs)
        return [need + slack / len(cells) for need in needs] if slack >= 0 else None

    def _papers(self) -> list[Flowable]:
        kind = self.type(align=TA_JUSTIFY, after=self.layout.spacing_pt / 2)
        form = self.form.papers
        lines = [self._paper(no, line) for no, line in enumerate(self.receipt.lines, start=1)]
        if not lines:
            bare = [form.item.format(no=no, title="", detail="") for no in range(1, form.blank_items + 1)]
            lines = [_dotted(_Filled(text=text, open=True), kind, self.sheet.width) for text in bare]
        return [*(kind.paragraph(text) for text in lines), Spacer(1, self.layout.spacing_pt / 2)]

    def _paper(self, no: int, line: ReceiptLine) -> str:
        form = self.form.papers
        counts = ((form.originals, line.originals), (form.copies, line.copies), (form.pages, line.pages))
        parts = form.join.join(wording.format(n=n) for wording, n in counts if n > 0)
        detail = form.detail.format(parts=parts) if parts else ""
        return form.item.format(no=no, title=nfc(line.title), detail=detail)

    # head and foot of the form

    def _head(self) -> list[Flowable]:
        head = self.form.head
        wide = self.sheet.width
        gutter = self.layout.font_pt * 0.7
        columns = [wide * head.split - gutter, gutter, wide * (1 - head.split)]
        pairs = ((head.left, head.right), (head.number, head.dated))
        rows = [[self._phrases(left, columns[0]), None, self._phrases(right, columns[2])] for left, right in pairs]
        gap = self.layout.spacing_pt * 1.6
        return [Table(rows, colWidths=columns, style=bare(gap))]

    def _phrases(self, phrases: Sequence[Phrase], width: float) -> list[Flowable]:
        stack: list[Flowable] = []
        for phrase in phrases:
            kind = self.type(phrase.style, TA_CENTER)
            size = min(kind.size, self._fitting(phrase, width, kind))
            text = balanced(self.fill(phrase.text).text, kind.font, size, width)
            stack.extend(Type(font=kind.font, size=size, align=TA_CENTER).paragraph(line) for line in text)
            if phrase.rule is not None:
                stack.append(_Rule(width * phrase.rule))
        return stack

    def _fitting(self, phrase: Phrase, width: float, kind: Type) -> float:
        """The size at which a letterhead line stays one line, if a small step down is enough."""
        need = width_of(self.fill(phrase.text).text, kind.font, kind.size)
        fits = kind.size * (width - 1) / need if need else kind.size
        return fits if fits >= 0.82 * kind.size else kind.size

    def _title(self) -> Flowable:
        kind = self.type(self.form.title.style, TA_CENTER, after=self.layout.spacing_pt)
        big = Type(font=serif().bold, size=kind.size * 1.12, align=TA_CENTER, after=kind.after)
        paragraph = big.paragraph(self.fill(self.form.title.text).text)
        paragraph.style.spaceBefore = self.layout.spacing_pt * 2
        return paragraph

    def _signatures(self) -> Flowable:
        form = self.form.signatures
        columns = [self.sheet.width * 0.45, self.sheet.width * 0.55]
        bold = self.type(Style.BOLD, TA_CENTER)
        names = [[bold.paragraph(self.fill(name).text)] for name in (form.left_name, form.right_name)]
        phrases = [self._phrases(form.left, columns[0]), self._phrases(form.right, columns[1])]
        space = self.layout.signature_mm * MM
        return Table([phrases, [None, None], names], colWidths=columns, rowHeights=[None, space, None], style=bare())

    # ours

    def footer(self, pages: int) -> _Footer:
        lines = tuple(self.fill(line).text for line in self.form.ours.lines)
        return _Footer(press=self, lines=lines, pages=pages)


def _dotted(filled: _Filled, kind: Type, width: float) -> str:
    """The text, and if its end is open, dots to the margin of a column ``width`` points wide."""
    if not filled.open:
        return filled.text
    dot = width_of(".", kind.font, kind.size)
    lines = simpleSplit(filled.text, kind.font, kind.size, width)
    taken = width_of(f"{lines[-1].rstrip()} ", kind.font, kind.size) if lines else 0
    count = int((width - taken - 0.1) / dot)
    if count < _SHORTEST_LEADER:
        count = int((width - 0.1) / dot)
    return f"{filled.text.rstrip()} {'.' * count}".strip()


class _Rule(Flowable):
    """A thin centred stroke, as under the motto of the Republic."""

    def __init__(self, length: float) -> None:
        super().__init__()
        self.length = length

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - ReportLab's names
        self.room = aW
        return aW, 3.5

    def draw(self) -> None:
        start = (self.room - self.length) / 2
        self.canv.setLineWidth(0.6)
        self.canv.line(start, 1, start + self.length, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Footer:
    """Our own strip at the foot of every sheet: QR of the number, the books, the sheet's number."""

    press: _Press
    lines: tuple[str, ...]
    pages: int

    def __call__(self, canvas: Canvas, page: int) -> None:
        form, layout, sheet = self.press.form, self.press.layout, self.press.sheet
        left, right = sheet.margins[3], sheet.size[0] - sheet.margins[1]
        base = layout.margins_mm.bottom * MM
        side = form.ours.qr_mm * MM
        canvas.setLineWidth(0.4)
        canvas.line(left, base + side + 2, right, base + side + 2)
        QrMark(text=self.press.receipt.number, side=side).draw(canvas, left, base)
        canvas.setFont(serif().regular, layout.small_pt)
        step = layout.small_pt * 1.35
        for at, line in enumerate(self.lines):
            canvas.drawString(left + side + 4, base + side - (at + 1.2) * step, line)
        canvas.drawRightString(right, base + 2, form.ours.page.format(page=page, of=self.pages))

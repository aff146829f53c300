"""The wording and layout of a one-stop form, as written in ``templates/print/mau01_*.toml``. Pure.

The forms change with the law (DOMAIN 1.1, 1.2), so each carries its legal basis and the days on which it
holds; :func:`form_for` picks by the day the receipt was issued, so that an old receipt prints as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

import templates
from intake import wording
from intake.errors import NotFound
from intake.labels import say
from intake.wording import Words


class Slot(StrEnum):
    """What a form may ask the machine to fill in, written ``{name}`` in the TOML."""

    AUTHORITY = "authority"
    CENTRE = "centre"
    PLACE = "place"
    OFFICE_ADDRESS = "office_address"
    OFFICE_PHONE = "office_phone"
    WEBSITE = "website"
    NUMBER = "number"
    SEQ = "seq"
    YEAR = "year"
    OFFICIAL_CODE = "official_code"
    APPLICANT = "applicant"
    ID_NUMBER = "id_number"
    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    AUTHORISED = "authorised"
    PROCEDURE = "procedure"
    PROCEDURE_CODE = "procedure_code"
    SETS = "sets"
    """Never known to the machine: the clerk writes it, or the office puts its own word in the template."""
    LIMIT = "limit"
    ISSUED_HOUR = "issued_hour"
    ISSUED_MINUTE = "issued_minute"
    ISSUED_DAY = "issued_day"
    ISSUED_MONTH = "issued_month"
    ISSUED_YEAR = "issued_year"
    DUE_HOUR = "due_hour"
    DUE_MINUTE = "due_minute"
    DUE_DAY = "due_day"
    DUE_MONTH = "due_month"
    DUE_YEAR = "due_year"
    RESULT_PLACE = "result_place"
    """The applicant's choice, made by hand."""
    BOOK = "book"
    ENTRY = "entry"
    CLERK = "clerk"
    CAPTURED = "captured"
    KEPT = "kept"
    BLANK = "blank"
    SET_ASIDE = "set_aside"
    SEPARATORS = "separators"


def _slots(text: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _only_slots(text: str) -> str:
    for name in _slots(text):
        Slot(name)
    return text


def _only(*allowed: str) -> AfterValidator:
    def check(text: str) -> str:
        strangers = sorted(set(_slots(text)) - set(allowed))
        if strangers:
            raise ValueError(f"{{{strangers[0]}}}")
        return text

    return AfterValidator(check)


Wording = Annotated[str, AfterValidator(_only_slots)]
"""A sentence with ``{slot}`` places; an unknown slot is refused when the file is read."""
Share = Annotated[float, Field(gt=0, lt=1)]
Points = Annotated[float, Field(ge=4, le=40)]
Millimetres = Annotated[float, Field(ge=0, le=200)]


class PaperSize(StrEnum):
    A4 = "A4"
    A5 = "A5"


class Style(StrEnum):
    REGULAR = "regular"
    BOLD = "bold"
    ITALIC = "italic"


class Margins(Words):
    top: Millimetres
    right: Millimetres
    bottom: Millimetres
    left: Millimetres


class Layout(Words):
    """Sizes for one paper size: points for letters and gaps, millimetres for what a ruler measures."""

    font_pt: Points
    small_pt: Points
    spacing_pt: Annotated[float, Field(ge=0, le=40)]
    margins_mm: Margins
    signature_mm: Millimetres


class Phrase(Words):
    """One centred line; ``rule`` underlines it with a stroke that long, as a share of the column."""

    text: Wording
    style: Style = Style.REGULAR
    rule: Share | None = None


class Head(Words):
    split: Share
    left: tuple[Phrase, ...]
    right: tuple[Phrase, ...]
    number: tuple[Phrase, ...]
    dated: tuple[Phrase, ...]


class Row(Words):
    """One line of the form: its cells side by side where they fit, else below each other."""

    kind: Literal["line", "papers"] = "line"
    cells: tuple[Wording, ...] = ()
    style: Style = Style.REGULAR


class Papers(Words):
    """How one handed-in paper is written; numbers that are 0 are left out."""

    item: Annotated[str, _only("no", "title", "detail")]
    detail: Annotated[str, _only("parts")]
    join: str
    originals: Annotated[str, _only("n")]
    copies: Annotated[str, _only("n")]
    pages: Annotated[str, _only("n")]
    blank_items: Annotated[int, Field(ge=0, le=20)]


class Signatures(Words):
    left: tuple[Phrase, ...]
    right: tuple[Phrase, ...]
    left_name: Wording
    right_name: Wording


class Ours(Words):
    """What this workstation adds below the form, under a rule, marked as its own."""

    lines: tuple[Wording, ...]
    page: Annotated[str, _only("page", "of")]
    qr_mm: Millimetres


class SlipForm(Words):
    """One form in force from ``valid_from`` to ``valid_to`` (both included; None while it holds).

    ``paper`` is the form's own size; ``form.on(PaperSize.A5)`` gives the same form on another.
    """

    id: str
    name: str
    legal_basis: tuple[str, ...] = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    paper: PaperSize
    layout: Mapping[PaperSize, Layout]
    head: Head
    title: Phrase
    row: tuple[Row, ...]
    papers: Papers
    signatures: Signatures
    ours: Ours
    blanks: Mapping[Literal["default"] | Slot, str]

    @model_validator(mode="after")
    def _complete(self) -> SlipForm:
        if self.paper not in self.layout or "default" not in self.blanks:
            raise ValueError(f"layout.{self.paper}, blanks.default")
        return self

    def on(self, paper: PaperSize) -> SlipForm:
        return self.model_copy(update={"paper": paper})

    def blank(self, slot: Slot) -> str:
        """What stands for an unknown fact in the middle of a line."""
        return self.blanks.get(slot, self.blanks["default"])

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def parse(text: str, name: str) -> SlipForm:
    """The form written in the TOML ``text``; ``name`` is only for the message. Raises BadSettings."""
    return wording.parse(SlipForm, text, name)


def forms(overlay: Path | None = None) -> tuple[SlipForm, ...]:
    """Every version of Mẫu số 01, shipped or in the office's own folder. Raises BadSettings."""
    names = (name for name in templates.names("print", overlay) if name.startswith("print/mau01_"))
    return tuple(parse(templates.text(name, overlay), name) for name in names)


def form_for(day: date, among: Iterable[SlipForm]) -> SlipForm:
    """The form in force on ``day``, the youngest where two overlap; NotFound if the law of that day is not here."""
    holding = [form for form in among if form.holds_on(day)]
    if not holding:
        raise NotFound(say("print.no_form", day=f"{day:%d/%m/%Y}"))
    return max(holding, key=lambda form: form.valid_from)

"""Sample papers of made-up citizens: forms written in ``templates/samples/*.toml``, filled in by hand.

A form has a document type ``cue``, a printed ``title`` and ``pages``. A page is lines; what a line begins with says
what it is, and ``{name}`` stands for what the citizen wrote::

    ^ state     ^^ motto, underlined    = title      ~ italic, centred    > italic, right
    # bold      ... a dotted line       % a plot     (nothing) a gap      [x] [ ] boxes within a line
    * left; left | right; right         the two-column letterhead
    | cell | cell |                     a table, its first row the header
    & office; note; name @ seal | ...   signatures side by side

``tint = "pink"`` gives certificate paper with a border, ``stamp`` pale words across the page.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from pydantic import BaseModel, ConfigDict

import templates
from intake.sample_sheet import Face, Run, Sheet, Signer
from ocr import Pixels

TODAY = date(2026, 11, 20)
"""The day on which every sample paper is signed; the year in words on a birth declaration hangs on it."""

_BLANK = re.compile(r"\{(\w+)\}")
_BOX = re.compile(r"\[([x ])\]")
_PLAIN = (255, 255, 255)
_TINTS = {"": _PLAIN, "pink": (250, 232, 234)}
_FOOTER = "Giấy do máy vẽ để thử phần mềm, tên người là bịa, không có giá trị."


# --- people --------------------------------------------------------------------------------------------------


class _People(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    families: tuple[str, ...]
    men: tuple[str, ...]
    women: tuple[str, ...]
    children: tuple[str, ...]
    villages: tuple[str, ...]
    trades: tuple[str, ...]
    causes: tuple[str, ...]
    fixed: Mapping[str, str]


@cache
def _people() -> _People:
    return _People.model_validate(tomllib.loads(templates.text("sample_people.vn.toml")))


Household = Mapping[str, str]
"""What a household writes into forms: the names that stand in braces there, and the words for each."""


def household(chance: random.Random, errand: str) -> Household:
    """A made-up family with numbers whose last six digits begin with 000; ``errand`` is the cue of what it came for."""
    people = _people()
    family, other = chance.sample(people.families, 2)
    village = chance.choice(people.villages)
    facts = {
        **people.fixed,
        "man": f"{family} {chance.choice(people.men)}",
        "woman": f"{other} {chance.choice(people.women)}",
        "elder": f"{family} {chance.choice(people.men)}",
        "child": f"{family} {chance.choice(people.children)}",
        "agent": f"{other} {chance.choice(people.men)}",
        "midwife": f"{chance.choice(people.families)} {chance.choice(people.women)}",
        "officer": f"{chance.choice(people.families)} {chance.choice(people.men)}",
        "village": village,
        "address": f"{village}, {people.fixed['hometown']}",
        "phone": f"0912 000 {chance.randint(100, 999)}",
        "today": _long(TODAY),
        "cause": chance.choice(people.causes),
        "matter": forms()[errand].matter,
    }
    return facts | _births(chance) | _numbers(chance)


def _births(chance: random.Random) -> dict[str, str]:
    """Birth days and personal numbers that fit them, and the days of a birth and a death lately."""
    facts: dict[str, str] = {}
    for who, oldest, youngest, sex in (
        ("man", 45, 24, 0),
        ("woman", 42, 22, 1),
        ("elder", 88, 80, 0),
        ("agent", 60, 25, 0),
    ):
        born = date(TODAY.year - chance.randint(youngest, oldest), chance.randint(1, 12), chance.randint(1, 28))
        century = sex + 2 * (born.year >= 2000)
        facts[f"{who}_born"], facts[f"{who}_year"] = f"{born:%d/%m/%Y}", str(born.year)
        facts[f"{who}_pin"] = f"038{century}{born:%y}000{chance.randint(100, 999)}"
    child, death = (TODAY - timedelta(days=chance.randint(3, 40)) for _ in range(2))
    return facts | {
        "child_born": _long(child),
        "child_born_words": f"ngày {child.day}, tháng {child.month}, năm hai nghìn không trăm hai mươi sáu",
        "child_sex": chance.choice(("Nam", "Nữ")),
        "birth_hour": f"{chance.randint(0, 23)} giờ {chance.randint(0, 59):02d} phút,",
        "death_day": _long(death),
        "death_hour": f"{chance.randint(0, 23)} giờ {chance.randint(0, 59):02d} phút,",
        "wrong_year": str(int(facts["man_year"]) - chance.randint(1, 3)),
    }


def _numbers(chance: random.Random) -> dict[str, str]:
    trade, code = chance.choice(_people().trades).rsplit(": ", 1)
    return {
        "marriage_no": f"{chance.randint(1, 99)}/{TODAY.year - 2}",
        "birth_no": f"{chance.randint(1, 300):03d}",
        "paper_no": str(chance.randint(10, 400)),
        "death_no": f"{chance.randint(1, 60):02d}/{TODAY.year}/GBT",
        "births": str(chance.randint(1, 3)),
        "weight": str(chance.randrange(2600, 3900, 50)),
        "copies": str(chance.randint(1, 3)),
        "plot": str(chance.randint(20, 800)),
        "map_no": str(chance.randint(1, 40)),
        "area": f"{chance.randint(80, 400)},{chance.randint(0, 9)}",
        "serial": f"AA {chance.randint(0, 999):06d}",
        "shop": f"HỘ KINH DOANH {chance.choice(_people().children).upper()}",
        "trade": trade,
        "trade_code": code,
        "capital": f"{chance.randint(3, 30)}0.000.000",
        "workers": str(chance.randint(1, 4)),
    }


def _long(day: date) -> str:
    return f"ngày {day:%d} tháng {day:%m} năm {day.year}"


# --- forms ---------------------------------------------------------------------------------------------------


class Form(BaseModel):
    """One file of ``templates/samples``; the layout language is explained at the top of this module."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cue: str
    title: str
    pages: tuple[str, ...]
    matter: str = ""
    """For a form that leads a dossier: what an authorisation that goes with it says it is about."""
    tint: str = ""
    stamp: str = ""


@cache
def forms() -> Mapping[str, Form]:
    """Every sample form by its document type."""
    read = (Form.model_validate(tomllib.loads(templates.text(name))) for name in templates.names("samples"))
    return {form.cue: form for form in read}


def draw(form: Form, written: Household, chance: random.Random) -> tuple[Pixels, ...]:
    """The sides of a filled form, upright, as crisp as out of the printer: A4 at 300 dpi, RGB."""
    return tuple(_page(form, page, written, chance) for page in form.pages)


def separator(symbol: Pixels, title: str, chance: random.Random) -> Pixels:
    """A separator sheet: a title and a QR code (``symbol``, grey) of 120 mm."""
    sheet = Sheet(chance)
    sheet.gap(3)
    sheet.centred(title, Face.TITLE)
    sheet.gap(2)
    sheet.code(symbol, 1417)
    return sheet.pixels()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pen:
    """A sheet and what is to be written on it."""

    sheet: Sheet
    written: Household

    def runs(self, text: str, face: Face = Face.PRINT) -> list[Run]:
        """Printed words in ``face`` and, in the place of each name in braces, handwriting."""
        parts = _BLANK.split(text)
        pieces = [(part, face) for part in parts]
        pieces[1::2] = [(self.written[name], Face.HAND) for name in parts[1::2]]
        return [Run(text=words, face=face) for words, face in pieces if words.strip() or face is Face.HAND]

    def printed(self, text: str) -> str:
        """``text`` with its braces filled in print: what an office wrote by machine."""
        return text.strip().format(**self.written)


def _page(form: Form, lines: str, written: Household, chance: random.Random) -> Pixels:
    sheet = Sheet(chance, _TINTS[form.tint])
    if form.stamp:
        sheet.mark(form.stamp)
    if form.tint:
        sheet.frame()
    pen, rows = _Pen(sheet=sheet, written=written), lines.strip("\n").split("\n")
    table: list[str] = []
    for row, following in zip(rows, [*rows[1:], ""], strict=True):
        if not row.startswith("|"):
            _line(pen, row)
            continue
        table.append(row)
        if not following.startswith("|"):
            sheet.table(_cells(pen, table))
            table = []
    sheet.footer(_FOOTER)
    return sheet.pixels()


def _line(pen: _Pen, row: str) -> None:
    mark, _, rest = row.partition(" ")
    centred = {"^": Face.BOLD, "^^": Face.BOLD, "=": Face.TITLE, "~": Face.ITALIC}
    if mark in centred:
        width = pen.sheet.centred(pen.printed(rest), centred[mark])
        if mark == "^^":
            pen.sheet.rule(width)
    elif mark == "#":
        pen.sheet.flow(pen.runs(rest, Face.BOLD))
    elif _BOX.search(row):
        _boxes(pen, row)
    elif mark in _WHOLE_LINES:
        _WHOLE_LINES[mark](pen, rest)
    else:
        pen.sheet.flow(pen.runs(row))


def _letterhead(pen: _Pen, rest: str) -> None:
    left, right = ([pen.printed(line) for line in side.split(";")] for side in rest.split("|"))
    pen.sheet.columns(left, right)


def _signatures(pen: _Pen, rest: str) -> None:
    signers = []
    for column in rest.split("|"):
        lines, _, seal = column.partition("@")
        office, note, name, *_ = [*(pen.printed(line) for line in lines.split(";")), "", ""]
        signers.append(Signer(office=office, note=note, name=name, seal=pen.printed(seal)))
    pen.sheet.signatures(signers)


def _boxes(pen: _Pen, row: str) -> None:
    parts = _BOX.split(row)
    pen.sheet.boxes([Run(text=part.strip()) for part in parts[::2]], [part == "x" for part in parts[1::2]])


_WHOLE_LINES = {
    ">": lambda pen, rest: pen.sheet.right(pen.printed(rest)),
    "...": lambda pen, rest: pen.sheet.dotted(),
    "%": lambda pen, rest: pen.sheet.plot(),
    "": lambda pen, rest: pen.sheet.gap(),
    "*": _letterhead,
    "&": _signatures,
}


def _cells(pen: _Pen, rows: Sequence[str]) -> list[list[Run]]:
    """Cells are handwriting where they are nothing but a name in braces, print elsewhere."""
    table = []
    for index, row in enumerate(rows):
        face = Face.PRINT if index else Face.BOLD
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        table.append([(pen.runs(cell, face) or [Run(text="")])[0] for cell in cells])
    return table

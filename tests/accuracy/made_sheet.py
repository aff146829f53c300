"""Made-up text set in type on an A4 sheet: coverage of ink, and the truth line by line.

Every line is drawn four times as large and averaged down, as a scanner's sensor averages what lies under each of its
cells. Nothing here knows of dirt, seals or cameras.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ocr import Pixels
from tests.accuracy.made_text import Block, Columns, Paragraph, Style

DPI = 300
WIDTH, HEIGHT = 2480, 3508
LEFT, RIGHT, TOP, BOTTOM = 330, 200, 230, 210
"""Margins in pixels: 28 mm left, 17 mm right, 20 mm top, 18 mm bottom (NĐ 30/2020/NĐ-CP asks for such)."""

_FINER = 4
_LIBERATION, _DEJAVU = "/usr/share/fonts/truetype/liberation2/Liberation", "/usr/share/fonts/truetype/dejavu/DejaVu"
_TALLEST = 1.5
"""Height of a line's strip in sizes of its type: Vietnamese capitals bear two marks above, ợ and ậ one below."""


_BETWEEN = 0.25
"""Space between paragraphs, in sizes of type."""
_FOOT_STEPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A family of type: file names of its regular, bold and italic, and the sizes in points an office sets it in."""

    regular: str
    bold: str
    italic: str
    points: tuple[float, ...]
    leading: float = 1.28

    def file(self, style: Style) -> str:
        if style in (Style.HEADING, Style.TITLE, Style.ABOUT):
            return self.bold
        return self.italic if style is Style.ITALIC else self.regular


_SERIF = Face(
    regular=f"{_LIBERATION}Serif-Regular.ttf",
    bold=f"{_LIBERATION}Serif-Bold.ttf",
    italic=f"{_LIBERATION}Serif-Italic.ttf",
    points=(13, 13.5, 14),
)
_SANS = Face(
    regular=f"{_LIBERATION}Sans-Regular.ttf",
    bold=f"{_LIBERATION}Sans-Bold.ttf",
    italic=f"{_LIBERATION}Sans-Italic.ttf",
    points=(12, 12.5),
)
# Debian's core package of DejaVu has no italics: the upright stands in
_WIDE_SERIF = Face(
    regular=f"{_DEJAVU}Serif.ttf",
    bold=f"{_DEJAVU}Serif-Bold.ttf",
    italic=f"{_DEJAVU}Serif.ttf",
    points=(12,),
    leading=1.24,
)
_WIDE_SANS = Face(
    regular=f"{_DEJAVU}Sans.ttf",
    bold=f"{_DEJAVU}Sans-Bold.ttf",
    italic=f"{_DEJAVU}Sans.ttf",
    points=(12,),
    leading=1.24,
)
_FACES = (_SERIF, _SERIF, _SANS, _SERIF, _WIDE_SERIF, _SERIF, _SANS, _WIDE_SANS)
"""As often as offices use their like: Times twice as often as all others together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """How one page is set."""

    face: Face
    size: int
    justified: bool

    @property
    def step(self) -> int:
        return round(self.size * self.face.leading)

    def pen(self, style: Style, size: int | None = None) -> ImageFont.FreeTypeFont:
        return _font(self.face.file(style), _FINER * (size or self.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """``ink`` is 0 for bare paper to 255 for full toner; ``sign_at`` is where a signature goes, if any."""

    ink: Pixels
    truth: str
    sign_at: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One printed line: words with their left edges in fine pixels."""

    words: tuple[tuple[float, str], ...]
    style: Style
    size: int
    top: int

    @property
    def text(self) -> str:
        return " ".join(word for _, word in self.words)


def sheet_of(blocks: Sequence[Block], seed: int) -> Sheet:
    """Set ``blocks`` on a page; what does not fit above the foot is left out of picture and truth alike."""
    setting = _type(seed)
    foot = next((block for block in blocks if isinstance(block, Columns) and block.signed), None)
    end = HEIGHT - BOTTOM - (_FOOT_STEPS * setting.step if foot else 0)
    ink = np.zeros((HEIGHT, WIDTH), np.uint8)
    rows, top = _above(end, [block for block in blocks if block is not foot], setting)
    if foot:
        rows += _rows(foot, setting, top + setting.step // 2)
    if isinstance(blocks[0], Columns):
        _rules_of_head(rows, blocks[0], ink)
    for row in rows:
        _draw(row, setting, ink)
    sign_at = (round(_middle(1)), top + round(3.7 * setting.step)) if foot else None
    return Sheet(ink=ink, truth="\n".join(row.text for row in rows), sign_at=sign_at)


def _above(end: int, blocks: Sequence[Block], setting: Type) -> tuple[list[_Row], int]:
    """Rows of the blocks that fit above ``end``, and where the next would start."""
    rows: list[_Row] = []
    top = TOP
    for block in blocks:
        more = tuple(_rows(block, setting, top))
        below = max(row.top for row in more) + setting.step
        if below > end:
            break
        rows += more
        top = below + round(setting.size * _BETWEEN)
    return rows, top


def _type(seed: int) -> Type:
    rng = random.Random(f"type {seed}")
    face = _FACES[seed % len(_FACES)]
    return Type(face=face, size=round(rng.choice(face.points) * DPI / 72), justified=rng.random() < 0.5)


# --- lines -----------------------------------------------------------------------------------------------------


def _rows(block: Block, setting: Type, top: int) -> Iterator[_Row]:
    if isinstance(block, Columns):
        yield from _column(block.left, setting, (0, top, block.signed))
        yield from _column(block.right, setting, (1, top, block.signed))
    elif block.style in (Style.TITLE, Style.ABOUT, Style.PAGE_NUMBER):
        size = round(setting.size * (1.1 if block.style is Style.TITLE else 1))
        for number, text in enumerate(_broken(block, setting, WIDTH - LEFT - RIGHT - 300)):
            middle = (LEFT + WIDTH - RIGHT) / 2
            yield _centred(
                Paragraph(text=text, style=block.style), setting, (middle, top + number * setting.step, size)
            )
    else:
        yield from _running(block, setting, top)


def _column(lines: Sequence[Paragraph], setting: Type, place: tuple[int, int, bool]) -> Iterator[_Row]:
    """The head is centred in each column and small enough to fit; of a foot, the left column starts at the margin."""
    column, top, signed = place
    size = round(setting.size * (0.85 if signed and column == 0 else 0.88))
    widest = max(_width(line.text, setting.pen(line.style, size)) for line in lines) / _FINER
    size = min(size, round(size * (900 if column == 0 else 1150) / widest))
    for number, line in enumerate(lines):
        last_of_signed = signed and column == 1 and number == len(lines) - 1
        extra = 2.2 if last_of_signed else 0.25 if number > 1 and not signed else 0
        y = top + round(setting.step * (number * 0.95 + extra))
        row = _centred(line, setting, (_middle(column), y, size))
        yield row if not signed or column else _at_margin(row)


def _middle(column: int) -> float:
    return LEFT - 60 + 410 if column == 0 else WIDTH - RIGHT - 540


def _at_margin(row: _Row) -> _Row:
    shift = LEFT * _FINER - row.words[0][0]
    return _Row(words=tuple((x + shift, w) for x, w in row.words), style=row.style, size=row.size, top=row.top)


def _centred(line: Paragraph, setting: Type, place: tuple[float, int, int]) -> _Row:
    middle, top, size = place
    pen = setting.pen(line.style, size)
    left = middle * _FINER - _width(line.text, pen) / 2
    return _Row(words=_spaced(line.text, pen, left), style=line.style, size=size, top=top)


def _running(paragraph: Paragraph, setting: Type, top: int) -> Iterator[_Row]:
    """A paragraph with its first line indented by a centimetre, justified where the page is."""
    pen = setting.pen(paragraph.style)
    full = (WIDTH - LEFT - RIGHT) * _FINER
    texts = _broken(paragraph, setting, WIDTH - LEFT - RIGHT)
    for number, text in enumerate(texts):
        indent = 118 * _FINER if number == 0 else 0
        slack = full - indent - _width(text, pen) if setting.justified and number < len(texts) - 1 else 0
        words = _spaced(text, pen, LEFT * _FINER + indent, slack)
        yield _Row(words=words, style=paragraph.style, size=setting.size, top=top + number * setting.step)


def _broken(paragraph: Paragraph, setting: Type, width: int) -> list[str]:
    pen = setting.pen(paragraph.style)
    lines: list[str] = []
    room = 0.0
    for word in paragraph.text.split():
        need = _width(word, pen) + _width(" ", pen)
        if room < need:
            lines.append(word)
            room = width * _FINER - need - (118 * _FINER if len(lines) == 1 else 0)
        else:
            lines[-1] += f" {word}"
            room -= need
    return lines


def _spaced(text: str, pen: ImageFont.FreeTypeFont, left: float, slack: float = 0) -> tuple[tuple[float, str], ...]:
    """Where each word starts, with ``slack`` shared out between them."""
    words = text.split()
    gap = _width(" ", pen) + slack / max(1, len(words) - 1)
    placed = []
    for word in words:
        placed.append((left, word))
        left += _width(word, pen) + gap
    return tuple(placed)


# --- ink -------------------------------------------------------------------------------------------------------


def _draw(row: _Row, setting: Type, ink: Pixels) -> None:
    pen = setting.pen(row.style, row.size)
    tall = round(row.size * _TALLEST)
    strip = Image.new("L", (WIDTH * _FINER, tall * _FINER))
    brush = ImageDraw.Draw(strip)
    for left, word in row.words:
        brush.text((left, round(row.size * 1.08) * _FINER), word, font=pen, fill=255, anchor="ls")
    band = ink[row.top : row.top + tall]
    np.maximum(band, np.asarray(strip.reduce(_FINER))[: len(band)], out=band)


def _rules_of_head(rows: Sequence[_Row], head: Columns, ink: Pixels) -> None:
    """The short rules under the agency's name and under the motto."""
    for number, column, wide in ((1, 0, 240), (len(head.left) + 1, 1, 620)):
        row, middle = rows[number], round(_middle(column))
        y = row.top + round(row.size * 1.42)
        ink[y : y + 4, middle - wide // 2 : middle + wide // 2] = 235


def _width(text: str, pen: ImageFont.FreeTypeFont) -> float:
    return pen.getlength(text)


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)

"""A sheet of A4 to draw sample papers on: print, handwriting, tables, seals and signatures, at 300 dpi.

Only what official papers have. Pieces go down the page one below the other; nothing here knows which form it is.
"""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

import templates
from intake.errors import BadSettings
from intake.labels import say
from ocr import Pixels

DPI = 300
A4 = (2480, 3508)
"""Width and height in pixels at :data:`DPI`."""

LEFT, RIGHT, TOP = 300, A4[0] - 190, 230
"""Margins of an official letter, in pixels: 25 mm left, 16 mm right, 20 mm top (NĐ 30/2020/NĐ-CP asks for such)."""

_INK = (26, 26, 30)
_PEN = (34, 58, 150)
_RED = (206, 32, 44)
_MARK = (214, 190, 204)
_RULE_WIDTH = 3


class Face(Enum):
    """File name and size in pixels: body 13 points, titles 14, as NĐ 30/2020 has them."""

    PRINT = ("LiberationSerif-Regular.ttf", 54)
    BOLD = ("LiberationSerif-Bold.ttf", 54)
    ITALIC = ("LiberationSerif-Italic.ttf", 54)
    TITLE = ("LiberationSerif-Bold.ttf", 60)
    SMALL = ("LiberationSerif-Italic.ttf", 40)
    HAND = ("LiberationSans-Italic.ttf", 52)
    SEAL = ("LiberationSans-Bold.ttf", 34)
    MARK = ("LiberationSans-Bold.ttf", 230)

    @property
    def font(self) -> ImageFont.FreeTypeFont:
        return _font(*self.value)

    def width(self, text: str) -> float:
        return self.font.getlength(text)


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    """The face from the folders of ``templates/print/fonts.toml``. Raises BadSettings if none has Vietnamese."""
    for folder in tomllib.loads(templates.text("print/fonts.toml"))["folders"]:
        path = Path(folder) / file
        # Debian's fonts-liberation 1.07 has the same file names and no letters beyond Latin-1.
        if not path.is_file():
            continue
        with TTFont(path, lazy=True) as font:
            complete = ord("ễ") in font.getBestCmap()
        if complete:
            return ImageFont.truetype(str(path), size)
    raise BadSettings(say("print.no_font", file=file))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words in one face; what a citizen wrote is ``Face.HAND``."""

    text: str
    face: Face = Face.PRINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One column of a signature block: office held, note in italics, name; '' leaves that line out."""

    office: str
    note: str = ""
    name: str = ""
    seal: str = ""
    """The words round a red seal over the signature; '' for none."""


class Sheet:
    """One side of A4. ``chance`` drives all that no two hands do alike; the same chance gives the same sheet."""

    def __init__(self, chance: random.Random, tint: tuple[int, int, int] = (255, 255, 255)) -> None:
        self._image = Image.new("RGB", A4, tint)
        self._draw = ImageDraw.Draw(self._image)
        self._chance = chance
        self._y = float(TOP)

    def pixels(self) -> Pixels:
        return np.asarray(self._image)

    # --- text ----------------------------------------------------------------------------------------------

    def gap(self, lines: float = 0.5) -> None:
        self._y += lines * 74

    def centred(self, text: str, face: Face, span: tuple[float, float] = (LEFT, RIGHT)) -> float:
        """One centred line across ``span``; gives back its width."""
        width = face.width(text)
        self._word(text, (sum(span) - width) / 2, face)
        self._y += face.value[1] * 1.32
        return width

    def right(self, text: str) -> None:
        self._word(text, RIGHT - Face.ITALIC.width(text), Face.ITALIC)
        self._y += 74

    def rule(self, width: float, middle: float = (LEFT + RIGHT) / 2) -> None:
        """A thin line under a motto or an authority's name."""
        self._draw.line((middle - width / 2, self._y, middle + width / 2, self._y), fill=_INK, width=_RULE_WIDTH)
        self._y += 24

    def columns(self, left: Sequence[str], right: Sequence[str]) -> None:
        """The two-column letterhead: authority and number on the left, state, motto and date on the right."""
        top, middle = self._y, LEFT + (RIGHT - LEFT) * 0.4
        for row, line in enumerate(left):
            self.centred(line, Face.PRINT if row in (0, 2) else Face.BOLD, (LEFT - 60, middle - 40))
        bottom, self._y = self._y, top
        for row, line in enumerate(right):
            width = self.centred(line, Face.BOLD if row < 2 else Face.ITALIC, (middle - 20, RIGHT + 40))
            if row == 1:
                self.rule(width, (middle + RIGHT + 20) / 2)
        self._y = max(bottom, self._y)

    def flow(self, runs: Sequence[Run]) -> None:
        """Running text between the margins; a line that ends in handwriting is dotted to the right margin."""
        x = float(LEFT)
        for run, word in _words(runs):
            width = run.face.width(word)
            if word[0] in ",.;:" and x > LEFT:
                x -= Face.PRINT.width(" ")  # a stop after handwriting stands close to it
            elif x + width > RIGHT and x > LEFT:
                x = LEFT
                self._y += 74
            self._word(word, x, run.face)
            x += width + Face.PRINT.width(" ")
        if runs and runs[-1].face is Face.HAND:
            self._dots(x)
        self._y += 74

    def dotted(self) -> None:
        """An empty line to write on."""
        self._dots(LEFT)
        self._y += 74

    def boxes(self, runs: Sequence[Run], ticked: Sequence[bool]) -> None:
        """Printed words, each but the first with a box before it; the ticked ones crossed by hand."""
        x = float(LEFT)
        for run, tick in zip(runs, (None, *ticked), strict=True):
            if tick is not None:
                self._box(x + 20, tick)
                x += 84
            self._word(run.text, x, run.face)
            x += run.face.width(run.text) + 50
        self._y += 74

    def _word(self, text: str, x: float, face: Face) -> None:
        hand = face is Face.HAND
        lift = self._chance.uniform(-5, 3) if hand else 0.0
        self._draw.text((x, self._y + lift), text, font=face.font, fill=_PEN if hand else _INK)

    def _dots(self, start: float) -> None:
        for x in np.arange(start, RIGHT - 8, 16.0):
            self._draw.ellipse((x, self._y + 48, x + 4, self._y + 52), fill=_INK)

    def _box(self, x: float, tick: bool) -> None:
        top = self._y + 12
        self._draw.rectangle((x, top, x + 40, top + 40), outline=_INK, width=_RULE_WIDTH)
        if tick:
            self._draw.line((x + 4, top + 6, x + 40, top + 38), fill=_PEN, width=6)
            self._draw.line((x + 38, top + 2, x + 2, top + 42), fill=_PEN, width=6)

    # --- tables and figures --------------------------------------------------------------------------------

    def table(self, rows: Sequence[Sequence[Run]]) -> None:
        """A ruled table, its columns as wide as their longest cell asks for, header row in bold."""
        wants = [max(row[i].face.width(row[i].text) for row in rows) + 50 for i in range(len(rows[0]))]
        scale = (RIGHT - LEFT) / sum(wants)
        edges = [LEFT + scale * sum(wants[:i]) for i in range(len(wants) + 1)]
        top = self._y
        for row in rows:
            self._draw.line((LEFT, self._y, RIGHT, self._y), fill=_INK, width=_RULE_WIDTH)
            self._y += self._row(row, edges)
        for x in edges:
            self._draw.line((x, top, x, self._y), fill=_INK, width=_RULE_WIDTH)
        self._draw.line((LEFT, self._y, RIGHT, self._y), fill=_INK, width=_RULE_WIDTH)
        self.gap(0.4)

    def _row(self, row: Sequence[Run], edges: Sequence[float]) -> float:
        """Draw one row's cells, each wrapped within its column; gives back the row's height."""
        top, height = self._y, 90.0
        for run, left, right in zip(row, edges, edges[1:], strict=False):
            self._y, x = top + 12, left + 22
            for _, word in _words([run]):
                width = run.face.width(word)
                if x + width > right - 12 and x > left + 22:
                    x = left + 22
                    self._y += 66
                self._word(word, x, run.face)
                x += width + Face.PRINT.width(" ")
            height = max(height, self._y - top + 84)
        self._y = top
        return height

    def plot(self) -> None:
        """The sketch of a parcel of land: a crooked quadrangle with its sides' lengths."""
        self.gap(0.5)
        corners = [(700, 60), (1620, 110), (1560, 520), (820, 470)]
        points = [(x + self._chance.uniform(-40, 40), self._y + y + self._chance.uniform(-25, 25)) for x, y in corners]
        for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
            self._draw.line((x1, y1, x2, y2), fill=_INK, width=5)
            length = f"{math.hypot(x2 - x1, y2 - y1) / 30:.1f} m"
            self._draw.text(((x1 + x2) / 2 + 20, (y1 + y2) / 2 - 50), length, font=Face.SMALL.font, fill=_INK)
        self._y += 620

    def frame(self) -> None:
        """The double border of a certificate."""
        for inset, width in ((110, 12), (140, 4)):
            self._draw.rectangle((inset, inset, A4[0] - inset, A4[1] - inset), outline=(150, 60, 70), width=width)

    def mark(self, text: str) -> None:
        """Pale words across the page that say what the paper is not; drawn first, so that print stands over them."""
        layer = Image.new("L", (A4[0], 420), 0)
        ImageDraw.Draw(layer).text((A4[0] / 2, 210), text, font=Face.MARK.font, fill=255, anchor="mm")
        turned = layer.rotate(28, expand=True, resample=Image.Resampling.BILINEAR)
        self._image.paste(_MARK, (A4[0] // 2 - turned.width // 2, A4[1] // 2 - turned.height // 2), turned)

    def footer(self, text: str) -> None:
        """Small print at the foot of the page, wherever the text above has ended."""
        self._draw.text((LEFT, A4[1] - 240), text, font=Face.SMALL.font, fill=(120, 120, 124))

    def code(self, symbol: Pixels, side: int) -> None:
        """A bar code picture (grey), centred, ``side`` pixels square."""
        picture = Image.fromarray(symbol).resize((side, side), Image.Resampling.NEAREST)
        self._image.paste(picture.convert("RGB"), ((A4[0] - side) // 2, round(self._y)))
        self._y += side + 74

    # --- signatures and seals ------------------------------------------------------------------------------

    def signatures(self, signers: Sequence[Signer]) -> None:
        """Columns of equal width; an empty office leaves its column free."""
        self.gap(0.4)
        top, width = self._y, (RIGHT - LEFT) / len(signers)
        bottom = top
        for index, signer in enumerate(signers):
            self._y = top
            if signer.office:
                self._signer(signer, (LEFT + index * width, LEFT + (index + 1) * width))
            bottom = max(bottom, self._y)
        self._y = bottom + 20

    def _signer(self, signer: Signer, span: tuple[float, float]) -> None:
        for line in _wrapped(signer.office, Face.BOLD, span[1] - span[0] - 30):
            self.centred(line, Face.BOLD, span)
        if signer.note:
            self.centred(signer.note, Face.ITALIC if signer.note.startswith("(") else Face.BOLD, span)
        middle = sum(span) / 2
        self._scribble(middle, self._y + 130)
        if signer.seal:
            seal = _seal(signer.seal).rotate(self._chance.uniform(-14, 14), resample=Image.Resampling.BILINEAR)
            self._image.paste(_RED, (round(middle - 400), round(self._y - 110)), seal)
        self._y += 260
        self.centred(signer.name, Face.BOLD if signer.seal else Face.HAND, span)

    def _scribble(self, x: float, y: float) -> None:
        """A signature: a loop that runs to the right and shrinks, as no letter does."""
        turns, size = self._chance.uniform(3, 5), self._chance.uniform(60, 85)
        lean, drift = self._chance.uniform(0.3, 0.8), self._chance.uniform(60, 80)
        points = []
        for step in np.linspace(0, 1, 90):
            angle, fade = step * turns * math.tau, 1 - 0.6 * step
            high = math.sin(angle) * size * fade
            points.append((x - 170 + step * drift * 5 + math.cos(angle) * size * fade * 0.5 - lean * high, y - high))
        self._draw.line(points, fill=_PEN, width=6, joint="curve")


def _words(runs: Sequence[Run]) -> Iterator[tuple[Run, str]]:
    return ((run, word) for run in runs for word in run.text.split())


def _wrapped(text: str, face: Face, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if face.width(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@cache
def _seal(words: str) -> Image.Image:
    """The mask of a round seal of 36 mm: two rings, words along the upper arc, a star; uneven as ink is."""
    side, middle = 426, 213
    mask = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse((6, 6, side - 6, side - 6), outline=225, width=9)
    draw.ellipse((84, 84, side - 84, side - 84), outline=225, width=4)
    points = []
    for corner in range(10):
        radius, angle = (70, 28)[corner % 2], corner * math.pi / 5 - math.pi / 2
        points.append((middle + radius * math.cos(angle), middle + radius * math.sin(angle)))
    draw.polygon(points, fill=225)
    step = min(16.0, 300 / len(words))
    for index, letter in enumerate(words):
        angle = (index - (len(words) - 1) / 2) * step
        mask.paste(225, (0, 0), _arc_letter(letter, angle, side))
    wear = np.random.default_rng(len(words)).uniform(0.72, 1.0, (side // 6, side // 6))
    uneven = Image.fromarray((wear * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BILINEAR)
    return Image.fromarray((np.asarray(mask, np.uint16) * np.asarray(uneven) // 255).astype(np.uint8))


def _arc_letter(letter: str, angle_deg: float, side: int) -> Image.Image:
    layer = Image.new("L", (side, side), 0)
    ImageDraw.Draw(layer).text((side / 2, 46), letter, font=Face.SEAL.font, fill=225, anchor="mm")
    return layer.rotate(-angle_deg, resample=Image.Resampling.BILINEAR)

"""Recognised text: words in lines in reading order, and the one way this project compares Vietnamese.

Pure: no OpenCV, no I/O. All boxes are pixels of the *upright* image, origin top left.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in pixels of the upright image; ``left, top`` inclusive, sizes at least 1."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @staticmethod
    def around(boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of ``boxes`` (at least one)."""
        held = list(boxes)
        left, top = min(b.left for b in held), min(b.top for b in held)
        right, bottom = max(b.right for b in held), max(b.bottom for b in held)
        return Box(left=left, top=top, width=right - left, height=bottom - top)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word: NFC text, its box, and how likely it is right, from 0 to 1.

    ``read`` is what the recogniser saw where ``text`` was put in its place, None where nothing was changed.
    """

    text: str
    box: Box
    confidence: float
    read: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words of one printed line, left to right; ``block`` numbers the paragraph or column it stands in."""

    words: tuple[Word, ...]
    block: int = 0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        return Box.around(word.box for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """All lines of a page in reading order."""

    lines: tuple[Line, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    @property
    def text(self) -> str:
        """One line of text a printed line, blocks parted by an empty line."""
        rows: list[str] = []
        for before, line in zip((None, *self.lines), self.lines, strict=False):
            if before is not None and before.block != line.block:
                rows.append("")
            rows.append(line.text)
        return "\n".join(rows)

    @property
    def confidence(self) -> float:
        """Mean confidence weighted by word length; 0.0 for a page without words."""
        weight = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / weight if weight else 0.0


def nfc(text: str) -> str:
    """The form every stored string has: Unicode NFC, so that 'ế' is one character everywhere."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """The form every comparison uses: no marks, đ as d, no case ('Đăng Ký' -> 'dang ky')."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D").casefold()

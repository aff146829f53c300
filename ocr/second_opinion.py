"""Doubtful words of a page shown to a second network: where both agree they are trusted, where not, the pictures vote.

Only what each network saw counts, in equal parts; the language has no say. Words of which the first is sure, and all
that hold a digit, stay as the first read them; a second reader that is in doubt itself overrules nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocr import Pixels
from ocr.ctc import Logs, Span, log_p
from ocr.errors import EngineTimeout
from ocr.lines import Lines, Reach
from ocr.second import ABOVE_X, BELOW_X, SIDE_X, LineReading, SecondReader, SecondWord
from ocr.spelling import Spelt
from ocr.text import Box, Line, Word

DOUBTFUL = 0.7
"""Below this confidence a word is shown to the second reader, and may be changed; below it the second has no vote."""
AGREED, DISPUTED = 0.85, 0.6
"""The least confidence of a word that both read alike (of 101 such 88 were right, on scans 40 of 41), the most of one
that a vote decided."""
_AROUND = 2
"""Words on either side that are shown with a doubtful one: the network reads a word alone less well."""
_MOST_X = 60
"""Near doubtful words are shown together up to this width, in heights of a small letter; longer crops cost memory."""
_REACH = Reach(above_x=(ABOVE_X, ABOVE_X), below_x=(BELOW_X, BELOW_X), side_x=SIDE_X)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReading:
    """What the first reader has of the line ``at`` of the page: its words, each with what it came from; its logs."""

    at: int
    line: Line
    spelt: Sequence[Spelt]
    logs: Logs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Words ``[start, end)`` of a reading, shown together because of those in doubt among them."""

    reading: int
    start: int
    end: int
    doubtful: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """Asks ``second`` about a page that a network of these ``characters`` (``null``: its output for nothing) read."""

    second: SecondReader
    characters: tuple[str, ...]
    null: int

    def weigh(self, page: Pixels, lines: Lines, found: Sequence[FirstReading], until: float) -> list[Line]:
        """The lines of ``found`` with their doubtful words changed or not, and trusted more or less.

        Raises EngineTimeout when ``time.monotonic()`` passes ``until`` before the last one is read.
        """
        words = [list(first.line.words) for first in found]
        for piece in (piece for number, first in enumerate(found) for piece in _pieces(number, first, lines)):
            first = found[piece.reading]
            crop, left, ratio = _crop(page, lines, first, piece)
            (seen,) = self.second.read_lines([crop], until)
            if time.monotonic() > until:
                raise EngineTimeout("the page took longer than its area allows")
            for at in piece.doubtful:
                word = first.line.words[at]
                if other := _standing_at(seen, word.box, left, ratio):
                    words[piece.reading][at] = self._judged(word, other, (first.spelt[at], first.logs, seen.logs))
        return [replace(first.line, words=tuple(own)) for first, own in zip(found, words, strict=True)]

    def _judged(self, word: Word, other: SecondWord, evidence: tuple[Spelt, Logs, Logs]) -> Word:
        texts = (word.text, other.text)
        if word.text == other.text:
            letters = any(map(str.isalnum, word.text))  # the strokes of a form look like dashes to both
            return replace(word, confidence=max(word.confidence, AGREED)) if letters else word
        if other.confidence < DOUBTFUL or any(map(str.isdigit, "".join(texts))):
            return word
        spelt, logs, seen = evidence
        own = self._gain(logs, spelt.span, [self._code(text) for text in texts], self.null)
        theirs = self._gain(seen, other.span, [self.second.code(text) for text in texts], self.second.null)
        if own is None or theirs is None:
            return word
        confidence = min(word.confidence, DISPUTED)
        if own + theirs <= 0:
            return replace(word, confidence=confidence)
        return replace(
            word, text=other.text, confidence=confidence, read=spelt.read if spelt.read != other.text else None
        )

    @staticmethod
    def _gain(logs: Logs, span: Span, codes: Sequence[list[int] | None], null: int) -> float | None:
        """By how much the picture is for the second of two texts; None where the network cannot write one of them."""
        known = [code for code in codes if code]
        if len(known) < len(codes):
            return None
        before, after = log_p(logs[span.start : span.end], known, null)
        return float(after - before)

    def _code(self, text: str) -> list[int] | None:
        return [self.characters.index(char) for char in text] if all(char in self.characters for char in text) else None


def _pieces(number: int, first: FirstReading, lines: Lines) -> list[_Piece]:
    """Doubtful words with their neighbours, near ones together; each is asked about once."""
    words = first.line.words
    most = _MOST_X * lines.lines[first.at].x
    pieces: list[_Piece] = []
    for at in (at for at, word in enumerate(words) if word.confidence < DOUBTFUL):
        start, end = max(0, at - _AROUND), min(len(words), at + _AROUND + 1)
        last = pieces[-1] if pieces else None
        if last and start < last.end and words[end - 1].box.right - words[last.start].box.left <= most:
            pieces[-1] = replace(last, end=end, doubtful=(*last.doubtful, at))
        else:
            pieces.append(_Piece(reading=number, start=start, end=end, doubtful=(at,)))
    return pieces


def _crop(page: Pixels, lines: Lines, first: FirstReading, piece: _Piece) -> tuple[Pixels, float, float]:
    """The piece as a picture, the column of the page where it begins, and pixels of the page to one of its own."""
    shown = first.line.words[piece.start : piece.end]
    side = SIDE_X * lines.lines[first.at].x
    left, right = min(word.box.left for word in shown) - side, max(word.box.right for word in shown) + side
    window = lines.window(first.at, _REACH).between(left, right)
    crop = lines.cut(page, first.at, window, max(1, round(window.height)))
    return crop, window.left, window.width / crop.shape[1]


def _standing_at(seen: LineReading, box: Box, left: float, ratio: float) -> SecondWord | None:
    """The word whose middle lies in the box, if there is exactly one."""
    there = [word for word in seen.words if box.left <= left + (word.left + word.right) / 2 * ratio <= box.right]
    return there[0] if len(there) == 1 else None

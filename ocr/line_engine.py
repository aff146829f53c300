"""The recogniser of printed lines: finds them, reads all of them at once, spells them out as words on the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr import Pixels
from ocr.clean import X_PX
from ocr.columns import in_columns
from ocr.confidence import confidence_of
from ocr.ctc import Logs, Span
from ocr.errors import EngineMissing
from ocr.language import vietnamese
from ocr.layout import reading_order
from ocr.lines import Lines, find_lines
from ocr.models import DEBIAN_PACKAGE, FAST, LARGER, find_model
from ocr.network import STEP_PX, STRIP_PX, LineNetwork
from ocr.second import PACKAGE, SecondMissing, SecondReader, open_second
from ocr.second_opinion import FirstReading, SecondOpinion
from ocr.spelling import Speller, Spelt
from ocr.text import Box, Line, PageText, Word, nfc
from ocr.traineddata import read_model

NAME = "lines"
_AROUND = 10
"""Steps on either side of a doubtful word: about one short word."""
_INK = 150
_NOISE, _NOISE_LETTERS = 0.55, 2
"""A line of so few characters, all so doubtful or none a letter, is dirt or a stroke of the pen."""


@dataclass(frozen=True, slots=True)
class LineEngine:
    """Printed Vietnamese by Tesseract's own weights; see :class:`ocr.Engine`. Thread-safe.

    ``network`` reads every line; ``larger``, where there is one, looks again at the words that left it in doubt;
    ``second``, where there is one, has a vote on those that still are (:mod:`ocr.second_opinion`).
    """

    network: LineNetwork
    larger: LineNetwork | None
    speller: Speller
    second: SecondReader | None = None

    def __reduce__(self) -> tuple[Callable[[bool], LineEngine], tuple[bool]]:
        """Travels to another process by name: the models that are installed there read."""
        return open_line_engine, (self.second is not None,)

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        """Which models read: two readings by the same models are alike."""
        own = [network.version for network in (self.network, self.larger) if network is not None]
        return "+".join([*own, f"{PACKAGE}-{self.second.version}"] if self.second else own)

    def recognise(self, page: Pixels, dpi: int, timeout_s: float) -> PageText:
        """Words of a cleaned grey page in reading order, boxes in its pixels; ``dpi`` is of no account.

        Raises EngineTimeout when lines are left after ``timeout_s``.
        """
        until = time.monotonic() + timeout_s
        lines = find_lines(page, X_PX)
        unruled = lines.unruled(page)
        strips = [lines.strip(unruled, at, STRIP_PX) for at in range(len(lines.lines))]
        logs = self.network.log_probs(strips, until)
        if self.larger is not None:
            logs = self._second_look(self.larger, strips, logs, until)
        spelt = self.speller.spell(logs)
        read = [
            FirstReading(at=at, line=line, spelt=words, logs=logs[at])
            for at, words in enumerate(spelt)
            if words and not _is_noise(line := _line(lines, at, strips[at], words))
        ]
        return reading_order(in_columns(self._second_opinion(page, lines, read, until)))

    def _second_opinion(self, page: Pixels, lines: Lines, read: list[FirstReading], until: float) -> list[Line]:
        if self.second is None:
            return [first.line for first in read]
        asked = SecondOpinion(self.second, self.network.characters, self.network.null)
        return asked.weigh(page, lines, read, until)

    def _second_look(self, larger: LineNetwork, strips: Sequence[Pixels], logs: list[Logs], until: float) -> list[Logs]:
        """``logs`` with both networks' mean where the first was in doubt."""
        asked = [(at, piece) for at, own in enumerate(logs) for piece in _pieces(self.speller.doubtful(own), len(own))]
        parts = [strips[at][:, piece.start * STEP_PX : piece.end * STEP_PX] for at, piece in asked]
        joined = list(logs)
        for (at, piece), seen in zip(asked, larger.log_probs(parts, until), strict=True):
            joined[at] = _mixed(joined[at], seen, piece)
        return joined


def open_line_engine(second: bool = False) -> LineEngine:
    """The engine with the Vietnamese models that are installed; raises EngineMissing without any.

    With ``second``, the second reader has a vote; raises SecondMissing where its package is not installed.
    """
    voter = open_second() if second else None
    if second and voter is None:
        raise SecondMissing(f"the second reader's package {PACKAGE} is not installed")
    paths = [path for path in (find_model(FAST), find_model(LARGER)) if path is not None]
    if not paths:
        raise EngineMissing(f"no Vietnamese model is installed (Debian: {DEBIAN_PACKAGE})")
    network, *more = [LineNetwork(read_model(path)) for path in paths]
    larger = more[0] if more and more[0].characters == network.characters else None
    speller = Speller(language=vietnamese(), characters=network.characters, null=network.null)
    return LineEngine(network, larger, speller, voter)


def _is_noise(line: Line) -> bool:
    letters = sum(len(word.text) for word in line.words)
    doubtful = all(word.confidence < _NOISE for word in line.words)
    return letters <= _NOISE_LETTERS and (doubtful or not any(char.isalnum() for char in line.text))


# --- a second look ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Steps ``[start, end)`` of a line to look at again, of which ``[first, last)`` count."""

    start: int
    end: int
    first: int
    last: int


def _pieces(doubtful: Sequence[Span], steps: int) -> list[_Piece]:
    """Doubtful words with some steps around them, from which the network learns what it needs; near ones together."""
    pieces: list[_Piece] = []
    for span in doubtful:
        start, end = max(0, span.start - _AROUND), min(steps, span.end + _AROUND)
        if pieces and start <= pieces[-1].end:
            pieces[-1] = replace(pieces[-1], end=end, last=span.end)
        else:
            pieces.append(_Piece(start=start, end=end, first=span.start, last=span.end))
    return pieces


def _mixed(own: Logs, seen: Logs, piece: _Piece) -> Logs:
    """``own`` with the geometric mean of both networks in the steps that count: where they differ, neither is sure."""
    if len(seen) < piece.last - piece.start:
        return own
    both = (own[piece.first : piece.last] + seen[piece.first - piece.start : piece.last - piece.start]) / 2
    mixed = own.copy()
    mixed[piece.first : piece.last] = both - np.logaddexp.reduce(both, axis=1, keepdims=True)
    return mixed


# --- places on the page ---------------------------------------------------------------------------------------


def _line(lines: Lines, at: int, strip: Pixels, spelt: Sequence[Spelt]) -> Line:
    """The words of a line where they stand on the page."""
    window = lines.window(at)
    inked = np.asarray((strip < _INK).any(axis=0), np.bool_)
    bounds = _bounds(inked, spelt)
    words = []
    for word, (start, end) in zip(spelt, bounds, strict=True):
        columns = np.nonzero(inked[start:end])[0]
        left, right = (start + int(columns[0]), start + int(columns[-1]) + 1) if len(columns) else (start, end)
        rows = np.nonzero((strip[:, left:right] < _INK).any(axis=1))[0]
        top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, STRIP_PX)
        box = window.placed(Box(left=left, top=top, width=max(1, right - left), height=bottom - top), STRIP_PX)
        text = nfc(word.text)
        words.append(
            Word(text=text, box=box, confidence=confidence_of(word), read=word.read if word.read != text else None)
        )
    return Line(words=tuple(words), block=at)


def _bounds(inked: NDArray[np.bool_], spelt: Sequence[Spelt]) -> list[tuple[int, int]]:
    """Columns of the strip in which each word lies: from the middle of the gap before it to that of the gap after.

    The network names a character somewhere on it, a space somewhere near it; the paper between words is exact.
    """
    cuts = [0]
    for before, after in pairwise(spelt):
        start = min(len(inked) - 1, before.span.peaks[-1].start * STEP_PX)
        end = min(len(inked), max(start + 1, after.span.peaks[0].end * STEP_PX))
        cuts.append(start + _widest_gap(inked[start:end]))
    cuts.append(len(inked))
    return [(start, max(end, start + 1)) for start, end in pairwise(cuts)]


def _widest_gap(inked: NDArray[np.bool_]) -> int:
    """The middle of the longest run without ink; of everything where there is none."""
    edges = np.diff(np.concatenate(([1], inked.astype(np.int8), [1])))
    starts, ends = np.nonzero(edges == -1)[0], np.nonzero(edges == 1)[0]
    if not len(starts):
        return len(inked) // 2
    widest = int(np.argmax(ends - starts))
    return int(starts[widest] + ends[widest]) // 2

"""A second opinion on single lines of print, by a network that has nothing in common with Tesseract's.

It alone errs less than Tesseract's fast model on scanned print, and errs elsewhere, but takes some 90 ms a line, so it
is asked only for lines in which the first reader is unsure. The weights are those of the package `asterocr` (MIT),
taken out of its folder; its own code is never imported. Without that package or ONNX Runtime there is no second
reader, and nothing else changes.

The network (convolutions, two-way LSTM, attention, CTC) sees a line 32 pixels tall, dark on light, and names a
character or nothing every 4 pixels. It knows 226 characters: Vietnamese, digits, most of ASCII, "°"; no "–" and no "“".
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from math import inf
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr import Pixels
from ocr.ctc import Logs, Span, spans
from ocr.errors import EngineError, EngineMissing
from ocr.text import nfc

PACKAGE = "asterocr"
ABOVE_X, BELOW_X, SIDE_X = 2.2, 1.1, 0.3
"""How far a crop should reach above and below the foot of the letters and beyond their ends, in heights of a small
letter. The best of nine such crops on ten scanned pages (0.22 % of characters wrong); on the nine pages not used to
choose it 0.55 %, where Tesseract's fast model has 0.76 on the same lines."""

_WEIGHTS, _CHARACTERS = "asterocr/assets/asternet.onnx", "asterocr/assets/vocab.json"
_INPUT, _OUTPUT = "images", "log_probs"
_TALL_PX, _STEP_PX = 32, 4
_SQUEEZE = 0.8
"""Width against height of what it is shown: fewer errors than at 1.0 (0.34 for 0.65 %, ten pages)."""
_LEAST_PX, _MOST_PX = 32, 1024
"""Widths it takes; its attention knows 256 places."""
_MOST_PIECES = 4
"""A line is read in as many pieces at most; what is wider still is squeezed."""
_NULL = 0
_SPACE = " "
_CUT_FROM = 0.6
"""A piece is cut off at the lightest column behind this share of what fits."""
_CUT_GAP_PX = 5
_FAINT = 60.0
"""So much paper around a cut, with no more ink than this, is a space between words."""
_NEVER = -30.0

_Columns = NDArray[np.float32]
_Run = Callable[[NDArray[np.float32]], Logs]


class SecondMissing(EngineMissing):
    """The second reader is wanted and not installed (the optional extra ``second``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondWord:
    """A word as read (NFC), and how sure the network is of its least sure character, from 0 to 1.

    ``left`` and ``right`` are columns of the crop that was given, right to about half a letter; ``span`` its steps in
    the logs.
    """

    text: str
    confidence: float
    left: float
    right: float
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineReading:
    """One line: its words from left to right, and for every step the natural logarithm of each character's probability.

    With ``logs`` any other spelling of a word can be weighed: ``ocr.ctc.log_p(logs[span.start:span.end], ...)``.
    """

    words: tuple[SecondWord, ...]
    logs: Logs

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """Of the least sure word; 0.0 where nothing was read."""
        return min((word.confidence for word in self.words), default=0.0)


class SecondReader:
    """Reads lines; made by :func:`open_second`. The weights are loaded with the first line; thread-safe after it."""

    null = _NULL

    def __init__(self, folder: Path, version: str) -> None:
        self._folder = folder
        self.version = version

    @cached_property
    def characters(self) -> tuple[str, ...]:
        """What each output stands for; the first is the null."""
        return tuple(json.loads((self._folder / _CHARACTERS).read_text(encoding="utf-8"))["chars"])

    def code(self, text: str) -> list[int] | None:
        """The outputs that write NFC ``text``, as ``ocr.ctc.log_p`` wants them; None where it lacks a character."""
        known = self._numbers
        return [known[char] for char in text] if all(char in known for char in text) else None

    def read_lines(self, lines: Sequence[Pixels], until: float = inf) -> tuple[LineReading, ...]:
        """One reading a crop, in order. A crop is grey or RGB, of any size: one level line of print, dark on light.

        Lines not begun when ``time.monotonic()`` passes ``until``, and crops without pixels, come back without words.
        One after another: in batches the same lines take longer. Raises EngineError when the weights do not load.
        """
        return tuple(self._read(line) if line.size and time.monotonic() < until else _NOTHING for line in lines)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {char: number for number, char in enumerate(self.characters) if number != _NULL}

    @cached_property
    def _run(self) -> _Run:
        return _open_network(self._folder / _WEIGHTS, len(self.characters))

    def _read(self, line: Pixels) -> LineReading:
        strip = _strip(line)
        logs = self._joined(strip)
        columns_a_step = line.shape[1] / max(1, len(logs))
        words = tuple(self._word(span, logs, columns_a_step) for span in spans(logs, _NULL, self._numbers[_SPACE]))
        return LineReading(words=words, logs=logs)

    def _joined(self, strip: Pixels) -> Logs:
        """The logs of a strip of any width; between pieces cut in a gap stands one step of space."""
        parts: list[Logs] = []
        for start, end, gap in _pieces(strip):
            parts.append(self._run(_scaled(strip[:, start:end]))[: max(1, (end - start) // _STEP_PX)])
            if gap:
                parts[-1][-1] = _NEVER
                parts[-1][-1, self._numbers[_SPACE]] = 0.0
        return np.concatenate(parts)

    def _word(self, span: Span, logs: Logs, columns_a_step: float) -> SecondWord:
        sure = min(float(logs[peak.start : peak.end, peak.output].max()) for peak in span.peaks)
        return SecondWord(
            text=nfc("".join(self.characters[peak.output] for peak in span.peaks)),
            confidence=min(1.0, float(np.exp(sure))),
            left=span.peaks[0].start * columns_a_step,
            right=span.peaks[-1].end * columns_a_step,
            span=span,
        )


def open_second(folders: Sequence[str] | None = None) -> SecondReader | None:
    """The second reader, or None where its package or ONNX Runtime is not installed. Cheap; nothing is loaded yet.

    ``folders`` are searched for the package instead of ``sys.path``.
    """
    where = list(sys.path if folders is None else folders)
    found = next(iter(metadata.distributions(name=PACKAGE, path=where)), None)
    if found is None or importlib.util.find_spec("onnxruntime") is None:
        return None
    folder = Path(str(found.locate_file("")))
    there = all((folder / name).is_file() for name in (_WEIGHTS, _CHARACTERS))
    return SecondReader(folder, found.version) if there else None


def _open_network(weights: Path, outputs: int) -> _Run:
    """The network as a function of 1 x 3 x 32 x width; raises EngineError for a file that is not this network."""
    ort = importlib.import_module("onnxruntime")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # both keep memory for every width once seen
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        (shape,) = (output.shape for output in session.get_outputs() if output.name == _OUTPUT)
    except Exception as error:  # ONNX Runtime's own errors share no root
        raise EngineError(f"{PACKAGE}: {weights.name} does not load") from error
    if shape[-1] != outputs:
        raise EngineError(f"{PACKAGE}: {shape[-1]} outputs for {outputs} characters")
    return lambda strip: np.array(session.run([_OUTPUT], {_INPUT: strip})[0][:, 0], np.float32)


def _strip(line: Pixels) -> Pixels:
    """The crop 32 pixels tall, narrowed, at least as wide as the network takes: what is missing is paper."""
    height, width = line.shape[:2]
    wide = min(max(1, round(width * _TALL_PX / height * _SQUEEZE)), _MOST_PIECES * _MOST_PX)
    how = cv2.INTER_AREA if height > _TALL_PX else cv2.INTER_CUBIC
    strip = cv2.resize(line, (wide, _TALL_PX), interpolation=how)
    short = max(_LEAST_PX - wide, -wide % _STEP_PX)
    paper = (255,) * 3
    return np.asarray(cv2.copyMakeBorder(strip, 0, 0, 0, short, cv2.BORDER_CONSTANT, value=paper), np.uint8)


def _scaled(strip: Pixels) -> NDArray[np.float32]:
    """1 x 3 x height x width, 0 to 1; a grey strip three times over."""
    planes = strip.transpose(2, 0, 1) if strip.ndim == 3 else np.broadcast_to(strip, (3, *strip.shape))
    return np.ascontiguousarray(planes[None], np.float32) / np.float32(255)


def _pieces(strip: Pixels) -> list[tuple[int, int, bool]]:
    """Start, end and whether the end lies in a space between words, of pieces that the network can take."""
    width = strip.shape[1]
    if width <= _MOST_PX:
        return [(0, width, False)]
    ink = 255.0 - strip.reshape(_TALL_PX, width, -1).min(axis=(0, 2))
    around = np.convolve(ink, np.ones(_CUT_GAP_PX) / _CUT_GAP_PX, mode="same")
    found: list[tuple[int, int, bool]] = []
    start = 0
    while width - start > _MOST_PX:
        first = start + int(_MOST_PX * _CUT_FROM) // _STEP_PX * _STEP_PX
        cut = first + int(np.argmin(around[first : start + _MOST_PX : _STEP_PX])) * _STEP_PX
        found.append((start, cut, bool(around[cut] < _FAINT)))
        start = cut
    return [*found, (start, width, False)]


_NOTHING = LineReading(words=(), logs=np.zeros((0, 0), np.float32))

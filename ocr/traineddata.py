"""Tesseract's model files, read as data: the layers of the line recogniser and the characters it knows.

A ``.traineddata`` file is a table of offsets and the parts themselves; the recogniser's part is a tree of layers,
each with its name, sizes and weights (int8 rows with a scale each, or doubles). Facts of the format are from the
serialisers in Tesseract 5's ``src/lstm`` and ``src/ccutil``. Only the shape that Vietnamese models have is taken,
``[1,36,0,1 Ct3,3 Mp3,3 Lfys Lfx Lrx Lfx O1c]``; whatever else is in a file raises :class:`ocr.errors.EngineMissing`.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr.errors import EngineMissing

Weights = NDArray[np.float32]

_LSTM_PART, _UNICHARSET_PART, _RECODER_PART = 17, 21, 22
_MAX_BYTES, _MAX_SIDE, _MAX_PARTS, _MAX_DEPTH = 64 << 20, 4096, 64, 8
_MAX_WEIGHT = 1e9
_INT8, _DOUBLES = 1, 128
"""Bits of a weight matrix's mode."""
_OWN_RATES = 64
"""Bit of a stack's flags: learning rates, of no use here, follow its layers."""
_STACKS = frozenset({"Series", "Parallel", "RTLReversed", "TTBReversed", "XYTranspose"})
_GATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """``matrix`` is outputs x (inputs + 1): the last column is the bias."""

    matrix: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Lstm:
    """The matrices of cell input, input gate, forget gate and output gate: each cells x (inputs + cells + 1)."""

    inputs: int
    cells: int
    gates: tuple[Weights, Weights, Weights, Weights]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineModel:
    """The layers in the order in which a line passes them, and the character of each output ('' for the null)."""

    convolution: Dense
    columns: Lstm
    forward: Lstm
    backward: Lstm
    last: Lstm
    output: Dense
    characters: tuple[str, ...]
    null: int
    digest: str
    """The first 8 hexadecimal digits of the file's SHA-256."""


def read_model(path: Path) -> LineModel:
    """The line recogniser in a traineddata file; EngineMissing where it is absent, broken or of another shape."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise EngineMissing(f"{path.name}: not a language model, {path.stat().st_size} bytes")
        data = path.read_bytes()
        parts = _parts(data)
        reader = _Reader(parts[_LSTM_PART])
        layers = _flat(_layer(reader))
        null = _null(reader)
        characters = _characters(parts[_UNICHARSET_PART], parts[_RECODER_PART], null)
    except OSError as error:
        raise EngineMissing(f"{path}: {error.strerror}") from error
    except (KeyError, ValueError, struct.error, UnicodeDecodeError) as error:
        raise EngineMissing(f"{path.name}: not a model of a known shape: {error}") from error
    model = _model(layers, characters, null, path.name)
    return replace(model, digest=hashlib.sha256(data).hexdigest()[:8])


# --- the container -----------------------------------------------------------------------------------------


def _parts(data: bytes) -> dict[int, bytes]:
    """The parts of the file by their number; an offset of -1 marks a part that is absent."""
    (count,) = struct.unpack_from("<I", data)
    if count > _MAX_PARTS:
        raise ValueError(f"{count} parts")
    offsets = struct.unpack_from(f"<{count}q", data, 4)
    present = sorted((offset, number) for number, offset in enumerate(offsets) if offset >= 0)
    ends = [*(offset for offset, _ in present[1:]), len(data)]
    return {number: data[offset:end] for (offset, number), end in zip(present, ends, strict=True)}


@dataclass(slots=True)
class _Reader:
    """Little-endian values one after the other; struct.error and ValueError at the end of the data."""

    data: bytes
    at: int = 0

    def integers(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return values

    def integer(self, form: str) -> int:
        return self.integers(form)[0]

    def text(self) -> str:
        length = self.integer("I")
        if length > _MAX_SIDE:
            raise ValueError(f"a name of {length} bytes")
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def array(self, kind: type[np.generic], count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def matrix(self) -> Weights:
        """Rows of int8 times the scale of the row, or doubles."""
        mode = self.integer("B")
        rows, columns = self.integers("II")
        if not mode & _DOUBLES or not 0 < rows <= _MAX_SIDE or not 0 < columns <= _MAX_SIDE:
            raise ValueError(f"a matrix of mode {mode}, {rows} x {columns}")
        kind = np.int8 if mode & _INT8 else np.float64
        self.at += np.dtype(kind).itemsize  # the value of elements that were never set
        matrix = self.array(kind, rows * columns).reshape(rows, columns).astype(np.float64)
        if mode & _INT8:
            scales = self.array(np.float64, self.integer("I")).astype(np.float64)
            if len(scales) < rows or not (np.abs(scales) <= _MAX_WEIGHT).all():
                raise ValueError(f"{len(scales)} scales of {rows} rows")
            matrix = matrix * scales[:rows, None]
        if not (np.abs(matrix) <= _MAX_WEIGHT).all():
            raise ValueError("weights that are no numbers")
        return np.asarray(matrix, np.float32)


# --- the layers --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    kind: str
    sizes: tuple[int, ...] = ()
    matrices: tuple[Weights, ...] = ()
    below: tuple[_Layer, ...] = ()


def _layer(reader: _Reader, depth: int = 0) -> _Layer:
    if reader.integer("b") != 0 or depth > _MAX_DEPTH:
        raise ValueError("a layer without a name, or too deep")
    kind = reader.text()
    _, _, flags, inputs, outputs, _ = reader.integers("bbiiii")
    reader.text()
    if kind in _STACKS:
        below = tuple(_layer(reader, depth + 1) for _ in range(min(reader.integer("I"), _MAX_PARTS)))
        if flags & _OWN_RATES:
            reader.array(np.float32, reader.integer("I"))
        return _Layer(kind=kind, below=below)
    if kind == "Input":
        return _Layer(kind=kind, sizes=reader.integers("iiiii"))
    if kind in ("Convolve", "Maxpool"):
        return _Layer(kind=kind, sizes=reader.integers("ii"))
    if kind in ("LSTM", "SummLSTM"):
        reader.integer("i")
        return _Layer(kind=kind, sizes=(inputs, outputs), matrices=tuple(reader.matrix() for _ in range(_GATES)))
    if kind in ("Tanh", "Softmax"):
        return _Layer(kind=kind, sizes=(inputs, outputs), matrices=(reader.matrix(),))
    raise ValueError(f"a layer {kind!r}")


def _flat(layer: _Layer) -> list[_Layer]:
    """Depth first, with the wrappers that turn a direction kept in front of what they turn."""
    own = [] if layer.kind == "Series" else [layer]
    return own + [each for below in layer.below for each in _flat(below)]


def _null(reader: _Reader) -> int:
    """The output that means 'nothing here', from what follows the layers."""
    reader.text()
    reader.integers("iii")
    return reader.integer("i")


def _characters(unicharset: bytes, recoder: bytes, null: int) -> tuple[str, ...]:
    """The character of each output. Vietnamese needs one output a character, which is demanded here."""
    rows = unicharset.decode().split("\n")[1:]
    named = [" ", *(row.split(" ")[0] for row in rows[1:] if row)]
    reader = _Reader(recoder)
    outputs: dict[int, str] = {}
    for number in range(reader.integer("I")):
        _, length, output = reader.integers("bIi")
        if length != 1 or not 0 <= output < _MAX_SIDE:
            raise ValueError(f"a character of {length} codes, output {output}")
        outputs.setdefault(output, named[number] if number < len(named) else "")
    outputs[null] = ""
    if not 0 <= null < _MAX_SIDE or " " not in outputs.values():
        raise ValueError(f"null {null}, or no space")
    return tuple(outputs.get(output, "") for output in range(max(outputs) + 1))


_SHAPE = (
    *("Input", "Convolve", "Tanh", "Maxpool", "XYTranspose", "SummLSTM"),
    *("LSTM", "RTLReversed", "LSTM", "LSTM", "Softmax"),
)
_SIZES = {"Input": (1, 36, 0, 1), "Convolve": (1, 1), "Maxpool": (3, 3)}


def _model(layers: list[_Layer], characters: tuple[str, ...], null: int, name: str) -> LineModel:
    kinds = tuple(layer.kind for layer in layers)
    fits = all(layer.sizes[: len(_SIZES[layer.kind])] == _SIZES[layer.kind] for layer in layers if layer.kind in _SIZES)
    if kinds != _SHAPE or not fits:
        raise EngineMissing(f"{name}: a model of another shape: {kinds}")
    columns, forward, backward, last = (_lstm(layers[at]) for at in (5, 6, 8, 9))
    features, kernel = layers[2].matrices[0].shape
    wide = (features, columns.cells, forward.cells, backward.cells)
    taken = (columns.inputs, forward.inputs, backward.inputs, last.inputs)
    if kernel != 3 * 3 + 1 or wide != taken or layers[10].matrices[0].shape != (len(characters), last.cells + 1):
        raise EngineMissing(f"{name}: layers that do not fit each other or {len(characters)} characters")
    return LineModel(
        convolution=Dense(matrix=layers[2].matrices[0]),
        columns=columns,
        forward=forward,
        backward=backward,
        last=last,
        output=Dense(matrix=layers[10].matrices[0]),
        characters=characters,
        null=null,
        digest="",
    )


def _lstm(layer: _Layer) -> Lstm:
    inputs, cells = layer.sizes
    cell, into, forget, out = layer.matrices
    if any(gate.shape != (cells, inputs + cells + 1) for gate in layer.matrices):
        raise EngineMissing(f"gates of a layer of {cells} cells do not fit")
    return Lstm(inputs=inputs, cells=cells, gates=(cell, into, forget, out))

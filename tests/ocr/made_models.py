"""Model files the tests write themselves: tiny ones of the shape of Tesseract's Vietnamese models, and spoilt ones."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ocr.models import FAST
from ocr.network import LineNetwork
from ocr.traineddata import read_model

VIETNAMESE = Path("/usr/share/tesseract-ocr/5/tessdata") / FAST
"""Debian's own, installed where the tests run."""
FEATURES, DOWN, CELLS, WIDE = 2, 3, 4, 5
STEP = 0.02
LETTERS = (" ", "a", "ế")
NULL = len(LETTERS)
NAMES = (" ", "Joined", "a", "ế")
"""Rows of the character table; 'Joined' has the output of the null, as in Tesseract's own."""
CODES = (0, NULL, 1, 2)


def container(parts: Mapping[int, bytes], count: int = 24) -> bytes:
    """A traineddata file of these parts by number, the others absent."""
    at = 4 + 8 * count
    offsets = []
    for number in range(count):
        offsets.append(at if number in parts else -1)
        at += len(parts.get(number, b""))
    return struct.pack(f"<I{count}q", count, *offsets) + b"".join(parts[number] for number in sorted(parts))


def text(value: str) -> bytes:
    return struct.pack("<I", len(value.encode())) + value.encode()


def layer(kind: str, body: bytes = b"", sizes: tuple[int, int] = (0, 0), flags: int = 0) -> bytes:
    return b"\0" + text(kind) + struct.pack("<bbiiii", 0, 0, flags, *sizes, 0) + text(kind) + body


def stack(kind: str, *below: bytes, flags: int = 0) -> bytes:
    rates = struct.pack("<I", 1) + bytes(4) if flags & 64 else b""
    return layer(kind, struct.pack("<I", len(below)) + b"".join(below) + rates, flags=flags)


def doubles(values: np.ndarray) -> bytes:
    return struct.pack("<BII", 128, *values.shape) + bytes(8) + values.astype("<f8").tobytes()


def scaled_bytes(values: np.ndarray, scales: Sequence[float]) -> bytes:
    head = struct.pack("<BII", 129, *values.shape) + bytes(1)
    return head + values.astype(np.int8).tobytes() + struct.pack(f"<I{len(scales)}d", len(scales), *scales)


def weights(rows: int, columns: int, seed: int) -> np.ndarray:
    return STEP * np.clip(np.round(np.random.default_rng(seed).normal(0, 35, (rows, columns))), -127, 127)


def lstm(kind: str, inputs: int, cells: int, seed: int) -> bytes:
    matrices = (weights(cells, inputs + cells + 1, seed + gate) for gate in range(4))
    gates = b"".join(scaled_bytes(np.round(matrix / STEP), [STEP] * cells) for matrix in matrices)
    return layer(kind, struct.pack("<i", 0) + gates, sizes=(inputs, cells))


def layers(*, height: int = 36, cells: int = CELLS, outputs: int = NULL + 1, first: bytes | None = None) -> bytes:
    """``first`` stands for the convolution's own weights."""
    convolution = doubles(weights(FEATURES, 10, 1)) if first is None else first
    return stack(
        "Series",
        layer("Input", struct.pack("<iiiii", 1, height, 0, 1, 0)),
        stack(
            "Series",
            layer("Convolve", struct.pack("<ii", 1, 1), sizes=(1, 9)),
            layer("Tanh", convolution, sizes=(9, FEATURES)),
        ),
        layer("Maxpool", struct.pack("<ii", 3, 3), sizes=(FEATURES, FEATURES)),
        stack("XYTranspose", lstm("SummLSTM", FEATURES, DOWN, 10)),
        lstm("LSTM", DOWN, CELLS, 20),
        stack("RTLReversed", lstm("LSTM", CELLS, cells, 30)),
        lstm("LSTM", CELLS, WIDE, 40),
        layer("Softmax", doubles(weights(outputs, WIDE + 1, 50)), sizes=(WIDE, outputs)),
        flags=64,
    )


def tail(null: int = NULL) -> bytes:
    return text("[1,36,0,1 ...]") + struct.pack("<iiii", 65, 0, 0, null)


def unicharset(names: Sequence[str] = NAMES) -> bytes:
    rows = ["NULL 0 Common 0", *(f"{name} 3 Latin 1" for name in names[1:])]
    return "\n".join([str(len(names)), *rows, ""]).encode()


def recoder(codes: Sequence[int] = CODES, length: int = 1) -> bytes:
    each = (struct.pack(f"<bI{length}i", 1, length, *[code] * length) for code in codes)
    return struct.pack("<I", len(codes)) + b"".join(each)


def tiny(**parts: bytes) -> bytes:
    """A whole small model; ``layers``, ``tail``, ``unicharset`` and ``recoder`` may be given otherwise."""
    return container(
        {
            17: parts.get("layers", layers()) + parts.get("tail", tail()),
            21: parts.get("unicharset", unicharset()),
            22: parts.get("recoder", recoder()),
        }
    )


def fast_network() -> LineNetwork:
    return LineNetwork(read_model(VIETNAMESE))

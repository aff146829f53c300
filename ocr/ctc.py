"""What the network says of a line, step by step, as words and as the probability of any other spelling.

Connectionist temporal classification (Graves et al., ICML 2006): each step names a character or the null; a text is
read by dropping repetitions and nulls, and its probability is the sum over all ways to read it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Logs = NDArray[np.float32]
"""Steps x characters, natural logarithms."""

_NEVER = -1e30
_EDGE = 1
"""Steps before and after a character's own in which the network may have thought of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """One character as read: its output, and the steps ``[start, end)`` that name it."""

    output: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One word as read: its characters, and the steps ``[start, end)`` from the space before to the space after."""

    start: int
    end: int
    peaks: tuple[Peak, ...]


def spans(logs: Logs, null: int, space: int) -> list[Span]:
    """The words on the best path, in order."""
    best = logs.argmax(axis=1)
    bounds = np.concatenate(([0], np.nonzero(np.diff(best))[0] + 1, [len(best)])) if len(best) else np.zeros(1, int)
    found: list[Span] = []
    peaks: list[Peak] = []
    begun = 0
    for start, end in pairwise(bounds):
        output = int(best[start])
        if output == space:
            found += [Span(start=begun, end=int(start), peaks=tuple(peaks))] if peaks else []
            peaks, begun = [], int(end)
        elif output != null:
            peaks.append(Peak(output=output, start=int(start), end=int(end)))
    return [*found, Span(start=begun, end=len(best), peaks=tuple(peaks))] if peaks else found


def others(logs: Logs, span: Span, peak: Peak, floor: float) -> list[int]:
    """Outputs that the network also thought of where it named ``peak``, likeliest first, above ``floor``."""
    near = logs[max(span.start, peak.start - _EDGE) : min(span.end, peak.end + _EDGE)].max(axis=0)
    likely = np.nonzero(near > floor)[0]
    return [int(output) for output in likely[np.argsort(-near[likely])] if output != peak.output]


def log_p(logs: Logs, texts: Sequence[Sequence[int]], null: int) -> NDArray[np.float64]:
    """Natural logarithm of the probability of each text (outputs, at least one) over all steps of ``logs``."""
    longest = max(len(text) for text in texts)
    states = np.full((len(texts), 2 * longest + 1), null)
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = text
    hops = np.zeros(states.shape, bool)
    hops[:, 2:] = (states[:, 2:] != null) & (states[:, 2:] != states[:, :-2])
    sums = np.full(states.shape, _NEVER)
    sums[:, :2] = logs[0, states[:, :2]]
    for step in logs[1:]:
        moved = sums.copy()
        np.logaddexp(moved[:, 1:], sums[:, :-1], out=moved[:, 1:])
        hopped = np.where(hops[:, 2:], sums[:, :-2], _NEVER)
        np.logaddexp(moved[:, 2:], hopped, out=moved[:, 2:])
        sums = moved + step[states]
    rows, last = np.arange(len(texts)), np.array([2 * len(text) for text in texts])
    return np.asarray(np.logaddexp(sums[rows, last], sums[rows, last - 1]), np.float64)

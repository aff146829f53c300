"""How much a word's confidence is worth: of the words given 0.95 or more, 95 in a hundred or more are right.

A logistic regression on what the speller knows of a word. Fitted on every other page of 57 (scans of decrees, stamped
and signed letters, blank forms, made office pages and poor copies; 11,000 words) and judged on the pages between: 94 %
of their words got 0.95 or more, 99.3 % of these were right, and every bin was within 0.16 of its name.
``tests/accuracy`` prints the curve.
"""

from __future__ import annotations

from math import exp, log

from ocr.spelling import Spelt

_LEAST = 1e-4
_CONSTANT = -1.563
_SURE, _WON, _SEEN = 0.7, 0.401, -0.16
"""Weights of the log odds of the least sure character, of the chosen spelling, and of it by the picture alone."""
_KNOWN, _CHANGED, _FIGURES, _NO_LETTERS = 0.65, -1.039, -0.17, -1.368
_STRANGE, _SHORT, _WITH_MARKS = -0.675, -0.674, -0.716
_SHORT_LETTERS = 2


def confidence_of(word: Spelt) -> float:
    """The chance, from 0 to 1, that the word stands so on the page."""
    core = [char for char in word.text if char.isalnum()]
    only_letters = bool(core) and all(map(str.isalpha, core))
    odds = _CONSTANT + _SURE * _odds(word.sure) + _WON * _odds(word.won) + _SEEN * _odds(word.seen)
    odds += _KNOWN * word.known + _CHANGED * (word.text != word.read)
    odds += _FIGURES * any(map(str.isdigit, core)) + _NO_LETTERS * (not core)
    odds += _STRANGE * (only_letters and not word.known) + _SHORT * (len(core) <= _SHORT_LETTERS)
    odds += _WITH_MARKS * (len(core) != len(word.text))
    return 1 / (1 + exp(-odds))


def _odds(chance: float) -> float:
    bounded = min(max(chance, _LEAST), 1 - _LEAST)
    return log(bounded / (1 - bounded))

"""How far what was read is from what is printed: pure functions, the same for every reader and every bench.

Text is compared as running NFC text: how lines and columns are broken does not count, their order does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from ocr.text import nfc

BIN_EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Lower edges of the bins of confidence; the last reaches to 1."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """``wrong`` of ``total`` units of truth. Errors of pages add up to those of their set."""

    wrong: int = 0
    total: int = 0

    def __add__(self, other: Errors) -> Errors:
        return Errors(wrong=self.wrong + other.wrong, total=self.total + other.total)

    @property
    def share(self) -> float:
        return self.wrong / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One page or a set.

    ``characters`` and ``words`` are edit distances over running text. ``letters`` are characters again, but a word
    that was read right in a wrong place is forgiven. ``missed`` are printed words that were found nowhere.
    """

    characters: Errors = Errors()
    words: Errors = Errors()
    letters: Errors = Errors()
    missed: Errors = Errors()

    def __add__(self, other: Score) -> Score:
        return Score(
            characters=self.characters + other.characters,
            words=self.words + other.words,
            letters=self.letters + other.letters,
            missed=self.missed + other.missed,
        )

    @property
    def recall(self) -> float:
        return 1 - self.missed.share


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Words whose confidence lies between ``low`` and ``high`` (1 belongs to the last), and how many are right."""

    low: float
    high: float
    count: int
    right: int

    @property
    def right_share(self) -> float:
        return self.right / self.count if self.count else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A word as read, how sure the reader was, and whether the page says so."""

    text: str
    confidence: float
    right: bool


def running(text: str) -> str:
    return " ".join(nfc(text).split())


def score(found: str, truth: str) -> Score:
    read, printed = running(found), running(truth)
    return Score(
        characters=Errors(wrong=Levenshtein.distance(read, printed), total=len(printed)),
        words=Errors(wrong=Levenshtein.distance(read.split(), printed.split()), total=len(printed.split())),
        letters=_letters(read.split(), printed.split()),
        missed=_missed(read, printed),
    )


def total(scores: Iterable[Score]) -> Score:
    return sum(scores, Score())


def judged(found: Sequence[tuple[str, float]], truth: str) -> list[Judged]:
    """Each read (word, confidence), right if it stands on the same word of the truth in an alignment of least edits.

    A word that only moved, because a column was read out of turn, is right as well: what is left over on both sides
    is matched by its letters.
    """
    words, printed = [running(word) for word, _ in found], running(truth).split()
    wrong = set(_unmatched(words, printed)[0])
    return [
        Judged(text=word, confidence=confidence, right=number not in wrong)
        for number, (word, (_, confidence)) in enumerate(zip(words, found, strict=True))
    ]


def reliability(words: Iterable[Judged]) -> list[Bin]:
    """The reliability curve: how often words of each band of confidence are right."""
    held = list(words)
    bins = []
    for low, high in zip(BIN_EDGES, (*BIN_EDGES[1:], 1.0), strict=True):
        band = [word.right for word in held if low <= word.confidence < high or word.confidence == high == 1.0]
        bins.append(Bin(low=low, high=high, count=len(band), right=sum(band)))
    return bins


def right_from(words: Iterable[Judged], confidence: float) -> Bin:
    """All words at least this sure."""
    band = [word.right for word in words if word.confidence >= confidence]
    return Bin(low=confidence, high=1.0, count=len(band), right=sum(band))


def worst_pairs(words: Sequence[str], truth: str) -> list[tuple[str, str]]:
    """(read, printed) wherever the two differ, for a person who looks for causes."""
    read, printed = [running(word) for word in words], running(truth).split()
    return [
        (" ".join(read[op.src_start : op.src_end]), " ".join(printed[op.dest_start : op.dest_end]))
        for op in Levenshtein.opcodes(read, printed)
        if op.tag != "equal"
    ]


def _letters(read: Sequence[str], printed: Sequence[str]) -> Errors:
    """Edit distance of what is left when all words found in their place or elsewhere are taken away."""
    rest_read, rest_printed = _unmatched(read, printed)
    left, wanted = " ".join(read[n] for n in rest_read), " ".join(printed[n] for n in rest_printed)
    return Errors(wrong=Levenshtein.distance(left, wanted), total=len(" ".join(printed)))


def _unmatched(read: Sequence[str], printed: Sequence[str]) -> tuple[list[int], list[int]]:
    """Places of the words on either side that have no equal on the other, neither in an alignment nor moved."""
    rest_read, rest_printed = [], []
    for op in Levenshtein.opcodes(read, printed):
        if op.tag != "equal":
            rest_read += range(op.src_start, op.src_end)
            rest_printed += range(op.dest_start, op.dest_end)
    moved = Counter(read[n] for n in rest_read) & Counter(printed[n] for n in rest_printed)
    return _without(rest_read, read, moved), _without(rest_printed, printed, moved)


def _without(places: Iterable[int], words: Sequence[str], moved: Counter[str]) -> list[int]:
    left, kept = Counter(moved), []
    for place in places:
        if left[words[place]] > 0:
            left[words[place]] -= 1
        else:
            kept.append(place)
    return kept


def _missed(read: str, printed: str) -> Errors:
    found, wanted = (Counter(_WORD.findall(text)) for text in (read, printed))
    return Errors(wrong=(wanted - found).total(), total=wanted.total())

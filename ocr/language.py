"""How Vietnamese of offices goes: how often each syllable stands, and which follows which.

The counts were taken over 15 million syllables of public legal text and ship in one file beside this module, with
pairs that stood once left out: ``python -m ocr.language SYLLABLES.tsv PAIRS.tsv.gz`` makes it again.
"""

from __future__ import annotations

import gzip
import sys
from collections import defaultdict
from functools import cache
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr.syllable import is_syllable
from ocr.text import fold, nfc

_FILE = Path(__file__).with_name("vietnamese.npz")
_WIDTH = 8192
"""More than there are syllables: the pair (a, b) has the key a * _WIDTH + b."""
_MIN_SYLLABLE, _MIN_FOREIGN, _MIN_PAIR = 3, 40, 2
_TRUST = 30.0
"""A syllable seen this often is trusted half way to say what follows it."""
_MOST_TRUST = 0.9
_UNSEEN = 0.5


class Language:
    """Read-only after loading; about 4 MB."""

    def __init__(self, syllables: list[str], counts: NDArray[np.uint32], pairs: NDArray[np.uint32]) -> None:
        """``pairs`` is 2 x n: keys in rising order, and how often each was seen."""
        self._counts = counts
        self._total = float(counts.sum())
        self._keys, self._seen = pairs
        self._number = {syllable: number for number, syllable in enumerate(syllables)}
        self._alike: dict[str, list[str]] = defaultdict(list)
        for syllable in syllables:
            self._alike[fold(syllable)].append(syllable)

    def __contains__(self, syllable: str) -> bool:
        return syllable in self._number

    def alike(self, syllable: str) -> list[str]:
        """Known syllables of the same letters with any marks: 'tham' gives 'thẩm', 'thăm', 'tham' ..."""
        return self._alike.get(fold(syllable), [])

    def log_p(self, syllable: str, before: str | None) -> float:
        """Natural logarithm of how likely ``syllable`` follows ``before`` (None: anything); both lower case, NFC."""
        number = self._number.get(syllable)
        alone = (_UNSEEN if number is None else float(self._counts[number])) / self._total
        first = None if before is None else self._number.get(before)
        if first is None:
            return log(alone)
        times = float(self._counts[first])
        trust = _MOST_TRUST * times / (times + _TRUST)
        together = 0.0 if number is None else self._together(first, number)
        return log(trust * together / times + (1 - trust) * alone)

    def _together(self, first: int, second: int) -> float:
        key = np.uint32(first * _WIDTH + second)  # of the keys' own type, or NumPy copies them all
        at = int(self._keys.searchsorted(key))
        return float(self._seen[at]) if at < len(self._keys) and self._keys[at] == key else 0.0


@cache
def vietnamese() -> Language:
    """The language as shipped; loaded once a process, in some 30 ms."""
    with np.load(_FILE) as file:
        syllables = bytes(file["syllables"]).decode().split("\n")
        return Language(syllables, file["counts"], np.stack((file["keys"], file["seen"].astype(np.uint32))))


def _write(syllable_file: Path, pair_file: Path, into: Path) -> None:
    """Make the shipped file out of the two tables of counts (text, tab, number)."""
    counts: dict[str, int] = {}
    for row in syllable_file.read_text(encoding="utf-8").splitlines():
        word, count = row.split("\t")
        counts[nfc(word)] = counts.get(nfc(word), 0) + int(count)
    kept = sorted(w for w, n in counts.items() if n >= (_MIN_SYLLABLE if is_syllable(w) else _MIN_FOREIGN))
    number = {word: at for at, word in enumerate(kept)}
    pairs: dict[int, int] = {}
    for row in gzip.decompress(pair_file.read_bytes()).decode().splitlines():
        words, count = row.split("\t")
        first, second = nfc(words).split(" ")
        if int(count) >= _MIN_PAIR and first in number and second in number:
            pairs[number[first] * _WIDTH + number[second]] = int(count)
    keys = np.array(sorted(pairs), np.uint32)
    np.savez_compressed(
        into,
        syllables=np.frombuffer("\n".join(kept).encode(), np.uint8),
        counts=np.array([counts[word] for word in kept], np.uint32),
        keys=keys,
        seen=np.array([pairs[int(key)] for key in keys], np.uint32),
    )


if __name__ == "__main__":
    _write(Path(sys.argv[1]), Path(sys.argv[2]), _FILE)

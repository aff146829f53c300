"""Words out of what the network says of the lines of a page, weighed against how Vietnamese goes.

Marks are what Vietnamese loses first: "thâm quyên" for "thẩm quyền". For a word that the network is not sure of, the
syllables of the same letters with other marks, and those with the letters it also thought of, are each given their
probability over the same piece of picture; the likeliest chain of syllables along the page wins. Nothing is put in
that the picture speaks against: a candidate may fall behind what was read by :data:`_SUPPORT`, by less in names.
Numbers, codes and what no syllable is built like stay as read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ocr.ctc import Logs, Span, log_p, others
from ocr.language import Language
from ocr.syllable import is_syllable
from ocr.text import fold
from ocr.word_spans import WordCutter

_PICTURE = 1.0
"""How much the picture weighs against the language: made pages of rare words lose by less, scans of laws by more."""
_SURE = 0.97
"""Below this the least certain character makes a word doubtful."""
_WEIGHED = 0.995
"""Below this a word is weighed against other spellings."""
_SUPPORT, _SUPPORT_IN_NAMES = 8.0, 3.0
"""Natural logarithms by which the picture may speak for what was read and against what is put instead."""
_THOUGHT_OF = -6.5
_UNKNOWN = -8.0
"""What the language says of a word that it is not asked about."""
_PARTS = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelt:
    """One word: ``read`` is what stood on the network's best path, ``text`` what the page says most likely.

    ``sure`` is the least probability of a character on the best path, ``won`` how probable ``text`` is among its rivals
    by picture and language, ``seen`` by the picture alone.
    """

    text: str
    read: str
    span: Span
    sure: float
    won: float
    seen: float
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """A spelling, its syllable for the language (None: not asked), and what the picture says of it."""

    text: str
    syllable: str | None
    seen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rivals:
    span: Span
    read: str
    sure: float
    choices: tuple[_Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speller:
    """Spells by a language and the characters of a network (``null`` is its output for nothing)."""

    language: Language
    characters: tuple[str, ...]
    null: int

    @property
    def _cutter(self) -> WordCutter:
        return WordCutter(language=self.language, characters=self.characters, null=self.null)

    def spell(self, lines: Sequence[Logs]) -> list[list[Spelt]]:
        """The words of each line; one line's first word follows the last of the line before."""
        rivals = [self._rivals(logs) for logs in lines]
        flat = [word for line in rivals for word in line]
        chosen = iter(self._chain(flat))
        return [[next(chosen) for _ in line] for line in rivals]

    def doubtful(self, logs: Logs) -> list[Span]:
        """The words of a line that the network is not sure of, or that the language does not know."""
        found = []
        for span in self._cutter.words(logs):
            core = _parts("".join(self.characters[peak.output] for peak in span.peaks))[1]
            strange = core.isalpha() and core.lower() not in self.language
            if strange or _surety(logs, span) < _SURE:
                found.append(span)
        return found

    def _rivals(self, logs: Logs) -> list[_Rivals]:
        return [self._rivals_of(logs, span, first=at == 0) for at, span in enumerate(self._cutter.words(logs))]

    def _rivals_of(self, logs: Logs, span: Span, *, first: bool) -> _Rivals:
        read = "".join(self.characters[peak.output] for peak in span.peaks)
        sure = _surety(logs, span)
        before, core, after = _parts(read)
        own = _Choice(text=read, syllable=core.lower() if self._is_word(core) else None, seen=0.0)
        alone = _Rivals(span=span, read=read, sure=sure, choices=(own,))
        if own.syllable is None or (sure >= _WEIGHED and own.syllable in self.language):
            return alone
        spellings = sorted(self._spellings(logs, span, (before, core, after)) - {core})
        codes = [code for text in (core, *spellings) if (code := self._code(before + text + after))]
        if len(codes) < 2:
            return alone
        texts = ["".join(self.characters[output] for output in code) for code in codes]
        seen = log_p(logs[span.start : span.end], codes, self.null)
        name = core[:1].isupper() and not core.isupper() and not first
        support = _SUPPORT_IN_NAMES if name else _SUPPORT
        choices = tuple(
            _Choice(text=text, syllable=_parts(text)[1].lower(), seen=float(score))
            for text, score in zip(texts, seen, strict=True)
            if score > seen[0] - support
        )
        return _Rivals(span=span, read=read, sure=sure, choices=choices)

    def _is_word(self, core: str) -> bool:
        return core.isalpha()

    def _code(self, text: str) -> list[int]:
        """The outputs that write ``text``; none where the network lacks a character."""
        outputs = _outputs(self.characters)
        code = [outputs.get(char, -1) for char in text]
        return [] if -1 in code else code

    def _spellings(self, logs: Logs, span: Span, parts: tuple[str, str, str]) -> set[str]:
        """Known syllables that could stand here instead: other marks, and other letters that the network thought of."""
        before, core, after = parts
        found = self._marked(core)
        letters = [self.characters[peak.output] for peak in span.peaks]
        for at in range(len(before), len(letters) - len(after)):
            for output in others(logs, span, span.peaks[at], _THOUGHT_OF):
                other = self.characters[output]
                other = other.upper() if letters[at].isupper() else other.lower()
                if other.isalpha():
                    changed = "".join([*letters[:at], other, *letters[at + 1 :]])
                    found |= self._marked(changed[len(before) : len(changed) - len(after)])
            if at and fold(letters[at]) == fold(letters[at - 1]):
                fewer = "".join([*letters[:at], *letters[at + 1 :]])
                found |= self._marked(fewer[len(before) : len(fewer) - len(after)])
        return found

    def _marked(self, core: str) -> set[str]:
        """Known syllables of the letters of ``core``, in its case."""
        return {_cased(each, core) for each in self.language.alike(core.lower()) if is_syllable(each)}

    def _chain(self, words: Sequence[_Rivals]) -> list[Spelt]:
        """The likeliest chain of choices (Viterbi); each word's chance by the best chains through all its choices."""
        best: list[list[float]] = []
        came: list[list[int]] = []
        for at, word in enumerate(words):
            before = words[at - 1].choices if at else ()
            scores, froms = [], []
            for choice in word.choices:
                ways = [best[-1][n] + self._follows(choice, other) for n, other in enumerate(before)]
                froms.append(int(np.argmax(ways)) if ways else 0)
                scores.append((max(ways) if ways else self._follows(choice, None)) + _PICTURE * choice.seen)
            best.append(scores)
            came.append(froms)
        return self._traced(words, best, came)

    def _follows(self, choice: _Choice, before: _Choice | None) -> float:
        if choice.syllable is None:
            return _UNKNOWN
        return self.language.log_p(choice.syllable, before.syllable if before else None)

    def _traced(self, words: Sequence[_Rivals], best: list[list[float]], came: list[list[int]]) -> list[Spelt]:
        """The chain walked back from its end; what follows a word speaks for or against it too."""
        found: list[Spelt] = []
        chosen = int(np.argmax(best[-1])) if best else 0
        after: _Choice | None = None
        for word, scores, froms in zip(reversed(words), reversed(best), reversed(came), strict=True):
            choice = word.choices[chosen]
            ahead = [self._follows(after, rival) if after else 0.0 for rival in word.choices]
            found.append(
                Spelt(
                    text=choice.text,
                    read=word.read,
                    span=word.span,
                    sure=word.sure,
                    won=_share(np.add(scores, ahead), chosen),
                    seen=_share(np.array([rival.seen for rival in word.choices]), chosen),
                    known=choice.syllable is not None and choice.syllable in self.language,
                )
            )
            after, chosen = choice, froms[chosen]
        return found[::-1]


@cache
def _outputs(characters: tuple[str, ...]) -> dict[str, int]:
    return {char: output for output, char in enumerate(characters) if char}


def _surety(logs: Logs, span: Span) -> float:
    """The probability of the least certain character as read."""
    return float(np.exp(min(logs[peak.start : peak.end, peak.output].max() for peak in span.peaks)))


def _share(logs: np.ndarray[tuple[int, ...], np.dtype[np.float64]], at: int) -> float:
    weights = np.exp(logs - logs.max())
    return float(weights[at] / weights.sum())


def _parts(text: str) -> tuple[str, str, str]:
    """What is not letters before, the core, what is not letters after."""
    match = _PARTS.match(text)
    return match.groups() if match else ("", text, "")  # type: ignore[return-value]


def _cased(syllable: str, like: str) -> str:
    if like.isupper() and (len(like) > 1 or len(syllable) == 1):
        return syllable.upper()
    return syllable[:1].upper() + syllable[1:] if like[:1].isupper() else syllable

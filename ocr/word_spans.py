"""Where a word ends and the next begins where the network's spaces do not tell: leaders of dots, tight letters, specks.

A speck between two words is read as a full stop or an apostrophe, one before a word as its first character. No word of
Vietnamese is written so, and the network is less sure of a speck than of a mark that was printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ocr.ctc import Logs, Peak, Span, log_p, spans
from ocr.language import Language
from ocr.syllable import is_syllable

_LEADERS = frozenset(".…·_")
_LEADER, _ENDING = 2, 3
"""So many dots in a row lead from a label to its blank; up to so many may end a word ("v.v...")."""
_SUPPORT = 8.0
"""Natural logarithm by which the picture may speak against a space between two syllables that make no word together."""
_MOST_PARTS = 4
_SPECKS = frozenset(".,:;'`-_‘’")
_NEVER_FIRST = frozenset(".,:;'`_‘’")
_SPECK_SUPPORT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCutter:
    """Cuts lines into words by a language and the characters of a network (``null`` is its output for nothing)."""

    language: Language
    characters: tuple[str, ...]
    null: int

    def words(self, logs: Logs) -> list[Span]:
        """The words of a line, without leaders of dots, tight ones parted."""
        space = self.characters.index(" ")
        return [
            part
            for span in spans(logs, self.null, space)
            for piece in self._between_leaders(span)
            for plain in self._without_specks(logs, piece, space)
            for part in self._parted(logs, plain, space, _MOST_PARTS)
        ]

    def _between_leaders(self, span: Span) -> Iterator[Span]:
        held: list[Peak] = []
        run: list[Peak] = []
        for peak in span.peaks:
            if self.characters[peak.output] in _LEADERS:
                run.append(peak)
                continue
            if len(run) < _LEADER:
                held += run
            elif held:
                yield _within(span, held)
                held = []
            held.append(peak)
            run = []
        held += run if held and len(run) <= _ENDING else []
        if held:
            yield _within(span, held)

    def _without_specks(self, logs: Logs, span: Span, space: int) -> list[Span]:
        """The word without a leading speck, parted where a speck joins two syllables, if the picture allows it."""
        letters = self._letters(span)
        if len(letters) > 1 and letters[0] in _NEVER_FIRST and letters[1].isalpha():
            rest = _within(span, span.peaks[1:])
            if self._allows(logs, span, [peak.output for peak in rest.peaks]):
                return self._without_specks(logs, replace(rest, start=span.start), space)
        for at in range(2, len(letters) - 2):
            before, after = letters[:at], letters[at + 1 :]
            if letters[at] in _SPECKS and self._known(before) and self._known(_unpunctuated(after)):
                outputs = [peak.output for peak in span.peaks]
                if self._allows(logs, span, [*outputs[:at], space, *outputs[at + 1 :]]):
                    return [_within(span, span.peaks[:at]), _within(span, span.peaks[at + 1 :])]
        return [span]

    def _allows(self, logs: Logs, span: Span, outputs: Sequence[int]) -> bool:
        """Whether the picture speaks little against reading the span so."""
        read = [peak.output for peak in span.peaks]
        as_read, otherwise = log_p(logs[span.start : span.end], [read, outputs], self.null)
        return bool(otherwise > as_read - _SPECK_SUPPORT)

    def _parted(self, logs: Logs, span: Span, space: int, most: int) -> list[Span]:
        """The word, or the syllables it is made of where it is none itself."""
        letters = [self.characters[peak.output] for peak in span.peaks]
        if most < 2 or not all(map(str.isalpha, letters)) or self._known(letters):
            return [span]
        outputs = [peak.output for peak in span.peaks]
        places = [at for at in range(1, len(letters)) if self._known(letters[:at])]
        if not places:
            return [span]
        texts = [outputs, *([*outputs[:at], space, *outputs[at:]] for at in places)]
        joined, *apart = log_p(logs[span.start : span.end], texts, self.null)
        ranked = sorted(zip(apart, places, strict=True), reverse=True)
        for score, at in ranked:
            first, rest = _within(span, span.peaks[:at]), _within(span, span.peaks[at:])
            parts = self._parted(logs, rest, space, most - 1)
            if score > joined - _SUPPORT and all(self._known(self._letters(part)) for part in parts):
                return [first, *parts]
        return [span]

    def _letters(self, span: Span) -> list[str]:
        return [self.characters[peak.output] for peak in span.peaks]

    def _known(self, letters: Sequence[str]) -> bool:
        word = "".join(letters).lower()
        return word in self.language and is_syllable(word) and len(word) > 1


def _unpunctuated(letters: Sequence[str]) -> Sequence[str]:
    """Without what may follow a word."""
    end = len(letters)
    while end and not letters[end - 1].isalnum():
        end -= 1
    return letters[:end]


def _within(span: Span, peaks: Sequence[Peak]) -> Span:
    """The part of the span that holds these peaks: up to its neighbours', half way."""
    before = [peak for peak in span.peaks if peak.end <= peaks[0].start]
    after = [peak for peak in span.peaks if peak.start >= peaks[-1].end]
    start = (before[-1].end + peaks[0].start) // 2 if before else span.start
    end = (peaks[-1].end + after[0].start + 1) // 2 if after else span.end
    return Span(start=start, end=max(end, start + 1), peaks=tuple(peaks))

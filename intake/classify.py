"""What a page is: its printed title against the catalogue, with phrases and form codes as witnesses. Pure.

The order of trust follows the one-stop clerks' own (DOMAIN 4.4): the title in its place, then a title with
OCR damage, then words inside. A title quoted in running text is not in a title's place and says nothing. Where
two types are equally near, or none is near enough, the classifier abstains: a clerk corrects a gap in a
second, a wrong heading travels on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from intake.labels import say
from intake.model import Catalogue, Classification, Cue, Hint, ProcedureCode
from intake.titles import Row, Window, likeness, rows, spoken, weights, windows
from ocr.text import PageText

THRESHOLD = 0.72
"""Below this score the machine abstains."""
MARGIN = 0.07
"""Nearer than this to the runner-up it abstains, too."""
MANY = 4
"""This many of a type's phrases, and two thirds of them, stand for a title that cannot be read."""
_NEAR = 62.0
"""Character likeness (0 to 100) from which a title is compared word by word."""
_KEEP = 10
"""Titles compared word by word for a window, the nearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Title:
    cue: str
    text: str
    words: tuple[str, ...]
    marked: tuple[str, ...]
    vague: bool
    """Another type's title begins with these very words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    cue: str
    text: str
    words: tuple[str, ...]
    strong: bool
    """Names one form only ('CT01'); 'Mẫu số 01' is on half of all forms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """All that speaks for one cue on one page."""

    cue: str
    score: float
    like: float = 0.0
    window: Window | None = None
    title: str = ""
    phrases: tuple[str, ...] = ()
    code: _Code | None = None


class Classifier:
    """Folds and weighs the catalogue's titles once; then about 10 ms a page. Holds no state of any page."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._titles = tuple(_titles(catalogue.cues.values()))
        self._compact = ["".join(title.words) for title in self._titles]
        self._weight = weights(title.words for title in self._titles)
        self._codes = tuple(_codes(catalogue.cues.values()))
        self._phrases = {
            cue.id: tuple((p, " ".join(spoken(p)[0])) for p in cue.phrases) for cue in catalogue.cues.values()
        }

    def classify(self, text: PageText) -> Classification:
        """The type of the paper that begins on this page, and its procedure where the page itself tells."""
        page = rows(text)
        if not page:
            return Classification(evidence=(say("evidence.no_text"),))
        cases = self._cases(page)
        if not cases or cases[0].score < 0.2:
            return Classification(evidence=(say("evidence.no_title"),))
        best, other = cases[0], _rival(cases)
        reason = self._doubt(best, other, cases)
        if reason:
            return Classification(
                score=round(best.score, 3),
                runner_up=best.cue,
                runner_up_score=round(best.score, 3),
                evidence=(reason,),
            )
        procedure, why = self._procedure(self._catalogue.cues[best.cue], page)
        return Classification(
            cue=best.cue,
            procedure=procedure,
            score=round(best.score, 3),
            runner_up=other.cue if other else None,
            runner_up_score=round(other.score, 3) if other else 0.0,
            evidence=(*self._evidence(best, other), *why),
        )

    def _cases(self, page: Sequence[Row]) -> list[_Case]:
        """One case a cue, the strongest first."""
        spaced = " ".join(word for row in page for word in row.words)
        codes = self._codes_on(page)
        held: dict[str, _Case] = {}
        for case in self._title_cases(page):
            if case.cue not in held or case.score > held[case.cue].score:
                held[case.cue] = case
        wanted = sorted(held.values(), key=lambda case: -case.score)[:6]
        told = {case.cue: case for case in wanted}
        for cue, code in codes.items():
            if code.strong or cue in told:
                told.setdefault(cue, _Case(cue=cue, score=0.0))
        for cue in self._told_by_words(spaced, max((case.score for case in held.values()), default=0.0)):
            told.setdefault(cue, _Case(cue=cue, score=0.0))
        weighed = [self._weighed(case, spaced, codes.get(case.cue)) for case in told.values()]
        return sorted((case for case in weighed if case.score > 0.02), key=lambda case: (-case.score, case.cue))

    def _title_cases(self, page: Sequence[Row]) -> list[_Case]:
        seen = windows(page)
        if not seen or not self._titles:
            return []
        table = process.cdist([w.compact for w in seen], self._compact, scorer=fuzz.ratio, score_cutoff=_NEAR)
        cases = []
        for window, near in zip(seen, table, strict=True):
            order = near.argsort()[::-1][:_KEEP]
            for index in (int(i) for i in order if near[i] > 0):
                title = self._titles[index]
                like = likeness(window, title.words, title.marked, self._weight)
                like *= 0.8 if window.goes_on else 1.0
                like *= 0.84 if window.subtitled and title.vague else 1.0
                like *= 0.6 if _within_a_document(window, page) else 1.0
                score = like * like * (0.62 + 0.38 * window.prominence)
                cases.append(_Case(cue=title.cue, score=score, like=like, window=window, title=title.text))
        return cases

    def _told_by_words(self, spaced: str, best_title: float) -> list[str]:
        """Cues to be weighed for their phrases alone: those without a title, and, where no title is near (hidden
        by a seal, torn off), those with many phrases."""
        many = MANY if best_title < 0.5 else len(spaced)
        cues = self._catalogue.cues.values()
        return [cue.id for cue in cues if not cue.titles or (len(cue.phrases) >= many)]

    def _codes_on(self, page: Sequence[Row]) -> Mapping[str, _Code]:
        """Form codes printed above the body, by cue; a strong one hides a weak one."""
        words = [(*row.words, "") for row in page if row.depth <= 0.3 and len(row.words) <= 24]
        head = " " + " ".join(word for line in words for word in line) + " "
        found: dict[str, _Code] = {}
        for code in self._codes:
            if f" {' '.join(code.words)} " in head and (code.strong or code.cue not in found):
                found[code.cue] = code
        return found

    def _weighed(self, case: _Case, spaced: str, code: _Code | None) -> _Case:
        """The title's score raised by phrases and code; a long page with none of many phrases lowers it a little."""
        known = self._phrases[case.cue]
        found = tuple(phrase for phrase, folded in known if _holds(spaced, folded))
        score = case.score
        if not self._catalogue.cues[case.cue].titles:
            score = 0.28 * min(3, len(found))
        elif score == 0 and len(found) >= MANY and 3 * len(found) >= 2 * len(known):
            score = 0.66
        elif code and code.strong:
            score = max(score, 0.6 if case.like >= 0.5 else 0.55)
        help_ = 0.3 * min(2, len(found)) + (0.5 if code and code.strong else 0.15 if code else 0.0)
        score += (1 - score) * min(0.85, help_) * (0.75 if case.like >= 0.7 or (code and code.strong) else 0.3)
        if len(known) >= 3 and not found and not code and len(spaced) > 600:
            score *= 0.95
        return _Case(
            cue=case.cue,
            score=min(score, 0.99),
            like=case.like,
            window=case.window,
            title=case.title,
            phrases=found,
            code=code,
        )

    def _doubt(self, best: _Case, other: _Case | None, cases: Sequence[_Case]) -> str:
        """Why the machine will not say, in Vietnamese; '' if it will."""
        name = self._catalogue.cues[best.cue].name
        if _is_list(cases):
            return say("evidence.many")
        if best.score < THRESHOLD:
            return say("evidence.weak", name=name, percent=_percent(best.score))
        other = _is_extended(best, cases) or (other if other and best.score - other.score < MARGIN else None)
        if other and not _parted_by_words(best, other):
            return say("evidence.close", name=name, other=self._catalogue.cues[other.cue].name)
        return ""

    def _evidence(self, best: _Case, other: _Case | None) -> list[str]:
        out = []
        if best.window is not None and best.like >= 0.5:
            out.append(say("evidence.title", seen=best.window.text, title=best.title, percent=_percent(best.like)))
            if best.window.prominence >= 0.6:
                out.append(say("evidence.title_large"))
        if best.code:
            out.append(say("evidence.code", code=best.code.text))
        if best.phrases:
            out.append(say("evidence.phrases", phrases=", ".join(f"“{p}”" for p in best.phrases[:3])))
        if other:
            name = self._catalogue.cues[other.cue].name
            out.append(say("evidence.runner_up", name=name, percent=_percent(other.score)))
        return out

    def _procedure(self, cue: Cue, page: Sequence[Row]) -> tuple[ProcedureCode | None, tuple[str, ...]]:
        known = self._catalogue.procedures
        codes = [code for code in cue.procedures if not known[code].repealed]
        if not codes:
            return None, ()
        if len(codes) == 1:
            return codes[0], (say("evidence.one_procedure", code=codes[0], name=known[codes[0]].name),)
        hinted = hinted_procedure(cue, page)
        if hinted is not None:
            code, words = hinted
            return code, (say("evidence.hint", words=words, code=code, name=known[code].name),)
        return None, (say("evidence.several", count=len(codes), codes=", ".join(codes)),)


def classify(text: PageText, catalogue: Catalogue) -> Classification:
    """:meth:`Classifier.classify` for a single page; keep a :class:`Classifier` for more than one."""
    return Classifier(catalogue).classify(text)


def hinted_procedure(cue: Cue, page: Sequence[Row]) -> tuple[ProcedureCode, str] | None:
    """(procedure, the words that decided) where the page's own words point to one procedure of ``cue`` only.

    The usual procedure's words ('Quốc tịch: Việt Nam') give way to any other's ('Quốc tịch: Lào').
    """
    told: dict[ProcedureCode, str] = {}
    for hint in cue.hints:
        words = _hint_words(hint, page)
        if words and len(words) > len(told.get(hint.procedure, "")):
            told[hint.procedure] = words
    longer = {
        code: words
        for code, words in told.items()
        if not any(words in other and words != other for other in told.values())
    }
    rare = {code: words for code, words in longer.items() if code != cue.usual} or longer
    return next(iter(rare.items())) if len(rare) == 1 else None


def _hint_words(hint: Hint, page: Sequence[Row]) -> str:
    """The longest of the hint's words found where it looks; '' if none."""
    anchor = spoken(hint.after)[0]
    places = [row.marked for row in page] if not anchor else _after(anchor, page)
    for words in sorted(hint.words, key=len, reverse=True):
        want = spoken(words)[1]
        short = len(want) == 1 and anchor
        for place in places:
            if any(place[i : i + len(want)] == want for i in range(min(2, len(place)) if short else len(place))):
                return words
    return ""


def _after(anchor: tuple[str, ...], page: Sequence[Row]) -> list[tuple[str, ...]]:
    """What stands after the anchor in its line, with the line below where little is left of its own."""
    out = []
    for index, row in enumerate(page):
        for at in range(len(row.words) - len(anchor) + 1):
            if row.words[at : at + len(anchor)] == anchor:
                rest = row.marked[at + len(anchor) :]
                below = page[index + 1].marked if index + 1 < len(page) and len(anchor) > 2 else ()
                out.append(rest[:14] + below[:14])
    return out


def _titles(cues: Iterable[Cue]) -> list[_Title]:
    told = [(cue.id, title, *spoken(title)) for cue in cues for title in cue.titles]
    begun: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for cue, _, words, _ in told:
        for end in range(1, len(words)):
            begun[words[:end]].add(cue)
    return [
        _Title(cue=cue, text=text, words=words, marked=marked, vague=bool(begun.get(words, set()) - {cue}))
        for cue, text, words, marked in told
    ]


def _codes(cues: Iterable[Cue]) -> list[_Code]:
    made = []
    for cue in cues:
        for code in cue.codes:
            strong = bool(re.fullmatch(r"[^\W\d_]{1,5}\d{1,2}\w?|.*[/-].*|IDVNM", code))
            made.append(_Code(cue=cue.id, text=code, words=spoken(code)[0], strong=strong))
    return made


def _rival(cases: Sequence[_Case]) -> _Case | None:
    """The strongest other cue that is not merely a shorter title inside the winner's own heading."""
    best = cases[0]
    inside = set(best.window.rows) if best.window else set()
    for case in cases[1:]:
        shorter = case.window is not None and set(case.window.rows) < inside and not case.code
        if not (shorter and best.like >= 0.9):
            return case
    return None


def _within_a_document(window: Window, page: Sequence[Row]) -> bool:
    """'QUYẾT ĐỊNH:' with a colon and no letterhead above it opens the articles of a decision begun before."""
    above = page[: window.rows[0]]
    return window.text.rstrip().endswith(":") and not any(row.header and row.capitals >= 0.7 for row in above)


def _is_extended(best: _Case, cases: Sequence[_Case]) -> _Case | None:
    """A case whose printed title is the winner's with more words, and some of whose own phrases are on the page."""
    for case in cases:
        longer = case.cue != best.cue and case.title.casefold().startswith(best.title.casefold())
        if best.title and longer and case.phrases and len(case.phrases) >= len(best.phrases):
            return case
    return None


def _parted_by_words(best: _Case, other: _Case) -> bool:
    """Two types with one and the same title: the body or the form's code decides, if it speaks for one only."""
    same = spoken(best.title)[0] == spoken(other.title)[0] and bool(best.title)
    return same and (len(best.phrases), bool(best.code)) > (len(other.phrases), bool(other.code))


def _is_list(cases: Sequence[_Case]) -> bool:
    """Three or more different titles in different lines: a page that speaks of papers, not one of them."""
    strong = [case for case in cases if case.window is not None and case.like >= 0.93]
    places: list[set[int]] = []
    for case in strong:
        mine = set(case.window.rows) if case.window else set()
        if not any(mine & place for place in places):
            places.append(mine)
    return len(places) >= 3


def _holds(spaced: str, phrase: str) -> bool:
    if len(phrase) < 9:
        return f" {phrase} " in f" {spaced} "
    return fuzz.partial_ratio(phrase, spaced, score_cutoff=86 if len(phrase) > 24 else 91) > 0


def _percent(score: float) -> int:
    return round(100 * score)

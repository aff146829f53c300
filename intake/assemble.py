"""Pages of a batch -> documents -> proposed dossiers, and what is missing. Pure and deterministic.

A page joins the document before it unless it plainly begins one: a lost split costs a clerk one click, a
wrong split tears a paper apart. A dossier without an application, or with the applications of two procedures,
gets no procedure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from intake.labels import say
from intake.model import Catalogue, Classification, Component, Cue, PageId, Procedure, ProcedureCode
from intake.titles import has_letterhead, printed_title, rows
from ocr.text import PageText, fold

SURE = 0.85
"""A title this sure begins a document even on a page that bears a page number of 2 or more."""
SAME_TITLE = 84.0
"""Likeness (0 to 100) from which an unknown paper's printed title is taken for a component's."""

_PAGE_OF = re.compile(
    r"^(?:(?:trang|page)\s*)?(\d{1,3})\s*(?:/|tren|of)\s*(\d{1,3})$|^(?:trang|page) (\d{1,3}) (\d{1,3})$"
)
_PAGE_NUMBER = re.compile(r"^[-–—\s]*(?:trang|page)?\s*(\d{1,3})[-–—\s.]*$")
_ENDINGS = frozenset({"LOICHUNG"})
"""Types that close the document before them: the certification of a contract is its last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssemblyPage:
    """What assembling needs of one page. ``separator`` and ``code`` as in Page and PageReading."""

    id: PageId
    seq: int
    text: PageText = field(default_factory=PageText)
    guess: Classification = field(default_factory=Classification)
    blank: bool = False
    separator: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDraft:
    """Consecutive pages that are one paper; ``guess`` is its first written page's, told its place in the dossier."""

    pages: tuple[PageId, ...]
    title: str
    guess: Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierDraft:
    """What lies between two separators. ``documents`` are indices into :class:`Proposal`.documents."""

    documents: tuple[int, ...]
    procedure: ProcedureCode | None
    score: float
    evidence: tuple[str, ...]
    missing: tuple[str, ...]
    """Titles of required papers that no document satisfies; empty without a procedure."""
    conditional: tuple[str, ...]
    """Papers asked for in some cases only and not found, each with its condition."""
    code: str | None
    """The provincial dossier code on the separator or the pages, where they name exactly one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """All pages of a batch: each page that is no separator is in exactly one document, in order of ``seq``."""

    documents: tuple[DocumentDraft, ...]
    dossiers: tuple[DossierDraft, ...]
    separators: tuple[PageId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    procedure: ProcedureCode | None
    score: float
    evidence: tuple[str, ...]


def assemble(pages: Sequence[AssemblyPage], catalogue: Catalogue) -> Proposal:
    """Propose documents and dossiers for the pages of one batch, given what the classifier made of each."""
    documents: list[DocumentDraft] = []
    dossiers: list[DossierDraft] = []
    ordered = sorted(pages, key=lambda page: (page.seq, page.id))
    for part in _parts(ordered):
        drafts, dossier = _dossier(part, len(documents), catalogue)
        documents += drafts
        dossiers.append(dossier)
    return Proposal(
        documents=tuple(documents),
        dossiers=tuple(dossiers),
        separators=tuple(page.id for page in ordered if page.separator is not None),
    )


def missing(procedure: Procedure, documents: Iterable[tuple[str | None, str]]) -> tuple[str, ...]:
    """Titles of the procedure's required papers that none of ``documents`` (cue, title) satisfies."""
    held = list(documents)
    return tuple(
        part.title for part in procedure.components if part.required and not any(_satisfies(*d, part) for d in held)
    )


def _parts(pages: Sequence[AssemblyPage]) -> list[tuple[str | None, list[AssemblyPage]]]:
    """(the separator's text or None, its pages) a dossier; a separator with nothing behind it opens none."""
    parts: list[tuple[str | None, list[AssemblyPage]]] = [(None, [])]
    for page in pages:
        if page.separator is not None:
            parts.append((page.separator, []))
        else:
            parts[-1][1].append(page)
    return [part for part in parts if part[1]]


def _dossier(
    part: tuple[str | None, list[AssemblyPage]], first: int, catalogue: Catalogue
) -> tuple[list[DocumentDraft], DossierDraft]:
    separator, pages = part
    drafts = [_document(group, catalogue) for group in _documents(pages)]
    choice = _choose(drafts, catalogue)
    lacking: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()
    if choice.procedure is not None:
        procedure = catalogue.procedures[choice.procedure]
        drafts = _placed(drafts, procedure, catalogue)
        held = [(draft.guess.cue, draft.title) for draft in drafts]
        lacking = missing(procedure, held)
        conditional = tuple(
            f"{part.title} ({part.condition})" if part.condition else part.title
            for part in procedure.components
            if not part.required and not any(_satisfies(*d, part) for d in held)
        )
    codes = {page.code for page in pages if page.code}
    return drafts, DossierDraft(
        documents=tuple(range(first, first + len(drafts))),
        procedure=choice.procedure,
        score=choice.score,
        evidence=choice.evidence,
        missing=lacking,
        conditional=conditional,
        code=separator or (next(iter(codes)) if len(codes) == 1 else None),
    )


def _documents(pages: Sequence[AssemblyPage]) -> list[list[AssemblyPage]]:
    groups: list[list[AssemblyPage]] = []
    for page in pages:
        written = [other for other in groups[-1] if not other.blank] if groups else []
        if not groups or (not page.blank and written and _begins(page, written)):
            groups.append([page])
        else:
            groups[-1].append(page)
    return groups


def _begins(page: AssemblyPage, before: Sequence[AssemblyPage]) -> bool:
    """Whether ``page`` starts a new document after the written pages ``before`` of the current one."""
    cue, front = page.guess.cue, before[0].guess.cue
    number, counted = _page_number(page.text)
    if counted and number >= 2:
        return False
    if cue is None:
        return number < 2 and has_letterhead(page.text)
    if cue in _ENDINGS or (cue == f"{front}_B" and len(before) == 1):
        return False
    if cue == front and not has_letterhead(page.text):
        return False
    follows = number >= 2 and number == len(before) + 1
    return not (follows and page.guess.score < SURE)


def _page_number(text: PageText) -> tuple[int, bool]:
    """(the page's printed number, whether it is of the kind '2/3'); 0 where none is printed."""
    page = rows(text)
    edges = [*page[:2], *page[-1:]]
    for row in edges:
        told = _PAGE_OF.match(fold(row.text).strip(" .()-"))
        number, count = [int(part) for part in told.groups() if part] if told else (0, 0)
        if 0 < number <= count:
            return number, True
    for row in page[:1]:
        told = _PAGE_NUMBER.match(fold(row.text))
        if told:
            return int(told.group(1)), False
    return 0, False


def _document(group: Sequence[AssemblyPage], catalogue: Catalogue) -> DocumentDraft:
    lead = next((page for page in group if not page.blank), group[0])
    cue = catalogue.cues.get(lead.guess.cue or "")
    return DocumentDraft(
        pages=tuple(page.id for page in group),
        title=cue.name if cue else printed_title(lead.text),
        guess=lead.guess,
    )


def _choose(drafts: Sequence[DocumentDraft], catalogue: Catalogue) -> _Choice:
    """The procedure all lead documents agree on, or None with the reason."""
    known = [(draft, catalogue.cues.get(draft.guess.cue or "")) for draft in drafts]
    leads = [(draft, cue) for draft, cue in known if cue is not None and _living(cue, catalogue)]
    if not leads:
        return _Choice(procedure=None, score=0.0, evidence=(say("dossier.no_lead"),))
    score = min(draft.guess.score for draft, _ in leads)
    names = tuple(dict.fromkeys(cue.name for _, cue in leads))
    shared = [code for code in _living(leads[0][1], catalogue) if all(code in cue.procedures for _, cue in leads)]
    told = {draft.guess.procedure for draft, _ in leads if draft.guess.procedure}
    if len(names) > 1:
        return _agreed(shared, names, score, catalogue)
    if len(told) > 1:
        return _Choice(procedure=None, score=0.0, evidence=(say("dossier.conflict", names=", ".join(sorted(told))),))
    why = say("dossier.lead", name=names[0])
    if told:
        code = next(iter(told))
        key = "dossier.only" if len(shared) == 1 else "dossier.page_decides"
        return _Choice(procedure=code, score=score, evidence=(why, _named(key, code, catalogue)))
    return _by_company(leads[0][1], shared, drafts, catalogue)


def _agreed(shared: Sequence[ProcedureCode], names: Sequence[str], score: float, catalogue: Catalogue) -> _Choice:
    """Several kinds of application: only a procedure that wants them all will do."""
    told = ", ".join(f"“{name}”" for name in names)
    if len(shared) != 1:
        return _Choice(procedure=None, score=0.0, evidence=(say("dossier.conflict", names=told),))
    why = say("dossier.together", names=told, code=shared[0], name=catalogue.procedures[shared[0]].name)
    return _Choice(procedure=shared[0], score=score, evidence=(why,))


def _by_company(
    cue: Cue, codes: Sequence[ProcedureCode], drafts: Sequence[DocumentDraft], catalogue: Catalogue
) -> _Choice:
    """One form, several procedures: the usual one unless the other papers fit another better, else the best fit."""
    score = min(draft.guess.score for draft in drafts if draft.guess.cue == cue.id)
    company = [draft for draft in drafts if draft.guess.cue != cue.id]
    fits = {code: _fit(catalogue.procedures[code], company) for code in codes}
    best = max(fits.values())
    first = [code for code in codes if fits[code] == best]
    why = say("dossier.lead", name=cue.name)
    if cue.usual in first and cue.usual is not None:
        rest = ", ".join(code for code in codes if code != cue.usual)
        return _Choice(
            procedure=cue.usual,
            score=round(0.9 * score, 3),
            evidence=(why, _named("dossier.usual", cue.usual, catalogue, rest=rest)),
        )
    if len(first) == 1 and best > 0 and cue.usual is None:
        rest = ", ".join(code for code in codes if code != first[0])
        return _Choice(
            procedure=first[0],
            score=round(0.8 * score, 3),
            evidence=(why, _named("dossier.company", first[0], catalogue, rest=rest)),
        )
    return _Choice(procedure=None, score=0.0, evidence=(why, say("dossier.undecided", codes=", ".join(codes))))


def _fit(procedure: Procedure, company: Sequence[DocumentDraft]) -> int:
    """How many of the accompanying papers the procedure asks for without condition."""
    wanted = [part for part in procedure.components if part.required]
    return sum(any(_satisfies(draft.guess.cue, draft.title, part) for part in wanted) for draft in company)


def _placed(drafts: Sequence[DocumentDraft], procedure: Procedure, catalogue: Catalogue) -> list[DocumentDraft]:
    """Each document told the component it satisfies, an unfilled one first; leads told the procedure."""
    filled: set[str] = set()
    out = []
    for draft in drafts:
        fitting = [part for part in procedure.components if _satisfies(draft.guess.cue, draft.title, part)]
        part = next((part for part in fitting if part.key not in filled), fitting[0] if fitting else None)
        if part is not None:
            filled.add(part.key)
        cue = catalogue.cues.get(draft.guess.cue or "")
        leads = cue is not None and procedure.code in cue.procedures
        guess = replace(
            draft.guess,
            procedure=procedure.code if leads else draft.guess.procedure,
            component=part.key if part else None,
        )
        out.append(replace(draft, guess=guess))
    return out


def _satisfies(cue: str | None, title: str, part: Component) -> bool:
    if cue is not None:
        return cue in part.cues
    mine, wanted = fold(title), fold(part.title)
    return len(mine) >= 10 and fuzz.ratio(mine, wanted[: len(mine)]) >= SAME_TITLE


def _living(cue: Cue, catalogue: Catalogue) -> list[ProcedureCode]:
    return [code for code in cue.procedures if not catalogue.procedures[code].repealed]


def _named(key: str, code: ProcedureCode, catalogue: Catalogue, rest: str = "") -> str:
    return say(key, code=code, name=catalogue.procedures[code].name, rest=rest)

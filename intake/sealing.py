"""Sealing: a named person's decision becomes one receipt, and the receipt its papers.

First the number, in one transaction with all that the slip will print; then slip and dossier, made from those
frozen facts alone, so that making them again after a crash, or for a reprint, gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from intake.assemble import missing
from intake.clock import VIETNAM
from intake.cover import dossier_words
from intake.dossier import DossierBinding, build
from intake.due import reckon
from intake.errors import BadInput, Broken, NotFound
from intake.labels import say
from intake.model import (
    Applicant,
    Document,
    Dossier,
    DossierId,
    Due,
    PageId,
    PageReading,
    Procedure,
    ProcedureCode,
    Publication,
    Receipt,
    ReceiptLine,
    ReceiptNumber,
    TimeLimit,
    Unit,
)
from intake.receipt import slip
from intake.slipform import PaperSize, form_for
from intake.station import Station
from intake.vault import temporary_prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person says when sealing: who, by which act, and the facts only a person can know.

    ``procedure`` None keeps the machine's proposal - which may be none at all.
    """

    clerk: str
    act: str
    procedure: ProcedureCode | None = None
    applicant: Applicant = field(default_factory=Applicant)
    official_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The finished papers of one receipt."""

    number: ReceiptNumber
    publication: Publication


def bind(station: Station, dossier_id: DossierId) -> Bound:
    """Make a sealed dossier's slip and PDF and put both into the vault. Same receipt, same bytes."""
    receipt = station.ledger.receipt(dossier_id)
    if receipt is None:
        raise NotFound(say("seal.no_dossier", dossier=dossier_id))
    form = form_for(receipt.issued_at.astimezone(VIETNAM).date(), station.forms)
    paper = PaperSize(station.home.settings.receipt.paper)
    slip_pdf = slip(receipt, station.home.settings.office.office(), form.on(paper))
    with TemporaryDirectory(dir=station.home.vault, prefix=temporary_prefix()) as scratch:
        into = Path(scratch) / "dossier.pdf"
        build(_binding(station, receipt, slip_pdf), into)
        papers = Publication(slip=station.vault.put(slip_pdf, ".pdf"), pdf=station.vault.put_file(into, ".pdf"))
    return Bound(number=receipt.number, publication=papers)


def draft_pdf(station: Station, dossier: Dossier) -> bytes:
    """An unsealed dossier as it would be bound, without a number and without a slip."""
    receipt = _draft(station, dossier, Decision(clerk="", act=""))
    with TemporaryDirectory(dir=station.home.vault, prefix=temporary_prefix()) as scratch:
        into = Path(scratch) / "dossier.pdf"
        build(_binding(station, receipt, None), into)
        return into.read_bytes()


def _binding(station: Station, receipt: Receipt, slip_pdf: bytes | None) -> DossierBinding:
    dossier = station.ledger.dossier(receipt.dossier)
    held = {page for document in dossier.documents for page in document.pages}
    return DossierBinding(
        dossier=dossier,
        receipt=receipt,
        office=station.home.settings.office.office(),
        pages=tuple(page for page, _ in station.ledger.heaps(dossier.batch) if page in held),
        reading=partial(_reading, station),
        picture=station.vault.read,
        slip=slip_pdf,
        words=dossier_words(station.home.overlay),
    )


def _reading(station: Station, page: PageId) -> PageReading:
    reading = station.ledger.page(page).reading
    if reading is None:
        raise Broken(f"page {page} of a dossier has no reading")
    return reading


def seal(station: Station, dossier_id: DossierId, decision: Decision) -> Receipt:
    """Number a dossier and freeze its receipt. Raises AlreadySealed, NotFound, BadInput (unknown procedure)."""
    dossier = station.ledger.dossier(dossier_id)
    draft = _draft(station, dossier, decision)
    series = f"{station.home.settings.receipt.series}{draft.year}"

    def numbered(seq: int) -> Receipt:
        return replace(draft, seq=seq, number=ReceiptNumber(f"{series}-{seq:06d}"))

    return station.store.seal(dossier_id, decision.act, series, numbered)


def _draft(station: Station, dossier: Dossier, decision: Decision) -> Receipt:
    """The receipt but for its number."""
    now = station.clock.now()
    procedure = _procedure(station, dossier, decision)
    limit = procedure.limit if procedure else TimeLimit(amount=None, unit=Unit.UNKNOWN)
    return Receipt(
        number=ReceiptNumber(""),
        seq=0,
        year=now.year,
        dossier=dossier.id,
        issued_at=now,
        due=_due(station, procedure, limit),
        procedure_code=procedure.code if procedure else None,
        procedure_name=procedure.name if procedure else "",
        limit_text=_limit_text(limit),
        lines=tuple(_line(document) for document in dossier.documents),
        applicant=decision.applicant,
        official_code=decision.official_code or dossier.official_code,
        clerk=decision.clerk,
        balance=station.ledger.dossier_balance(dossier),
        missing=missing(procedure, _held(dossier)) if procedure else (),
    )


def _procedure(station: Station, dossier: Dossier, decision: Decision) -> Procedure | None:
    """The procedure in force that the clerk named, else the one proposed; a proposal out of force is none."""
    code = decision.procedure or dossier.procedure
    if code is None:
        return None
    found = station.catalogue.procedures.get(code)
    if found is not None and found.is_in_force(station.clock.now().date()):
        return found
    if decision.procedure is None:
        return None
    if found is None:
        raise BadInput(say("seal.no_procedure", code=code))
    raise BadInput(say("seal.not_in_force", code=code, name=found.name, after=", ".join(found.replaced_by) or "?"))


def _held(dossier: Dossier) -> list[tuple[str | None, str]]:
    """What each document is, as :func:`intake.assemble.missing` asks for it."""
    return [((document.confirmed or document.guess).cue, document.title) for document in dossier.documents]


def _due(station: Station, procedure: Procedure | None, limit: TimeLimit) -> Due:
    if procedure is None:
        return Due(at=None, trace=(say("seal.no_limit"),))
    return reckon(station.clock.now(), limit, station.calendar, station.hours)


def _limit_text(limit: TimeLimit) -> str:
    return say(f"limit.{limit.unit}", amount=limit.amount or 0)


def _line(document: Document) -> ReceiptLine:
    """Whether a paper is an original or a copy is for the clerk to say; the machine leaves both at 0.

    A title that no known type bears out is a reading of whatever is printed large: not for a paper that binds us.
    """
    known = document.confirmed is not None or not document.guess.abstained
    return ReceiptLine(
        title=document.title if known else say("seal.untitled"), originals=0, copies=0, pages=len(document.pages)
    )

"""Sealing: a named person's decision becomes one receipt, and the receipt its papers.

First the number, in one transaction with all that the slip will print; then slip and dossier, made from those
frozen facts alone, so that making them again after a crash, or for a reprint, gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from intake.due import reckon
from intake.errors import BadInput
from intake.labels import say
from intake.model import (
    Applicant,
    Document,
    Dossier,
    DossierId,
    Due,
    Procedure,
    ProcedureCode,
    Publication,
    Receipt,
    ReceiptLine,
    ReceiptNumber,
    TimeLimit,
    Unit,
)
from intake.station import Station


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
    procedure = _procedure(station, decision.procedure or dossier.procedure)
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
        balance=station.ledger.balance((dossier.batch,)),
    )


def _procedure(station: Station, code: ProcedureCode | None) -> Procedure | None:
    if code is None:
        return None
    found = station.catalogue.procedures.get(code)
    if found is None:
        raise BadInput(say("seal.no_procedure", code=code))
    return found


def _due(station: Station, procedure: Procedure | None, limit: TimeLimit) -> Due:
    if procedure is None:
        return Due(at=None, trace=(say("seal.no_limit"),))
    return reckon(station.clock.now(), limit, station.calendar, station.hours)


def _limit_text(limit: TimeLimit) -> str:
    return say(f"limit.{limit.unit}", amount=limit.amount or 0)


def _line(document: Document) -> ReceiptLine:
    """Whether a paper is an original or a copy is for the clerk to say; the machine leaves both at 0."""
    return ReceiptLine(title=document.title or say("seal.untitled"), originals=0, copies=0, pages=len(document.pages))

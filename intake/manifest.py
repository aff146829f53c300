"""``manifest.json``: what became of every page of a run, for people and programs.

The shape is a promise: keys are added, never renamed or dropped. Paths of PDFs are relative to the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from intake.labels import explain
from intake.ledger import Ledger, ReadPage
from intake.model import BatchId, Classification, Document, Dossier, DossierId, Receipt, SetAside


class PageEntry(TypedDict):
    id: str
    source: str
    source_page: int
    sha256: str
    skew_deg: float
    turn_deg: int
    blank: bool
    confidence: float
    text: str
    document: str | None
    seconds: float
    separator: bool


class Guess(TypedDict):
    procedure: str | None
    component: str | None
    score: float
    runner_up: str | None
    abstained: bool
    evidence: list[str]
    cue: str | None


class DocumentEntry(Guess):
    id: str
    pages: list[str]
    title: str


class ReceiptEntry(TypedDict):
    number: str
    issued_at: str
    due_at: str | None
    pdf: str


class DossierEntry(TypedDict):
    id: str
    procedure: str | None
    documents: list[str]
    missing: list[str]
    pdf: str
    receipt: ReceiptEntry | None


class SetAsideEntry(TypedDict):
    source: str
    reason: str
    source_page: int | None
    explanation: str


class Manifest(TypedDict):
    pages: list[PageEntry]
    documents: list[DocumentEntry]
    dossiers: list[DossierEntry]
    balance: dict[str, int]
    set_aside: list[SetAsideEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where a dossier's PDFs were put, relative to the manifest; ``slip`` is None for an unsealed one."""

    pdf: Path
    slip: Path | None


def manifest(ledger: Ledger, batches: Sequence[BatchId], files: Mapping[DossierId, Files]) -> Manifest:
    """All of some batches; ``files`` by dossier id."""
    dossiers = ledger.dossiers(batches)
    documents = [document for dossier in dossiers for document in dossier.documents]
    holder = {page: document for document in documents for page in document.pages}
    balance = ledger.balance(batches)
    read_pages = (read for batch in batches for read in ledger.pages(batch) if not read.set_aside)
    return Manifest(
        pages=[_page(read, holder.get(read.page.id)) for read in read_pages],
        documents=[document_entry(document) for document in documents],
        dossiers=[_dossier(dossier, ledger.receipt(dossier.id), files[dossier.id]) for dossier in dossiers],
        balance={name: getattr(balance, name) for name in ("captured", "kept", "blank", "set_aside", "separators")},
        set_aside=[_set_aside(aside) for aside in ledger.set_asides(batches)],
    )


def dump(entry: object) -> str:
    """One line of JSON, Vietnamese as it is."""
    return json.dumps(entry, ensure_ascii=False)


def _page(read: ReadPage, document: Document | None) -> PageEntry:
    reading = read.reading
    return PageEntry(
        id=read.page.id,
        source=read.page.origin.untrusted_name,
        source_page=read.page.origin.page,
        sha256=read.page.blob,
        skew_deg=round(reading.skew_deg, 3) if reading else 0.0,
        turn_deg=reading.turn_deg if reading else 0,
        blank=reading.blank if reading else False,
        confidence=round(reading.confidence, 4) if reading else 0.0,
        text=reading.text.text if reading else "",
        document=document.id if document else None,
        seconds=round(reading.seconds, 3) if reading else 0.0,
        separator=read.page.separator is not None,
    )


def document_entry(document: Document) -> DocumentEntry:
    guess = document.confirmed or document.guess
    return DocumentEntry(id=document.id, pages=list(document.pages), title=document.title, **guess_entry(guess))


def guess_entry(guess: Classification) -> Guess:
    """What the machine thinks of a document, and why."""
    return Guess(
        procedure=guess.procedure,
        component=guess.component,
        score=round(guess.score, 4),
        runner_up=guess.runner_up,
        abstained=guess.abstained,
        evidence=list(guess.evidence),
        cue=guess.cue,
    )


def _dossier(dossier: Dossier, receipt: Receipt | None, files: Files) -> DossierEntry:
    return DossierEntry(
        id=dossier.id,
        procedure=dossier.procedure,
        documents=[document.id for document in dossier.documents],
        missing=list(dossier.missing),
        pdf=str(files.pdf),
        receipt=None if receipt is None or files.slip is None else _receipt(receipt, files.slip),
    )


def _receipt(receipt: Receipt, slip: Path) -> ReceiptEntry:
    due = receipt.due.at
    return ReceiptEntry(
        number=receipt.number,
        issued_at=receipt.issued_at.isoformat(timespec="seconds"),
        due_at=None if due is None else due.isoformat(timespec="seconds"),
        pdf=str(slip),
    )


def _set_aside(aside: SetAside) -> SetAsideEntry:
    return SetAsideEntry(
        source=aside.source, reason=aside.reason, source_page=aside.page, explanation=explain(aside.reason)
    )

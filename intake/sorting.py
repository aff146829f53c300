"""From read pages to the station's own proposal: the pure parts - classify, assemble - joined with identities.

Identities come from the batch alone, so that sorting twice names everything alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from intake.assemble import AssemblyPage, DocumentDraft, Proposal, assemble
from intake.classify import Classifier
from intake.ledger import ReadPage
from intake.model import BatchId, Catalogue, Classification, Document, DocumentId, Dossier, DossierId
from ocr.text import PageText


class Sorter:
    """The catalogue with its classifier, prepared once; then about 10 ms a page. Holds no state of any page."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._classifier = Classifier(catalogue)

    def page(self, read: ReadPage) -> AssemblyPage:
        """What sorting needs of a page of a batch."""
        reading = read.reading
        text = reading.text if reading else PageText()
        return AssemblyPage(
            id=read.page.id,
            seq=read.page.seq,
            text=text,
            guess=self._classifier.classify(text),
            blank=reading.blank if reading else False,
            separator=read.page.separator,
            code=reading.dossier_code if reading else None,
        )

    def sort(self, pages: Sequence[AssemblyPage]) -> Proposal:
        """Documents and dossiers of one stack."""
        return assemble(pages, self._catalogue)

    def classify(self, text: PageText) -> Classification:
        return self._classifier.classify(text)


def propose(sorter: Sorter, batch: BatchId, pages: Sequence[ReadPage], now: datetime) -> tuple[Dossier, ...]:
    """Dossiers with their documents; every page but separators and those set aside is in exactly one."""
    proposal = sorter.sort([sorter.page(read) for read in pages if not read.set_aside])
    documents = [_document(batch, number, draft) for number, draft in enumerate(proposal.documents, start=1)]
    return tuple(
        Dossier(
            id=DossierId(f"{batch}-{number}"),
            batch=batch,
            procedure=draft.procedure,
            documents=tuple(documents[index] for index in draft.documents),
            missing=draft.missing,
            opened_at=now,
            official_code=draft.code,
        )
        for number, draft in enumerate(proposal.dossiers, start=1)
    )


def _document(batch: BatchId, number: int, draft: DocumentDraft) -> Document:
    return Document(
        id=DocumentId(f"{batch}-d{number:03d}"), batch=batch, pages=draft.pages, title=draft.title, guess=draft.guess
    )

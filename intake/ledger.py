"""Looking things up: every question the station is asked about its facts. Changes nothing.

A page's reading is the newest one it has; the books of a batch are counted anew each time.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, FromClause, Row, Select, and_, exists, func, select

from intake import record, schema
from intake.database import Database
from intake.errors import NotFound
from intake.labels import say
from intake.model import (
    Balance,
    Batch,
    BatchId,
    BlobId,
    ClaimId,
    Document,
    DocumentId,
    Dossier,
    DossierId,
    Origin,
    Page,
    PageId,
    PageReading,
    ProcedureCode,
    Publication,
    Receipt,
    Sealed,
    SetAside,
    WorkKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The station at a glance; the keys of ``intake status --json``."""

    pages: int
    read: int
    documents: int
    dossiers: int
    sealed: int
    waiting: int
    faults: int
    set_aside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """A page with its newest reading, if any, and whether it was set aside."""

    page: Page
    reading: PageReading | None
    set_aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A duty that failed at least once and has not been done since."""

    kind: WorkKind
    subject: str
    lane: str
    attempts: int
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A file that is ours and waits for adoption; ``source`` is the name under which it came."""

    lane: str
    source: str
    path: str
    batch: BatchId | None


class Ledger:
    """Questions to one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def _rows(self, query: Select[tuple[object, ...]]) -> list[Row[tuple[object, ...]]]:
        with self.database.reading() as connection:
            return list(connection.execute(query).all())

    def counts(self) -> Counts:
        """How much of everything there is now."""
        work, aside = schema.work, schema.set_aside
        with self.database.reading() as connection:
            return Counts(
                pages=_count(connection, select(schema.page.c.id)),
                read=_count(connection, select(schema.reading.c.page).distinct()),
                documents=_count(connection, select(schema.document.c.id)),
                dossiers=_count(connection, select(schema.dossier.c.id)),
                sealed=_count(connection, select(schema.receipt.c.dossier)),
                waiting=_count(connection, select(work.c.id)),
                faults=_count(connection, select(work.c.id).where(work.c.fault.is_not(None))),
                set_aside=_count(connection, select(aside.c.id).where(aside.c.returned_at.is_(None))),
            )

    def faults(self) -> tuple[Fault, ...]:
        """What failed and waits for another try, oldest first."""
        table = schema.work
        rows = self._rows(select(table).where(table.c.fault.is_not(None)).order_by(table.c.id))
        return tuple(
            Fault(kind=WorkKind(row.kind), subject=row.subject, lane=row.lane, attempts=row.attempts, fault=row.fault)
            for row in rows
        )

    def set_asides(self, batches: Collection[BatchId] | None = None) -> tuple[SetAside, ...]:
        """What was set aside and not put back: of the whole station, or of some batches."""
        table = schema.set_aside
        query = select(table).where(table.c.returned_at.is_(None))
        if batches is not None:
            query = query.where(table.c.batch.in_(batches))
        return tuple(record.set_aside_of(row) for row in self._rows(query.order_by(table.c.at, table.c.id)))

    # --- intake ----------------------------------------------------------------------------------------

    def claim(self, claim: ClaimId) -> Claimed | None:
        """A claimed file that is not yet adopted; None once it is (or never was)."""
        table = schema.claim
        rows = self._rows(select(table).where(table.c.id == claim, table.c.adopted_at.is_(None)))
        return next((_claimed(row) for row in rows), None)

    def is_adopted(self, claim: ClaimId) -> bool:
        """Whether a claimed file's pages are stored, so that the file may go."""
        table = schema.claim
        return bool(self._rows(select(table.c.id).where(table.c.id == claim, table.c.adopted_at.is_not(None))))

    def is_known(self, claim: ClaimId) -> bool:
        return bool(self._rows(select(schema.claim.c.id).where(schema.claim.c.id == claim)))

    def kept_at(self, claim: ClaimId) -> str | None:
        """Where a set-aside file itself is kept, when its bytes could not safely go into the vault."""
        rows = self._rows(select(schema.set_aside.c.kept_at).where(schema.set_aside.c.id == claim))
        return str(rows[0][0]) if rows and rows[0][0] is not None else None

    # --- batches ---------------------------------------------------------------------------------------

    def batches(self, *, open_only: bool = False) -> tuple[Batch, ...]:
        """All batches, oldest first."""
        query = select(schema.batch).order_by(schema.batch.c.opened_at, schema.batch.c.id)
        if open_only:
            query = query.where(schema.batch.c.closed_at.is_(None))
        return tuple(record.batch_of(row) for row in self._rows(query))

    def batch(self, batch: BatchId) -> Batch:
        rows = self._rows(select(schema.batch).where(schema.batch.c.id == batch))
        if not rows:
            raise NotFound(say("batch.unknown", batch=batch))
        return record.batch_of(rows[0])

    def pages(self, batch: BatchId) -> tuple[ReadPage, ...]:
        """A batch's pages in order, each with its newest reading."""
        query = _READ_PAGES.where(schema.page.c.batch == batch)
        return tuple(_read_page(row) for row in self._rows(query.order_by(schema.page.c.seq)))

    def page(self, page: PageId) -> ReadPage:
        rows = self._rows(_READ_PAGES.where(schema.page.c.id == page))
        if not rows:
            raise NotFound(say("page.unknown", page=page))
        return _read_page(rows[0])

    def balance(self, batches: Collection[BatchId]) -> Balance:
        """The books of some batches: every captured page in exactly one heap."""
        total = Counter(heap for batch in batches for _, heap in self.heaps(batch))
        total["set_aside"] += sum(1 for aside in self._all_asides(batches) if aside.page is None)
        return _balance(total)

    def dossier_balance(self, dossier: Dossier) -> Balance:
        """The books of one dossier: its batch's, or where separators part a batch, those of its own stretch.

        A page set aside belongs to the dossier whose pages came before it.
        """
        if len(self.dossiers((dossier.batch,))) == 1:
            return self.balance((dossier.batch,))
        own = {page for document in dossier.documents for page in document.pages}
        total: Counter[str] = Counter()
        inside = False
        for page, heap in self.heaps(dossier.batch):
            inside = page in own or (inside and heap == "set_aside")
            total[heap] += inside
        return _balance(total)

    def heaps(self, batch: BatchId) -> tuple[tuple[PageId, str], ...]:
        """A batch's pages in order, each with the heap of :class:`Balance` it lies on."""
        page = schema.page
        facts = (page.c.id, page.c.separator, schema.reading.c.blank, _WAS_ASIDE)
        query = select(*facts).select_from(_NEWEST_READINGS).where(page.c.batch == batch).order_by(page.c.seq)
        return tuple((PageId(row.id), _heap(row)) for row in self._rows(query))

    def _all_asides(self, batches: Collection[BatchId]) -> list[SetAside]:
        query = select(schema.set_aside).where(schema.set_aside.c.batch.in_(batches))
        return [record.set_aside_of(row) for row in self._rows(query)]

    def unfinished(self, batches: Collection[BatchId]) -> int:
        """How many duties some batches still have."""
        with self.database.reading() as connection:
            return _count(connection, select(schema.work.c.id).where(schema.work.c.batch.in_(batches)))

    def is_owing(self, kinds: Collection[WorkKind], batches: Collection[BatchId] | None, attempts: int) -> bool:
        """Whether a duty of these kinds (and batches, if given) has failed fewer than ``attempts`` times."""
        work = schema.work
        query = select(work.c.id).where(work.c.kind.in_(kinds), work.c.attempts < attempts)
        if batches is not None:
            query = query.where(work.c.batch.in_(batches))
        return bool(self._rows(query.limit(1)))

    def progress(self, batches: Collection[BatchId]) -> Progress:
        """How many of the pages known so far are read, set aside or separators."""
        with self.database.reading() as connection:
            known = _count(connection, select(schema.page.c.id).where(schema.page.c.batch.in_(batches)))
            owed = select(schema.work.c.id).where(schema.work.c.batch.in_(batches), schema.work.c.kind == WorkKind.READ)
            return Progress(known=known, done=known - _count(connection, owed))

    # --- dossiers --------------------------------------------------------------------------------------

    def dossiers(self, batches: Collection[BatchId] | None = None) -> tuple[Dossier, ...]:
        """Dossiers with their documents, in the order of batches; of some batches only if given."""
        query = _dossier_query().order_by(schema.dossier.c.batch, schema.dossier.c.seq)
        if batches is not None:
            query = query.where(schema.dossier.c.batch.in_(batches))
        return tuple(self._with_documents(row) for row in self._rows(query))

    def dossier(self, dossier: DossierId) -> Dossier:
        rows = self._rows(_dossier_query().where(schema.dossier.c.id == dossier))
        if not rows:
            raise NotFound(say("seal.no_dossier", dossier=dossier))
        return self._with_documents(rows[0])

    def receipt(self, dossier: DossierId) -> Receipt | None:
        """The receipt as it was frozen, if the dossier is sealed."""
        rows = self._rows(select(schema.receipt.c.body).where(schema.receipt.c.dossier == dossier))
        return record.unpack_receipt(str(rows[0][0])) if rows else None

    def publication(self, dossier: DossierId) -> Publication | None:
        table = schema.publication
        rows = self._rows(select(table).where(table.c.dossier == dossier))
        return next((Publication(slip=BlobId(row.slip), pdf=BlobId(row.pdf)) for row in rows), None)

    def published(self) -> tuple[DossierId, ...]:
        return tuple(DossierId(str(row[0])) for row in self._rows(select(schema.publication.c.dossier)))

    def _with_documents(self, row: Row[tuple[object, ...]]) -> Dossier:
        table, link = schema.document, schema.document_page
        papers = self._rows(select(table).where(table.c.dossier == row.id).order_by(table.c.seq))
        links = self._rows(
            select(link.c.document, link.c.page)
            .join(table, table.c.id == link.c.document)
            .where(table.c.dossier == row.id)
            .order_by(link.c.document, link.c.seq)
        )
        documents = tuple(
            Document(
                id=DocumentId(paper.id),
                batch=BatchId(row.batch),
                pages=tuple(PageId(row.page) for row in links if row.document == paper.id),
                title=paper.title,
                guess=record.unpack_guess(paper.guess),
            )
            for paper in papers
        )
        return _dossier(row, documents)

    # --- the vault's books -----------------------------------------------------------------------------

    def blobs_in_use(self) -> Iterator[BlobId]:
        """Every blob that some row names."""
        columns = (
            schema.page.c.blob,
            schema.reading.c.image,
            schema.set_aside.c.blob,
            schema.publication.c.slip,
            schema.publication.c.pdf,
        )
        for column in columns:
            for row in self._rows(select(column).where(column.is_not(None)).distinct()):
                yield BlobId(str(row[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Pages known so far, and how many of them are done."""

    known: int
    done: int


def _claimed(row: Row[tuple[object, ...]]) -> Claimed:
    batch = None if row.batch is None else BatchId(row.batch)
    return Claimed(lane=row.lane, source=row.source, path=os.fsdecode(row.path), batch=batch)


def _count(connection: Connection, query: Select[tuple[object]]) -> int:
    return int(connection.scalar(select(func.count()).select_from(query.subquery())) or 0)


_WAS_ASIDE = exists().where(schema.set_aside.c.page == schema.page.c.id).label("was_set_aside")


def _newest_readings() -> FromClause:
    """Pages, each beside its newest reading."""
    page, reading = schema.page, schema.reading
    any_of_it = reading.alias("any_reading")
    newest = select(func.max(any_of_it.c.read_at)).where(any_of_it.c.page == page.c.id).scalar_subquery()
    return page.outerjoin(reading, and_(reading.c.page == page.c.id, reading.c.read_at == newest))


_NEWEST_READINGS = _newest_readings()
_READING_FACTS = tuple(column for column in schema.reading.c if column.name != "page")
_READ_PAGES = select(schema.page, *_READING_FACTS, _WAS_ASIDE).select_from(_NEWEST_READINGS)


def _read_page(row: Row[tuple[object, ...]]) -> ReadPage:
    origin = Origin(untrusted_name=row.source, page=row.source_page)
    page = Page(
        id=PageId(row.id),
        batch=BatchId(row.batch),
        seq=row.seq,
        lane=row.lane,
        blob=BlobId(row.blob),
        origin=origin,
        received_at=row.received_at,
        separator=row.separator,
    )
    reading = None if row.recipe is None else record.reading_of(row)
    return ReadPage(page=page, reading=reading, set_aside=bool(row.was_set_aside) and reading is None)


def _heap(row: Row[tuple[object, ...]]) -> str:
    if row.separator is not None:
        return "separators"
    if row.blank is None:
        return "set_aside" if row.was_set_aside else "kept"
    return "blank" if row.blank else "kept"


def _balance(heaps: Counter[str]) -> Balance:
    return Balance(captured=heaps.total(), **heaps)


def _dossier_query() -> Select[tuple[object, ...]]:
    receipt = schema.receipt
    decided = (receipt.c.act, receipt.c.issued_at, receipt.c.body)
    return select(schema.dossier, *decided).select_from(schema.dossier.outerjoin(receipt))


def _dossier(row: Row[tuple[object, ...]], documents: tuple[Document, ...]) -> Dossier:
    """The dossier as it stands: the machine's proposal, or what the clerk decided when sealing."""
    receipt = None if row.body is None else record.unpack_receipt(row.body)
    proposal = Dossier(
        id=DossierId(row.id),
        batch=BatchId(row.batch),
        procedure=None if row.procedure is None else ProcedureCode(row.procedure),
        documents=documents,
        missing=record.unpack_names(row.missing),
        opened_at=row.opened_at,
        official_code=row.official_code,
    )
    return proposal if receipt is None else _as_sealed(proposal, receipt, row.act)


def _as_sealed(proposal: Dossier, receipt: Receipt, act: str) -> Dossier:
    return Dossier(
        id=proposal.id,
        batch=proposal.batch,
        procedure=receipt.procedure_code,
        documents=proposal.documents,
        missing=receipt.missing,
        opened_at=proposal.opened_at,
        applicant=receipt.applicant,
        official_code=receipt.official_code,
        sealed=Sealed(clerk=receipt.clerk or act, at=receipt.issued_at, act=act),
    )

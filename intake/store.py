"""Every transaction that adds a fact, one method each, named in the words of the counter.

All of a method happens or none of it, and doing it twice is doing it once: after a crash the caller may simply
call again. Reading is in :mod:`intake.ledger`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Select, and_, exists, func, insert, or_, select, update

from intake import duties, record, schema
from intake.database import Database
from intake.duties import Duty
from intake.errors import AlreadySealed, NotFound
from intake.labels import say
from intake.model import (
    Batch,
    BatchId,
    BlobId,
    ClaimId,
    Dossier,
    DossierId,
    PageId,
    PageReading,
    Priority,
    Publication,
    Receipt,
    SetAside,
    WorkKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One page of an adopted file: its separator text, or why it cannot be read, or neither."""

    separator: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why and when something was set aside; ``reason`` is a key of ``[reason]`` in labels.vi.toml."""

    reason: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileClaim:
    """A file that was taken in. ``path`` is where its bytes lie until they are in the vault.

    ``batch`` is given when the file belongs to one known batch, None when to whatever is open in the lane.
    """

    id: ClaimId
    lane: str
    untrusted_source: str
    path: str
    batch: BatchId | None
    at: datetime


class Store:
    """The facts of one station."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # --- batches ---------------------------------------------------------------------------------------

    def open_batch(self, batch: Batch, source: str = "") -> None:
        """Open a batch by somebody's word; what was open in the lane is closed as soon as its files are in."""
        with self.database.writing() as connection:
            _ask_to_close(connection, batch.lane, batch.opened_at)
            _insert_batch(connection, batch, explicit=True, source=source)

    def ask_to_close(self, lane: str, now: datetime) -> int:
        """Close what is open in a lane once the files that came before ``now`` are in; how many batches that is."""
        with self.database.writing() as connection:
            return _ask_to_close(connection, lane, now)

    def close_batch(self, batch: BatchId, now: datetime) -> None:
        """Close a batch now; it is sorted when its last page is read."""
        with self.database.writing() as connection:
            _close(connection, batch, now)

    def close_quiet(self, lane: str, now: datetime, quiet: timedelta) -> None:
        """Close a lane's batches whose time has come: asked for, or nothing came for ``quiet``.

        To be called only while no file waits in the lane; files claimed but not yet adopted hold a batch open.
        """
        table, page, claim = schema.batch, schema.page, schema.claim
        last = select(func.max(page.c.received_at)).where(page.c.batch == table.c.id).scalar_subquery()
        still = func.coalesce(last, table.c.opened_at)
        pending = exists().where(claim.c.lane == lane, claim.c.adopted_at.is_(None), claim.c.batch.is_(None))
        due = or_(table.c.close_asked_at.is_not(None), and_(table.c.explicit.is_(False), still <= now - quiet))
        query = select(table.c.id).where(table.c.lane == lane, table.c.closed_at.is_(None), due, ~pending)
        with self.database.writing() as connection:
            for batch in connection.scalars(query).all():
                _close(connection, BatchId(batch), now)

    def capture(self, batch: Batch, source: str, claims: Sequence[FileClaim]) -> None:
        """A batch whose files are all known: claim them and close it, in one transaction."""
        with self.database.writing() as connection:
            _insert_batch(connection, batch, explicit=True, source=source)
            for claim in claims:
                _insert_claim(connection, claim, batch.priority)

    # --- files -----------------------------------------------------------------------------------------

    def claim_file(self, claim: FileClaim, priority: int = Priority.COUNTER) -> None:
        """Note that a file is ours now, and owe its adoption."""
        with self.database.writing() as connection:
            known = connection.execute(select(schema.claim.c.id).where(schema.claim.c.id == claim.id)).first()
            if known is not None:
                return
            _insert_claim(connection, claim, priority)

    def adopt(self, claim: ClaimId, blob: BlobId, pages: Sequence[Captured], now: datetime) -> None:
        """Give a file's pages their identity, their batch and their order, and owe their reading.

        A separator sheet ends a batch that nobody opened by word; inside an opened one it only parts dossiers.
        """
        with self.database.writing() as connection:
            row = _unadopted(connection, claim)
            if row is None:
                return
            touched: set[BatchId] = set()
            for number, captured in enumerate(pages, start=1):
                batch = _batch_for(connection, row, now)
                touched.add(BatchId(batch.id))
                page = PageId(f"{claim}-{number:04d}")
                seq = _next_seq(connection, batch.id)
                values = {
                    "id": page,
                    "batch": batch.id,
                    "seq": seq,
                    "lane": row.lane,
                    "blob": blob,
                    "source": row.source,
                }
                extra = {"source_page": number, "received_at": now, "separator": captured.separator}
                connection.execute(insert(schema.page).values(**values, **extra))
                _owe_page(connection, page, captured, now)
                if captured.separator is not None and not batch.explicit and seq > 1:
                    _close(connection, BatchId(batch.id), now)
            _mark_adopted(connection, claim, now)
            for batch_id in touched:
                _sort_when_ready(connection, batch_id, now)

    def set_file_aside(self, claim: ClaimId, aside: SetAside) -> None:
        """Keep a file that cannot become pages, with the reason, in sight of the clerk."""
        with self.database.writing() as connection:
            row = _unadopted(connection, claim)
            if row is None:
                return
            batch = row.batch or _open_batch_id(connection, row)
            _insert_aside(connection, aside, page=None, batch=batch)
            _mark_adopted(connection, claim, aside.at)
            if batch is not None:
                _sort_when_ready(connection, BatchId(batch), aside.at)

    def set_orphan_aside(self, blob: BlobId, name: str, now: datetime) -> None:
        """Lay a blob that no row names before the clerk, in no lane and no batch."""
        aside = SetAside(
            id=blob[:48],
            lane="",
            source=name,
            page=None,
            reason="orphan",
            detail="",
            blob=blob,
            kept_at=None,
            batch=None,
            at=now,
        )
        with self.database.writing() as connection:
            _insert_aside(connection, aside, page=None, batch=None)

    def owe(self, duty: Duty, now: datetime) -> None:
        """Add a duty that was forgotten."""
        with self.database.writing() as connection:
            duties.add(connection, duty, now)

    def mark_returned(self, aside: str, now: datetime) -> None:
        """A set-aside file was put back into its lane and begins anew there."""
        with self.database.writing() as connection:
            connection.execute(update(schema.set_aside).where(schema.set_aside.c.id == aside).values(returned_at=now))

    # --- pages -----------------------------------------------------------------------------------------

    def record_reading(self, reading: PageReading, now: datetime) -> None:
        """Store what a page says; the last reading of a closed batch owes its sorting."""
        with self.database.writing() as connection:
            key = (schema.reading.c.page == reading.page, schema.reading.c.recipe == reading.recipe)
            if connection.execute(select(schema.reading.c.page).where(*key)).first() is None:
                connection.execute(insert(schema.reading).values(**_reading_row(reading), read_at=now))
            _page_is_done(connection, reading.page, now)

    def set_page_aside(self, page: PageId, why: Why) -> None:
        """Keep a page that cannot be read, with the reason; its batch goes on without it."""
        with self.database.writing() as connection:
            _insert_page_aside(connection, page, why)
            _page_is_done(connection, page, why.at)

    # --- dossiers --------------------------------------------------------------------------------------

    def record_sorting(self, batch: BatchId, dossiers: Sequence[Dossier]) -> None:
        """Store the machine's proposal for a batch, once; a second proposal for the same batch changes nothing."""
        with self.database.writing() as connection:
            there = select(schema.dossier.c.id).where(schema.dossier.c.batch == batch)
            if connection.execute(there).first() is None:
                for seq, dossier in enumerate(dossiers, start=1):
                    _insert_dossier(connection, dossier, seq)
            duties.drop(connection, WorkKind.SORT, batch)

    def seal(self, dossier: DossierId, act: str, series: str, write: Callable[[int], Receipt]) -> Receipt:
        """Allocate the next number of the series and freeze the receipt that ``write(seq)`` makes of it.

        Exactly one number a dossier, no gaps: number, receipt and the duty to publish are one transaction.
        Raises AlreadySealed if the dossier has its receipt, NotFound if there is no such dossier.
        """
        with self.database.writing() as connection:
            row = connection.execute(_dossier_with_receipt(dossier)).first()
            if row is None:
                raise NotFound(say("seal.no_dossier", dossier=dossier))
            if row.number is not None:
                raise AlreadySealed(say("seal.already", dossier=dossier, number=row.number))
            receipt = write(_next_number(connection, series))
            _insert_receipt(connection, receipt, act, series)
            duty = Duty(kind=WorkKind.SEAL, subject=dossier, lane=row.lane, batch=row.batch, priority=row.priority)
            duties.add(connection, duty, receipt.issued_at)
            return receipt

    def record_publication(self, dossier: DossierId, papers: Publication, now: datetime) -> None:
        """The slip and the dossier are in the vault; the duty is done."""
        with self.database.writing() as connection:
            table = schema.publication
            if connection.execute(select(table.c.dossier).where(table.c.dossier == dossier)).first() is None:
                connection.execute(insert(table).values(dossier=dossier, slip=papers.slip, pdf=papers.pdf, at=now))
            duties.drop(connection, WorkKind.SEAL, dossier)


def _insert_batch(connection: Connection, batch: Batch, *, explicit: bool, source: str) -> None:
    values = {"id": batch.id, "kind": batch.kind, "lane": batch.lane, "priority": batch.priority}
    stated = {"explicit": explicit, "source": source, "opened_at": batch.opened_at}
    stated["closed_at"] = batch.closed_at
    connection.execute(insert(schema.batch).values(**values, **stated))


def _insert_claim(connection: Connection, claim: FileClaim, priority: int) -> None:
    values = {"id": claim.id, "lane": claim.lane, "source": claim.untrusted_source}
    connection.execute(
        insert(schema.claim).values(**values, path=os.fsencode(claim.path), batch=claim.batch, claimed_at=claim.at)
    )
    duty = Duty(kind=WorkKind.ADOPT, subject=claim.id, lane=claim.lane, batch=claim.batch, priority=priority)
    duties.add(connection, duty, claim.at)


def _ask_to_close(connection: Connection, lane: str, now: datetime) -> int:
    table = schema.batch
    waiting = (table.c.lane == lane, table.c.closed_at.is_(None), table.c.close_asked_at.is_(None))
    return connection.execute(update(table).where(*waiting).values(close_asked_at=now)).rowcount


def _close(connection: Connection, batch: BatchId, now: datetime) -> None:
    open_one = (schema.batch.c.id == batch, schema.batch.c.closed_at.is_(None))
    connection.execute(update(schema.batch).where(*open_one).values(closed_at=now))
    _sort_when_ready(connection, batch, now)


def _unadopted(connection: Connection, claim: ClaimId) -> Row[tuple[object, ...]] | None:
    table = schema.claim
    row = connection.execute(select(table).where(table.c.id == claim, table.c.adopted_at.is_(None))).first()
    if row is None:
        duties.drop(connection, WorkKind.ADOPT, claim)
    return row


def _open_batch_id(connection: Connection, claim: Row[tuple[object, ...]]) -> str | None:
    table = schema.batch
    in_time = or_(table.c.close_asked_at.is_(None), table.c.close_asked_at >= claim.claimed_at)
    query = select(table.c.id).where(table.c.lane == claim.lane, table.c.closed_at.is_(None), in_time)
    found: str | None = connection.scalar(query.order_by(table.c.opened_at, table.c.id).limit(1))
    return found


def _batch_for(connection: Connection, claim: Row[tuple[object, ...]], now: datetime) -> Row[tuple[object, ...]]:
    """The batch a page of this claim belongs to; opened here if the lane has none open."""
    batch = claim.batch or _open_batch_id(connection, claim)
    if batch is None:
        count = connection.scalar(select(func.count()).where(schema.page.c.id.startswith(f"{claim.id}-")))
        batch = f"{claim.id}B{count}" if count else f"{claim.id}B"
        values = {"id": batch, "kind": "counter", "lane": claim.lane, "source": "", "priority": Priority.COUNTER}
        connection.execute(insert(schema.batch).values(**values, explicit=False, opened_at=now))
    return connection.execute(select(schema.batch).where(schema.batch.c.id == batch)).one()


def _next_seq(connection: Connection, batch: str) -> int:
    return (connection.scalar(select(func.max(schema.page.c.seq)).where(schema.page.c.batch == batch)) or 0) + 1


def _owe_page(connection: Connection, page: PageId, captured: Captured, now: datetime) -> None:
    """What a new page still needs: a reading, a clerk's eye, or (a separator) nothing."""
    if captured.fault is not None:
        _insert_page_aside(connection, page, Why(reason=captured.fault, detail="", at=now))
    elif captured.separator is None:
        row = _page_row(connection, page)
        priority = connection.scalar(select(schema.batch.c.priority).where(schema.batch.c.id == row.batch))
        duty = Duty(kind=WorkKind.READ, subject=page, lane=row.lane, batch=row.batch, priority=priority or 0)
        duties.add(connection, duty, now)


def _page_row(connection: Connection, page: PageId) -> Row[tuple[object, ...]]:
    return connection.execute(select(schema.page).where(schema.page.c.id == page)).one()


def _mark_adopted(connection: Connection, claim: ClaimId, now: datetime) -> None:
    connection.execute(update(schema.claim).where(schema.claim.c.id == claim).values(adopted_at=now))
    duties.drop(connection, WorkKind.ADOPT, claim)


def _page_is_done(connection: Connection, page: PageId, now: datetime) -> None:
    duties.drop(connection, WorkKind.READ, page)
    _sort_when_ready(connection, BatchId(_page_row(connection, page).batch), now)


def _sort_when_ready(connection: Connection, batch: BatchId, now: datetime) -> None:
    """Owe the sorting of a closed batch none of whose pages is still to be adopted or read."""
    row = connection.execute(select(schema.batch).where(schema.batch.c.id == batch)).one()
    table = schema.work
    open_kinds = (WorkKind.ADOPT, WorkKind.READ)
    owed = connection.execute(select(table.c.id).where(table.c.batch == batch, table.c.kind.in_(open_kinds))).first()
    sorted_before = connection.execute(select(schema.dossier.c.id).where(schema.dossier.c.batch == batch)).first()
    if row.closed_at is not None and owed is None and sorted_before is None:
        duty = Duty(kind=WorkKind.SORT, subject=batch, lane=row.lane, batch=batch, priority=row.priority)
        duties.add(connection, duty, now)


def _insert_page_aside(connection: Connection, page: PageId, why: Why) -> None:
    row = _page_row(connection, page)
    aside = SetAside(
        id=page,
        lane=row.lane,
        source=row.source,
        page=row.source_page,
        reason=why.reason,
        detail=why.detail,
        blob=row.blob,
        kept_at=None,
        batch=row.batch,
        at=why.at,
    )
    _insert_aside(connection, aside, page=page, batch=row.batch)


def _insert_aside(connection: Connection, aside: SetAside, *, page: PageId | None, batch: str | None) -> None:
    table = schema.set_aside
    if connection.execute(select(table.c.id).where(table.c.id == aside.id)).first() is not None:
        return
    what = {"id": aside.id, "lane": aside.lane, "source": aside.source, "source_page": aside.page, "page": page}
    why = {"reason": aside.reason, "detail": aside.detail, "at": aside.at}
    where = {"blob": aside.blob, "kept_at": aside.kept_at, "batch": batch}
    connection.execute(insert(table).values(**what, **why, **where))


def _reading_row(reading: PageReading) -> dict[str, object]:
    plain = ("page", "recipe", "image", "width", "height", "dpi", "skew_deg", "turn_deg", "blank", "sharpness")
    row: dict[str, object] = {name: getattr(reading, name) for name in plain}
    measured = {"confidence": reading.confidence, "seconds": reading.seconds, "dossier_code": reading.dossier_code}
    return row | measured | {"text": record.pack_text(reading.text)}


def _insert_dossier(connection: Connection, dossier: Dossier, seq: int) -> None:
    values = {"id": dossier.id, "batch": dossier.batch, "seq": seq, "procedure": dossier.procedure}
    stated = {"missing": record.pack_names(dossier.missing), "official_code": dossier.official_code}
    connection.execute(insert(schema.dossier).values(**values, **stated, opened_at=dossier.opened_at))
    for number, document in enumerate(dossier.documents, start=1):
        paper = {"id": document.id, "dossier": dossier.id, "seq": number, "title": document.title}
        connection.execute(insert(schema.document).values(**paper, guess=record.pack_guess(document.guess)))
        for place, page in enumerate(document.pages, start=1):
            connection.execute(insert(schema.document_page).values(page=page, document=document.id, seq=place))


def _dossier_with_receipt(dossier: DossierId) -> Select[tuple[str, str, int, str]]:
    joined = schema.dossier.join(schema.batch).outerjoin(schema.receipt)
    columns = (schema.dossier.c.batch, schema.batch.c.lane, schema.batch.c.priority, schema.receipt.c.number)
    return select(*columns).select_from(joined).where(schema.dossier.c.id == dossier)


def _next_number(connection: Connection, series: str) -> int:
    """The series' next number. Safe under two writers because writing transactions queue up (see database)."""
    table = schema.counter
    value = connection.scalar(select(table.c.value).where(table.c.name == series))
    if value is None:
        connection.execute(insert(table).values(name=series, value=1))
        return 1
    connection.execute(update(table).where(table.c.name == series).values(value=value + 1))
    return int(value) + 1


def _insert_receipt(connection: Connection, receipt: Receipt, act: str, series: str) -> None:
    number = {"dossier": receipt.dossier, "number": receipt.number, "series": series, "year": receipt.year}
    when = {"seq": receipt.seq, "issued_at": receipt.issued_at, "due_at": receipt.due.at}
    connection.execute(insert(schema.receipt).values(**number, **when, act=act, body=record.pack_receipt(receipt)))

"""Duties that should be there and are not: what is stored shows that something still has to be done.

Every transaction that leaves work owes it in the same breath, so this finds nothing; it is how ``intake check``
knows that, and how it puts right a database that was mended by hand or restored in part.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, String, exists, select
from sqlalchemy.sql.elements import KeyedColumnElement

from intake import schema
from intake.database import Database
from intake.duties import Duty
from intake.model import WorkKind


def forgotten(database: Database) -> tuple[Duty, ...]:
    """The missing duties: to read, to sort, to publish."""
    found: list[Duty] = []
    with database.reading() as connection:
        for kind, query in _QUERIES.items():
            rows = connection.execute(query).all()
            found += [
                Duty(kind=kind, subject=row.subject, lane=row.lane, batch=row.batch, priority=row.priority)
                for row in rows
            ]
    return tuple(found)


def _unread() -> Select[tuple[str, str, str, int]]:
    """Ordinary pages without a reading that nobody set aside."""
    page, batch = schema.page, schema.batch
    read = exists().where(schema.reading.c.page == page.c.id)
    aside = exists().where(schema.set_aside.c.page == page.c.id)
    query = select(page.c.id.label("subject"), page.c.lane, page.c.batch, batch.c.priority)
    waiting = (page.c.separator.is_(None), ~read, ~aside, ~_owed(WorkKind.READ, page.c.id))
    return query.join(batch, batch.c.id == page.c.batch).where(*waiting)


def _unsorted() -> Select[tuple[str, str, str, int]]:
    """Closed batches with pages, nothing left to adopt or read, and no proposal."""
    batch, work = schema.batch, schema.work
    busy = exists().where(work.c.batch == batch.c.id)
    pages = exists().where(schema.page.c.batch == batch.c.id)
    proposed = exists().where(schema.dossier.c.batch == batch.c.id)
    query = select(batch.c.id.label("subject"), batch.c.lane, batch.c.id.label("batch"), batch.c.priority)
    return query.where(batch.c.closed_at.is_not(None), pages, ~busy, ~proposed)


def _unpublished() -> Select[tuple[str, str, str, int]]:
    """Numbered receipts whose papers were never made."""
    receipt, dossier, batch = schema.receipt, schema.dossier, schema.batch
    made = exists().where(schema.publication.c.dossier == receipt.c.dossier)
    query = select(receipt.c.dossier.label("subject"), batch.c.lane, dossier.c.batch, batch.c.priority)
    joined = receipt.join(dossier, dossier.c.id == receipt.c.dossier).join(batch, batch.c.id == dossier.c.batch)
    return query.select_from(joined).where(~made, ~_owed(WorkKind.SEAL, receipt.c.dossier))


def _owed(kind: WorkKind, subject: KeyedColumnElement[String]) -> ColumnElement[bool]:
    return exists().where(schema.work.c.kind == kind, schema.work.c.subject == subject)


_QUERIES = {WorkKind.READ: _unread(), WorkKind.SORT: _unsorted(), WorkKind.SEAL: _unpublished()}

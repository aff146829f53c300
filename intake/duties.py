"""Duties as rows: what is still to be done, by whom at the moment, and what went wrong so far.

A duty is deleted by the very transaction that stores its result, so it can neither be lost nor forgotten. A
lease only keeps two workers off the same duty; when its holder dies, the lease ends and the duty is taken again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, func, insert, or_, select, update

from intake import schema
from intake.database import Database
from intake.model import BatchId, Work, WorkKind

_LONGEST_WAIT = timedelta(minutes=10)
_KILLER = "WorkerDied"
"""How the fault of an attempt begins in which the process died that was reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty to be added. ``lane`` and ``batch`` say where it belongs, for order and for counting."""

    kind: WorkKind
    subject: str
    lane: str
    batch: str | None
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a worker asks for: at most ``count`` duties of ``kinds``, only of ``batches`` if given.

    ``suspects``: only those whose last attempt ended with the death of a reader, or only the others, or (None) both.
    """

    kinds: Collection[WorkKind]
    count: int
    owner: str
    lease: timedelta
    batches: Collection[BatchId] | None = None
    suspects: bool | None = None


def add(connection: Connection, duty: Duty, now: datetime) -> None:
    """Add a duty unless it is there already."""
    table = schema.work
    there = select(table.c.id).where(table.c.kind == duty.kind, table.c.subject == duty.subject)
    if connection.execute(there).first() is None:
        values = {"lane": duty.lane, "batch": duty.batch, "priority": duty.priority, "not_before": now}
        connection.execute(insert(table).values(kind=duty.kind, subject=duty.subject, attempts=0, **values))


def drop(connection: Connection, kind: WorkKind, subject: str) -> None:
    """Delete a duty, in the transaction that stores its result."""
    connection.execute(delete(schema.work).where(schema.work.c.kind == kind, schema.work.c.subject == subject))


def discard(database: Database, work: Work) -> None:
    """Delete a duty that turned out to be done."""
    with database.writing() as connection:
        drop(connection, work.kind, work.subject)


def take(database: Database, wanted: Wanted, now: datetime) -> tuple[Work, ...]:
    """Lease the most urgent duties that may run now: by priority, then by age.

    Files of one lane are adopted one after another, so that pages keep the order in which they came. A time
    further ahead than any wait or lease says that the clock was put back since: it holds nobody up.
    """
    if most_urgent(database, wanted, now) is None:
        return ()  # the usual answer: no need to queue up behind writers for it
    table = schema.work
    with database.writing() as connection:
        rows = connection.execute(_due(wanted, now).limit(wanted.count)).all()
        held = {"owner": wanted.owner, "lease_until": now + wanted.lease}
        connection.execute(update(table).where(table.c.id.in_([row.id for row in rows])).values(**held))
        return tuple(_work(row) for row in rows)


def most_urgent(database: Database, wanted: Wanted, now: datetime) -> Work | None:
    """What :func:`take` would lease first; leases nothing."""
    with database.reading() as connection:
        row = connection.execute(_due(wanted, now).limit(1)).first()
    return None if row is None else _work(row)


def _due(wanted: Wanted, now: datetime) -> Select[tuple[object, ...]]:
    table = schema.work
    until, not_before = table.c.lease_until, table.c.not_before
    free = or_(until.is_(None), until < now, until > now + max(2 * wanted.lease, _LONGEST_WAIT))
    ripe = or_(not_before <= now, not_before > now + _LONGEST_WAIT)
    query = select(table).where(table.c.kind.in_(wanted.kinds), ripe, free, _first_of_its_lane())
    if wanted.batches is not None:
        query = query.where(table.c.batch.in_(wanted.batches))
    if wanted.suspects is not None:
        query = query.where(func.coalesce(table.c.fault, "").startswith(_KILLER).is_(wanted.suspects))
    return query.order_by(table.c.priority, table.c.id)


def is_suspect(work: Work) -> bool:
    """Whether the last attempt ended with the death of the process that was reading."""
    return (work.fault or "").startswith(_KILLER)


def _first_of_its_lane() -> ColumnElement[bool]:
    table, earlier = schema.work, schema.work.alias("earlier")
    same_stack = and_(
        earlier.c.lane == table.c.lane, func.coalesce(earlier.c.batch, "") == func.coalesce(table.c.batch, "")
    )
    before = exists().where(earlier.c.kind == WorkKind.ADOPT, same_stack, earlier.c.subject < table.c.subject)
    return or_(table.c.kind != WorkKind.ADOPT, ~before)


def fail(database: Database, work: Work, fault: str, retry_at: datetime) -> int:
    """Note a failed attempt, free the duty until ``retry_at``, and return how many attempts failed so far."""
    table = schema.work
    freed = {
        "attempts": table.c.attempts + 1,
        "fault": fault,
        "not_before": retry_at,
        "owner": None,
        "lease_until": None,
    }
    with database.writing() as connection:
        connection.execute(update(table).where(table.c.id == work.id).values(**freed))
    return work.attempts + 1


def wait_after(attempts: int, first: timedelta) -> timedelta:
    """How long to wait after so many failures: doubling from ``first``, at most ten minutes."""
    doubled: timedelta = first * 2 ** min(attempts, 20)
    return min(doubled, _LONGEST_WAIT)


def free(database: Database, work: Work, now: datetime) -> None:
    """Give a duty back as if it had not been tried (the disk was full)."""
    freed = {"not_before": now, "owner": None, "lease_until": None}
    with database.writing() as connection:
        connection.execute(update(schema.work).where(schema.work.c.id == work.id).values(**freed))


def renew(database: Database, held: Collection[int], until: datetime) -> None:
    """Keep leases; called well before they end."""
    with database.writing() as connection:
        connection.execute(update(schema.work).where(schema.work.c.id.in_(held)).values(lease_until=until))


def release(database: Database, owner: str) -> None:
    """Give back whatever an owner still holds (clean stop)."""
    freed = {"owner": None, "lease_until": None}
    with database.writing() as connection:
        connection.execute(update(schema.work).where(schema.work.c.owner == owner).values(**freed))


def release_the_dead(database: Database) -> None:
    """Free at once what processes of this machine held that live no more, instead of waiting for their leases."""
    with database.reading() as connection:
        owners = connection.scalars(
            select(schema.work.c.owner).where(schema.work.c.owner.is_not(None)).distinct()
        ).all()
    for owner in owners:
        if _is_dead(owner):
            release(database, owner)


def retry_faults(database: Database, now: datetime) -> int:
    """Let every duty with a fault run again now; how many there were."""
    table = schema.work
    fresh = {"attempts": 0, "not_before": now, "fault": None}
    with database.writing() as connection:
        return connection.execute(update(table).where(table.c.fault.is_not(None)).values(**fresh)).rowcount


def this_owner() -> str:
    """Names this process so that, after its death, everyone on the machine can tell."""
    return _owner_of(os.getpid())


def _owner_of(pid: int) -> str:
    """``host:pid:start``; the start (clock ticks since boot) tells a reused process id from the old one."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return f"{socket.gethostname()}:{pid}:{fields[19]}"


def _is_dead(owner: str) -> bool:
    host, pid, _start = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        return _owner_of(int(pid)) != owner
    except (FileNotFoundError, ProcessLookupError):  # the latter when it dies while we look
        return True


def _work(row: Row[tuple[object, ...]]) -> Work:
    return Work(
        id=row.id,
        kind=WorkKind(row.kind),
        subject=row.subject,
        priority=row.priority,
        attempts=row.attempts,
        not_before=row.not_before,
        lease_until=row.lease_until,
        fault=row.fault,
    )

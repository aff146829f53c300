"""The tables. Each row is a fact that is added once; only duties, leases and counters change.

Migrations live in ``intake/migrations`` (Alembic); a test holds both to the same shape.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored as UTC so that both databases compare it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

batch = Table(
    "batch",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("lane", String(32), nullable=False),
    Column("source", Text, nullable=False, default=""),
    Column("priority", Integer, nullable=False),
    Column("explicit", Boolean, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("close_asked_at", Moment),
    Column("closed_at", Moment),
)

# One row a file that was taken in. adopted_at marks that its pages (or its setting aside) are stored:
# from then on the file in the lane may go.
claim = Table(
    "claim",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lane", String(32), nullable=False),
    Column("source", Text, nullable=False),
    Column("path", LargeBinary, nullable=False),  # file names are bytes
    Column("batch", String(40), ForeignKey("batch.id")),
    Column("claimed_at", Moment, nullable=False),
    Column("adopted_at", Moment),
)
Index(None, claim.c.lane, claim.c.adopted_at)

page = Table(
    "page",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("batch", String(40), ForeignKey("batch.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("lane", String(32), nullable=False),
    Column("blob", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("source_page", Integer, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("separator", String(64)),
    UniqueConstraint("batch", "seq"),
)

reading = Table(
    "reading",
    metadata,
    Column("page", String(48), ForeignKey("page.id"), primary_key=True),
    Column("recipe", String(16), primary_key=True),
    Column("image", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("dpi", Float, nullable=False),
    Column("skew_deg", Float, nullable=False),
    Column("turn_deg", Integer, nullable=False),
    Column("blank", Boolean, nullable=False),
    Column("sharpness", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("dossier_code", String(64)),
    Column("read_at", Moment, nullable=False),
    CheckConstraint("turn_deg IN (0, 90, 180, 270)", name="turn"),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("lane", String(32), nullable=False),
    Column("source", Text, nullable=False),
    Column("source_page", Integer),
    Column("page", String(48), ForeignKey("page.id")),
    Column("reason", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("blob", String(64)),
    Column("kept_at", Text),
    Column("batch", String(40), ForeignKey("batch.id")),
    Column("at", Moment, nullable=False),
    Column("returned_at", Moment),
)
Index(None, set_aside.c.batch)

dossier = Table(
    "dossier",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("batch", String(40), ForeignKey("batch.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("procedure", String(16)),
    Column("missing", Text, nullable=False),
    Column("official_code", String(64)),
    Column("opened_at", Moment, nullable=False),
    UniqueConstraint("batch", "seq"),
)

document = Table(
    "document",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("dossier", String(48), ForeignKey("dossier.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("guess", Text, nullable=False),
    UniqueConstraint("dossier", "seq"),
)

document_page = Table(
    "document_page",
    metadata,
    Column("page", String(48), ForeignKey("page.id"), primary_key=True),
    Column("document", String(48), ForeignKey("document.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    UniqueConstraint("document", "seq"),
)

# One row a dossier, ever: the primary key is what makes a second number impossible.
receipt = Table(
    "receipt",
    metadata,
    Column("dossier", String(48), ForeignKey("dossier.id"), primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("series", String(16), nullable=False),
    Column("year", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("act", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("series", "year", "seq"),
)

publication = Table(
    "publication",
    metadata,
    Column("dossier", String(48), ForeignKey("dossier.id"), primary_key=True),
    Column("slip", String(64), nullable=False),
    Column("pdf", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Integer, nullable=False),
)

work = Table(
    "work",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(8), nullable=False),
    Column("subject", String(48), nullable=False),
    Column("lane", String(32), nullable=False),
    Column("batch", String(40)),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Moment, nullable=False),
    Column("owner", String(96)),
    Column("lease_until", Moment),
    Column("fault", Text),
    UniqueConstraint("kind", "subject"),
)
Index(None, work.c.priority, work.c.id)

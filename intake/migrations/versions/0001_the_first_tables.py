"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import intake.schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("explicit", sa.Boolean(), nullable=False),
        sa.Column("opened_at", intake.schema.Moment(), nullable=False),
        sa.Column("close_asked_at", intake.schema.Moment(), nullable=True),
        sa.Column("closed_at", intake.schema.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "work",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=48), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", intake.schema.Moment(), nullable=False),
        sa.Column("owner", sa.String(length=96), nullable=True),
        sa.Column("lease_until", intake.schema.Moment(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_work_kind_subject")),
    )
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_priority_id"), ["priority", "id"], unique=False)

    op.create_table(
        "claim",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("claimed_at", intake.schema.Moment(), nullable=False),
        sa.Column("adopted_at", intake.schema.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_claim_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_lane_adopted_at"), ["lane", "adopted_at"], unique=False)

    op.create_table(
        "dossier",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(length=16), nullable=True),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("official_code", sa.String(length=64), nullable=True),
        sa.Column("opened_at", intake.schema.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_dossier_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("batch", "seq", name=op.f("uq_dossier_batch_seq")),
    )
    op.create_table(
        "page",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_page", sa.Integer(), nullable=False),
        sa.Column("received_at", intake.schema.Moment(), nullable=False),
        sa.Column("separator", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_page_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sa.UniqueConstraint("batch", "seq", name=op.f("uq_page_batch_seq")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("dossier", sa.String(length=48), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("guess", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_document_dossier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("dossier", "seq", name=op.f("uq_document_dossier_seq")),
    )
    op.create_table(
        "publication",
        sa.Column("dossier", sa.String(length=48), nullable=False),
        sa.Column("slip", sa.String(length=64), nullable=False),
        sa.Column("pdf", sa.String(length=64), nullable=False),
        sa.Column("at", intake.schema.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_publication_dossier")),
        sa.PrimaryKeyConstraint("dossier", name=op.f("pk_publication")),
    )
    op.create_table(
        "reading",
        sa.Column("page", sa.String(length=48), nullable=False),
        sa.Column("recipe", sa.String(length=16), nullable=False),
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Float(), nullable=False),
        sa.Column("skew_deg", sa.Float(), nullable=False),
        sa.Column("turn_deg", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Boolean(), nullable=False),
        sa.Column("sharpness", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("dossier_code", sa.String(length=64), nullable=True),
        sa.Column("read_at", intake.schema.Moment(), nullable=False),
        sa.CheckConstraint("turn_deg IN (0, 90, 180, 270)", name=op.f("ck_reading_turn")),
        sa.ForeignKeyConstraint(["page"], ["page.id"], name=op.f("fk_reading_page")),
        sa.PrimaryKeyConstraint("page", "recipe", name=op.f("pk_reading")),
    )
    op.create_table(
        "receipt",
        sa.Column("dossier", sa.String(length=48), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("issued_at", intake.schema.Moment(), nullable=False),
        sa.Column("due_at", intake.schema.Moment(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_receipt_dossier")),
        sa.PrimaryKeyConstraint("dossier", name=op.f("pk_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_receipt_number")),
        sa.UniqueConstraint("series", "year", "seq", name=op.f("uq_receipt_series_year_seq")),
    )
    op.create_table(
        "set_aside",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_page", sa.Integer(), nullable=True),
        sa.Column("page", sa.String(length=48), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("kept_at", sa.Text(), nullable=True),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("at", intake.schema.Moment(), nullable=False),
        sa.Column("returned_at", intake.schema.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_set_aside_batch")),
        sa.ForeignKeyConstraint(["page"], ["page.id"], name=op.f("fk_set_aside_page")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
    )
    with op.batch_alter_table("set_aside", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_set_aside_batch"), ["batch"], unique=False)

    op.create_table(
        "document_page",
        sa.Column("page", sa.String(length=48), nullable=False),
        sa.Column("document", sa.String(length=48), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["document.id"], name=op.f("fk_document_page_document")),
        sa.ForeignKeyConstraint(["page"], ["page.id"], name=op.f("fk_document_page_page")),
        sa.PrimaryKeyConstraint("page", name=op.f("pk_document_page")),
        sa.UniqueConstraint("document", "seq", name=op.f("uq_document_page_document_seq")),
    )


def downgrade() -> None:

    op.drop_table("document_page")
    with op.batch_alter_table("set_aside", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_set_aside_batch"))

    op.drop_table("set_aside")
    op.drop_table("receipt")
    op.drop_table("reading")
    op.drop_table("publication")
    op.drop_table("document")
    op.drop_table("page")
    op.drop_table("dossier")
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_lane_adopted_at"))

    op.drop_table("claim")
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_work_priority_id"))

    op.drop_table("work")
    op.drop_table("counter")
    op.drop_table("batch")

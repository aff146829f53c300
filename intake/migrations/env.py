"""Alembic's entrance: migrate over the connection that :mod:`intake.database` hands in."""

from __future__ import annotations

from alembic import context

from intake.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()

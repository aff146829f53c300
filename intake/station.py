"""One station's parts, opened together and handed to every step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import templates
from intake import calendar, catalogue
from intake.calendar import WorkCalendar
from intake.clock import Clock
from intake.config import MEGA, Home
from intake.database import open_database
from intake.due import DueClock, OfficeHours, Span
from intake.ledger import Ledger
from intake.model import BlobId, Catalogue, Publication
from intake.slipform import SlipForm, forms
from intake.sorting import Sorter
from intake.store import Store
from intake.vault import Vault, make_dir, sweep
from ocr.limits import Limits

ADOPTING = ".adopting"
"""Where a claimed file waits inside its lane, as ``<claim>~<name>``."""
SET_ASIDE = ".set-aside"
"""Where what cannot be opened safely (a link, a pipe, a file still held open) stays inside its lane."""


@dataclass(kw_only=True)
class Station:
    """Facts, bytes, words and time of one home folder."""

    home: Home
    store: Store
    ledger: Ledger
    vault: Vault
    clock: Clock = field(default_factory=Clock)

    @property
    def limits(self) -> Limits:
        return self.home.limits

    @property
    def hours(self) -> OfficeHours:
        given = self.home.settings.receipt
        return OfficeHours(
            morning=Span(opens=given.opens, closes=given.lunch_from),
            afternoon=Span(opens=given.lunch_to, closes=given.closes),
            cutoff=given.same_day_until,
            due_clock=DueClock.CLOSE if given.due_at_closing else DueClock.SAME_CLOCK,
        )

    def lane_dir(self, lane: str) -> Path:
        return self.home.inbox / lane

    def is_in_inbox(self, path: Path) -> bool:
        """Whether a claimed file lies in one of our lanes, so that it goes once its pages are stored."""
        return path.parent.name == ADOPTING and path.parent.parent.parent == self.home.inbox

    def has_room(self, extra_bytes: int = 0) -> bool:
        """Whether the disk holds ``extra_bytes`` more and still keeps its reserve."""
        return self.vault.free_bytes() >= self.home.settings.inbox.min_free_mb * MEGA + extra_bytes

    def copies(self, number: str, papers: Publication) -> tuple[tuple[Path, BlobId], ...]:
        """Where a sealed dossier's papers are published, and which blobs they are copies of."""
        folder = self.home.dossiers / number
        return (folder / f"{number}-ho-so.pdf", papers.pdf), (folder / f"{number}-giay-tiep-nhan.pdf", papers.slip)

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue.load(self.home.overlay)

    @cached_property
    def sorter(self) -> Sorter:
        return Sorter(self.catalogue)

    @cached_property
    def calendar(self) -> WorkCalendar:
        return calendar.parse(templates.text("calendar.vn.toml", self.home.overlay))

    @cached_property
    def forms(self) -> tuple[SlipForm, ...]:
        return forms(self.home.overlay)


@contextmanager
def open_station(home: Home, clock: Clock | None = None) -> Iterator[Station]:
    """Open a home folder, creating what is missing, and close its database at the end."""
    make_dir(home.root)
    make_dir(home.vault)
    for folder in (home.vault, home.dossiers, home.inbox):
        sweep(folder)
    database = open_database(home.database_url)
    try:
        yield Station(
            home=home,
            store=Store(database),
            ledger=Ledger(database),
            vault=Vault(home.vault),
            clock=clock or Clock(),
        )
    finally:
        database.close()

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import delete

from intake import schema
from intake.checkup import Fault, Finding, check
from intake.database import open_database, revision
from intake.inbox import Inbox
from intake.sealing import Decision, seal
from intake.station import Station
from intake.worker import Worker
from tests.intake.conftest import drain
from tests.ocr.made_pages import letter, saved


@pytest.fixture
def sealed(station: Station, inbox: Inbox, worker: Worker) -> Station:
    """A station with one sealed, published dossier."""
    (station.lane_dir("may-1") / "a.jpg").write_bytes(saved(letter(6), "JPEG", dpi=(150, 150)))
    for now_s in (0.0, 3.0):
        inbox.look(now_s)
    drain(worker)
    station.store.close_batch(station.ledger.batches()[0].id, station.clock.now())
    drain(worker)
    seal(station, station.ledger.dossiers()[0].id, Decision(clerk="Lê Thị Thử", act="test"))
    drain(worker)
    return station


def findings(station: Station, *, fix: bool = False) -> list[tuple[Fault, bool]]:
    return [(found.fault, found.mended) for found in check(station, fix=fix)]


def published(station: Station) -> Path:
    return next(station.home.dossiers.rglob("*ho-so.pdf"))


def test_a_sound_station_has_no_findings(sealed: Station) -> None:
    assert findings(sealed) == []


def test_a_changed_blob_and_a_lost_one_are_reported_and_never_mended(sealed: Station) -> None:
    (batch,) = sealed.ledger.batches()
    (page,) = sealed.ledger.pages(batch.id)
    assert page.reading is not None
    sealed.vault.path(page.page.blob).write_bytes(b"rot")
    sealed.vault.path(page.reading.image).unlink()
    assert findings(sealed, fix=True) == [(Fault.DAMAGED, False), (Fault.MISSING, False)]


def test_an_orphan_is_laid_before_a_clerk_and_not_deleted(sealed: Station) -> None:
    blob = sealed.vault.put(b"whose is this?", ".jpg")
    assert findings(sealed) == [(Fault.ORPHAN, False)]
    assert findings(sealed, fix=True) == [(Fault.ORPHAN, True)]
    assert findings(sealed) == []
    assert [(aside.blob, aside.reason) for aside in sealed.ledger.set_asides()] == [(blob, "orphan")]


def test_leftovers_go_only_when_told(sealed: Station) -> None:
    half = sealed.home.vault / "ab" / ".tmp-999999999-x"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    assert findings(sealed) == [(Fault.LEFTOVER, False)]
    assert findings(sealed, fix=True) == [(Fault.LEFTOVER, True)]
    assert not half.exists()


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_published_copy_is_made_anew_from_the_vault(harm: str, sealed: Station) -> None:
    good = published(sealed).read_bytes()
    path = published(sealed)
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(b"somebody edited this")
    assert findings(sealed, fix=True) == [(Fault.UNPUBLISHED, True)]
    assert path.read_bytes() == good
    assert findings(sealed) == []


@pytest.mark.parametrize("lost", ["reading", "dossier", "publication"])
def test_a_forgotten_duty_is_owed_again_and_done(lost: str, sealed: Station, worker: Worker) -> None:
    """As after a database that was restored in part."""
    before = sealed.ledger.counts()
    chains = {
        "publication": (schema.publication,),
        "dossier": (schema.publication, schema.receipt, schema.document_page, schema.document, schema.dossier),
        "reading": (schema.reading,),
    }
    with sealed.store.database.writing() as connection:
        for table in chains[lost]:
            connection.execute(delete(table))
    found = findings(sealed, fix=True)
    assert (Fault.FORGOTTEN, True) in found
    drain(worker)
    assert Fault.FORGOTTEN not in [fault for fault, _ in findings(sealed)]
    assert sealed.ledger.counts().read == before.read
    assert sealed.ledger.counts().dossiers == before.dossiers


def test_findings_name_what_they_found(sealed: Station) -> None:
    blob = sealed.vault.put(b"x", ".jpg")
    assert list(check(sealed, fix=False)) == [Finding(fault=Fault.ORPHAN, what=blob)]


def test_migrations_and_tables_say_the_same(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        first = revision(connection)
    database.close()
    again = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    with again.reading() as connection:
        assert revision(connection) == first
    again.close()

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from intake import duties
from intake.config import open_home
from intake.duties import Duty, Wanted
from intake.errors import AlreadySealed, BadInput, NotFound
from intake.ledger import Ledger
from intake.model import (
    Batch,
    BatchId,
    BatchKind,
    BlobId,
    ClaimId,
    Dossier,
    DossierId,
    PageId,
    PageReading,
    Priority,
    ProcedureCode,
    Publication,
    SetAside,
    WorkKind,
)
from intake.sealing import Decision, seal
from intake.station import Station, open_station
from intake.store import Captured, FileClaim, Why
from ocr.text import PageText

BLOB = BlobId("ab" * 32)
LANE = "may-1"


def batch_of(station: Station, name: str, *, closed: bool = False) -> Batch:
    now = station.clock.now()
    return Batch(
        id=BatchId(name),
        kind=BatchKind.COUNTER,
        lane=LANE,
        priority=Priority.COUNTER,
        opened_at=now,
        closed_at=now if closed else None,
    )


def claim_of(station: Station, batch: BatchId | None = None) -> FileClaim:
    return FileClaim(
        id=station.clock.mint_claim(),
        lane=LANE,
        untrusted_source="a.jpg",
        path="/nowhere",
        batch=batch,
        at=station.clock.now(),
    )


def claimed(station: Station, batch: BatchId | None = None) -> ClaimId:
    claim = claim_of(station, batch)
    station.store.claim_file(claim)
    return claim.id


def adopt(station: Station, *pages: Captured, batch: BatchId | None = None) -> ClaimId:
    claim = claimed(station, batch)
    station.store.adopt(claim, BLOB, pages, station.clock.now())
    return claim


def reading_of(page: PageId) -> PageReading:
    return PageReading(
        page=page,
        recipe="r1",
        image=BLOB,
        width=10,
        height=20,
        dpi=300,
        skew_deg=0,
        turn_deg=0,
        blank=False,
        sharpness=1,
        confidence=1,
        seconds=0.1,
        text=PageText(),
        dossier_code=None,
    )


def read_all(station: Station) -> None:
    for batch in station.ledger.batches():
        for page in station.ledger.pages(batch.id):
            if page.page.separator is None and not page.set_aside:
                station.store.record_reading(reading_of(page.page.id), station.clock.now())


def kinds(station: Station) -> list[str]:
    wanted = Wanted(kinds=tuple(WorkKind), count=99, owner="test", lease=timedelta(0))
    return [work.kind for work in duties.take(station.store.database, wanted, station.clock.now())]


def sizes(station: Station) -> list[int]:
    return [len(station.ledger.pages(batch.id)) for batch in station.ledger.batches()]


PLAIN, SEPARATOR = Captured(), Captured(separator="")


def test_claiming_and_adopting_twice_is_once(station: Station) -> None:
    claim = claim_of(station)
    for _ in range(2):
        station.store.claim_file(claim)
    for _ in range(2):
        station.store.adopt(claim.id, BLOB, (PLAIN, PLAIN), station.clock.now())
    assert sizes(station) == [2]
    assert kinds(station) == ["read", "read"]


def test_an_open_lane_gathers_files_in_one_batch_in_order(station: Station) -> None:
    first, second = adopt(station, PLAIN), adopt(station, PLAIN, PLAIN)
    (batch,) = station.ledger.batches()
    assert [page.page.id for page in station.ledger.pages(batch.id)] == [
        f"{first}-0001",
        f"{second}-0001",
        f"{second}-0002",
    ]


def test_a_separator_ends_a_batch_nobody_opened(station: Station) -> None:
    adopt(station, PLAIN, SEPARATOR, PLAIN, SEPARATOR)
    adopt(station, PLAIN)
    assert sizes(station) == [2, 2, 1]
    assert [batch.closed_at is not None for batch in station.ledger.batches()] == [True, True, False]


def test_a_separator_on_top_of_a_stack_ends_nothing(station: Station) -> None:
    adopt(station, SEPARATOR, PLAIN)
    assert sizes(station) == [2]


def test_a_separator_inside_an_opened_batch_only_parts_dossiers(station: Station) -> None:
    station.store.open_batch(batch_of(station, "B1"))
    adopt(station, PLAIN, SEPARATOR, PLAIN)
    assert sizes(station) == [3]
    assert station.ledger.batch(BatchId("B1")).closed_at is None


def test_a_page_that_cannot_be_read_is_set_aside_and_counted(station: Station) -> None:
    adopt(station, PLAIN, Captured(fault="truncated"))
    (aside,) = station.ledger.set_asides()
    assert (aside.page, aside.reason, aside.blob) == (2, "truncated", BLOB)
    (batch,) = station.ledger.batches()
    balance = station.ledger.balance((batch.id,))
    assert (balance.captured, balance.kept, balance.set_aside) == (2, 1, 1)
    assert balance.holds


def test_a_batch_is_sorted_when_it_is_closed_and_its_last_page_is_done(station: Station) -> None:
    adopt(station, PLAIN, PLAIN)
    (batch,) = station.ledger.batches()
    first, second = (page.page.id for page in station.ledger.pages(batch.id))
    station.store.record_reading(reading_of(first), station.clock.now())
    station.store.close_batch(batch.id, station.clock.now())
    assert kinds(station) == ["read"]
    station.store.set_page_aside(second, Why(reason="worker_died", detail="", at=station.clock.now()))
    assert kinds(station) == ["sort"]


def test_reading_twice_stores_one_reading_and_owes_one_sorting(station: Station) -> None:
    adopt(station, PLAIN)
    station.store.close_batch(station.ledger.batches()[0].id, station.clock.now())
    read_all(station)
    read_all(station)
    assert station.ledger.counts().read == 1
    assert kinds(station) == ["sort"]


def test_a_quiet_lane_closes_and_a_busy_one_does_not(station: Station) -> None:
    adopt(station, PLAIN)
    quiet = timedelta(seconds=20)
    station.store.close_quiet(LANE, station.clock.now(), quiet)
    assert station.ledger.batches(open_only=True)
    later = station.clock.now() + timedelta(minutes=1)
    waiting = claimed(station)
    station.store.close_quiet(LANE, later, quiet)
    assert station.ledger.batches(open_only=True), "a claimed file holds the batch open"
    station.store.adopt(waiting, BLOB, (PLAIN,), station.clock.now())
    station.store.close_quiet(LANE, later, quiet)
    assert not station.ledger.batches(open_only=True)


def test_a_batch_opened_by_word_closes_by_word_only(station: Station) -> None:
    station.store.open_batch(batch_of(station, "B1"))
    adopt(station, PLAIN)
    far = station.clock.now() + timedelta(days=1)
    station.store.close_quiet(LANE, far, timedelta(seconds=1))
    assert station.ledger.batches(open_only=True)
    assert station.store.ask_to_close(LANE, station.clock.now()) == 1
    assert station.store.ask_to_close(LANE, station.clock.now()) == 0
    station.store.close_quiet(LANE, far, timedelta(seconds=1))
    assert not station.ledger.batches(open_only=True)


def test_files_after_the_word_to_close_belong_to_the_next_batch(station: Station) -> None:
    station.store.open_batch(batch_of(station, "B1"))
    before = claimed(station)
    station.store.ask_to_close(LANE, station.clock.now())
    after = claimed(station)
    for claim in (before, after):
        station.store.adopt(claim, BLOB, (PLAIN,), station.clock.now())
    assert sizes(station) == [1, 1]


def test_opening_a_batch_asks_the_one_before_to_close(station: Station) -> None:
    adopt(station, PLAIN)
    station.store.open_batch(batch_of(station, "Z9"))
    adopt(station, PLAIN)
    assert sorted(sizes(station)) == [1, 1]


def aside_of(station: Station, claim: ClaimId) -> SetAside:
    return SetAside(
        id=claim,
        lane=LANE,
        source="a.jpg",
        page=None,
        reason="empty",
        detail="",
        blob=BLOB,
        kept_at=None,
        batch=None,
        at=station.clock.now(),
    )


def test_a_file_set_aside_counts_in_the_open_batch_and_only_once(station: Station) -> None:
    adopt(station, PLAIN)
    claim = claimed(station)
    for _ in range(2):
        station.store.set_file_aside(claim, aside_of(station, claim))
    (batch,) = station.ledger.batches()
    assert station.ledger.balance((batch.id,)).set_aside == 1
    assert station.ledger.counts().set_aside == 1
    station.store.mark_returned(claim, station.clock.now())
    assert station.ledger.set_asides() == ()


def test_a_file_set_aside_in_an_idle_lane_belongs_to_no_batch(station: Station) -> None:
    claim = claimed(station)
    station.store.set_file_aside(claim, aside_of(station, claim))
    assert station.ledger.batches() == ()
    assert len(station.ledger.set_asides()) == 1


def test_an_aside_of_the_same_name_is_kept_once(station: Station) -> None:
    for _ in range(2):
        station.store.set_orphan_aside(BLOB, "x.jpg", station.clock.now())
    assert [aside.reason for aside in station.ledger.set_asides()] == ["orphan"]


def test_a_known_stack_is_one_closed_batch_whose_bad_files_do_not_stop_it(station: Station) -> None:
    batch = batch_of(station, "S1", closed=True)
    good, bad = claim_of(station, batch.id), claim_of(station, batch.id)
    station.store.capture(batch, "folder", (good, bad))
    station.store.adopt(good.id, BLOB, (PLAIN,), station.clock.now())
    read_all(station)
    assert kinds(station) == ["adopt"], "not sorted before the last file is settled"
    station.store.set_file_aside(bad.id, aside_of(station, bad.id))
    assert kinds(station) == ["sort"]


def proposal(station: Station) -> Dossier:
    adopt(station, PLAIN)
    (batch,) = station.ledger.batches()
    station.store.close_batch(batch.id, station.clock.now())
    read_all(station)
    return Dossier(
        id=DossierId(f"{batch.id}-1"),
        batch=batch.id,
        procedure=None,
        documents=(),
        missing=(),
        opened_at=station.clock.now(),
    )


DECISION = Decision(clerk="Lê Thị Thử", act="test")


def test_a_second_proposal_changes_nothing(station: Station) -> None:
    dossier = proposal(station)
    station.store.record_sorting(dossier.batch, (dossier,))
    station.store.record_sorting(dossier.batch, (dossier, replace(dossier, id=DossierId("X"))))
    assert [found.id for found in station.ledger.dossiers()] == [dossier.id]
    assert kinds(station) == []


def test_sealing_gives_one_number_and_owes_the_papers_once(station: Station) -> None:
    dossier = proposal(station)
    station.store.record_sorting(dossier.batch, (dossier,))
    receipt = seal(station, dossier.id, DECISION)
    assert receipt.number == "2026-000001"
    with pytest.raises(AlreadySealed):
        seal(station, dossier.id, DECISION)
    assert kinds(station) == ["seal"]
    papers = Publication(slip=BLOB, pdf=BLOB)
    for _ in range(2):
        station.store.record_publication(dossier.id, papers, station.clock.now())
    assert station.ledger.publication(dossier.id) == papers
    assert kinds(station) == []


def test_numbers_follow_one_another(station: Station) -> None:
    dossier = proposal(station)
    pair = (dossier, replace(dossier, id=DossierId("second")))
    station.store.record_sorting(dossier.batch, pair)
    assert [seal(station, found.id, DECISION).seq for found in pair] == [1, 2]


def test_what_is_not_there_cannot_be_sealed(station: Station) -> None:
    with pytest.raises(NotFound):
        seal(station, DossierId("nothing"), DECISION)
    with pytest.raises(NotFound):
        station.store.seal(DossierId("nothing"), "test", "2026", lambda _seq: pytest.fail("no number for nothing"))


def test_a_procedure_out_of_force_is_refused_by_name_and_not_proposed(station: Station) -> None:
    dossier = replace(proposal(station), procedure=ProcedureCode("2.002622"))
    station.store.record_sorting(dossier.batch, (dossier,))
    with pytest.raises(BadInput, match=r"3\.000722|2\.002913|hiệu lực"):
        seal(station, dossier.id, replace(DECISION, procedure=ProcedureCode("2.002622")))
    with pytest.raises(BadInput):
        seal(station, dossier.id, replace(DECISION, procedure=ProcedureCode("1.999999")))
    assert seal(station, dossier.id, DECISION).procedure_code is None


def test_a_procedure_named_by_the_clerk_brings_its_missing_papers(station: Station) -> None:
    dossier = proposal(station)
    station.store.record_sorting(dossier.batch, (dossier,))
    receipt = seal(station, dossier.id, replace(DECISION, procedure=ProcedureCode("1.001193")))
    assert receipt.missing
    assert station.ledger.dossier(dossier.id).missing == receipt.missing


def test_a_forgotten_duty_is_owed_again(station: Station) -> None:
    duty = Duty(kind=WorkKind.READ, subject="p", lane=LANE, batch=None, priority=0)
    for _ in range(2):
        station.store.owe(duty, station.clock.now())
    assert kinds(station) == ["read"]


def _seal_in_another_process(home: Path, names: list[str]) -> list[int]:
    with open_station(open_home(home)) as station:
        return [seal(station, DossierId(name), DECISION).seq for name in names]


@pytest.mark.slow
def test_four_processes_never_give_a_number_twice(station: Station) -> None:
    dossier = proposal(station)
    names = [f"D{number:02d}" for number in range(40)]
    station.store.record_sorting(dossier.batch, tuple(replace(dossier, id=DossierId(name)) for name in names))
    home = station.home.root
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        given = pool.starmap(_seal_in_another_process, [(home, names[part::4]) for part in range(4)])
    assert sorted(number for numbers in given for number in numbers) == list(range(1, 41))
    assert len(Ledger(station.store.database).dossiers()) == 40

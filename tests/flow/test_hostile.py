"""Every hostile or odd file has its defined outcome; nothing is silently dropped, nothing crosses lanes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from intake.inbox import Inbox
from intake.station import Station
from intake.steps import STEPS
from intake.worker import Worker
from tests.crash.scene import Inline
from tests.flow.hostile import ODD, Odd, put, table
from tests.intake.conftest import drain, inbox, opened_at, station, worker  # noqa: F401  # fixtures

OPERATIONS = Path(__file__).resolve().parents[2] / "OPERATIONS.md"


def seen(row: Odd) -> str:
    return row.seen_as or row.name


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """All odd files through one lane: seen, settled, patience over. Tests only look at it."""
    with opened_at(tmp_path_factory.mktemp("odd") / "home") as opened:
        lanes = Inbox(station=opened)
        lanes.prepare()
        for row in ODD:
            put(row, opened.lane_dir("may-1"))
        laid = (path for path in opened.lane_dir("may-1").rglob("*") if path.is_file() and not path.is_symlink())
        hashes = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in laid if path.name != "Thumbs.db"}
        (opened.home.root / "laid.json").write_text(json.dumps(hashes), encoding="utf-8")
        for now_s in (0.0, 100.0):
            lanes.look(now_s)
        drain(Worker(station=opened, muscle=Inline(), desk=Inline()))
        yield opened


def test_each_odd_file_has_its_outcome(taken_in: Station) -> None:
    found: dict[str, tuple[int, str | None]] = {}
    for batch in taken_in.ledger.batches():
        for page in taken_in.ledger.pages(batch.id):
            name = page.page.origin.untrusted_name
            found[name] = (found.get(name, (0, None))[0] + 1, None)
    for aside in taken_in.ledger.set_asides():
        assert aside.source not in found, "set aside and adopted"
        found[aside.source] = (0, aside.reason)
    wanted = {seen(row): (row.pages, row.reason) for row in ODD if row.pages or row.reason}
    assert found == wanted


def test_nothing_is_dropped_and_nothing_crosses_lanes(taken_in: Station) -> None:
    left = [path.name for path in taken_in.lane_dir("may-1").rglob("*") if path.is_file() and not path.is_symlink()]
    assert left == ["Thumbs.db"]
    lanes = {page.page.lane for batch in taken_in.ledger.batches() for page in taken_in.ledger.pages(batch.id)}
    assert lanes == {"may-1"}
    assert not any(path.is_file() for path in taken_in.lane_dir("may-2").rglob("*"))
    for batch in taken_in.ledger.batches():
        assert taken_in.ledger.balance((batch.id,)).holds


def test_no_code_on_a_page_splits_a_batch_and_only_empty_pages_are_blank(taken_in: Station) -> None:
    pages = [page for batch in taken_in.ledger.batches() for page in taken_in.ledger.pages(batch.id)]
    named = {page.page.origin.untrusted_name: page for page in pages}
    assert [page.page.separator for page in pages if page.page.separator is not None] == []
    assert (reading := named["trang.png"].reading) is not None
    assert reading.blank
    assert (reading := named["day-chu.jpg"].reading) is not None
    assert not reading.blank


def test_the_bytes_of_every_file_are_in_the_vault_under_their_hash(taken_in: Station) -> None:
    kept = {blob for blob, path in taken_in.vault.blobs() if taken_in.vault.is_whole(path)}
    laid = json.loads((taken_in.home.root / "laid.json").read_text(encoding="utf-8"))
    assert len(laid) > 40
    assert {name for digest, name in laid.items() if digest not in kept} == set()


def test_what_is_never_opened_stays_a_file(taken_in: Station) -> None:
    kept = {aside.source: aside for aside in taken_in.ledger.set_asides() if aside.blob is None}
    assert set(kept) == {row.name for row in ODD if row.reason in ("symlink", "special")}
    assert all(os.path.lexists(str(aside.kept_at)) for aside in kept.values())


def test_every_outcome_stands_in_the_offices_guide() -> None:
    guide = OPERATIONS.read_text(encoding="utf-8").splitlines()
    assert [row for row in table() if row not in guide] == []
    assert len(ODD) >= 36


@pytest.mark.slow
def test_a_folder_of_odd_files_is_processed_to_its_end(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for row in ODD:
        put(row, source)
    command = [sys.executable, "-c", "from intake.cli import main; main()", "process", str(source)]
    command += ["--into", str(tmp_path / "out"), "--home", str(tmp_path / "home"), "--seal"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    balance = manifest["balance"]
    assert balance["captured"] == sum(row.pages or bool(row.reason) for row in ODD)
    assert balance["captured"] == sum(balance[heap] for heap in ("kept", "blank", "set_aside", "separators"))
    wanted = sorted(row.reason for row in ODD if row.reason)
    assert sorted(aside["reason"] for aside in manifest["set_aside"]) == wanted


def test_a_pdf_of_two_thousand_pages_is_adopted_whole(
    station: Station,  # noqa: F811
    inbox: Inbox,  # noqa: F811
    worker: Worker,  # noqa: F811
) -> None:
    with pikepdf.new() as pdf:
        for _ in range(2000):
            pdf.add_blank_page(page_size=(200, 280))
        pdf.save(station.lane_dir("may-1") / "lon.pdf")
    inbox.look(0.0)
    inbox.look(3.0)
    worker.kinds = [kind for kind in STEPS if kind == "adopt"]
    drain(worker)
    (batch,) = station.ledger.batches()
    pages = station.ledger.pages(batch.id)
    assert [page.page.origin.page for page in pages] == list(range(1, 2001))

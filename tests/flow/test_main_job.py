"""The main job as its users run it: commands, processes, files - and the outcome against the truth."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from intake.config import open_home
from intake.errors import ExitCode
from intake.samples import SampleDossier, write_lanes
from intake.station import open_station
from tests.preflight import faults

pytestmark = pytest.mark.slow

DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "documents"
INTAKE = [sys.executable, "-c", "from intake.cli import main; main()"]
LANES = ("may-quet-1", "may-quet-2", "may-quet-3", "may-quet-4")


def intake(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*INTAKE, *map(str, arguments)], capture_output=True, text=True, timeout=600, check=check)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[SampleDossier, ...]]:
    root = tmp_path_factory.mktemp("papers")
    return root, write_lanes(root, seed=7)


@pytest.fixture(scope="module")
def outcome(papers: tuple[Path, tuple[SampleDossier, ...]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four lanes' papers through ``intake process --seal``."""
    into = tmp_path_factory.mktemp("out")
    folders = [papers[0] / lane for lane in LANES]
    intake("process", *folders, "--into", into, "--seal", "--home", into / "home", "--clerk", "Lê Thị Thử")
    return into


def manifest(into: Path) -> dict:
    return json.loads((into / "manifest.json").read_text(encoding="utf-8"))


def test_every_sample_dossier_comes_out_with_its_procedure_papers_and_pages(
    outcome: Path, papers: tuple[Path, tuple[SampleDossier, ...]]
) -> None:
    truth = papers[1]
    found = manifest(outcome)
    documents = {document["id"]: document for document in found["documents"]}
    assert [dossier["procedure"] for dossier in found["dossiers"]] == [dossier.procedure for dossier in truth]
    for dossier, meant in zip(found["dossiers"], truth, strict=True):
        papers_found = [documents[document] for document in dossier["documents"]]
        assert [paper["cue"] for paper in papers_found] == [paper.cue for paper in meant.documents]
    assert found["balance"]["captured"] == sum(len(dossier.pages) for dossier in truth)
    assert found["set_aside"] == []


def test_every_page_is_upright_straight_and_blank_only_where_it_is(
    outcome: Path, papers: tuple[Path, tuple[SampleDossier, ...]]
) -> None:
    meant = {(str(papers[0] / page.file), page.page): page for dossier in papers[1] for page in dossier.pages}
    found = manifest(outcome)["pages"]
    assert len(found) == len(meant)
    for page in found:
        truth = meant[page["source"], page["source_page"]]
        assert page["separator"] is truth.separator
        if page["separator"]:
            continue
        assert page["blank"] is truth.blank
        if not truth.blank:
            assert page["turn_deg"] == truth.turn_deg
            assert page["skew_deg"] == pytest.approx(truth.skew_deg, abs=0.3)


def test_the_missing_paper_is_named_and_nothing_else(outcome: Path) -> None:
    births = [dossier for dossier in manifest(outcome)["dossiers"] if dossier["procedure"] == "1.001193"]
    assert [dossier["missing"] for dossier in births] == [[], ["Giấy chứng sinh"]]


def test_every_dossier_and_slip_is_pdf_a_and_sound(outcome: Path, tmp_path: Path) -> None:
    dossiers = manifest(outcome)["dossiers"]
    names = [name for dossier in dossiers for name in (dossier["pdf"], dossier["receipt"]["pdf"])]
    verdicts = faults({name: (outcome / name).read_bytes() for name in names}, tmp_path)
    assert verdicts == {name: [] for name in names}
    for name in names:
        subprocess.run(["qpdf", "--check", outcome / name], check=True, capture_output=True)


def test_receipt_numbers_follow_one_another(outcome: Path) -> None:
    numbers = [dossier["receipt"]["number"] for dossier in manifest(outcome)["dossiers"]]
    year = numbers[0].split("-")[0]
    assert numbers == [f"{year}-{seq:06d}" for seq in range(1, len(numbers) + 1)]


def test_the_text_of_a_dossier_is_found_in_nfc(outcome: Path) -> None:
    pdf = outcome / manifest(outcome)["dossiers"][0]["pdf"]
    text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert "TỜ KHAI ĐĂNG KÝ KHAI SINH" in text
    assert "Lê Thị Thử" in text


def test_check_finds_the_station_sound(outcome: Path) -> None:
    intake("check", "--home", outcome / "home")


def test_sources_are_untouched(outcome: Path, papers: tuple[Path, tuple[SampleDossier, ...]]) -> None:
    named = {page["source"] for page in manifest(outcome)["pages"]}
    assert named == {str(path) for lane in LANES for path in (papers[0] / lane).iterdir()}


# --- the workstation -------------------------------------------------------------------------------------


def await_until(done: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.2)


@contextmanager
def running(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``intake run`` as a process of its own, gone at the end whatever happens."""
    with (home.parent / "run.log").open("ab") as log:
        process = subprocess.Popen([*INTAKE, "run", "--home", str(home)], stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait(60)


def counts(home: Path) -> dict:
    return json.loads(intake("status", "--json", "--home", home).stdout)


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> int:
    os.kill(process.pid, how)
    return process.wait(60)


def test_the_workstation_takes_in_reads_and_sorts_and_survives_a_kill(
    papers: tuple[Path, tuple[SampleDossier, ...]], tmp_path: Path
) -> None:
    """Killed with SIGKILL in the middle, started again, stopped with SIGTERM: every page is there once."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "intake.toml").write_text("[inbox]\nsettle_s = 0.3\nrescan_s = 0.5\nquiet_s = 2\n", encoding="utf-8")
    lane = home / "inbox" / "may-quet-2"
    lane.mkdir(parents=True)
    files = sorted((papers[0] / "may-quet-2").iterdir())
    for file in files:
        (lane / file.name).write_bytes(file.read_bytes())
    with running(home) as station:
        await_until(lambda: counts(home)["read"] > 0)
        assert end(station, signal.SIGKILL) == -signal.SIGKILL
    with running(home) as station:
        await_until(lambda: counts(home)["dossiers"] == 2 and counts(home)["waiting"] == 0)
        assert end(station, signal.SIGTERM) == 0
    with open_station(open_home(home)) as opened:
        pages = [page for batch in opened.ledger.batches() for page in opened.ledger.pages(batch.id)]
        assert [page.page.origin.untrusted_name for page in pages if page.page.origin.page == 1] == [
            file.name for file in files
        ]
        assert len(pages) == sum(len(d.pages) for d in papers[1] if d.lane == "may-quet-2")
        assert [dossier.procedure for dossier in opened.ledger.dossiers()] == ["1.012796", "1.004222"]
    assert not [path for path in lane.rglob("*") if path.is_file()]


def test_a_second_station_on_the_same_home_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with running(home) as station:
        await_until(lambda: "Trạm quét đã chạy" in (tmp_path / "run.log").read_text(encoding="utf-8"))
        second = intake("run", "--home", home, check=False)
        assert second.returncode == ExitCode.BUSY
        assert "đang chạy" in second.stderr
        assert end(station, signal.SIGTERM) == 0


# --- real documents --------------------------------------------------------------------------------------


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="needs ../shared/data/documents, which is not part of the project")
def test_nine_signed_documents_become_one_sound_dossier(tmp_path: Path) -> None:
    into = tmp_path / "out"
    intake("process", DOCUMENTS, "--into", into, "--seal", "--home", tmp_path / "home")
    found = manifest(into)
    pages = {}
    for page in found["pages"]:
        pages.setdefault(Path(page["source"]).name, []).append(page["source_page"])
    assert sorted(pages) == sorted(path.name for path in DOCUMENTS.glob("*.pdf"))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in pages.values())
    assert sum(map(len, pages.values())) == found["balance"]["captured"] == found["balance"]["kept"] == 29
    (dossier,) = found["dossiers"]
    names = (dossier["pdf"], dossier["receipt"]["pdf"])
    assert faults({name: (into / name).read_bytes() for name in names}, tmp_path) == {name: [] for name in names}
    subprocess.run(["qpdf", "--check", into / dossier["pdf"]], check=True, capture_output=True)
    text = subprocess.run(["pdftotext", into / dossier["pdf"], "-"], capture_output=True, text=True, check=True).stdout
    assert "Quảng Ngãi" in text

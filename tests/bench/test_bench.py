"""The bench measures what it says: pages bound untouched, costs of all processes counted, figures drawn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pikepdf import Pdf

from tests.accuracy.made_scans import made
from tests.bench.contest import Quality, Speed
from tests.bench.inside import Around, Part, Peak, TimedEngine
from tests.bench.measure import CommandFailed, run
from tests.bench.pages import Sheet, bound
from tests.bench.report import Figures, grids, plot

FIGURES = Figures(
    about={"machine": "a desk"},
    speeds=[
        Speed(program=name, workers=1, pages_a_minute=speed, cpu_s_a_page=1.0, peak_mb=200.0)
        for name, speed in (("intake", 90.0), ("ocrmypdf", 7.5))
    ],
    qualities=[
        Quality(
            program="intake",
            of="office",
            pages=2,
            bytes_a_page=97_000.0,
            character_error=0.0005,
            word_error=0.001,
            letter_error=0.0004,
            recall=0.999,
            skew_mean_deg=None,
            skew_worst_deg=None,
        )
    ],
    around=[
        Around(of="office", pages=2, recogniser_s=1.0, around_s=0.2, around_share=0.2, tesseract_s=2.0, glance_s=0.3)
    ],
    peaks=[Peak(what="A4", megabytes=200.0)],
    desk=[Part(what="classify one page", milliseconds=2.5)],
)


def test_pages_are_bound_into_one_pdf_with_their_own_bytes(tmp_path: Path):
    sheets = []
    for scan in (made("office", 2), made("photocopy", 2)):
        path = tmp_path / f"{scan.kind}{scan.suffix}"
        path.write_bytes(scan.file)
        sheets.append(Sheet(of=scan.kind, file=path, truth=scan.truth))
    with Pdf.open(bound(sheets, tmp_path / "all.pdf")) as pdf:
        assert pdf.pages[0].Resources.XObject.P.read_raw_bytes() == sheets[0].file.read_bytes()
        assert pdf.pages[1].Resources.XObject.P.BitsPerComponent == 1
        assert [round(float(side)) for side in pdf.pages[0].mediabox[2:]] == [595, 842]


def test_the_cost_of_a_command_holds_its_children(tmp_path: Path):
    child = "import time; block = bytearray(60_000_000)\nwhile time.process_time() < 0.6: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    cost = run([sys.executable, "-c", parent], tmp_path / "log")
    assert cost.cpu_s >= 0.5
    assert cost.seconds >= 0.5
    assert cost.peak_mb >= 57


def test_a_command_that_fails_says_what_it_said(tmp_path: Path):
    with pytest.raises(CommandFailed, match="no paper"):
        run([sys.executable, "-c", "import sys; sys.exit('no paper')"], tmp_path / "log")


def test_the_engine_is_timed_and_otherwise_itself():
    class Engine:
        name = "an engine"

        def recognise(self, page, dpi, timeout_s):
            return (page, dpi, timeout_s)

    timed = TimedEngine(Engine())
    assert timed.recognise("page", 150, 1.0) == ("page", 150, 1.0)
    assert timed.seconds > 0
    assert timed.name == "an engine"


def test_figures_become_tables_and_a_picture():
    tables = "\n\n".join(grid.markdown() for grid in grids(FIGURES))
    assert "| intake, 1 worker | 90.0 | 12.0 | 1.00 | 200 |" in tables
    assert "| office, 2 pages: intake | 97 | 0.05% | 0.10% | 0.04% | 99.90% | - |" in tables
    assert plot(FIGURES).width > 1000

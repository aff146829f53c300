"""``make bench``: intake and, when installed, OCRmyPDF on the same pages in the same run, and what one page costs.

Whole commands are timed as processes, by turns; parts in this process. Compare only figures of the same run on the
same machine. OCRmyPDF is looked for where the variable OCRMYPDF says, on the path, and in ``.bench/ocrmypdf``
(``make bench-peer``).
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.bench import report
from tests.bench.contest import Plan, compete, qualities, speeds
from tests.bench.inside import around_recogniser, desk, peaks
from tests.bench.pages import Sheet, made_sheets, scanned_sheets
from tests.bench.programs import Intake, Ocrmypdf, find_ocrmypdf

console = Console(width=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many pages of each set, how often, and with how many workers."""

    office: int
    photocopy: int
    clean: int
    nd96: int
    hand: int
    rounds: int
    workers: tuple[int, ...]


FULL = Size(office=12, photocopy=6, clean=6, nd96=8, hand=7, rounds=2, workers=(1, 2))
QUICK = Size(office=4, photocopy=1, clean=1, nd96=2, hand=1, rounds=1, workers=(1, 2))


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Few pages, one round: a look, not a figure to keep.")] = False,
    into: Annotated[Path, typer.Option("--into", help="Where table.md, figures.json and plot.png go.")] = Path("bench"),
    alone: Annotated[bool, typer.Option("--alone", help="Without OCRmyPDF, though it is here.")] = False,
) -> None:
    """Measure, print the tables, write them."""
    other = None if alone else find_ocrmypdf()
    if other is None:
        console.print("OCRmyPDF is left out: make bench-peer installs it")
    size = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as scratch:
        report.write(measured(Path(scratch), size, other), into, console)
    console.print(f"written to {into}/")


def measured(scratch: Path, size: Size, other: Ocrmypdf | None) -> report.Figures:
    sheets = list(_sheets(scratch / "pages", size))
    console.print(f"{len(sheets)} pages; the programs run by turns, {size.rounds} round(s) each")
    plan = Plan(rounds=size.rounds, workers=size.workers, place=scratch / "runs", say=console.print)
    programs = [Intake(), *([other] if other else [])]
    turns = compete(programs, sheets, plan)
    console.print("parts of one page")
    return report.Figures(
        about=_about(other),
        speeds=speeds(turns, len(sheets)),
        qualities=qualities(turns, sheets),
        around=list(around_recogniser(sheets)),
        peaks=list(peaks(sheets[0].file, scratch)),
        desk=list(desk(scratch / "runs" / f"intake-{size.workers[0]}-0" / "home", sheets[0].file)),
    )


def _sheets(folder: Path, size: Size) -> Iterator[Sheet]:
    yield from made_sheets(folder / "office", "office", size.office)
    yield from made_sheets(folder / "photocopy", "photocopy", size.photocopy)
    yield from made_sheets(folder / "clean", "clean", size.clean)
    yield from scanned_sheets(folder / "nd96", "nd96", size.nd96)
    yield from scanned_sheets(folder / "hand", "hand", size.hand)


def _about(other: Ocrmypdf | None) -> dict[str, str]:
    tesseract = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f} at the end",
        "versions": f"Python {sys.version.split()[0]}, Tesseract {tesseract}",
        "OCRmyPDF": other.version if other else "not run",
    }


if __name__ == "__main__":
    typer.run(main)

"""``make bench``: how long the main job takes on this machine, on sample papers it makes itself.

Whole commands are timed as processes, parts in this process; each figure is the median of its runs. Compare only
figures of the same run on the same machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from intake import tasks
from intake.catalogue import load
from intake.config import open_home
from intake.samples import write_lanes
from intake.sealing import bind
from intake.sorting import Sorter
from intake.station import open_station
from ocr.limits import Limits

INTAKE = [sys.executable, "-c", "from intake.cli import main; main()"]
RUNS = 3


def median(function: Callable[[], object], runs: int = RUNS) -> float:
    """Median seconds of a few calls."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def row(what: str, figure: str) -> None:
    print(f"{what:<58} {figure:>14}")


def main() -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        truth = write_lanes(root / "papers", seed=1)
        pages = sum(len(dossier.pages) for dossier in truth)
        run = iter(range(RUNS + 1))

        def process() -> None:
            out = root / f"out{next(run)}"
            folders = [str(folder) for folder in sorted((root / "papers").iterdir())]
            command = [*INTAKE, "process", *folders, "--into", str(out), "--seal", "--home", str(out / "home")]
            subprocess.run(command, check=True, capture_output=True)

        seconds = median(process)
        row(f"intake process --seal, {pages} pages, 9 dossiers", f"{seconds:.1f} s")
        row("  pages a minute, start of processes included", f"{pages / seconds * 60:.0f}")
        pictures = sorted((root / "papers").rglob("*.jpg"))[:6]
        reads = [median(partial(tasks.read_page, path, 0, Limits())) for path in pictures]
        row("read one page (300 dpi, one core), median", f"{statistics.median(reads):.2f} s")
        examines = [median(partial(tasks.examine, path, Limits())) for path in pictures]
        row("examine one file, median", f"{statistics.median(examines) * 1000:.0f} ms")
        row("load the catalogue", f"{median(load) * 1000:.0f} ms")
        _desk(root / "out0" / "home")


def _desk(home: Path) -> None:
    """Sorting and binding, from what the first run left."""
    with open_station(open_home(home)) as station:
        sorter = Sorter(station.catalogue)
        batch = station.ledger.batches()[0].id
        texts = [page.reading.text for page in station.ledger.pages(batch) if page.reading]
        row(
            "classify one page",
            f"{median(lambda: [sorter.classify(text) for text in texts]) / len(texts) * 1000:.1f} ms",
        )
        dossier = station.ledger.dossiers()[0].id
        row("slip and dossier of one receipt", f"{median(lambda: bind(station, dossier)) * 1000:.0f} ms")


if __name__ == "__main__":
    main()

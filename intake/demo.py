"""``intake demo``: the main job on sample papers, with four scanners at once, as a counter sees it.

Nothing is pretended but the paper: four scanner processes play sample scans into the lanes of a real station,
which adopts, reads and sorts them; then every dossier is sealed by the operator's command.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from intake import workstation
from intake.config import FILE_NAME, open_home
from intake.errors import BadInput, Broken
from intake.labels import say
from intake.model import Dossier, Receipt
from intake.samples import write_lanes
from intake.sealing import Decision, seal
from intake.station import Station, open_station
from intake.vault import make_dir

_MARK = ".mot-cua-demo"
_SETTINGS = """\
[inbox]
settle_s = 0.5
rescan_s = 1
quiet_s = 3
"""
_SECONDS_A_SHEET = 0.4
_PATIENCE_S = 600.0
_LOOK_S = 0.5
_NAME_LETTERS = 34


@dataclass(slots=True, kw_only=True)
class Counter:
    """The people of the demo: four who feed scanners and one who seals, in a thread beside the station."""

    station: Station
    papers: Path
    expected: int
    console: Console
    stop: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None

    def begin(self) -> None:
        threading.Thread(target=self._work, name="counter").start()

    def _work(self) -> None:
        try:
            self._scan()
            self._await_proposals()
            for dossier in self.station.ledger.dossiers():
                seal(self.station, dossier.id, Decision(clerk=say("demo.clerk"), act="intake demo"))
            self._await(lambda: len(self.station.ledger.published()) == self.expected)
        except Exception as error:  # noqa: BLE001  # told to the main thread, which raises it
            self.failure = error
        finally:
            self.stop.set()

    def _scan(self) -> None:
        """All four scanners at once, each in its own process, as real ones run."""
        lanes = self.station.home.settings.inbox.lanes
        self.console.print(say("demo.scanning", lanes=", ".join(lanes)))
        scanners = [self._scanner(lane) for lane in lanes]
        for lane, scanner in zip(lanes, scanners, strict=True):
            if scanner.wait(_PATIENCE_S):
                raise Broken(say("demo.scanner_failed", lane=lane, code=scanner.returncode))

    def _scanner(self, lane: str) -> subprocess.Popen[bytes]:
        into = self.station.lane_dir(lane)
        device = f"replay:{self.papers / lane}"
        command = [sys.executable, "-m", "scanners", device, "--into", str(into), "--pause-s", str(_SECONDS_A_SHEET)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def _await_proposals(self) -> None:
        self.console.print(say("demo.reading"))
        self._await(lambda: len(self.station.ledger.dossiers()) == self.expected)

    def _await(self, done: Callable[[], bool]) -> None:
        for _ in range(int(_PATIENCE_S / _LOOK_S)):
            if done():
                return
            if self.stop.wait(_LOOK_S):
                break
        raise Broken(say("demo.too_slow"))


def demo(into: Path, seed: int, console: Console) -> None:
    """Make papers, run them through four lanes, seal what comes out, and say where it lies.

    ``into`` is made anew each time; BadInput if it holds something that no demo made.
    """
    _clear(into)
    console.print(say("demo.papers", into=into / "giay-mau"), soft_wrap=True)
    truth = write_lanes(into / "giay-mau", seed)
    home = into / "tram"
    make_dir(home)
    (home / FILE_NAME).write_text(_SETTINGS, encoding="utf-8")
    with open_station(open_home(home)) as station:
        counter = Counter(station=station, papers=into / "giay-mau", expected=len(truth), console=console)
        workstation.run(station, on_start=counter.begin, stop=counter.stop)
        if counter.failure is not None:
            raise counter.failure
        _report(station, station.ledger.dossiers(), console)


def _clear(into: Path) -> None:
    if into.exists() and any(into.iterdir()):
        if not (into / _MARK).exists():
            raise BadInput(say("demo.not_ours", into=into))
        shutil.rmtree(into)
    make_dir(into)
    (into / _MARK).touch()


def _report(station: Station, dossiers: Sequence[Dossier], console: Console) -> None:
    """One row a dossier, then the books and where everything lies."""
    table = Table(box=SIMPLE)
    for name in ("number", "lane", "procedure", "papers_in", "missing", "due"):
        table.add_column(say(f"demo.{name}"), no_wrap=name in ("number", "lane", "due"))
    for dossier in dossiers:
        receipt = station.ledger.receipt(dossier.id)
        if receipt is not None:
            lane = station.ledger.batch(dossier.batch).lane
            table.add_row(receipt.number, lane, *_row(receipt), str(len(dossier.missing) or "-"), _due(receipt))
    console.print(table)
    balance = station.ledger.balance([batch.id for batch in station.ledger.batches()])
    facts = {name: getattr(balance, name) for name in ("captured", "kept", "blank", "set_aside", "separators")}
    console.print(say("demo.balance", **facts))
    console.print(say("demo.where", folder=station.home.dossiers), soft_wrap=True)


def _row(receipt: Receipt) -> tuple[str, str]:
    name = shorten(f"{receipt.procedure_code or '?'} {receipt.procedure_name}", _NAME_LETTERS, placeholder="…")
    return name, f"{len(receipt.lines)} ({sum(line.pages for line in receipt.lines)})"


def _due(receipt: Receipt) -> str:
    return "-" if receipt.due.at is None else f"{receipt.due.at:%d/%m/%Y}"

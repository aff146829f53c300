"""One trial: play the scene in a child that dies at a chosen point, play on in another, judge what is left."""

from __future__ import annotations

import faulthandler
import hashlib
import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from intake.checkup import check
from intake.config import open_home
from intake.ledger import ReadPage
from intake.station import Station, open_station
from tests.crash import scene
from tests.crash.killer import Killer

_NEVER = 0
LATER = timedelta(hours=1)
_HANGS_AFTER_S = 120
"""An ordinary scene takes a second."""


def _as_shipped() -> None:
    """No sabotage."""


@dataclass(slots=True)
class Verdict:
    """What a trial found wrong; all empty when nothing was lost, doubled or mixed."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.mixed or self.other)


def in_child(work: Callable[[], None]) -> int:
    """Run in a forked child; its wait status. A failure of the work itself exits 1 with its traceback.

    A child that hangs shows where on standard error and ends by itself, with status 1.
    """
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            faulthandler.dump_traceback_later(_HANGS_AFTER_S, exit=True, file=sys.__stderr__)
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def count_points(home: Path) -> int:
    """How many points the scene has from a fresh home to the end."""
    counted = home.with_suffix(".points")

    def work() -> None:
        killer = Killer(at=_NEVER)
        killer.arm()
        scene.play(home, scene.START)
        counted.write_text(str(killer.points))

    if in_child(work):
        raise AssertionError("the scene does not play to its end")
    return int(counted.read_text())


def die_at(home: Path, point: int, started: datetime = scene.START, sabotage: Callable[[], None] = _as_shipped) -> bool:
    """Play until ``point``; whether the child was killed there (False: it came to the end before)."""

    def work() -> None:
        sabotage()
        killer = Killer(at=point)
        killer.arm()
        scene.play(home, started)

    status = in_child(work)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise AssertionError(f"the scene failed before point {point}")
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def play_on(home: Path, started: datetime = scene.START + LATER, sabotage: Callable[[], None] = _as_shipped) -> None:
    """Start again, an hour later unless told, and play to the end."""

    def work() -> None:
        sabotage()
        scene.play(home, started)

    if in_child(work):
        raise AssertionError("the station does not go on after a crash")


def fresh(home: Path, template: Path) -> Path:
    """A new home like the template."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(template, home)
    return home


# --- judging -----------------------------------------------------------------------------------------------


def judge(home: Path) -> Verdict:
    """Compare what the station holds with what was put into its lanes."""
    verdict = Verdict()
    with open_station(open_home(home)) as station:
        _judge_pages(station, verdict)
        _judge_receipts(station, verdict)
        verdict.other += [f"{finding.fault} {finding.what}" for finding in check(station, fix=False)]
        verdict.other += [f"duty left: {fault}" for fault in station.ledger.faults()]
        if station.ledger.counts().waiting:
            verdict.other.append("duties left")
    left = [path.name for path in (home / "inbox").rglob("*") if path.is_file()]
    verdict.other += [f"left in the inbox: {name}" for name in left]
    return verdict


def _expected() -> Counter[tuple[str, str, str, int]]:
    """(lane, file, hash, page) of everything that was put in; page 0 for the file that must be set aside."""
    pages: Counter[tuple[str, str, str, int]] = Counter()
    for lane, files in scene.PAPERS.items():
        for name, data in files.items():
            digest = hashlib.sha256(data).hexdigest()
            numbers = {"a1.tif": (1, 2), "b2.jpg": (0,)}.get(name, (1,))
            pages.update((lane, name, digest, number) for number in numbers)
    return pages


def _judge_pages(station: Station, verdict: Verdict) -> None:
    batches = station.ledger.batches()
    read = [(batch.lane, page) for batch in batches for page in station.ledger.pages(batch.id)]
    held = Counter(
        (page.page.lane, page.page.origin.untrusted_name, page.page.blob, page.page.origin.page) for _, page in read
    )
    held.update((a.lane, a.source, str(a.blob), 0) for a in station.ledger.set_asides() if a.page is None)
    verdict.lost += [str(key) for key in (_expected() - held)]
    verdict.doubled += [str(key) for key in (held - _expected())]
    verdict.mixed += [page.page.id for lane, page in read if page.page.lane != lane]
    verdict.other += [f"unread {page.page.id}" for _, page in read if page.reading is None]
    for blob in {page.page.blob for _, page in read}:
        station.vault.read(blob)
    _judge_documents(station, read, verdict)


def _judge_documents(station: Station, read: list[tuple[str, ReadPage]], verdict: Verdict) -> None:
    placed: Counter[str] = Counter()
    lane_of = {page.page.id: page.page.lane for _, page in read}
    for dossier in station.ledger.dossiers():
        pages = [page for document in dossier.documents for page in document.pages]
        placed.update(pages)
        if len({lane_of[page] for page in pages}) > 1:
            verdict.mixed.append(dossier.id)
    verdict.lost += [page for page in lane_of if not placed[page]]
    verdict.doubled += [page for page, times in placed.items() if times > 1]


def _judge_receipts(station: Station, verdict: Verdict) -> None:
    dossiers = station.ledger.dossiers()
    receipts = [station.ledger.receipt(dossier.id) for dossier in dossiers]
    numbers = sorted(receipt.seq for receipt in receipts if receipt is not None)
    if numbers != list(range(1, len(dossiers) + 1)):
        verdict.lost.append(f"receipt numbers {numbers} of {len(dossiers)} dossiers")
    for dossier, receipt in zip(dossiers, receipts, strict=True):
        papers = station.ledger.publication(dossier.id)
        if papers is None or receipt is None:
            verdict.lost.append(f"papers of {dossier.id}")
            continue
        for path, blob in station.copies(receipt.number, papers):
            if path.read_bytes() != station.vault.read(blob):
                verdict.other.append(f"published {path.name} differs")

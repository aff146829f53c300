"""``intake check``: do the books, the vault and the lanes agree? Finds; mends only when told to.

Mending never deletes paper: it removes half-written temporary files, re-publishes copies that can be made anew,
and owes again what was lost on the way. A damaged or missing original is reported, never hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from intake.forgotten import forgotten
from intake.station import Station
from intake.vault import leftovers, publish, sweep


class Fault(StrEnum):
    """What can be wrong; the words are in ``[check]`` of labels.vi.toml."""

    DAMAGED = "damaged"
    MISSING = "missing"
    ORPHAN = "orphan"
    LEFTOVER = "leftover"
    UNPUBLISHED = "unpublished"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault; ``what`` is a blob, a path or an id; ``mended`` when ``--fix`` put it right."""

    fault: Fault
    what: str
    mended: bool = False


def check(station: Station, *, fix: bool) -> Iterator[Finding]:
    """Look at everything, yielding each fault as it is found (re-hashing a large vault takes a while)."""
    yield from _blobs(station, fix=fix)
    yield from _leftovers(station, fix=fix)
    yield from _publications(station, fix=fix)
    yield from _forgotten(station, fix=fix)


def _blobs(station: Station, *, fix: bool) -> Iterator[Finding]:
    """Damaged, missing, and orphaned blobs; an orphan is mended by laying it before a clerk, never by deleting it."""
    wanted = set(station.ledger.blobs_in_use())
    for blob, path in station.vault.blobs():
        if not station.vault.is_whole(path):
            yield Finding(fault=Fault.DAMAGED, what=blob)
        elif blob not in wanted:
            if fix:
                station.store.set_orphan_aside(blob, path.name, station.clock.now())
            yield Finding(fault=Fault.ORPHAN, what=blob, mended=fix)
        wanted.discard(blob)
    for blob in sorted(wanted):
        yield Finding(fault=Fault.MISSING, what=blob)


def _forgotten(station: Station, *, fix: bool) -> Iterator[Finding]:
    for duty in forgotten(station.store.database):
        if fix:
            station.store.owe(duty, station.clock.now())
        yield Finding(fault=Fault.FORGOTTEN, what=f"{duty.kind} {duty.subject}", mended=fix)


def _leftovers(station: Station, *, fix: bool) -> Iterator[Finding]:
    for folder in (station.home.vault, station.home.dossiers):
        for path in leftovers(folder):
            yield Finding(fault=Fault.LEFTOVER, what=str(path), mended=fix)
        if fix:
            sweep(folder)


def _publications(station: Station, *, fix: bool) -> Iterator[Finding]:
    """Published copies that are gone or differ from the vault's."""
    for dossier in station.ledger.published():
        receipt, publication = station.ledger.receipt(dossier), station.ledger.publication(dossier)
        if receipt is None or publication is None:
            continue
        for name, blob in station.copies(receipt.number, publication):
            if not _is_copy(name, station.vault.path(blob)):
                if fix:
                    publish(name, (station.vault.read(blob),))
                yield Finding(fault=Fault.UNPUBLISHED, what=str(name), mended=fix)


def _is_copy(path: Path, original: Path) -> bool:
    return path.is_file() and path.read_bytes() == original.read_bytes()

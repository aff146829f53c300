"""Files and folders in, dossiers out, without a server: ``intake process``.

Sources are only read. One source folder is one batch; files named one by one are one batch a parent folder.
Every file is claimed before the first is read, so a run that is killed goes on where it was: its duties lie in
the home folder and the next run, or the workstation, does them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from intake.errors import BadInput
from intake.inbox import LITTER, natural, readable
from intake.labels import say
from intake.model import Batch, BatchId, BatchKind, Priority
from intake.station import Station
from intake.store import FileClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What ``intake process`` was told: which sources, as pages of which lane, and where the results go."""

    sources: tuple[Path, ...]
    into: Path
    lane: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The files of one batch, in order, each with the name that the manifest gives it."""

    folder: Path
    files: tuple[tuple[str, Path], ...]


def stacks(sources: Sequence[Path], without: Path) -> tuple[Stack, ...]:
    """Sort files and folders into batches; raises BadInput for a source that is not there or when all is empty.

    Files below ``without`` (the output folder) are left out, and so is what Windows and macOS litter folders
    with. Links inside a folder stay in: adoption sets them aside in sight of everybody.
    """
    grouped: dict[Path, list[tuple[str, Path]]] = {}
    for source in sources:
        for path in files_of(source):
            if without.absolute() not in path.absolute().parents:
                grouped.setdefault(path.parent, []).append((str(path), path.absolute()))
    if not grouped:
        raise BadInput(say("process.nothing", sources=", ".join(map(str, sources))))
    return tuple(Stack(folder=folder, files=tuple(files)) for folder, files in grouped.items())


def files_of(source: Path) -> Iterator[Path]:
    """A file, or the files of a folder and all folders below it, each folder's in the order of their names.

    Raises BadInput when nothing is there. Links inside a folder are named, never followed.
    """
    if not source.exists():
        raise BadInput(say("process.no_source", source=source))
    if not source.is_dir():
        yield source
        return
    for folder in [source, *sorted(path for path in source.rglob("*") if path.is_dir() and not path.is_symlink())]:
        entries = (path for path in folder.iterdir() if path.is_symlink() or not path.is_dir())
        papers = (path for path in entries if path.name.casefold() not in LITTER)
        yield from sorted(papers, key=lambda path: natural(path.name))


def capture(station: Station, stack: Stack, lane: str) -> BatchId:
    """Claim all of a stack's files as one batch, in one transaction; it is sorted when all of it is read."""
    now = station.clock.now()
    batch = Batch(
        id=station.clock.mint_batch(),
        kind=BatchKind.COUNTER,
        lane=lane,
        priority=Priority.COUNTER,
        opened_at=now,
        closed_at=now,
    )
    station.store.capture(batch, readable(str(stack.folder)), tuple(_claims(station, stack, batch)))
    return batch.id


def _claims(station: Station, stack: Stack, batch: Batch) -> Iterable[FileClaim]:
    for name, path in stack.files:
        yield FileClaim(
            id=station.clock.mint_claim(),
            lane=batch.lane,
            untrusted_source=readable(name),
            path=str(path),
            batch=batch.id,
            at=batch.opened_at,
        )

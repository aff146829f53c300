"""The use cases: adopt, read, sort, seal - and the table of them.

Each step is: *prepare* (look up what is needed), a task computed anywhere, *finish* (one transaction that stores
the result and deletes the duty). Every step may run twice with the same outcome. ``set_aside`` is what becomes of
its subject when it can never succeed; it answers False where a duty must rather wait for better times.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from intake import duties, tasks
from intake.model import BatchId, BlobId, ClaimId, Dossier, DossierId, PageId, PageReading, SetAside, Work, WorkKind
from intake.muscle import Task
from intake.sealing import Bound, bind
from intake.sorting import propose
from intake.station import SET_ASIDE, Station
from intake.store import Captured, Why
from intake.vault import is_held_open, make_dir, move_into, publish, remove
from ocr.errors import SourceError
from ocr.formats import SUFFIXES, kind_of
from ocr.limits import FileFacts

_HEAD_BYTES = 4096
_EXAMINE_S = 60.0
_EXAMINE_BYTES_PER_S = 500_000
"""A lower bound for how fast a file is examined, for its time limit."""


class NotAFile(SourceError):
    """Something lies where paper should be that is never opened; it is kept as it is."""

    reason = "special"


class IsALink(NotAFile):
    reason = "symlink"


class StillOpen(NotAFile):
    """Another program has it open for writing: a copy of it now could lack its end."""

    reason = "still_open"


class Vanished(NotAFile):
    """It was there when it was claimed; somebody took it away."""

    reason = "vanished"


_ODD: Mapping[str, type[SourceError]] = {kind.reason: kind for kind in (NotAFile, IsALink, StillOpen, Vanished)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A prepared duty: the task, and the blob that ``finish`` will need beside its result."""

    task: Task
    blob: BlobId | None = None


class Step(Protocol):
    """One use case. ``remote`` steps may run on any machine; the others stay beside the vault."""

    remote: bool

    def prepare(self, station: Station, work: Work) -> Job | None:
        """What to compute; None when it turned out to be done already."""
        ...

    def finish(self, station: Station, work: Work, job: Job, result: object) -> None: ...

    def set_aside(self, station: Station, work: Work, reason: str, detail: str) -> bool: ...


class Adopt:
    """A claimed file becomes pages. Blob before row, row before unlink: the file in the lane goes last."""

    remote = True

    def prepare(self, station: Station, work: Work) -> Job | None:
        claimed = station.ledger.claim(ClaimId(work.subject))
        if claimed is None:
            duties.discard(station.store.database, work)
            return None
        path = Path(claimed.path)
        _refuse_oddities(path)
        blob = station.vault.put_file(path, _suffix(path))
        size = path.stat().st_size
        task = Task(
            function=tasks.examine,
            arguments=(station.vault.path(blob), station.limits),
            priority=work.priority,
            limit_s=_EXAMINE_S + size / _EXAMINE_BYTES_PER_S,
        )
        return Job(task=task, blob=blob)

    def finish(self, station: Station, work: Work, job: Job, result: object) -> None:
        facts = cast(FileFacts, result)
        claim = ClaimId(work.subject)
        pages = tuple(Captured(separator=frame.separator, fault=frame.fault) for frame in facts.frames)
        path = _path_of(station, claim)
        station.store.adopt(claim, cast(BlobId, job.blob), pages, station.clock.now())
        _put_away(station, claim, path)

    def set_aside(self, station: Station, work: Work, reason: str, detail: str) -> bool:
        """The bytes go into the vault; what cannot safely be read stays a file, in ``.set-aside``."""
        claim = ClaimId(work.subject)
        claimed = station.ledger.claim(claim)
        if claimed is None:
            return True
        path = Path(claimed.path)
        blob = None if issubclass(_ODD.get(reason, SourceError), NotAFile) else _keep_bytes(station, path)
        beside = station.lane_dir(claimed.lane) / SET_ASIDE / path.name
        aside = SetAside(
            id=claim,
            lane=claimed.lane,
            source=claimed.source,
            page=None,
            reason=reason,
            detail=detail,
            blob=blob,
            kept_at=None if blob else str(beside) if station.is_in_inbox(path) else claimed.source,
            batch=claimed.batch,
            at=station.clock.now(),
        )
        station.store.set_file_aside(claim, aside)
        _put_away(station, claim, path)
        return True


class Read:
    """A page becomes an upright picture and its words."""

    remote = True

    def prepare(self, station: Station, work: Work) -> Job | None:
        page = station.ledger.page(PageId(work.subject)).page
        source, index = station.vault.path(page.blob), page.origin.page - 1
        task = Task(
            function=tasks.read_page,
            arguments=(source, index, station.limits, station.home.settings.reading.second_reader),
            priority=work.priority,
            limit_s=station.home.settings.work.page_timeout_s,
        )
        return Job(task=task)

    def finish(self, station: Station, work: Work, job: Job, result: object) -> None:
        read = cast(tasks.PageResult, result)
        image = station.vault.put(read.image, read.suffix)
        reading = PageReading(
            page=PageId(work.subject),
            recipe=read.recipe.id,
            image=image,
            width=read.width,
            height=read.height,
            dpi=read.dpi,
            skew_deg=read.skew_deg,
            turn_deg=read.turn_deg,
            blank=read.blank,
            sharpness=read.sharpness,
            confidence=read.text.confidence,
            seconds=read.seconds,
            text=read.text,
            dossier_code=read.dossier_code,
        )
        station.store.record_reading(reading, station.clock.now())

    def set_aside(self, station: Station, work: Work, reason: str, detail: str) -> bool:
        station.store.set_page_aside(PageId(work.subject), Why(reason=reason, detail=detail, at=station.clock.now()))
        return True


class Sort:
    """A closed, read batch becomes a proposal: documents in dossiers, and what is missing."""

    remote = False

    def prepare(self, station: Station, work: Work) -> Job | None:
        pages = station.ledger.pages(BatchId(work.subject))
        arguments = (station.sorter, BatchId(work.subject), pages, station.clock.now())
        return Job(task=Task(function=propose, arguments=arguments))

    def finish(self, station: Station, work: Work, job: Job, result: object) -> None:
        station.store.record_sorting(BatchId(work.subject), cast("tuple[Dossier, ...]", result))

    def set_aside(self, station: Station, work: Work, reason: str, detail: str) -> bool:
        return False


class Seal:
    """A numbered receipt becomes its slip and its dossier. The number was allocated before, once."""

    remote = False

    def prepare(self, station: Station, work: Work) -> Job | None:
        return Job(task=Task(function=bind, arguments=(station, DossierId(work.subject))))

    def finish(self, station: Station, work: Work, job: Job, result: object) -> None:
        bound = cast(Bound, result)
        for path, blob in station.copies(bound.number, bound.publication):
            make_dir(path.parent)
            publish(path, station.vault.chunks(blob))
        station.store.record_publication(DossierId(work.subject), bound.publication, station.clock.now())

    def set_aside(self, station: Station, work: Work, reason: str, detail: str) -> bool:
        return False


STEPS: Mapping[WorkKind, Step] = {
    WorkKind.ADOPT: Adopt(),
    WorkKind.READ: Read(),
    WorkKind.SORT: Sort(),
    WorkKind.SEAL: Seal(),
}


def _refuse_oddities(path: Path) -> None:
    """Raise unless a plain, finished file lies at ``path``: a pipe would block, a link could point anywhere."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError as error:
        raise Vanished(error.strerror) from error
    if stat.S_ISLNK(mode):
        raise IsALink(os.strerror(errno.ELOOP))
    if not stat.S_ISREG(mode):
        raise NotAFile(stat.filemode(mode))
    if is_held_open(path):
        raise StillOpen(os.strerror(errno.ETXTBSY))


def _keep_bytes(station: Station, path: Path) -> BlobId | None:
    """The file's bytes in the vault; None where they cannot be read."""
    try:
        return station.vault.put_file(path, _suffix(path))
    except OSError:
        return None


def _suffix(path: Path) -> str:
    """By the first bytes, never by the name."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        return SUFFIXES[kind_of(head)]
    except SourceError:
        return ".bin"


def _path_of(station: Station, claim: ClaimId) -> Path | None:
    claimed = station.ledger.claim(claim)
    return None if claimed is None else Path(claimed.path)


def _put_away(station: Station, claim: ClaimId, path: Path | None) -> None:
    """What is stored may leave the lane; sources of ``intake process`` stay where they are."""
    if path is None or not station.is_in_inbox(path) or not os.path.lexists(path):
        return
    kept_at = station.ledger.kept_at(claim)
    if kept_at is None:
        remove(path)
    else:
        move_into(path, Path(kept_at))

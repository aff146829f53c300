"""The lanes: see a file, wait until it is whole, make it ours by rename, owe its adoption.

The directory is the truth: every few seconds each lane is looked through anew, and watchdog only says when to
look sooner. A file is *settled* when its size and time have stood still, nobody holds it open for writing, and
its bytes reach the end their format demands. One that never gets there is claimed all the same when patience
ends, and adoption sets it aside with the reason. Everything survives a crash: a claimed file lies in
``.adopting`` under its identity until its pages are stored, and is found there again.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from intake.errors import DiskFull
from intake.model import ClaimId
from intake.station import ADOPTING, SET_ASIDE, Station
from intake.store import FileClaim
from intake.vault import TEMPORARY, is_held_open, make_dir, move_into, remove
from ocr.errors import SourceError
from ocr.formats import prove
from ocr.limits import Limits
from ocr.text import nfc

_log = logging.getLogger(__name__)
LITTER = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})
"""What Windows and macOS leave in every folder: no paper, never looked at."""
_UNFINISHED = re.compile(r"^\.|^~\$|\.(tmp|temp|part|partial|filepart|crdownload|download|swp)$", re.IGNORECASE)
"""Names under which copying programs write before they rename."""
_NAME_BYTES = 180
_DEPTH = 8
_HELD_OPEN_TIMES = 10
"""How many times the usual patience a file may be held open without growing."""
_HOLDS_BACK_TIMES = 5
"""For how many settling times a file that is not whole yet holds back the files behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A file as last seen, and since when (seconds of the monotonic clock) it has looked just so."""

    inode: int
    size: int
    mtime_ns: int
    since: float

    def is_same(self, info: os.stat_result) -> bool:
        return (self.inode, self.size, self.mtime_ns) == (info.st_ino, info.st_size, info.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A file in a lane that is not ours yet; ``still_s`` is how long it has not changed."""

    lane: str
    name: str
    still_s: float


@dataclass(slots=True, kw_only=True)
class Inbox:
    """All lanes of a station. One inbox a home folder: its owner holds the station's lock."""

    station: Station
    waiting: tuple[Waiting, ...] = ()
    paused: bool = False
    _seen: dict[Path, Sighting] = field(default_factory=dict)
    _whole: dict[Path, bool] = field(default_factory=dict)

    def prepare(self) -> None:
        """Create the lanes' folders."""
        for lane in self.station.home.settings.inbox.lanes:
            for folder in (ADOPTING, SET_ASIDE):
                make_dir(self.station.lane_dir(lane) / folder)

    def look(self, now_s: float) -> int:
        """Look through every lane once; how many files were claimed. ``now_s`` is monotonic seconds."""
        waiting: list[Waiting] = []
        claimed = 0
        self.paused = False
        for lane in self.station.home.settings.inbox.lanes:
            try:
                claimed += self._look_at(lane, now_s, waiting)
            except DiskFull:
                self.paused = True
            except OSError as error:
                # One lane's folder is gone or its disk fails: the others go on, and this one is looked at again.
                _log.warning("lane %s cannot be looked through: %s", lane, error)
        self.waiting = tuple(waiting)
        self._seen = {path: sighting for path, sighting in self._seen.items() if os.path.lexists(path)}
        return claimed

    def _look_at(self, lane: str, now_s: float, waiting: list[Waiting]) -> int:
        make_dir(self.station.lane_dir(lane) / ADOPTING)
        unadopted = self._recover(lane)
        ready, held = self._sift(lane, now_s)
        waiting.extend(held)
        for path in ready:
            if not self.station.has_room(path.lstat().st_size):
                self.paused = True
                return 0
            self._claim(lane, path)
        if not ready and not held and not unadopted:
            self._close_quiet(lane)
        return len(ready)

    def _close_quiet(self, lane: str) -> None:
        quiet = timedelta(seconds=self.station.home.settings.inbox.quiet_s)
        self.station.store.close_quiet(lane, self.station.clock.now(), quiet)

    # --- what lies in .adopting ------------------------------------------------------------------------

    def _recover(self, lane: str) -> int:
        """Go on with every claimed file, wherever a crash may have left it; how many are not adopted yet."""
        pending = 0
        for path in sorted((self.station.lane_dir(lane) / ADOPTING).iterdir()):
            claim = ClaimId(path.name.partition("~")[0])
            if self.station.ledger.is_adopted(claim):
                self._put_away(claim, path)
            else:
                self._owe(lane, claim, path)
                pending += 1
        return pending

    def _put_away(self, claim: ClaimId, path: Path) -> None:
        kept_at = self.station.ledger.kept_at(claim)
        if kept_at is None:
            remove(path)
        else:
            move_into(path, Path(kept_at))

    def _owe(self, lane: str, claim: ClaimId, path: Path) -> None:
        if not self.station.ledger.is_known(claim):
            name = path.name.partition("~")[2]
            self._note(lane, claim, path, name)

    # --- what lies in the lane ------------------------------------------------------------------------

    def _sift(self, lane: str, now_s: float) -> tuple[list[Path], list[Waiting]]:
        """Files to claim now, in the order in which they came, and those that still have to wait."""
        ready: list[Path] = []
        held: list[Waiting] = []
        blocked = False
        for path, info in _in_order(self.station.lane_dir(lane)):
            still_s = now_s - self._sight(path, info, now_s).since
            if not blocked and self._is_settled(path, info, still_s):
                ready.append(path)
                continue
            name = readable(str(path.relative_to(self.station.lane_dir(lane))))
            held.append(Waiting(lane=lane, name=name, still_s=still_s))
            blocked = blocked or still_s < self.station.home.settings.inbox.settle_s * _HOLDS_BACK_TIMES
        return ready, held

    def _sight(self, path: Path, info: os.stat_result, now_s: float) -> Sighting:
        before = self._seen.get(path)
        if before is None or not before.is_same(info):
            before = Sighting(inode=info.st_ino, size=info.st_size, mtime_ns=info.st_mtime_ns, since=now_s)
            self._seen[path] = before
            self._whole.pop(path, None)
        return before

    def _is_settled(self, path: Path, info: os.stat_result, still_s: float) -> bool:
        given = self.station.home.settings.inbox
        if not stat.S_ISREG(info.st_mode):
            return True  # adoption sets links and pipes aside
        if still_s < given.settle_s:
            return False
        if is_held_open(path):
            return still_s > given.patience_s * _HELD_OPEN_TIMES
        if still_s > given.patience_s:
            return True
        return not _UNFINISHED.search(path.name) and self._is_whole(path, info.st_size)

    def _is_whole(self, path: Path, size: int) -> bool:
        """Whether the bytes reach the end that their format demands. What has no known format never does."""
        if size > self.station.limits.max_bytes:
            return True  # adoption says so without reading it
        if path not in self._whole:
            self._whole[path] = _reaches_its_end(path, self.station.limits)
        return self._whole[path]

    # --- claiming --------------------------------------------------------------------------------------

    def _claim(self, lane: str, path: Path) -> None:
        """Make a file ours: from the rename on it has its identity, whatever happens."""
        claim = self.station.clock.mint_claim()
        name = str(path.relative_to(self.station.lane_dir(lane)))
        target = self.station.lane_dir(lane) / ADOPTING / f"{claim}~{_file_name(name)}"
        try:
            move_into(path, target)
        except FileNotFoundError:
            return  # whoever put it there took it back
        self._note(lane, claim, target, name)

    def _note(self, lane: str, claim: ClaimId, path: Path, name: str) -> None:
        at = self.station.clock.now()
        source = readable(name)
        self.station.store.claim_file(
            FileClaim(id=claim, lane=lane, untrusted_source=source, path=str(path), batch=None, at=at)
        )


# --- waking ----------------------------------------------------------------------------------------------


class _Waker(FileSystemEventHandler):
    """Sets an event; an exception here would end watchdog's thread, so nothing else happens here."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in ("opened", "closed_no_write"):
            self._wake.set()


def watch(inbox: Inbox, wake: threading.Event) -> BaseObserver:
    """Start watching the lanes. On network mounts, which give no events, set ``inbox.polling``."""
    observer: BaseObserver = PollingObserver() if inbox.station.home.settings.inbox.polling else Observer()
    for lane in inbox.station.home.settings.inbox.lanes:
        observer.schedule(_Waker(wake), str(inbox.station.lane_dir(lane)), recursive=True)
    observer.start()
    return observer


def tend(inbox: Inbox, stop: threading.Event, wake: threading.Event) -> None:
    """Look through the lanes every few seconds, or sooner when something moved, until ``stop`` is set.

    Whatever goes wrong in a round is logged and the next round comes: an unattended lane is a lost page.
    """
    given = inbox.station.home.settings.inbox
    observer = watch(inbox, wake)
    while not stop.is_set():
        wake.clear()
        try:
            if not is_watching(observer):
                observer.stop()
                observer = watch(inbox, wake)
            inbox.look(time.monotonic())
        except Exception:  # noqa: BLE001
            _log.exception("a round through the lanes failed")
        settling = any(waiting.still_s < given.settle_s for waiting in inbox.waiting)
        wake.wait(min(given.settle_s, given.rescan_s) if settling else given.rescan_s)
    observer.stop()
    observer.join()


def is_watching(observer: BaseObserver) -> bool:
    """Whether events still come: a handler that raised, or a folder that went, ends watchdog's threads silently."""
    return observer.is_alive() and all(emitter.is_alive() for emitter in observer.emitters)


# --- files -----------------------------------------------------------------------------------------------


def _in_order(lane: Path) -> list[tuple[Path, os.stat_result]]:
    """Everything in a lane that could be paper, oldest first, then by name with numbers as numbers."""
    found = list(_walk(lane, 0))
    return sorted(found, key=lambda item: (item[1].st_mtime_ns, natural(str(item[0]))))


def _walk(folder: Path, depth: int) -> Iterator[tuple[Path, os.stat_result]]:
    """Files, links and pipes below a folder; links are never followed."""
    for path in folder.iterdir():
        if path.name.casefold() in LITTER or path.name.startswith(TEMPORARY):
            continue
        if depth == 0 and path.name in (ADOPTING, SET_ASIDE):
            continue
        try:
            info = path.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(info.st_mode):
            if depth < _DEPTH:
                yield from _walk(path, depth + 1)
        else:
            yield path, info


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """'page10' after 'page9'."""
    return tuple((int(digits), "") if digits else (-1, text) for digits, text in re.findall(r"(\d+)|(\D+)", name))


def _reaches_its_end(path: Path, limits: Limits) -> bool:
    try:
        prove(path.read_bytes(), limits.max_frames)
    except (SourceError, OSError):
        return False
    return True


def _file_name(name: str) -> str:
    """A name short and plain enough for a file of its own; the extension stays."""
    flat = readable(name.replace("/", "_"))
    if len(os.fsencode(flat)) <= _NAME_BYTES:
        return flat
    suffix = Path(flat).suffix[:8]
    return os.fsencode(flat)[: _NAME_BYTES - len(os.fsencode(suffix))].decode("utf-8", "ignore") + suffix


def readable(name: str) -> str:
    """A file name as text for rows and screens: bytes that are no UTF-8 become a visible sign."""
    return nfc(os.fsencode(name).decode("utf-8", "replace"))

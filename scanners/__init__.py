"""Devices in, page files out. Knows nothing of intake: one device, one process (``python -m scanners``).

Every way a scan can end other than well, a closed set::

    ScannerError
    ├── NeedsHands           somebody must go to the device, then scan again
    │   ├── FeederEmpty      no paper at all; an emptied feeder after a page is the normal end, not an error
    │   ├── Jam              paper stuck
    │   ├── DoubleFeed       two sheets went through as one
    │   └── CoverOpen        a lid or a door
    ├── Later                may pass by itself: try again
    │   ├── Busy             another computer, or the device's own last job
    │   ├── Offline          off, unplugged, off the network, or its folder gone
    │   └── DriverDied       the driver crashed or hung and had to be killed
    ├── Interrupted          somebody stopped it, here or at the device's panel
    └── BadSetting           the device cannot do what was asked, or nobody knows a device of that name

Sheets handed over before an error are whole and good. What lay in the feeder after them is unknown, since many
devices read ahead: the operator puts the whole stack back. Words are English here; the ``code`` of an error is a
stable key under which the application keeps what a clerk reads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import ClassVar, Protocol


class ScanExit(IntEnum):
    """What ``python -m scanners`` tells the shell. Stable: a supervisor depends on it."""

    OK = 0
    BUG = 1
    BAD_SETTING = 2
    FEEDER_EMPTY = 10
    JAM = 11
    DOUBLE_FEED = 12
    COVER_OPEN = 13
    BUSY = 20
    OFFLINE = 21
    DRIVER_DIED = 22
    CANNOT_WRITE = 30
    """The device is well, but the page could not be made durable in the folder (full, gone, read-only)."""
    INTERRUPTED = 130


# --- errors ------------------------------------------------------------------------------------------------


class ScannerError(Exception):
    """Root of the tree. ``code`` is a stable key for events, rows and labels."""

    code: ClassVar[str] = "scanner"
    exit_code: ClassVar[ScanExit] = ScanExit.BUG


class NeedsHands(ScannerError):
    """Somebody must go to the device."""


class FeederEmpty(NeedsHands):
    code = "feeder_empty"
    exit_code = ScanExit.FEEDER_EMPTY


class Jam(NeedsHands):
    code = "jam"
    exit_code = ScanExit.JAM


class DoubleFeed(NeedsHands):
    code = "double_feed"
    exit_code = ScanExit.DOUBLE_FEED


class CoverOpen(NeedsHands):
    code = "cover_open"
    exit_code = ScanExit.COVER_OPEN


class Later(ScannerError):
    """May pass by itself."""


class Busy(Later):
    code = "busy"
    exit_code = ScanExit.BUSY


class Offline(Later):
    code = "offline"
    exit_code = ScanExit.OFFLINE


class DriverDied(Later):
    code = "driver_died"
    exit_code = ScanExit.DRIVER_DIED


class Interrupted(ScannerError):
    code = "interrupted"
    exit_code = ScanExit.INTERRUPTED


class BadSetting(ScannerError):
    code = "bad_setting"
    exit_code = ScanExit.BAD_SETTING


OUTCOMES: tuple[type[ScannerError], ...] = (
    FeederEmpty,
    Jam,
    DoubleFeed,
    CoverOpen,
    Busy,
    Offline,
    DriverDied,
    Interrupted,
    BadSetting,
)


def outcome(exit_status: int) -> type[ScannerError] | None:
    """Which error a finished ``python -m scanners`` process stands for; None if it ended well.

    ``exit_status`` is what ``subprocess`` reports: a process killed by a signal (negative) or ended in a way
    it never chooses itself is a driver that died.
    """
    if exit_status == ScanExit.OK:
        return None
    if exit_status == ScanExit.CANNOT_WRITE:
        return ScannerError
    return next((kind for kind in OUTCOMES if kind.exit_code == exit_status), DriverDied)


# --- a scan ------------------------------------------------------------------------------------------------


class Source(StrEnum):
    FLATBED = "flatbed"
    FEEDER = "feeder"
    DUPLEX = "duplex"


class Mode(StrEnum):
    COLOR = "color"
    """The default: colour wherever there may be a seal, a photo or handwriting (CV 7197/BKHCN-CĐSQG)."""
    GRAY = "gray"
    LINEART = "lineart"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """How to scan. Raises :class:`BadSetting` for a resolution no office scanner has."""

    source: Source = Source.FEEDER
    mode: Mode = Mode.COLOR
    dpi: int = 300

    def __post_init__(self) -> None:
        if not 50 <= self.dpi <= 1200:
            raise BadSetting(f"{self.dpi} dpi is out of range: 50 to 1200")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One side of one sheet as an encoded picture; ``seq`` counts from 1 within the scan.

    ``dpi`` is None where the device did not say. ``suffix`` begins with a dot ('.jpg').
    """

    seq: int
    back: bool
    suffix: str
    data: bytes
    dpi: float | None


class Scanner(Protocol):
    """A device that is ready to scan. Not for use from two threads, and not after ``close``."""

    def scan(self, settings: ScanSettings) -> Iterator[Sheet]:
        """Sheets in the order they pass, each whole; ends when the feeder is empty, after one on a flatbed.

        Raises :class:`ScannerError`; the sheets before it stand. Looks at its stop event between sheets and
        raises :class:`Interrupted` when that is set.
        """
        ...

    def close(self) -> None:
        """Give the device back; may be called twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a replayed device shall do on cue ('jam@3': jam instead of the third sheet), and how slow it is.

    Only replay takes one; a real device refuses any cue with :class:`BadSetting`.
    """

    cues: tuple[str, ...] = ()
    pause_s: float = 0.0


SCHEMES = ("replay",)
"""What may stand before the colon of a device's name."""


def open_scanner(name: str, rehearsal: Rehearsal | None = None, stop: threading.Event | None = None) -> Scanner:
    """The device called ``scheme:rest``: ``replay:FOLDER`` plays a folder of pictures.

    ``stop``, once set from any thread, ends a scan before its next sheet. Raises :class:`BadSetting` for a
    scheme not in :data:`SCHEMES` or an unknown cue, :class:`Offline` if the device is not there.
    """
    scheme, _, rest = name.partition(":")
    if scheme == "replay" and rest:
        from scanners.replay import ReplayScanner  # a driver is loaded only when asked for: it may lack its C library

        return ReplayScanner(Path(rest), rehearsal or Rehearsal(), stop or threading.Event())
    known = ", ".join(f"{scheme}:..." for scheme in SCHEMES)
    raise BadSetting(f"no scanner is called {name!r}; supported: {known}")

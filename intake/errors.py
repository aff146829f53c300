"""Everything the application can refuse or fail at, and what each means for the process.

::

    IntakeError
    ├── Again                  may pass by itself: try later
    │   ├── DiskFull           no room for a blob or a row; intake pauses
    │   └── StationBusy        another process holds what we need
    ├── NeedsClerk             a person must do something; the message says what
    │   ├── BadSettings        intake.toml: unknown key, impossible value
    │   ├── BadInput           a path, a code or an argument that cannot be
    │   ├── NotFound           no batch, dossier or page of that name
    │   └── AlreadySealed      sealed is sealed
    └── Broken                 a bug, or bytes that changed under us
        └── VaultDamaged       a blob is missing or does not match its name
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the shell is told. Stable: scripts depend on it."""

    OK = 0
    BUG = 1
    USAGE = 2
    BAD_INPUT = 3
    SET_ASIDE = 4
    """All else went well, but some input was set aside and needs a person."""
    DAMAGED = 5
    DISK_FULL = 6
    BUSY = 7
    BAD_SETTINGS = 8
    INTERRUPTED = 130


class IntakeError(Exception):
    """Root. ``str(error)`` is a full Vietnamese sentence that says what to do."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG


class Again(IntakeError):
    exit_code = ExitCode.BUSY


class DiskFull(Again):
    exit_code = ExitCode.DISK_FULL


class StationBusy(Again):
    pass


class NeedsClerk(IntakeError):
    exit_code = ExitCode.BAD_INPUT


class BadSettings(NeedsClerk):
    exit_code = ExitCode.BAD_SETTINGS


class BadInput(NeedsClerk):
    pass


class NotFound(NeedsClerk):
    pass


class AlreadySealed(NeedsClerk):
    pass


class Broken(IntakeError):
    pass


class VaultDamaged(Broken):
    exit_code = ExitCode.DAMAGED

"""``python -m scanners DEVICE --into DIR``: one device, one process, JSON events on standard output.

A process of its own because C drivers are not thread-safe, crash and hang (libsane does all three); whoever
started it may kill it at any time and loses at most the sheet in the works. Events, one JSON object a line::

    {"event": "started", "device": ..., "source": ..., "mode": ..., "dpi": ...}
    {"event": "page", "seq": 1, "file": name in DIR, "bytes": ..., "back": false, "dpi": 300.0}
    {"event": "end", "pages": n}
    {"event": "error", "code": one of scanners.OUTCOMES or "cannot_write", "words": ..., "pages": n}

A page is announced when it is durable under its final name. Unfinished files are called ``.part-*``; a kill
may leave one behind. SIGTERM and SIGINT end the scan before the next sheet. The exit code is a ``ScanExit``.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scanners import Mode, Rehearsal, ScanExit, ScannerError, ScanSettings, Sheet, Source, open_scanner


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Where pages go. ``run`` starts every name: later runs sort later, and no two runs share one."""

    folder: Path
    run: str

    def write(self, sheet: Sheet) -> Path:
        """The sheet as a durable file; OSError if the folder does not take it, leaving nothing behind."""
        final = self.folder / f"{self.run}-{sheet.seq:06d}{sheet.suffix}"
        part = self.folder / f".part-{final.name}"
        try:
            with part.open("xb") as file:
                file.write(sheet.data)
                file.flush()
                os.fsync(file.fileno())
            part.rename(final)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _sync(self.folder)
        return final


def _sync(folder: Path) -> None:
    """Make the rename itself durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def run_name(now: datetime, token: str) -> str:
    """The start of a run's file names: UTC to the microsecond, then ``token`` against two runs in the same one."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One scan as asked for on the command line."""

    device: str
    into: Path
    settings: ScanSettings
    rehearsal: Rehearsal


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scanners", description="Scan one stack into a folder.")
    parser.add_argument("device", help="replay:FOLDER")
    parser.add_argument("--into", required=True, type=Path, metavar="DIR", help="an existing folder")
    parser.add_argument("--source", default=Source.FEEDER, type=Source, choices=list(Source), metavar="|".join(Source))
    parser.add_argument("--mode", default=Mode.COLOR, type=Mode, choices=list(Mode), metavar="|".join(Mode))
    parser.add_argument("--dpi", default=300, type=int, metavar="N")
    parser.add_argument("--cue", action="append", default=[], metavar="ACT@N", help="replay only: jam@3, die@2, ...")
    parser.add_argument("--pause-s", default=0.0, type=float, metavar="S", help="replay only: rest before each sheet")
    return parser


def _order(arguments: Sequence[str] | None) -> Order:
    """Raises :class:`scanners.BadSetting` for settings no device has; argparse ends the process with 2 for the rest."""
    given = _parser().parse_args(arguments)
    return Order(
        device=given.device,
        into=given.into,
        settings=ScanSettings(source=given.source, mode=given.mode, dpi=given.dpi),
        rehearsal=Rehearsal(cues=tuple(given.cue), pause_s=given.pause_s),
    )


class Wire:
    """The event stream. Counts announced pages, so that an error can say how many stand."""

    def __init__(self) -> None:
        self.pages = 0

    def tell(self, event: str, **facts: str | float | bool | None) -> None:
        sys.stdout.write(json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        self.pages += event == "page"


def scan(order: Order, wire: Wire, stop: threading.Event) -> None:
    """Scan one stack. ScannerError from the device, OSError from the folder; announced pages stand."""
    settings = order.settings
    outlet = Outlet(folder=order.into, run=run_name(datetime.now(UTC), secrets.token_hex(4)))
    with closing(open_scanner(order.device, order.rehearsal, stop)) as scanner:
        wire.tell("started", device=order.device, source=settings.source, mode=settings.mode, dpi=settings.dpi)
        for sheet in scanner.scan(settings):
            file = outlet.write(sheet)
            wire.tell("page", seq=sheet.seq, file=file.name, bytes=len(sheet.data), back=sheet.back, dpi=sheet.dpi)
    wire.tell("end", pages=wire.pages)


def run(arguments: Sequence[str] | None, wire: Wire, stop: threading.Event) -> ScanExit:
    """Scan as ``arguments`` say and tell how it ended; BrokenPipeError once nobody reads the events."""
    try:
        scan(_order(arguments), wire, stop)
    except BrokenPipeError:
        raise
    except ScannerError as error:
        wire.tell("error", code=error.code, words=str(error), pages=wire.pages)
        return error.exit_code
    except OSError as error:
        wire.tell("error", code="cannot_write", words=str(error), pages=wire.pages)
        return ScanExit.CANNOT_WRITE
    return ScanExit.OK


def main(arguments: Sequence[str] | None = None) -> ScanExit:
    """One order from the command line to its exit code."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        return run(arguments, Wire(), stop)
    except BrokenPipeError:
        # Nobody listens any more. Point stdout elsewhere, or the interpreter complains once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ScanExit.INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

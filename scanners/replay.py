"""A folder of pictures that behaves like a scanner: it feeds, jams, stalls and dies on cue.

For the demo and for tests of everything that stands behind a scanner. Files go in natural order of their names
('trang-2' before 'trang-10'), each as one sheet, byte for byte: a page that is odd or broken stays so. Only a
picture with more than was asked for, colour or resolution, is reduced, as a device would have delivered it.
"""

from __future__ import annotations

import io
import os
import re
import signal
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PIL import Image

from scanners import (
    BadSetting,
    Busy,
    CoverOpen,
    DoubleFeed,
    DriverDied,
    FeederEmpty,
    Interrupted,
    Jam,
    Mode,
    Offline,
    Rehearsal,
    ScannerError,
    ScanSettings,
    Sheet,
    Source,
)

_DPI_SLACK = 1.02
"""Files round their resolution (JFIF holds whole numbers); within this factor it is the one asked for."""
_PILLOW_MODES = {Mode.COLOR: "RGB", Mode.GRAY: "L", Mode.LINEART: "1"}
_RICHNESS = {"1": 0, "L": 1}
"""How much a Pillow mode holds; every other is colour."""


class Act(StrEnum):
    """What can happen instead of a sheet."""

    JAM = "jam"
    DOUBLE_FEED = "double_feed"
    COVER_OPEN = "cover_open"
    BUSY = "busy"
    OFFLINE = "offline"
    DRIVER_DIED = "driver_died"
    INTERRUPTED = "interrupted"
    STALL = "stall"
    """Say nothing for ever, as several drivers do: only the stop event or a kill ends it."""
    DIE = "die"
    """Kill this very process, as a driver that crashes does."""


_FAULTS: dict[Act, type[ScannerError]] = {
    Act.JAM: Jam,
    Act.DOUBLE_FEED: DoubleFeed,
    Act.COVER_OPEN: CoverOpen,
    Act.BUSY: Busy,
    Act.OFFLINE: Offline,
    Act.DRIVER_DIED: DriverDied,
    Act.INTERRUPTED: Interrupted,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cue:
    act: Act
    seq: int


def _parse_cue(untrusted: str) -> _Cue:
    act, _, seq = untrusted.partition("@")
    if act not in list(Act) or not re.fullmatch("[1-9][0-9]{0,5}", seq):
        raise BadSetting(f"no cue is called {untrusted!r}; say one of {', '.join(Act)}, as in jam@3")
    return _Cue(act=Act(act), seq=int(seq))


class ReplayScanner:
    """:class:`scanners.Scanner` over ``folder``; raises Offline where there is none, BadSetting for a strange cue."""

    def __init__(self, folder: Path, rehearsal: Rehearsal, stop: threading.Event) -> None:
        if not folder.is_dir():
            raise Offline(f"there is no folder {folder}")
        self._folder = folder
        self._acts = {cue.seq: cue.act for cue in map(_parse_cue, rehearsal.cues)}
        self._pause_s = rehearsal.pause_s
        self._stop = stop

    def scan(self, settings: ScanSettings) -> Iterator[Sheet]:
        """One sheet a file; see :meth:`scanners.Scanner.scan`. A flatbed takes the first file only."""
        files = _pages(self._folder)
        if settings.source is Source.FLATBED:
            files = files[:1]
        self._act(1)
        if not files:
            raise FeederEmpty(f"no picture lies in {self._folder}")
        for seq, file in enumerate(files, start=1):
            if seq > 1:
                self._act(seq)
            self._feed()
            yield _sheet(file, seq, settings)

    def close(self) -> None:
        """Nothing is held."""

    def _feed(self) -> None:
        if self._stop.wait(self._pause_s):
            raise Interrupted("stopped before the next sheet")

    def _act(self, seq: int) -> None:
        act = self._acts.get(seq)
        if act is Act.STALL:
            self._stop.wait()
        elif act is Act.DIE:
            os.kill(os.getpid(), signal.SIGKILL)
        elif act is not None:
            raise _FAULTS[act](f"replayed at sheet {seq}")


def _pages(folder: Path) -> list[Path]:
    try:
        return sorted((file for file in folder.iterdir() if _is_page(file)), key=_natural)
    except OSError as error:
        raise Offline(f"the folder {folder} cannot be read") from error


def _is_page(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".")


def _natural(file: Path) -> tuple[list[tuple[int, str]], str]:
    """Numbers in a name by their value; the name itself last, so that the order is total."""
    parts = re.findall("[0-9]+|[^0-9]+", file.name)
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts], file.name


# --- what the device delivers of a file ----------------------------------------------------------------------


def _sheet(file: Path, seq: int, settings: ScanSettings) -> Sheet:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Offline(f"{file.name} cannot be read") from error
    delivered = _delivered(data, settings)
    back = settings.source is Source.DUPLEX and seq % 2 == 0
    suffix = file.suffix.lower() if delivered.data is data else ".png"
    return Sheet(seq=seq, back=back, suffix=suffix, data=delivered.data, dpi=delivered.dpi)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivered:
    data: bytes
    dpi: float | None


def _delivered(data: bytes, settings: ScanSettings) -> _Delivered:
    """``data`` as it is, or as PNG with no more colour and resolution than ``settings`` ask for.

    What Pillow does not open is passed on: whoever takes the page in has to say what is wrong with it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _Delivered(data=data, dpi=None)
    with picture:
        dpi = _dpi(picture)
        if getattr(picture, "n_frames", 1) > 1:
            return _Delivered(data=data, dpi=dpi)
        return _reduced(picture, dpi, settings) or _Delivered(data=data, dpi=dpi)


def _dpi(picture: Image.Image) -> float | None:
    declared = picture.info.get("dpi")
    return float(declared[0]) if declared and float(declared[0]) > 1 else None


def _reduced(picture: Image.Image, dpi: float | None, settings: ScanSettings) -> _Delivered | None:
    """None where the picture has no more than was asked for."""
    mode = _PILLOW_MODES[settings.mode]
    richer = _RICHNESS.get(picture.mode, 2) > _RICHNESS.get(mode, 2)
    finer = dpi is not None and dpi > settings.dpi * _DPI_SLACK
    if not (richer or finer):
        return None
    made = picture.convert("L") if richer else picture.copy()
    if finer and dpi is not None:
        size = tuple(max(1, round(side * settings.dpi / dpi)) for side in made.size)
        made, dpi = made.resize((size[0], size[1]), Image.Resampling.LANCZOS), float(settings.dpi)
    out = io.BytesIO()
    made.convert(mode if richer else made.mode).save(out, "PNG", dpi=(dpi, dpi) if dpi else None)
    return _Delivered(data=out.getvalue(), dpi=dpi)

"""One command with all it starts: how long, how much processor time, how large its largest process grew."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_S = 0.1
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """``cpu_s`` is user and system time of the command and every process it waited for; ``peak_mb`` of the largest."""

    seconds: float
    cpu_s: float
    peak_mb: float


class CommandFailed(RuntimeError):
    """The command ended with another status than 0; the message holds the end of what it said."""


def run(command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run to the end, output into ``log``; raises CommandFailed."""
    stop, peak_kb = threading.Event(), [0]
    began = time.perf_counter()
    with log.open("wb") as out:
        words = [str(word) for word in command]
        process = subprocess.Popen(words, stdout=out, stderr=out, env={**os.environ, **(environment or {})})
        watch = threading.Thread(target=_watch, args=(process.pid, stop, peak_kb))
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    stop.set()
    watch.join()
    if process.returncode:
        raise CommandFailed(f"{words[:3]} ended with {process.returncode}: {log.read_text(errors='replace')[-2000:]}")
    return Cost(seconds=seconds, cpu_s=usage.ru_utime + usage.ru_stime, peak_mb=peak_kb[0] / 1024)


def _watch(root: int, stop: threading.Event, peak_kb: list[int]) -> None:
    """Look at the high-water mark of every descendant now and then.

    Not ``ru_maxrss``: across fork and exec it remembers the size of whoever forked.
    """
    while not stop.wait(_SAMPLE_S):
        peak_kb[0] = max([peak_kb[0], *(_high_water_kb(pid) for pid in _family(root))])


def _family(root: int) -> set[int]:
    parents = {int(path.name): _parent(path) for path in _PROC.iterdir() if path.name.isdigit()}
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):  # it ended meanwhile
        return 0


def _high_water_kb(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)

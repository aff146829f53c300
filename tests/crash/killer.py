"""Ends this process with SIGKILL just before or after its k-th durable operation.

Durable operations: every write to a file being published, fsync, rename, unlink, mkdir and database commit. What
the kernel already has survives SIGKILL, as it survives a crash of the program; that bytes also reach the disk
before their name does is checked by the order of the operations (see test_order.py).
"""

from __future__ import annotations

import os
import pathlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy.engine.default import DefaultDialect

from intake.vault import TEMPORARY


@dataclass(slots=True)
class Killer:
    """Counts operations; kills at point ``at`` (0 never). Point 2n-1 is before operation n, point 2n after it."""

    at: int = 0
    points: int = 0
    log: Callable[[str], None] = lambda _name: None

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._point()
            self.log(name)
            result = function(*args, **kwargs)
            self._point()
            return result

        return counted

    def _point(self) -> None:
        self.points += 1
        if self.points == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def arm(self) -> None:
        """Wrap the operations, for the rest of this process's life."""
        for name in ("fsync", "rename", "unlink", "mkdir"):
            setattr(os, name, self.wrap(name, getattr(os, name)))
        DefaultDialect.do_commit = self.wrap("commit", DefaultDialect.do_commit)
        opened = pathlib.Path.open

        def open_counted(path: pathlib.Path, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:
            file = opened(path, mode, *args, **kwargs)
            return _Counted(file, self) if mode.startswith("x") and path.name.startswith(TEMPORARY) else file

        pathlib.Path.open = open_counted


class _Counted:
    """A file whose writes count. Each write is flushed, so that a kill after it leaves it in the file."""

    def __init__(self, file: IO[Any], killer: Killer) -> None:
        self._file = file
        self.write = killer.wrap("write", self._write)

    def _write(self, data: bytes) -> int:
        half = len(data) // 2
        self._file.write(data[:half])
        self._file.flush()
        return half + self._file.write(data[half:])

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

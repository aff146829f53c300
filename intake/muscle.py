"""Where the heavy work runs. Duties live in the database; a muscle only computes and may die at any time.

A worker process that dies takes down the one task it was computing: that task fails with :class:`WorkerDied`
and nothing else is lost. Nothing is ever retried here; the duty decides.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import dask
from distributed import Client, LocalCluster
from distributed import Future as DaskFuture
from distributed.scheduler import KilledWorker

from intake.tasks import bounded

_HEARTBEAT = "2s"
_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(16 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}
"""A reader keeps the memory of one picture for the next. Dask would have it hand back every free page at once: to get
280,000 of them anew for each sheet of paper keeps the kernel busy for most of a second."""


class WorkerDied(Exception):
    """The process that computed this task ended before it was done (killed, crashed, or out of time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A function of plain values. ``priority``: lower is sooner; ``limit_s``: its process ends after that."""

    function: Callable[..., object]
    arguments: tuple[object, ...]
    priority: int = 0
    limit_s: float = 600.0


class Muscle(Protocol):
    """Computes tasks. ``size`` is how many at the same time."""

    size: int

    def submit(self, task: Task) -> Future[object]:
        """Begin a task. The future's exception is the task's own, or :class:`WorkerDied`."""
        ...

    def close(self) -> None:
        """Stop; tasks under way are given up."""
        ...


class Threads:
    """Computes in this process: for what must stay beside the vault, and for a page or two without a cluster."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="desk")

    def submit(self, task: Task) -> Future[object]:
        return self._pool.submit(task.function, *task.arguments)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class Cluster:
    """Computes in worker processes of Dask, one page a process at a time."""

    def __init__(self, workers: int, memory_mb: int) -> None:
        self.size = workers or os.cpu_count() or 1
        # A death is counted by the duty, not by Dask; it blames what waited in the process too (see Worker).
        dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.scheduler.worker-saturation": 1.0})
        dask.config.set({f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in _MALLOC.items()})
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._cluster = LocalCluster(
            n_workers=self.size,
            threads_per_worker=1,
            memory_limit=memory_mb * 1_000_000,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            silence_logs=logging.CRITICAL,
            env={"OMP_THREAD_LIMIT": "1"},
        )
        self._client = Client(self._cluster, heartbeat_interval=_HEARTBEAT)

    def submit(self, task: Task) -> Future[object]:
        outcome: Future[object] = Future()
        begun = self._client.submit(
            bounded, task.limit_s, task.function, *task.arguments, priority=-task.priority, pure=False, retries=0
        )
        begun.add_done_callback(lambda done: _pass_on(done, outcome))
        return outcome

    def worker_pids(self) -> tuple[int, ...]:
        """The process ids of the living workers."""
        return tuple(self._client.run(os.getpid).values())

    def close(self) -> None:
        self._client.close()
        self._cluster.close()


def _pass_on(done: DaskFuture[object], outcome: Future[object]) -> None:
    """From Dask's future to ours; runs in a thread of Dask's client."""
    if done.status == "finished":
        outcome.set_result(done.result())
        return
    error = done.exception() if done.status == "error" else None
    lost = error is None or isinstance(error, KilledWorker)
    outcome.set_exception(WorkerDied(done.status) if lost else error)

"""Reading and sorting without keeping anything: ``intake read`` and ``intake sort``.

Pages come out in the order they went in, as soon as they are ready, with at most a few in memory.
"""

from __future__ import annotations

import hashlib
import stat
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypedDict, cast

from intake import tasks
from intake.assemble import AssemblyPage
from intake.catalogue import load
from intake.config import Home
from intake.inbox import readable
from intake.labels import explain
from intake.manifest import Guess, guess_entry
from intake.model import PageId
from intake.muscle import Cluster, Muscle, Task, Threads, WorkerDied
from intake.process import files_of
from intake.sorting import Sorter
from intake.tasks import PageResult
from ocr.errors import EngineTimeout, SourceError
from ocr.limits import FileFacts
from ocr.text import PageText

_WITHOUT_CLUSTER = 2
"""For so few pages, starting processes takes longer than reading them here."""


class WordEntry(TypedDict):
    text: str
    box: list[int]
    confidence: float


class ReadEntry(TypedDict, total=False):
    """One page; ``error`` and ``explanation`` stand instead of what could not be read."""

    source: str
    source_page: int
    sha256: str
    skew_deg: float
    turn_deg: int
    blank: bool
    confidence: float
    text: str
    seconds: float
    words: list[WordEntry]
    error: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One page of the sources, read or not: exactly one of ``result``, ``reason`` and ``separator`` is given."""

    source: Path
    number: int
    sha256: str
    result: PageResult | None = None
    reason: str | None = None
    separator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    leaf: Leaf
    future: Future[object] | None


def leaves(sources: Sequence[Path], home: Home) -> Iterator[Leaf]:
    """Every page of files and folders, read. Raises BadInput for a path that is not there, EngineMissing.

    Raises BadSettings if the second reader is switched on and not installed.
    """
    tasks.require_reader(home.settings.reading.second_reader)
    files = [path for source in sources for path in files_of(source)]
    with _muscle(home, files) as muscle:
        waiting: deque[_Pending] = deque()
        for path in files:
            for pending in _begin(path, home, muscle):
                waiting.append(pending)
                if len(waiting) > 2 * muscle.size:
                    yield _end(waiting.popleft())
        while waiting:
            yield _end(waiting.popleft())


@contextmanager
def _muscle(home: Home, files: Sequence[Path]) -> Iterator[Muscle]:
    given = home.settings.work
    few = len(files) <= _WITHOUT_CLUSTER and not any(_may_be_long(path) for path in files)
    muscle: Muscle = Threads(_WITHOUT_CLUSTER) if few else Cluster(given.workers, given.memory_mb)
    try:
        yield muscle
    finally:
        muscle.close()


def _oddity(path: Path) -> str | None:
    """Why a path is never opened, if so: a pipe would block for ever, a link could point anywhere."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "symlink"
    return None if stat.S_ISREG(mode) else "special"


def _may_be_long(path: Path) -> bool:
    if _oddity(path):
        return False
    with path.open("rb") as file:
        return file.read(4) in (b"%PDF", b"II*\0", b"MM\0*")


def _begin(path: Path, home: Home, muscle: Muscle) -> Iterator[_Pending]:
    """Begin each page of a file; what cannot be read is one leaf with its reason."""
    oddity = _oddity(path)
    if oddity is not None:
        yield _Pending(leaf=Leaf(source=path, number=1, sha256="", reason=oddity), future=None)
        return
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        examined = muscle.submit(Task(function=tasks.examine, arguments=(path, home.limits)))
        facts = cast(FileFacts, examined.result())
    except (SourceError, WorkerDied) as error:
        yield _Pending(leaf=Leaf(source=path, number=1, sha256=sha256, reason=_reason(error)), future=None)
        return
    second = home.settings.reading.second_reader
    for index, frame in enumerate(facts.frames):
        leaf = Leaf(source=path, number=index + 1, sha256=sha256, reason=frame.fault, separator=frame.separator)
        task = Task(function=tasks.read_page, arguments=(path, index, home.limits, second))
        plain = frame.fault is None and frame.separator is None
        yield _Pending(leaf=leaf, future=muscle.submit(task) if plain else None)


def _end(pending: _Pending) -> Leaf:
    leaf = pending.leaf
    if pending.future is None:
        return leaf
    try:
        result = cast(PageResult, pending.future.result())
    except (SourceError, EngineTimeout, WorkerDied) as error:
        return Leaf(source=leaf.source, number=leaf.number, sha256=leaf.sha256, reason=_reason(error))
    return Leaf(source=leaf.source, number=leaf.number, sha256=leaf.sha256, result=result)


def _reason(error: Exception) -> str:
    return "worker_died" if isinstance(error, WorkerDied) else str(getattr(error, "reason", "failed"))


def read_files(sources: Sequence[Path], home: Home, *, words: bool) -> Iterator[ReadEntry]:
    """One entry a page, in order. See :func:`leaves`."""
    for leaf in leaves(sources, home):
        yield _entry(leaf, words=words)


def _entry(leaf: Leaf, *, words: bool) -> ReadEntry:
    entry = ReadEntry(source=readable(str(leaf.source)), source_page=leaf.number, sha256=leaf.sha256)
    if leaf.reason is not None:
        return entry | ReadEntry(error=leaf.reason, explanation=explain(leaf.reason))
    result = leaf.result
    if result is None:
        return entry | ReadEntry(skew_deg=0.0, turn_deg=0, blank=False, confidence=0.0, text="", seconds=0.0)
    entry |= ReadEntry(
        skew_deg=round(result.skew_deg, 3),
        turn_deg=result.turn_deg,
        blank=result.blank,
        confidence=round(result.text.confidence, 4),
        text=result.text.text,
        seconds=round(result.seconds, 3),
    )
    return entry | ReadEntry(words=_words(result)) if words else entry


def _words(result: PageResult) -> list[WordEntry]:
    return [
        WordEntry(
            text=word.text,
            box=[word.box.left, word.box.top, word.box.width, word.box.height],
            confidence=round(word.confidence, 4),
        )
        for word in result.text.words
    ]


# --- sorting -----------------------------------------------------------------------------------------------


class PagePlace(TypedDict):
    source: str
    source_page: int


class SortEntry(Guess):
    """One document; ``pages`` name its pages where they lie in the sources."""

    id: str
    pages: list[PagePlace]
    title: str


def sort_files(sources: Sequence[Path], home: Home, *, each: bool) -> Iterator[SortEntry]:
    """One entry a document. All pages are one stack, in order; with ``each``, every file is a stack of its own."""
    sorter = Sorter(load(home.overlay))
    read = [leaf for leaf in leaves(sources, home) if leaf.reason is None]
    stacks = groupby(read, key=lambda leaf: leaf.source if each else None)
    for number, (_, stack) in enumerate(stacks, start=1):
        yield from _documents(sorter, number, list(stack))


def _documents(sorter: Sorter, number: int, stack: Sequence[Leaf]) -> Iterator[SortEntry]:
    pages = [_assembly_page(sorter, seq, leaf) for seq, leaf in enumerate(stack)]
    places = {
        page.id: PagePlace(source=readable(str(leaf.source)), source_page=leaf.number)
        for page, leaf in zip(pages, stack, strict=True)
    }
    for place, draft in enumerate(sorter.sort(pages).documents, start=1):
        held = [places[page] for page in draft.pages]
        yield SortEntry(id=f"{number}-{place}", pages=held, title=draft.title, **guess_entry(draft.guess))


def _assembly_page(sorter: Sorter, seq: int, leaf: Leaf) -> AssemblyPage:
    text = leaf.result.text if leaf.result else PageText()
    return AssemblyPage(
        id=PageId(f"{leaf.source}#{leaf.number}"),
        seq=seq,
        text=text,
        guess=sorter.classify(text),
        blank=leaf.result.blank if leaf.result else False,
        separator=leaf.separator,
        code=leaf.result.dossier_code if leaf.result else None,
    )


class GlanceEntry(Guess):
    """What a first page seems to be; ``seconds`` on this machine, decoding included."""

    source: str
    title: str
    seconds: float


def glance_files(sources: Sequence[Path], home: Home) -> Iterator[GlanceEntry]:
    """One entry a file, by the upper part of its first page. Raises BadInput, SourceError, EngineError."""
    sorter = Sorter(load(home.overlay))
    tasks.require_reader()
    for path in (path for source in sources for path in files_of(source)):
        began = time.perf_counter()
        text = tasks.glance_page(path, 0, home.limits).text
        guess = sorter.classify(text)
        page = AssemblyPage(id=PageId(str(path)), seq=0, text=text, guess=guess, blank=False, separator=None, code=None)
        title = next((draft.title for draft in sorter.sort([page]).documents), "")
        seconds = round(time.perf_counter() - began, 3)
        yield GlanceEntry(source=readable(str(path)), title=title, seconds=seconds, **guess_entry(guess))

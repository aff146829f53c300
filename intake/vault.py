"""Content-addressed blobs, and :func:`publish` - the only code that renames into place and fsyncs.

A blob is named by the SHA-256 of its bytes, never changes and is never replaced by other bytes. Whoever may
read ``path(blob)`` sees all of it: after SIGKILL or power failure at any moment a blob is there whole or not
there (plus, at worst, a ``.tmp-`` file that :func:`sweep` removes).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from pathlib import Path

from intake.errors import DiskFull, VaultDamaged
from intake.labels import say
from intake.model import BlobId

TEMPORARY = ".tmp-"
_CHUNK = 1 << 20
_SUFFIXES = (".jpg", ".png", ".pdf", ".tif", ".bmp", ".webp", ".heic", ".bin")
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_disk_full(error: OSError) -> bool:
    """Whether the error means that the disk (or the quota) has no room."""
    return error.errno in _NO_ROOM


def fsync_dir(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_dir(folder: Path) -> None:
    """Create ``folder`` and its parents durably; no harm if it is there."""
    if folder.is_dir():
        return
    make_dir(folder.parent)
    folder.mkdir(exist_ok=True)
    fsync_dir(folder.parent)


def temporary_prefix() -> str:
    """How the names of this process's unfinished files begin; tells whose they are after its death."""
    return f"{TEMPORARY}{os.getpid()}-"


def leftovers(folder: Path) -> tuple[Path, ...]:
    """Unfinished files and folders below ``folder`` whose writers have died."""
    return tuple(path for path in sorted(folder.rglob(f"{TEMPORARY}*")) if not _writer_lives(path.name))


def sweep(folder: Path) -> None:
    """Remove what dead writers left unfinished; nobody was ever told of those names."""
    for path in leftovers(folder):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _writer_lives(name: str) -> bool:
    pid = name.removeprefix(TEMPORARY).partition("-")[0]
    return pid.isdecimal() and Path(f"/proc/{pid}").exists()


def publish(target: Path, chunks: Iterable[bytes]) -> None:
    """Put bytes at ``target``: temporary file beside it, fsync, rename, fsync the directory.

    After a crash ``target`` is as before or complete. Raises DiskFull. Whatever is raised, the temporary
    file has been removed.
    """
    temporary = target.with_name(f"{temporary_prefix()}{os.urandom(6).hex()}")
    try:
        make_dir(target.parent)
        _write(temporary, chunks)
        temporary.rename(target)
        fsync_dir(target.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and is_disk_full(error):
            raise DiskFull(say("disk.full", folder=target.parent)) from error
        raise


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def move_into(source: Path, target: Path) -> None:
    """Rename within one file system, then make both directories durable.

    Raises FileNotFoundError if ``source`` has gone, FileExistsError if ``target`` exists.
    """
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)
    fsync_dir(target.parent)
    fsync_dir(source.parent)


def remove(path: Path) -> None:
    """Unlink durably; no harm if it has gone."""
    path.unlink(missing_ok=True)
    fsync_dir(path.parent)


class Vault:
    """The blobs below one folder, as ``ab/<sha256>.<ext>``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes, suffix: str) -> BlobId:
        """Store bytes and return their name; storing the same bytes again changes nothing."""
        return self._keep(hashlib.sha256(data).hexdigest(), suffix, len(data), lambda: (data,))

    def put_file(self, path: Path, suffix: str) -> BlobId:
        """Store a file's bytes without holding them in memory. The file itself stays.

        A symbolic link is not followed (OSError ELOOP). Should the file change between the two passes,
        VaultDamaged is raised and nothing is stored.
        """
        with _open_plain(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            return self._keep(digest, suffix, size, lambda: _rechecked(file, digest, path))

    def _keep(self, digest: str, suffix: str, size: int, chunks: Callable[[], Iterable[bytes]]) -> BlobId:
        blob = BlobId(digest)
        found = self._find(blob)
        if found is None or found.stat().st_size != size:
            known = suffix if suffix in _SUFFIXES else ".bin"
            publish(found or self.root / digest[:2] / f"{digest}{known}", chunks())
        return blob

    def path(self, blob: BlobId) -> Path:
        """Where the blob lies; VaultDamaged if it is not there."""
        found = self._find(blob)
        if found is None:
            raise VaultDamaged(say("vault.missing", blob=blob))
        return found

    def read(self, blob: BlobId) -> bytes:
        """The blob's bytes, checked against its name; VaultDamaged if they changed or are gone."""
        data = self.path(blob).read_bytes()
        if hashlib.sha256(data).hexdigest() != blob:
            raise VaultDamaged(say("vault.changed", blob=blob))
        return data

    def chunks(self, blob: BlobId) -> Iterator[bytes]:
        """The blob piece by piece; VaultDamaged at the end if its bytes changed, at the start if it is gone."""
        path = self.path(blob)
        with path.open("rb") as file:
            yield from _rechecked(file, blob, path)

    def _find(self, blob: BlobId) -> Path | None:
        folder = self.root / blob[:2]
        candidates = (folder / f"{blob}{suffix}" for suffix in _SUFFIXES)
        return next((path for path in candidates if path.is_file()), None)

    def blobs(self) -> Iterator[tuple[BlobId, Path]]:
        """Every blob with its file, in the order of names."""
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/*")):
            if not path.name.startswith(TEMPORARY):
                yield BlobId(path.stem), path

    def is_whole(self, path: Path) -> bool:
        """Whether the file's bytes still have the hash that its name says."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == path.stem

    def free_bytes(self) -> int:
        """Room left on the vault's disk for ordinary users."""
        return shutil.disk_usage(self.root).free


def is_held_open(path: Path) -> bool:
    """Whether some process of this machine has the file open for writing.

    A read lease is refused exactly then (fcntl(2), F_SETLEASE). File systems without leases say nothing. Should
    somebody open the file in the instant in which we hold the lease, the kernel tells us by a signal: by SIGURG,
    which is ignored, since its usual SIGIO would end the process.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


def _open_plain(path: Path) -> BufferedReader:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return open(fd, "rb")  # noqa: PTH123  # a descriptor, not a path


def _rechecked(file: BufferedReader, digest: str, path: Path) -> Iterator[bytes]:
    """The file's chunks once more; raises before the last is stored if they are not the bytes that were hashed."""
    file.seek(0)
    again = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        again.update(chunk)
        yield chunk
    if again.hexdigest() != digest:
        raise VaultDamaged(say("vault.moving", path=path))

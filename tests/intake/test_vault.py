from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from intake import vault as vault_module
from intake.errors import DiskFull, VaultDamaged
from intake.vault import (
    Vault,
    fsync_dir,
    is_held_open,
    leftovers,
    make_dir,
    move_into,
    publish,
    remove,
    sweep,
    temporary_prefix,
)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    make_dir(tmp_path / "vault")
    return Vault(tmp_path / "vault")


def test_bytes_are_kept_under_their_hash_and_kind(vault: Vault) -> None:
    blob = vault.put(b"paper", ".jpg")
    assert blob == hashlib.sha256(b"paper").hexdigest()
    assert vault.path(blob).relative_to(vault.root) == Path(blob[:2]) / f"{blob}.jpg"
    assert vault.read(blob) == b"".join(vault.chunks(blob)) == b"paper"


def test_the_same_bytes_are_stored_once(vault: Vault) -> None:
    first = vault.path(vault.put(b"paper", ".jpg")).stat()
    assert vault.path(vault.put(b"paper", ".png")).stat() == first
    assert len(list(vault.blobs())) == 1


def test_an_unknown_ending_becomes_bin(vault: Vault) -> None:
    assert vault.path(vault.put(b"?", ".exe")).suffix == ".bin"


def test_a_file_goes_in_without_leaving_its_place(vault: Vault, tmp_path: Path) -> None:
    source = tmp_path / "scan.pdf"
    source.write_bytes(b"x" * 3_000_000)
    blob = vault.put_file(source, ".pdf")
    assert source.exists()
    assert vault.read(blob) == source.read_bytes()


def test_a_link_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic") as caught:
        vault.put_file(tmp_path / "link", ".jpg")
    assert caught.value.errno == errno.ELOOP


def test_a_file_that_changes_while_it_is_copied_is_not_stored(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "scan.jpg"
    source.write_bytes(b"first")
    proper = vault_module._rechecked

    def meddled(file, digest, path):
        path.write_bytes(b"other")
        return proper(file, digest, path)

    monkeypatch.setattr(vault_module, "_rechecked", meddled)
    with pytest.raises(VaultDamaged):
        vault.put_file(source, ".jpg")
    assert list(vault.blobs()) == []
    assert [path for path in vault.root.rglob("*") if path.is_file()] == []


def test_a_blob_cut_short_is_put_right_by_the_same_bytes(vault: Vault) -> None:
    blob = vault.put(b"whole", ".jpg")
    vault.path(blob).write_bytes(b"who")
    with pytest.raises(VaultDamaged):
        vault.read(blob)
    vault.put(b"whole", ".jpg")
    assert vault.read(blob) == b"whole"


def test_a_missing_blob_is_damage_and_not_nothing(vault: Vault) -> None:
    blob = vault.put(b"gone", ".jpg")
    vault.path(blob).unlink()
    with pytest.raises(VaultDamaged):
        vault.read(blob)


def test_changed_bytes_are_noticed_on_the_way_out(vault: Vault) -> None:
    blob = vault.put(b"paper", ".jpg")
    assert vault.is_whole(vault.path(blob))
    vault.path(blob).write_bytes(b"PAPER")
    assert not vault.is_whole(vault.path(blob))
    with pytest.raises(VaultDamaged):
        list(vault.chunks(blob))


def test_publishing_replaces_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out" / "slip.pdf"
    publish(target, (b"old",))

    def broken():
        yield b"ne"
        raise ValueError("the printer of pages stumbled")

    with pytest.raises(ValueError, match="stumbled"):
        publish(target, broken())
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["slip.pdf"]


@pytest.mark.parametrize(("code", "raised"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, OSError)])
def test_a_full_disk_is_told_apart_from_a_broken_one(
    code: int, raised: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_fd: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(raised) as caught:
        publish(tmp_path / "page.jpg", (b"page",))
    assert isinstance(caught.value, DiskFull) is (raised is DiskFull)
    assert list(tmp_path.iterdir()) == []


def test_moving_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        move_into(tmp_path / "a", tmp_path / "b")
    move_into(tmp_path / "a", tmp_path / "c")
    assert (tmp_path / "c").read_text() == "a"


def test_removing_twice_is_removing_once(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    remove(tmp_path / "a")
    remove(tmp_path / "a")
    fsync_dir(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_dead_writers_left_is_swept_and_what_living_ones_write_is_not(tmp_path: Path) -> None:
    dead = tmp_path / ".tmp-999999999-abc"
    dead.write_text("half")
    folder = tmp_path / ".tmp-999999999-def"
    (folder / "inside").mkdir(parents=True)
    (tmp_path / ".tmp-nobody").write_text("?")
    mine = tmp_path / f"{temporary_prefix()}xyz"
    mine.write_text("being written")
    assert mine not in leftovers(tmp_path)
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]


def test_temporary_files_are_no_blobs(vault: Vault) -> None:
    blob = vault.put(b"paper", ".jpg")
    (vault.path(blob).parent / f"{temporary_prefix()}x").write_bytes(b"half")
    assert [name for name, _ in vault.blobs()] == [blob]
    assert vault.free_bytes() > 0


def test_a_file_open_for_writing_is_held_and_one_open_for_reading_is_not(tmp_path: Path) -> None:
    path = tmp_path / "scan.jpg"
    with path.open("wb"):
        assert is_held_open(path)
    with path.open("rb"):
        assert not is_held_open(path)
    assert not is_held_open(tmp_path / "missing")


def test_where_leases_are_unknown_nothing_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scan.jpg"
    path.touch()

    def refuse(*_args: object) -> int:
        raise OSError(errno.EINVAL, "no leases here")

    monkeypatch.setattr(vault_module.fcntl, "fcntl", refuse)
    assert not is_held_open(path)

"""The commands as people and scripts run them: a process each, its words, its data and its exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from intake.errors import ExitCode
from tests.ocr.made_pages import letter, saved

INTAKE = [sys.executable, "-c", "from intake.cli import main; main()"]
COMMANDS = (
    *(
        ("process",),
        ("read",),
        ("sort",),
        ("glance",),
        ("demo",),
        ("run",),
        ("status",),
        ("dossiers",),
        ("check",),
        ("config",),
    ),
    *(("seal",), ("batch",), ("batch", "open"), ("batch", "close"), ("retry",), ("separators",)),
)
PAGE_KEYS = {"source", "source_page", "sha256", "skew_deg", "turn_deg", "blank", "confidence", "text", "seconds"}


def intake(*arguments: object) -> subprocess.CompletedProcess[str]:
    wide = os.environ | {"COLUMNS": "200", "OMP_THREAD_LIMIT": "1"}
    return subprocess.run(
        [*INTAKE, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, env=wide
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One page and one file that is none, processed and sealed; the names try to be markup."""
    root = tmp_path_factory.mktemp("done")
    (root / "in").mkdir()
    (root / "in" / "a.jpg").write_bytes(saved(letter(), "JPEG"))
    (root / "in" / "b[").mkdir()
    (root / "in" / "b[" / "red].jpg").write_bytes(b"")
    run = intake(
        "process", root / "in", "--into", root / "out", "--seal", "--clerk", "Lê Thị Thử", "--home", root / "h"
    )
    assert run.returncode == ExitCode.OK, run.stderr
    return root


@pytest.mark.parametrize("command", COMMANDS, ids="-".join)
def test_help_speaks_vietnamese_and_english(command: tuple[str, ...]) -> None:
    shown = intake(*command, "--help")
    assert shown.returncode == 0
    assert any(letter in shown.stdout for letter in "ạảấậếệộớữự")
    assert " / " in shown.stdout or ". / " in shown.stdout


@pytest.mark.slow
def test_read_prints_exactly_the_promised_keys(done: Path) -> None:
    shown = intake("read", done / "in" / "a.jpg", "--json", "--home", done / "h")
    entry = json.loads(shown.stdout)
    assert shown.returncode == 0
    assert set(entry) == PAGE_KEYS
    assert entry["text"].strip()


def test_read_tells_links_pipes_and_odd_names_by_reason_and_never_hangs(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "z[").mkdir()
    (tmp_path / "z[" / os.fsdecode(b"b]\xea.jpg")).write_bytes(b"")
    shown = intake("read", tmp_path, "--json")
    found = {Path(entry["source"]).name: entry["error"] for entry in map(json.loads, shown.stdout.splitlines())}
    assert shown.returncode == ExitCode.BAD_INPUT
    assert "Traceback" not in shown.stderr

    assert found == {"link.jpg": "symlink", "pipe.jpg": "special", "b]\ufffd.jpg": "empty"}


@pytest.mark.slow
def test_glance_names_a_document_in_passing(done: Path) -> None:
    shown = intake("glance", done / "in" / "a.jpg", "--json", "--home", done / "h")
    entry = json.loads(shown.stdout)
    assert shown.returncode == 0
    assert {"source", "title", "procedure", "score", "seconds"} <= set(entry)
    assert intake("glance", done / "in" / "b[" / "red].jpg").returncode == ExitCode.BAD_INPUT


@pytest.mark.slow
def test_sort_names_the_pages_of_each_document(done: Path) -> None:
    shown = intake("sort", done / "in" / "a.jpg", "--json", "--home", done / "h")
    entry = json.loads(shown.stdout)
    assert entry["pages"] == [{"source": str(done / "in" / "a.jpg"), "source_page": 1}]
    assert {"id", "title", "procedure", "component", "score", "runner_up", "abstained", "evidence"} <= set(entry)


@pytest.mark.slow
def test_home_may_stand_before_the_command(done: Path) -> None:
    behind = intake("status", "--json", "--home", done / "h")
    before = intake("--home", done / "h", "status", "--json")
    assert behind.returncode == before.returncode == 0
    assert behind.stdout == before.stdout
    counts = json.loads(before.stdout)
    wanted = {"pages", "read", "documents", "dossiers", "sealed", "waiting", "faults", "set_aside", "notes"}
    assert wanted <= set(counts)
    assert (counts["pages"], counts["sealed"], counts["set_aside"]) == (1, 1, 1)


@pytest.mark.slow
def test_status_shows_a_file_name_that_looks_like_markup(done: Path) -> None:
    shown = intake("status", "--home", done / "h")
    assert shown.returncode == 0, shown.stderr
    assert "red].jpg" in shown.stdout


@pytest.mark.slow
def test_sealing_twice_is_refused_and_keeps_the_number(done: Path) -> None:
    (dossier,) = map(json.loads, intake("dossiers", "--json", "--home", done / "h").stdout.splitlines())
    again = intake("seal", dossier["id"], "--clerk", "Lê Thị Thử", "--home", done / "h")
    assert again.returncode == ExitCode.BAD_INPUT
    assert dossier["number"] in again.stderr


@pytest.mark.slow
def test_check_on_a_damaged_vault_exits_with_damaged(done: Path, tmp_path: Path) -> None:
    home = shutil.copytree(done / "h", tmp_path / "h")
    assert intake("check", "--home", home).returncode == ExitCode.OK
    blob = next(path for path in (home / "vault").rglob("*.jpg") if path.stat().st_size)
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes() + b"x")
    damaged = intake("check", "--home", home)
    assert damaged.returncode == ExitCode.DAMAGED
    assert blob.stem in damaged.stdout.replace("\n", "")


def test_a_mistyped_setting_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "intake.toml").write_text("[inbox]\nsetle_s = 1\n", encoding="utf-8")
    shown = intake("status", "--home", tmp_path)
    assert shown.returncode == ExitCode.BAD_SETTINGS
    assert "inbox.settle_s" in shown.stderr


@pytest.mark.parametrize("source", ["khong-co", "khong[/co]"])
def test_a_missing_source_is_bad_input(tmp_path: Path, source: str) -> None:
    shown = intake("process", tmp_path / source, "--into", tmp_path / "out", "--home", tmp_path / "h")
    assert shown.returncode == ExitCode.BAD_INPUT
    assert "Traceback" not in shown.stderr
    assert "Không tìm thấy" in shown.stderr


def test_an_unknown_dossier_is_bad_input(tmp_path: Path) -> None:
    shown = intake("seal", "KHONG-CO", "--clerk", "Lê Thị Thử", "--home", tmp_path)
    assert (shown.returncode, "KHONG-CO" in shown.stderr) == (ExitCode.BAD_INPUT, True)


@pytest.mark.slow
def test_an_unknown_procedure_is_bad_input_and_seals_nothing(done: Path, tmp_path: Path) -> None:
    home = tmp_path / "h"
    intake("process", done / "in" / "a.jpg", "--into", tmp_path / "out", "--home", home)
    (dossier,) = map(json.loads, intake("dossiers", "--json", "--home", home).stdout.splitlines())
    shown = intake("seal", dossier["id"], "--clerk", "Lê Thị Thử", "--procedure", "9.999999", "--home", home)
    assert (shown.returncode, "9.999999" in shown.stderr) == (ExitCode.BAD_INPUT, True)
    assert json.loads(intake("status", "--json", "--home", home).stdout)["sealed"] == 0


def test_separators_are_a_pdf_of_so_many_sheets(tmp_path: Path) -> None:
    assert intake("separators", "--into", tmp_path / "s.pdf", "--count", "3").returncode == 0
    told = subprocess.run(["pdfinfo", tmp_path / "s.pdf"], capture_output=True, text=True, check=True).stdout
    assert told.split("Pages:")[1].split()[0] == "3"


def test_separators_into_a_folder_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    shown = intake("separators", "--into", tmp_path / "no" / "s.pdf")
    assert (shown.returncode, "Traceback" in shown.stderr) == (ExitCode.BAD_INPUT, False)


@pytest.mark.parametrize("command", [("status",), ("demo",)])
def test_a_file_where_a_folder_should_be_is_bad_input(tmp_path: Path, command: tuple[str, ...]) -> None:
    file = tmp_path / "tep"
    file.write_bytes(b"")
    where = "--into" if command == ("demo",) else "--home"
    shown = intake(*command, where, file)
    assert shown.returncode == ExitCode.BAD_INPUT, shown.stderr
    assert "Traceback" not in shown.stderr
    assert "không phải thư mục" in shown.stderr


def test_results_cannot_go_where_a_file_is(done: Path, tmp_path: Path) -> None:
    file = tmp_path / "tep"
    file.write_bytes(b"x")
    shown = intake("process", done / "in", "--into", file, "--home", tmp_path / "h")
    assert shown.returncode == ExitCode.BAD_INPUT
    assert "không phải thư mục" in shown.stderr
    assert file.read_bytes() == b"x"

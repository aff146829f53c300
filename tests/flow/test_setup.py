"""Set-up does what it says: the larger model is fetched whole or not at all, and the wheel holds what the code reads.

npm is played by a script, so that nothing here needs a network.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / ".ci" / "models"
PACKAGES = ("intake", "ocr", "scanners", "templates")
NEEDED = (
    "sh",
    "sha256sum",
    "rm",
    "mkdir",
    "mktemp",
    "tar",
    "gzip",
    "gunzip",
    "chmod",
    "sync",
    "mv",
    "cat",
    "touch",
    "head",
)
MODEL = b"the weights of a network" * 1000


class Office:
    """A machine on which set-up runs: its programs, its home folder, its virtual environment."""

    def __init__(self, place: Path) -> None:
        self.place, self.home, self.programs = place, place / "home", place / "bin"
        self.home.mkdir()
        self.programs.mkdir()
        for name in NEEDED:
            if found := shutil.which(name):
                (self.programs / name).symlink_to(found)
        self.script = place / "models"
        pinned = SCRIPT.read_text(encoding="utf-8")
        self.script.write_text(re.sub(r"\b[0-9a-f]{64}\b", hashlib.sha256(MODEL).hexdigest(), pinned), encoding="utf-8")
        self.model = place / "venv" / "share" / "tessdata" / "vie_larger.traineddata"

    def npm(self, *lines: str) -> None:
        """An npm that runs these lines of shell in the folder in which it was called."""
        program = self.programs / "npm"
        program.write_text(
            "\n".join((f"#!{self.programs}/sh", f"touch '{self.place}/asked'", *lines)), encoding="utf-8"
        )
        program.chmod(0o755)

    def npm_with(self, content: bytes) -> None:
        """An npm whose package holds this as its model."""
        packed = gzip.compress(content)
        with tarfile.open(self.place / "package.tgz", "w:gz") as package:
            member = tarfile.TarInfo("package/4.0.0_best_int/vie.traineddata.gz")
            member.size = len(packed)
            package.addfile(member, io.BytesIO(packed))
        self.npm(f"cat '{self.place}/package.tgz' > vie.tgz")

    def set_up(self) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "HOME": str(self.home)}
        command = [self.programs / "sh", self.script, self.place / "venv"]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, start_new_session=True
        )

    def left(self) -> list[Path]:
        """What lies in the model's folder and in the home folder."""
        return [*(self.model.parent.iterdir() if self.model.parent.exists() else ()), *self.home.iterdir()]


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def went_without(office, done) -> str:
    assert done.returncode == 0
    assert "Debian's fast model" in done.stderr
    assert "vẫn đọc bằng mô hình nhanh của Debian" in done.stderr
    assert office.left() == []
    return done.stderr


def test_the_model_is_put_into_the_virtual_environment_and_nothing_else_is_left(office):
    office.npm_with(MODEL)
    done = office.set_up()
    assert (done.returncode, done.stderr) == (0, "")
    assert office.left() == [office.model]
    assert office.model.read_bytes() == MODEL


def test_a_model_that_is_there_is_not_fetched_again(office):
    office.npm_with(MODEL)
    office.set_up()
    (office.place / "asked").unlink()
    done = office.set_up()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (office.place / "asked").exists()


def test_a_model_of_which_power_failure_left_half_is_fetched_again(office):
    office.npm_with(MODEL)
    office.model.parent.mkdir(parents=True)
    office.model.write_bytes(MODEL[:100])
    office.set_up()
    assert office.model.read_bytes() == MODEL


def test_without_npm_set_up_says_so_in_both_languages_and_goes_on(office):
    assert "npm, which fetches it, is not here" in went_without(office, office.set_up())


def test_half_a_model_is_taken_away_where_there_is_no_npm_to_replace_it(office):
    office.model.parent.mkdir(parents=True)
    office.model.write_bytes(MODEL[:100])
    went_without(office, office.set_up())


def test_an_npm_that_fails_hinders_nothing_and_the_next_set_up_tries_again(office):
    office.npm("echo 'npm error network' >&2; exit 1")
    said = went_without(office, office.set_up())
    assert "npm error network" in said
    office.npm_with(MODEL)
    office.set_up()
    assert office.model.read_bytes() == MODEL


@pytest.mark.parametrize("content", [b"", MODEL + b"!"])
def test_other_bytes_than_those_that_were_tested_are_refused(office, content):
    office.npm_with(content)
    assert "does not hold the file that was tested" in went_without(office, office.set_up())


def test_a_package_that_is_no_archive_is_refused(office):
    office.npm("echo rubbish > vie.tgz")
    went_without(office, office.set_up())


def test_a_set_up_that_is_broken_off_leaves_nothing_behind(office):
    office.npm("kill -TERM 0")  # all that set-up started, as Ctrl-C does
    assert office.set_up().returncode == 130
    assert office.left() == []


def test_every_file_that_the_code_reads_goes_into_the_wheel():
    """An editable installation finds any file; a wheel holds modules and what `package-data` names."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    held = {
        path
        for package, globs in named.items()
        for glob in globs
        for path in (ROOT / package.replace(".", "/")).glob(glob)
    }
    there = {path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()}
    assert {path for path in there - held if path.suffix not in (".py", ".pyc")} == set()
    assert ROOT / "ocr" / "vietnamese.npz" in held


def test_the_recogniser_cannot_report_to_its_maker():
    """From 1.29 on ONNX Runtime sends what it runs to a collector, unless told not to; CI would not show it."""
    spec = find_spec("onnxruntime")
    assert spec is not None
    assert spec.origin is not None
    libraries = [path for path in Path(spec.origin).parent.rglob("*.so*") if path.is_file()]
    assert libraries
    assert [path.name for path in libraries if b"OneCollector" in path.read_bytes()] == []

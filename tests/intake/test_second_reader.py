"""The setting that switches the second reader on: off by itself, carried to every page, refused where it is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake import config, reading, tasks
from intake.config import Home, open_home
from intake.errors import BadSettings, ExitCode
from ocr import line_engine
from ocr.limits import Limits
from ocr.second import open_second
from tests.crash import scene
from tests.ocr.made_pages import letter, saved


def home_with(folder: Path, text: str) -> Home:
    (folder / "intake.toml").write_text(text, encoding="utf-8")
    return open_home(folder)


@pytest.fixture
def on(tmp_path: Path) -> Home:
    return home_with(tmp_path, "[reading]\nsecond_reader = true\n")


def test_it_is_off_unless_the_office_switches_it_on(tmp_path: Path, on: Home):
    assert not open_home(tmp_path / "elsewhere").settings.reading.second_reader
    assert on.settings.reading.second_reader
    assert ("reading.second_reader", True, True) in list(config.rows(on))


@pytest.mark.parametrize("text", ["[reading]\nsecond_readr = true\n", "[reading]\nsecond_reader = 'nhanh'\n"])
def test_a_mistyped_setting_names_the_right_one(tmp_path: Path, text: str):
    with pytest.raises(BadSettings, match=r"reading\.second_reader"):
        home_with(tmp_path, text)


def test_switched_on_but_not_installed_says_what_to_install(on: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(line_engine, "open_second", lambda: None)
    with pytest.raises(BadSettings, match=r"asterocr.*motcua\[second\]") as caught:
        list(reading.leaves([], on))
    assert caught.value.exit_code == ExitCode.BAD_SETTINGS
    tasks.require_reader()


def test_every_page_is_read_the_way_the_setting_says(on: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(tasks, "require_reader", lambda second: None)
    for name in ("_reader", "_reader_with_second"):
        monkeypatch.setattr(tasks, name, lambda name=name: asked.append(name) or scene.mark_reader())
    page = tmp_path / "a.jpg"
    page.write_bytes(saved(letter(), "JPEG"))
    for home in (on, open_home(tmp_path / "elsewhere")):
        assert [leaf.reason for leaf in reading.leaves([page], home)] == [None]
    tasks.read_page(page, 0, Limits())
    assert asked == ["_reader_with_second", "_reader", "_reader"]


def test_the_reading_names_it_in_its_recipe(tmp_path: Path):
    if open_second() is None:
        pytest.skip("the optional package asterocr is not installed")
    page = saved(letter(), "JPEG")
    assert "asterocr" in tasks.read_page(page, 0, Limits(), True).recipe.engine_version
    assert "asterocr" not in tasks.read_page(page, 0, Limits()).recipe.engine_version

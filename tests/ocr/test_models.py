"""Models are looked for in the folder that is asked for, the project's own, then the system's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr import models
from ocr.models import FAST, LARGER, find_model


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("given", "own", "system")}
    for folder in found.values():
        folder.mkdir()
    monkeypatch.setattr(models, "OWN_FOLDER", found["own"])
    monkeypatch.setattr(models, "_SYSTEM_FOLDERS", (str(tmp_path / "nowhere"), str(found["system"])))
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    return found


def test_there_is_no_model_where_no_folder_has_one(folders):
    assert find_model(FAST) is None
    assert find_model(LARGER) is None


def test_the_folder_asked_for_comes_before_our_own_and_that_before_the_systems(folders, monkeypatch):
    monkeypatch.setenv("TESSDATA_PREFIX", str(folders["given"]))
    for name in ("system", "own", "given"):
        (folders[name] / FAST).write_bytes(b"model")
        assert find_model(FAST) == folders[name] / FAST


def test_a_folder_asked_for_without_the_model_does_not_hide_the_installed_one(folders, monkeypatch):
    monkeypatch.setenv("TESSDATA_PREFIX", str(folders["given"]))
    (folders["system"] / FAST).write_bytes(b"model")
    assert find_model(FAST) == folders["system"] / FAST


def test_each_model_is_found_wherever_it_lies(folders):
    (folders["system"] / FAST).write_bytes(b"model")
    (folders["own"] / LARGER).write_bytes(b"model")
    assert (find_model(FAST), find_model(LARGER)) == (folders["system"] / FAST, folders["own"] / LARGER)


def test_a_folder_of_the_models_name_is_not_a_model(folders):
    (folders["own"] / FAST).mkdir()
    assert find_model(FAST) is None


def test_an_empty_setting_is_as_good_as_none(folders, monkeypatch):
    monkeypatch.setenv("TESSDATA_PREFIX", "")
    monkeypatch.chdir(folders["given"])
    (folders["given"] / FAST).write_bytes(b"model")
    assert find_model(FAST) is None


def test_debians_model_is_found_on_this_machine(monkeypatch):
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    found = find_model(FAST)
    assert found is not None
    assert found.is_file()

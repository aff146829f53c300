"""Sample scans: they are what their truth says, the same each time, and nobody's papers."""

from __future__ import annotations

import hashlib
import random
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

import templates
from intake import samples
from intake.codes import pin_warnings
from intake.sample_forms import forms, household
from intake.sample_sheet import A4
from intake.samples import SampleDossier, SamplePage, papers, write_lanes
from ocr import Pixels

SEED = 7


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lanes")


@pytest.fixture(scope="module")
def lanes(root: Path) -> tuple[SampleDossier, ...]:
    return write_lanes(root, SEED)


def _pages(lanes: tuple[SampleDossier, ...]) -> list[SamplePage]:
    return [page for dossier in lanes for page in dossier.pages]


def _open(root: Path, page: SamplePage) -> Pixels:
    """The page in grey, whatever its file is."""
    file = root / page.file
    if file.suffix == ".pdf":
        with pypdfium2.PdfDocument(file) as document:
            return np.asarray(document[page.page - 1].render(scale=300 / 72).to_pil().convert("L"))
    with Image.open(file) as picture:
        picture.seek(page.page - 1)
        return np.asarray(picture.convert("L"))


def _righted(root: Path, page: SamplePage, skew_deg: float) -> Pixels:
    upright = np.ascontiguousarray(np.rot90(_open(root, page), -page.turn_deg // 90))
    small = cv2.resize(upright, (620, 877), interpolation=cv2.INTER_AREA)  # 75 dpi is enough to see lines
    undo = cv2.getRotationMatrix2D((310, 438), -skew_deg, 1.0)
    return np.asarray(cv2.warpAffine(small, undo, (620, 877), borderValue=(255,)))


def _ink(picture: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """How much ink each row has, away from the edges."""
    rows = (picture[60:-60, 60:-60] < 140).sum(axis=1)
    return rows.astype(np.float64)


def _printed(lanes: tuple[SampleDossier, ...]) -> Iterator[SamplePage]:
    return (page for page in _pages(lanes) if not page.blank and not page.separator)


# --- the lanes -----------------------------------------------------------------------------------------------


def test_four_lanes_hold_nine_dossiers_in_mixed_formats(root: Path, lanes: tuple[SampleDossier, ...]) -> None:
    assert sorted(entry.name for entry in root.iterdir()) == [f"may-quet-{lane}" for lane in (1, 2, 3, 4)]
    assert len(lanes) == 9
    files = {page.file for page in _pages(lanes)}
    assert files == {file.relative_to(root) for file in root.rglob("*.*")}
    assert {file.suffix for file in files} == {".jpg", ".png", ".tif", ".tiff", ".pdf"}


def test_the_truth_tells_pages_in_the_order_of_names_and_of_pages_within_a_file(
    lanes: tuple[SampleDossier, ...],
) -> None:
    for lane in {dossier.lane for dossier in lanes}:
        order = [(page.file, page.page) for dossier in lanes if dossier.lane == lane for page in dossier.pages]
        assert order == sorted(order)
        assert len(set(order)) == len(order)


def test_files_hold_as_many_pages_as_the_truth_says_at_300_dpi(root: Path, lanes: tuple[SampleDossier, ...]) -> None:
    for file in {page.file for page in _pages(lanes)}:
        told = sum(page.file == file for page in _pages(lanes))
        if file.suffix == ".pdf":
            with pypdfium2.PdfDocument(root / file) as document:
                assert len(document) == told
            continue
        with Image.open(root / file) as picture:
            assert getattr(picture, "n_frames", 1) == told
            assert [round(side) for side in picture.info["dpi"]] == [300, 300]
            assert sorted(picture.size) == sorted(A4)


def test_each_dossier_after_a_lanes_first_begins_with_a_separator_that_reads(
    root: Path, lanes: tuple[SampleDossier, ...]
) -> None:
    first = {dossier.lane: dossier for dossier in reversed(lanes)}
    for dossier in lanes:
        assert [page.separator for page in dossier.pages] == [dossier != first[dossier.lane]] + [False] * (
            len(dossier.pages) - 1
        )
    for page in _pages(lanes):
        texts = [code.text for code in zxingcpp.read_barcodes(_open(root, page))] if page.separator else []
        assert texts == ["MOTCUA-SEP"] * page.separator


def test_the_skew_of_a_separator_is_the_one_its_code_lies_at(root: Path, lanes: tuple[SampleDossier, ...]) -> None:
    for page in (page for page in _pages(lanes) if page.separator):
        corners = zxingcpp.read_barcodes(_open(root, page))[0].position
        right, down = corners.top_right.x - corners.top_left.x, corners.top_right.y - corners.top_left.y
        assert np.degrees(np.arctan2(-down, right)) == pytest.approx(page.skew_deg, abs=0.3)


def test_undoing_the_told_turn_and_skew_sets_every_page_upright(root: Path, lanes: tuple[SampleDossier, ...]) -> None:
    for page in _printed(lanes):
        told = _ink(_righted(root, page, page.skew_deg))
        if abs(page.skew_deg) > 0.5:
            assert told.var() > 1.2 * _ink(_righted(root, page, -page.skew_deg)).var(), page
        middle = np.average(np.arange(len(told)), weights=told)
        assert middle < len(told) / 2, page  # forms begin at the top: upside down they would not


def test_pages_are_turned_every_way_and_skewed_both_ways_within_three_degrees(
    lanes: tuple[SampleDossier, ...],
) -> None:
    pages = list(_printed(lanes))
    assert {page.turn_deg for page in pages} == {0, 90, 180, 270}
    assert min(page.skew_deg for page in pages) < -1
    assert 1 < max(page.skew_deg for page in pages) <= 3


def test_a_blank_back_shows_nothing_but_a_faint_shine_of_its_front(
    root: Path, lanes: tuple[SampleDossier, ...]
) -> None:
    blanks = [page for page in _pages(lanes) if page.blank]
    assert len(blanks) == 3
    for page in blanks:
        grey = cv2.GaussianBlur(_open(root, page), (0, 0), 4)
        assert grey.min() > 200
        assert grey.std() > 0.5


def test_documents_own_the_printed_pages_and_no_others(lanes: tuple[SampleDossier, ...]) -> None:
    for dossier in lanes:
        owned = [page for document in dossier.documents for page in document.pages]
        assert owned == [page for page in dossier.pages if not page.blank and not page.separator]
        assert all(document.pages for document in dossier.documents)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_PLANS", [plan for plan in samples._PLANS if plan.format == "pdf"])

    def digests(name: str) -> list[str]:
        write_lanes(tmp_path / name, SEED)
        files = sorted((tmp_path / name).rglob("*.*"))
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    assert digests("once") == digests("again")


def test_another_seed_is_another_household() -> None:
    first, second = (household(random.Random(seed), "TK_KS") for seed in (1, 2))
    assert first["man"] != second["man"]
    assert first["man_pin"] != second["man_pin"]


# --- the papers ----------------------------------------------------------------------------------------------


def test_papers_are_every_form_once_a4_upright_with_red_seals_and_blue_pen() -> None:
    made = {paper.cue: paper for paper in papers(SEED)}
    assert made.keys() == forms().keys()
    assert all(side.shape == (A4[1], A4[0], 3) for paper in made.values() for side in paper.sides)
    red, green, blue = np.moveaxis(made["GCS"].sides[0].astype(np.int16), 2, 0)
    assert ((red - blue > 100) & (red - green > 100)).sum() > 5_000
    assert (blue - red > 80).sum() > 5_000


def test_titles_are_those_the_catalogue_knows() -> None:
    cues = [
        cue
        for name in templates.names("cues")
        for table in tomllib.loads(templates.text(name)).values()
        for cue in table
    ]
    titles = {cue["id"]: cue["titles"] for cue in cues if isinstance(cue, dict) and "titles" in cue}
    assert all(form.title in titles[form.cue] for form in forms().values())


def test_each_form_prints_its_title_on_its_first_page() -> None:
    for form in forms().values():
        titled = [line.removeprefix("= ") for line in form.pages[0].splitlines() if line.startswith("= ")]
        assert " ".join(titled).startswith(form.title)


def test_the_certificate_is_marked_as_an_example() -> None:
    assert "VÍ DỤ" in forms()["GCN_OLD"].stamp


@pytest.mark.parametrize("seed", range(20))
def test_made_up_numbers_fit_their_holders_and_cannot_be_taken_for_real_ones(seed: int) -> None:
    written = household(random.Random(seed), "TK_KS")
    for who, sex in (("man", "Nam"), ("woman", "Nữ"), ("elder", "Nam"), ("agent", "Nam")):
        born = datetime.strptime(written[f"{who}_born"], "%d/%m/%Y") if f"{who}_born" in written else None  # noqa: DTZ007
        assert pin_warnings(written[f"{who}_pin"], sex, born) == ()
        assert written[f"{who}_pin"][6:9] == "000"

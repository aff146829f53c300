"""Specks go where they abound; dots and tone marks, which look alike, stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ocr import Pixels
from ocr.clean import X_PX, even_paper
from ocr.specks import is_speckled, without_dark_specks, without_light_specks
from tests.ocr import made_pages

SIZE = 25
"""Small letters 11.5 px tall, as on a cleaned page."""
STOPS = "i . : ; ạ ị ụ ế ể ắ ẩ ỗ ữ ô ơ ư ă â i . : ; ọ ẹ ậ ợ ự ĩ ủ ỳ"


def print_of(grey: int = 0, rows: int = 22) -> Image.Image:
    page = Image.new("L", (1240, 1300), 255)
    for row in range(rows):
        text = made_pages.BODY[row % 8] if row % 3 else STOPS
        ImageDraw.Draw(page).text((150, 60 + row * 54), text, font=made_pages.font(SIZE), fill=grey)
    return page


def speckled(page: Pixels, count: int, side: int, grey: int = 0, seed: int = 1) -> Pixels:
    """The page with square specks anywhere, also on the print."""
    found = page.copy()
    for top, left in np.random.default_rng(seed).integers(0, np.subtract(page.shape, side), (count, 2)):
        found[top : top + side, left : left + side] = np.minimum(found[top : top + side, left : left + side], grey)
    return found


def marks_of(clean: Pixels, page: Pixels, side: int = 7) -> tuple[int, int]:
    """How many small pieces of the clean page (dots and marks) there are, and how many are still inked on ``page``."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((clean < 150).astype(np.uint8))
    small = [n for n in range(1, len(stats)) if max(stats[n, 2:4]) <= side]
    kept = [n for n in small if (page[labels == n] < 190).any()]
    return len(small), len(kept)


@pytest.fixture(scope="module")
def clean() -> Pixels:
    return np.array(print_of())


@pytest.mark.parametrize("grey", [0, 90, 140])
def test_a_clean_page_is_not_speckled_however_faint(grey: int):
    assert not is_speckled(np.array(print_of(grey)))


def test_a_page_of_dots_leaders_and_marks_is_not_speckled():
    page = Image.new("L", (1240, 700), 255)
    for row in range(12):
        text = "Họ và tên: " + "." * 60 if row % 2 else STOPS
        ImageDraw.Draw(page).text((100, 40 + row * 50), text, font=made_pages.font(SIZE), fill=0)
    assert not is_speckled(np.array(page))


def test_a_softly_printed_page_is_not_speckled():
    assert not is_speckled(np.array(print_of(60).filter(ImageFilter.GaussianBlur(1.2))))


@pytest.mark.parametrize("side", [1, 2])
def test_a_page_with_2500_dark_specks_is_speckled(clean: Pixels, side: int):
    assert is_speckled(speckled(clean, 2500, side))


def test_a_few_dozen_specks_do_not_make_a_page_speckled(clean: Pixels):
    assert not is_speckled(speckled(clean, 60, 1))


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (60, 80)])
def test_a_page_of_one_grey_is_searched_without_failing(size: tuple[int, int], grey: int):
    page = np.full(size, grey, np.uint8)
    assert is_speckled(page) in (False, True)
    assert without_light_specks(page).shape == size
    dark = without_dark_specks(page, X_PX)
    assert dark is None or dark.shape == size


def test_an_empty_sheet_is_not_speckled():
    assert not is_speckled(np.full((300, 200), 255, np.uint8))


# --- faded print, black specks ---------------------------------------------------------------------------------


def test_black_specks_between_faded_letters_are_gone_and_marks_stay():
    faded = np.array(print_of(120).resize((2480, 2600), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.8)))
    page = speckled(faded, 2500, 3)
    result = without_dark_specks(page, 2 * X_PX)
    assert result is not None
    paper = cv2.erode(faded, np.ones((9, 9), np.uint8)) > 240
    assert (page[paper] < 60).mean() > 0.002, "there were specks to take"
    assert (result[paper] < 180).mean() < 0.0001
    marks, kept = marks_of(faded, result, side=12)
    assert kept >= 0.97 * marks


def test_letters_of_faded_print_keep_their_ink():
    faded = np.array(print_of(120).resize((2480, 2600), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.8)))
    result = without_dark_specks(speckled(faded, 2500, 3), 2 * X_PX)
    assert result is not None
    ink = faded < 150
    assert (result[ink] < 190).mean() > 0.95


def test_where_print_itself_is_black_darkness_tells_nothing(clean: Pixels):
    bold = np.array(print_of(0).filter(ImageFilter.MinFilter(5)))
    assert without_dark_specks(bold, X_PX) is None


def test_a_page_without_print_has_nothing_to_compare_with():
    assert without_dark_specks(np.full((100, 100), 255, np.uint8), X_PX) is None


# --- light specks ----------------------------------------------------------------------------------------------


def test_light_specks_are_gone_and_every_mark_stays(clean: Pixels):
    page = speckled(clean, 2500, 1, grey=40)
    assert is_speckled(page)
    result = without_light_specks(page)
    paper = cv2.erode(clean, np.ones((7, 7), np.uint8)) > 240
    assert (page[paper] < 100).sum() > 1000
    assert (result[paper] < 200).sum() < 0.02 * (page[paper] < 200).sum()
    marks, kept = marks_of(clean, result)
    assert marks > 300
    assert kept >= 0.995 * marks


def test_a_clean_page_loses_nothing_to_the_search_for_light_specks(clean: Pixels):
    marks, kept = marks_of(clean, without_light_specks(clean))
    assert kept == marks
    ink = clean < 128
    assert (without_light_specks(clean)[ink] < 128).mean() > 0.999


def test_the_page_given_is_not_changed(clean: Pixels):
    page = speckled(clean, 500, 1)
    before = page.copy()
    without_light_specks(page)
    without_dark_specks(even_paper(page), X_PX)
    is_speckled(page)
    assert (page == before).all()

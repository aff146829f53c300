"""What the engine sees: no seal, even paper, letters of one height; and boxes that find their way back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocr.clean import Cleaned, cleaned, even_paper, one_channel
from ocr.letters import letter_boxes, letter_mask, reduced
from ocr.text import Box
from tests.ocr.made_pages import grey, letter, rgb, seal, sheet


def test_a_red_seal_over_print_vanishes_and_the_print_stays():
    page = letter()
    bare = one_channel(rgb(page)).astype(int)
    seal(page, (600, 600))
    kept = one_channel(rgb(page)).astype(int)
    stamped = np.any(rgb(page) != rgb(letter()), axis=2)
    paper = stamped & (bare > 200)
    assert paper.sum() > 2000
    assert kept[paper].min() >= 200
    assert (bare < 100).sum() == pytest.approx((kept < 100).sum(), rel=0.02)


def test_a_page_without_colour_keeps_its_luminance():
    grey_page = np.dstack([grey(letter())] * 3)
    assert np.array_equal(one_channel(grey_page), grey(letter()))
    assert one_channel(grey(letter())).ndim == 2


def test_shadows_and_tinted_paper_turn_white_and_ink_stays_black():
    page = grey(letter()).astype(float)
    shaded = (page * np.linspace(1.0, 0.45, page.shape[1])[None, :]).astype(np.uint8)
    even = even_paper(shaded)
    assert np.median(even[:, -200:]) > 245
    ink = (page < 60)[:, 100:-100]
    assert np.median(even[:, 100:-100][ink]) < 60


def test_dots_and_marks_survive_cleaning():
    page = grey(letter(size=(2480, 3508)).resize((2480, 3508)))
    small, _ = count_small(page)
    kept, _ = count_small(cv2.resize(cleaned(page, 300.0).pixels, page.shape[::-1], interpolation=cv2.INTER_CUBIC))
    assert small > 100
    assert kept >= small * 0.9


def count_small(page: np.ndarray) -> tuple[int, int]:
    count, _, stats, _ = cv2.connectedComponentsWithStats((page < 150).astype(np.uint8))
    return int((stats[1:, 3] < 14).sum()), count


@pytest.mark.parametrize("enlarged", [0.7, 1.0, 2.0, 3.0])
def test_letters_come_out_at_one_height_whatever_the_resolution(enlarged):
    width, height = (round(side * enlarged) for side in (1240, 1754))
    page = cleaned(grey(letter().resize((width, height), Image.Resampling.LANCZOS)), 150.0 * enlarged)
    _, usual = letter_boxes(letter_mask(reduced(page.pixels)))
    assert 11 <= usual <= 17
    assert page.dpi == pytest.approx(150 * enlarged * page.scale, abs=1)


def test_a_page_without_letters_is_not_scaled():
    assert cleaned(grey(sheet()), None).scale == 1.0


@given(
    st.floats(0.15, 2.5), st.integers(0, 3000), st.integers(0, 3000), st.integers(1, 400), st.integers(1, 400)
)  # fmt: skip
def test_boxes_map_back_inside_the_upright_page(scale, left, top, width, height):
    upright = np.zeros((900, 600), np.uint8)
    ready = Cleaned(pixels=np.zeros((round(900 * scale), round(600 * scale)), np.uint8), scale=scale, dpi=100)
    box = ready.to_upright(Box(left=left, top=top, width=width, height=height), upright)
    assert 0 <= box.left < box.right <= 600
    assert 0 <= box.top < box.bottom <= 900


def test_a_box_maps_back_to_where_it_was_seen():
    upright = np.zeros((2000, 2000), np.uint8)
    ready = Cleaned(pixels=np.zeros((800, 800), np.uint8), scale=0.4, dpi=120)
    assert ready.to_upright(Box(left=40, top=80, width=20, height=10), upright) == Box(
        left=100, top=200, width=50, height=25
    )

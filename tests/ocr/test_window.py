"""A window of a page and the strip taken from it are one geometry: a box goes back to where its ink stood."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr.text import Box
from ocr.window import Window

WIDE, TALL = 900, 400

WINDOWS = st.builds(
    Window,
    left=st.floats(20, 150),
    top=st.floats(40, 150),
    width=st.floats(250, 600),
    height=st.floats(20, 110),
    slope=st.floats(-0.03, 0.03),
)


@settings(max_examples=60, deadline=None)
@given(window=WINDOWS, height=st.sampled_from([24, 36, 48]), across=st.floats(0.1, 0.85), down=st.floats(0.2, 0.6))
def test_ink_on_the_strip_is_placed_where_it_stands_on_the_page(window, height, across, down):
    page = np.full((TALL, WIDE), 255, np.uint8)
    left = round(window.left + across * window.width)
    top = round(window.top + down * window.height + window.slope * (left - window.left))
    wide, tall = 12, max(6, round(window.height * 0.2))
    page[top : top + tall, left : left + wide] = 0
    strip = window.taken(page, height)
    rows, columns = np.nonzero((strip < 128).any(axis=1))[0], np.nonzero((strip < 128).any(axis=0))[0]
    box = Box(left=int(columns[0]), top=int(rows[0]), width=int(np.ptp(columns)) + 1, height=int(np.ptp(rows)) + 1)
    placed = window.placed(box, height)
    slack = 2 + window.height / height
    assert abs(placed.left - left) <= slack
    assert abs(placed.right - left - wide) <= slack
    assert abs(placed.top - top) <= slack
    assert abs(placed.bottom - top - tall) <= slack


@settings(max_examples=60, deadline=None)
@given(window=WINDOWS, height=st.sampled_from([24, 36, 48]), by=st.floats(0.3, 1.0))
def test_a_mask_of_the_reduced_page_covers_the_same_part_of_the_strip(window, height, by):
    page = np.full((TALL, WIDE), 255, np.uint8)
    left = round(window.left + window.width / 2)
    top = round(window.top + window.height / 2 + window.slope * window.width / 2)
    page[top - 8 : top + 8, left - 30 : left + 30] = 0
    mask = np.zeros((round(TALL * by), round(WIDE * by)), bool)
    mask[round((top - 8) * by) : round((top + 8) * by), round((left - 30) * by) : round((left + 30) * by)] = True
    strip = window.taken(page, height)
    covered = window.scaled(by).taken_mask(mask, strip.shape)
    assert covered is not None
    assert covered.shape == strip.shape
    inked = strip < 128
    assert (inked & covered).sum() >= 0.7 * inked.sum()
    beside = np.abs(np.argwhere(covered) - np.argwhere(inked).mean(axis=0)).max(axis=0)
    reach = np.abs(np.argwhere(inked) - np.argwhere(inked).mean(axis=0)).max(axis=0)
    assert (beside <= reach + 3 + 3 * height / (window.height * by)).all()


@given(window=WINDOWS)
def test_an_empty_mask_covers_nothing(window):
    assert window.taken_mask(np.zeros((TALL, WIDE), bool), (36, 200)) is None


@pytest.mark.parametrize("left", [-500.0, -30.0, WIDE - 60.0, WIDE + 500.0])
def test_a_window_over_the_edge_of_the_page_shows_paper_there(left: float):
    window = Window(left=left, top=-20, width=100, height=45, slope=0.0)
    strip = window.taken(np.zeros((TALL, WIDE), np.uint8), 36)
    assert strip.shape == (36, 80)
    assert (strip[:12] == 255).all()
    placed = window.placed(Box(left=0, top=0, width=10, height=10), 36)
    assert min(placed.left, placed.top) >= 0
    assert min(placed.width, placed.height) >= 1


def test_a_mask_over_the_edge_of_the_page_is_taken_without_failing():
    mask = np.ones((TALL, WIDE), bool)
    for left, top in ((-50.0, -30.0), (WIDE - 50.0, TALL - 20.0), (WIDE + 90.0, 10.0)):
        window = Window(left=left, top=top, width=100, height=45, slope=0.02)
        covered = window.taken_mask(mask, (36, 80))
        assert covered is None or covered.shape == (36, 80)

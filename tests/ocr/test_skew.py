"""How much print lies askew, measured on points alone; and letters found on a page whatever its size."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocr.image import pose_of, rotated
from ocr.letters import WORK_SIDE, labelled, letters_of, reduced
from ocr.skew import NO_SKEW, fine_skew, rough_skew
from ocr.upright import SURE, uprightness
from tests.ocr.made_pages import grey, letter, rgb

SLOW = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
WIDTH, LINES, PITCH = 1000, 30, 45


def feet_of_lines(angle_deg: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Feet of made lines, half a pixel of wobble on each."""
    random = np.random.default_rng(seed)
    x = random.uniform(0, WIDTH, LINES * 400).astype(np.float32)
    y = (np.arange(LINES * 400) % LINES * PITCH + random.normal(0, 0.5, LINES * 400)).astype(np.float32)
    return x, (y - x * np.float32(np.tan(np.radians(angle_deg))) + 300).astype(np.float32)


@SLOW
@given(st.floats(-15, 15), st.integers(0, 9))
def test_lines_of_points_are_levelled_to_a_hundredth_of_a_degree(angle, seed):
    feet = feet_of_lines(angle, seed)
    skew = fine_skew(feet, rough_skew(feet, 1700))
    assert skew.deg == pytest.approx(angle, abs=0.02)
    assert skew.peak > 2


def test_points_in_disorder_have_no_peak():
    random = np.random.default_rng(2)
    feet = tuple(random.uniform(0, 1500, (2, 20_000)).astype(np.float32))
    assert rough_skew(feet, 1700).peak < 1.3


def test_a_bent_page_whose_paragraphs_lie_askew_by_different_angles_is_levelled_between_them():
    parts = [feet_of_lines(angle, seed) for seed, angle in enumerate((-0.3, -0.15, 0.0, 0.15, 0.3))]
    x = np.concatenate([x for x, _ in parts])
    y = np.concatenate([y + 1500 * at for at, (_, y) in enumerate(parts)])
    assert abs(fine_skew((x, y), rough_skew((x, y), 1700)).deg) < 0.1


def test_narrow_print_says_nothing():
    x, y = feet_of_lines(3)
    narrow = (x * np.float32(0.1), y)
    assert rough_skew(narrow, 1700) == fine_skew(narrow, rough_skew(narrow, 1700)) == NO_SKEW


@pytest.mark.parametrize("size", [(1240, 1754), (1654, 2339), (2480, 3508), (4960, 7016)])
def test_a_page_of_any_resolution_is_measured_at_about_the_same_size(size):
    small = reduced(np.zeros((size[1], size[0], 3), np.uint8))
    assert 0.9 * WORK_SIDE <= max(small.shape) <= 1.1 * WORK_SIDE or small.shape[:2] == (size[1], size[0])
    assert small.shape[0] / small.shape[1] == pytest.approx(size[1] / size[0], rel=0.002)


def test_a_page_of_dust_has_more_pieces_than_sixteen_bits_number():
    dust = np.zeros((1200, 1200), np.uint8)
    dust[::4, ::4] = 1
    labels, stats = labelled(dust)
    assert len(stats) == 300 * 300 + 1
    assert labels[4, 4] != labels[4, 8]


def test_letters_turned_as_points_stand_where_letters_of_the_turned_page_stand():
    page = grey(letter())
    turned = rotated(page, 4.0, (255, 255, 255))
    level = letters_of(page).outline().boxes(0.0, lying=False)
    back = letters_of(turned).outline().boxes(4.0, lying=False)
    assert len(back) == pytest.approx(len(level), rel=0.05)
    assert np.median(back[:, 3]) == pytest.approx(np.median(level[:, 3]), abs=1.5)


def test_print_on_its_head_measures_below_zero():
    boxes = letters_of(grey(letter())).outline().boxes(0.0, lying=False)
    on_head = boxes * np.array([1, -1, 1, 1], np.float32) - np.array([0, 1, 0, 0], np.float32) * boxes[:, 3:]
    assert uprightness(boxes) > SURE
    assert uprightness(on_head) < -SURE


def test_measuring_a_page_costs_little():
    page = rgb(rotated_page())
    pose_of(page)
    began = time.process_time()
    for _ in range(3):
        pose_of(page)
    assert (time.process_time() - began) / 3 < 0.15  # 25 to 30 ms; the slack is for a machine that does more


def rotated_page():
    return letter().resize((2480, 3508)).rotate(2, fillcolor="white")

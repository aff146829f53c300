"""How exactly pages are set upright and level, on scans turned by a known angle and on pages made for it."""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest

from ocr.decode import Limits, frame
from ocr.image import pose_of, rotated
from tests.accuracy.made_scans import level_sheet
from tests.accuracy.readings import DATA, FORMS, MADE_PAGES, SCANS, pages_of, turned_pages

pytestmark = pytest.mark.slow
scans = pytest.mark.skipif(not DATA.is_dir(), reason="the scans of ../shared/data are not here")

MEAN_DEG, WORST_DEG = 0.03, 0.1
UNSURE_PAGES = 2
STEEP_DEG = (-14.6, -11.3, -8.2, -5.1, -2.7, -1.2, -0.4, 0.2, 0.8, 1.9, 3.6, 6.7, 9.9, 13.1)


@scans
def test_the_turn_of_scanned_pages_is_measured(capsys):
    pages = [(frame(file, 0, Limits()).pixels, angle_deg) for file, angle_deg in turned_pages()]
    began = time.perf_counter()
    errors = [abs(pose_of(pixels).skew_deg - angle_deg) for pixels, angle_deg in pages]
    _hold(capsys, "scans turned up to 15°", errors, (time.perf_counter() - began) / len(pages))


def test_the_turn_of_made_pages_is_measured(capsys):
    errors, seconds = [], 0.0
    for seed, angle_deg in enumerate(STEEP_DEG):
        page = rotated(level_sheet(seed), angle_deg, (255, 255, 255))
        began = time.perf_counter()
        errors.append(abs(pose_of(page).skew_deg - angle_deg))
        seconds += time.perf_counter() - began
    _hold(capsys, "made pages turned up to 15°", errors, seconds / len(errors))


def test_the_skew_of_worn_pages_is_corrected(capsys):
    errors = [page.skew_error_deg for kind in MADE_PAGES for page in pages_of(kind)]
    _hold(capsys, "clean, office, photocopy", errors, None)


def test_a_level_page_is_left_level(capsys):
    errors = [abs(pose_of(level_sheet(seed)).skew_deg) for seed in range(8)]
    _hold(capsys, "level pages", errors, None)


@scans
def test_pages_fed_any_way_round_are_turned_upright(capsys):
    paths = [*sorted((SCANS / "nd96").glob("*.png"))[::6], *sorted((SCANS / "hand").glob("*.[jp][pn]g"))[::2]]
    paths += sorted(FORMS.glob("*.png"))[::6]
    _turned_upright(capsys, "scans", [frame(path.read_bytes(), 0, Limits()).pixels for path in paths])


def test_made_pages_fed_any_way_round_are_turned_upright(capsys):
    _turned_upright(capsys, "made pages", [level_sheet(seed) for seed in range(4)])


def _turned_upright(capsys, what: str, pages: list[np.ndarray]) -> None:
    wrong = unsure = 0
    for page in pages:
        for quarter in range(4):
            pose = pose_of(np.ascontiguousarray(np.rot90(page, quarter)))
            wrong += pose.sure and pose.turn_deg != quarter * 90
            unsure += not pose.sure
    with capsys.disabled():
        print(f"\n{what} turned: {4 * len(pages)} pages, {wrong} wrong, {unsure} left to the engine", end="")
    assert wrong == 0
    assert unsure <= UNSURE_PAGES


def _hold(capsys, what: str, errors: list[float], seconds: float | None) -> None:
    mean, worst = statistics.mean(errors), max(errors)
    cost = f", {seconds * 1000:.0f} ms a page with its orientation" if seconds is not None else ""
    with capsys.disabled():
        print(f"\nskew of {what}: {len(errors)} pages, mean error {mean:.3f}°, worst {worst:.3f}°{cost}", end="")
    assert mean <= MEAN_DEG
    assert worst <= WORST_DEG

"""Which way up, how much askew, and both undone without losing ink."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ocr import Raster
from ocr.decode import Limits, frame
from ocr.image import Pose, grey_of, paper_of, pose_of, rotated, straightened, two_levels
from tests.ocr.made_pages import font, grey, letter, rgb, seal, sheet, signature

DESKEW = Path(__file__).parents[3] / "shared" / "data" / "deskew"
PAGE = letter()
SLOW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def askew(angle: float, page: Image.Image = PAGE) -> Image.Image:
    """The page as Pillow turns it, counter-clockwise positive: another's arithmetic, not ours."""
    return page.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor="white")


@SLOW
@given(st.floats(-12, 12))
def test_the_skew_of_a_page_is_found_within_a_fifth_of_a_degree(angle):
    pose = pose_of(grey(askew(angle)))
    assert pose.turn_deg == 0
    assert pose.skew_deg == pytest.approx(angle, abs=0.1)


@SLOW
@given(st.floats(-12, 12), st.sampled_from([0, 90, 180, 270]))
def test_turn_and_skew_are_found_together_and_undone(angle, turn):
    lying = np.rot90(rgb(askew(angle)), turn // 90)
    pose = pose_of(lying)
    assert (pose.turn_deg, pose.sure) == (turn, True)
    assert pose.skew_deg == pytest.approx(angle, abs=0.2)
    level = straightened(Raster(pixels=lying, dpi=150.0), pose)
    again = pose_of(level.pixels)
    assert again.turn_deg == 0
    assert abs(again.skew_deg) < 0.1


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_is_turned_upright_whichever_way_it_was_fed(turn):
    pose = pose_of(np.ascontiguousarray(np.rot90(grey(PAGE), turn // 90)))
    assert (pose.turn_deg, pose.sure) == (turn, True)
    assert abs(pose.skew_deg) < 0.05


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_turn_moves_pixels_and_changes_none(turn):
    pixels = rgb(PAGE)
    lying = np.ascontiguousarray(np.rot90(pixels, turn // 90))
    level = straightened(Raster(pixels=lying, dpi=150.0), Pose(turn_deg=turn, skew_deg=0.02, sure=True))
    assert np.array_equal(level.pixels, pixels)
    assert level.dpi == 150


def test_a_form_of_dotted_lines_is_turned_upright():
    page = sheet()
    pen = ImageDraw.Draw(page)
    for row in range(24):
        label = ("Họ, chữ đệm và tên: ", "Số định danh cá nhân: ", "Nơi cư trú hiện nay: ", "Quê quán: ")[row % 4]
        pen.text((150, 160 + row * 60), label + "." * 90, font=font(25), fill="black")
    for turn in (0, 180):
        assert pose_of(np.ascontiguousarray(np.rot90(grey(page), turn // 90))).turn_deg == turn


def empty(page: Image.Image) -> None:
    pass


def one_line(page: Image.Image) -> None:
    ImageDraw.Draw(page).text((500, 1600), "- 2 -", font=font(25), fill="black")


def noise(page: Image.Image) -> None:
    random = np.random.default_rng(7)
    for x, y in random.integers(0, 1200, (600, 2)):
        ImageDraw.Draw(page).rectangle((x, y, x + 3, y + 3), fill="black")


@pytest.mark.parametrize(
    "draw",
    [empty, one_line, noise, lambda page: seal(page, (700, 900)), lambda page: signature(page, (500, 900))],
    ids=["nothing", "page number", "noise", "seal", "signature"],
)
def test_a_page_without_lines_of_print_is_left_alone(draw):
    page = sheet()
    draw(page)
    assert pose_of(rgb(page)) == Pose(turn_deg=0, skew_deg=0.0, sure=True)


def test_capitals_alone_do_not_say_which_way_up():
    page = sheet()
    pen = ImageDraw.Draw(page)
    for row in range(20):
        pen.text((150, 160 + row * 60), "HOI MAU NHAN VAN AN HUE TIEN MAI " * 2, font=font(25), fill="black")
    assert not pose_of(grey(page)).sure


def test_a_flipped_pose_keeps_its_skew():
    assert Pose(turn_deg=270, skew_deg=1.5, sure=False).flipped == Pose(turn_deg=90, skew_deg=1.5, sure=False)


@given(st.floats(-15, 15), st.integers(20, 200), st.integers(20, 200))
def test_no_corner_is_lost_when_the_canvas_grows(angle, width, height):
    page = np.full((height, width), 255, np.uint8)
    page[:6, :6] = page[:6, -6:] = page[-6:, :6] = page[-6:, -6:] = 0
    turned = rotated(page, angle, (255, 255, 255))
    assert (255 - turned.astype(int)).sum() == pytest.approx(4 * 36 * 255, rel=0.06)


def test_what_was_outside_the_sheet_is_paper_coloured():
    page = sheet((400, 500), paper=(250, 240, 200))
    ImageDraw.Draw(page).rectangle((100, 100, 300, 200), fill="black")
    level = straightened(Raster(pixels=rgb(page), dpi=None), Pose(turn_deg=0, skew_deg=5.0, sure=True))
    assert level.pixels[0, 0].tolist() == pytest.approx([250, 240, 200], abs=1)
    assert paper_of(grey(sheet((9, 9)))) == (255, 255, 255)


def test_a_black_and_white_page_is_black_and_white_again_when_asked():
    page = grey(PAGE.convert("1"))
    level = straightened(Raster(pixels=page, dpi=None, bilevel=True), Pose(turn_deg=0, skew_deg=3.0, sure=True))
    assert len(np.unique(level.pixels)) > 2
    assert set(np.unique(two_levels(level).pixels)) == {0, 255}
    grey_page = Raster(pixels=page, dpi=None)
    assert two_levels(grey_page) is grey_page


def test_grey_of_a_grey_page_is_itself():
    assert grey_of(grey(PAGE)).shape == grey_of(rgb(PAGE)).shape


@pytest.mark.skipif(not DESKEW.is_dir(), reason="the scans of ../shared/data are not here")
def test_known_angles_of_real_pages_are_found():
    wanted, found = [], []
    with (DESKEW / "angles.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            path = DESKEW / row["file"]
            if path.is_file() and float(row["angle_deg_clockwise"]) in {-15, -3, -0.3, 0, 0.9, 5.5, 12}:
                wanted.append(-float(row["angle_deg_clockwise"]))
                found.append(pose_of(frame(path.read_bytes(), 0, Limits()).pixels).skew_deg)
    errors = np.abs(np.subtract(wanted, found))
    print(
        f"skew: {len(errors)} pages, median error {np.median(errors):.3f}, worst {errors.max():.3f} degrees", os.linesep
    )
    assert len(errors) >= 10
    assert np.median(errors) <= 0.02
    assert errors.max() <= 0.1

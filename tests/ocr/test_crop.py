"""The sheet found in the picture: a card on the glass, bars of a copier, a page on a table; in doubt, none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ocr import Raster
from ocr.crop import Quad, painted, sheet_of
from ocr.image import Pose, pose_of, straightened
from ocr.letters import reduced
from tests.ocr.made_pages import WHITE, font, letter, rgb, seal, sheet

SLOW = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
GLASS = (1240, 1754)
BEDS = {"black": (18, 18, 20), "grey": (105, 105, 105), "wood": (140, 98, 62), "cloth": (50, 80, 140)}


def bed(colour: tuple[int, int, int], size: tuple[int, int] = GLASS) -> np.ndarray:
    """A scanner's bed or a table top, mottled."""
    spots = np.random.default_rng(3).normal(0, 6, (size[1] // 40 + 1, size[0] // 40 + 1)).astype(np.float32)
    mottle = cv2.resize(spots, size, interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(np.array(colour, np.float32) + mottle, 0, 255).astype(np.uint8)


def card() -> np.ndarray:
    """A made-up identity card, 85.6 by 54 mm at 150 dpi."""
    page = Image.new("RGB", (506, 319), (208, 228, 216))
    pen = ImageDraw.Draw(page)
    pen.rectangle((20, 90, 145, 260), fill=(120, 130, 150))
    for row, words in enumerate(("Số / No. 001099000001", "Họ và tên: NGUYỄN VĂN MẪU", "Quê quán: Xã Mẫu", "Thôn Thử")):
        pen.text((165, 90 + row * 45), words, font=font(24), fill=(25, 25, 35))
    return np.array(page)


def laid(page: np.ndarray, ground: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """``page`` with its corners (clockwise from the upper left) at ``corners`` of ``ground``, by OpenCV's bilinear."""
    height, width = page.shape[:2]
    own = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(own - 0.5, corners.astype(np.float32))
    size = ground.shape[1::-1]
    share = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, size)[..., None] / 255.0
    return (cv2.warpPerspective(page, matrix, size) * share + ground * (1 - share)).astype(np.uint8)


def turned_corners(size: tuple[int, int], centre: tuple[float, float], angle_deg: float) -> np.ndarray:
    """Corners of a rectangle turned counter-clockwise about its middle."""
    wide, tall = size
    corners = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return corners @ turn.T + centre


def farthest(found: Quad, wanted: np.ndarray) -> float:
    """Distance in pixels between corners, whichever is named first."""
    corners = np.array(found.corners)
    return min(float(np.abs(np.roll(corners, at, axis=0) - wanted).max()) for at in range(4))


@SLOW
@given(st.floats(-40, 40), st.floats(400, 840), st.floats(400, 1350), st.sampled_from(["black", "grey"]))
def test_a_card_anywhere_on_the_glass_is_cropped_and_set_level(angle, x, y, kind):
    corners = turned_corners((506, 319), (x, y), angle)
    pose = pose_of(laid(card(), bed(BEDS[kind]), corners))
    assert pose.sheet is not None
    assert pose.sheet.flat
    assert farthest(pose.sheet, corners) < 3
    assert pose.skew_deg == pytest.approx(angle, abs=0.5)


@SLOW
@given(st.lists(st.floats(-60, 60), min_size=8, max_size=8), st.sampled_from(sorted(BEDS)), st.floats(0.6, 1))
def test_the_corners_of_a_photographed_page_are_found_under_uneven_light(shifts, kind, dim):
    corners = turned_corners((900, 1273), (620, 877), 2) + np.reshape(shifts, (4, 2))
    photo = laid(rgb(letter()), bed(BEDS[kind]), corners)
    photo = (photo * np.linspace(1, dim, GLASS[0])[None, :, None]).astype(np.uint8)
    found = sheet_of(photo)
    assert found is not None
    assert farthest(found, corners) < 6


def test_a_photographed_page_comes_out_square_and_whole():
    page = letter()
    seal(page, (900, 1500))
    corners = np.array([[200, 150], [1080, 240], [1010, 1560], [130, 1480]], float)
    photo = laid(rgb(page), bed(BEDS["wood"]), corners)
    pose = pose_of(photo)
    assert pose.sheet is not None
    assert not pose.sheet.flat
    level = straightened(Raster(pixels=photo, dpi=None), pose).pixels
    again = cv2.resize(rgb(page), level.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(level.astype(int) - again)[8:-8, 8:-8].mean() < 12
    assert abs(pose_of(level).skew_deg) < 0.15


@pytest.mark.parametrize("angle", [-9, -1.5, 3, 12])
def test_black_wedges_around_a_page_copied_askew_become_paper(angle):
    corners = turned_corners(GLASS, (640, 890), angle)
    copied = laid(rgb(letter()), bed(BEDS["black"]), corners)
    pose = pose_of(copied)
    assert pose.skew_deg == pytest.approx(angle, abs=0.06)
    level = straightened(Raster(pixels=copied, dpi=150.0), pose).pixels
    rim = np.concatenate((level[3], level[-4], level[:, 3], level[:, -4]))
    assert np.percentile(rim, 3) > 150


def test_straight_bars_are_cropped_by_moving_pixels():
    page = rgb(letter())
    page[:30], page[:, -22:] = 15, 20
    pose = pose_of(page)
    assert pose.sheet is not None
    level = straightened(Raster(pixels=page, dpi=150.0), pose).pixels
    assert level.shape[0] == pytest.approx(1754 - 30, abs=4)
    assert level.shape[1] == pytest.approx(1240 - 22, abs=4)
    (top, bottom), (left, right) = ((each.start, each.stop) for each in pose.sheet.slices(page.shape))
    assert np.array_equal(level, page[top:bottom, left:right])


def two_cards(page: np.ndarray) -> np.ndarray:
    page = laid(card(), bed(BEDS["black"]), turned_corners((506, 319), (600, 500), 3))
    return laid(card(), page, turned_corners((506, 319), (600, 1200), -2))


def shaded_towards_the_spine(page: np.ndarray) -> np.ndarray:
    page[:, :200] = (page[:, :200] * np.linspace(0.2, 1, 200)[None, :, None]).astype(np.uint8)
    return page


def vignette(page: np.ndarray) -> np.ndarray:
    return (page * np.linspace(1, 0.45, page.shape[1])[None, :, None]).astype(np.uint8)


def letterhead(page: np.ndarray) -> np.ndarray:
    page[:150] = (40, 60, 120)
    cv2.putText(page, "UBND XA MAU", (150, 110), 0, 3, (255, 255, 255), 8)
    return page


def full_bleed_picture(page: np.ndarray) -> np.ndarray:
    page[1000:, :800] = np.random.default_rng(1).integers(0, 255, (754, 800, 1))
    return page


def frame_of_a_form(page: np.ndarray) -> np.ndarray:
    cv2.rectangle(page, (40, 40), (1200, 1714), (10, 10, 10), 12)
    return page


def seal_over_the_edge(page: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(page)
    seal(picture, (1240, 700))
    return np.array(picture)


DOUBTFUL = (
    lambda page: page,
    lambda page: 255 - page,
    two_cards,
    shaded_towards_the_spine,
    vignette,
    letterhead,
    full_bleed_picture,
    frame_of_a_form,
    seal_over_the_edge,
)


@pytest.mark.parametrize("change", DOUBTFUL)
def test_in_doubt_the_whole_picture_is_the_page(change):
    assert sheet_of(change(rgb(letter()))) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 64)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_pictures_of_nothing_have_no_sheet(size, value):
    assert sheet_of(np.full(size, value, np.uint8)) is None
    assert sheet_of(np.full((*size, 3), value, np.uint8)) is None


def test_ink_that_crosses_the_edge_of_the_sheet_does_not_dent_it():
    page = letter()
    seal(page, (1235, 800))
    corners = turned_corners((900, 1273), (620, 877), 4)
    found = sheet_of(laid(rgb(page), bed(BEDS["black"]), corners))
    assert found is not None
    assert farthest(found, corners) < 4


@given(st.floats(-44, 44), st.floats(50, 900), st.floats(50, 900))
def test_a_quad_knows_its_angle_and_size(angle, wide, tall):
    corners = turned_corners((wide, tall), (700, 700), angle)
    quad = Quad(corners=tuple((float(x), float(y)) for x, y in corners), flat=True)
    assert quad.angle_deg == pytest.approx(angle, abs=1e-6)
    assert quad.size == pytest.approx((wide, tall))


def test_what_lies_outside_a_quad_is_painted_and_what_lies_inside_is_not():
    picture = np.zeros((100, 80, 3), np.uint8)
    painted(picture, np.array([[10.0, 10], [70, 10], [70, 90], [10, 90]]), WHITE)
    assert (picture[12:88, 12:68] == 0).all()
    assert (picture[:9] == 255).all()
    assert (picture[:, 72:] == 255).all()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turn_skew_and_crop_are_one_interpolation(turn, monkeypatch):
    warps = []
    for name in ("warpAffine", "warpPerspective", "remap"):
        real = getattr(cv2, name)
        monkeypatch.setattr(cv2, name, lambda *a, real=real, **k: (warps.append(a[0].shape), real(*a, **k))[1])
    picture = laid(rgb(letter()), bed(BEDS["black"]), turned_corners((900, 1273), (620, 877), 4))
    grey = np.ascontiguousarray(np.rot90(picture[..., 1], turn // 90))
    sheet_ = sheet_of(grey)
    assert sheet_ is not None
    warps.clear()
    straightened(Raster(pixels=grey, dpi=150.0), Pose(turn_deg=turn, skew_deg=4.3, sure=True, sheet=sheet_))
    assert len(warps) == 1


def test_the_sheet_is_the_same_whichever_size_the_picture_is_measured_at():
    picture = laid(rgb(letter()), bed(BEDS["grey"]), turned_corners((900, 1273), (620, 877), 3))
    large = cv2.resize(picture, (2480, 3508), interpolation=cv2.INTER_CUBIC)
    small = sheet_of(reduced(large))
    whole = pose_of(large).sheet
    assert small is not None
    assert whole is not None
    assert farthest(whole, turned_corners((1800, 2546), (1240, 1754.5), 3)) < 5


def test_an_empty_sheet_on_the_glass_is_set_level_by_its_edges():
    pose = pose_of(laid(rgb(sheet((600, 800))), bed(BEDS["black"]), turned_corners((600, 800), (600, 800), 6)))
    assert pose.turn_deg == 0
    assert pose.skew_deg == pytest.approx(6, abs=0.2)

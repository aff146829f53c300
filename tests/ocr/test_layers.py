"""A page in layers: print is sharp ink, whatever has colour or shades stays a picture, nothing thin is lost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ocr import Raster
from ocr.layers import Layers, layers_of
from ocr.matter import Sheet, boxes_of, leave_only_black, odd_places
from tests.ocr import made_pages as made

DPI = 300.0
HALF = (1240, 1754)
"""A sheet of A6 at 300 dpi: a quarter of the pixels of A4."""


def scanned(page: Image.Image, blur: float = 1.0, grain: float = 3.0) -> np.ndarray:
    """As a scanner sees it: soft edges, grain that is the same in all channels."""
    soft = cv2.GaussianBlur(np.array(page), (0, 0), blur).astype(np.float32)
    noise = np.random.default_rng(7).normal(0, grain, soft.shape[:2]).astype(np.float32)
    return np.clip(soft + (noise if soft.ndim == 2 else noise[..., None]) + 0.5, 0, 255).astype(np.uint8)


def print_page(
    ink: tuple[int, int, int] = (0, 0, 0), paper: tuple[int, int, int] = made.WHITE, size: int = 38
) -> Image.Image:
    """Sixteen lines of 9 points."""
    page = made.sheet(HALF, paper)
    for row in range(16):
        ImageDraw.Draw(page).text((60, 60 + row * 62), made.BODY[row % 8], font=made.font(size), fill=ink)
    return page


def portrait(page: Image.Image, left: int, top: int) -> tuple[int, int, int, int]:
    """A photo of 3 x 4 cm, dark hair on a background that changes; its left, top, right, bottom."""
    across = np.linspace(0, 1, 354)[None, :, None]
    down = np.linspace(0, 1, 472)[:, None, None]
    ground = (90 + 60 * across + 40 * down) * np.array([0.7, 1.0, 1.1])
    photo = Image.fromarray(ground.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(photo)
    pen.ellipse((80, 50, 274, 300), fill=(28, 20, 18))
    pen.ellipse((105, 100, 249, 330), fill=(222, 180, 150))
    pen.polygon([(20, 472), (100, 350), (254, 350), (334, 472)], fill=(30, 32, 45))
    page.paste(Image.fromarray(cv2.GaussianBlur(np.array(photo), (0, 0), 3)), (left, top))
    return left, top, left + 354, top + 472


def layered(pixels: np.ndarray, dpi: float = DPI) -> Layers:
    layers = layers_of(Raster(pixels=pixels, dpi=dpi))
    assert layers is not None
    return layers


def sheet_of(pixels: np.ndarray, dpi: float = DPI) -> Sheet:
    """The sheet after what is not print has been wiped out of its ink."""
    sheet = Sheet.of(pixels, dpi)
    odd = odd_places(sheet)
    for box in boxes_of(sheet, odd):
        leave_only_black(sheet, odd, box)
    return sheet


def opened(jpeg: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def covers(layers: Layers, left: int, top: int, right: int, bottom: int) -> bool:
    return any(
        p.box.left <= left and p.box.top <= top and p.box.right >= right and p.box.bottom >= bottom
        for p in layers.patches
    )


def components(mask: np.ndarray) -> int:
    return cv2.connectedComponents(mask.astype(np.uint8))[0] - 1


def test_a_page_of_print_is_one_black_stencil_on_empty_paper():
    layers = layered(scanned(print_page()))
    assert layers.patches == ()
    (stencil,) = layers.stencils
    assert max(stencil.rgb) < 45
    assert (stencil.width, stencil.height) == HALF
    assert opened(layers.paper.jpeg).min() > 235, "no ghost of the letters is left on the paper"


def test_a_grey_page_stays_grey():
    layers = layered(scanned(print_page().convert("L")))
    assert layers.paper.grey
    assert len(layers.stencils) == 1


@pytest.mark.parametrize(
    ("ink", "paper", "blur", "grain"),
    [
        ((0, 0, 0), made.WHITE, 1.0, 3.0),
        ((0, 0, 0), (205, 200, 190), 1.2, 4.0),
        ((90, 90, 90), made.WHITE, 1.2, 4.0),
        ((150, 150, 150), (238, 236, 230), 1.2, 4.0),
    ],
)
def test_no_mark_above_or_below_a_letter_is_lost_or_made_up(ink, paper, blur, grain):
    """Letters, dots and tone marks are counted in the page as drawn, before it was scanned."""
    drawn = np.array(print_page(ink, paper).convert("L"))
    truth = drawn < (int(drawn.min()) + int(drawn.max())) // 2
    sheet = sheet_of(scanned(print_page(ink, paper), blur, grain))
    lost = truth & (cv2.dilate(sheet.ink, np.ones((5, 5), np.uint8)) == 0)
    made_up = (sheet.ink > 0) & (cv2.dilate(truth.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0)
    assert lost.sum() < 0.0005 * truth.sum()
    assert made_up.sum() < 0.001 * truth.sum()
    assert components(sheet.ink) == pytest.approx(components(truth), rel=0.04)


def test_print_is_as_dark_as_it_was():
    for level in (0, 60, 120):
        (stencil,) = layered(scanned(print_page((level,) * 3))).stencils
        assert stencil.rgb == pytest.approx((level,) * 3, abs=40)


def test_black_and_grey_print_are_two_inks():
    page = print_page()
    pen = ImageDraw.Draw(page)
    for row in range(6):
        pen.text((60, 1200 + row * 70), made.BODY[row], font=made.font(40), fill=(140, 140, 140))
    shades = sorted(stencil.rgb[0] for stencil in layered(scanned(page)).stencils)
    assert shades[0] < 45
    assert 110 < shades[-1] < 165


def test_a_seal_keeps_its_colour_at_the_resolution_the_law_asks():
    page = print_page()
    made.seal(page, (900, 1400), 200)
    layers = layered(scanned(page))
    assert covers(layers, 700, 1200, 1100, 1600)
    (patch,) = layers.patches
    assert patch.width / patch.box.width * DPI >= 199
    red, green, blue = np.median(opened(patch.jpeg)[opened(patch.jpeg)[..., 1] < 90], axis=0)
    assert (red, green, blue) == pytest.approx((205, 30, 45), abs=25)


def test_black_print_and_pen_over_a_seal_stay_sharp_and_the_seal_is_no_ink():
    page = made.sheet(HALF)
    made.seal(page, (600, 800), 200)
    seal_only = np.array(page).min(axis=2) < 128
    ImageDraw.Draw(page).text((380, 700), "CHỦ TỊCH ỦY BAN", font=made.font(54, "Bold"), fill="black")
    made.signature(page, (500, 880), (20, 20, 25))
    black = np.array(page).max(axis=2) < 100
    sheet = sheet_of(scanned(page))
    assert (sheet.ink[black] > 0).mean() > 0.93
    around = cv2.dilate(black.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert (sheet.ink[seal_only & ~around] > 0).mean() < 0.01


@pytest.mark.parametrize("ink", [(30, 40, 150), (20, 25, 100), (10, 90, 60), (150, 160, 235)])
def test_a_pen_in_colour_is_not_turned_into_black(ink):
    page = print_page()
    made.signature(page, (500, 1500), ink)
    stroke = np.array(page).astype(int)
    stroke = (np.ptp(stroke, axis=2) > 40) & (np.arange(HALF[1]) > 1400)[:, None]
    rows, columns = np.nonzero(stroke)
    pixels = scanned(page)
    assert covers(layered(pixels), columns.min(), rows.min(), columns.max(), rows.max())
    assert (sheet_of(pixels).ink[stroke] > 0).mean() < 0.02


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_photo_is_a_picture_to_its_edge_with_no_ink_in_its_hair(mode):
    page = print_page()
    left, top, right, bottom = portrait(page, 800, 1120)
    pixels = scanned(page.convert(mode))
    assert covers(layered(pixels), left + 3, top + 3, right - 3, bottom - 3)
    inside = sheet_of(pixels).ink[top + 6 : bottom - 6, left + 6 : right - 6]
    assert (inside > 0).mean() < 0.01


def test_light_print_on_a_dark_field_is_kept_as_it_is():
    page = print_page()
    pen = ImageDraw.Draw(page)
    pen.rectangle((60, 1300, 1180, 1440), fill=(20, 30, 60))
    pen.text((90, 1340), "CHỮ TRẮNG TRÊN NỀN ĐẬM", font=made.font(54, "Bold"), fill="white")
    assert covers(layered(scanned(page)), 62, 1302, 1178, 1438)


def test_a_shadow_on_the_paper_is_paper():
    shade = np.linspace(1, 0.62, HALF[0])[None, :, None]
    pixels = (scanned(print_page()) * shade).astype(np.uint8)
    layers = layered(pixels)
    assert layers.patches == ()
    paper = opened(layers.paper.jpeg)
    assert paper[:, -20:].mean() < 0.7 * paper[:, :20].mean()


def test_grain_alone_makes_no_specks():
    for grain in (2.0, 5.0, 9.0):
        layers = layered(scanned(made.sheet(HALF, (246, 244, 240)), grain=grain))
        assert layers.stencils == ()
        assert layers.patches == ()


def test_a_coarse_scan_gets_a_stencil_twice_as_fine():
    small = scanned(print_page(), 1.0, 0).astype(np.uint8)
    small = cv2.resize(small, None, fx=2 / 3, fy=2 / 3, interpolation=cv2.INTER_AREA)
    (stencil,) = layered(small, 200.0).stencils
    assert (stencil.width, stencil.height) == (small.shape[1] * 2, small.shape[0] * 2)


def test_a_page_of_600_dpi_is_taken_apart_at_300_and_keeps_its_fine_stencil():
    page = cv2.resize(scanned(print_page()), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    layers = layered(page, 600.0)
    assert (layers.width, layers.height, layers.dpi) == (*HALF, 300.0)
    (stencil,) = layers.stencils
    assert (stencil.width, stencil.height) == (page.shape[1], page.shape[0])


def test_pages_that_would_lose_have_no_layers():
    blobs = np.random.default_rng(5).integers(0, 255, (24, 17, 3)).astype(np.uint8)
    photo = cv2.resize(blobs, HALF, interpolation=cv2.INTER_CUBIC)
    page = scanned(print_page())
    two_tones = np.where(page[..., 0] < 128, 0, 255).astype(np.uint8)
    assert layers_of(Raster(pixels=photo, dpi=DPI)) is None
    assert layers_of(Raster(pixels=page, dpi=96.0)) is None
    assert layers_of(Raster(pixels=two_tones, dpi=DPI, bilevel=True)) is None
    assert layers_of(Raster(pixels=page[:100], dpi=DPI)) is None


def test_the_same_page_gives_the_same_layers_and_is_left_alone():
    page = print_page()
    made.seal(page, (900, 1400), 200)
    pixels = scanned(page)
    before = pixels.copy()
    assert layered(pixels) == layered(pixels)
    assert np.array_equal(pixels, before)
    grey = np.ascontiguousarray(pixels[..., 1])
    before = grey.copy()
    layered(grey)
    assert np.array_equal(grey, before)


@settings(max_examples=25, deadline=None)
@given(st.integers(75, 400), st.integers(75, 400), st.sampled_from([150.0, 227.0, 300.0, 600.0]), st.booleans())
def test_scraps_of_any_size_and_content_are_borne(width, height, dpi, colour):
    shape = (height, width, 3) if colour else (height, width)
    pixels = np.random.default_rng(width * height).integers(0, 256, shape).astype(np.uint8)
    for content in (pixels, np.zeros_like(pixels), np.full_like(pixels, 255)):
        layers = layers_of(Raster(pixels=content, dpi=dpi))
        assert layers is None or (layers.width, layers.height) in ((width, height), (width // 2, height // 2))

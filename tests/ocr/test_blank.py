"""A blank page is one on which nobody put anything. Losing half a seal is worse than keeping a dirty sheet."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ocr import Raster
from ocr.blank import is_blank, sharpness_of
from tests.ocr.made_backs import LEFT_BY_PEOPLE, back
from tests.ocr.made_pages import A4_150, font, letter, rgb, seal, sheet, signature

RANDOM = 20261123
_W, _H = A4_150


def blank(page: Image.Image, dpi: float | None = 150.0) -> bool:
    return is_blank(Raster(pixels=rgb(page), dpi=dpi))


def text(page: Image.Image, words: str, at: tuple[int, int], size: int = 25, ink: str = "black") -> None:
    ImageDraw.Draw(page).text(at, words, font=font(size), fill=ink)


def half_seal(page: Image.Image) -> None:
    """A seal set across the edges of several sheets: this one bears its left third, faintly."""
    seal(page, (_W + 40, 700), ink=(225, 120, 130))


def broken_seal(page: Image.Image) -> None:
    """A seal that came through dry: only grains of it."""
    seal(page, (500, 600))
    pixels = np.array(page)
    pixels[np.random.default_rng(RANDOM).random(pixels.shape[:2]) < 0.55] = 255
    page.paste(Image.fromarray(pixels))


@pytest.mark.parametrize(
    "draw",
    [
        lambda page: seal(page, (600, 800)),
        half_seal,
        broken_seal,
        lambda page: signature(page, (700, 1200)),
        lambda page: signature(page, (700, 1200), ink=(110, 110, 118)),
        lambda page: text(page, "2", (612, 80)),
        lambda page: text(page, "- 14 -", (590, 1640), size=20),
        lambda page: text(page, "7", (1130, 1640), size=17),
        lambda page: text(page, "Đã thu", (300, 300), ink="#5070c0"),
        lambda page: page.paste((60, 60, 70), (400, 500, 636, 854)),
    ],
    ids=["seal", "half a seal", "dry seal", "signature", "pencil", "page number at the top", "page number at the foot",
         "small page number in the corner", "a word in blue", "a photo"],
)  # fmt: skip
@pytest.mark.parametrize("mirror", [False, True])
def test_a_back_with_anything_on_it_is_not_blank(draw, mirror):
    page = sheet()
    draw(page)
    assert not blank(page.rotate(180) if mirror else page)


def bleed_through(page: Image.Image) -> None:
    """The print of the other side, mirrored, soft and pale."""
    other = letter().transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(2))
    page.paste(Image.blend(sheet(), other, 0.22))


def seal_showing_through(page: Image.Image) -> None:
    seal(page, (500, 700), ink=(255, 228, 230))


def specks(page: Image.Image) -> None:
    """Toner dust, 2,500 grains up to a third of a millimetre, and 60 larger ones up to a whole one."""
    random = np.random.default_rng(RANDOM)
    dust, dirt = random.integers(0, (_W, _H, 2), (2500, 3)), random.integers(0, (_W, _H, 6), (60, 3))
    for x, y, side in np.concatenate((dust, dirt)).tolist():
        ImageDraw.Draw(page).ellipse((x, y, x + side, y + side), fill=(40, 40, 40))


def scanner_edges(page: Image.Image) -> None:
    """Black bars where the sheet ends, and a wedge where it lay askew."""
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, 14, _H), fill="black")
    pen.rectangle((0, _H - 12, _W, _H), fill=(20, 20, 20))
    pen.polygon([(_W, 0), (_W - 60, 0), (_W, 1500)], fill=(15, 15, 15))


def punch_holes(page: Image.Image) -> None:
    pen = ImageDraw.Draw(page)
    for y in (640, 1110):
        pen.ellipse((55, y, 90, y + 35), fill=(30, 30, 30))
        pen.ellipse((_W - 100, y, _W - 65, y + 35), outline=(60, 60, 60), width=3)


def feeder_streak(page: Image.Image) -> None:
    ImageDraw.Draw(page).line((700, 0, 700, _H), fill=(90, 90, 90), width=2)


def shade(page: Image.Image) -> None:
    """Tinted paper that grows darker towards the spine."""
    ramp = np.linspace(1.0, 0.72, _W)[None, :, None]
    page.paste(Image.fromarray((np.full((_H, _W, 3), (250, 236, 205)) * ramp).astype(np.uint8)))


def fold(page: Image.Image) -> None:
    ImageDraw.Draw(page).line((0, 880, _W, 884), fill=(205, 205, 205), width=4)


BLANK = {
    "nothing": lambda page: None,
    "bleed-through": bleed_through,
    "seal showing through": seal_showing_through,
    "specks": specks,
    "scanner edges": scanner_edges,
    "punch holes": punch_holes,
    "feeder streak": feeder_streak,
    "shade": shade,
    "fold": fold,
}


@pytest.mark.parametrize("draw", BLANK.values(), ids=BLANK)
def test_what_nobody_put_there_leaves_a_page_blank(draw):
    page = sheet()
    draw(page)
    assert blank(page)


def test_all_the_dirt_together_is_blank_and_with_one_signature_it_is_not():
    page = sheet()
    for draw in (specks, scanner_edges, punch_holes, feeder_streak):
        draw(page)
    assert blank(page)
    signature(page, (500, 1300))
    assert not blank(page)


def test_jpeg_noise_and_scanner_grain_are_blank():
    grain = np.random.default_rng(RANDOM).normal(238, 6, (_H, _W, 3)).clip(0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(grain).save(out, "JPEG", quality=30)
    assert blank(Image.open(out))


@pytest.mark.parametrize("dpi", [150.0, None])
def test_blankness_does_not_hang_on_a_stated_resolution(dpi):
    page = sheet()
    assert blank(page, dpi)
    text(page, "2", (612, 80))
    assert not blank(page, dpi)


def test_a_grey_back_with_a_page_number_is_not_blank():
    page = sheet()
    text(page, "2", (612, 80))
    pixels = np.array(page.convert("L"))
    assert not is_blank(Raster(pixels=pixels, dpi=150.0))
    assert is_blank(Raster(pixels=np.full_like(pixels, 250), dpi=150.0))


def test_of_two_hundred_backs_that_bear_something_none_is_called_blank():
    lost = [
        (seed, mark.__name__)
        for seed, mark in enumerate(LEFT_BY_PEOPLE * 30)
        if is_blank(Raster(pixels=back(seed, mark), dpi=150.0))
    ]
    assert lost == []


def test_of_a_hundred_backs_that_bear_nothing_nearly_all_are_called_blank():
    seeds = range(100_000, 100_100)
    kept = [seed for seed in seeds if not is_blank(Raster(pixels=back(seed, None), dpi=150.0))]
    assert len(kept) <= 5


@pytest.mark.parametrize("size", [(1654, 2339), (2480, 3508), (4960, 7016)])
def test_a_signature_is_seen_at_every_resolution(size):
    page = sheet()
    signature(page, (700, 1200), ink=(110, 110, 118))
    assert not blank(page.resize(size), size[0] / A4_150[0] * 150.0)
    assert blank(sheet(size), size[0] / A4_150[0] * 150.0)


def test_a_sharp_page_scores_above_a_blurred_one_and_blur_scores_in_order():
    page = letter(size=(2480, 3508)).convert("L")
    scores = [
        sharpness_of(Raster(pixels=np.array(page.filter(ImageFilter.GaussianBlur(blur))), dpi=300.0))
        for blur in (0, 1.5, 3, 6)
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.9
    assert scores[2] < 0.5
    assert scores[3] < 0.25


def test_a_page_without_ink_is_not_called_blurred():
    assert sharpness_of(Raster(pixels=np.full((300, 200), 240, np.uint8), dpi=None)) == 1.0

"""Bytes to pixels: separators, samples, orientation, resolution; and any bytes at all."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from ocr import Raster
from ocr.decode import encode, examine, frame, glimpse
from ocr.errors import SourceError
from tests.ocr.made_files import FILES, LIMITS, SMALL, code_of, reader, small_page
from tests.ocr.made_pages import grey, letter, pdf_of, saved, sheet, words

# --- separator sheets ------------------------------------------------------------------------------------


def separator(text: str) -> Image.Image:
    page = sheet((1240, 1754))
    page.paste(code_of(text, scale=8), (400, 300))
    return page


@pytest.mark.parametrize(
    ("text", "named"), [("MOTCUA-SEP", ""), ("MOTCUA-SEP:HS-2026-0007", "HS-2026-0007"), ("MOTCUA", None)]
)
def test_a_separator_sheet_is_seen_in_pictures_and_pdfs(text, named):
    page = separator(text)
    pdf = pdf_of(lambda canvas: canvas.drawImage(reader(page), 0, 0, 595, 842), words)
    assert examine(saved(page, "JPEG"), LIMITS).frames[0].separator == named
    assert examine(saved(page.resize((2480, 3508)), "PNG"), LIMITS).frames[0].separator == named
    assert [each.separator for each in examine(pdf, LIMITS).frames] == [named, None]


def test_no_separator_is_sought_on_a_page_that_is_slow_to_draw(monkeypatch):
    pdf = pdf_of(lambda canvas: canvas.drawImage(reader(separator("MOTCUA-SEP")), 0, 0, 595, 842))
    monkeypatch.setattr("ocr.pdf._LOOK_MAX_PIXELS", 1000)
    assert examine(pdf, LIMITS).frames[0].separator is None


# --- samples, orientation, resolution ----------------------------------------------------------------------


@pytest.mark.parametrize("tag", range(1, 9))
def test_the_exif_orientation_of_a_camera_is_applied(tag):
    page = sheet((60, 90))
    page.paste((255, 0, 0), (0, 0, 30, 45))
    turns = {
        1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, 1), 7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }  # fmt: skip
    stored = Image.fromarray(np.ascontiguousarray(turns[tag](np.array(page))))
    exif = Image.Exif()
    exif[0x0112] = tag
    for kind in ("PNG", "TIFF"):
        assert np.array_equal(frame(saved(stored, kind, exif=exif), 0, LIMITS).pixels, np.array(page)), kind


def test_transparency_lies_on_white():
    page = Image.new("RGBA", (20, 20), (200, 0, 0, 0))
    page.paste((0, 0, 255, 255), (0, 0, 10, 20))
    pixels = frame(saved(page, "PNG"), 0, LIMITS).pixels
    assert pixels[5, 5].tolist() == [0, 0, 255]
    assert pixels[5, 15].tolist() == [255, 255, 255]
    half = frame(saved(Image.new("LA", (8, 8), (0, 128)), "PNG"), 0, LIMITS).pixels
    assert half.ndim == 2
    assert half[0, 0] == 127
    marked = saved(Image.new("L", (8, 8), 7), "PNG", transparency=7)
    assert frame(marked, 0, LIMITS).pixels.min() == 255


@pytest.mark.parametrize("mode", ["P", "CMYK", "YCbCr", "LAB"])
def test_other_colour_models_become_rgb(mode):
    page = sheet((20, 20), (200, 30, 40)).convert("RGB")
    stored = page.convert(mode) if mode != "LAB" else Image.new("LAB", (20, 20), (110, 180, 160))
    pixels = frame(saved(stored, "TIFF"), 0, LIMITS).pixels
    assert pixels.shape == (20, 20, 3)
    red, green, blue = pixels[10, 10].tolist()
    assert red > 150 > 100 > max(green, blue)


def test_sixteen_bits_become_eight():
    samples = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    for kind in ("PNG", "TIFF"):
        pixels = frame(saved(Image.fromarray(samples), kind), 0, LIMITS).pixels
        assert pixels.min() == 0
        assert pixels.max() == 255
        assert abs(int(pixels[8, 0]) - 128) <= 1


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_deeper_samples_are_stretched_to_their_own_range(dtype):
    samples = np.linspace(0, 100_000, 256).astype(dtype).reshape(16, 16)
    pixels = frame(saved(Image.fromarray(samples), "TIFF"), 0, LIMITS).pixels
    assert (pixels.min(), pixels.max()) == (0, 255)
    flat = frame(saved(Image.fromarray(np.full((4, 4), 200, dtype)), "TIFF"), 0, LIMITS).pixels
    assert flat.max() == 200


@pytest.mark.parametrize(
    ("size", "stated", "dpi"),
    [
        ((2480, 3508), (300, 300), 300),
        ((2480, 3508), (72, 72), 300),
        ((1654, 2339), (96, 96), 200),
        ((1654, 2339), None, 200),
        ((2100, 2970), None, 254),
        ((7016, 9921), None, 600),
        ((620, 877), None, 106),
        ((400, 600), (96, 96), 96),
        ((3000, 2000), (72, 72), None),
        ((300, 424), None, None),
        ((1654, 2339), (200, 100), 200),
        ((1654, 2339), (3, 3), 200),
    ],
)
def test_the_resolution_is_believed_or_concluded_from_the_paper(size, stated, dpi):
    options = {} if stated is None else {"dpi": stated}
    found = frame(saved(Image.new("L", size, 255), "PNG", **options), 0, LIMITS).dpi
    assert found == (None if dpi is None else pytest.approx(dpi, abs=0.6))


def test_grey_stored_as_colour_comes_as_grey_and_two_levels_as_bilevel():
    raster = frame(saved(letter(size=SMALL).convert("1").convert("RGB"), "PNG"), 0, LIMITS)
    assert raster.pixels.ndim == 2
    assert raster.bilevel
    assert not frame(saved(small_page("L"), "PNG"), 0, LIMITS).bilevel
    assert not frame(saved(sheet((9, 9), (255, 0, 0)), "PNG"), 0, LIMITS).bilevel


# --- JPEG, past Pillow -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_has_the_samples_that_pillow_gives_it(mode, progressive):
    page = small_page()
    page.paste((190, 20, 40), (40, 60, 140, 160))
    data = saved(page.convert(mode), "JPEG", progressive=progressive, quality=80)
    found = frame(data, 0, LIMITS).pixels
    wanted = np.array(Image.open(io.BytesIO(data)).convert("L" if mode == "L" else "RGB"))
    assert found.shape == wanted.shape
    assert np.abs(found.astype(int) - wanted).max() <= 2


@pytest.mark.parametrize("tag", range(1, 9))
def test_a_camera_s_jpeg_is_turned_as_its_exif_says_whole_and_in_glimpse(tag):
    page = letter(size=(1700, 2400))
    page.paste((255, 0, 0), (0, 0, 400, 800))
    exif = Image.Exif()
    exif[0x0112] = tag
    data = saved(page, "JPEG", exif=exif)
    wanted = np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert np.abs(frame(data, 0, LIMITS).pixels.astype(int) - wanted).max() <= 2
    assert glimpse(data, 0, LIMITS).pixels.shape == wanted.shape


def test_a_jpeg_that_lies_about_its_colours_is_left_to_pillow():
    data = saved(sheet(SMALL, (200, 30, 40)), "JPEG")
    rgb = data[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00" + data[2:]
    wanted = np.array(Image.open(io.BytesIO(rgb)).convert("RGB"))
    assert np.abs(frame(rgb, 0, LIMITS).pixels.astype(int) - wanted).max() <= 2


@pytest.mark.parametrize(
    ("size", "dpi", "steps"), [((2480, 3508), 300, 2), ((1654, 2339), 200, 1), ((7016, 9921), 600, 4)]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_glimpse_is_the_page_at_about_150_dpi(size, dpi, steps, kind):
    page = letter().resize(size)
    small = glimpse(saved(page.convert("L"), kind, dpi=(dpi, dpi)), 0, LIMITS)
    assert small.dpi == dpi / steps
    assert small.pixels.shape == (size[1] // steps + (size[1] % steps > 0 and kind == "JPEG"), size[0] // steps)
    box = grey(page.reduce(steps))[: small.pixels.shape[0], : small.pixels.shape[1]]
    assert np.abs(small.pixels[: len(box)].astype(int) - box).mean() < 3


def test_a_glimpse_of_a_pdf_page_is_its_half():
    assert max(glimpse(pdf_of(words), 0, LIMITS).pixels.shape) == 1754


# --- keeping the upright page --------------------------------------------------------------------------


def test_a_stored_page_has_its_resolution_and_the_same_bytes_every_time():
    raster = Raster(pixels=np.array(letter()), dpi=150.0)
    data, suffix = encode(raster)
    assert suffix == ".jpg"
    assert data == encode(raster)[0]
    again = frame(data, 0, LIMITS)
    assert again.dpi == 150
    assert np.abs(again.pixels.astype(int).mean() - raster.pixels.mean()) < 1


def test_a_black_and_white_page_is_stored_as_one_bit_without_loss():
    pixels = grey(letter().convert("1"))
    data, suffix = encode(Raster(pixels=pixels, dpi=None, bilevel=True))
    assert suffix == ".png"
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "1"
    assert np.array_equal(frame(data, 0, LIMITS).pixels, pixels)


# --- any bytes -----------------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_changed_bytes_give_pages_or_a_named_error_and_nothing_else(kind, data):
    blob = bytearray(CACHED[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(4, len(blob) - 1))
        blob[at] = data.draw(st.integers(0, 255))
    blob = blob[: data.draw(st.integers(len(blob) // 2, len(blob)))]
    with suppress(SourceError):
        facts = examine(bytes(blob), LIMITS)
        for index, page in enumerate(facts.frames):
            if page.fault is None:
                frame(bytes(blob), index, LIMITS)


CACHED = {kind: made() for kind, (made, _) in FILES.items()}

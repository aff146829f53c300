"""What a reader hands back of a page: the picture to keep, and a glance for whoever waits."""

from __future__ import annotations

import numpy as np
from PIL import Image

from intake import tasks
from ocr.limits import Limits
from tests.ocr.made_pages import letter, saved


def photograph() -> Image.Image:
    """A picture without paper or print, full of detail."""
    coarse = np.random.default_rng(5).integers(30, 220, (175, 124, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((1240, 1754), Image.Resampling.BICUBIC)


def test_the_scanners_own_jpeg_of_a_photograph_is_kept_byte_for_byte():
    file = saved(photograph(), "JPEG", quality=90, dpi=(150, 150))
    result = tasks.read_page(file, 0, Limits())
    assert (result.suffix, result.turn_deg, result.skew_deg) == (".jpg", 0, 0.0)
    assert result.image == file


def test_a_photograph_turned_by_its_tag_is_coded_anew():
    picture = photograph()
    exif = picture.getexif()
    exif[0x0112] = 6
    file = saved(picture, "JPEG", quality=90, dpi=(150, 150), exif=exif)
    result = tasks.read_page(file, 0, Limits())
    assert result.suffix == ".jpg"
    assert result.image != file
    assert (result.width, result.height) == (1754, 1240)


def test_a_page_of_print_is_kept_in_layers():
    result = tasks.read_page(saved(letter(), "JPEG", quality=90, dpi=(150, 150)), 0, Limits())
    assert result.suffix == ".pdf"
    assert len(result.image) < 60_000


def test_a_glance_reads_the_top_of_a_page_only():
    page = letter(30)
    glance = tasks.glance_page(saved(page, "JPEG", quality=90, dpi=(150, 150)), 0, Limits())
    whole = tasks.read_page(saved(page, "JPEG", quality=90, dpi=(150, 150)), 0, Limits())
    assert whole.text.text.startswith(glance.text.text[:200])
    assert len(glance.text.lines) < len(whole.text.lines)

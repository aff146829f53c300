"""Every kind of file is known by its bytes: taken, or refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ocr.decode import FrameFacts, Limits, examine, frame
from ocr.errors import EmptyFile, PictureTooLarge, TruncatedFile, UnknownFormat
from tests.ocr.made_files import FILES, LIMITS, SMALL, docx, multi_tiff, small_page, tiff_by_hand
from tests.ocr.made_pages import grey, saved, sheet

# --- what is taken -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FILES)
def test_every_format_of_the_counter_is_known_by_its_bytes(kind):
    made, suffix = FILES[kind]
    facts = examine(made(), LIMITS)
    assert (facts.kind, facts.suffix, len(facts.frames)) == (kind, suffix, 1)
    assert facts.frames[0].fault is None
    assert facts.frames[0].separator is None
    raster = frame(made(), 0, LIMITS)
    assert raster.pixels.shape[:2] == (facts.frames[0].height, facts.frames[0].width)
    assert raster.pixels.dtype == np.uint8
    assert raster.pixels.min() < 100 < 200 < raster.pixels.max()


@pytest.mark.parametrize("lossy", [True, False])
@pytest.mark.parametrize("alpha", [True, False])
def test_every_flavour_of_webp_tells_its_size_before_decoding(lossy, alpha):
    data = saved(small_page("RGBA" if alpha else "RGB"), "WEBP", lossless=not lossy, exact=True)
    assert examine(data, LIMITS).frames == (FrameFacts(width=SMALL[0], height=SMALL[1]),)
    with pytest.raises(PictureTooLarge):
        frame(data, 0, Limits(max_pixels=1000))


@pytest.mark.parametrize("options", [{"compression": "group4"}, {"compression": "tiff_deflate"}, {"big_tiff": True}])
def test_each_page_of_a_tiff_is_a_page(options):
    pages = [small_page("1"), small_page("1").rotate(180), sheet(SMALL).convert("1")]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], **options)
    assert len(examine(data, LIMITS).frames) == 3
    for index, page in enumerate(pages):
        raster = frame(data, index, LIMITS)
        assert raster.bilevel
        assert np.array_equal(raster.pixels, grey(page))


def test_a_big_endian_tiff_is_read():
    data = tiff_by_hand(">", [(8, 4, None)])
    assert examine(data, LIMITS).frames == (FrameFacts(width=8, height=4),)


def test_a_camera_jpeg_with_a_preview_behind_it_is_one_page():
    small = small_page()
    data = saved(small, "MPO", save_all=True, append_images=[small.resize((60, 80))])
    assert examine(data, LIMITS).frames == (FrameFacts(width=SMALL[0], height=SMALL[1]),)


def test_zeros_after_the_end_of_a_jpeg_do_not_matter():
    assert examine(saved(small_page(), "JPEG") + bytes(4096), LIMITS).kind == "jpeg"


def test_a_progressive_jpeg_is_read():
    assert examine(saved(small_page(), "JPEG", progressive=True), LIMITS).kind == "jpeg"


# --- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"Kinh gui Uy ban nhan dan xa\n" * 50,
        docx(),
        b"MZ" + bytes(500),
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"<html><body>%PDF-1.4</body></html>",
        saved(Image.new("P", (10, 10)), "GIF"),
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf" + bytes(100),
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(100),
        b"\x00",
        b"BM and other words",
    ],
    ids=["text", "docx", "exe", "svg", "html", "gif", "wav", "avif", "mp4", "one byte", "words"],
)
def test_what_is_no_page_is_unknown_whatever_its_name_says(data):
    with pytest.raises(UnknownFormat):
        examine(data, LIMITS)
    with pytest.raises(UnknownFormat):
        frame(data, 0, LIMITS)


def test_no_bytes_at_all_is_an_empty_file():
    with pytest.raises(EmptyFile):
        examine(b"", LIMITS)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_truncated(kind, share):
    data = FILES[kind][0]()
    with pytest.raises(TruncatedFile):
        examine(data[: int(len(data) * share)], LIMITS)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_jpeg_that_lacks_only_its_end_marker_is_truncated(cut):
    with pytest.raises(TruncatedFile):
        examine(saved(small_page(), "JPEG")[:-cut], LIMITS)


def test_a_jpeg_whose_tail_arrived_as_zeros_is_truncated():
    data = saved(small_page(), "JPEG")
    with pytest.raises(TruncatedFile):
        examine(data[: len(data) // 2] + bytes(len(data) // 2), LIMITS)


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\x00", b"\xff\xd8\xff\x01\xff\xda\x00"])
def test_a_jpeg_of_markers_without_a_picture_is_truncated(data):
    with pytest.raises(TruncatedFile):
        examine(data, LIMITS)


def test_a_png_that_lacks_only_its_last_chunk_is_truncated():
    with pytest.raises(TruncatedFile):
        examine(saved(small_page(), "PNG")[:-12], LIMITS)


def test_a_png_with_one_changed_byte_is_not_believed():
    data = bytearray(saved(small_page(), "PNG"))
    data[len(data) // 2] ^= 0x40
    with pytest.raises(TruncatedFile):
        examine(bytes(data), LIMITS)


def test_a_tiff_cut_in_its_last_page_is_truncated_though_the_first_would_decode():
    data = multi_tiff(compression="tiff_lzw")
    with pytest.raises(TruncatedFile):
        examine(data[:-200], LIMITS)

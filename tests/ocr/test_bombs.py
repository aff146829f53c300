"""What would cost too much is refused by its headers, before a pixel of it is decoded."""

from __future__ import annotations

import struct
import zlib

import pikepdf
import pytest

from ocr.decode import Limits, examine, frame
from ocr.errors import PictureTooLarge, TruncatedFile
from tests.ocr.made_files import (
    LIMITS,
    image_pdf,
    jpeg_bomb,
    multi_tiff,
    png_bomb,
    reader,
    small_page,
    tiff_by_hand,
    webp_bomb,
)
from tests.ocr.made_pages import pdf_of, picture_of, rewritten, saved, sheet, words


@pytest.mark.parametrize(
    "data",
    [
        png_bomb(60_000),
        tiff_by_hand("<", [(60_000, 60_000, None)]),
        jpeg_bomb(),
        webp_bomb(),
        saved(small_page(), "BMP")[:18] + struct.pack("<ii", 60_000, 60_000) + saved(small_page(), "BMP")[26:],
        pdf_of(words, size=(14_400, 14_400)),
        image_pdf(Width=60_000, Height=60_000),
    ],
    ids=["png", "tiff", "jpeg", "webp", "bmp", "pdf page", "pdf picture"],
)
def test_a_picture_of_absurd_size_is_refused_before_decoding(data):
    assert len(data) < 2_000_000
    with pytest.raises(PictureTooLarge):
        examine(data, LIMITS)


def test_a_jpeg_inside_a_pdf_is_measured_by_its_own_header():
    def swap(pdf: pikepdf.Pdf) -> None:
        picture = picture_of(pdf.pages[0])
        picture.write(jpeg_bomb(), filter=pikepdf.Name.DCTDecode)

    data = rewritten(pdf_of(lambda canvas: canvas.drawImage(reader(small_page()), 0, 0, 595, 842)), swap)
    with pytest.raises(PictureTooLarge):
        examine(data, LIMITS)


def test_a_jpeg_2000_inside_a_pdf_is_measured_by_its_own_header():
    bomb = saved(small_page(), "JPEG2000", no_jp2=True)
    at = bomb.index(b"\xff\x51")
    bomb = bomb[: at + 6] + struct.pack(">II", 70_000, 70_000) + bomb[at + 14 :]
    with pytest.raises(PictureTooLarge):
        examine(jpx_pdf(bomb), LIMITS)
    assert examine(jpx_pdf(saved(small_page(), "JPEG2000")), LIMITS).kind == "pdf"
    with pytest.raises(TruncatedFile):
        examine(jpx_pdf(b"\xff\x4f no size"), LIMITS)


def jpx_pdf(coded: bytes) -> bytes:
    def swap(pdf: pikepdf.Pdf) -> None:
        picture_of(pdf.pages[0]).write(coded, filter=pikepdf.Name.JPXDecode)

    return rewritten(pdf_of(lambda canvas: canvas.drawImage(reader(small_page()), 0, 0, 595, 842)), swap)


def test_a_file_of_too_many_bytes_is_refused_unread():
    with pytest.raises(PictureTooLarge):
        examine(saved(small_page(), "BMP"), Limits(max_bytes=1000))
    with pytest.raises(PictureTooLarge):
        frame(saved(small_page(), "BMP"), 0, Limits(max_bytes=1000))


@pytest.mark.parametrize("data", [multi_tiff(4), pdf_of(words, words, words, words)], ids=["tiff", "pdf"])
def test_a_file_of_too_many_pages_is_refused(data):
    with pytest.raises(PictureTooLarge):
        examine(data, Limits(max_frames=3))
    assert len(examine(data, Limits(max_frames=4)).frames) == 4


def test_an_endless_animation_is_refused():
    frames = [sheet((20, 20), (value, 0, 0)) for value in range(5)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert len(examine(data, LIMITS).frames) == 5
    with pytest.raises(PictureTooLarge):
        examine(data, Limits(max_frames=4))


def test_a_jpeg_of_thousands_of_scans_is_refused():
    data = saved(small_page("L"), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    with pytest.raises(PictureTooLarge):
        examine(data[:at] + data[at:-2] * 300 + data[-2:], LIMITS)


def test_a_stream_that_inflates_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("ocr.pdf_proof._MAX_OPERATORS", 1 << 20)
    data = rewritten(pdf_of(words), lambda pdf: pdf.pages[0].Contents.write(b"0 0 m\n" * 400_000))
    with pytest.raises(PictureTooLarge):
        examine(data, LIMITS)


# --- pictures that hide in a PDF -------------------------------------------------------------------------


def with_a_picture(change) -> bytes:
    """A PDF page with one JPEG, changed by ``change(pdf, picture)``."""
    made = pdf_of(lambda canvas: canvas.drawImage(reader(small_page()), 0, 0, 595, 842))
    return rewritten(
        made,
        lambda pdf: change(pdf, picture_of(pdf.pages[0])),
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        compress_streams=False,
    )


def test_the_mask_of_a_picture_is_measured():
    def mask(pdf: pikepdf.Pdf, picture: pikepdf.Stream) -> None:
        sides = {"Width": 60_000, "Height": 60_000, "BitsPerComponent": 8}
        grey = {"ColorSpace": pikepdf.Name.DeviceGray, "Subtype": pikepdf.Name.Image}
        picture.SMask = pdf.make_stream(zlib.compress(bytes(9)), Filter=pikepdf.Name.FlateDecode, **sides, **grey)

    with pytest.raises(PictureTooLarge):
        examine(with_a_picture(mask), LIMITS)


@pytest.mark.parametrize("sides", [b"/W 60000 /H 60000", b"/Width 60000\n/Height 60000"])
def test_a_picture_among_the_operators_is_measured(sides):
    def draw(pdf: pikepdf.Pdf, _picture: pikepdf.Stream) -> None:
        pdf.pages[0].Contents = pdf.make_stream(b"q BI " + sides + b" /CS /G /BPC 8 /F /Fl ID x EI Q")

    with pytest.raises(PictureTooLarge):
        examine(with_a_picture(draw), LIMITS)


def test_a_jpeg_inside_another_coding_is_measured_by_its_own_header():
    def wrap(_pdf: pikepdf.Pdf, picture: pikepdf.Stream) -> None:
        chain = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode])
        picture.write(zlib.compress(jpeg_bomb()), filter=chain)

    with pytest.raises(PictureTooLarge):
        examine(with_a_picture(wrap), LIMITS)


def test_a_stream_deflated_twice_is_measured_inside(monkeypatch):
    monkeypatch.setattr("ocr.pdf_proof._MAX_OPERATORS", 1 << 20)

    def twice(pdf: pikepdf.Pdf, _picture: pikepdf.Stream) -> None:
        chain = pikepdf.Array([pikepdf.Name.FlateDecode] * 2)
        pdf.pages[0].Contents = pdf.make_stream(zlib.compress(zlib.compress(b"0 0 m\n" * 400_000)), Filter=chain)

    with pytest.raises(PictureTooLarge):
        examine(with_a_picture(twice), LIMITS)


@pytest.mark.parametrize(("step", "refused"), [(0.001, True), (0, True), (5, False)])
def test_a_pattern_that_repeats_without_end_is_refused(step, refused):
    def tile(pdf: pikepdf.Pdf, _picture: pikepdf.Stream) -> None:
        entries = {"PatternType": 1, "PaintType": 1, "TilingType": 1, "BBox": [0, 0, 1, 1], "XStep": step}
        pattern = pdf.make_stream(b"0 0 1 1 re f", **entries, YStep=step, Resources=pikepdf.Dictionary())
        pdf.pages[0].Resources.Pattern = pikepdf.Dictionary(P=pattern)

    data = with_a_picture(tile)
    if refused:
        with pytest.raises(PictureTooLarge):
            examine(data, LIMITS)
    else:
        assert examine(data, LIMITS).frames[0].fault is None

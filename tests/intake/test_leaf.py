"""Layered pages in the dossier: small, valid PDF/A-1b, and to the eye the page as it was scanned."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from intake import layered, pdfa
from intake.layered import picture_file, pixels_of
from intake.leaf import add_leaf
from intake.textlayer import RESOURCE, font
from ocr import Raster, decode
from tests.intake import made_papers as papers
from tests.intake.test_pdfa import FACTS
from tests.ocr import made_pages as made
from tests.preflight import faults

A4 = (2480, 3508)
DPI = 300.0
SEAL = (1750, 2750)


@cache
def page(kind: str) -> np.ndarray:
    """An A4 page at 300 dpi as a scanner sees it: 'office', 'stamped' (seal and pen), 'grey', 'bilevel', 'photo'."""
    sheet = made.sheet(A4, (252, 252, 250))
    pen = ImageDraw.Draw(sheet)
    for row in range(36):
        pen.text((300, 300 + row * 78), made.BODY[row % 8], font=made.font(50), fill="black")
    if kind == "stamped":
        made.seal(sheet, SEAL, 212)
        made.signature(sheet, (1750, 2760), (30, 40, 150))
    if kind == "photo":
        blobs = np.random.default_rng(5).integers(0, 255, (48, 34, 3)).astype(np.uint8)
        sheet = Image.fromarray(cv2.resize(blobs, A4, interpolation=cv2.INTER_CUBIC))
    pixels = np.array(sheet if kind in ("office", "stamped", "photo") else sheet.convert("L"))
    if kind == "bilevel":
        return np.where(pixels < 128, 0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.9).astype(np.float32)
    grain = np.random.default_rng(7).normal(0, 2, pixels.shape[:2]).astype(np.float32)
    return np.clip(soft + (grain[..., None] if pixels.ndim == 3 else grain) + 0.5, 0, 255).astype(np.uint8)


def raster(kind: str) -> Raster:
    return Raster(pixels=page(kind), dpi=DPI, bilevel=kind == "bilevel")


@cache
def kept(kind: str) -> tuple[bytes, str]:
    return picture_file(raster(kind))


def bound(*pictures: bytes) -> bytes:
    """The pictures as pages of A4, each with the words of a made-up reading, as PDF/A."""
    reading = papers.Scans(count=1).reading(papers.PageId("p1"))
    with pikepdf.new() as pdf:
        for picture in pictures:
            add_leaf(pdf, replace(reading, width=A4[0], height=A4[1], dpi=DPI), picture)
            pdf.pages[-1].obj.Resources.Font = pikepdf.Dictionary({RESOURCE: font(pdf)})
        return pdfa.finish(pdf, FACTS)


def grey(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """SSIM (Wang 2004) of luminance at 100 dpi, over the places where the first has print."""
    a, b = (
        cv2.resize(grey(p), None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA).astype(np.float32)
        for p in (one, other)
    )

    def about(plane: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(plane, (0, 0), 1.5)

    mean_a, mean_b = about(a), about(b)
    spread_a, spread_b = about(a * a) - mean_a**2, about(b * b) - mean_b**2
    both = about(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + 6.5) * (2 * both + 58.5)
    ssim = top / ((mean_a**2 + mean_b**2 + 6.5) * (spread_a + spread_b + 58.5))
    return float(ssim[cv2.dilate((a < 160).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0].mean())


def sharpness(pixels: np.ndarray, edges: np.ndarray) -> float:
    """Mean gradient at the edges of letters."""
    plane = grey(pixels).astype(np.float32)
    return float(cv2.magnitude(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))[edges].mean())


def as_jpeg(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(decode.encode(Raster(pixels=pixels, dpi=DPI))[0])))


def lab(pixels: np.ndarray) -> np.ndarray:
    soft = cv2.GaussianBlur(np.ascontiguousarray(pixels), (0, 0), 2).astype(np.float32) / 255
    return cv2.cvtColor(soft, cv2.COLOR_RGB2Lab)


@pytest.mark.parametrize(("kind", "most"), [("office", 110_000), ("stamped", 150_000), ("grey", 110_000)])
def test_a_page_takes_a_fifth_of_its_jpeg(kind, most):
    picture, suffix = kept(kind)
    assert suffix == ".pdf"
    assert len(picture) < most
    assert len(picture) < len(decode.encode(raster(kind))[0]) / 5


def test_what_would_lose_by_layers_is_kept_as_before():
    for kind in ("bilevel", "photo"):
        assert kept(kind) == decode.encode(raster(kind))
    noise = Raster(pixels=np.random.default_rng(1).integers(0, 256, (1200, 900)).astype(np.uint8), dpi=DPI)
    assert picture_file(noise) == decode.encode(noise)


@pytest.mark.parametrize("kind", ["office", "stamped", "grey"])
def test_to_the_eye_it_is_the_page_that_was_scanned(kind):
    shown = pixels_of(kept(kind)[0], A4[0])
    assert shown.shape == (A4[1], A4[0], 3)
    assert likeness(page(kind), shown) > 0.96
    print_ = grey(page(kind)) < 128
    edges = cv2.morphologyEx(print_.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    assert sharpness(shown, edges) > sharpness(as_jpeg(page(kind)), edges)
    blank = cv2.dilate(print_.astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    off = np.abs(grey(shown).astype(int) - cv2.GaussianBlur(grey(page(kind)), (0, 0), 3))
    assert np.percentile(off[blank], 99.9) < 12, "no ghosts, no seams"


def test_seal_and_pen_keep_their_colour_as_well_as_in_a_jpeg():
    was = page("stamped")
    coloured = np.ptp(cv2.GaussianBlur(was, (0, 0), 2).astype(int), axis=2) > 60
    assert coloured.sum() > 10_000
    off, off_as_jpeg = (
        np.linalg.norm(lab(was) - lab(pixels), axis=2)[coloured]
        for pixels in (pixels_of(kept("stamped")[0], A4[0]), as_jpeg(was))
    )
    assert off.mean() < max(4.0, 1.5 * off_as_jpeg.mean())
    assert np.percentile(off, 95) < 12


def test_layers_lie_on_each_other_to_the_pixel():
    """Shifting the picture by one pixel in any direction makes it less like the page."""
    was, shown = (grey(p).astype(int) for p in (page("stamped"), pixels_of(kept("stamped")[0], A4[0])))
    for part in (np.s_[400:900, 400:1400], np.s_[SEAL[1] - 200 : SEAL[1] + 200, SEAL[0] - 200 : SEAL[0] + 200]):
        off = {
            (y, x): np.abs(np.roll(shown, (y, x), (0, 1))[part] - was[part]).mean()
            for y in (-1, 0, 1)
            for x in (-1, 0, 1)
        }
        assert min(off, key=off.__getitem__) == (0, 0)


def test_the_dossier_shows_what_the_blob_shows_and_its_words_are_found():
    pdf = bound(kept("stamped")[0])
    assert papers.page_texts(pdf) == ["trang số 1 của hồ sơ Quảng Yên, Đất đỏ"]
    with pypdfium2.PdfDocument(pdf) as document:
        assert document[0].get_size() == pytest.approx((595.2, 841.92), abs=0.01)
    assert np.array_equal(pixels_of(pdf, 1240), pixels_of(kept("stamped")[0], 1240))


def test_the_dossier_s_page_lives_on_when_the_blob_is_gone():
    with pikepdf.new() as pdf:
        form = layered.unpack(pdf, bytes(kept("office")[0]))
        names = sorted(form.Resources.XObject.keys())
        assert names == ["/C0", "/S0"]
        assert form.Resources.XObject["/S0"].ImageMask
        out = io.BytesIO()
        pdf.add_blank_page().obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=form))
        pdf.save(out)
    with pikepdf.open(io.BytesIO(out.getvalue())) as again:
        copied = again.pages[0].obj.Resources.XObject.P.Resources.XObject
        assert bytes(copied["/C0"].read_raw_bytes()).startswith(b"\xff\xd8")
        assert copied["/S0"].DecodeParms.K == -1


def test_layered_pages_are_pdf_a_1b_beside_all_other_kinds(tmp_path):
    files = {
        "stamped": bound(kept("stamped")[0]),
        "mixed": bound(kept("grey")[0], papers.picture("RGB"), kept("bilevel")[0], kept("office")[0]),
    }
    assert faults(files, tmp_path) == {name: [] for name in files}


def test_the_same_page_gives_the_same_bytes():
    assert picture_file(raster("stamped")) == kept("stamped")
    assert bound(kept("stamped")[0]) == bound(kept("stamped")[0])


def test_a_page_of_two_tones_is_kept_to_the_pixel():
    pdf = bound(kept("bilevel")[0])
    assert len(pdf) < 150_000
    assert np.array_equal(pixels_of(pdf, A4[0])[..., 0], page("bilevel"))


def test_a_kept_page_is_an_ordinary_pdf_of_its_true_size():
    with pikepdf.open(io.BytesIO(kept("stamped")[0])) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert [float(edge) for edge in pdf.pages[0].mediabox] == [0, 0, 595.2, 841.92]

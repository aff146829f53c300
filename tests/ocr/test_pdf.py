"""Pages of a PDF: each drawn as it is meant to look, or faulted alone."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pikepdf
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader

from ocr.decode import Limits, examine, frame
from ocr.errors import EncryptedFile, PictureTooLarge, TruncatedFile
from tests.ocr.made_files import LIMITS, SMALL, multi_tiff, reader, small_page, tiff_by_hand
from tests.ocr.made_pages import letter, pdf_of, picture_of, rewritten, seal, sheet, words

# --- one bad page among good ones ------------------------------------------------------------------------


def test_one_page_of_a_tiff_that_does_not_decode_leaves_the_others_good():
    data = bytearray(multi_tiff(3, compression="tiff_deflate"))
    with Image.open(io.BytesIO(bytes(data))) as image:
        image.seek(1)
        start, length = image.tag_v2[273][0], sum(image.tag_v2[279])
    data[start : start + length] = b"\x55" * length
    assert [page.fault for page in examine(bytes(data), LIMITS).frames] == [None, "truncated", None]
    with pytest.raises(TruncatedFile):
        frame(bytes(data), 1, LIMITS)
    assert frame(bytes(data), 2, LIMITS).pixels.shape == SMALL[::-1]


def test_one_poster_among_the_pages_of_a_tiff_is_faulted_alone():
    data = tiff_by_hand("<", [(8, 4, None), (60_000, 60_000, None), (8, 4, None)])
    assert [page.fault for page in examine(data, LIMITS).frames] == [None, "too_large", None]


def test_one_poster_among_the_pages_of_a_pdf_is_faulted_alone():
    def enlarge(pdf: pikepdf.Pdf) -> None:
        pdf.pages[1].MediaBox = [0, 0, 14_400, 14_400]

    data = rewritten(pdf_of(words, words, words), enlarge)
    assert [page.fault for page in examine(data, LIMITS).frames] == [None, "too_large", None]
    with pytest.raises(PictureTooLarge):
        frame(data, 1, LIMITS)


def test_a_pdf_page_whose_picture_is_half_there_is_faulted_alone():
    def halve(pdf: pikepdf.Pdf) -> None:
        picture = picture_of(pdf.pages[1])
        raw = picture.read_raw_bytes()
        picture.write(raw[: len(raw) // 2], filter=pikepdf.Name.DCTDecode)

    pictures = [lambda canvas: canvas.drawImage(reader(small_page()), 0, 0, 595, 842)]
    pictures.append(lambda canvas: canvas.drawImage(reader(small_page().rotate(180)), 0, 0, 595, 842))
    data = rewritten(pdf_of(*pictures), halve)
    assert [page.fault for page in examine(data, LIMITS).frames] == [None, "truncated"]


@pytest.mark.parametrize("harm", [lambda raw: raw[:-30], lambda raw: b"\x00" + raw[1:]], ids=["cut", "garbled"])
def test_a_pdf_page_whose_operators_do_not_inflate_is_faulted_alone(harm):
    def spoil(pdf: pikepdf.Pdf) -> None:
        contents = pdf.pages[1].Contents
        raw = zlib.compress(b"BT (mot hai ba bon nam) Tj ET " * 20)
        contents.write(harm(raw), filter=pikepdf.Name.FlateDecode)

    data = rewritten(
        pdf_of(words, words, words), spoil, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False
    )
    assert [page.fault for page in examine(data, LIMITS).frames] == [None, "truncated", None]


def test_a_pdf_page_of_nonsense_entries_is_faulted_alone():
    def spoil(pdf: pikepdf.Pdf) -> None:
        picture_of(pdf.pages[1])["/Width"] = pikepdf.Name("/Wide")

    picture = reader(small_page())
    other = reader(small_page().rotate(180))
    pages = [lambda canvas, each=each: canvas.drawImage(each, 0, 0, 595, 842) for each in (picture, other)]
    assert [page.fault for page in examine(rewritten(pdf_of(*pages), spoil), LIMITS).frames] == [None, "truncated"]


# --- PDF -----------------------------------------------------------------------------------------------


def test_a_pdf_that_wants_a_password_is_encrypted():
    lock = pikepdf.Encryption(user="doc", owner="chu")
    with pytest.raises(EncryptedFile):
        examine(rewritten(pdf_of(words), lambda pdf: None, encryption=lock), LIMITS)


def test_a_pdf_encrypted_without_a_user_password_opens():
    lock = pikepdf.Encryption(user="", owner="chu")
    data = rewritten(pdf_of(words, scan_page), lambda pdf: None, encryption=lock)
    assert [page.fault for page in examine(data, LIMITS).frames] == [None, None]
    assert frame(data, 0, LIMITS).pixels.min() < 100


def test_a_cut_pdf_is_never_repaired_with_pages_missing():
    data = pdf_of(*[words] * 40)
    for share in (0.5, 0.8, 0.95):
        with pytest.raises(TruncatedFile):
            examine(data[: int(len(data) * share)] + b"\n%%EOF\n", LIMITS)


def test_a_pdf_whose_second_revision_is_cut_is_not_taken_for_the_first():
    data = pdf_of(words)
    revision = b"\n7 0 obj\n<< /Type /Catalog >>\nendobj\nxr"
    with pytest.raises(TruncatedFile):
        examine(data + revision, LIMITS)


def test_a_pdf_with_a_wrong_startxref_is_not_repaired():
    data = pdf_of(words)
    at = data.rindex(b"startxref") + 10
    with pytest.raises(TruncatedFile):
        examine(data[:at] + b"12\n%%EOF\n", LIMITS)


def test_a_pdf_without_pages_is_refused():
    out = io.BytesIO()
    pikepdf.new().save(out)
    with pytest.raises(TruncatedFile):
        examine(out.getvalue(), LIMITS)


def test_a_linearized_pdf_is_read_and_its_first_part_alone_is_not():
    data = rewritten(pdf_of(*[words] * 5), lambda pdf: None, linearize=True)
    assert len(examine(data, LIMITS).frames) == 5
    first = data.index(b"%%EOF") + 6
    with pytest.raises(TruncatedFile):
        examine(data[:first], LIMITS)
    declared = data.replace(b"/L " + str(len(data)).encode(), b"/L " + str(len(data) + 1).encode(), 1)
    assert declared != data
    with pytest.raises(TruncatedFile):
        examine(declared, LIMITS)


def test_junk_that_a_web_server_puts_around_a_pdf_is_borne():
    data = pdf_of(words)
    assert examine(data + b"\r\n\r\n", LIMITS).kind == "pdf"


def scan_page(canvas: object) -> None:
    canvas.drawImage(reader(letter()), 0, 0, 595, 842)


def test_a_scanned_pdf_page_is_drawn_at_its_own_resolution():
    raster = frame(
        pdf_of(lambda canvas: canvas.drawImage(reader(letter(size=(2067, 2923))), 0, 0, 595, 842)), 0, LIMITS
    )
    assert raster.dpi == pytest.approx(250, abs=1)
    assert abs(raster.pixels.shape[0] - 2923) <= 3


@pytest.mark.parametrize(("width", "dpi"), [(827, 200), (5000, 400)])
def test_the_resolution_of_a_scanned_pdf_page_is_held_within_bounds(width, dpi):
    page = sheet((width, round(width * 842 / 595)))
    data = pdf_of(lambda canvas: canvas.drawImage(reader(page), 0, 0, 595, 842))
    assert frame(data, 0, LIMITS).dpi == dpi


def test_a_printed_pdf_page_is_drawn_at_the_resolution_of_the_settings():
    raster = frame(pdf_of(words), 0, Limits(pdf_dpi=200))
    assert raster.dpi == 200
    assert raster.pixels.ndim == 2
    assert raster.pixels.shape == (2339, 1653)


def test_a_black_and_white_scan_in_a_pdf_stays_black_and_white():
    data = pdf_of(lambda canvas: canvas.drawImage(ImageReader(letter(size=(1654, 2339)).convert("1")), 0, 0, 595, 842))

    def one_bit(pdf: pikepdf.Pdf) -> None:
        picture = picture_of(pdf.pages[0])
        bits = np.packbits(np.array(letter(size=(1654, 2339)).convert("1")), axis=1)
        picture.write(bits.tobytes())
        picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceGray, 1

    raster = frame(rewritten(data, one_bit), 0, LIMITS)
    assert raster.bilevel
    assert set(np.unique(raster.pixels)) == {0, 255}


def test_a_pdf_page_is_turned_as_its_rotate_entry_says():
    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Rotate = 90

    upright, turned = frame(pdf_of(words), 0, LIMITS), frame(rewritten(pdf_of(words), turn), 0, LIMITS)
    assert turned.pixels.shape == upright.pixels.shape[::-1]
    clockwise = np.rot90(upright.pixels, -1)
    assert np.argwhere(turned.pixels < 128).mean(axis=0) == pytest.approx(
        np.argwhere(clockwise < 128).mean(axis=0), abs=2
    )


def test_a_coloured_pdf_page_comes_in_colour():
    stamped = sheet((827, 1169))
    seal(stamped, (400, 400))
    raster = frame(pdf_of(lambda canvas: canvas.drawImage(reader(stamped), 0, 0, 595, 842)), 0, LIMITS)
    assert raster.pixels.ndim == 3
    red = raster.pixels[(raster.pixels[..., 0] > 150) & (raster.pixels[..., 2] < 100)]
    assert len(red) > 1000


def test_a_visible_signature_field_is_drawn():
    def sign(pdf: pikepdf.Pdf) -> None:
        look = pdf.make_stream(b"1 0 0 rg 0 0 200 60 re f")
        look.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 200, 60]
        )
        look.write(b"1 0 0 rg 0 0 200 60 re f")
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T="ky", F=4,
            Rect=[300, 100, 500, 160], AP=pikepdf.Dictionary(N=look),
        )  # fmt: skip
        field = pdf.make_indirect(field)
        pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([field, pikepdf.Name.Null]))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])

    raster = frame(rewritten(pdf_of(words), sign), 0, LIMITS)
    assert raster.pixels.ndim == 3
    assert examine(rewritten(pdf_of(words), sign), LIMITS).frames[0].fault is None


def test_a_page_with_nothing_on_it_is_a_page():
    def empty(pdf: pikepdf.Pdf) -> None:
        del pdf.pages[0]["/Contents"]
        pdf.pages[1].Contents = pikepdf.Array([pdf.make_stream(b"q"), pdf.make_stream(b"Q")])

    data = rewritten(pdf_of(words, words), empty)
    assert [page.fault for page in examine(data, LIMITS).frames] == [None, None]
    assert frame(data, 0, LIMITS).pixels.min() == 255


def test_forms_that_contain_each_other_do_not_hang_the_examination():
    def circle(pdf: pikepdf.Pdf) -> None:
        forms = [pdf.make_stream(b"/X Do") for _ in range(2)]
        for form, other in zip(forms, reversed(forms), strict=True):
            form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, pikepdf.Array([0, 0, 9, 9])
            form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=other))
        pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=forms[0]))
        pdf.pages[0].Contents = pdf.make_stream(b"/X Do")

    assert examine(rewritten(pdf_of(words), circle), LIMITS).frames[0].fault is None


def nested(levels: int, times: int) -> bytes:
    """A page whose form draws a form ``times`` times, and so on: ``times ** levels`` drawings."""

    def nest(pdf: pikepdf.Pdf) -> None:
        inner = pdf.make_stream(b"0 0 1 1 re f")
        for _ in range(levels):
            inner.Type, inner.Subtype, inner.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, pikepdf.Array([0, 0, 9, 9])
            outer = pdf.make_stream(b"/X Do " * times)
            outer.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
            inner = outer
        pdf.pages[0].Resources = inner.Resources
        pdf.pages[0].Contents = inner

    return rewritten(pdf_of(words), nest)


def test_forms_nested_to_explode_are_refused_before_drawing():
    with pytest.raises(PictureTooLarge):
        examine(nested(levels=9, times=10), LIMITS)
    assert examine(nested(levels=3, times=3), LIMITS).frames[0].fault is None


@pytest.mark.parametrize("index", [2, 5000, -1])
@pytest.mark.parametrize("data", [pdf_of(words, words), multi_tiff(2)], ids=["pdf", "tiff"])
def test_a_page_the_file_does_not_have_is_missing_not_another_one(data, index):
    with pytest.raises(TruncatedFile):
        frame(data, index, LIMITS)

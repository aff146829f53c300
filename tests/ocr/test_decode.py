"""Bytes to pages: every kind of file taken, every kind refused, and nothing decoded past the limits."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import suppress

import numpy as np
import pikepdf
import pillow_heif
import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.utils import ImageReader

from ocr import Raster
from ocr.decode import FrameFacts, Limits, encode, examine, frame
from ocr.errors import EmptyFile, EncryptedFile, PictureTooLarge, SourceError, TruncatedFile, UnknownFormat
from tests.ocr.made_pages import grey, letter, pdf_of, picture_of, rewritten, saved, seal, sheet, words

LIMITS = Limits()
SMALL = (420, 594)


def small_page(mode: str = "RGB") -> Image.Image:
    return letter(size=(840, 1188)).resize(SMALL).convert(mode)


def heic(page: Image.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(page).save(out, quality=80)
    return out.getvalue()


def multi_tiff(count: int = 3, **options: object) -> bytes:
    pages = [small_page("L") for _ in range(count)]
    return saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], **options)


FILES = {
    "jpeg": (lambda: saved(small_page(), "JPEG"), ".jpg"),
    "png": (lambda: saved(small_page(), "PNG"), ".png"),
    "tiff": (lambda: saved(small_page(), "TIFF", compression="tiff_lzw"), ".tif"),
    "bmp": (lambda: saved(small_page(), "BMP"), ".bmp"),
    "webp": (lambda: saved(small_page(), "WEBP"), ".webp"),
    "heic": (lambda: heic(small_page()), ".heic"),
    "pdf": (lambda: pdf_of(words), ".pdf"),
}


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


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
        archive.writestr("inside.pdf", pdf_of(words))
    return out.getvalue()


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


# --- bombs: refused on the header, before a pixel is decoded ---------------------------------------------


def png_bomb(side: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def tiff_by_hand(order: str, pages: list[tuple[int, int, int | None]]) -> bytes:
    """Uncompressed grey pages of (width, height, where the next directory is said to be)."""
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8))
    for number, (width, height, onward) in enumerate(pages):
        tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: height, 279: 0}
        start = len(out)
        strip = start + 2 + 12 * len(tags) + 4
        body = bytes(min(width * height, 64))
        tags |= {273: strip, 279: len(body)}
        out += struct.pack(order + "H", len(tags))
        for tag, value in sorted(tags.items()):
            out += struct.pack(order + "HHII", tag, 4, 1, value)
        end = strip + len(body)
        last = number == len(pages) - 1
        out += struct.pack(order + "I", onward if onward is not None else (0 if last else end))
        out += body
    return bytes(out)


def jpeg_bomb() -> bytes:
    data = bytearray(saved(small_page("L"), "JPEG"))
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, 65000, 65000)
    return bytes(data)


def webp_bomb() -> bytes:
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", (16383 - 1) | (16383 - 1) << 14) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def image_pdf(**header: int) -> bytes:
    """A page whose picture claims another size than it has."""

    def lie(pdf: pikepdf.Pdf) -> None:
        picture = picture_of(pdf.pages[0])
        for name, value in header.items():
            picture[f"/{name}"] = value

    return rewritten(pdf_of(lambda canvas: canvas.drawImage(reader(small_page()), 0, 0, 595, 842)), lie)


def reader(page: Image.Image) -> ImageReader:
    return ImageReader(io.BytesIO(saved(page, "JPEG")))


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


# --- separator sheets ------------------------------------------------------------------------------------


def qr(text: str, scale: int = 8) -> Image.Image:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    return Image.fromarray(np.asarray(zxingcpp.write_barcode_to_image(code, scale=scale)))


def separator(text: str) -> Image.Image:
    page = sheet((1240, 1754))
    page.paste(qr(text), (400, 300))
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

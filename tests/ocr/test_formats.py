"""Completeness by a format's own chain, without decoding: what the inbox asks of a file that may still be growing."""

from __future__ import annotations

import struct

import pytest

from ocr.errors import PictureTooLarge, SourceError, TruncatedFile
from ocr.formats import SUFFIXES, jpeg2000_size, kind_of, prove, tiff_sizes, webp_size
from tests.ocr.test_decode import CACHED, multi_tiff, tiff_by_hand


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_whole_file_is_proved_without_decoding(kind):
    prove(CACHED[kind], 10)


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_growing_file_is_not_whole_at_any_size_but_the_last(kind):
    data = CACHED[kind]
    for size in {*range(1, len(data), max(1, len(data) // 60)), len(data) - 7}:
        with pytest.raises(SourceError):
            prove(data[:size], 10)


def test_a_heic_with_a_64_bit_or_an_open_last_box_is_whole():
    data = CACHED["heic"]
    at = data.index(b"mdat") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    assert at + size == len(data)
    prove(data[:at] + bytes(4) + data[at + 4 :], 1)
    wide = data[:at] + b"\0\0\0\x01mdat" + struct.pack(">Q", size + 8) + data[at + 8 :]
    prove(wide, 1)
    with pytest.raises(TruncatedFile):
        prove(wide[:-1], 1)


def test_a_webp_of_unknown_chunks_has_no_picture():
    body = b"WEBPABCD" + bytes(30)
    with pytest.raises(TruncatedFile):
        webp_size(b"RIFF" + struct.pack("<I", len(body)) + body)


def test_a_jpeg_2000_without_its_size_is_cut():
    with pytest.raises(TruncatedFile):
        jpeg2000_size(b"\xff\x4f\xff\x51\x00")
    assert jpeg2000_size(b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 47, 0, 90, 60, 10, 0)) == (80, 60)


def test_a_pdf_header_may_stand_behind_a_little_junk():
    assert kind_of(b"\r\n\xef\xbb\xbf%PDF-1.7\n") == "pdf"


# --- TIFF directories ----------------------------------------------------------------------------------


def test_tiff_pages_are_counted_along_the_chain():
    assert tiff_sizes(multi_tiff(3), 3) == ((420, 594),) * 3
    assert tiff_sizes(multi_tiff(2, big_tiff=True), 3) == ((420, 594),) * 2
    with pytest.raises(PictureTooLarge):
        tiff_sizes(multi_tiff(3), 2)


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0",
        b"II*\0\0\0\0\0",
        b"II*\0\xff\xff\0\0",
        tiff_by_hand("<", [(8, 4, 8)]),
        tiff_by_hand("<", [(8, 4, 100_000)]),
        tiff_by_hand("<", [(8, 4, None)]).replace(struct.pack("<HH", 256, 4), struct.pack("<HH", 250, 4)),
        tiff_by_hand("<", [(8, 4, None)]).replace(struct.pack("<HHI", 279, 4, 1), struct.pack("<HHI", 279, 4, 0)),
        tiff_by_hand("<", [(8, 4, None)]).replace(struct.pack("<HHI", 279, 4, 1), struct.pack("<HHI", 279, 99, 1)),
        tiff_by_hand("<", [(8, 4, None)]).replace(struct.pack("<HHI", 279, 4, 1), struct.pack("<HHI", 279, 4, 9999)),
        tiff_by_hand("<", [(8, 4, None)])[:-1],
    ],
    ids=["no directory", "no page", "directory far away", "circle", "next far away", "no width", "no values",
         "odd type", "values far away", "strip cut"],
)  # fmt: skip
def test_a_tiff_whose_directories_do_not_hold_is_truncated(data):
    with pytest.raises(TruncatedFile):
        tiff_sizes(data, 10)


def test_a_marker_that_stands_alone_does_not_end_a_jpeg():
    data = CACHED["jpeg"]
    prove(data[:2] + b"\xff\x01" + data[2:], 1)

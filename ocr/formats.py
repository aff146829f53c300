"""Formats recognised and proved complete on their bytes alone. No decoder runs here, nothing is allocated.

Decoders forgive: libjpeg paints the missing half grey, PDF readers rebuild a lost page table and drop pages.
A half-written file looks exactly like that, so each walker follows its format's own chain to the end.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ocr.errors import EmptyFile, PictureTooLarge, TruncatedFile, UnknownFormat

SUFFIXES = {
    "jpeg": ".jpg",
    "png": ".png",
    "tiff": ".tif",
    "pdf": ".pdf",
    "bmp": ".bmp",
    "webp": ".webp",
    "heic": ".heic",
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_PDF_HEADER_WITHIN = 1024
"""ISO 32000-1 asks for the header on the first line; Annex H lets readers accept it within 1024 bytes."""


def kind_of(data: bytes) -> str:
    """The kind (a key of SUFFIXES), by signature only; raise EmptyFile or UnknownFormat."""
    if not data:
        raise EmptyFile("0 bytes")
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return "bmp"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp" and _heic_brands(data) & _HEIC_BRANDS and data[8:12] not in (b"avif", b"avis"):
        return "heic"
    if b"%PDF-" in data[:_PDF_HEADER_WITHIN] and not data.startswith((b"PK", b"MZ", b"<")):
        return "pdf"
    raise UnknownFormat(f"starts with {data[:8].hex(' ')}")


def _heic_brands(data: bytes) -> set[bytes]:
    size = min(int.from_bytes(data[:4], "big"), 256)
    return {data[at : at + 4] for at in (8, *range(16, size, 4))}


# --- JPEG ----------------------------------------------------------------------------------------------

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""The next true marker: not a stuffed zero, not a restart, not a fill byte (T.81, B.1.1)."""
_SOS, _EOI, _TEM = 0xDA, 0xD9, 0x01
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_SCANS = 200
"""A progressive picture has about ten; thousands of empty scans are a way to burn hours of processor."""


def prove_jpeg(data: bytes) -> tuple[int, int]:
    """Width and height; raise TruncatedFile unless the marker chain reaches EOI after some scan.

    Bytes after EOI do not matter: cameras put previews there, scanners zeros.
    """
    at, scans, size = 2, 0, (0, 0)
    while (match := _MARKER.search(data, at)) is not None:
        marker, at = data[match.end() - 1], match.end()
        if marker == _EOI and scans:
            return size
        if marker == _TEM:
            continue
        if at + 7 > len(data):
            break
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = (width, height)
        scans += marker == _SOS
        if scans > _MAX_SCANS:
            raise PictureTooLarge(f"more than {_MAX_SCANS} scans in one JPEG")
        at += struct.unpack_from(">H", data, at)[0]
    raise TruncatedFile("JPEG without its end marker")


_SIZ = b"\xff\x4f\xff\x51"


def jpeg2000_size(data: bytes) -> tuple[int, int]:
    """Width and height from the codestream's SIZ segment; raise TruncatedFile without one."""
    at = data.find(_SIZ)
    if at < 0 or at + 24 > len(data):
        raise TruncatedFile("JPEG 2000 without a size")
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    return max(0, right - left), max(0, bottom - top)


# --- PNG, WebP -----------------------------------------------------------------------------------------


def prove_png(data: bytes) -> None:
    """Raise TruncatedFile unless every chunk is whole, its checksum right, and IEND comes last."""
    view, at = memoryview(data), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        if zlib.crc32(view[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise TruncatedFile(f"PNG chunk at {at} has a wrong checksum")
        if data[at + 4 : at + 8] == b"IEND":
            return
        at = end
    raise TruncatedFile("PNG without IEND")


def webp_size(data: bytes) -> tuple[int, int]:
    """Canvas width and height from the header; raise TruncatedFile when bytes are missing.

    Read here because opening a WebP with libwebp already allocates the whole canvas.
    """
    if len(data) < 30 or len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise TruncatedFile("WebP shorter than its RIFF header says")
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise TruncatedFile("WebP without a picture chunk")


# --- TIFF ----------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT = 256, 257
_OFFSETS, _COUNTS = (273, 324), (279, 325)
_TIFF_TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
_MAX_STRIPS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tiff:
    """A TIFF's byte order and widths: classic (4-byte offsets) or BigTIFF (8-byte)."""

    data: bytes
    order: str
    big: bool

    def number(self, code: str, at: int) -> int:
        try:
            return int(struct.unpack_from(self.order + code, self.data, at)[0])
        except struct.error as error:
            raise TruncatedFile("TIFF directory points past the end of the file") from error

    @property
    def word(self) -> str:
        return "Q" if self.big else "I"


def tiff_sizes(data: bytes, max_frames: int) -> tuple[tuple[int, int], ...]:
    """Width and height of each page, following the chain of directories.

    Raises TruncatedFile when a directory, or the picture data of any page, lies past the end of the file (a
    TIFF cut short has lost pages nobody can count), PictureTooLarge past ``max_frames``.
    """
    tiff = _Tiff(data=data, order="<" if data[:2] == b"II" else ">", big=data[2:4] in (b"+\0", b"\0+"))
    sizes: list[tuple[int, int]] = []
    for entries, at in _directories(tiff):
        if len(sizes) == max_frames:
            raise PictureTooLarge(f"more than {max_frames} pages")
        sizes.append(_frame_size(tiff, entries, at))
    if not sizes:
        raise TruncatedFile("TIFF without a page")
    return tuple(sizes)


def _directories(tiff: _Tiff) -> Iterator[tuple[int, int]]:
    """Entry count and position of the first entry of each directory."""
    at, seen = tiff.number(tiff.word, 8 if tiff.big else 4), set[int]()
    while at:
        if at in seen:
            raise TruncatedFile("TIFF directories run in a circle")
        seen.add(at)
        count, first, step = (tiff.number("Q", at), at + 8, 20) if tiff.big else (tiff.number("H", at), at + 2, 12)
        yield count, first
        at = tiff.number(tiff.word, first + count * step)


def _frame_size(tiff: _Tiff, count: int, first: int) -> tuple[int, int]:
    """Size of one page; raises TruncatedFile unless all its strips or tiles lie inside the file."""
    step = 20 if tiff.big else 12
    tags = {tiff.number("H", at): at for at in range(first, first + count * step, step)}
    if _WIDTH not in tags or _HEIGHT not in tags:
        raise TruncatedFile("TIFF page without a size")
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        if offsets in tags and counts in tags:
            starts, lengths = _values(tiff, tags[offsets]), _values(tiff, tags[counts])
            ends = (start + length for start, length in zip(starts, lengths, strict=False))
            if max(ends, default=0) > len(tiff.data):
                raise TruncatedFile("TIFF picture data past the end of the file")
    return _values(tiff, tags[_WIDTH])[0], _values(tiff, tags[_HEIGHT])[0]


def _values(tiff: _Tiff, entry: int) -> tuple[int, ...]:
    """The whole numbers of the directory entry at ``entry``, wherever they are stored."""
    code = _TIFF_TYPES.get(tiff.number("H", entry + 2))
    count = tiff.number(tiff.word, entry + 4)
    if code is None or not 0 < count <= _MAX_STRIPS:
        raise TruncatedFile("TIFF directory entry makes no sense")
    value = entry + (12 if tiff.big else 8)
    inline = count * struct.calcsize(code) <= struct.calcsize(tiff.word)
    at = value if inline else tiff.number(tiff.word, value)
    try:
        return struct.unpack_from(f"{tiff.order}{count}{code}", tiff.data, at)
    except struct.error as error:
        raise TruncatedFile("TIFF directory points past the end of the file") from error


# --- PDF -----------------------------------------------------------------------------------------------

_MAX_TAIL = 1024
"""Bytes some mail and web servers append after the end; a longer rest is another, unfinished, revision."""
_STARTXREF = re.compile(rb"startxref\s+(\d+)\s+$")
_LINEARIZED = re.compile(rb"/Linearized\b[^>]*?/L\s+(\d+)")


def prove_pdf(data: bytes) -> None:
    """Raise TruncatedFile unless the file ends as ISO 32000-1 7.5.5 asks: startxref, a place inside it, %%EOF.

    The page table itself is read without repair in :mod:`ocr.pdf_proof`.
    """
    end = data.rfind(b"%%EOF")
    rest = data[end + 5 :].strip(b"\r\n\t \0")
    if end < 0 or len(rest) > _MAX_TAIL or b"obj" in rest:
        raise TruncatedFile("PDF without %%EOF at its end")
    match = _STARTXREF.search(data[max(0, end - 64) : end])
    if match is None or not 0 < int(match[1]) < end:
        raise TruncatedFile("PDF without a startxref that points into the file")
    first = data[:_PDF_HEADER_WITHIN]
    declared = _LINEARIZED.search(first)
    if declared is not None and int(declared[1]) > len(data):
        raise TruncatedFile("linearized PDF shorter than it declares")


# --- any of them ---------------------------------------------------------------------------------------


def prove(data: bytes, max_frames: int) -> None:
    """Raise a SourceError unless the bytes reach the end that their own format demands. Decodes nothing.

    What a file that is still being written fails; whoever waits for it may ask again when it has grown.
    """
    match kind_of(data):
        case "jpeg":
            prove_jpeg(data)
        case "png":
            prove_png(data)
        case "tiff":
            tiff_sizes(data, max_frames)
        case "webp":
            webp_size(data)
        case "pdf":
            prove_pdf(data)
        case "bmp":
            if len(data) < int.from_bytes(data[2:6], "little"):
                raise TruncatedFile("BMP shorter than its header says")
        case "heic":
            _prove_boxes(data)


def _prove_boxes(data: bytes) -> None:
    """Raise TruncatedFile unless the file's boxes (ISO 14496-12, 4.2) fill it exactly."""
    at = 0
    while at < len(data):
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if size == 0:
            return  # the last box runs to the end of the file
        at += max(size, header)
    if at != len(data):
        raise TruncatedFile("HEIC box past the end of the file")

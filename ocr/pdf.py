"""PDF pages: read without repair by pikepdf to prove nothing is lost, rasterised by pypdfium2.

pdfium rebuilds a broken file as best it can and says nothing, so it may only see a file whose page table
pikepdf has read as written. pdfium is not thread-safe: every call into it holds one lock.
"""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import ceil, hypot

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ocr import Pixels, Raster
from ocr.codes import read_separator
from ocr.errors import EncryptedFile, PictureTooLarge, SourceError, TruncatedFile
from ocr.formats import jpeg2000_size, prove_jpeg, prove_pdf
from ocr.limits import FrameFacts, Limits
from ocr.pictures import colour_or_grey

_LOCK = threading.Lock()
_POINTS = 72
_LOOK_DPI = 100
_LOOK_MAX_PIXELS = 40_000_000
"""Pictures on one page past which no separator is looked for: a separator sheet is one sheet, scanned."""
_LOOK_MAX_CONTENT = 200_000
"""Bytes of drawing operators past which a page is a map or a plan, slow to draw and no separator."""
_SCAN_DPI = (200.0, 400.0)
_SCAN_COVERS = 0.6
_CHUNK = 1 << 20
_MAX_INFLATED = 1 << 30
_DAMAGE = (pikepdf.PdfError, zlib.error, RuntimeError, ValueError, TypeError, LookupError, AttributeError)
"""What pikepdf lets through on hostile bytes."""


def examine_pdf(data: bytes, limits: Limits) -> tuple[FrameFacts, ...]:
    """Every page's facts; raise TruncatedFile, EncryptedFile or PictureTooLarge for the whole file.

    A file of one page raises what is wrong with that page; in longer files it becomes the page's ``fault``.
    """
    prove_pdf(data)
    costs = _costs(data, limits)
    with _opened(data) as document:
        if len(document) != len(costs):
            raise TruncatedFile(f"{len(costs)} pages in the page table, {len(document)} can be drawn")
        if len(costs) == 1:
            return (_page_facts(document, 0, costs[0], limits),)
        return tuple(_page_facts_or_fault(document, index, cost, limits) for index, cost in enumerate(costs))


def pdf_page(data: bytes, index: int, limits: Limits) -> Raster:
    """Page ``index`` drawn at its scan's own resolution (200 to 400), else at ``limits.pdf_dpi``; /Rotate applied."""
    with _opened(data) as document, _page(document, index) as page:
        scan = _main_scan(page)
        dpi = _page_dpi(page, limits)
        _admitted(page, dpi, limits)
        pixels = colour_or_grey(_draw(page, dpi, grey=False))
    bilevel = scan is not None and scan.bilevel and pixels.ndim == 2
    if bilevel:
        pixels = np.asarray(cv2.threshold(pixels, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
    return Raster(pixels=pixels, dpi=round(dpi, 2), bilevel=bilevel)


# --- the page table, without repair --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """What drawing takes at worst: pixels of the largest picture, bytes of operators; or why it is forbidden."""

    pixels: int = 0
    content: int = 0
    fault: SourceError | None = None

    def __add__(self, other: _Cost) -> _Cost:
        return _Cost(
            pixels=max(self.pixels, other.pixels),
            content=self.content + other.content,
            fault=self.fault or other.fault,
        )


def _costs(data: bytes, limits: Limits) -> list[_Cost]:
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            limits.admit_frames(len(pdf.pages))
            if not len(pdf.pages):
                raise TruncatedFile("PDF without pages")
            proved: dict[tuple[int, int], _Cost] = {}
            return [_page_cost(page, limits, proved) for page in pdf.pages]
    except pikepdf.PasswordError as error:
        raise EncryptedFile("PDF wants a password") from error
    except _DAMAGE as error:
        raise TruncatedFile(f"PDF damaged: {error}") from error


def _page_cost(page: pikepdf.Page, limits: Limits, proved: dict[tuple[int, int], _Cost]) -> _Cost:
    """The page's own operators and everything its resources and annotations reach.

    ``proved`` remembers streams and resource tables: two thousand pages may share one.
    """
    try:
        resources = page.resources
        known = proved.get(resources.objgen) if resources.is_indirect else None
        shared = known or _sum(_streams([resources]), limits, proved)
        if resources.is_indirect:
            proved[resources.objgen] = shared
        return shared + _sum((*_contents(page), *_streams(_appearances(page))), limits, proved)
    except _DAMAGE as error:
        return _Cost(fault=TruncatedFile(f"PDF page damaged: {error}"))


def _sum(streams: Iterable[pikepdf.Stream], limits: Limits, proved: dict[tuple[int, int], _Cost]) -> _Cost:
    total = _Cost()
    for stream in streams:
        if stream.objgen not in proved:
            proved[stream.objgen] = _stream_cost(stream, limits)
        total += proved[stream.objgen]
    return total


def _contents(page: pikepdf.Page) -> tuple[pikepdf.Stream, ...]:
    """The page's content streams; a page may have none."""
    contents = page.obj.get("/Contents")
    parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return tuple(part for part in parts if isinstance(part, pikepdf.Stream))


def _appearances(page: pikepdf.Page) -> list[pikepdf.Object]:
    """What annotations draw: stamps and visible signatures among them."""
    found: list[pikepdf.Object] = []
    for note in page.obj.get("/Annots", ()):
        looks = note.get("/AP") if isinstance(note, pikepdf.Dictionary) else None
        normal = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
        states = normal.values() if type(normal) is pikepdf.Dictionary else [normal]
        found.extend(state for state in states if isinstance(state, pikepdf.Stream))
    return found


def _streams(roots: list[pikepdf.Object]) -> Iterator[pikepdf.Stream]:
    """All pictures and forms reached from resource tables or forms, each once, circles and all."""
    waiting: list[pikepdf.Object | None] = [*roots]
    seen = set[tuple[int, int]]()
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Stream):
            if item.objgen in seen:
                continue
            seen.add(item.objgen)
            yield item
            item = item.get("/Resources")
        pictures = item.get("/XObject") if isinstance(item, pikepdf.Dictionary) else None
        if isinstance(pictures, pikepdf.Dictionary):
            waiting.extend(each for each in pictures.values() if isinstance(each, pikepdf.Stream))


def _stream_cost(stream: pikepdf.Stream, limits: Limits) -> _Cost:
    """Prove one stream whole: its end where its length says (pikepdf), and its coding to the last byte."""
    try:
        raw = stream.read_raw_bytes()
        coding = stream.get("/Filter")
        codings = [str(each) for each in coding] if isinstance(coding, pikepdf.Array) else [str(coding)]
        is_picture = stream.get("/Subtype") == "/Image"
        size = _inflated(raw) if codings[0] in {"/FlateDecode", "/Fl"} else len(raw)
        if not is_picture:
            return _Cost(content=size)
        width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
        limits.admit_pixels(width, height)
        if codings == ["/DCTDecode"]:
            limits.admit_pixels(*prove_jpeg(raw))
        elif codings == ["/JPXDecode"]:
            limits.admit_pixels(*jpeg2000_size(raw))
        return _Cost(pixels=width * height)
    except SourceError as error:
        return _Cost(fault=error)
    except _DAMAGE as error:
        return _Cost(fault=TruncatedFile(f"PDF stream damaged: {error}"))


def _inflated(raw: bytes) -> int:
    """Bytes that come out of a deflated stream, never more than a chunk of them in memory."""
    inflater, size, rest = zlib.decompressobj(), 0, raw
    while not inflater.eof:
        chunk = inflater.decompress(rest, _CHUNK)
        rest, size = inflater.unconsumed_tail, size + len(chunk)
        if size > _MAX_INFLATED:
            raise PictureTooLarge(f"a stream inflates past {_MAX_INFLATED} bytes")
        if not chunk and not rest:
            raise TruncatedFile("a deflated stream ends too soon")
    return size


# --- drawing -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """The picture that fills a scanned page: its resolution as placed, and whether it is 1-bit."""

    dpi: float
    bilevel: bool


@contextmanager
def _opened(data: bytes) -> Iterator[pdfium.PdfDocument]:
    """The document in pdfium, with its form fields (a visible signature is one)."""
    with _LOCK, _drawing():
        document = pdfium.PdfDocument(data)
        document.init_forms()
    try:
        yield document
    finally:
        with _LOCK:
            document.close()


@contextmanager
def _page(document: pdfium.PdfDocument, index: int) -> Iterator[pdfium.PdfPage]:
    """Page ``index``, under the lock; pdfium's refusals become TruncatedFile."""
    with _LOCK, _drawing(), closing(document[index]) as page:
        yield page


@contextmanager
def _drawing() -> Iterator[None]:
    try:
        yield
    except pdfium.PdfiumError as error:
        raise TruncatedFile(f"PDF cannot be drawn: {error}") from error


def _page_facts_or_fault(document: pdfium.PdfDocument, index: int, cost: _Cost, limits: Limits) -> FrameFacts:
    try:
        return _page_facts(document, index, cost, limits)
    except SourceError as error:
        return FrameFacts(width=0, height=0, fault=error.reason)


def _page_facts(document: pdfium.PdfDocument, index: int, cost: _Cost, limits: Limits) -> FrameFacts:
    if cost.fault is not None:
        raise cost.fault
    look = cost.pixels <= _LOOK_MAX_PIXELS and cost.content <= _LOOK_MAX_CONTENT
    with _page(document, index) as page:
        width, height = _admitted(page, _page_dpi(page, limits), limits)
        pixels = _draw(page, _LOOK_DPI, grey=True) if look else None
    separator = None if pixels is None else read_separator(pixels)
    return FrameFacts(width=width, height=height, separator=separator)


def _page_dpi(page: pdfium.PdfPage, limits: Limits) -> float:
    scan = _main_scan(page)
    return float(limits.pdf_dpi) if scan is None else scan.dpi


def _main_scan(page: pdfium.PdfPage) -> _Scan | None:
    """The picture that covers most of the page, its resolution held within 200 to 400 dpi."""
    page_area = page.get_width() * page.get_height()
    for picture in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) < _SCAN_COVERS * page_area:
            continue
        a, b, *_ = picture.get_matrix().get()
        dpi = picture.get_px_size()[0] * _POINTS / max(hypot(a, b), 1.0)
        bilevel = picture.get_metadata().bits_per_pixel == 1
        return _Scan(dpi=min(max(dpi, _SCAN_DPI[0]), _SCAN_DPI[1]), bilevel=bilevel)
    return None


def _admitted(page: pdfium.PdfPage, dpi: float, limits: Limits) -> tuple[int, int]:
    """Size in pixels at ``dpi``, as pypdfium2 rounds it; raise PictureTooLarge for a poster of a page."""
    width, height = (ceil(side * dpi / _POINTS) for side in page.get_size())
    limits.admit_pixels(width, height)
    return width, height


def _draw(page: pdfium.PdfPage, dpi: float, *, grey: bool) -> Pixels:
    bitmap = page.render(scale=dpi / _POINTS, grayscale=grey, rev_byteorder=not grey)
    pixels = np.array(bitmap.to_numpy(), np.uint8)
    bitmap.close()
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels

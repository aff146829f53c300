"""PDF pages, rasterised by pypdfium2.

pdfium rebuilds a broken file as best it can and says nothing, so it may only see what :mod:`ocr.pdf_proof`
has read as written. pdfium is not thread-safe: every call into it holds one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import ceil, hypot

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ocr import Pixels, Raster
from ocr.codes import read_separator
from ocr.errors import SourceError, TruncatedFile
from ocr.limits import FrameFacts, Limits
from ocr.pdf_proof import Cost, page_costs
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


def examine_pdf(data: bytes, limits: Limits) -> tuple[FrameFacts, ...]:
    """Every page's facts; raise TruncatedFile, EncryptedFile or PictureTooLarge for the whole file.

    A file of one page raises what is wrong with that page; in longer files it becomes the page's ``fault``.
    """
    costs = page_costs(data, limits)
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


def _page_facts_or_fault(document: pdfium.PdfDocument, index: int, cost: Cost, limits: Limits) -> FrameFacts:
    try:
        return _page_facts(document, index, cost, limits)
    except SourceError as error:
        return FrameFacts(width=0, height=0, fault=error.reason)


def _page_facts(document: pdfium.PdfDocument, index: int, cost: Cost, limits: Limits) -> FrameFacts:
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

"""A PDF's page table read as written, and every page's streams proved whole before anything draws them.

pikepdf runs without repair: a file it cannot read as it stands has lost something. Drawing is what hostile
pages make dear, so what it would take is measured here, on lengths and names alone.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pikepdf

from ocr.errors import EncryptedFile, PictureTooLarge, SourceError, TruncatedFile
from ocr.formats import jpeg2000_size, prove_jpeg, prove_pdf
from ocr.limits import Limits

_CHUNK = 1 << 20
_MAX_INFLATED = 1 << 30
_MAX_OPERATORS = 64 << 20
"""Bytes of drawing operators in one stream; the fullest cadastral plan we can imagine has a tenth of it."""
_MAX_DRAWS = 100_000
"""Forms and pictures drawn by one page, forms within forms multiplied: ten nested tens are ten thousand million."""
_MAX_TILES = 50_000_000
"""Repeats of a pattern on one page; the finest hatching on an A0 plan, a point apart, has eight million."""
_DRAW = re.compile(rb"/([^\s/()<>\[\]{}%]+)\s+Do\b")
_INLINE = re.compile(rb"\bBI\b((?:(?!\bBI\b).){0,500}?)\bID\b", re.DOTALL)
_SIDES = (re.compile(rb"/W(?:idth)?\s+(\d+)"), re.compile(rb"/H(?:eight)?\s+(\d+)"))
"""An inline picture (ISO 32000-1, 8.9.7) and its sides: a picture that no resource table names."""
_TEXT_CODINGS = {"/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx"}
_DEFLATED = {"/FlateDecode", "/Fl"}
_DAMAGE = (pikepdf.PdfError, zlib.error, RuntimeError, ValueError, TypeError, LookupError, AttributeError)
"""What pikepdf lets through on hostile bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What drawing takes at worst: pixels of the largest picture, bytes of operators; or why it is forbidden."""

    pixels: int = 0
    content: int = 0
    fault: SourceError | None = None

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            pixels=max(self.pixels, other.pixels),
            content=self.content + other.content,
            fault=self.fault or other.fault,
        )


def page_costs(data: bytes, limits: Limits) -> list[Cost]:
    """What each page takes to draw, in page order, a page that must not be drawn with its fault.

    Raises TruncatedFile (also for a page table that needs repair), EncryptedFile, or PictureTooLarge for too
    many pages. A file encrypted without a user password is read.
    """
    prove_pdf(data)
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            limits.admit_frames(len(pdf.pages))
            if not len(pdf.pages):
                raise TruncatedFile("PDF without pages")
            proved: dict[tuple[int, int], Cost] = {}
            return [_page_cost(page, limits, proved) for page in pdf.pages]
    except pikepdf.PasswordError as error:
        raise EncryptedFile("PDF wants a password") from error
    except _DAMAGE as error:
        raise TruncatedFile(f"PDF damaged: {error}") from error


def _page_cost(page: pikepdf.Page, limits: Limits, proved: dict[tuple[int, int], Cost]) -> Cost:
    """The page's own operators and everything its resources and annotations reach.

    ``proved`` remembers streams and resource tables: two thousand pages may share one.
    """
    try:
        resources = page.resources
        known = proved.get(resources.objgen) if resources.is_indirect else None
        shared = known or _sum(_streams([resources]), limits, proved)
        if resources.is_indirect:
            proved[resources.objgen] = shared
        own = _sum((*_contents(page), *_streams(_appearances(page))), limits, proved)
        total = shared + own + _tile_cost(page, resources)
        return total if total.fault else total + _draw_cost(page, resources)
    except _DAMAGE as error:
        return Cost(fault=TruncatedFile(f"PDF page damaged: {error}"))


def _draw_cost(page: pikepdf.Page, resources: pikepdf.Object) -> Cost:
    """A fault where the page's forms, each drawing others many times, would keep pdfium busy for hours."""
    pictures = resources.get("/XObject", pikepdf.Dictionary())
    nested = any(each.get("/Subtype") == "/Form" for each in pictures.values())
    roots = [(stream, resources) for stream in _contents(page) if nested]
    roots += [(look, look.get("/Resources", resources)) for look in _appearances(page)]
    known: dict[tuple[int, int], int] = {}
    draws = sum(_draws(stream, table, known) for stream, table in roots)
    return Cost(fault=PictureTooLarge(f"{draws} nested drawings on a page") if draws > _MAX_DRAWS else None)


def _tile_cost(page: pikepdf.Page, resources: pikepdf.Object) -> Cost:
    """A fault where one of the page's patterns repeats in steps so small that filling the page never ends."""
    for pattern in _named(resources, "/Pattern"):
        if isinstance(pattern, pikepdf.Stream):
            left, bottom, right, top = map(float, page.mediabox)
            a, b, c, d = _numbers(pattern.get("/Matrix", [1, 0, 0, 1]))[:4]
            tile = _numbers([pattern.get("/XStep", 1)])[0] * _numbers([pattern.get("/YStep", 1)])[0] * (a * d - b * c)
            if abs((right - left) * (top - bottom)) > _MAX_TILES * abs(tile):
                return Cost(fault=PictureTooLarge(f"a pattern repeated more than {_MAX_TILES} times"))
    return Cost()


def _numbers(values: Iterable[object]) -> list[float]:
    return [float(str(value)) for value in values]


def _draws(stream: pikepdf.Stream, resources: pikepdf.Object, known: dict[tuple[int, int], int]) -> int:
    """Forms and pictures that drawing this stream draws, through all its forms; a form inside itself counts once."""
    if stream.objgen not in known:
        known[stream.objgen] = 0
        pictures, total = resources.get("/XObject", pikepdf.Dictionary()), 0
        for name, times in Counter(_DRAW.findall(stream.read_bytes())).items():
            drawn = pictures.get("/" + name.decode("latin-1"))
            if isinstance(drawn, pikepdf.Stream) and drawn.get("/Subtype") == "/Form":
                total += times * (1 + _draws(drawn, drawn.get("/Resources", resources), known))
        known[stream.objgen] = total
    return known[stream.objgen]


def _sum(streams: Iterable[pikepdf.Stream], limits: Limits, proved: dict[tuple[int, int], Cost]) -> Cost:
    total = Cost()
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


def _appearances(page: pikepdf.Page) -> list[pikepdf.Stream]:
    """What annotations draw: stamps and visible signatures among them."""
    found: list[pikepdf.Stream] = []
    for note in page.obj.get("/Annots", ()):
        looks = note.get("/AP") if isinstance(note, pikepdf.Dictionary) else None
        normal = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
        states = normal.values() if type(normal) is pikepdf.Dictionary else [normal]
        found.extend(state for state in states if isinstance(state, pikepdf.Stream))
    return found


def _streams(roots: Iterable[pikepdf.Object]) -> Iterator[pikepdf.Stream]:
    """All pictures, masks, forms and patterns reached from resource tables or forms, each once, circles and all."""
    waiting: list[pikepdf.Object | None] = [*roots]
    seen = set[tuple[int, int]]()
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Stream):
            if item.objgen in seen:
                continue
            seen.add(item.objgen)
            yield item
            waiting += [item.get("/SMask"), item.get("/Mask")]
            item = item.get("/Resources")
        if isinstance(item, pikepdf.Dictionary):
            drawn = (*_named(item, "/XObject"), *_named(item, "/Pattern"))
            waiting.extend(each for each in drawn if isinstance(each, pikepdf.Stream))


def _named(resources: pikepdf.Object, kind: str) -> tuple[pikepdf.Object, ...]:
    """What a resource table names under ``kind``."""
    table = resources.get(kind)
    return tuple(table.values()) if isinstance(table, pikepdf.Dictionary) else ()


def _stream_cost(stream: pikepdf.Stream, limits: Limits) -> Cost:
    """Prove one stream whole: its end where its length says (pikepdf), and its coding to the last byte."""
    try:
        is_picture = stream.get("/Subtype") == "/Image"
        raw, codings = _unwrapped(stream)
        size = _inflated(raw, _MAX_INFLATED if is_picture else _MAX_OPERATORS) if codings[0] in _DEFLATED else len(raw)
        if not is_picture:
            return Cost(content=size, pixels=_inline_pixels(stream, limits))
        width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
        limits.admit_pixels(width, height)
        if codings == ["/DCTDecode"]:
            limits.admit_pixels(*prove_jpeg(raw))
        elif codings == ["/JPXDecode"]:
            limits.admit_pixels(*jpeg2000_size(raw))
        return Cost(pixels=width * height)
    except SourceError as error:
        return Cost(fault=error)
    except _DAMAGE as error:
        return Cost(fault=TruncatedFile(f"PDF stream damaged: {error}"))


def _unwrapped(stream: pikepdf.Stream) -> tuple[bytes, list[str]]:
    """The bytes without their outer codings, and the names of the codings left: one, if all the others are known.

    What a chain hides would be seen by nobody: a JPEG in a deflated stream, a deflated stream in another.
    """
    raw, coding = stream.read_raw_bytes(), stream.get("/Filter")
    codings = [str(each) for each in coding] if isinstance(coding, pikepdf.Array) else [str(coding)]
    while len(codings) > 1 and codings[0] in _TEXT_CODINGS | _DEFLATED:
        if codings[0] in _DEFLATED:
            _inflated(raw, _MAX_OPERATORS)
        with pikepdf.new() as scratch:
            raw = scratch.make_stream(raw, Filter=pikepdf.Name(codings.pop(0))).read_bytes()
    return raw, codings or ["None"]


def _inline_pixels(stream: pikepdf.Stream, limits: Limits) -> int:
    """Pixels of the largest picture written among the operators; raises PictureTooLarge."""
    largest = 0
    for header in _INLINE.findall(stream.read_bytes()):
        width, height = (max(map(int, side.findall(header)), default=0) for side in _SIDES)
        limits.admit_pixels(width, height)
        largest = max(largest, width * height)
    return largest


def _inflated(raw: bytes, bound: int) -> int:
    """Bytes that come out of a deflated stream, never more than a chunk of them in memory."""
    inflater, size, rest = zlib.decompressobj(), 0, raw
    while not inflater.eof:
        chunk = inflater.decompress(rest, _CHUNK)
        rest, size = inflater.unconsumed_tail, size + len(chunk)
        if size > bound:
            raise PictureTooLarge(f"a stream inflates past {bound} bytes")
        if not chunk and not rest:
            raise TruncatedFile("a deflated stream ends too soon")
    return size

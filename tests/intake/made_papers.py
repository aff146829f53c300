"""Receipts, pictures and dossiers to print; every name in them is made up."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache

import pikepdf
import pypdfium2
from PIL import Image, ImageDraw

from intake import slipform
from intake.clock import VIETNAM
from intake.cover import dossier_words
from intake.dossier import DossierBinding
from intake.model import (
    Applicant,
    Balance,
    BatchId,
    BlobId,
    Classification,
    Document,
    DocumentId,
    Dossier,
    DossierId,
    Due,
    Office,
    PageId,
    PageReading,
    ProcedureCode,
    Receipt,
    ReceiptLine,
    ReceiptNumber,
    Sealed,
)
from intake.receipt import slip
from ocr.text import Box, Line, PageText, Word

OFFICE = Office(
    authority="ỦY BAN NHÂN DÂN XÃ QUẢNG YÊN",
    centre="TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG",
    place="Quảng Yên",
    register_book="01/2026",
)
TITLES = (
    "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân",
    "Bản sao Căn cước công dân hoặc giấy tờ tùy thân có dán ảnh còn giá trị sử dụng, kèm bản chính để đối chiếu",
    "Trích lục ghi chú ly hôn",
)
MẪU = Applicant(
    name="Nguyễn Thị Mẫu",
    id_number="038185000000",
    address="Thôn 1, xã Quảng Yên, tỉnh Thanh Hóa",
    phone="0900 000 000",
    email="mau@example.vn",
)


def papers(count: int) -> tuple[ReceiptLine, ...]:
    return tuple(
        ReceiptLine(title=f"{TITLES[at % 3]} (số {at + 1})", originals=1, copies=at % 2, pages=at + 1)
        for at in range(count)
    )


def receipt(lines: tuple[ReceiptLine, ...] | None = None, **changes: object) -> Receipt:
    """Received at 9:05 in Viet Nam, given as UTC, as the store does."""
    facts: dict[str, object] = {
        "number": ReceiptNumber("2026-000123"),
        "seq": 123,
        "year": 2026,
        "dossier": DossierId("d1"),
        "issued_at": datetime(2026, 11, 23, 2, 5, tzinfo=UTC),
        "due": Due(at=datetime(2026, 11, 27, 17, 0, tzinfo=VIETNAM), trace=()),
        "procedure_code": ProcedureCode("1.004873"),
        "procedure_name": "Cấp Giấy xác nhận tình trạng hôn nhân",
        "limit_text": "03 ngày làm việc",
        "lines": papers(3) if lines is None else lines,
        "applicant": MẪU,
        "official_code": "H56.147-261123-0042",
        "clerk": "Lê Văn Thử",
        "balance": Balance(captured=9, kept=7, blank=1, set_aside=0, separators=1),
    }
    return Receipt(**(facts | changes))


def bare_receipt() -> Receipt:
    """Nothing but what the machine itself knows."""
    unknown = {"procedure_code": None, "procedure_name": "", "limit_text": "", "applicant": Applicant()}
    return receipt((), due=Due(at=None, trace=()), official_code=None, **unknown)


def form(day: date = date(2026, 11, 23)) -> slipform.SlipForm:
    return slipform.form_for(day, slipform.forms())


# --- scanned pages ----------------------------------------------------------------------------------------


def text(*lines: str, left: int = 100, top: int = 100) -> PageText:
    """Words 30 pixels high, 18 pixels a letter, a line every 60 pixels."""
    made = []
    for at, line in enumerate(lines):
        x, words = left, []
        for word in line.split():
            box = Box(left=x, top=top + 60 * at, width=18 * len(word), height=30)
            words.append(Word(text=word, box=box, confidence=0.9))
            x = box.right + 14
        made.append(Line(words=tuple(words)))
    return PageText(lines=tuple(made))


@cache
def picture(kind: str, width: int = 620, height: int = 877) -> bytes:
    """A page with a black bar at the top: 'RGB', 'L' or 'CMYK' as JPEG, '1', 'P' or 'RGBA' as PNG."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle((40, 40, width - 40, 80), fill="black")
    out = io.BytesIO()
    image.convert(kind).save(out, "JPEG" if kind in ("RGB", "L", "CMYK") else "PNG")
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class Scans:
    """``kinds`` of pictures one after the other; page ``n`` (from 1) says 'trang số n của hồ sơ Quảng Yên'."""

    count: int
    kinds: Sequence[str] = ("RGB", "L", "1")
    blank: frozenset[int] = field(default_factory=frozenset)

    @property
    def pages(self) -> tuple[PageId, ...]:
        return tuple(PageId(f"p{number}") for number in range(1, self.count + 1))

    def reading(self, page: PageId) -> PageReading:
        number = int(page[1:])
        words = PageText() if number in self.blank else text(f"trang số {number} của hồ sơ", "Quảng Yên, Đất đỏ")
        return PageReading(
            page=page,
            recipe="r",
            image=BlobId(self.kinds[(number - 1) % len(self.kinds)]),
            width=620,
            height=877,
            dpi=75.0,
            skew_deg=0.0,
            turn_deg=0,
            blank=number in self.blank,
            sharpness=1.0,
            confidence=0.9,
            seconds=0.0,
            text=words,
            dossier_code=None,
        )


def documents(*pages: Sequence[int], titles: Sequence[str] = TITLES) -> tuple[Document, ...]:
    """One document a sequence of page numbers."""
    return tuple(
        Document(
            id=DocumentId(f"doc{at}"),
            batch=BatchId("b"),
            pages=tuple(PageId(f"p{number}") for number in numbers),
            title=titles[at % len(titles)],
            guess=Classification(cue="GIAY", score=0.9),
        )
        for at, numbers in enumerate(pages)
    )


def binding(scans: Scans, made: tuple[Document, ...], **changes: object) -> DossierBinding:
    facts: dict[str, object] = {
        "id": DossierId("d1"),
        "batch": BatchId("b"),
        "procedure": ProcedureCode("1.004873"),
        "documents": made,
        "missing": ("Giấy tờ chứng minh nơi cư trú",),
        "opened_at": datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
        "sealed": Sealed(clerk="Lê Văn Thử", at=datetime(2026, 11, 23, 2, 30, tzinfo=UTC), act="counter"),
    }
    return DossierBinding(
        dossier=Dossier(**(facts | changes)),
        receipt=receipt(),
        office=OFFICE,
        pages=scans.pages,
        reading=scans.reading,
        picture=lambda blob: picture(blob),
        slip=slip(receipt(), OFFICE, form()),
        words=dossier_words(),
    )


# --- looking at what came out --------------------------------------------------------------------------------


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page with single spaces, as PDFium finds it; NFC or the caller's test fails."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    assert all(unicodedata.is_normalized("NFC", one) for one in texts)
    return texts


def render(pdf: bytes, page: int = 0, dpi: int = 100) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        return document[page].render(scale=dpi / 72, grayscale=True).to_pil()


def page_count(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)


def unembedded_fonts(pdf: bytes) -> list[str]:
    """Names of fonts without a font program."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fonts = [o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"]
        simple = [font for font in fonts if font.Subtype != "/Type0"]
        return [str(f.BaseFont) for f in simple if "/FontFile2" not in f.get("/FontDescriptor", pikepdf.Dictionary())]

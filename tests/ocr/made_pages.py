"""Pages the tests draw themselves, in Liberation Serif 2 (version 1 has no Vietnamese letters), with made-up words."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

FONTS = "/usr/share/fonts/truetype/liberation2/LiberationSerif-"
WHITE = (255, 255, 255)
A4_150 = (1240, 1754)
BODY = (
    "Điều 1. Hồ sơ gồm các giấy tờ sau đây, nộp tại bộ phận tiếp nhận",
    "a) Tờ khai theo mẫu, có chữ ký của người yêu cầu và ngày tháng;",
    "b) Bản sao giấy tờ chứng minh quan hệ, nếu người nộp là người khác;",
    "Trường hợp thiếu giấy tờ, cán bộ ghi rõ những gì cần bổ sung, hẹn",
    "ngày trả kết quả và giao phiếu hẹn cho người nộp giữ để đối chiếu.",
    "Điều 2. Thời hạn giải quyết tính từ ngày nhận đủ hồ sơ hợp lệ theo",
    "quy định; nếu ngày cuối cùng là ngày nghỉ thì chuyển sang ngày làm",
    "việc kế tiếp. Kết quả được trả một lần cho người có phiếu hẹn này.",
)


def font(size: int, style: str = "Regular") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{FONTS}{style}.ttf", size)


def sheet(size: tuple[int, int] = A4_150, paper: tuple[int, int, int] = WHITE) -> Image.Image:
    return Image.new("RGB", size, paper)


def letter(rows: int = 24, size: tuple[int, int] = A4_150) -> Image.Image:
    """A page of print, 12 points at 150 dpi."""
    page = sheet(size)
    pen = ImageDraw.Draw(page)
    for row in range(rows):
        pen.text((150, 160 + row * 52), BODY[row % len(BODY)], font=font(25), fill="black")
    return page


def grey(page: Image.Image) -> np.ndarray:
    return np.array(page.convert("L"))


def rgb(page: Image.Image) -> np.ndarray:
    return np.array(page.convert("RGB"))


def saved(page: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    page.save(out, kind, **options)
    return out.getvalue()


def seal(
    page: Image.Image, centre: tuple[int, int], radius: int = 105, ink: tuple[int, int, int] = (205, 30, 45)
) -> None:
    """A round red seal, 36 mm at 150 dpi."""
    pen = ImageDraw.Draw(page)
    x, y = centre
    for shrink, width in ((0, 5), (12, 2), (radius // 2, 3)):
        r = radius - shrink
        pen.ellipse((x - r, y - r, x + r, y + r), outline=ink, width=width)
    pen.text((x - 60, y - 14), "XÃ MẪU", font=font(28, "Bold"), fill=ink)


def signature(page: Image.Image, start: tuple[int, int], ink: tuple[int, int, int] = (30, 40, 150)) -> None:
    """A pen stroke of three loops, 30 mm wide, half a millimetre thick."""
    t = np.linspace(0, 6 * np.pi, 200)
    x = start[0] + 8 * t + 25 * np.sin(t)
    y = start[1] + 22 * np.cos(t) - 2 * t
    ImageDraw.Draw(page).line(list(zip(x, y, strict=True)), fill=ink, width=3)


def pdf_of(*drawings: object, size: tuple[float, float] = (595, 842)) -> bytes:
    """A PDF by ReportLab: a page for each callable, which is given the canvas."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1)
    for draw in drawings:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def words(canvas: Canvas) -> None:
    canvas.drawString(72, 700, "Mot trang giay thu nghiem")


def rewritten(data: bytes, change: object, **save: object) -> bytes:
    """The PDF after ``change(pdf)`` by pikepdf."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        pdf.save(out, **save)
    return out.getvalue()


def picture_of(page: pikepdf.Page) -> pikepdf.Object:
    """The one picture on the page."""
    (picture,) = page.resources.XObject.values()
    return picture

"""Hostile and odd files, each made here, with what must become of it. ``python -m tests.flow.hostile`` prints the
table of OPERATIONS.md from it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from PIL import Image

from tests.ocr.made_files import (
    code_of,
    docx,
    heic,
    image_pdf,
    jpeg_bomb,
    multi_tiff,
    png_bomb,
    small_page,
    tiff_by_hand,
    webp_bomb,
)
from tests.ocr.made_pages import letter, pdf_of, rewritten, saved, sheet, words

Make = Callable[[], bytes]
Place = Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One file: its name in the lane, its bytes or how it is put there, and what must become of it.

    ``pages`` are adopted; ``reason`` names why it is set aside (with ``pages`` 0: the whole file); neither: it is
    litter that stays untouched. ``words`` is the row of the office's table.
    """

    name: str
    words: str
    make: Make | None = None
    place: Place | None = None
    pages: int = 0
    reason: str | None = None
    seen_as: str | None = None
    """The name under which rows show it, where that differs from ``name``."""


def _page() -> Image.Image:
    return small_page()


def _jpeg() -> bytes:
    return saved(_page(), "JPEG")


def _png() -> bytes:
    return saved(_page(), "PNG")


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(_page(), "JPEG", exif=exif)


def _bad_crc() -> bytes:
    data = bytearray(_png())
    data[data.index(b"IDAT") + 20] ^= 0xFF
    return bytes(data)


def _pdf() -> bytes:
    return pdf_of(words)


def _locked(user: str) -> bytes:
    return rewritten(_pdf(), lambda _pdf: None, encryption=pikepdf.Encryption(user=user, owner="chu"))


def _inert() -> bytes:
    def arm(pdf: pikepdf.Pdf) -> None:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.launchURL('x')"))
        pdf.Root.OpenAction = script
        pdf.attachments["virus.exe"] = b"MZ"

    return rewritten(_pdf(), arm)


def _turned() -> bytes:
    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Rotate = 90

    return rewritten(_pdf(), turn)


def _wide() -> bytes:
    def stretch(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].MediaBox = pikepdf.Array([0, 0, 14400, 14400])

    return rewritten(_pdf(), stretch)


def _empty_page() -> bytes:
    return pdf_of(lambda _canvas: None)


def _hostile_qr() -> bytes:
    page = sheet((1240, 1754))
    page.paste(code_of("MOTCUA-SEP:../../x", scale=8), (200, 200))
    page.paste(code_of("A\x00\x1b[2J" + "x" * 2000, scale=4), (200, 700))
    return saved(page, "PNG")


def _link(target: str) -> Place:
    return lambda path: path.symlink_to(target)


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "ben-trong.jpg").write_bytes(_jpeg())


def _cut(make: Make, share: float) -> Make:
    def cut() -> bytes:
        data = make()
        return data[: int(len(data) * share)]

    return cut


_HTML = b"<!DOCTYPE html><html><body>to khai</body></html>"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'

ODD: tuple[Odd, ...] = (
    Odd(name="rong.jpg", make=lambda: b"", reason="empty", words="Tệp 0 byte"),
    Odd(name="cut-nua.jpg", make=_cut(_jpeg, 0.5), reason="truncated", words="JPEG bị cụt giữa chừng"),
    Odd(name="cut-duoi.jpg", make=lambda: _jpeg()[:-2], reason="truncated", words="JPEG thiếu mấy byte cuối"),
    Odd(name="duoi-rac.jpg", make=lambda: _jpeg() + b"rac" * 99, pages=1, words="JPEG có rác sau phần cuối"),
    Odd(name="xoay-exif.jpg", make=_exif, pages=1, words="JPEG có cờ xoay của máy ảnh"),
    Odd(name="cmyk.jpg", make=lambda: saved(_page().convert("CMYK"), "JPEG"), pages=1, words="JPEG màu in CMYK"),
    Odd(name="tang-dan.jpg", make=lambda: saved(_page(), "JPEG", progressive=True), pages=1, words="JPEG hiện dần"),
    Odd(name="bom.jpg", make=jpeg_bomb, reason="too_large", words="JPEG khai kích thước khổng lồ"),
    Odd(name="cut.png", make=_cut(_png, 0.6), reason="truncated", words="PNG bị cụt"),
    Odd(name="sai-crc.png", make=_bad_crc, reason="truncated", words="PNG hỏng bên trong (sai mã kiểm tra)"),
    Odd(name="bom.png", make=lambda: png_bomb(50_000), reason="too_large", words="PNG “bom” 50.000 × 50.000 điểm"),
    Odd(name="16-bit.png", make=lambda: saved(_page().convert("I;16"), "PNG"), pages=1, words="PNG 16 bit"),
    Odd(name="trong-suot.png", make=lambda: saved(_page().convert("RGBA"), "PNG"), pages=1, words="PNG có nền trong suốt"),
    Odd(name="bang-mau.png", make=lambda: saved(_page().convert("P"), "PNG"), pages=1, words="PNG bảng màu"),
    Odd(name="ba-trang.tif", make=multi_tiff, pages=3, words="TIFF ba trang"),
    Odd(name="cut.tif", make=_cut(multi_tiff, 0.5), reason="truncated", words="TIFF bị cụt"),
    Odd(name="vong.tif", make=lambda: tiff_by_hand("<", [(10, 10, 8)]), reason="truncated", words="TIFF có mục lục chạy vòng tròn"),
    Odd(name="g4.tif", make=lambda: saved(_page().convert("1"), "TIFF", compression="group4"), pages=1, words="TIFF đen trắng G4 của máy photocopy"),
    Odd(name="anh.webp", make=lambda: saved(_page(), "WEBP"), pages=1, words="WebP"),
    Odd(name="bom.webp", make=webp_bomb, reason="too_large", words="WebP khai kích thước khổng lồ"),
    Odd(name="anh.bmp", make=lambda: saved(_page(), "BMP"), pages=1, words="BMP"),
    Odd(name="cut.bmp", make=_cut(lambda: saved(_page(), "BMP"), 0.5), reason="truncated", words="BMP bị cụt"),
    Odd(name="anh.heic", make=lambda: heic(_page()), pages=1, words="HEIC của điện thoại"),
    Odd(name="cut.heic", make=_cut(lambda: heic(_page()), 0.6), reason="truncated", words="HEIC bị cụt"),
    Odd(name="mat-khau.pdf", make=lambda: _locked("bi mat"), reason="encrypted", words="PDF có mật khẩu mở"),
    Odd(name="khong-mat-khau-mo.pdf", make=lambda: _locked(""), pages=1, words="PDF chỉ khóa sửa, không cần mật khẩu mở"),
    Odd(name="khong-ket.pdf", make=lambda: _pdf().replace(b"%%EOF", b""), reason="truncated", words="PDF thiếu dấu kết thúc"),
    Odd(name="cut.pdf", make=_cut(_pdf, 0.5), reason="truncated", words="PDF bị cụt"),
    Odd(name="kho-giay-lon.pdf", make=_wide, reason="too_large", words="PDF khai khổ giấy khổng lồ"),
    Odd(name="anh-lon.pdf", make=lambda: image_pdf(Width=60_000, Height=60_000), reason="too_large", words="PDF chứa ảnh khai kích thước khổng lồ"),
    Odd(name="co-ma-lenh.pdf", make=_inert, pages=1, words="PDF có mã lệnh và tệp đính kèm: không bao giờ chạy"),
    Odd(name="xoay.pdf", make=_turned, pages=1, words="PDF có trang xoay"),
    Odd(name="trang-trong.pdf", make=_empty_page, pages=1, words="PDF có trang không nội dung"),
    Odd(name="don.docx", make=docx, reason="unknown_format", words="Tệp Word, tệp nén"),
    Odd(name="chay.exe", make=lambda: b"MZ" + bytes(500), reason="unknown_format", words="Chương trình .exe"),
    Odd(name="trang-web.jpg", make=lambda: _HTML, reason="unknown_format", words="Trang web đặt tên .jpg"),
    Odd(name="ve.svg", make=lambda: _SVG, reason="unknown_format", words="Hình vẽ SVG"),
    Odd(name="chu.png", make=lambda: "Tờ khai".encode() * 40, reason="unknown_format", words="Văn bản thường đặt tên .png"),
    Odd(name="that-ra-pdf.jpg", make=_pdf, pages=1, words="PDF đặt tên .jpg: nhận theo nội dung"),
    Odd(name="that-ra-jpeg.pdf", make=_jpeg, pages=1, words="JPEG đặt tên .pdf: nhận theo nội dung"),
    Odd(name="duong-dan.jpg", place=_link("/etc/hostname"), reason="symlink", words="Đường dẫn tắt tới tệp"),
    Odd(name="duong-dan-cut.jpg", place=_link("khong-co"), reason="symlink", words="Đường dẫn tắt hỏng"),
    Odd(name="duong-dan-thu-muc", place=_link("/etc"), reason="symlink", words="Đường dẫn tắt tới thư mục"),
    Odd(name="ong.jpg", place=lambda path: os.mkfifo(path), reason="special", words="Ống dẫn, thiết bị"),
    Odd(name="thu-muc.pdf", place=_folder, pages=1, words="Thư mục (dù tên như tệp): nhận các tệp bên trong", seen_as="thu-muc.pdf/ben-trong.jpg"),
    Odd(name=os.fsdecode(b"t\xean-latin1.jpg"), make=_jpeg, pages=1, words="Tên tệp không phải UTF-8", seen_as="t\ufffdn-latin1.jpg"),
    Odd(name="hai\ndong.jpg", make=_jpeg, pages=1, words="Tên tệp có xuống dòng"),
    Odd(name="d" * 250 + ".jpg", make=_jpeg, pages=1, words="Tên tệp dài 254 ký tự"),
    Odd(name="-rf.jpg", make=_jpeg, pages=1, words="Tên tệp bắt đầu bằng gạch ngang"),
    Odd(name="Gia\u0302\u0301y.jpg", make=_jpeg, pages=1, words="Tên tệp tiếng Việt tách dấu", seen_as="Giấy.jpg"),
    Odd(name="gpj.\u202eexe.jpg", make=_jpeg, pages=1, words="Tên tệp đánh lừa chiều chữ"),
    Odd(name="Thumbs.db", make=lambda: b"rac", words="Thumbs.db, desktop.ini, .DS_Store của Windows và macOS"),
    Odd(name="~$don.docx", make=lambda: b"khoa", reason="unknown_format", words="Tệp khóa của Word"),
    Odd(name=".an.jpg", make=_jpeg, pages=1, words="Tệp ẩn: chờ hết kiên nhẫn rồi nhận"),
    Odd(name="quet.jpg.part", make=_jpeg, pages=1, words="Tệp tên tạm không bao giờ được đổi tên: chờ hết kiên nhẫn rồi nhận"),
    Odd(name="1x1.png", make=lambda: saved(Image.new("L", (1, 1), 255), "PNG"), pages=1, words="Ảnh 1 × 1 điểm"),
    Odd(name="dai.png", make=lambda: saved(Image.new("L", (12_000, 12), 255), "PNG"), pages=1, words="Ảnh dài như sợi chỉ"),
    Odd(name="trang.png", make=lambda: saved(Image.new("L", (400, 560), 255), "PNG"), pages=1, words="Trang trắng: giữ, đánh dấu trống"),
    Odd(name="den.png", make=lambda: saved(Image.new("L", (400, 560), 0), "PNG"), pages=1, words="Trang đen kín"),
    Odd(name="qr-xau.png", make=_hostile_qr, pages=1, words="Trang có mã QR giả tờ ngăn hoặc chứa ký tự điều khiển: không có tác dụng"),
    Odd(name="day-chu.jpg", make=lambda: saved(letter(), "JPEG"), pages=1, words="Trang thường, để đối chứng"),
)  # fmt: skip


def put(row: Odd, folder: Path) -> None:
    """Lay the file into a folder."""
    path = folder / row.name
    if row.place is not None:
        row.place(path)
    elif row.make is not None:
        path.write_bytes(row.make())


def outcome(row: Odd) -> str:
    """What becomes of it, in the office's words."""
    if row.reason is not None:
        return f"để riêng: `{row.reason}`"
    return f"nhận {row.pages} trang" if row.pages else "bỏ qua, không đụng tới"


def table() -> list[str]:
    """The rows of OPERATIONS.md."""
    return [f"| {row.words} | {outcome(row)} |" for row in ODD]


def main() -> None:
    out = io.StringIO()
    out.write("| Tệp | Máy làm gì |\n|---|---|\n")
    out.write("\n".join(table()))
    print(out.getvalue())


if __name__ == "__main__":
    main()

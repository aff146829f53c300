"""The slip: every line of the form in order, known facts printed, unknown ones left to the hand, valid PDF/A-1b."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pikepdf
import pytest
import zxingcpp
from fontTools import subset
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

import templates
from intake import slipform, typeset
from intake.errors import BadSettings, NotFound
from intake.model import Applicant, ReceiptLine
from intake.receipt import slip
from intake.slipform import PaperSize
from tests.intake import made_papers as made
from tests.preflight import faults

LINES_2025 = (
    "ỦY BAN NHÂN DÂN XÃ QUẢNG YÊN",
    "TRUNG TÂM PHỤC VỤ",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "Số: 123/2026-TTPVHCC (BPTNTKQ)",
    "Quảng Yên, ngày 23 tháng 11 năm 2026",
    "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
    "Mã hồ sơ: H56.147-261123-0042",
    "Trung tâm Phục vụ hành chính công/Bộ phận Tiếp nhận và Trả kết quả:",
    "Tiếp nhận hồ sơ của Ông (Bà)/Tổ chức: Nguyễn Thị Mẫu",
    "Số định danh cá nhân/tổ chức: 038185000000",
    "Địa chỉ: Thôn 1, xã Quảng Yên, tỉnh Thanh Hóa",
    "Số điện thoại: 0900 000 000",
    "Email: mau@example.vn",
    "(Trường hợp ủy quyền thì cung cấp thêm thông tin của người ủy quyền, bao gồm: họ và tên, địa chỉ, số định danh "
    "cá nhân, số điện thoại, email, giấy tờ ủy quyền).",
    "Nội dung yêu cầu giải quyết: Cấp Giấy xác nhận tình trạng hôn nhân",
    "Thành phần hồ sơ nộp gồm:",
    "1. Tờ khai cấp Giấy xác nhận tình trạng hôn nhân",
    "(01 bản chính, 01 trang)",
    "2. Bản sao Căn cước công dân",
    "(01 bản chính, 01 bản sao, 02 trang)",
    "3. Trích lục ghi chú ly hôn",
    "Số lượng hồ sơ: ........ (bộ)",
    "Thời gian giải quyết hồ sơ theo quy định là: 03 ngày làm việc.",
    "Thời gian nhận hồ sơ: 09 giờ 05 phút, ngày 23 tháng 11 năm 2026.",
    "Thời gian trả kết quả giải quyết hồ sơ: 17 giờ 00 phút, ngày 27 tháng 11 năm 2026.",
    "Đăng ký nhận kết quả tại: ....",
    "Vào Sổ theo dõi hồ sơ, Quyển số 01/2026, Số thứ tự 123 (nếu có)",
    "NGƯỜI NỘP HỒ SƠ",
    "(Ký và ghi rõ họ tên)",
    "NGƯỜI TIẾP NHẬN HỒ SƠ",
    "(Ký và ghi rõ họ tên)",
    "(Chữ ký số của người tiếp nhận hồ sơ nếu là biểu mẫu điện tử)",
    "Lê Văn Thử",
)
LINES_2018 = (
    "BỘ PHẬN TIẾP NHẬN",
    "Mã hồ sơ: H56.147-261123-0042",
    "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
    "Bộ phận Tiếp nhận và Trả kết quả:",
    "Tiếp nhận hồ sơ của: Nguyễn Thị Mẫu",
    "Địa chỉ:",
    "Số điện thoại:",
    "Email:",
    "Nội dung yêu cầu giải quyết:",
    "1. Thành phần hồ sơ, yêu cầu và số lượng mỗi loại giấy tờ gồm:",
    "2. Số lượng hồ sơ:",
    "3. Thời gian giải quyết hồ sơ theo quy định là:",
    "4. Thời gian nhận hồ sơ:",
    "5. Thời gian trả kết quả giải quyết hồ sơ:",
    "6. Đăng ký nhận kết quả tại:",
    "Vào Sổ theo dõi hồ sơ, Quyển số",
    "NGƯỜI NỘP HỒ SƠ",
    "NGƯỜI TIẾP NHẬN HỒ SƠ",
)
OLD_DAY = date(2020, 3, 2)


def _print(receipt=None, form=None, paper=None):
    form = form or made.form()
    return slip(receipt or made.receipt(), made.OFFICE, form.on(paper) if paper else form)


def _text(pdf: bytes) -> str:
    return " ".join(made.page_texts(pdf))


@pytest.mark.parametrize(("day", "lines"), [(date(2026, 11, 23), LINES_2025), (OLD_DAY, LINES_2018)])
@pytest.mark.parametrize("paper", list(PaperSize))
def test_every_line_of_the_form_stands_in_its_order(day, lines, paper):
    # The strip of the workstation is drawn before the form; it is looked at elsewhere.
    text = _text(_print(form=made.form(day), paper=paper)).partition(f"Trang {1}/{1}")[2]
    at = 0
    for line in lines:
        found = text.find(line, at)
        assert found >= 0, f"{line!r} not after {text[max(0, at - 60) : at]!r}"
        at = found + len(line)


def test_what_nobody_knows_is_a_dotted_line_and_never_a_guess():
    text = _text(_print(made.bare_receipt()))
    assert "None" not in text
    assert "{" not in text
    for label in ("Mã hồ sơ:", "Tổ chức:", "cá nhân/tổ chức:", "Địa chỉ:", "điện thoại:", "Email:", "giải quyết:"):
        assert f"{label} ............" in text
    assert "là: ........ ngày." in text
    assert "hồ sơ: ..... giờ ..... phút, ngày ..... tháng ..... năm ........" in text
    assert all(f"{no}. ......" in text for no in (1, 2, 3))


def test_our_number_is_no_entry_of_a_register_the_office_did_not_name():
    office = type(made.OFFICE)(authority="A", centre="B", place="C")
    assert "Quyển số ........, Số thứ tự .......... (nếu có)" in _text(slip(made.receipt(), office, made.form()))


def test_the_books_of_the_batch_stand_below_the_form_as_ours():
    text = _text(_print())
    assert "Số trang quét: 9 = giữ 7 + trống 1 + để riêng 0 + tờ ngăn 1" in text
    assert "không thuộc mẫu" in text


@pytest.mark.parametrize("paper", list(PaperSize))
def test_the_qr_code_of_the_printed_slip_says_the_receipt_number(paper):
    found = zxingcpp.read_barcodes(made.render(_print(paper=paper), dpi=150))
    assert [code.text for code in found] == ["2026-000123"]


@pytest.mark.parametrize("day", [date(2026, 11, 23), OLD_DAY])
@pytest.mark.parametrize("paper", list(PaperSize))
def test_the_common_slip_is_one_sheet(day, paper):
    assert made.page_count(_print(made.receipt(made.papers(5)), made.form(day), paper)) == 1


def test_forty_papers_flow_over_and_the_signatures_never_stand_alone():
    texts = made.page_texts(_print(made.receipt(made.papers(40))))
    assert len(texts) > 1
    assert all(f"(số {no})" in " ".join(texts) for no in range(1, 41))
    assert all(f"Trang {no}/{len(texts)}" in text for no, text in enumerate(texts, start=1))
    assert "Vào Sổ theo dõi hồ sơ" in texts[-1]
    assert "NGƯỜI TIẾP NHẬN HỒ SƠ" in texts[-1]


def test_the_same_receipt_is_the_same_bytes_in_another_process():
    code = (
        "import hashlib; from tests.intake import made_papers as m; from intake.receipt import slip;"
        "print(hashlib.sha256(slip(m.receipt(), m.OFFICE, m.form())).hexdigest())"
    )
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=root, env={"PYTHONHASHSEED": seed}, capture_output=True).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != b""
    assert _print() == _print()


def test_all_slips_are_pdf_a_1b_with_embedded_fonts(tmp_path):
    odd = Applicant(name="Ngô <b>Văn</b> & \u4e2d\u6587 \U0001f600\tĐỏ", address="A" * 300, authorised="Trần Văn Thử")
    receipts = {
        "common": made.receipt(),
        "bare": made.bare_receipt(),
        "forty": made.receipt(made.papers(40)),
        "odd": made.receipt((ReceiptLine(title="\x00\u200b", originals=0, copies=0, pages=0),), applicant=odd),
    }
    files = {
        f"{name}-{day.year}-{paper}": _print(receipt, made.form(day), paper)
        for name, receipt in receipts.items()
        for day in (date(2026, 11, 23), OLD_DAY)
        for paper in PaperSize
    }
    assert faults(files, tmp_path) == {name: [] for name in files}
    assert all(made.unembedded_fonts(pdf) == [] for pdf in files.values())
    for path in tmp_path.glob("*.pdf"):
        with pikepdf.open(path) as pdf:
            assert pdf.check_pdf_syntax() == []


def test_a_name_is_printed_letter_for_letter_and_never_as_markup():
    text = _text(_print(made.receipt(applicant=Applicant(name="Ngô <b>Văn</b> & \u4e2d Đỏ"))))
    assert "Ngô <b>Văn</b> & □ Đỏ" in text


def test_decomposed_letters_are_printed_composed():
    assert "Nguyễn Thị Mẫu" in _text(_print(made.receipt(applicant=Applicant(name="Nguye\u0302\u0303n Thị Mẫu"))))


# --- forms -------------------------------------------------------------------------------------------------


@given(st.dates(min_value=date(2018, 11, 23), max_value=date(2035, 1, 1)))
def test_every_day_since_2018_has_exactly_one_form(day):
    assert [form.id for form in slipform.forms() if form.holds_on(day)] == [made.form(day).id]


def test_the_form_changes_with_the_law():
    assert made.form(date(2025, 6, 30)).id == "mau01-2018"
    assert made.form(date(2025, 7, 1)).id == "mau01-2025"


def test_a_day_before_any_known_form_is_refused_in_words():
    with pytest.raises(NotFound, match="01/01/2010"):
        made.form(date(2010, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{official_code}", "{oficial_code}", "oficial_code"),
        ('paper = "A4"', 'paper = "A3"', "paper"),
        ("\nvalid_from", "\nvalid_form", "valid_form"),
        ("[layout.A4]", "[layout.A4", "line "),
        ('default = "................"', "", "blanks.default"),
        ('item = "{no}. {title}{detail}"', 'item = "{nr}"', "nr"),
    ],
)
def test_a_slip_of_the_pen_in_a_form_is_named(old, new, said):
    text = templates.text("print/mau01_2025.toml")
    assert old in text
    with pytest.raises(BadSettings, match="mau01_x") as caught:
        slipform.parse(text.replace(old, new, 1), "mau01_x")
    assert said in str(caught.value)


def test_a_form_of_the_office_is_found_beside_the_shipped_ones(tmp_path):
    own = (
        templates.text("print/mau01_2025.toml").replace("mau01-2025", "mau01-2027").replace("2025-07-01", "2027-01-01")
    )
    (tmp_path / "print").mkdir()
    (tmp_path / "print" / "mau01_2027.toml").write_text(own, encoding="utf-8")
    among = slipform.forms(tmp_path)
    assert slipform.form_for(date(2027, 1, 1), among).id == "mau01-2027"
    assert slipform.form_for(date(2026, 12, 31), among).id == "mau01-2025"


# --- typeface ----------------------------------------------------------------------------------------------


def test_a_typeface_without_vietnamese_is_refused_although_its_name_is_right(tmp_path):
    file = "LiberationSerif-Regular.ttf"
    folders = [folder for folder in ("/usr/share/fonts/truetype/liberation2",) if (Path(folder) / file).is_file()]
    font = TTFont(Path(folders[0]) / file)
    cutter = subset.Subsetter()
    cutter.populate(unicodes=range(0x20, 0x100))
    cutter.subset(font)
    font.save(tmp_path / file)
    with pytest.raises(BadSettings, match="fonts-liberation2"):
        typeset._register(file, [str(tmp_path)])
    assert typeset._register(file, [str(tmp_path), *folders]) == "LiberationSerif-Regular"


def test_a_missing_typeface_is_named():
    with pytest.raises(BadSettings, match="None-Such"):
        typeset._register("None-Such.ttf", ["/nowhere"])
